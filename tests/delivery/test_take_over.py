"""A worker that is killed leaves nothing waiting that it had in hand and had not sent."""

import asyncio

import pytest

from service.core.store import keys
from service.core.store.deliveries import Delivery, Settle
from service.core.store.store import Store
from tests.delivery.stepping import Hand, came, line
from tests.ops.conftest import History
from tests.ops.conftest import history as history
from workers.sending import InHand
from workers.slots import Slots

AHEAD = 5


async def _killed(store: Store, history: History, told: int = 0) -> tuple[Hand, Hand, list[str]]:
    """Have a worker take one to send and five beforehand, `told` of which it begins; then kill it."""
    _, hand = await line(store, history, 8, cap=1)
    await hand.step(free=0)
    hand.terms = {"ahead": AHEAD}
    await hand.step(free=1)
    taken = list(hand.hold)
    assert len(taken) == 1 + AHEAD
    if told:
        hand.terms = {"waiting": taken[1 + told :]}
        await hand.step(free=0)
    return hand, Hand(store, hand.subscriber, cap=8), taken


async def test_what_was_taken_beforehand_is_the_next_workers_at_once(
    store: Store, history: History
) -> None:
    _, successor, taken = await _killed(store, history)

    step = await successor.step()

    given = [d.id for d in step.going]
    assert set(taken[1:]) < set(given) and taken[0] not in given and len(given) == 7
    assert await _next_at(store, successor.s, taken[0]) % 1 == 0.5  # it may have been sent


async def test_what_was_begun_since_stays_in_flight(store: Store, history: History) -> None:
    _, successor, taken = await _killed(store, history, told=2)

    given = [d.id for d in (await successor.step()).going]

    assert set(taken[3:]) < set(given) and not set(taken[:3]) & set(given)


async def test_what_was_tried_before_is_handed_back_as_a_retry(
    store: Store, history: History
) -> None:
    _, hand = await line(store, history, 2, cap=1)
    await hand.step()
    (tried,) = hand.hold.values()
    await hand.step(came(tried, "retry", 0), free=0)
    await asyncio.sleep(0.002)  # its time has come by Redis' clock
    hand.terms = {"ahead": 2}
    await hand.step(free=0)

    step = await Hand(store, hand.subscriber, cap=4).step()

    assert {d.n for d in step.going} == {0, 1}
    assert await store.pipe.call("ZSCORE", f"first:{hand.s}", tried.id) is None


async def test_the_same_worker_keeps_what_it_has(store: Store, history: History) -> None:
    hand, _, taken = await _killed(store, history)

    hand.terms = {"waiting": taken[1:]}
    step = await hand.step(free=8)

    assert not {d.id for d in step.going} & set(taken)


async def test_a_line_that_is_done_leaves_no_note(store: Store, history: History) -> None:
    hand, _, _ = await _killed(store, history)
    hand.terms = {}

    await hand.step(*(came(d, "ok") for d in list(hand.hold.values())), free=0)

    assert await store.pipe.call("EXISTS", f"ahead:{hand.s}") == 0


async def _next_at(store: Store, s: str, delivery: str) -> float:
    return float(await store.pipe.call("ZSCORE", keys.due(s), delivery))


def _delivery(name: str) -> Delivery:
    return Delivery(id=name, e="evt_1", s="sub_1", c="c", t="job.updated", lane=name, at=1)


@pytest.mark.parametrize("heard", [False, True], ids=["nothing is heard", "the store answers"])
async def test_what_the_store_does_not_know_to_be_sent_is_cut_in_time(heard: bool) -> None:
    """Else a worker back from a pause could send beside the one that took its line over."""
    loop, began, ended = asyncio.get_running_loop(), list[str](), list[str]()
    answer = asyncio.Event()

    async def attempt(delivery: Delivery, until: float) -> Settle | None:
        began.append(delivery.id)
        if delivery.id == "quick":
            return Settle(delivery, "ok", took_ms=1)
        try:
            await answer.wait()
        finally:
            ended.append(delivery.id)
        return Settle(delivery, "ok", took_ms=1)

    news = asyncio.Event()
    hand = InHand(Slots(), attempt, news, proven=True, cap=2, sure_s=0.15)
    hand.take([_delivery(n) for n in ("told", "quick", "doubtful", "queued")], 2, loop.time(), 16.0)
    assert hand.tell() == ["doubtful", "queued"]
    while "doubtful" not in began:
        await news.wait()
        news.clear()
    if heard:
        assert hand.tell() == ["queued"]
        hand.take([], 0, loop.time(), 16.0)

    await asyncio.sleep(0.4)

    assert ended == ([] if heard else ["doubtful"])
    assert began == ["told", "quick", "doubtful"]
    answer.set()
    await hand.cancel()
