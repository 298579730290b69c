"""Whoever is erased stays out, whatever was under way; an erasure that is killed anywhere is done once."""

import asyncio
import itertools

import orjson
import pytest

from service.core.errors import Fenced, StoreUnavailable
from service.core.recruitee.webhook import entry
from service.core.store import keys
from service.core.unified.model import Cause, Ref
from tests.invariants.house import House
from tests.invariants.pipes import Dying
from tests.invariants.recruitee import Fault
from tests.serving import Receiver, eventually
from workers import erasing, rewriting
from workers.context import open_context
from workers.erasing import serve_erasure

ADA = 3331


def _url(house: House) -> str:
    assert house.settings.redis_url
    return house.settings.redis_url.get_secret_value()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing to wait for but Redis itself."""
    monkeypatch.setattr(erasing, "CACHED_MS", 0)
    monkeypatch.setattr(erasing, "LOOK_AGAIN_MS", 5)
    monkeypatch.setattr(rewriting, "LOOK_AGAIN_MS", 5)


async def _erased(house: House, c: str, who: int) -> str:
    """Ask for an erasure; returns its id."""
    one = await house.store.erasures.create(c, str(who))
    assert one is not None
    return one.id


async def _done(house: House, e: str) -> None:
    async def done() -> bool:
        one = await house.store.erasures.get(e)
        return one is not None and one.status == "done"

    await eventually(done)


async def _left(house: House, *words: str) -> list[tuple[str, str]]:
    """Return (key, word) of whatever in Redis still has one of the words."""
    found = []
    for key in await house.store.pipe.call("KEYS", "*"):
        dump = await house.store.pipe.call("DUMP", key)
        found += [(key.decode(), word) for word in words if dump and word.encode() in dump]
    return found


async def test_who_is_erased_while_it_is_fetched_is_not_committed(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(ADA, stage=101)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url)
    gate = house.recruitee.gate(f"/candidates/{ADA}")
    async with house.worker():
        await house.rename(connection, ADA, "Qwertzuiop")
        await asyncio.wait_for(gate.arrived.wait(), 10)
        await _done(house, await _erased(house, c, ADA))
        house.recruitee.lift(f"/candidates/{ADA}")
        await house.idle(c)

    assert await house.store.records.load(c, [Ref("candidate", str(ADA))]) == {}
    assert await house.log(c) and all(e["type"] == "candidate.erased" for e in await house.log(c))
    assert await _left(house, "Qwertzuiop") == []


async def test_who_is_erased_is_neither_put_aside_nor_asked_for(house: House) -> None:
    house.recruitee.add(ADA, stage=101)
    c = (connection := await house.connect()).id
    path = f"/candidates/{ADA}"
    house.recruitee.faults[path] = Fault(503, times=1000)
    async with house.worker() as (_, drains):
        await house.rename(connection, ADA, "Ada Later")
        await eventually(lambda: house.store.inbox.parked(c, f"candidate:{ADA}"))
        await _done(house, await _erased(house, c, ADA))
        assert await house.store.inbox.depth(c) == (0, 0)
        asked = house.recruitee.asked[path]
        at = house.recruitee.rename(ADA, "Ada Too Late")
        for body in (
            house.webhook("hint", ADA, at),
            house.moved(ADA, 101, 102, at),
            house.webhook("something_new", None, at, placement={"id": ADA * 10}),
        ):
            await house.told(connection, body)
        await house.store.inbox.enqueue(
            c, [entry(f"candidate_notes:{ADA}", Cause(origin="activity"))]
        )
        await house.idle(c)
        await house.time_passes(c, drains)
        await house.idle(c)

    assert house.recruitee.asked[path] == asked
    assert house.recruitee.asked[f"/candidates/{ADA}/notes"] == 0
    assert await house.store.pipe.call("ZCARD", "dead") == 0


async def test_a_fetch_that_fails_after_the_erasure_leaves_nothing(house: House) -> None:
    house.recruitee.add(ADA)
    c = (connection := await house.connect()).id
    gate = house.recruitee.gate(f"/candidates/{ADA}")
    house.recruitee.faults[f"/candidates/{ADA}"] = Fault(422)
    async with house.worker():
        await house.rename(connection, ADA, "Ada Later")
        await asyncio.wait_for(gate.arrived.wait(), 10)
        await _erased(house, c, ADA)
        house.recruitee.lift(f"/candidates/{ADA}")
        await house.idle(c)

    assert await house.store.pipe.call("ZCARD", "dead") == 0


async def test_a_paused_subscriber_gets_no_body_and_the_news_when_it_goes_on(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(ADA)
    house.recruitee.add(ADA + 1)
    c = (connection := await house.connect()).id
    subscriber, _ = await house.subscribe(receiver.url, retry_schedule=(0, 3000))
    receiver.status = 500
    async with house.worker():
        await house.rename(connection, ADA, "Qwertzuiop")
        await house.logged(c, 1)
        await eventually(lambda: _tried(receiver))
        await house.store.subscribers.pause(subscriber.id, "a test")
        e = await _erased(house, c, ADA)
        await _done(house, e)
    receiver.status = 200
    async with house.worker():  # another, which has no bodies in hand
        await house.rename(connection, ADA + 1, "Grace Later")
        await house.store.subscribers.resume(subscriber.id)
        await receiver.have("candidate.erased")
        await receiver.have("candidate.updated")
        await house.settled(subscriber.id)

    assert {got.event["type"]: got.event["data"]["remote_id"] for got in receiver.got} == {
        "candidate.erased": str(ADA),
        "candidate.updated": str(ADA + 1),
    }
    assert await house.count("deliveries_erased") == 1
    one = await house.store.erasures.get(e)
    assert one is not None and one.told == (subscriber.id,)


async def test_no_webhook_brings_an_erased_person_back(house: House) -> None:
    house.recruitee.add(ADA)
    c = (connection := await house.connect()).id
    async with house.worker():
        await _done(house, await _erased(house, c, ADA))
        await house.rename(connection, ADA, "Qwertzuiop")
        await house.idle(c)

    assert await house.store.records.load(c, [Ref("candidate", str(ADA))]) == {}
    assert await _left(house, "Qwertzuiop") == []


async def test_who_may_have_read_of_the_person_is_told_though_the_worker_died_before_it_heard(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(ADA)
    connection = await house.connect()
    subscriber, _ = await house.subscribe(receiver.url, retry_schedule=(0, 3000))
    receiver.status = 500
    async with house.worker():
        await house.rename(connection, ADA, "Qwertzuiop")
        await eventually(lambda: _tried(receiver))
    await _unheard(house, subscriber.id)
    e = await _erased(house, connection.id, ADA)
    await _one_life(house, Dying(_url(house), 100_000))

    one = await house.store.erasures.get(e)
    assert one is not None and one.status == "done" and one.told == (subscriber.id,)


async def _unheard(house: House, s: str) -> None:
    """Leave an attempt as a worker does that sent it and died: its flight is over, nobody heard."""
    call = house.store.pipe.call
    (delivery,) = await call("ZRANGE", keys.due(s), 0, -1)
    kept = orjson.loads(await call("HGET", keys.open_deliveries(s), delivery))
    await call("HSET", keys.open_deliveries(s), delivery, orjson.dumps(kept | {"n": 0}))
    await call("ZADD", keys.due(s), 1_000_000.5, delivery)


async def _tried(receiver: Receiver) -> bool:
    return bool(receiver.tried)


async def _one_life(house: House, pipe: Dying) -> None:
    async with open_context(house.settings, pipe=pipe) as ctx:
        try:
            for lease in (await ctx.store.claims.claim("era", 100, 5000)).leases:
                await serve_erasure(ctx, lease, asyncio.Event())
        except (StoreUnavailable, Fenced):
            pass


async def test_an_erasure_that_dies_between_any_two_commands_is_told_once_and_done(
    house: House, receiver: Receiver
) -> None:
    everyone = range(5000, 5400)
    for who in everyone:
        house.recruitee.add(who)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url)
    people, lives = iter(everyone), 0
    for lives, heard in itertools.product(range(0, 400, 5), (True, False)):
        who = next(people)
        async with house.worker():
            await house.rename(connection, who, "Qwertzuiop")
            await receiver.have("candidate.updated", who - 5000 + 1)
            await house.idle(c)
        e = await _erased(house, c, who)
        pipe = Dying(_url(house), lives, heard=heard)
        await _one_life(house, pipe)
        await house.lease_is_over("era", e)
        await _one_life(house, Dying(_url(house), 100_000))
        one = await house.store.erasures.get(e)
        assert one is not None and one.status == "done"
        assert one.counts["events"] == 1 and one.counts["candidate"] == 1
        assert await house.store.records.load(c, [Ref("candidate", str(who))]) == {}
        if not pipe.died:
            break
    else:
        raise AssertionError("it never lived to its end")

    assert lives > 20
    log = await house.log(c)
    assert [e["type"] for e in log] == ["candidate.erased"] * len(log)
    assert len({e["data"]["remote_id"] for e in log}) == len(log) == who - 5000 + 1
    assert await _left(house, "Qwertzuiop") == []
    assert int(await house.store.pipe.call("HLEN", keys.suppressed(c))) == len(log)
