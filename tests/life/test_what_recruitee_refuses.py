"""Invariant 7: 401 stops and says so, 403 is silent but counted, 404 needs a witness; and the ways back."""

import asyncio
from itertools import pairwise
from typing import Any

from service.core.store.connections import UNAUTHORIZED
from service.core.unified.model import Ref
from tests.invariants.house import ONLY_BASELINE, House
from tests.invariants.recruitee import COMPANY, TOKEN, Fault
from tests.life.ops import web_of
from tests.serving import Receiver, eventually, until
from workers.retention import trim
from workers.tokens import PROBE_LAST_MS

SOMEBODY = 3331
NAMED = ("*", "connection.*")
HIDDEN = "connection.hidden_records"


async def _hint(house: House, connection: Any, person: int, name: str) -> None:
    at = house.recruitee.rename(person, name)
    await house.told(connection, house.webhook("hint", person, at))


async def _stopped(house: House, c: str) -> Any:
    async def stopped() -> Any:
        found = await house.store.connections.get(c)
        return found if found and found.status == UNAUTHORIZED and found.probe_ms else None

    return await eventually(stopped)


async def _refused(house: House) -> Any:
    """Link a company whose token is then refused; returns the connection, which has stopped."""
    house.recruitee.add(SOMEBODY)
    connection = await house.connect()
    house.recruitee.token = "another"
    await _hint(house, connection, SOMEBODY, "Ada Later")
    async with house.worker():
        await _stopped(house, connection.id)
        await eventually(lambda: _unleased(house, connection.id))
    return connection


async def _unleased(house: House, c: str) -> bool:
    return not await house.store.pipe.call("HEXISTS", "lease:in", c)


async def test_a_refused_token_is_tried_ever_more_rarely_and_at_least_every_5_minutes(
    house: House,
) -> None:
    connection = await _refused(house)
    c = connection.id
    waits = []
    async with house.worker() as (_, drains):
        for n in range(1, 10):
            await house.store.connections.note(c, probe_at=0)
            await house.store.pipe.call("ZADD", "ready:in", 0, c)
            drains.refetch.wake()
            await until(lambda n=n: house.recruitee.asked["/admin"] == n)  # type: ignore[misc]
            await eventually(lambda: _unleased(house, c))
            due = float(await house.store.pipe.call("ZSCORE", "ready:in", c))
            waits.append((due - await house.store.log.ago(0)) / 1000)

    assert all(a < b + 1 for a, b in pairwise(waits))
    assert 9 < waits[0] <= 10 and 299 < waits[-1] <= PROBE_LAST_MS / 1000 == 300
    assert await house.store.inbox.depth(c) == (1, 0)


async def test_a_new_token_lets_it_go_on_at_once_however_late_the_next_try_was(
    house: House, receiver: Receiver
) -> None:
    await house.subscribe(receiver.url, event_types=NAMED)
    connection = await _refused(house)
    far = await house.store.log.ago(-290)
    await house.store.connections.note(connection.id, probe_ms=300_000, probe_at=far)
    await house.store.pipe.call("ZADD", "ready:in", far, connection.id)
    house.recruitee.token = "fresh-token"
    async with house.worker(), web_of(house.settings) as web:
        shown = await web.ops("PATCH", f"connections/{connection.id}", {"api_token": "fresh-token"})
        await receiver.have("candidate.updated")
        await receiver.have("connection.restored")

    assert shown["status"] == "active"
    assert sorted(receiver.types) == [
        "candidate.updated", "connection.restored", "connection.unauthorized",
    ]  # fmt: skip


async def test_a_new_token_that_nobody_could_try_yet_is_tried_at_once_by_the_worker(
    house: House, receiver: Receiver
) -> None:
    await house.subscribe(receiver.url, event_types=NAMED)
    connection = await _refused(house)
    far = await house.store.log.ago(-290)
    await house.store.connections.note(connection.id, probe_ms=300_000, probe_at=far)
    await house.store.pipe.call("ZADD", "ready:in", far, connection.id)
    house.recruitee.token = "fresh-token"
    house.recruitee.faults["/admin"] = Fault(503)
    async with web_of(house.settings) as web:
        shown = await web.ops("PATCH", f"connections/{connection.id}", {"api_token": "fresh-token"})
        assert shown["status"] == UNAUTHORIZED
        async with house.worker():
            await receiver.have("connection.restored")
            await receiver.have("candidate.updated")


