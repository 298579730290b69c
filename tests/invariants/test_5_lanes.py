"""Invariant 5: per (subscriber, subject) one in flight, in commit order; nobody else waits for it."""

import asyncio
from typing import Any

from service.core.store import keys
from service.core.store.deliveries import Limits
from service.core.store.replays import Item
from tests.invariants.house import House
from tests.invariants.pipes import Held
from tests.invariants.raw import RawReceiver
from tests.serving import Receiver, eventually, until
from workers.app import running

PEOPLE = (1, 2, 3)


async def _changes(house: House, rounds: int, people: tuple[int, ...] = PEOPLE) -> str:
    """Commit `rounds` events for each of some people; returns the connection."""
    for person in people:
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    async with house.worker():
        for n in range(rounds):
            for person in people:
                await house.rename(connection, person, f"Name Number{n}")
            await house.logged(c, (n + 1) * len(people))
    return c


async def _resubscribe(house: House, s: str) -> None:
    """Put a subscriber back to the beginning of every log."""
    await house.store.pipe.call("DEL", keys.positions(s))
    await house.store.subscribers.resume(s)


def _names(events: list[dict[str, Any]], person: int) -> list[str]:
    return [e["data"]["record"]["name"] for e in events if e["data"]["remote_id"] == str(person)]


def _in_order(events: list[dict[str, Any]], rounds: int) -> bool:
    wanted = [f"Name Number{n}" for n in range(rounds)]
    return all(_names(events, person) == wanted for person in PEOPLE)


async def test_a_subject_has_one_in_flight_and_keeps_the_commit_order(
    house: House, receiver: Receiver
) -> None:
    await _changes(house, 8)
    subscriber, _ = await house.subscribe(receiver.url, concurrency=4)
    flying: dict[str, int] = {}
    most: list[int] = []
    receiver.delay_s = 0.005
    taken = receiver.handle

    async def watched(request: Any) -> Any:
        person = (await request.json())["data"]["remote_id"]
        flying[person] = flying.get(person, 0) + 1
        most.append(flying[person])
        answer = await taken(request)
        flying[person] -= 1
        return answer

    receiver.handle = watched  # type: ignore[method-assign]
    await _resubscribe(house, subscriber.id)
    async with house.worker(), house.worker():
        await until(lambda: len(receiver.got) == 24)
        await house.settled(subscriber.id)

    assert _in_order([got.event for got in receiver.got], 8)
    assert max(most, default=1) == 1


async def test_a_failing_event_holds_its_subject_and_no_other(
    house: House, raw: RawReceiver
) -> None:
    await _changes(house, 3)
    subscriber, _ = await house.subscribe(raw.url, retry_schedule=(0, 3600))
    raw.answers = [500]
    await _resubscribe(house, subscriber.id)
    async with house.worker():
        await until(lambda: len(raw.requests) == 7)
        await eventually(lambda: _open_and_due(house, subscriber.id, 3))

    first = raw.events[0]["data"]["remote_id"]
    told = [event["data"]["remote_id"] for event in raw.events]
    assert told.count(first) == 1
    assert all(told.count(str(person)) == 3 for person in PEOPLE if str(person) != first)


async def _open_and_due(house: House, s: str, open_: int) -> bool:
    return await house.store.deliveries.backlog(s) == open_


async def test_a_dead_letter_frees_its_lane(house: House, raw: RawReceiver) -> None:
    await _changes(house, 3, (1,))
    subscriber, _ = await house.subscribe(raw.url, retry_schedule=(0,))
    raw.answers = [500]
    await _resubscribe(house, subscriber.id)
    async with house.worker():
        await until(lambda: len(raw.requests) == 3)
        await house.settled(subscriber.id)

    assert _names(raw.events, 1) == ["Name Number0", "Name Number1", "Name Number2"]
    found = [delivery.status for delivery in await house.deliveries(subscriber.id)]
    assert sorted(found) == ["dead", "delivered", "delivered"]


async def test_a_subscriber_that_hangs_delays_no_other(
    house: House, receiver: Receiver, raw: RawReceiver
) -> None:
    for person in PEOPLE:
        house.recruitee.add(person)
    connection = await house.connect()
    raw.hangs = True
    house.settings = house.settings.model_copy(update={"delivery_timeout": 0.8})
    hanging = [(await house.subscribe(raw.url))[0].id for _ in range(20)]
    healthy, _ = await house.subscribe(receiver.url)
    loop = asyncio.get_running_loop()
    async with house.worker():
        began = loop.time()
        for n in range(4):
            for person in PEOPLE:
                await house.rename(connection, person, f"Name Number{n}")
            await until(lambda n=n: len(receiver.got) >= 3 * n + 3, 3)  # type: ignore[misc]
        took = loop.time() - began
        await house.settled(healthy.id)
        raw.hangs = False
        for s in hanging:
            await house.store.subscribers.pause(s, "enough")

    assert took < 2
    assert len(receiver.got) == 12


