"""The way back after an open breaker: one probe, then more and more, and it is told."""

import pytest

from service.core.store.store import Store
from tests.delivery.stepping import (
    HOUR,
    MINUTE,
    Hand,
    broken,
    came,
    facts,
    failed,
    line,
    ok,
    subscribe,
    time_passes,
    told_of,
)
from tests.ops.conftest import History
from tests.ops.conftest import history as history
from tests.ops.conftest import receiver as receiver
from tests.ops.conftest import settings as settings
from tests.ops.conftest import working as working
from tests.serving import Receiver, eventually, until

RECOVERED = "subscriber.recovered"


async def test_after_a_probe_that_went_well_it_comes_back_by_one_two_four(
    store: Store, history: History
) -> None:
    _, hand = await broken(store, history, 60)
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
    _, hand = await broken(store, history)
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
    _, hand = await broken(store, history)
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
    c, hand = await broken(store, history)
    await time_passes(store, hand.s, MINUTE)
    for n in (1, 1, 2):
        assert await told_of(store, c, RECOVERED) == []
        going = list((await hand.step()).going)
        assert len(going) == n
        await hand.step(*map(ok, going), free=0)

    (told,) = await told_of(store, c, RECOVERED)
    assert told["subscriber_id"] == hand.s and told["down_s"] >= 60


async def test_with_nothing_left_to_send_it_closes_at_once(store: Store, history: History) -> None:
    c, hand = await line(store, history, 1)
    hand.cap = 1
    for _ in range(10):
        (d,) = (await hand.step()).going
        await hand.step(failed(d, 0), free=0)
    hand.cap = 4
    await time_passes(store, hand.s, MINUTE)
    (probe,) = (await hand.step()).going

    await hand.step(ok(probe))

    assert (await facts(store, hand.s))["brk"] == ""
    assert len(await told_of(store, c, RECOVERED)) == 1


async def test_what_fails_on_our_side_opens_it_and_is_no_reason_to_disable_anybody(
    store: Store, history: History
) -> None:
    _, hand = await line(store, history, 20)
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
    _, hand = await broken(store, history)

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
