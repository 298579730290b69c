"""Leases are fenced: who was taken over can neither commit nor settle, awake or back from the dead."""

import asyncio

import pytest

from service.core.errors import Fenced
from service.core.store import keys
from service.core.store.deliveries import Limits, Opening, Settle, opened
from service.core.store.inbox import Lease, Parked
from service.core.unified.model import Ref
from tests.invariants.house import House, sound
from tests.invariants.processes import Workers
from tests.invariants.raw import RawReceiver
from tests.serving import Receiver, until
from workers.context import open_context
from workers.inbound import serve_inbox

SOMEBODY = 3331
PATH = f"/candidates/{SOMEBODY}"
LIMITS = Limits(5000, 3000, 500, 100)


async def _taken_over(house: House, which: str, owner: str) -> tuple[Lease, Lease]:
    """Claim, let the time pass, claim again: the old lease and the new one."""
    await house.store.pipe.call("ZADD", f"ready:{which}", 0, owner)
    (old,) = (await house.store.claims.claim(which, 1, 5000)).leases
    await house.lease_is_over(which, owner)
    (new,) = (await house.store.claims.claim(which, 1, 5000)).leases
    return old, new


async def test_an_inbox_that_was_taken_over_is_closed_to_its_old_worker(house: House) -> None:
    c = (connection := await house.connect()).id
    await house.told(connection, house.webhook("hint", SOMEBODY, house.recruitee.now()))
    old, new = await _taken_over(house, "in", c)
    inbox, records = house.store.inbox, house.store.records
    root = Ref("candidate", str(SOMEBODY))
    ((position, entry),) = (await inbox.pull(new, "0-0", 10, 5000)).entries

    for attempt in (
        inbox.pull(old, "0-0", 10, 5000),
        records.begin(c, root, 1000, 4, old),
        records.commit(c, 1, [], [], lease=old, acks=[position], parked="candidate:1"),
        inbox.park(old, "candidate:1", Parked(1, 1, "why", [entry]), 1000, [position]),
    ):
        with pytest.raises(Fenced):
            await attempt
    await inbox.release(old, look_again=True)

    assert await house.store.claims.renew("in", old, 5000) is False
    assert await house.store.claims.renew("in", new, 5000) is True
    assert await inbox.depth(c) == (1, 0)


async def test_a_subscriber_that_was_taken_over_is_closed_to_its_old_worker(
    house: House, raw: RawReceiver
) -> None:
    house.recruitee.add(SOMEBODY)
    connection = await house.connect()
    subscriber, _ = await house.subscribe(raw.url)
    async with open_context(house.settings) as ctx:
        await house.rename(connection, SOMEBODY, "Ada Later")
        (inbox,) = (await ctx.store.claims.claim("in", 1, 5000)).leases
        await serve_inbox(ctx, inbox, asyncio.Event())
    (old,) = (await house.store.claims.claim("out", 1, 5000)).leases
    step = house.store.deliveries.step
    (read,) = (await step(old, LIMITS, 4, 0, [], [])).reads
    delivery = opened(subscriber.id, read.connection_id, read.entries[0], 1)
    opening = Opening(read.connection_id, read.start, read.entries[-1].position, [delivery])
    (mine,) = (await step(old, LIMITS, 4, 0, [opening], [])).going
    await house.lease_is_over("out", subscriber.id)
    (new,) = (await house.store.claims.claim("out", 1, 5000)).leases

    done = Settle(mine.model_copy(update={"n": 1, "status": "delivered"}), "ok")
    with pytest.raises(Fenced):
        await step(old, LIMITS, 4, 0, [], [done])

    assert await house.count("deliveries_delivered") == 0
    assert await house.store.deliveries.backlog(subscriber.id) == 1
    assert (await step(new, LIMITS, 4, 1, [], [])).going == []


