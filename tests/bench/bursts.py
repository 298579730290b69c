"""Bursts: requests to Recruitee per change that is announced, when a candidate moves five times a second."""

import asyncio
import random
from time import perf_counter

from service.core.store import keys
from service.core.store.connections import Connection
from service.core.store.subscribers import Wanted
from tests.bench import world
from tests.bench.bench import Bench, settle
from tests.bench.children import running
from tests.bench.report import Figure, Group

CANDIDATES, MOVES, CONNECTIONS = 200, 5, 10
OVER_S = 5.0  # in which the bursts begin
WITHIN_S = 60.0
MOST = 1.2
RATE = 4  # requests/s and connection, as it is set by default


async def measure(bench: Bench) -> Group:
    """Measure with the default request rate, and with none, which is the worse case."""
    count = bench.count(CANDIDATES)
    figures = [
        await _measured(bench, count, RATE, f"{RATE} requests/s per connection, the default"),
        await _measured(bench, count, 1_000_000, "no limit to requests"),
    ]
    unit = f"{count} candidates, {MOVES} moves each within a second, {CONNECTIONS} connections"
    return Group("requests per announced change", unit, [], None, [], figures)


async def _measured(bench: Bench, count: int, rate: int, what: str) -> Figure:
    await bench.empty()
    connections = await world.connect(bench.store, CONNECTIONS)
    await bench.store.subscribers.create(Wanted(url=bench.ends.subscriber + "/"), None)
    bench.ends.pages.turn = 0
    for number, connection in enumerate(connections):
        mine = range(world.FIRST_ID + number, world.FIRST_ID + count, CONNECTIONS)
        await world.know(bench.store, connection.id, mine, 0)
    env = bench.env | {"HIREWIRE_RECRUITEE_RATE": str(rate)}
    bench.ends.expect(0, lambda: None)
    try:
        with running("workers", env=env, core=bench.core):
            await settle(2)
            await _storm(bench, connections, count)
            await _quiet(bench, connections)
            told = await _told(bench, connections)
    finally:
        bench.ends.pages.turns.clear()
    asked = bench.ends.asked
    note = f"{asked} requests, {told} changes, {count * MOVES} webhooks"
    return Figure(what, asked / told, "", MOST, note)


async def _storm(bench: Bench, connections: list[Connection], count: int) -> None:
    """Move each candidate, then send its webhook, each at its own moment."""
    dice = random.Random(7)  # the same storm each time
    planned = []
    for number in range(count):
        start = dice.uniform(0, OVER_S)
        times = sorted(start + dice.random() for _ in range(MOVES))
        planned += [(at, turn, number) for turn, at in enumerate(times, 1)]
    began = perf_counter()
    for event, (at, turn, number) in enumerate(sorted(planned)):
        await asyncio.sleep(max(0.0, began + at - perf_counter()))
        candidate = world.FIRST_ID + number
        bench.ends.pages.turns[b"%d" % candidate] = turn
        body = world.moved(candidate, turn, 88_000_000 + event)
        await world.ask(bench.store, connections, [(number % CONNECTIONS, body)])


async def _quiet(bench: Bench, connections: list[Connection]) -> None:
    """Wait until every webhook is done with and every event has come."""
    pipe = bench.store.pipe
    async with asyncio.timeout(WITHIN_S):
        while True:
            waiting = 0
            for connection in connections:
                waiting += int(await pipe.call("XLEN", keys.inbox(connection.id)))
                waiting += int(await pipe.call("HLEN", keys.parked(connection.id)))
            if not waiting and len(bench.ends.events) >= await _told(bench, connections):
                return
            await asyncio.sleep(0.1)


async def _told(bench: Bench, connections: list[Connection]) -> int:
    return sum([int(await bench.store.pipe.call("XLEN", keys.log(c.id))) for c in connections])
