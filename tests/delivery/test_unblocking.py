"""What an operator sees of a line and does about it: health, what blocks, skip, resume without the past."""

import pytest

from service.core import ids
from service.core.store import keys
from service.core.store.replays import Item
from service.core.store.store import Store
from tests.delivery.stepping import HOUR, Hand, failed, ok, subscribe, time_passes
from tests.ops.conftest import History, Ops
from tests.ops.conftest import history as history
from tests.ops.conftest import ops as ops
from tests.ops.conftest import receiver as receiver
from tests.ops.conftest import settings as settings
from tests.ops.conftest import working as working
from tests.serving import Receiver, eventually, until


async def _blocked(store: Store, history: History, behind: int = 3) -> tuple[str, Hand]:
    """Return a line whose one subject's head failed and waits an hour."""
    c = (await history.connection()).id
    hand = Hand(store, await subscribe(store))
    for _ in range(behind + 1):
        await history.tell(c, "job.updated", "1")
    (head,) = (await hand.step()).going
    await hand.step(failed(head, HOUR))
    return c, hand


async def test_a_quiet_subscriber_is_well(ops: Ops, store: Store, history: History) -> None:
    await history.connection()
    s = (await subscribe(store)).id

    health = (await ops.get(f"/subscribers/{s}"))["health"]

    assert health == {
        "breaker": {"state": "closed", "since": None, "until": None},
        "failure_streak": 0,
        "failing_since": None,
        "last_success_at": None,
        "latency_ms": {"p50": None, "p95": None},
        "backlog": {"open": 0, "replays": 0, "unread": 0, "unread_is_exact": True},
        "oldest_undelivered_at": None,
        "lateness_s": 0,
        "blocked_by": [],
    }


async def test_it_says_how_fast_a_subscriber_answers(
    ops: Ops, store: Store, history: History
) -> None:
    c = (await history.connection()).id
    hand = Hand(store, await subscribe(store), cap=1)
    for n in range(120):
        await history.tell(c, "job.updated", str(n))
        (d,) = (await hand.step()).going
        await hand.step(ok(d)._replace(took_ms=n), free=0)

    health = (await ops.get(f"/subscribers/{hand.s}"))["health"]

    assert health["latency_ms"] == {"p50": 70, "p95": 115}  # of 20 to 119
    assert health["last_success_at"] and health["failure_streak"] == 0


async def test_it_says_what_blocks_a_lane_since_when_and_until_when(
    ops: Ops, store: Store, history: History
) -> None:
    _, hand = await _blocked(store, history)
    await time_passes(store, hand.s, 600_000)

    shown = (await ops.get(f"/subscribers/{hand.s}"))["health"]
    items = await ops.items("/deliveries", subscriber_id=hand.s)

    (lane,) = shown["blocked_by"]
    assert (lane["attempt_count"], lane["waiting"]) == (1, 3)
    assert shown["failure_streak"] == 1 and shown["failing_since"]
    assert shown["backlog"]["open"] == 4
    assert 600 <= shown["lateness_s"] < 700
    behind = [item["blocked_by"] for item in items if item["id"] != lane["delivery_id"]]
    assert {row["delivery_id"] for row in behind} == {lane["delivery_id"]}
    assert {row["next_attempt_at"] for row in behind} == {lane["next_attempt_at"]}
    (head,) = [item for item in items if item["id"] == lane["delivery_id"]]
    assert head["blocked_by"] is None


async def test_what_is_parked_counts_as_late_too(ops: Ops, store: Store, history: History) -> None:
    c = (await history.connection()).id
    s = (await subscribe(store)).id
    await store.subscribers.pause(s, "for now")
    await history.tell(c, "job.updated")
    await history.tell(c, "job.updated", "2")

    health = (await ops.get(f"/subscribers/{s}"))["health"]

    assert health["backlog"] == {"open": 0, "replays": 0, "unread": 2, "unread_is_exact": True}
    assert health["oldest_undelivered_at"] and health["lateness_s"] > 0


async def test_an_open_breaker_is_shown_with_when_the_next_probe_leaves(
    ops: Ops, store: Store, history: History
) -> None:
    c = (await history.connection()).id
    hand = Hand(store, await subscribe(store), cap=1)
    for n in range(12):
        await history.tell(c, "job.updated", str(n))
    await hand.step()
    for _ in range(10):
        await hand.step(failed(next(iter(hand.hold.values()))), free=1)

    breaker = (await ops.get(f"/subscribers/{hand.s}"))["health"]["breaker"]

    assert breaker["state"] == "open"
    assert breaker["since"] < breaker["until"]


