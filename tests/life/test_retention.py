"""Invariant 9, retention: what is past its time goes, and who had not got it is told how much that was."""

import asyncio
import itertools
from typing import Any

import pytest

from service.core.errors import StoreUnavailable
from service.core.store import keys
from tests.invariants.house import House
from tests.invariants.pipes import Dying
from tests.invariants.recruitee import Fault
from tests.life.pipes import Late
from tests.serving import Receiver, eventually, until
from workers.context import open_context
from workers.retention import trim
from workers.sweep import sweep

MONTH_MS = 31 * 86_400_000
NAMED = ("*", "subscriber.missed")
MISSED = "subscriber.missed"
NUMBERS = itertools.count()


async def _told(house: House, connection: Any, count: int, settled: str = "") -> list[str]:
    """Commit some more events, and wait until one subscriber has them; returns their ids."""
    had = int(await house.store.pipe.call("XLEN", keys.log(connection.id)))
    async with house.worker():
        for n in range(had, had + count):
            at = house.recruitee.rename(1, f"Ada Number{next(NUMBERS)}")
            await house.told(connection, house.webhook("hint", 1, at))
            await _length(house, connection.id, n + 1)
        if settled:
            await house.settled(settled)
    entries = await house.store.log.oldest(connection.id, "0-0", 1000)
    return [entry.event_id for entry in entries[had:]]


async def _length(house: House, c: str, count: int) -> None:
    async def enough() -> bool:
        return int(await house.store.pipe.call("XLEN", keys.log(c))) >= count

    await eventually(enough)


async def _a_month_passes(house: House, c: str, *, bodies: int = 0) -> None:
    """Make everything that was told a month old: the log with all positions, and the bodies gone.

    `bodies`: of the first so many they are still there.
    """
    call = house.store.pipe.call
    entries = await call("XRANGE", keys.log(c), "-", "+")
    await call("DEL", keys.log(c))
    for n, (position, fields) in enumerate(entries):
        flat = [part for pair in fields.items() for part in pair]
        await call("XADD", keys.log(c), _earlier(position.decode()), *flat)
        if n >= bodies:
            await call("DEL", keys.event(fields[b"e"].decode()))
    for s in await house.store.subscribers.ids():
        read = await house.store.log.position(s, c)
        if read != "0-0":
            await call("HSET", keys.positions(s), c, _earlier(read))


def _earlier(position: str) -> str:
    ms, _, number = position.partition("-")
    return f"{int(ms) - MONTH_MS}-{number}"


async def _trimmed(house: House) -> None:
    async with open_context(house.settings) as ctx:
        await trim(ctx)


async def _paused(house: House, url: str, **wanted: Any) -> str:
    made, _ = await house.subscribe(url, **wanted)
    await house.store.subscribers.pause(made.id, "for now")
    return made.id


async def test_who_stood_before_the_new_end_is_told_how_much_it_missed_of_what_it_wanted(
    house: House, receiver: Receiver, other: Receiver
) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    paused = await _paused(house, receiver.url, event_types=NAMED)
    picky = await _paused(house, receiver.url, event_types=("job.*",))
    fresh = (await house.subscribe(other.url, event_types=NAMED))[0].id  # up to date
    await _told(house, connection, 3, settled=fresh)
    await _a_month_passes(house, c)
    kept = await _told(house, connection, 2, settled=fresh)

    await _trimmed(house)
    await _trimmed(house)

    log = await house.log(c)
    assert [event["id"] for event in log[:-1]] == kept and log[-1]["type"] == MISSED
    assert log[-1]["data"] == {"subscriber_id": paused, "connection_id": c, "count": 3}
    async with house.worker():
        await other.have(MISSED)
        for s in (paused, picky):
            await house.store.subscribers.resume(s)
        await receiver.have(MISSED)
        await house.settled(paused)
        await house.settled(picky)
    # It has a subject of its own, so that nothing waits for it, nor it for anything.
    assert {got.event["id"] for got in receiver.got} == {event["id"] for event in log}
    assert len(receiver.got) == len(log)
    assert other.types == ["candidate.updated"] * 5 + [MISSED]
    assert {d.status for d in await house.deliveries(paused)} == {"delivered"}
    assert await house.deliveries(picky) == []


@pytest.mark.parametrize(
    ("bodies", "said"),
    [(0, {"count": 4, "at_most": True}), (1, {"count": 3, "at_most": True}), (4, None)],
    ids=["none kept", "one kept", "all kept"],
)
async def test_who_chooses_by_more_than_the_type_is_told_that_it_may_be_fewer(
    house: House, receiver: Receiver, bodies: int, said: dict[str, Any] | None
) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    await _paused(house, receiver.url, event_types=("*",), watch=("candidate.gdpr_status",))
    await _told(house, connection, 4)
    await _a_month_passes(house, c, bodies=bodies)

    await _trimmed(house)

    found = [event["data"] for event in await house.log(c)]
    assert [{k: v for k, v in data.items() if not k.endswith("_id")} for data in found] == (
        [] if said is None else [said]
    )


