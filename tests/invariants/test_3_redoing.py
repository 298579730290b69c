"""Invariant 3: redoing any step is harmless."""

import asyncio

import pytest

from service.core.store import keys
from service.core.store.replays import Item
from service.core.store.store import Store
from service.core.unified.model import Ref
from tests.invariants.house import House, sound
from tests.invariants.pipes import Echoing
from tests.invariants.raw import RawReceiver
from tests.serving import Receiver, eventually, until
from workers.app import running
from workers.context import open_context
from workers.refetch import refetch

SOMEBODY = 3331


def _url(house: House) -> str:
    assert house.settings.redis_url
    return house.settings.redis_url.get_secret_value()


async def test_a_refetch_done_again_tells_nothing(house: House) -> None:
    house.recruitee.add(SOMEBODY, stage=101)
    connection = await house.connect()
    house.recruitee.rename(SOMEBODY, "Ada Later")
    house.recruitee.move(SOMEBODY, 102)
    async with open_context(house.settings) as ctx:
        for _ in range(3):
            await refetch(
                ctx, connection, Ref("candidate", str(SOMEBODY)), [], None, [], "", patient=True
            )

    assert [e["type"] for e in await house.log(connection.id)] == [
        "candidate.updated",
        "application.stage_changed",
    ]


async def test_the_same_inbox_entries_again_tell_nothing(house: House, receiver: Receiver) -> None:
    house.recruitee.add(SOMEBODY, stage=101)
    c = (connection := await house.connect()).id
    subscriber, _ = await house.subscribe(receiver.url)
    await house.move(connection, SOMEBODY, 101, 102)
    entries = [
        fields[b"e"] for _, fields in await house.store.pipe.call("XRANGE", keys.inbox(c), "-", "+")
    ]
    async with house.worker():
        await receiver.have("application.stage_changed")
        await house.store.inbox.enqueue(c, entries)
        await house.idle(c)
        await house.settled(subscriber.id)

    assert receiver.types == ["application.stage_changed"]
    assert len(await house.log(c)) == 1


async def test_when_every_script_is_sent_twice_the_whole_line_tells_and_settles_once(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(SOMEBODY, stage=101)
    c = (connection := await house.connect()).id
    subscriber, receiver.secret = await house.subscribe(receiver.url)
    receiver.answers = [500, 200]
    async with running(house.settings, Echoing(_url(house))):
        for stage, to in ((101, 102), (102, 103), (103, 105)):
            await house.move(connection, SOMEBODY, stage, to)
        await receiver.have("application.hired")
        await house.idle(c)
        await house.settled(subscriber.id)

    log = await house.log(c)
    assert sound(log)
    assert receiver.types == [event["type"] for event in log]
    assert await house.count("deliveries_delivered") == len(log)
    attempts = {d.e: d.n for d in await house.deliveries(subscriber.id)}
    assert attempts == {event["id"]: 1 + (event is log[0]) for event in log}


async def test_when_every_script_is_sent_twice_a_dead_letter_and_its_replay_count_once(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(SOMEBODY)
    connection = await house.connect()
    subscriber, _ = await house.subscribe(receiver.url)
    receiver.answers = [500, 500, 500]
    async with running(house.settings, Echoing(_url(house))):
        await house.rename(connection, SOMEBODY, "Ada Later")
        await eventually(lambda: house.store.pipe.call("ZCARD", "dead"))
        (dead,) = await house.store.pipe.call("ZRANGE", "dead", 0, -1)
        replay = await _replay(house.store, dead.decode(), subscriber.id)
        await receiver.have("candidate.updated")

        async def done() -> bool:
            found = await house.store.replays.get(replay)
            return found is not None and found.status == "done"

        await eventually(done)

    found = await house.store.replays.get(replay)
    assert found and (found.total, found.done, found.failed) == (1, 1, 0)
    assert await house.count("deliveries_dead") == 1
    assert await house.count("deliveries_delivered") == 1
    assert len(receiver.tried) == 4
    assert await house.store.pipe.call("ZCARD", "dead") == 0


async def _replay(store: Store, dead_id: str, s: str) -> str:
    dead = await store.dead_letters.get(dead_id)
    assert dead and dead.event_id
    return (await store.replays.create([Item(dead.event_id, s, dead_id)], dead.failed_at)).id


async def test_a_claim_whose_reply_was_lost_costs_its_lease_and_nothing_else(house: House) -> None:
    house.recruitee.add(SOMEBODY)
    c = (connection := await house.connect()).id
    await house.rename(connection, SOMEBODY, "Ada Later")

    (lost,) = (await house.store.claims.claim("in", 1, 5000)).leases
    assert (await house.store.claims.claim("in", 1, 5000)).leases == []
    await house.lease_is_over("in", c)
    async with house.worker():
        log = await house.logged(c, 1)

    assert lost.id == c
    assert len(log) == 1 and not await house.store.claims.renew("in", lost, 5000)


async def test_an_operational_event_told_twice_is_one_event(house: House) -> None:
    c = (await house.connect()).id
    tell = house.store.records.announce

    await asyncio.gather(
        *(tell(c, "connection.restored", {"connection_id": c}, 7) for _ in range(5))
    )

    assert len(await house.log(c)) == 1


@pytest.mark.parametrize("status", [200, 500])
async def test_an_attempt_settled_twice_counts_once(
    house: House, raw: RawReceiver, status: int
) -> None:
    house.recruitee.add(SOMEBODY)
    connection = await house.connect()
    subscriber, _ = await house.subscribe(raw.url, retry_schedule=(0, 3600))
    raw.answers = [status]
    async with running(house.settings, Echoing(_url(house))):
        await house.rename(connection, SOMEBODY, "Ada Later")

        async def settled() -> bool:
            found = await house.deliveries(subscriber.id)
            return bool(found) and found[0].n == 1

        await eventually(settled)
        await until(lambda: len(raw.requests) == 1)

    (delivery,) = await house.deliveries(subscriber.id)
    assert [attempt.number for attempt in delivery.log] == [1]
    streak = await house.store.pipe.call("HGET", keys.subscriber(subscriber.id), "streak")
    assert int(streak) == (status == 500)
