"""Invariant 9, memory: rung by rung something waits, nothing is lost, and with room all goes on."""

import itertools
from typing import Any

import pytest

from service.core.store import keys
from service.core.store.memory import Rung, rung
from service.core.store.replays import Item
from tests.invariants.house import House
from tests.invariants.recruitee import COMPANY, TOKEN
from tests.life.memory import easy, full, used
from tests.life.ops import web_of
from tests.life.servers import Server
from tests.serving import Receiver, eventually, until
from workers.context import Context
from workers.retention import make_room

NUMBERS = itertools.count()


async def _hint(house: House, connection: Any, name: str = "") -> None:
    at = house.recruitee.rename(1, name or f"Ada Number{next(NUMBERS)}")
    await house.told(connection, house.webhook("hint", 1, at))


async def _told(house: House, connection: Any, count: int) -> list[str]:
    """Commit some events; returns their ids."""
    async with house.worker():
        for n in range(count):
            await _hint(house, connection)
            events = await house.logged(connection.id, n + 1)
    return [event["id"] for event in events]


async def _bodies(house: House, events: list[str]) -> list[bool]:
    return [body is not None for body in await house.store.log.bodies(events)]


@pytest.mark.parametrize(
    ("share", "step"),
    [(0, 0), (74, 0), (75, 75), (84, 75), (85, 85), (90, 90), (94, 90), (95, 95), (120, 95)],
)
def test_the_ladder_has_these_rungs(share: int, step: int) -> None:
    assert rung(share, 100) == Rung(step)
    assert rung(share, 0) is Rung.EASY


async def test_at_75_percent_reading_at_length_waits_and_webhooks_do_not(
    own: House, server: Server, receiver: Receiver
) -> None:
    own.recruitee.add(1)
    connection = await own.connect()
    [event] = await _told(own, connection, 1)
    subscriber, _ = await own.subscribe(receiver.url)
    pages = own.recruitee.asked["/candidates"]
    full(server, 78)
    async with own.worker() as (ctx, drains):
        second = await own.store.connections.create(COMPANY, TOKEN, "hook-secret", "Second")
        await own.store.replays.create([Item(event, subscriber.id)], 1)
        await _hint(own, connection)
        await receiver.have("candidate.updated")
        await eventually(lambda: _waits(own, second.id))
        assert own.recruitee.asked["/candidates"] == pages and len(receiver.got) == 1

        easy(server)
        await _eased(ctx)
        for line, name in (("in", second.id), ("rpl", "")):
            waiting = (
                [name.encode()] if name else await own.store.pipe.call("ZRANGE", "ready:rpl", 0, -1)
            )
            await own.store.pipe.call("ZADD", f"ready:{line}", 0, waiting[0])
        drains.refetch.wake()
        drains.replay.wake()
        await eventually(lambda: own.active(second.id))
        await until(lambda: [got for got in receiver.got if "hirewire-replay" in got.headers])


async def _waits(house: House, c: str) -> bool:
    leased = await house.store.pipe.call("HEXISTS", "lease:in", c)
    due = await house.store.pipe.call("ZSCORE", "ready:in", c)
    return not leased and due is not None and float(due) > await house.store.log.ago(0)


async def _eased(ctx: Context) -> None:
    async def easy_() -> bool:
        return await ctx.ladder.rung() is Rung.EASY

    await eventually(easy_)


async def test_at_85_percent_bodies_go_that_all_have_received_and_that_is_said(
    own: House, server: Server, receiver: Receiver, other: Receiver, capsys: Any
) -> None:
    own.recruitee.add(1)
    connection = await own.connect()
    await own.subscribe(receiver.url)
    other.status = 500
    lagging, _ = await own.subscribe(other.url, retry_schedule=(0, 600))
    events = await _told(own, connection, 3)
    async with own.worker() as (ctx, _):
        await until(lambda: len(receiver.got) == 3)
        full(server, 87)
        await make_room(ctx)
        assert await _bodies(own, events) == [True] * 3

        other.status = 200
        for delivery in await own.deliveries(lagging.id):
            await own.store.deliveries.retry_now(lagging.id, delivery.id)
        await own.settled(lagging.id)
        await own.store.pipe.call("DEL", keys.early(connection.id))
        await make_room(ctx)

    assert await _bodies(own, events) == [False] * 3
    assert await own.count("bodies_dropped_early") == 3
    assert "retention.bodies_dropped_early" in capsys.readouterr().out
    assert [got.event["id"] for got in other.got] == events
    async with web_of(own.settings) as web:
        level, text = (await web.findings())["memory"]
        assert level == "warning" and "dropped early" in text and "raise maxmemory" in text
        assert (await web.ops("GET", "stats"))["counters"]["bodies_dropped_early"] == 3


