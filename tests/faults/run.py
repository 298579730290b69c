"""One run: start, storm while things break, mend, let everything drain, and look at what came out."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import orjson
from redis.exceptions import RedisError

from service.core.events import matches
from tests.faults import keyspace
from tests.faults.breaker import Breaker
from tests.faults.check import Evidence, Line, Told, broken
from tests.faults.figures import Figures
from tests.faults.house import House, housing, until
from tests.faults.receivers import Subscriber
from tests.faults.sender import Sender
from tests.faults.storm import Storm
from tests.faults.timetable import timetable
from tests.faults.world import Key

EDITS_PER_S = 15.0
DRAINED_WITHIN_S = 60.0
REPLAYED_WITHIN_S = 60.0
IDS_AT_ONCE = 500


@dataclass(frozen=True)
class Result:
    """What came of a run: nothing is broken when it went well."""

    figures: Figures
    broken: list[str]


async def run(seed: int, length_s: float, folder: Path) -> Result:
    """Make one run; its processes write their logs to `folder`."""
    async with housing(seed, folder) as house:
        figures = Figures(seed, length_s)
        ports = [web.port for web in house.webs]
        sender = Sender(house.http, ports, Random(f"sender {seed}"))
        breaker = Breaker(house)
        adopted = frozenset(_history(house))
        resuming = asyncio.get_running_loop().create_task(_resume_all(house))
        try:
            await _storm(seed, house, sender, breaker, figures)
            problems = await _drained(house, sender, figures)
            problems += await _replayed(house, figures)
        finally:
            resuming.cancel()
            sender.stop()
        problems += await _looked_at(house, sender, breaker, adopted, figures)
        return Result(figures, problems)


async def _storm(
    seed: int, house: House, sender: Sender, breaker: Breaker, figures: Figures
) -> None:
    companies = list(house.recruitee.companies.values())
    storm = Storm(Random(f"storm {seed}"), companies, sender)
    until_s = asyncio.get_running_loop().time() + figures.length_s
    try:
        await asyncio.gather(
            storm.blow(EDITS_PER_S, until_s), breaker.follow(timetable(seed, figures.length_s))
        )
    finally:
        await breaker.mend()
    figures.edits, figures.done = storm.edits, breaker.done


async def _resume_all(house: House) -> None:
    """Resume, as an operator would, whoever was paused by a 410."""
    while True:
        await asyncio.sleep(2)
        try:
            for shown in (await house.ops("GET", "subscribers"))["items"]:
                if shown["status"] != "active":
                    await house.ops("POST", f"subscribers/{shown['id']}/resume")
        except (TimeoutError, AssertionError):
            continue  # everything may be down just now


async def _drained(house: House, sender: Sender, figures: Figures) -> list[str]:
    """Wait until every webhook is acknowledged and nothing is open any more."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(DRAINED_WITHIN_S):
            await sender.finish()
        await until(partial(_settled, house), DRAINED_WITHIN_S)
    except TimeoutError:
        return [f"stuck: {what}" for what in await _open(house)] or [
            "stuck: webhooks not acknowledged"
        ]
    figures.drained_s = time.monotonic() - began
    return []


async def _settled(house: House) -> bool:
    try:
        return not await _open(house)
    except (RedisError, OSError):
        return False


async def _open(house: House) -> list[str]:
    """Return every key that says that something is still to be done."""
    async with house.redis.client() as client:
        found = ["dirty", "lease:in", "lease:out", "lease:rpl", "replaying"]
        for c in house.recruitee.companies.values():
            found += [f"in:{c.connection_id}", f"park:{c.connection_id}"]
        for s in house.subscribers:
            found += [f"d:{s.id}", f"news:{s.id}", f"due:{s.id}", f"lane:{s.id}"]
        counts = {key: await _length(client, key) for key in found}
        return [f"{key} has {count}" for key, count in counts.items() if count]


async def _length(client: Any, key: str) -> int:
    kind = (await client.type(key)).decode()
    asks = {"hash": client.hlen, "set": client.scard, "zset": client.zcard, "stream": client.xlen}
    return int(await asks[kind](key)) if kind in asks else 0


async def _replayed(house: House, figures: Figures) -> list[str]:
    """Let the hopeless one recover and send it every dead letter again."""
    subscriber = next(s for s in house.subscribers if s.hopeless)
    subscriber.hopeless, subscriber.temper = False, "well"
    dead = await _dead_letters(house, subscriber)
    for start in range(0, len(dead), IDS_AT_ONCE):
        ids = [one["id"] for one in dead[start : start + IDS_AT_ONCE]]
        await house.ops("POST", "replays", {"dead_letter_ids": ids})
    try:
        await until(partial(_settled, house), REPLAYED_WITHIN_S)
    except TimeoutError:
        return [f"stuck in replay: {what}" for what in await _open(house)]
    figures.dead_letters = len(dead)
    again = {heard.event_id for heard in subscriber.heard if heard.replay}
    never = [one["event_id"] for one in dead if one["event_id"] not in again]
    left = await _dead_letters(house, subscriber)
    return [f"lost: {e} was not heard when it was replayed" for e in never] + [
        f"stuck: dead letter {one['id']} of {one['event_id']} is {one['status']}" for one in left
    ]


async def _dead_letters(house: House, subscriber: Subscriber) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        path = f"dead-letters?limit=200&subscriber_id={subscriber.id}{after}"
        page = await house.ops("GET", path)
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        after = f"&after={page['next_cursor']}"


async def _looked_at(
    house: House, sender: Sender, breaker: Breaker, adopted: frozenset[Key], figures: Figures
) -> list[str]:
    told = await _log(house)
    lines = [_line_of(subscriber) for subscriber in house.subscribers]
    _count(house, sender, breaker, told, figures)
    return [
        *sender.faults,
        *breaker.faults,
        *(fault for slot in house.slots for fault in slot.faults),
        *(fault for subscriber in house.subscribers for fault in subscriber.faults),
        *broken(Evidence(told, lines, _history(house), adopted)),
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


def _history(house: House) -> Mapping[Key, Any]:
    companies = house.recruitee.companies.values()
    return {key: states for company in companies for key, states in company.history.items()}


async def _log(house: House) -> list[Told]:
    told = []
    async with house.redis.client() as client:
        for company in house.recruitee.companies.values():
            c = company.connection_id
            for _, entry in await client.xrange(f"log:{c}"):
                body = await client.get(b"ev:" + entry[b"e"])
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
