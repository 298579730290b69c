"""Who goes first and how fast: the rate asked for, first attempts before retries, replays in what is left."""

import asyncio

import pytest

from service.core.store.deliveries import Delivery, Settle
from service.core.store.store import Store
from tests.delivery.stepping import HOUR, Hand, facts, failed, ok, subscribe, time_passes
from tests.ops.conftest import History
from tests.ops.conftest import history as history
from tests.ops.conftest import receiver as receiver
from tests.ops.conftest import settings as settings
from tests.ops.conftest import working as working
from tests.serving import Receiver, until


async def _hand(store: Store, history: History, events: int, cap: int = 4) -> tuple[str, Hand]:
    c = (await history.connection()).id
    hand = Hand(store, await subscribe(store), cap=cap)
    for n in range(events):
        await history.tell(c, "job.updated", str(n))
    return c, hand


async def test_a_rate_lets_a_seconds_worth_leave_at_once_and_the_rest_one_by_one(
    store: Store, history: History
) -> None:
    _, hand = await _hand(store, history, 30, cap=64)
    hand.terms = {"rate": 5.0}
    left = [len((await hand.step()).going)]
    for _ in range(4):
        await time_passes(store, hand.s, 200)
        left.append(len((await hand.step()).going))
    await time_passes(store, hand.s, HOUR)
    left.append(len((await hand.step()).going))

    assert left == [5, 1, 1, 1, 1, 5]


async def test_a_rate_below_one_a_second_lets_one_leave_at_a_time(
    store: Store, history: History
) -> None:
    _, hand = await _hand(store, history, 5, cap=64)
    hand.terms = {"rate": 0.5}

    left = [len((await hand.step()).going)]
    for ms in (1000, 1100, 1000, 1000):
        await time_passes(store, hand.s, ms)
        left.append(len((await hand.step()).going))

    assert left == [1, 0, 1, 0, 1]


@pytest.mark.usefixtures("working")
async def test_a_rate_is_kept_by_a_real_worker(
    store: Store, history: History, receiver: Receiver
) -> None:
    c = (await history.connection()).id
    s = (await subscribe(store, url=receiver.url, rate=20.0, concurrency=16)).id
    await store.subscribers.pause(s, "for now")
    for n in range(32):
        await history.tell(c, "job.updated", str(n))
    loop = asyncio.get_running_loop()

    began = loop.time()
    await store.subscribers.resume(s)
    await until(lambda: len(receiver.got) == 32)

    # A second's worth at once; nothing that holds up the test can make the rest come earlier.
    assert loop.time() - began >= 12 / 20


async def _with_retries(store: Store, history: History, retries: int) -> tuple[str, Hand]:
    """Return a line on which this many retries are due, older than anything else."""
    c, hand = await _hand(store, history, retries, cap=64)
    # One that goes well in between keeps the breaker closed.
    for d in list((await hand.step()).going):
        await hand.step(failed(d, 0), free=0)
        await store.pipe.call("HSET", f"sub:{hand.s}", "streak", 0, "try", "", "brk", "")
    hand.lease = None
    return c, hand


async def test_first_attempts_have_half_of_the_room_however_many_retries_are_due(
    store: Store, history: History
) -> None:
    c, hand = await _with_retries(store, history, 40)
    for n in range(40):
        await history.tell(c, "job.updated", f"new{n}")
    hand.cap = 8

    going = list((await hand.step()).going)

    assert len(going) == 8
    assert sum(d.n == 0 for d in going) == 4


async def test_half_holds_too_when_places_become_free_one_by_one(
    store: Store, history: History
) -> None:
    c, hand = await _with_retries(store, history, 60)
    for n in range(60):
        await history.tell(c, "job.updated", f"new{n}")
    hand.cap = 8
    await hand.step()
    seen: list[Delivery] = []
    for _ in range(40):
        d = next(iter(hand.hold.values()))
        seen += (await hand.step(ok(d), free=1)).going

    firsts = sum(d.n == 0 for d in seen)
    assert 18 <= firsts <= 22