async def test_a_skipped_head_is_a_dead_letter_and_its_lane_goes_on(
    ops: Ops, store: Store, history: History
) -> None:
    _, hand = await _blocked(store, history)
    ((head, *_), items) = (
        await store.pipe.call("ZRANGE", keys.due(hand.s), 0, -1),
        await ops.items("/deliveries", subscriber_id=hand.s),
    )
    blocked = next(item["id"] for item in items if item["id"] != head.decode())
    said = await ops.refused("POST", f"/deliveries/{blocked}/skip", status=409)
    assert "waits behind another" in said

    skipped = await ops.post(f"/deliveries/{head.decode()}/skip", status=200)

    assert (skipped["status"], skipped["reason"]) == ("dead", "skipped by hand")
    assert skipped["attempt_count"] == 1 and len(skipped["attempts"]) == 0
    (letter,) = await ops.items("/dead-letters")
    assert (letter["delivery_id"], letter["reason"]) == (skipped["id"], "skipped by hand")
    (following,) = (await hand.step()).going
    assert following.id != skipped["id"]
    again = await ops.refused("POST", f"/deliveries/{skipped['id']}/skip", status=409)
    assert "nothing to skip" in again


async def test_what_is_in_flight_is_not_skipped(ops: Ops, store: Store, history: History) -> None:
    c = (await history.connection()).id
    hand = Hand(store, await subscribe(store))
    await history.tell(c, "job.updated")
    (d,) = (await hand.step()).going

    said = await ops.refused("POST", f"/deliveries/{d.id}/skip", status=409)

    assert "under way" in said


@pytest.mark.usefixtures("working")
async def test_resumed_with_skip_it_gets_only_what_comes_from_now_on(
    ops: Ops, store: Store, history: History, receiver: Receiver
) -> None:
    c = (await history.connection()).id
    made = await subscribe(
        store, url=receiver.url, retry_schedule=(0, 3600), event_types=("job.*",)
    )
    receiver.status = 503
    for _ in range(3):
        await history.tell(c, "job.updated")
    await eventually(lambda: _failing(store, made.id))
    await store.subscribers.pause(made.id, "for now")
    for n in range(5):
        await history.tell(c, "job.updated", f"missed{n}")
    await history.tell(c, "department.updated")
    receiver.status = 200

    answer = await ops.post(f"/subscribers/{made.id}/resume", {"skip": True}, status=200)
    new = await history.tell(c, "job.updated")

    assert answer["skipped"] == {"events": 5, "deliveries": 3}
    assert answer["status"] == "active"
    await until(lambda: receiver.got)
    assert [got.event["id"] for got in receiver.got] == [new]
    skipped = await ops.items("/deliveries", subscriber_id=made.id, status="skipped")
    assert len(skipped) == 3
    assert (await ops.get("/dead-letters"))["items"] == []


async def test_what_is_left_out_is_counted_by_all_that_it_asks_for(
    ops: Ops, store: Store, history: History
) -> None:
    c = (await history.connection()).id
    made = await subscribe(store, event_types=("job.*",), watch=("job.name",))
    for n in range(3):
        await history.tell(c, "job.updated", str(n), name="Baker")
    await history.tell(c, "job.updated", "9", category="Bread")
    await history.tell(c, "job.updated", "8", category="Bread")
    await history.tell(c, "department.updated", name="Bakery")

    first = await ops.post(f"/subscribers/{made.id}/resume", {"skip": True}, status=200)
    again = await ops.post(f"/subscribers/{made.id}/resume", {"skip": True}, status=200)

    assert (first["skipped"], again["skipped"]) == (
        {"events": 3, "deliveries": 0},
        {"events": 0, "deliveries": 0},
    )
    other = await subscribe(store, event_types=("job.*",), watch=("job.name",))
    await history.tell(c, "job.updated", "7", name="Miller")
    gone = await history.tell(c, "job.updated", "6", category="Flour")
    await store.pipe.call("DEL", keys.event(gone))
    last = await ops.post(f"/subscribers/{other.id}/resume", {"skip": True}, status=200)
    assert last["skipped"] == {"events": 2, "deliveries": 0, "at_most": True}


