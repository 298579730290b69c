"""The breaker: what fails is left alone, nothing is used up meanwhile, and it comes back without a herd."""

from typing import Any

import orjson
import pytest

from service.core.store.deliveries import Delivery
from service.core.store.store import Store
from tests.delivery.stepping import (
    DAY,
    HOUR,
    MINUTE,
    Hand,
    came,
    facts,
    failed,
    ok,
    subscribe,
    time_passes,
)
from tests.ops.conftest import History
from tests.ops.conftest import history as history
from tests.ops.conftest import receiver as receiver
from tests.ops.conftest import settings as settings
from tests.ops.conftest import working as working
from tests.serving import Receiver, eventually, until

RECOVERED, DISABLED = "subscriber.recovered", "subscriber.disabled"


async def _line(store: Store, history: History, events: int, **wanted: Any) -> tuple[str, Hand]:
    """Make a connection whose log has events of as many subjects, and a subscriber who is to get them."""
    c = (await history.connection()).id
    hand = Hand(store, await subscribe(store, **wanted))
    for n in range(events):
        await history.tell(c, "job.updated", str(n))
    return c, hand


async def _fails(hand: Hand, times: int) -> None:
    """Have a line fail, one attempt after the other."""
    for _ in range(times):
        if not hand.hold:
            await hand.step()
        await hand.step(failed(next(iter(hand.hold.values()))), free=1)


async def _opened(store: Store, history: History, events: int = 30) -> tuple[str, Hand]:
    c, hand = await _line(store, history, events)
    hand.cap = 1
    await _fails(hand, 10)
    hand.cap = 4
    assert (await facts(store, hand.s))["brk"] == "open"
    return c, hand


async def _told(store: Store, c: str, kind: str) -> list[dict[str, Any]]:
    entries = await store.log.oldest(c, "0-0", 1000)
    bodies = [await store.log.body(e.event_id) for e in entries if e.type == kind]
    return [orjson.loads(body)["data"] for body in bodies if body]


async def test_it_opens_after_ten_failures_in_a_row(store: Store, history: History) -> None:
    _, hand = await _line(store, history, 30)
    hand.cap = 1
    await _fails(hand, 9)
    assert (await facts(store, hand.s))["brk"] == ""

    step = await hand.step(failed(next(iter(hand.hold.values()))))

    assert not step.going
    assert (await facts(store, hand.s))["brk"] == "open"


async def test_it_opens_when_half_of_the_last_twenty_failed(store: Store, history: History) -> None:
    _, hand = await _line(store, history, 40)
    hand.cap = 1
    for n in range(20):
        if not hand.hold:
            await hand.step()
        (d,) = hand.hold.values()
        await hand.step(failed(d, HOUR) if n % 2 else ok(d), free=1)

    assert (await facts(store, hand.s))["brk"] == "open"
    assert hand.hold == {}


async def test_less_than_half_of_failures_leave_it_closed(store: Store, history: History) -> None:
    _, hand = await _line(store, history, 90)
    hand.cap = 1
    for n in range(60):
        if not hand.hold:
            await hand.step()
        (d,) = hand.hold.values()
        await hand.step(failed(d, HOUR) if n % 5 < 2 else ok(d), free=1)

    assert (await facts(store, hand.s))["brk"] == ""


async def test_while_it_is_open_nothing_leaves_and_no_attempt_is_used_up(
    store: Store, history: History
) -> None:
    c, hand = await _opened(store, history)
    before = await _states(store, hand.s)

    await time_passes(store, hand.s, 20_000)
    await history.tell(c, "job.updated", "new")
    for _ in range(3):
        step = await hand.step()
        assert step.state == "released" and not step.going

    after = await _states(store, hand.s)
    assert {d: a.n for d, a in after.items()} == {d: b.n for d, b in before.items()}


async def _states(store: Store, s: str) -> dict[str, Delivery]:
    raw: dict[bytes, bytes] = await store.pipe.call("HGETALL", f"d:{s}")
    return {d.decode(): Delivery.model_validate_json(state) for d, state in raw.items()}


async def test_it_is_not_looked_at_for_every_event_while_it_is_open(
    store: Store, history: History
) -> None:
    c, hand = await _opened(store, history)
    await hand.step()
    until_ = float((await facts(store, hand.s))["brk_until"])

    await history.tell(c, "job.updated", "new")
    assert (await store.claims.claim("out", 10, 5000)).leases == []

    assert float(await store.pipe.call("ZSCORE", "ready:out", hand.s)) == pytest.approx(
        until_, abs=1
    )


async def test_one_probe_leaves_at_a_time_and_its_failure_makes_the_next_wait_longer(
    store: Store, history: History
) -> None:
    _, hand = await _opened(store, history)
    waits = []
    for _ in range(8):
        said = await facts(store, hand.s)
        waits.append(float(said["brk_until"]) - float(await _now(store)))
        await time_passes(store, hand.s, 20 * MINUTE)
        (probe,) = (await hand.step()).going
        assert not (await hand.step()).going
        await hand.step(failed(probe, DAY))

    wanted = [min(30_000 * 2**n, 900_000) for n in range(8)]
    for wait, least in zip(waits, wanted, strict=True):
        assert least - 2000 < wait <= least * 1.2


async def _now(store: Store) -> float:
    seconds, micros = await store.pipe.call("TIME")
    return int(seconds) * 1000 + int(micros) / 1000


async def test_probes_go_round_so_that_one_poisoned_event_does_not_keep_it_open(
    store: Store, history: History
) -> None:
    _, hand = await _opened(store, history)
    probes = []
    for _ in range(5):
        await time_passes(store, hand.s, 20 * MINUTE)
        (probe,) = (await hand.step()).going
        probes.append(probe.id)
        await hand.step(failed(probe, 0))

    assert len(set(probes)) == 5


