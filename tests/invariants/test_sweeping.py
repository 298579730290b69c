"""Bells are only bells: work whose bell, job or place in line was lost is done within seconds."""

from service.core.store.replays import Item
from tests.invariants.house import House
from tests.serving import Receiver, eventually
from workers.context import open_context
from workers.sweep import sweep

SOMEBODY = 3331


async def _forget_bells(house: House) -> None:
    await house.store.pipe.call("DEL", "bell:in", "bell:out", "bell:rpl", "arq:queue", "arq:bell")


async def _swept(house: House) -> None:
    async with open_context(house.settings) as ctx:
        await sweep(ctx)


async def test_a_lost_bell_costs_seconds_and_no_work(house: House, receiver: Receiver) -> None:
    house.recruitee.add(SOMEBODY)
    connection = await house.connect()
    await house.subscribe(receiver.url)
    async with house.worker():
        await house.rename(connection, SOMEBODY, "Ada Later")
        await _forget_bells(house)
        await receiver.have("candidate.updated")


async def test_a_bell_whose_job_was_lost_costs_seconds_and_no_work(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(SOMEBODY)
    connection = await house.connect()
    await house.subscribe(receiver.url)
    await house.rename(connection, SOMEBODY, "Ada Later")
    await house.store.pipe.call("DEL", "arq:queue", "arq:bell")
    async with house.worker():
        await receiver.have("candidate.updated")


async def test_an_inbox_that_lost_its_place_in_line_is_put_back(house: House) -> None:
    house.recruitee.add(SOMEBODY)
    c = (connection := await house.connect()).id
    await house.rename(connection, SOMEBODY, "Ada Later")
    await house.store.pipe.call("ZREM", "ready:in", c)
    await _forget_bells(house)

    await _swept(house)

    assert await house.store.pipe.call("EXISTS", "bell:in")
    async with house.worker():
        await house.logged(c, 1)


async def test_a_subscriber_that_lost_its_place_in_line_is_put_back(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(SOMEBODY)
    c = (connection := await house.connect()).id
    subscriber, _ = await house.subscribe(receiver.url)
    await house.store.subscribers.pause(subscriber.id, "for now")
    async with house.worker():
        await house.rename(connection, SOMEBODY, "Ada Later")
        await house.logged(c, 1)
    await house.store.subscribers.resume(subscriber.id)
    await house.store.pipe.call("ZREM", "ready:out", subscriber.id)
    await _forget_bells(house)

    await _swept(house)

    async with house.worker():
        await receiver.have("candidate.updated")


async def test_a_replay_that_lost_its_place_in_line_is_put_back(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(SOMEBODY)
    c = (connection := await house.connect()).id
    async with house.worker():
        await house.rename(connection, SOMEBODY, "Ada Later")
        (event,) = await house.logged(c, 1)
    subscriber, _ = await house.subscribe(receiver.url)
    replay = await house.store.replays.create([Item(event["id"], subscriber.id)], 1)
    await house.store.pipe.call("ZREM", "ready:rpl", replay.id)
    await _forget_bells(house)

    await _swept(house)

    async with house.worker():
        await receiver.have("candidate.updated")


async def test_a_commit_whose_worker_died_before_it_rang_is_delivered(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(SOMEBODY)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url)
    async with house.worker() as (_, drains):
        await eventually(lambda: house.active(c))
        drains.deliver.wake = lambda: None  # type: ignore[method-assign]
        await house.rename(connection, SOMEBODY, "Ada Later")
        await receiver.have("candidate.updated")
