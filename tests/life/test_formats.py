"""While versions are mixed: what another version stored is read, less or more than ours would hold."""

from typing import Any

import orjson

from service.core.store import keys
from service.core.store.inbox import Parked
from service.core.store.packing import unpack
from tests.invariants.house import House
from tests.life.ops import web_of
from tests.serving import Receiver, eventually

OTHERS = {"new_in_a_later_version": {"a": [1]}}


async def _hint(house: House, connection: Any, name: str) -> None:
    at = house.recruitee.rename(1, name)
    await house.told(connection, house.webhook("hint", 1, at))


async def test_inbox_entries_with_more_and_with_less_than_ours(house: House) -> None:
    for person in (1, 2):
        house.recruitee.add(person)
    c = (await house.connect()).id
    for person in (1, 2):
        house.recruitee.rename(person, "Ada Later")
    more: dict[str, Any] = {
        "r": "candidate:1", "o": "webhook", "i": 1, "t": "hint", "s": None, "at": None,
        "c": "1", "j": [], "d": {}, **OTHERS,
    }  # fmt: skip
    await house.store.inbox.enqueue(c, [orjson.dumps(more), b'{"r": "candidate:2"}'])
    async with house.worker():
        log = await house.logged(c, 2)
        await house.idle(c)

    assert {event["type"] for event in log} == {"candidate.updated"}
    assert await house.store.pipe.call("ZCARD", "dead") == 0


async def test_parked_refetches_with_more_than_ours(house: House) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    await _hint(house, connection, "Ada Later")
    [(_, fields)] = await house.store.pipe.call("XRANGE", keys.inbox(c), "-", "+")
    await house.store.pipe.call("XTRIM", keys.inbox(c), "MAXLEN", 0)
    stored = orjson.loads(Parked(3, 1, "500", [fields[b"e"]]).dump())
    more = orjson.dumps([*stored, "more"])
    assert Parked.load(more).tries == 3
    since = await house.store.log.ago(3600)
    await house.store.pipe.call(
        "HSET", keys.parked(c), "candidate:1", orjson.dumps([3, since, *stored[2:], "more"])
    )
    await house.store.pipe.call("ZADD", keys.parked_due(c), 1, "candidate:1")
    await house.store.pipe.call("ZADD", "ready:in", 1, c)
    async with house.worker():
        await house.logged(c, 1)
        await house.idle(c)


async def test_open_deliveries_with_more_and_with_less_than_ours(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    subscriber, _ = await house.subscribe(receiver.url, retry_schedule=(0, 600))
    receiver.answers = [500]
    async with house.worker():
        for n in (1, 2):
            await _hint(house, connection, f"Ada Number{n}")
            await house.logged(c, n)
        await eventually(lambda: _two_open(house, subscriber.id))
    for delivery in await house.deliveries(subscriber.id):
        stored = orjson.loads(delivery.dump())
        least = {name: stored[name] for name in ("id", "e", "s", "c", "t", "lane", "at", "n")}
        changed = least if delivery.n else {**stored, **OTHERS, "log": []}
        await house.store.pipe.call(
            "HSET", keys.open_deliveries(subscriber.id), delivery.id, orjson.dumps(changed)
        )
        await house.store.deliveries.retry_now(subscriber.id, delivery.id)
    async with house.worker():
        await house.settled(subscriber.id)

    assert [got.event["data"]["record"]["name"] for got in receiver.got] == [
        "Ada Number1", "Ada Number2",
    ]  # fmt: skip
    assert [d.n for d in await house.deliveries(subscriber.id)] == [2, 1]


async def _two_open(house: House, s: str) -> bool:
    found = await house.deliveries(s)
    return len(found) == 2 and found[0].n == 1 and found[0].status == "open"


async def test_settled_deliveries_and_dead_letters_with_more_than_ours(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(1)
    connection = await house.connect()
    subscriber, _ = await house.subscribe(receiver.url, retry_schedule=(0,))
    receiver.answers = [500]
    async with house.worker():
        await _hint(house, connection, "Ada Later")
        await eventually(lambda: house.store.pipe.call("ZCARD", "dead"))
        await house.settled(subscriber.id)
    call = house.store.pipe.call
    for pattern in ("dlv:*", "dlt:*"):
        [key] = await call("KEYS", pattern)
        stored = orjson.loads(await call("GET", key))
        await call("SET", key, orjson.dumps(stored | OTHERS), "KEEPTTL")

    async with web_of(house.settings) as web, house.worker():
        [shown] = (await web.ops("GET", "deliveries"))["items"]
        [dead] = await web.dead()
        await web.ops("POST", f"dead-letters/{dead['id']}/replay", status=202)
        await receiver.have("candidate.updated")

    assert (shown["status"], shown["attempt_count"]) == ("dead", 1)


async def test_subscribers_and_connections_with_more_and_with_less_than_ours(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    subscriber, receiver.secret = await house.subscribe(receiver.url)
    call = house.store.pipe.call
    wanted = orjson.loads(await call("HGET", keys.subscriber(subscriber.id), "wanted"))
    del wanted["headers"], wanted["concurrency"]
    await call(
        "HSET", keys.subscriber(subscriber.id), "wanted", orjson.dumps(wanted | OTHERS), "more", "1"
    )
    await call("HDEL", keys.subscriber(subscriber.id), "headers", "streak", "ok_at", "reason")
    await call("HSET", keys.connection(c), "more", "1")
    await call("HDEL", keys.connection(c), "stops", "probe_ms", "probe_at", "test_seen")
    async with house.worker():
        await _hint(house, connection, "Ada Later")
        await receiver.have("candidate.updated")


async def test_a_snapshot_that_lacks_newer_fields_or_has_unknown_ones_tells_only_what_changed(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url)
    call = house.store.pipe.call
    fields = unpack(await call("HGET", keys.record(c, "candidate", "1"), "f"))
    older = {name: fields[name] for name in ("id", "remote_id", "name", "remote_updated_at")}
    await call("HSET", keys.record(c, "candidate", "1"), "f", orjson.dumps(older | OTHERS))
    await call("HDEL", keys.record(c, "candidate", "1"), "g", "h")
    async with house.worker():
        await _hint(house, connection, "Ada Later")
        event = await receiver.have("candidate.updated")
        await house.idle(c)

    assert [change["path"] for change in event["data"]["changes"]] == ["name"]
    assert receiver.types == ["candidate.updated"]
    assert set(OTHERS).isdisjoint(event["data"]["record"])