async def test_with_one_place_first_attempts_and_retries_take_turns(
    store: Store, history: History
) -> None:
    c, hand = await _with_retries(store, history, 60)
    for n in range(60):
        await history.tell(c, "job.updated", f"new{n}")
    hand.cap = 1
    await hand.step()
    seen: list[Delivery] = []
    for _ in range(50):
        d = next(iter(hand.hold.values()))
        seen += (await hand.step(ok(d), free=1)).going

    assert 5 <= sum(d.n == 0 for d in seen) <= 45


async def test_retries_use_what_first_attempts_leave(store: Store, history: History) -> None:
    c, hand = await _with_retries(store, history, 40)
    await history.tell(c, "job.updated", "new")
    hand.cap = 8

    going = list((await hand.step()).going)

    assert sorted(d.n for d in going) == [0, *[1] * 7]


async def _replays(store: Store, hand: Hand, c: str, count: int) -> None:
    for n in range(count):
        d = Delivery(
            id=f"dlv_replay{n}", e=f"evt_{n}", s=hand.s, c=c, t="job.updated", lane=f"rpl_x:{n}",
            at=1, replay="rpl_x",
        )  # fmt: skip
        await store.pipe.run("open_test", hand.s, d.id, d.lane, d.dump(), d.e, b"{}", 60)


async def test_replays_have_what_is_left_and_a_place_now_and_then(
    store: Store, history: History
) -> None:
    c, hand = await _hand(store, history, 400, cap=4)
    await _replays(store, hand, c, 100)
    await hand.step()
    seen: list[Delivery] = []
    for _ in range(250):
        d = next(iter(hand.hold.values()))
        seen += (await hand.step(ok(d), free=1)).going

    replays = sum(d.replay is not None for d in seen)
    assert 1 <= replays <= 50


async def test_replays_alone_have_every_place(store: Store, history: History) -> None:
    c, hand = await _hand(store, history, 0, cap=4)
    await _replays(store, hand, c, 10)

    assert len((await hand.step()).going) == 4


async def test_one_subject_with_a_long_queue_does_not_close_the_window_for_others(
    store: Store, history: History
) -> None:
    c, hand = await _hand(store, history, 0)
    hand.limits = hand.limits._replace(window=20)
    for _ in range(100):
        await history.tell(c, "job.updated", "busy")
    (first,) = (await hand.step()).going
    await history.tell(c, "job.updated", "other")

    going = list((await hand.step(failed(first, HOUR))).going)

    assert [d.lane for d in going] != [first.lane] and len(going) == 1


async def test_what_one_subject_may_queue_is_bounded(store: Store, history: History) -> None:
    c, hand = await _hand(store, history, 0)
    hand.limits = hand.limits._replace(window=20, read=10)
    for _ in range(260):
        await history.tell(c, "job.updated", "busy")
    (first,) = (await hand.step()).going

    await hand.step(failed(first, HOUR))

    assert 190 <= await store.deliveries.backlog(hand.s) <= 200
    await time_passes(store, hand.s, 2 * HOUR)
    count = 0
    while going := list((await hand.step()).going):
        count += len(going)
        await hand.step(*map(ok, going), free=0)
    assert count == 260
    assert (await facts(store, hand.s))["streak"] == "0"


async def test_a_step_whose_reply_was_lost_gives_the_same_again_and_nothing_beside(
    store: Store, history: History
) -> None:
    _, hand = await _hand(store, history, 12)
    first = list((await hand.step()).going)
    assert len(first) == 4
    hand.hold.clear()
    hand._number -= 1  # the client sends the very call again

    again = await hand._one([], [], 4)

    assert [d.id for d in again.going] == [d.id for d in first]
    hand.hold = {d.id: d for d in first}
    assert not (await hand._one([], [], 0)).going


async def test_what_is_handed_back_may_go_at_once_and_was_no_attempt(
    store: Store, history: History
) -> None:
    _, hand = await _hand(store, history, 4)
    going = list((await hand.step()).going)
    backs = [Settle(d, "back", attempted=False) for d in going]
    await hand.step(*backs, free=0)

    again = list((await hand.step()).going)
    assert sorted(d.id for d in again) == sorted(d.id for d in going)
    assert {d.n for d in again} == {0}
    assert (await facts(store, hand.s))["streak"] in ("", "0")
