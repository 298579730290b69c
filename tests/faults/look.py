"""What is looked at in the end: the log, what was heard, every key, and the figures."""

from collections.abc import Mapping
from typing import Any

import orjson

from service.core.events import matches
from tests.faults import keyspace
from tests.faults.breaker import Breaker
from tests.faults.check import Evidence, Line, Told, broken
from tests.faults.figures import Figures
from tests.faults.house import House
from tests.faults.receivers import Subscriber
from tests.faults.sender import Sender
from tests.faults.world import Key


async def look_at(
    house: House, sender: Sender, breaker: Breaker, adopted: frozenset[Key], figures: Figures
) -> list[str]:
    """Return every promise that was broken, and fill in the figures."""
    told = await _log(house)
    lines = [_line_of(subscriber) for subscriber in house.subscribers]
    _count(house, sender, breaker, told, figures)
    return [
        *sender.faults,
        *breaker.faults,
        *(fault for slot in house.slots for fault in slot.faults),
        *(fault for subscriber in house.subscribers for fault in subscriber.faults),
        *broken(Evidence(told, lines, history(house), adopted)),
        *keyspace.unlisted(await _lifetimes(house), keyspace.table()),
        *await _buried(house),
    ]


def _line_of(subscriber: Subscriber) -> Line:
    patterns = subscriber.wanted.get("event_types", ["*"])
    return Line(
        subscriber.name,
        lambda one: any(matches(pattern, one.event["type"]) for pattern in patterns),
        subscriber.heard,
        subscriber.taken,
        "format" not in subscriber.wanted,
        subscriber.name != "hopeless",
    )


def history(house: House) -> Mapping[Key, Any]:
    """Return every state that every record had."""
    companies = house.recruitee.companies.values()
    return {key: states for company in companies for key, states in company.history.items()}


async def _log(house: House) -> list[Told]:
    told = []
    # At 85 % of its memory Redis keeps no body that all have received: who takes everything has it.
    plain = next(s for s in house.subscribers if s.name == "plain")
    received = {heard.event_id.encode(): heard.body for heard in plain.heard}
    async with house.redis.client() as client:
        for company in house.recruitee.companies.values():
            c = company.connection_id
            for _, entry in await client.xrange(f"log:{c}"):
                body = await client.get(b"ev:" + entry[b"e"]) or received[entry[b"e"]]
                event = orjson.loads(body)
                if "sequence" in event:
                    told.append(Told(c, event["id"], body, event))
    return told


async def _lifetimes(house: House) -> dict[str, int]:
    async with house.redis.client() as client:
        names = [key async for key in client.scan_iter(count=1000)]
        asked = client.pipeline(transaction=False)
        for name in names:
            asked.pttl(name)
        left = await asked.execute()
        return {name.decode(): int(ms) for name, ms in zip(names, left, strict=True) if ms != -2}


async def _buried(house: House) -> list[str]:
    """Nothing that came in may have ended as a dead letter: every refetch works in the end."""
    found = (await house.ops("GET", "dead-letters?limit=200"))["items"]
    return [f"buried: {one['kind']} {one['type']}: {one['reason']}" for one in found]


def _count(
    house: House, sender: Sender, breaker: Breaker, told: list[Told], figures: Figures
) -> None:
    plain = next(s for s in house.subscribers if s.name == "plain")
    figures.acknowledged, figures.answers = len(sender.acknowledged), sender.answers
    figures.asked, figures.events = house.recruitee.asked, len(told)
    for subscriber in house.subscribers:
        live = [heard.event_id for heard in subscriber.heard if heard.replay is None]
        figures.deliveries += len(set(live))
        if subscriber.name != "hopeless":
            figures.redeliveries += len(live) - len(set(live))
    arrivals = sorted(heard.at for subscriber in house.subscribers for heard in subscriber.heard)
    for killed in breaker.kills:
        after = next((at for at in arrivals if at > killed), None)
        if after is not None:
            figures.recoveries.append(after - killed)
    figures.waits = _waits(plain, told, sender.acknowledged)


def _waits(plain: Subscriber, told: list[Told], acknowledged: Mapping[int, float]) -> list[float]:
    first: dict[str, float] = {}
    for heard in plain.heard:
        first.setdefault(heard.event_id, heard.at)
    return [
        max(0.0, first[one.id] - acknowledged[cause["event_id"]])
        for one in told
        for cause in one.event["causes"][-1:]
        if one.id in first and cause["event_id"] in acknowledged
    ]
