"""A Recruitee that refuses, limits, fails, lags or answers nonsense: one outcome each, and nothing lost."""

from typing import Any

import orjson

from service.core.store import keys
from service.core.store.connections import UNAUTHORIZED
from tests.invariants.house import House
from tests.invariants.recruitee import TOKEN, Fault
from tests.serving import Receiver, eventually, until

PEOPLE = (1, 2, 3, 4, 5, 6)
NAMED = ("*", "connection.unauthorized", "connection.restored")


async def _status(house: House, c: str) -> str:
    found = await house.store.connections.get(c)
    return found.status if found else ""


async def _hint(house: House, connection: Any, person: int, name: str) -> None:
    at = house.recruitee.rename(person, name)
    await house.told(connection, house.webhook("hint", person, at))


async def _probe_now(house: House, c: str) -> None:
    """Let the time until the next try of the token pass."""
    await house.store.pipe.call("HSET", keys.connection(c), "probe_at", 0)
    await house.lease_is_over("in", c)
    await house.store.pipe.call("ZADD", "ready:in", 0, c)


async def test_401_stops_the_connection_keeps_its_inbox_and_is_said_once_to_those_who_named_it(
    house: House, receiver: Receiver, other: Receiver
) -> None:
    for person in PEOPLE:
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url, event_types=NAMED)
    await house.subscribe(other.url)
    house.recruitee.token = "another"
    for person in PEOPLE:
        await _hint(house, connection, person, "Ada Later")
    async with house.worker():
        said = await receiver.have("connection.unauthorized")
        await eventually(lambda: _is(house, c, UNAUTHORIZED))
        assert await house.store.inbox.depth(c) == (len(PEOPLE), 0)
        house.recruitee.token = TOKEN
        await _probe_now(house, c)
        await until(lambda: len(receiver.of("candidate.updated")) == len(PEOPLE))
        await house.idle(c)
        await until(lambda: len(other.got) == len(PEOPLE))

    assert said["data"]["connection_id"] == c
    assert receiver.types.count("connection.unauthorized") == 1
    assert receiver.types.count("connection.restored") == 1
    assert other.types == ["candidate.updated"] * len(PEOPLE)
    assert await _status(house, c) == "active"


async def _is(house: House, c: str, status: str) -> bool:
    return await _status(house, c) == status


async def test_webhooks_do_not_make_a_refused_token_be_tried_more_often(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url, event_types=NAMED)
    house.recruitee.token = "another"
    async with house.worker():
        await _hint(house, connection, 1, "Ada Later")
        await receiver.have("connection.unauthorized")
        for n in range(10):
            await _hint(house, connection, 1, f"Ada Number{n}")
            await eventually(lambda: _unleased(house, c))

    assert house.recruitee.asked["/admin"] <= 1


async def _unleased(house: House, c: str) -> bool:
    score = await house.store.pipe.call("ZSCORE", "ready:in", c)
    leased = await house.store.pipe.call("HEXISTS", "lease:in", c)
    seconds, micros = await house.store.pipe.call("TIME")
    now = int(seconds) * 1000 + int(micros) // 1000
    return not leased and (score is None or float(score) > now)


async def test_a_second_stop_is_said_again(house: House, receiver: Receiver) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url, event_types=NAMED)
    async with house.worker():
        for n in (1, 2):
            house.recruitee.token = "another"
            await _hint(house, connection, 1, f"Ada Number{n}")
            await receiver.have("connection.unauthorized", n)
            await eventually(lambda: _is(house, c, UNAUTHORIZED))
            house.recruitee.token = TOKEN
            await eventually(lambda: _unleased(house, c))
            await _probe_now(house, c)
            await receiver.have("connection.restored", n)


async def test_429_with_retry_after_holds_every_request_of_the_connection(house: House) -> None:
    for person in PEOPLE:
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    house.settings = house.settings.model_copy(update={"recruitee_rate": 40})
    house.recruitee.faults["/candidates/1"] = Fault(429, headers={"retry-after": "1"})
    times: list[tuple[str, float]] = []
    house.recruitee.seen = lambda path: times.append((path, _now()))
    async with house.worker():
        await _hint(house, connection, 1, "Ada Later")
        await until(lambda: times)
        await eventually(lambda: house.store.pipe.call("HLEN", keys.parked(c)))
        for person in PEOPLE[1:]:
            await _hint(house, connection, person, "Ada Later")
        await house.logged(c, len(PEOPLE))

    began = times[0][1]
    assert all(at - began >= 0.99 for _, at in times[1:])


def _now() -> float:
    import asyncio

    return asyncio.get_running_loop().time()


async def test_a_429_without_retry_after_is_tried_again(house: House) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    house.recruitee.faults["/candidates/1"] = Fault(429)
    async with house.worker():
        await _hint(house, connection, 1, "Ada Later")
        await house.logged(c, 1)
        await house.idle(c)


async def test_500s_park_the_record_with_a_growing_delay_and_others_go_on(house: House) -> None:
    for person in (1, 2):
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    house.recruitee.faults["/candidates/1"] = Fault(500, times=2)
    async with house.worker():
        await _hint(house, connection, 1, "One Later")
        await _hint(house, connection, 2, "Two Later")
        first = await house.logged(c, 1)
        delays = [await _delay(house, c, tries) for tries in (1, 2)]
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
        seconds, micros = await house.store.pipe.call("TIME")
        return float(due) - (int(seconds) * 1000 + int(micros) / 1000)

    found: float = await eventually(parked)
    return found


async def test_an_answer_that_breaks_the_normalizer_ends_as_an_inbound_dead_letter(
    house: House,
) -> None:
    for person in (1, 2):
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    house.recruitee.candidates[1]["emails"] = [{"no": "text"}, 7, None]
    house.recruitee.faults["/candidates/1"] = Fault(200, body={"candidate": Unreadable(house)})
    async with house.worker():
        await _hint(house, connection, 1, "One Later")
        await _hint(house, connection, 2, "Two Later")
        await house.logged(c, 1)
        await house.idle(c)


def Unreadable(house: House) -> Any:
    """Return a candidate whose parts all have a type that they should not have."""
    return {
        "id": 1, "name": {"first": 1}, "emails": "no list", "phones": 7, "tags": {"a": 1},
        "placements": [{"id": "x"}, None, 7, {"id": 5, "offer_id": [], "stage_id": {}}],
        "created_at": 7, "updated_at": [], "sources": [[[]]], "links": 1,
    }  # fmt: skip


async def test_an_entry_that_cannot_be_read_is_buried_and_holds_up_nobody(house: House) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    await house.store.inbox.enqueue(c, [b"not an entry"])
    async with house.worker():
        await _hint(house, connection, 1, "One Later")
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
        assert await _status(house, made.id) == "baselining"
        house.recruitee.lift("/candidates")
        event = await receiver.have("job.updated")

    assert receiver.types == ["job.updated"]
    assert event["data"]["changes"][0]["after"] == "Engineer, Berlin"