async def test_what_was_in_flight_when_it_opened_neither_counts_as_a_probe_nor_adds_to_the_wait(
    store: Store, history: History
) -> None:
    _, hand = await _line(store, history, 30)
    await hand.step()
    rest = list(hand.hold.values())
    for _ in range(3):
        for d in [hand.hold[d.id] for d in rest[:3]]:
            await hand.step(failed(d, 0), free=0)
        await hand.step()
        rest = list(hand.hold.values())
    for n in range(10 - int((await facts(store, hand.s))["streak"])):
        await hand.step(failed(rest[n]), free=0)
    opened = await facts(store, hand.s)
    assert opened["brk"] == "open" and hand.hold

    for d in list(hand.hold.values()):
        await hand.step(failed(d), free=0)

    later = await facts(store, hand.s)
    assert (later["brk_n"], later["brk_until"]) == (opened["brk_n"], opened["brk_until"])


async def test_after_a_probe_that_went_well_it_comes_back_by_one_two_four(
    store: Store, history: History
) -> None:
    _, hand = await _opened(store, history, 60)
    hand.cap = 8
    await time_passes(store, hand.s, MINUTE)
    (probe,) = (await hand.step()).going
    await hand.step(ok(probe), free=0)

    rounds = []
    for _ in range(5):
        going = list((await hand.step()).going)
        rounds.append(len(going))
        await hand.step(*map(ok, going), free=0)

    assert rounds == [1, 2, 4, 8, 8]
    assert (await facts(store, hand.s))["brk"] == ""


async def test_a_failure_on_the_way_back_opens_it_again(store: Store, history: History) -> None:
    _, hand = await _opened(store, history)
    await time_passes(store, hand.s, MINUTE)
    (probe,) = (await hand.step()).going
    await hand.step(ok(probe), free=0)
    (one,) = (await hand.step()).going

    await hand.step(failed(one), free=0)

    said = await facts(store, hand.s)
    assert (said["brk"], said["brk_n"]) == ("open", "2")


async def test_a_probe_whose_worker_died_is_followed_by_another(
    store: Store, history: History
) -> None:
    _, hand = await _opened(store, history)
    await time_passes(store, hand.s, MINUTE)
    (probe,) = (await hand.step()).going
    other = Hand(store, hand.subscriber)
    assert not (await other.step()).going

    await time_passes(store, hand.s, MINUTE)

    (next_probe,) = (await other.step()).going
    assert next_probe.id != probe.id


async def test_that_it_closed_is_told_once_to_those_who_named_it(
    store: Store, history: History
) -> None:
    c, hand = await _opened(store, history)
    await time_passes(store, hand.s, MINUTE)
    for n in (1, 1, 2):
        assert await _told(store, c, RECOVERED) == []
        going = list((await hand.step()).going)
        assert len(going) == n
        await hand.step(*map(ok, going), free=0)

    (told,) = await _told(store, c, RECOVERED)
    assert told["subscriber_id"] == hand.s and told["down_s"] >= 60


async def test_with_nothing_left_to_send_it_closes_at_once(store: Store, history: History) -> None:
    c, hand = await _line(store, history, 1)
    hand.cap = 1
    for _ in range(10):
        (d,) = (await hand.step()).going
        await hand.step(failed(d, 0), free=0)
    hand.cap = 4
    await time_passes(store, hand.s, MINUTE)
    (probe,) = (await hand.step()).going

    await hand.step(ok(probe))

    assert (await facts(store, hand.s))["brk"] == ""
    assert len(await _told(store, c, RECOVERED)) == 1


async def test_what_fails_on_our_side_opens_it_and_is_no_reason_to_disable_anybody(
    store: Store, history: History
) -> None:
    _, hand = await _line(store, history, 20)
    hand.cap = 1
    for _ in range(10):
        if not hand.hold:
            await hand.step()
        await hand.step(came(next(iter(hand.hold.values())), "unsent", HOUR), free=1)

    said = await facts(store, hand.s)
    assert (said["brk"], said["bad_from"]) == ("open", "")


async def test_a_resume_closes_it_and_what_failed_before_is_forgotten(
    store: Store, history: History
) -> None:
    _, hand = await _opened(store, history)

    await store.subscribers.pause(hand.s, "by hand")
    await store.subscribers.resume(hand.s)

    assert (await facts(store, hand.s))["brk"] == ""
    hand.lease = None
    hand.hold.clear()
    assert len((await hand.step()).going) == 4


@pytest.mark.usefixtures("working")
async def test_a_subscriber_that_comes_back_gets_everything_in_order_through_a_real_worker(
    store: Store, history: History, receiver: Receiver
) -> None:
    c = (await history.connection()).id
    wanted = {"event_types": ("*", RECOVERED), "retry_schedule": (0, *[0.01] * 40)}
    s = (await subscribe(store, url=receiver.url, **wanted)).id
    receiver.status = 503
    told = [await history.tell(c, "job.updated", str(n % 5)) for n in range(40)]
    await eventually(lambda: _is(store, s, "open"))
    tried = len(receiver.tried)

    receiver.status = 200
    await time_passes(store, s, MINUTE)
    await store.pipe.call("ZADD", "ready:out", "XX", 0, s)
    await store.pipe.run("wake_subscriber", s, "", "")
    await until(lambda: RECOVERED in receiver.types)
    await until(lambda: len(receiver.got) == 41)

    assert tried < 16
    for n in range(5):
        mine = [e for e in told if told.index(e) % 5 == n]
        assert [e["id"] for e in receiver.of("job.updated") if e["id"] in mine] == mine


async def _is(store: Store, s: str, state: str) -> bool:
    return (await facts(store, s))["brk"] == state