@pytest.mark.usefixtures("working")
async def test_an_erasure_is_not_left_out_whether_it_was_read_or_not(
    ops: Ops, store: Store, history: History, receiver: Receiver
) -> None:
    c = (await history.connection()).id
    made = await subscribe(store, url=receiver.url, retry_schedule=(0, 3600))
    receiver.status = 503
    opened = await _erased(store, history, c, "1", made.id)
    await eventually(lambda: _open(store, made.id, 1))
    await until(lambda: receiver.tried)
    await store.subscribers.pause(made.id, "for now")
    unread = await _erased(store, history, c, "2", made.id)
    await _erased(store, history, c, "3", "sub_another")
    await history.tell(c, "job.updated")
    receiver.status = 200

    answer = await ops.post(f"/subscribers/{made.id}/resume", {"skip": True}, status=200)

    assert answer["skipped"] == {"events": 1, "deliveries": 0, "erasures": 2}
    await until(lambda: len(receiver.got) == 2)
    assert {got.event["id"] for got in receiver.got} == {opened, unread}


async def _erased(store: Store, history: History, c: str, who: str, s: str) -> str:
    """Tell of an erasure that is for one subscriber."""
    event = ids.event_id(c, "candidate", who, 1)
    await store.pipe.call("SADD", keys.told(event), s)
    assert await history.tell(c, "candidate.erased", who) == event
    return event


async def _failing(store: Store, s: str) -> bool:
    found = await store.subscribers.get(s)
    return found is not None and found.streak == 1 and await store.deliveries.backlog(s) == 3


@pytest.mark.usefixtures("working")
async def test_resumed_without_it_gets_everything_missed_in_order(
    ops: Ops, store: Store, history: History, receiver: Receiver
) -> None:
    c = (await history.connection()).id
    made = await subscribe(store, url=receiver.url)
    await store.subscribers.pause(made.id, "for now")
    told = [await history.tell(c, "job.updated", str(n % 3)) for n in range(9)]

    answer = await ops.post(f"/subscribers/{made.id}/resume", status=200)

    assert "skipped" not in answer
    await until(lambda: len(receiver.got) == 9)
    for n in range(3):
        mine = told[n::3]
        assert [g.event["id"] for g in receiver.got if g.event["id"] in mine] == mine


async def test_a_skipped_replay_has_failed_and_its_lanes_are_free(
    ops: Ops, store: Store, history: History, working: None, receiver: Receiver
) -> None:
    c = (await history.connection()).id
    made = await subscribe(store, url=receiver.url)
    event = await history.tell(c, "job.updated")
    await until(lambda: receiver.got)
    await store.subscribers.pause(made.id, "for now")
    replay = await store.replays.create([Item(event, made.id)], 1)
    await eventually(lambda: _open(store, made.id, 1))

    await ops.post(f"/subscribers/{made.id}/resume", {"skip": True}, status=200)

    found = await ops.get(f"/replays/{replay.id}")
    assert (found["status"], found["failed"]) == ("done", 1)
    for key in ("lane:", "due:", "first:", "d:"):
        assert await store.pipe.call("KEYS", f"{key}{made.id}*") == []


async def _open(store: Store, s: str, count: int) -> bool:
    return await store.deliveries.backlog(s) == count


async def test_a_resume_says_what_it_does_not_know(
    ops: Ops, store: Store, history: History
) -> None:
    s = (await subscribe(store)).id

    await ops.refused("POST", f"/subscribers/{s}/resume", {"skip": "yes"}, status=422)
    await ops.refused("POST", f"/subscribers/{s}/resume", {"all": True}, status=422)


async def test_a_retry_by_hand_leaves_as_the_probe_of_an_open_breaker(
    store: Store, history: History
) -> None:
    c = (await history.connection()).id
    hand = Hand(store, await subscribe(store), cap=1)
    for n in range(12):
        await history.tell(c, "job.updated", str(n))
    await hand.step()
    for _ in range(10):
        last = next(iter(hand.hold.values()))
        await hand.step(failed(last), free=1)
    assert not (await hand.step()).going

    await store.deliveries.retry_now(hand.s, last.id)

    assert [d.id for d in (await hand.step()).going] == [last.id]
