"""A consent that ends soon is told of ahead of time, once for each end and number of days."""

from typing import Any

from service.core import times
from service.core.store import keys
from service.core.store.connections import Connection
from service.core.unified.options import Options
from tests.invariants.house import House, sound
from workers.consents import consents
from workers.context import open_context

ADA = 3331
DAY_MS = 86_400_000
TYPE = "candidate.consent_expiring"


async def _ends(house: House, connection: Connection, who: int, days: float | None) -> None:
    """Move the end of a consent at Recruitee, and have it read."""
    ends = None if days is None else times.iso(times.now_ms() + int(days * DAY_MS))
    house.recruitee.candidates[who]["gdpr_expires_at"] = ends
    at = house.recruitee.rename(who, house.recruitee.candidates[who]["name"])
    async with house.worker():
        await house.told(connection, house.webhook("hint", who, at))
        await house.idle(connection.id)


async def _look(house: House) -> None:
    async with open_context(house.settings) as ctx:
        await consents(ctx)


async def _told(house: House, c: str) -> list[dict[str, Any]]:
    await _look(house)
    await _look(house)
    return [event for event in await house.log(c) if event["type"] == TYPE]


async def test_each_end_is_told_once_for_each_number_of_days(house: House) -> None:
    house.recruitee.add(ADA)
    house.recruitee.add(ADA + 1)
    c = (connection := await house.connect()).id
    await _ends(house, connection, ADA + 1, 400)
    await _ends(house, connection, ADA, 31)
    assert await _told(house, c) == []

    await _ends(house, connection, ADA, 29)
    (event,) = await _told(house, c)
    assert event["origin"] == "schedule" and event["data"]["changes"] == []
    record = house.recruitee.candidates[ADA]
    assert event["data"]["record"]["gdpr_expires_at"] == record["gdpr_expires_at"]
    assert event["data"]["subject"]["remote_id"] == str(ADA)

    await _ends(house, connection, ADA, 6)
    assert len(await _told(house, c)) == 2
    for days in ((60, 14, 7), (30,)):
        await house.store.connections.update(c, options=Options(consent_expiring_days=days))
        assert len(await _told(house, c)) == 2
    await house.store.connections.update(c, options=Options(consent_expiring_days=(60, 14, 7, 6)))
    assert len(await _told(house, c)) == 3
    assert sound(await house.log(c))


async def test_a_consent_that_was_renewed_withdrawn_or_is_over_is_not_told(house: House) -> None:
    house.recruitee.add(ADA)
    c = (connection := await house.connect()).id
    for days in (400, None, -1):
        await _ends(house, connection, ADA, 5)
        await _ends(house, connection, ADA, days)
        assert await _told(house, c) == []

    await _ends(house, connection, ADA, 5)
    del house.recruitee.candidates[ADA]
    house.recruitee.listed_deleted.add(ADA)
    async with house.worker():
        await house.told(connection, house.webhook("candidate_deleted", ADA, house.recruitee.now()))
        await house.idle(c)
    assert await _told(house, c) == []
    assert await house.store.pipe.call("ZCARD", keys.consents(c)) == 0


async def test_nothing_is_told_where_no_days_are_wanted_or_candidates_are_not_kept(
    house: House,
) -> None:
    house.recruitee.add(ADA)
    c = (connection := await house.connect()).id
    await _ends(house, connection, ADA, 5)
    await house.store.connections.update(c, options=Options(consent_expiring_days=()))

    assert await _told(house, c) == []


async def test_a_look_costs_what_is_about_to_end_and_not_what_there_is(house: House) -> None:
    c = (await house.connect()).id
    far = times.now_ms() + 400 * DAY_MS
    for start in range(0, 50_000, 5000):
        rows = [part for n in range(start, start + 5000) for part in (far + n, n)]
        await house.store.pipe.call("ZADD", keys.consents(c), *rows)

    looked, ending = await house.store.records.ending(c, 0, 1000, (30, 7))
    assert (looked, ending) == (0, [])