async def test_a_worker_that_is_taken_over_during_its_fetch_writes_nothing(house: House) -> None:
    house.recruitee.add(SOMEBODY)
    c = (connection := await house.connect()).id
    gate = house.recruitee.gate(PATH)
    async with house.worker() as (_, one), house.worker() as (_, two):
        await house.rename(connection, SOMEBODY, "For a moment")
        await asyncio.wait_for(gate.arrived.wait(), 10)
        house.recruitee.gates.pop(PATH)
        house.recruitee.rename(SOMEBODY, "For good")
        await house.lease_is_over("in", c)
        one.refetch.wake()
        two.refetch.wake()
        log = await house.logged(c, 1)
        gate.opened.set()
        await house.idle(c)

    assert [event["data"]["record"]["name"] for event in log] == ["For good"]
    assert await house.log(c) == log
    assert house.recruitee.asked[PATH] == 2


async def test_a_worker_stopped_past_its_lease_doubles_nothing_when_it_wakes(
    house: House, receiver: Receiver, processes: Workers
) -> None:
    house.recruitee.add(SOMEBODY)
    c = (connection := await house.connect()).id
    subscriber, _ = await house.subscribe(receiver.url)
    gate = house.recruitee.gate(PATH)
    sleeper = processes.start()
    await house.rename(connection, SOMEBODY, "For a moment")
    await asyncio.wait_for(gate.arrived.wait(), 10)

    sleeper.stop()
    house.recruitee.gates.pop(PATH)
    house.recruitee.rename(SOMEBODY, "For good")
    await house.lease_is_over("in", c)
    successor = processes.start()
    await receiver.have("candidate.updated")
    await house.settled(subscriber.id)
    gate.opened.set()
    successor.kill()
    sleeper.wake()
    await house.rename(connection, SOMEBODY, "Once more")
    await _leases_are_over(house, c, subscriber.id)
    await receiver.have("candidate.updated", 2)

    log = await house.log(c)
    assert [event["data"]["record"]["name"] for event in log] == ["For good", "Once more"]
    assert sound(log)
    assert [got.event["id"] for got in receiver.tried] == [event["id"] for event in log]


async def test_a_worker_stopped_during_a_delivery_settles_nothing_when_it_wakes(
    house: House, raw: RawReceiver, processes: Workers
) -> None:
    house.recruitee.add(SOMEBODY)
    c = (connection := await house.connect()).id
    subscriber, _ = await house.subscribe(raw.url)
    raw.hangs = True
    sleeper = processes.start()
    await house.rename(connection, SOMEBODY, "Name One")
    await until(lambda: raw.requests)

    sleeper.stop()
    raw.hangs = False
    await _leases_are_over(house, c, subscriber.id)
    for delivery in await house.deliveries(subscriber.id):
        await house.store.pipe.call("ZADD", keys.due(subscriber.id), 0, delivery.id)
    successor = processes.start()
    await house.rename(connection, SOMEBODY, "Name Two")
    await until(lambda: len(raw.requests) == 3)
    await house.settled(subscriber.id)
    successor.kill()
    sleeper.wake()
    await house.rename(connection, SOMEBODY, "Name Three")
    await _leases_are_over(house, c, subscriber.id)
    await until(lambda: len(raw.requests) == 4)
    await house.settled(subscriber.id)

    names = [event["data"]["record"]["name"] for event in raw.events]
    assert names == ["Name One", "Name One", "Name Two", "Name Three"]
    assert await house.count("deliveries_delivered") == 3
    assert [d.n for d in await house.deliveries(subscriber.id)] == [1, 1, 1]


async def _leases_are_over(house: House, c: str, s: str) -> None:
    await house.lease_is_over("in", c)
    await house.lease_is_over("out", s)


async def test_two_real_workers_deliver_everything_once(
    house: House, receiver: Receiver, processes: Workers
) -> None:
    people = range(3301, 3311)
    for person in people:
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    subscriber, receiver.secret = await house.subscribe(receiver.url)
    for _ in range(2):
        processes.start()
    for n in range(60):
        person = people[n % len(people)]
        await house.rename(connection, person, f"Name Number{n}")
    await house.idle(c, 15)
    await house.settled(subscriber.id, 15)

    log = await house.log(c)
    assert sound(log)
    assert sorted(got.event["id"] for got in receiver.tried) == sorted(e["id"] for e in log)