async def test_a_replay_runs_in_lanes_of_its_own_beside_live_traffic(
    house: House, raw: RawReceiver
) -> None:
    c = await _changes(house, 2, (1,))
    (connection,) = await house.store.connections.all()
    subscriber, _ = await house.subscribe(raw.url, retry_schedule=(0, 3600))
    old = (await house.log(c))[0]["id"]
    raw.answers = [500]
    replay = await house.store.replays.create([Item(old, subscriber.id)], 1)
    async with house.worker():
        await until(lambda: len(raw.requests) == 1)
        await house.rename(connection, 1, "Live")
        await until(lambda: len(raw.requests) == 2)

    assert raw.requests[0].headers["hirewire-replay"] == replay.id
    assert "hirewire-replay" not in raw.requests[1].headers
    assert _names(raw.events, 1) == ["Name Number0", "Live"]


async def test_a_long_replay_lets_live_events_pass(house: House, receiver: Receiver) -> None:
    c = await _changes(house, 1)
    (connection,) = await house.store.connections.all()
    subscriber, _ = await house.subscribe(receiver.url)
    await house.store.subscribers.pause(subscriber.id, "for now")
    olds = [event["id"] for event in await house.log(c)]
    replays = [
        await house.store.replays.create([Item(old, subscriber.id) for old in olds], n)
        for n in range(400)
    ]
    async with house.worker():
        await eventually(lambda: _all_opened(house, [replay.id for replay in replays]))
        receiver.delay_s = 0.02
        await house.store.subscribers.resume(subscriber.id)
        await until(lambda: receiver.got)
        before = len(receiver.got)
        await house.rename(connection, 1, "Live")
        await until(lambda: any(g.event["data"]["record"]["name"] == "Live" for g in receiver.got))
        after = len(receiver.got)
        await house.store.subscribers.pause(subscriber.id, "enough")

    assert after - before < 100


async def _all_opened(house: House, replays: list[str]) -> bool:
    return not any([await house.store.pipe.call("EXISTS", keys.replay_queue(r)) for r in replays])


async def test_an_attempt_in_flight_is_not_made_again_beside_itself(
    house: House, raw: RawReceiver
) -> None:
    await _changes(house, 1, (1,))
    subscriber, _ = await house.subscribe(raw.url)
    raw.hangs = True
    await _resubscribe(house, subscriber.id)
    async with house.worker():
        await until(lambda: raw.requests)
        (delivery,) = await house.deliveries(subscriber.id)
        await house.store.deliveries.retry_now(subscriber.id, delivery.id)
        (lease,) = await _stolen(house, subscriber.id)
        limits = Limits(5000, 3000, 500, 100)
        step = await house.store.deliveries.step(lease, limits, 4, 0, [], [])
        raw.hangs = False

    assert list(step.going) == []
    assert len(raw.requests) == 1


async def _stolen(house: House, s: str) -> Any:
    await house.lease_is_over("out", s)
    return (await house.store.claims.claim("out", 1, 5000)).leases


async def test_what_was_opened_too_late_to_send_in_time_is_not_sent(
    house: House, receiver: Receiver
) -> None:
    """A worker that comes back from the dead must not send beside, or after, its successor."""
    await _changes(house, 1, (1,))
    settings = house.settings.model_copy(update={"delivery_timeout": 0.3})
    assert settings.redis_url
    url = settings.redis_url.get_secret_value()
    slow = Held(url, "step", lambda reply: len(reply) > 3 and bool(reply[3]))
    subscriber, _ = await house.subscribe(receiver.url)
    await _resubscribe(house, subscriber.id)
    async with running(settings, slow):
        await asyncio.wait_for(slow.arrived.wait(), 10)
        (delivery,) = await house.deliveries(subscriber.id)
        over = float(await house.store.pipe.call("ZSCORE", keys.due(subscriber.id), delivery.id))

        async def is_over() -> bool:
            return await house.now_ms() > over

        await house.store.subscribers.pause(subscriber.id, "so that nobody sends it again")
        await eventually(is_over)
        slow.opened.set()

    assert receiver.tried == []
    assert [(d.status, d.n) for d in await house.deliveries(subscriber.id)] == [("open", 0)]
