"""When it is over: five days for a delivery, five days without success for a subscriber, the retention."""

import pytest

from service.core.store import keys
from service.core.store.deliveries import Delivery
from service.core.store.store import Store
from tests.delivery.stepping import (
    DAY,
    HOUR,
    Hand,
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

DISABLED, MISSED = "subscriber.disabled", "subscriber.missed"


async def _fail_once(hand: Hand) -> None:
    (d,) = (await hand.step()).going
    await hand.step(failed(d, 0), free=0)


async def test_five_days_without_success_and_failures_over_half_a_day_disable_it(
    store: Store, history: History
) -> None:
    c, hand = await line(store, history, 5, cap=1)
    (d,) = (await hand.step()).going
    await hand.step(ok(d), free=0)
    await time_passes(store, hand.s, 5 * DAY)
    await _fail_once(hand)
    assert (await facts(store, hand.s))["status"] == "active"

    await time_passes(store, hand.s, 12 * HOUR)
    await _fail_once(hand)

    said = await facts(store, hand.s)
    assert (said["status"], said["reason"]) == ("disabled", "nothing was delivered for 5 days")
    assert not await store.pipe.call("SISMEMBER", "subs:on", hand.s)
    told = await told_of(store, c, DISABLED)
    reason = "nothing was delivered for 5 days"
    assert told == [{"subscriber_id": hand.s, "status": "disabled", "reason": reason}]


async def test_one_that_was_never_delivered_to_is_disabled_as_long_after_it_was_made(
    store: Store, history: History
) -> None:
    _, hand = await line(store, history, 5, cap=1)
    await _fail_once(hand)
    await time_passes(store, hand.s, 4 * DAY)
    await _fail_once(hand)
    assert (await facts(store, hand.s))["status"] == "active"

    await time_passes(store, hand.s, DAY)
    await _fail_once(hand)

    assert (await facts(store, hand.s))["status"] == "disabled"


async def test_a_success_in_between_keeps_it(store: Store, history: History) -> None:
    _, hand = await line(store, history, 5, cap=1)
    await _fail_once(hand)
    await time_passes(store, hand.s, 3 * DAY)
    (d,) = (await hand.step()).going
    await hand.step(ok(d), free=0)
    await time_passes(store, hand.s, 3 * DAY)
    await _fail_once(hand)
    await time_passes(store, hand.s, DAY)
    await _fail_once(hand)

    assert (await facts(store, hand.s))["status"] == "active"


async def test_after_a_resume_the_days_are_counted_anew(store: Store, history: History) -> None:
    c, hand = await line(store, history, 5, cap=1)
    await _fail_once(hand)
    await time_passes(store, hand.s, 6 * DAY)
    await _fail_once(hand)
    assert (await facts(store, hand.s))["status"] == "disabled"

    await store.subscribers.resume(hand.s)
    for _ in range(3):
        await _fail_once(hand)
        await time_passes(store, hand.s, DAY)

    assert (await facts(store, hand.s))["status"] == "active"
    assert len(await told_of(store, c, DISABLED)) == 1


async def test_a_410_is_told_once_and_a_pause_by_hand_is_not(
    store: Store, history: History
) -> None:
    c, hand = await line(store, history, 5, cap=1)
    hand.cap = 4
    one, two, *_ = (await hand.step()).going
    gone = "the subscriber asked to be disabled"
    await hand.step(came(one, "pause")._replace(reason=gone), free=0)
    await hand.step(came(two, "pause")._replace(reason=gone), free=0)
    told = [{"subscriber_id": hand.s, "status": "paused", "reason": gone}]
    assert await told_of(store, c, DISABLED) == told

    await store.subscribers.resume(hand.s)
    await store.subscribers.pause(hand.s, "by hand")

    assert await told_of(store, c, DISABLED) == told


@pytest.mark.usefixtures("working")
async def test_who_named_it_is_told_that_another_was_disabled(
    store: Store, history: History, receiver: Receiver
) -> None:
    c = (await history.connection()).id
    gone = await subscribe(store, url=receiver.url)
    receiver.answers = [410]
    await history.tell(c, "job.updated")
    await eventually(lambda: _status(store, gone.id, "paused"))
    watcher = await subscribe(store, url=receiver.url, event_types=(DISABLED,))
    await store.pipe.call("DEL", keys.positions(watcher.id))
    await store.subscribers.resume(watcher.id)

    told = await receiver.have(DISABLED)

    assert told["origin"] == "system" and "sequence" not in told
    assert told["data"]["subscriber_id"] == gone.id
    assert told["data"]["reason"] == "the subscriber answered 410 Gone"


async def _status(store: Store, s: str, status: str) -> bool:
    found = await store.subscribers.get(s)
    return found is not None and found.status == status


async def _one(store: Store, s: str) -> Delivery:
    (name,) = await store.pipe.call("ZRANGE", keys.deliveries(s), 0, -1)
    found = await store.deliveries.get(name.decode(), s)
    assert found
    return found


async def _paused_line(store: Store, history: History, receiver: Receiver) -> tuple[str, Hand]:
    """Return a line with one open delivery that failed once, and nobody at it."""
    c = (await history.connection()).id
    hand = Hand(store, await subscribe(store, url=receiver.url), cap=1)
    await history.tell(c, "job.updated")
    await _fail_once(hand)
    return c, hand


async def _let_go(store: Store, hand: Hand) -> None:
    if hand.lease:
        await store.pipe.call("HDEL", "lease:out", hand.s)
    await store.pipe.run("wake_subscriber", hand.s, "", "")


async def test_a_delivery_older_than_five_days_is_a_dead_letter_without_another_attempt(
    store: Store, history: History, receiver: Receiver, working: None
) -> None:
    _, hand = await _paused_line(store, history, receiver)
    await time_passes(store, hand.s, 5 * DAY + 1000)
    await _let_go(store, hand)
    await eventually(lambda: _dead(store))

    found = await _one(store, hand.s)
    assert (found.status, found.n) == ("dead", 1)
    assert found.reason.startswith("not delivered within 5 days")
    assert receiver.tried == []
    assert (await facts(store, hand.s))["streak"] == "1"


async def _dead(store: Store) -> bool:
    return bool(await store.pipe.call("ZCARD", "dead"))


async def test_the_five_days_are_counted_from_the_last_resume(
    store: Store, history: History, receiver: Receiver, working: None
) -> None:
    _, hand = await _paused_line(store, history, receiver)
    await store.subscribers.pause(hand.s, "for long")
    await time_passes(store, hand.s, 9 * DAY)
    await store.subscribers.resume(hand.s)
    await _let_go(store, hand)

    await until(lambda: receiver.got)

    await eventually(lambda: _delivered(store, hand.s))


async def _delivered(store: Store, s: str) -> bool:
    return (await _one(store, s)).status == "delivered"


async def test_no_attempt_is_planned_beyond_the_five_days(
    store: Store, history: History, receiver: Receiver, working: None
) -> None:
    c = (await history.connection()).id
    s = (await subscribe(store, url=receiver.url, retry_schedule=(0, 5.5 * 86_400))).id
    receiver.answers = [503]
    await history.tell(c, "job.updated")

    await eventually(lambda: _dead(store))

    found = await _one(store, s)
    assert (found.n, found.reason) == (1, "not delivered within 5 days: answered 503")


async def test_what_outlived_the_retention_while_it_was_open_is_counted_andtold_of(
    store: Store, history: History, receiver: Receiver, working: None
) -> None:
    c, hand = await _paused_line(store, history, receiver)
    await store.subscribers.pause(hand.s, "for long")
    await time_passes(store, hand.s, 31 * DAY)
    await store.pipe.call("DEL", keys.event((await _one(store, hand.s)).e))
    await store.subscribers.resume(hand.s)
    await _let_go(store, hand)

    await eventually(lambda: told_of(store, c, MISSED))

    told = {"subscriber_id": hand.s, "connection_id": c, "count": 1}
    assert await told_of(store, c, MISSED) == [told]
    assert (await _one(store, hand.s)).status == "erased"


async def test_what_was_erased_is_not_told_as_missed(
    store: Store, history: History, receiver: Receiver, working: None
) -> None:
    c, hand = await _paused_line(store, history, receiver)
    await store.pipe.call("DEL", keys.event((await _one(store, hand.s)).e))
    await _let_go(store, hand)

    await eventually(lambda: _gone(store, hand.s))

    assert await told_of(store, c, MISSED) == []


async def _gone(store: Store, s: str) -> bool:
    return (await _one(store, s)).status == "erased"