async def test_a_dead_letter_keeps_its_body_and_those_behind_it_go(
    own: House, server: Server, receiver: Receiver
) -> None:
    own.recruitee.add(1)
    connection = await own.connect()
    subscriber, _ = await own.subscribe(receiver.url, retry_schedule=(0,))
    receiver.answers = [500]
    events = await _told(own, connection, 3)
    async with own.worker() as (ctx, _):
        await own.settled(subscriber.id)
        full(server, 87)
        await make_room(ctx)
    easy(server)

    assert await _bodies(own, events) == [True, False, False]


async def test_a_paused_subscriber_keeps_the_bodies_that_it_has_not_read(
    own: House, server: Server, receiver: Receiver, other: Receiver
) -> None:
    own.recruitee.add(1)
    connection = await own.connect()
    paused, _ = await own.subscribe(other.url)
    await own.store.subscribers.pause(paused.id, "for now")
    subscriber, _ = await own.subscribe(receiver.url)
    events = await _told(own, connection, 2)
    async with own.worker() as (ctx, _):
        await own.settled(subscriber.id)
        full(server, 87)
        await make_room(ctx)
        easy(server)
        assert await _bodies(own, events) == [True, True]
        await own.store.subscribers.resume(paused.id)
        await until(lambda: len(other.got) == 2)


async def test_at_90_percent_webhooks_are_answered_503_and_with_room_they_are_taken(
    own: House, server: Server, receiver: Receiver
) -> None:
    own.recruitee.add(1)
    connection = await own.connect()
    await own.subscribe(receiver.url)
    full(server, 92)
    body = own.webhook("hint", 1, own.recruitee.rename(1, "Ada Later"))

    async def answer(status: int) -> Any:
        got = await own.post(connection, body)
        return got if got.status_code == status else None

    refused = await eventually(lambda: answer(503))
    quarantined = await own.send(connection, b"not JSON")
    assert refused.headers["retry-after"] and quarantined.status_code == 503
    assert await own.store.pipe.call("KEYS", f"seen:{connection.id}:*") == []
    async with web_of(own.settings) as web:
        level, text = (await web.findings())["memory"]
        assert level == "failed" and "503" in text

    easy(server)
    taken = await eventually(lambda: answer(200))
    assert taken.json() == {"status": "accepted"}
    async with own.worker():
        await receiver.have("candidate.updated")


async def test_at_95_percent_nothing_goes_on_but_deliveries_and_then_all_does(
    own: House, server: Server, receiver: Receiver
) -> None:
    own.recruitee.add(1)
    connection = await own.connect()
    subscriber, _ = await own.subscribe(receiver.url)
    await own.store.subscribers.pause(subscriber.id, "for now")
    await _told(own, connection, 2)
    await _hint(own, connection)
    asked = own.recruitee.asked["/candidates/1"]
    await own.store.subscribers.resume(subscriber.id)
    full(server, 97)
    async with own.worker():
        await until(lambda: len(receiver.got) == 2)
        await eventually(lambda: _waits(own, connection.id))
        assert own.recruitee.asked["/candidates/1"] == asked
        assert await own.store.inbox.depth(connection.id) == (1, 0)
        easy(server)
        await until(lambda: len(receiver.got) == 3)


async def test_a_full_redis_drains_itself_by_delivering(
    own: House, server: Server, receiver: Receiver
) -> None:
    own.recruitee.add(1)
    connection = await own.connect()
    subscriber, _ = await own.subscribe(receiver.url)
    await own.store.subscribers.pause(subscriber.id, "for now")
    async with own.worker():
        for n in range(30):
            await _hint(own, connection, f"Ada {n} " + "x" * 50_000)
            await own.logged(connection.id, n + 1)
    await own.store.subscribers.resume(subscriber.id)
    full(server, 103, ballast=0)
    before = used(server)
    body = own.webhook("hint", 1, own.recruitee.now())
    assert (await own.post(connection, body)).status_code == 503

    async with own.worker() as (ctx, _):
        await until(lambda: len(receiver.got) == 30)
        await own.settled(subscriber.id)

        async def room() -> bool:
            await make_room(ctx)
            return used(server) < before * 0.8

        await eventually(room)

        async def taken() -> bool:
            return (await own.post(connection, body)).status_code == 200

        await eventually(taken)
        await own.idle(connection.id)

    assert [d.status for d in await own.deliveries(subscriber.id)] == ["delivered"] * 30
    assert {d.n for d in await own.deliveries(subscriber.id)} == {1}


async def test_a_worker_may_start_and_stop_while_redis_is_full(
    own: House, server: Server, receiver: Receiver
) -> None:
    own.recruitee.add(1)
    connection = await own.connect()
    subscriber, _ = await own.subscribe(receiver.url)
    await own.store.subscribers.pause(subscriber.id, "for now")
    await _told(own, connection, 1)
    await own.store.subscribers.resume(subscriber.id)
    full(server, 110)
    async with own.worker():
        await receiver.have("candidate.updated")

    leased = await own.store.pipe.call("HLEN", "lease:out")
    assert leased == 0