async def test_an_erasure_that_was_missed_counts_for_everybody_who_may_have_had_the_person(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    await _paused(house, receiver.url, event_types=("candidate.erased",))
    await _paused(house, receiver.url, event_types=("job.*",))
    await _told(house, connection, 1)
    entries = await house.store.pipe.call("XRANGE", keys.log(c), "-", "+")
    erased = {**entries[0][1], b"t": b"candidate.erased"}
    await house.store.pipe.call(
        "XADD", keys.log(c), "*", *(p for row in erased.items() for p in row)
    )
    await _a_month_passes(house, c)

    await _trimmed(house)

    (event,) = await house.log(c)
    assert (event["data"]["count"], event["data"]["at_most"]) == (1, True)


async def test_what_was_missed_is_told_once_however_often_the_worker_dies_in_between(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    paused = await _paused(house, receiver.url, event_types=NAMED)
    await _told(house, connection, 4)
    await _a_month_passes(house, c)
    assert house.settings.redis_url
    url = house.settings.redis_url.get_secret_value()
    for lives, heard in itertools.product(range(20), (True, False)):
        async with open_context(house.settings, pipe=Dying(url, lives, heard=heard)) as ctx:
            try:
                await trim(ctx)
            except StoreUnavailable:
                continue
            break

    log = await house.log(c)
    assert [(event["type"], event["data"]["count"]) for event in log] == [(MISSED, 4)]
    assert int(await house.store.pipe.call("XLEN", keys.log(c))) == 1
    async with house.worker():
        await house.store.subscribers.resume(paused)
        await receiver.have(MISSED)
        await house.settled(paused)
    assert receiver.types == [MISSED]


async def test_what_it_reads_while_it_is_counted_is_not_counted(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    paused = await _paused(house, receiver.url, event_types=NAMED)
    await _told(house, connection, 4)
    await _a_month_passes(house, c)
    entries = await house.store.log.oldest(c, "0-0", 10)
    assert house.settings.redis_url
    held = Late(house.settings.redis_url.get_secret_value(), "HGET", "pos:")
    async with open_context(house.settings, pipe=held) as ctx:
        trimming = asyncio.create_task(trim(ctx))
        await asyncio.wait_for(held.arrived.wait(), 10)
        call = house.store.pipe.call
        await call("HSET", keys.positions(paused), c, entries[2].position)
        held.opened.set()
        await trimming

    assert [event["data"]["count"] for event in await house.log(c)] == [1]


async def test_a_subscriber_that_reads_before_the_trim_is_told_all_the_same(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    late = await _paused(house, receiver.url, event_types=NAMED)
    await _told(house, connection, 3)
    await _a_month_passes(house, c)
    kept = await _told(house, connection, 1)

    async with house.worker():
        await house.store.subscribers.resume(late)
        missed = await receiver.have(MISSED)
        await house.settled(late)

    assert missed["data"]["count"] == 3
    assert {got.event["id"] for got in receiver.got} == {*kept, missed["id"]}
    assert [d.status for d in await house.deliveries(late)] == ["delivered"] * 2


async def test_an_open_delivery_whose_body_is_gone_settles_as_erased_and_its_lane_goes_on(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(1)
    connection = await house.connect()
    subscriber, _ = await house.subscribe(receiver.url, retry_schedule=(0, 600))
    receiver.answers = [500]
    first, second = await _told(house, connection, 2)
    await eventually(lambda: _open(house, subscriber.id, 2))
    await house.store.pipe.call("DEL", keys.event(first))
    head = (await house.deliveries(subscriber.id))[0]
    await house.store.deliveries.retry_now(subscriber.id, head.id)
    async with house.worker():
        await house.settled(subscriber.id)

    found = await house.deliveries(subscriber.id)
    assert [(d.e, d.status) for d in found] == [(first, "erased"), (second, "delivered")]
    assert "body is gone" in found[0].reason
    assert [got.event["id"] for got in receiver.got] == [second]
    assert await house.count("deliveries_erased") == 1


async def _open(house: House, s: str, count: int) -> bool:
    return await house.store.deliveries.backlog(s) == count


async def test_bodies_live_as_long_as_the_retention(house: House) -> None:
    house.recruitee.add(1)
    connection = await house.connect()
    [event] = await _told(house, connection, 1)

    left = int(await house.store.pipe.call("TTL", keys.event(event)))

    assert 0 <= house.settings.retention_s - left < 60


async def test_the_listings_lose_what_is_past_its_time_and_nothing_else(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    subscriber, _ = await house.subscribe(receiver.url)
    async with house.worker():
        house.recruitee.faults["/candidates/1"] = Fault(400)
        at = house.recruitee.rename(1, "Ada Refused")
        await house.told(connection, house.webhook("hint", 1, at))
        await house.idle(c)
    old, new = await _told(house, connection, 2)
    async with house.worker():
        await until(lambda: len(receiver.got) == 2)
        await house.settled(subscriber.id)
    call = house.store.pipe.call
    for name in ("dlvs", keys.deliveries(subscriber.id)):
        first = (await call("ZRANGE", name, 0, 0))[0]
        await call("ZADD", name, await house.store.log.ago(0) - MONTH_MS, first)
    await call("ZADD", "dead", 1, "dlt_old")
    async with open_context(house.settings) as ctx:
        await sweep(ctx)

    [kept] = await house.deliveries(subscriber.id)
    assert kept.e in (old, new) and await call("ZCARD", "dlvs") == 1
    assert await call("ZSCORE", "dead", "dlt_old") is None
