"""Differences are counted per connection and endpoint, within bounds, and forgotten in time."""

from service.core import times
from service.core.recruitee.drift import Difference, Sampler
from service.core.store import keys
from service.core.store.drift import KEPT_S, MOST, Drift
from service.core.store.store import Store
from service.core.unified.model import Ref

LACKING = Difference("/tags", "tags[].name", "missing", "")
NEW = Difference("/tags", "tags[].hue", "new", "text")


async def test_answers_and_differences_are_counted_with_first_and_last(store: Store) -> None:
    await store.drift.note("c", "/tags", [LACKING, NEW])
    await store.drift.note("c", "/tags", [LACKING])
    await store.drift.note("c", "/roles", [])
    report = await store.drift.report("c")

    assert {e: n.count for e, n in report.answers.items()} == {"/roles": 1, "/tags": 2}
    assert {d: n.count for d, n in report.differences.items()} == {LACKING: 2, NEW: 1}
    assert report.wrong() == [LACKING]
    seen = report.differences[LACKING]
    assert 0 < seen.first <= seen.last <= times.now_ms()
    assert 0 < await store.pipe.call("TTL", keys.drift("c")) <= KEPT_S
    assert (await store.drift.report("other")).answers == {}


async def test_what_goes_beyond_the_bound_is_counted_and_not_kept(store: Store) -> None:
    for start in range(0, MOST + 100, 100):
        rows = [
            Difference("/tags", f"tags[].key_{i}", "new", "int") for i in range(start, start + 100)
        ]
        await store.drift.note("c", "/tags", rows)
    report = await store.drift.report("c")

    assert len(report.differences) <= MOST and report.beyond >= 100
    assert await store.pipe.call("HLEN", keys.drift("c")) <= MOST + 2


async def test_what_was_not_seen_for_thirty_days_is_forgotten(store: Store) -> None:
    old = times.now_ms() - KEPT_S * 1000 - 60_000
    field = f"missing {LACKING.endpoint} {LACKING.path} "
    await store.pipe.call("HSET", keys.drift("c"), field, f"5 {old} {old}")
    await store.drift.note("c", "/tags", [NEW])

    assert list((await store.drift.report("c")).differences) == [NEW]


async def test_old_differences_make_room_for_new_ones(store: Store) -> None:
    old = times.now_ms() - KEPT_S * 1000 - 60_000
    for i in range(MOST):
        await store.pipe.call("HSET", keys.drift("c"), f"new /tags old_{i} int", f"1 {old} {old}")
    await store.drift.note("c", "/tags", [NEW])

    assert list((await store.drift.report("c")).differences) == [NEW]
    assert await store.pipe.call("HLEN", keys.drift("c")) == 2


async def test_only_a_sample_of_known_endpoints_is_looked_at(store: Store) -> None:
    drift = Drift(store.pipe, Sampler(first=2, every=1000))
    for _ in range(5):
        await drift.watch("c", "/tags", {"tags": [{"id": 1}]})
        await drift.watch("c", "/who/knows", {})
    report = await drift.report("c")

    assert {e: n.count for e, n in report.answers.items()} == {"/tags": 2}
    assert report.differences[LACKING].count == 2
    await drift.forget("c")
    assert (await drift.report("c")).answers == {}


async def test_a_removed_connection_leaves_nothing_of_it(store: Store) -> None:
    made = await store.connections.create("5600", "t", "s", "Example")
    await store.drift.note(made.id, "/tags", [NEW])
    await store.connections.remove(made)

    assert not await store.pipe.call("EXISTS", keys.drift(made.id))


async def test_a_list_that_is_not_believed_is_reported_with_its_reason(store: Store) -> None:
    await store.records.doubt("c", Ref("departments", "0"), "it shrank between two pages", 3, 9)
    (doubt,) = (await store.drift.report("c")).doubts

    assert (doubt.root, doubt.why) == ("departments:0", "it shrank between two pages")
    assert (doubt.absent, doubt.of) == (3, 9) and doubt.at <= times.now_ms()
