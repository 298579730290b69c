"""A Recruitee that refuses, limits, fails, lags or answers nonsense: one outcome each, and nothing lost."""

import asyncio

import orjson

from service.core.store import keys
from service.core.store.packing import unpack
from tests.invariants.house import House
from tests.invariants.recruitee import TOKEN, Fault
from tests.serving import Receiver, eventually, until

PEOPLE = (1, 2, 3, 4, 5, 6)
NAMED = ("*", "connection.unauthorized", "connection.restored")


async def test_429_with_retry_after_holds_every_request_of_the_connection(house: House) -> None:
    for person in PEOPLE:
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    house.settings = house.settings.model_copy(update={"recruitee_rate": 40})
    house.recruitee.faults["/candidates/1"] = Fault(429, headers={"retry-after": "1"})
    times: list[tuple[str, float]] = []
    house.recruitee.seen = lambda path: times.append((path, _now()))
    async with house.worker():
        await house.rename(connection, 1, "Ada Later")
        await until(lambda: times)
        await eventually(lambda: house.store.pipe.call("HLEN", keys.parked(c)))
        for person in PEOPLE[1:]:
            await house.rename(connection, person, "Ada Later")
        await house.logged(c, len(PEOPLE))

    began = times[0][1]
    assert all(at - began >= 0.99 for _, at in times[1:])


def _now() -> float:
    return asyncio.get_running_loop().time()


async def test_a_long_hold_keeps_no_worker_busy(house: House) -> None:
    for person in (1, 2):
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    house.recruitee.faults["/candidates/1"] = Fault(429, headers={"retry-after": "3600"})
    async with house.worker() as (_, drains):
        await house.rename(connection, 1, "One Later")
        await eventually(lambda: house.store.pipe.call("HLEN", keys.parked(c)))
        await house.rename(connection, 2, "Two Later")
        await eventually(lambda: _all_parked(house, c))
        await house.rests(c)
        assert house.recruitee.asked["/candidates/2"] == 0
        await house.time_passes(c, drains)
        await house.logged(c, 2)


async def _all_parked(house: House, c: str) -> bool:
    return await house.store.inbox.depth(c) == (0, 2)


async def test_a_429_without_retry_after_is_tried_again(house: House) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    house.recruitee.faults["/candidates/1"] = Fault(429)
    async with house.worker() as (_, drains):
        await house.rename(connection, 1, "Ada Later")
        await eventually(lambda: house.store.pipe.call("HLEN", keys.parked(c)))
        await house.rests(c)
        assert int(await house.store.pipe.call("PTTL", keys.rate(c))) > 1000
        await house.time_passes(c, drains)
        await house.logged(c, 1)
        await house.idle(c)


async def test_500s_park_the_record_with_a_growing_delay_and_others_go_on(house: House) -> None:
    for person in (1, 2):
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    house.recruitee.faults["/candidates/1"] = Fault(500, times=2)
    async with house.worker() as (_, drains):
        await house.rename(connection, 1, "One Later")
        await house.rename(connection, 2, "Two Later")
        first = await house.logged(c, 1)
        delays = []
        for tries in (1, 2):
            delays.append(await _delay(house, c, tries))
            await house.rests(c)
            await house.time_passes(c, drains)
        await house.logged(c, 2)
        await house.idle(c)

    assert first[0]["data"]["record"]["name"] == "Two Later"
    assert 500 < delays[0] <= 1000 and 1500 < delays[1] <= 2000


async def _delay(house: House, c: str, tries: int) -> float:
    async def parked() -> float:
        raw = await house.store.pipe.call("HGET", keys.parked(c), "candidate:1")
        if not raw or orjson.loads(raw)[0] != tries:
            return 0
        due = await house.store.pipe.call("ZSCORE", keys.parked_due(c), "candidate:1")
        return float(due) - await house.now_ms()

    found: float = await eventually(parked)
    return found


