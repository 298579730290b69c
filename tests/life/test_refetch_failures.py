"""Invariant 8: what fails is tried from 1 s to 30 min for 72 h, then waits for a person."""

import asyncio
from typing import Any

import pytest

from service.core.store import keys
from service.core.store.inbox import Parked
from tests.invariants.house import House
from tests.invariants.recruitee import Fault
from tests.life.ops import web_of
from tests.serving import eventually
from workers.inbound import DIED_ALONE, DIED_LOST

HOUR_MS = 3_600_000
ROOT = "candidate:1"


async def _hint(house: House, connection: Any, person: int, name: str) -> None:
    at = house.recruitee.rename(person, name)
    await house.told(connection, house.webhook("hint", person, at))


async def _parked(house: House, c: str, root: str = ROOT) -> Parked:
    async def found() -> Parked | None:
        return await house.store.inbox.parked(c, root)

    parked: Parked = await eventually(found)
    return parked


async def _now(house: House) -> int:
    return await house.store.log.ago(0)


async def _retry_as_if(house: House, c: str, parked: Parked) -> None:
    """Let a root have failed as told, and be due now."""
    await house.store.pipe.call("HSET", keys.parked(c), ROOT, parked.dump())
    await house.store.pipe.call("ZADD", keys.parked_due(c), 1, ROOT)
    await house.store.pipe.call("ZADD", "ready:in", 1, c)


@pytest.mark.parametrize(
    ("tries", "delay_s"), [(0, 1), (1, 2), (5, 32), (10, 1024), (11, 1800), (200, 1800)]
)
async def test_the_time_until_the_next_try_doubles_from_1_s_to_30_min(
    house: House, tries: int, delay_s: int
) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    house.recruitee.faults["/candidates/1"] = Fault(500, times=1000)
    await _hint(house, connection, 1, "Ada Later")
    if tries:
        entry = (await house.store.pipe.call("XRANGE", keys.inbox(c), "-", "+"))[0][1][b"e"]
        await house.store.pipe.call("XTRIM", keys.inbox(c), "MAXLEN", 0)
        await _retry_as_if(house, c, Parked(tries, await _now(house), "500", [entry]))
    async with house.worker():
        await eventually(lambda: _tried(house, c, tries + 1))
        due = float(await house.store.pipe.call("ZSCORE", keys.parked_due(c), ROOT))

    assert delay_s - 0.9 < (due - await _now(house)) / 1000 <= delay_s


async def _tried(house: House, c: str, tries: int) -> bool:
    found = await house.store.inbox.parked(c, ROOT)
    return found is not None and found.tries == tries


async def _buried(house: House, connection: Any) -> str:
    """Let one root fail for 72 h; returns its dead letter."""
    c = connection.id
    house.recruitee.faults["/candidates/1"] = Fault(500, times=2)
    await _hint(house, connection, 1, "Ada Later")
    async with house.worker():
        parked = await _parked(house, c)
        await _retry_as_if(house, c, parked._replace(since=parked.since - 73 * HOUR_MS, tries=200))
        await eventually(lambda: house.store.pipe.call("ZCARD", "dead"))
        await house.idle(c)
    [dead] = await house.store.pipe.call("ZRANGE", "dead", 0, -1)
    return str(dead.decode())


async def test_after_72_h_it_is_an_inbound_dead_letter_and_nothing_waits_any_more(
    house: House,
) -> None:
    house.recruitee.add(1)
    connection = await house.connect()

    await _buried(house, connection)

    async with web_of(house.settings) as web:
        [dead] = await web.dead()
    assert (dead["kind"], dead["root"], dead["type"]) == ("inbound", ROOT, "hint")
    assert "72 h" in dead["reason"] and "500" in dead["reason"]
    assert await house.store.inbox.depth(connection.id) == (0, 0)


async def test_a_later_success_of_the_record_clears_its_dead_letter(house: House) -> None:
    house.recruitee.add(1)
    connection = await house.connect()
    await _buried(house, connection)

    await _hint(house, connection, 1, "Ada Again")
    async with house.worker():
        await house.logged(connection.id, 1)
        await house.idle(connection.id)

    async with web_of(house.settings) as web:
        assert await web.dead() == []


async def test_a_replay_of_one_looks_again_and_tells_the_change(house: House) -> None:
    house.recruitee.add(1)
    connection = await house.connect()
    dead = await _buried(house, connection)

    async with web_of(house.settings) as web, house.worker():
        replay = await web.ops("POST", f"dead-letters/{dead}/replay", status=202)
        [event] = await house.logged(connection.id, 1)
        await house.idle(connection.id)
        left = await web.dead()

    assert (replay["status"], replay["done"], left) == ("done", 1, [])
    assert event["data"]["record"]["name"] == "Ada Later"
    assert event["causes"][0]["event_type"] == "hint"


async def test_a_discarded_one_is_gone_and_asks_for_nothing(house: House) -> None:
    house.recruitee.add(1)
    connection = await house.connect()
    dead = await _buried(house, connection)
    asked = house.recruitee.asked["/candidates/1"]

    async with web_of(house.settings) as web, house.worker():
        await web.ops("DELETE", f"dead-letters/{dead}", status=204)
        assert await web.dead() == []
        await house.idle(connection.id)

    assert house.recruitee.asked["/candidates/1"] == asked
    assert await house.log(connection.id) == []


async def test_one_that_hangs_never_blocks_the_rest_of_its_batch(house: House) -> None:
    for person in range(1, 9):
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    gate = house.recruitee.gate("/candidates/1")
    for person in range(1, 9):
        await _hint(house, connection, person, "Ada Later")
    async with house.worker():
        await asyncio.wait_for(gate.arrived.wait(), 10)
        told = await house.logged(c, 7)
        house.recruitee.lift("/candidates/1")
        await house.logged(c, 8)

    assert "1" not in {event["data"]["remote_id"] for event in told}


async def _begun(house: House, c: str, times: int) -> None:
    await house.store.pipe.call("HSET", f"begun:{c}", ROOT, times)


async def test_an_entry_that_three_workers_died_of_runs_alone_and_after_all_others(
    house: House,
) -> None:
    for person in range(1, 9):
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    for person in range(1, 9):
        await _hint(house, connection, person, "Ada Later")
    await _begun(house, c, DIED_ALONE)
    order: list[str] = []
    house.recruitee.seen = order.append
    gate = house.recruitee.gate("/candidates/1")
    async with house.worker():
        await asyncio.wait_for(gate.arrived.wait(), 10)
        await house.logged(c, 7)
        began = len(order)
        await _hint(house, connection, 2, "Ada Once More")
        house.recruitee.lift("/candidates/1")
        await house.logged(c, 9)
        await house.idle(c)

    assert order[began - 1] == "/candidates/1" and began == 8
    assert not await house.store.pipe.call("HEXISTS", f"begun:{c}", ROOT)


async def test_one_that_kills_every_worker_is_buried_in_the_end(house: House) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    await _hint(house, connection, 1, "Ada Later")
    await _begun(house, c, DIED_LOST)
    async with house.worker():
        await eventually(lambda: house.store.pipe.call("ZCARD", "dead"))
        await house.idle(c)

    async with web_of(house.settings) as web:
        [dead] = await web.dead()
    assert "workers died" in dead["reason"]
    assert house.recruitee.asked["/candidates/1"] == 0
