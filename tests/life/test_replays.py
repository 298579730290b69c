"""Replays and backfills outlive whoever carries them out: workers that are killed, Redis started anew."""

import asyncio

from service.core.replaying.query import Query
from service.core.store import keys
from service.core.store.replays import Replay
from tests.invariants.house import House
from tests.life.processes import Processes
from tests.life.servers import Server
from tests.serving import Receiver, eventually, until

PEOPLE = range(1, 41)


async def _told(house: House) -> list[str]:
    for person in PEOPLE:
        house.recruitee.add(person)
    connection = await house.connect()
    async with house.worker():
        for person in PEOPLE:
            await house.rename(connection, person, "Ada Later")
        return [event["id"] for event in await house.logged(connection.id, len(PEOPLE))]


async def _begun(house: House, s: str, rate: float) -> Replay:
    c = (await house.store.connections.ids())[0]
    now = await house.store.log.ago(0)
    query = Query(source="log", connections=(c,), until=now, subscriber_ids=(s,))
    return await house.store.replays.begin(query.model_dump_json().encode(), now, rate=rate)


async def _ended(house: House, r: str) -> Replay:
    async def over() -> Replay | None:
        found = await house.store.replays.get(r)
        return found if found and found.status == "done" else None

    found: Replay = await eventually(over, 20)
    return found


async def test_a_replay_whose_workers_are_killed_goes_on_where_it_was(
    house: House, receiver: Receiver, processes: Processes
) -> None:
    events = await _told(house)
    subscriber, _ = await house.subscribe(receiver.url)
    replay = await _begun(house, subscriber.id, rate=40)
    for enough in (10, 20):
        worker = await asyncio.to_thread(processes.worker, house.settings)
        await until(lambda enough=enough: len(receiver.got) >= enough)  # type: ignore[misc]
        worker.popen.kill()
        await asyncio.to_thread(worker.ended)
        for line in ("rpl", "out"):
            for owner in await house.store.pipe.call("ZRANGE", f"ready:{line}", 0, -1):
                await house.lease_is_over(line, owner.decode())
        await house.flights_are_over(keys.replay_line(subscriber.id))
    await asyncio.to_thread(processes.worker, house.settings)

    found = await _ended(house, replay.id)

    assert (found.total, found.done, found.failed) == (len(events), len(events), 0)
    assert {got.event["id"] for got in receiver.got} == set(events)
    # What was in flight when a worker died may have arrived twice, and nothing else.
    assert len(receiver.got) <= len(events) + 2 * 4


async def test_a_replay_outlives_redis(own: House, server: Server, receiver: Receiver) -> None:
    events = await _told(own)
    subscriber, _ = await own.subscribe(receiver.url)
    async with own.worker():
        replay = await _begun(own, subscriber.id, rate=60)
        await until(lambda: len(receiver.got) >= 10)
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)

        found = await _ended(own, replay.id)

    assert (found.total, found.done) == (len(events), len(events))
    assert {got.event["id"] for got in receiver.got} == set(events)