async def test_a_refusal_of_the_old_token_says_nothing_of_the_new_one(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(SOMEBODY)
    connection = await house.connect()
    await house.subscribe(receiver.url, event_types=NAMED)
    house.recruitee.token = "fresh-token"
    gate = house.recruitee.gate(f"/candidates/{SOMEBODY}")
    await _hint(house, connection, SOMEBODY, "Ada Later")
    async with house.worker():
        await asyncio.wait_for(gate.arrived.wait(), 10)
        await house.store.connections.update(connection.id, api_token="fresh-token")
        house.recruitee.lift(f"/candidates/{SOMEBODY}")
        await receiver.have("candidate.updated")

    assert receiver.types == ["candidate.updated"]


async def test_a_baseline_whose_token_is_refused_goes_on_where_it_stood(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(SOMEBODY)
    house.recruitee.faults["/candidates"] = Fault(401)
    made = await house.store.connections.create(COMPANY, TOKEN, "hook-secret", "Example")
    await house.store.connections.note(made.id, sync=ONLY_BASELINE)
    await house.subscribe(receiver.url, event_types=NAMED)
    async with house.worker():
        await receiver.have("connection.unauthorized")
        await _stopped(house, made.id)
        await house.store.connections.note(made.id, probe_at=0)
        await eventually(lambda: _unleased(house, made.id))
        await house.store.connections.wake(made.id, UNAUTHORIZED)
        await receiver.have("connection.restored")
        await eventually(lambda: house.active(made.id))

    assert house.recruitee.asked["/offers"] == 1


async def _forbidden(house: House, connection: Any, people: range, name: str) -> None:
    for person in people:
        house.recruitee.faults[f"/candidates/{person}"] = Fault(403, times=1000)
        await _hint(house, connection, person, name)


async def test_hidden_records_are_told_with_a_count_at_most_once_an_hour_and_none_is_left_out(
    house: House, receiver: Receiver
) -> None:
    people = range(1, 6)
    for person in people:
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url, event_types=NAMED)
    async with house.worker() as (ctx, _):
        await _forbidden(house, connection, people[:1], "Ada Later")
        first = await receiver.have(HIDDEN)
        for name in ("Ada Again", "Ada Once More"):
            await _forbidden(house, connection, people[1:], name)
            await house.idle(c)
        assert receiver.types == [HIDDEN]
        await house.store.pipe.call("DEL", f"hidden:{c}")
        await trim(ctx)
        second = await receiver.have(HIDDEN, 2)
        await trim(ctx)

    assert first["data"] == {"connection_id": c, "count": 1}
    assert second["data"] == {"connection_id": c, "count": 4}
    assert receiver.types == [HIDDEN, HIDDEN]
    assert 3000 < await house.store.pipe.call("TTL", f"hidden:{c}") <= 3600
    assert await house.store.inbox.depth(c) == (0, 0)


async def test_hidden_records_are_told_to_those_only_who_named_it(
    house: House, receiver: Receiver, other: Receiver
) -> None:
    for person in (1, 2):
        house.recruitee.add(person)
    connection = await house.connect()
    await house.subscribe(receiver.url, event_types=NAMED)
    await house.subscribe(other.url)
    async with house.worker():
        await _forbidden(house, connection, range(1, 2), "Ada Later")
        await receiver.have(HIDDEN)
        await _hint(house, connection, 2, "Bea Later")
        await other.have("candidate.updated")

    assert other.types == ["candidate.updated"]


async def test_a_record_that_comes_back_from_hiding_is_told_as_it_is_now(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url)
    async with house.worker():
        await _forbidden(house, connection, range(1, 2), "Ada Hidden")
        await house.idle(c)
        del house.recruitee.faults["/candidates/1"]
        await _hint(house, connection, 1, "Ada Seen")
        event = await receiver.have("candidate.updated")

    assert receiver.types == ["candidate.updated"]
    assert event["data"]["record"]["name"] == "Ada Seen"


async def test_after_a_soft_deletion_the_candidate_returns_before_its_applications(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(SOMEBODY, stage=101)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url)
    who = house.recruitee.candidates.pop(SOMEBODY)
    async with house.worker():
        at = house.recruitee.now()
        await house.told(connection, house.webhook("candidate_deleted", SOMEBODY, at))
        await receiver.have("application.deleted")
        house.recruitee.candidates[SOMEBODY] = who | {"updated_at": house.recruitee.now()}
        at = house.recruitee.now()
        await house.told(connection, house.webhook("candidate_moved", SOMEBODY, at))
        await receiver.have("application.restored")
        await house.idle(c)

    assert receiver.types == [
        "candidate.deleted", "application.deleted", "candidate.restored", "application.restored",
    ]  # fmt: skip
    restored = receiver.of("candidate.restored")[0]
    assert [c["path"] for c in restored["data"]["changes"]] == ["remote_deleted_at"]
    assert restored["sequence"] == 2


async def test_404_of_a_record_that_nobody_knows_is_nothing(house: House) -> None:
    c = (connection := await house.connect()).id
    async with house.worker():
        at = house.recruitee.now()
        await house.told(connection, house.webhook("candidate_deleted", 4711, at))
        await house.idle(c)

    assert await house.log(c) == []
    assert await house.store.records.load(c, [Ref("candidate", "4711")]) == {}
