"""Invariant 4: what arrives during a fetch causes another; a burst costs few and loses no last state."""

import asyncio

from service.core.ids import record_id
from service.core.store import keys
from service.core.store.inbox import Parked
from tests.invariants.house import House, sound
from tests.invariants.recruitee import Fault
from tests.serving import Receiver, eventually

SOMEBODY = 3331
PATH = f"/candidates/{SOMEBODY}"


async def test_a_webhook_that_arrives_during_a_fetch_causes_another(house: House) -> None:
    house.recruitee.add(SOMEBODY)
    c = (connection := await house.connect()).id
    gate = house.recruitee.gate(PATH)
    async with house.worker():
        await house.rename(connection, SOMEBODY, "Name One")
        await asyncio.wait_for(gate.arrived.wait(), 10)
        await house.rename(connection, SOMEBODY, "Name Two")
        house.recruitee.lift(PATH)
        log = await house.logged(c, 2)
        await house.idle(c)

    assert [e["data"]["record"]["name"] for e in log] == ["Name One", "Name Two"]
    assert house.recruitee.asked[PATH] == 2


async def test_a_webhook_during_a_slow_fetch_waits_for_no_other_records_fetch(house: House) -> None:
    for person in (1, 2):
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    gate = house.recruitee.gate("/candidates/1")
    async with house.worker():
        await house.rename(connection, 1, "One")
        await asyncio.wait_for(gate.arrived.wait(), 10)
        await house.rename(connection, 2, "Two")
        log = await house.logged(c, 1)
        house.recruitee.lift("/candidates/1")
        await house.logged(c, 2)

    assert [e["data"]["record"]["name"] for e in log] == ["Two"]


async def test_a_burst_for_one_record_costs_three_fetches_at_most_and_tells_the_last_state(
    house: House,
) -> None:
    house.recruitee.add(SOMEBODY)
    c = (connection := await house.connect()).id
    gate = house.recruitee.gate(PATH)
    async with house.worker():
        for n in range(60):
            await house.rename(connection, SOMEBODY, f"Name Number{n}")
        await asyncio.wait_for(gate.arrived.wait(), 10)
        house.recruitee.lift(PATH)
        await house.idle(c)
    log = await house.log(c)

    assert house.recruitee.asked[PATH] <= 3
    assert log[-1]["data"]["record"]["name"] == "Name Number59"
    assert sound(log)
    assert sum(len(event["causes"]) for event in log) == 60


async def test_a_burst_of_moves_is_told_hop_by_hop_where_the_details_chain(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(SOMEBODY, stage=101)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url)
    hops = [(101, 102), (102, 103), (103, 104), (104, 102), (102, 105)]
    for stage, to in hops:
        await house.move(connection, SOMEBODY, stage, to)
    async with house.worker():
        await receiver.have("application.hired")
        await house.idle(c)

    moves = [e["data"]["changes"] for e in receiver.of("application.stage_changed")]
    uid = [(record_id(c, "stage", str(a)), record_id(c, "stage", str(b))) for a, b in hops]
    assert [(one["before"], one["after"]) for (one,) in moves] == uid
    assert receiver.types == ["application.stage_changed"] * 5 + ["application.hired"]
    assert house.recruitee.asked[PATH] == 1


async def test_moves_that_arrive_while_the_first_is_fetched_are_told_hop_by_hop(
    house: House,
) -> None:
    house.recruitee.add(SOMEBODY, stage=101)
    c = (connection := await house.connect()).id
    gate = house.recruitee.gate(PATH)
    async with house.worker():
        await house.move(connection, SOMEBODY, 101, 102)
        await asyncio.wait_for(gate.arrived.wait(), 10)
        for stage, to in ((102, 103), (103, 104)):
            await house.move(connection, SOMEBODY, stage, to)
        house.recruitee.lift(PATH)
        log = await house.logged(c, 3)
        await house.idle(c)

    stages = [record_id(c, "stage", str(i)) for i in (102, 103, 104)]
    assert [e["data"]["changes"][0]["after"] for e in log] == stages
    assert house.recruitee.asked[PATH] == 2


async def test_a_webhook_for_a_parked_record_keeps_what_the_parked_ones_said(house: House) -> None:
    house.recruitee.add(SOMEBODY, stage=101)
    c = (connection := await house.connect()).id
    early, late = house.recruitee.now(), house.recruitee.now()
    async with house.worker():
        # The first move is told of before the answer shows it: the record waits for another look.
        await house.told(connection, house.moved(SOMEBODY, 101, 102, early))
        await _parked(house, c)
        house.recruitee.candidates[SOMEBODY]["placements"][0] |= {
            "stage_id": 103,
            "updated_at": late,
        }
        await house.told(connection, house.moved(SOMEBODY, 102, 103, late))
        log = await house.logged(c, 2)
        await house.idle(c)

    stages = [record_id(c, "stage", str(i)) for i in (102, 103)]
    assert [e["data"]["changes"][0]["after"] for e in log] == stages
    assert [len(e["causes"]) for e in log] == [1, 1]


async def test_a_failing_record_keeps_its_patience_when_more_webhooks_arrive(house: House) -> None:
    house.recruitee.add(SOMEBODY)
    c = (connection := await house.connect()).id
    house.recruitee.faults[PATH] = Fault(500, times=1000)
    async with house.worker():
        for n in range(3):
            await house.rename(connection, SOMEBODY, f"Name Number{n}")
            await _parked(house, c, n + 1)
    parked = await _parked(house, c, 3)

    assert parked.tries == 3
    assert len(parked.entries) == 3


async def _parked(house: House, c: str, entries: int = 1) -> Parked:
    async def found() -> Parked | None:
        raw = await house.store.pipe.call("HGET", keys.parked(c), f"candidate:{SOMEBODY}")
        parked = Parked.load(raw) if raw else None
        return parked if parked and len(parked.entries) >= entries else None

    waiting: Parked = await eventually(found)
    return waiting


async def test_a_long_inbox_is_worked_off_under_one_lease(house: House) -> None:
    """The lease is renewed although some fetch ends all the time."""
    people = range(3000, 3100)
    for person in people:
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    house.recruitee.pause_s = 0.1
    for person in people:
        await house.rename(connection, person, "Ada Later")
    left = []
    async with house.worker():
        while house.recruitee.asked.total() < len(people):
            left.append(await _lease_left_ms(house, c))
            await asyncio.sleep(0.02)
        await house.idle(c)

    assert min(ms for ms in left if ms is not None) > 3000


async def _lease_left_ms(house: House, c: str) -> float | None:
    call = house.store.pipe.call
    if not await call("HEXISTS", "lease:in", c):
        return None
    end = await call("ZSCORE", "ready:in", c)
    return float(end) - await house.now_ms()