async def test_a_record_that_breaks_our_code_is_an_inbound_dead_letter_until_it_works_again(
    house: House,
) -> None:
    for person in (1, 2):
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    record = keys.record(c, "candidate", "1")
    whole = await house.store.pipe.call("HGET", record, "f")
    # As if an older version had stored tags in another shape.
    broken = orjson.dumps(unpack(whole) | {"tags": 5})
    await house.store.pipe.call("HSET", record, "f", broken)
    async with house.worker():
        await house.rename(connection, 1, "One Later")
        await house.rename(connection, 2, "Two Later")
        await eventually(lambda: house.store.pipe.call("ZCARD", "dead"))
        await house.logged(c, 1)
        await house.idle(c)
        (dead,) = await house.store.pipe.call("ZRANGE", "dead", 0, -1)
        letter = await house.store.dead_letters.get(dead.decode())
        await house.store.pipe.call("HSET", record, "f", whole)
        await house.rename(connection, 1, "One Again")
        await house.logged(c, 2)
        await house.idle(c)

    assert letter and (letter.kind, letter.root) == ("inbound", "candidate:1")
    assert "One" not in letter.reason
    assert await house.store.pipe.call("ZCARD", "dead") == 0


async def test_an_answer_whose_parts_have_wrong_types_breaks_nothing(house: House) -> None:
    for person in (1, 2):
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    house.recruitee.faults["/candidates/1"] = Fault(200, body={"candidate": ODD})
    async with house.worker():
        await house.rename(connection, 1, "One Later")
        await house.rename(connection, 2, "Two Later")
        await house.logged(c, 1)
        await house.idle(c)

    assert await house.store.pipe.call("ZCARD", "dead") == 0


ODD = {
    "id": 1, "name": {"first": 1}, "emails": "no list", "phones": 7, "tags": {"a": 1},
    "placements": [{"id": "x"}, None, 7, {"id": 5, "offer_id": [], "stage_id": {}}],
    "created_at": 7, "updated_at": [], "sources": [[[]]], "links": 1,
}  # fmt: skip


async def test_an_entry_that_cannot_be_read_is_buried_and_holds_up_nobody(house: House) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    await house.store.inbox.enqueue(c, [b"not an entry"])
    async with house.worker():
        await house.rename(connection, 1, "One Later")
        await house.logged(c, 1)
        await house.idle(c)

    assert await house.store.pipe.call("ZCARD", "dead") == 1


async def test_a_fetch_that_lags_behind_its_webhook_is_looked_at_again_and_told_right(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(1, stage=101)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url)
    at = house.recruitee.now()
    async with house.worker():
        await house.told(connection, house.moved(1, 101, 102, at))
        await eventually(lambda: house.store.pipe.call("HLEN", keys.parked(c)))
        placement = house.recruitee.candidates[1]["placements"][0]
        placement |= {"stage_id": 102, "updated_at": at}
        await receiver.have("application.stage_changed")
        await house.idle(c)

    assert receiver.types == ["application.stage_changed"]
    assert receiver.got[0].event["timestamp"] == at.replace(".000000Z", ".000Z")


async def test_a_webhook_before_the_baseline_ends_waits_and_is_then_told(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(1)
    house.recruitee.faults["/candidates"] = Fault(503, times=1)
    gate = house.recruitee.gate("/candidates")
    made = await house.store.connections.create("5600", TOKEN, "hook-secret", "Example")
    await house.subscribe(receiver.url)
    async with house.worker():
        await gate.arrived.wait()
        offer = house.recruitee.offers[77]
        offer |= {"title": "Engineer, Berlin", "updated_at": house.recruitee.now()}
        body = house.webhook(
            "offer_updated", None, offer["updated_at"], "offer_changed", offer={"id": 77}
        )
        await house.told(made, body)
        assert await house.store.inbox.depth(made.id) == (1, 0)
        assert await house.status(made.id) == "baselining"
        house.recruitee.lift("/candidates")
        event = await receiver.have("job.updated")

    assert receiver.types == ["job.updated"]
    assert event["data"]["changes"][0]["after"] == "Engineer, Berlin"
