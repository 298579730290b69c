"""Take-over: one of two workers is killed, and the lines that it held go on with the other."""

import asyncio
import os
import signal
import statistics
from collections.abc import Callable
from time import perf_counter

from service.core.store.connections import Connection
from service.core.store.subscribers import Wanted
from tests.bench import world
from tests.bench.bench import Bench, settle
from tests.bench.children import Child, running
from tests.bench.report import Figure, Group

LINES = 10
CANDIDATES = 100
EVERY_S = 0.03  # a webhook, of each connection in turn
ANSWER_S = 0.25
WARM_S = 2.0
WITHIN_S = 30.0
MOST_MS = 10_000.0


async def measure(bench: Bench) -> Group:
    """Kill several times the worker that began first, which holds most of the lines then."""
    took: list[float] = []
    kills = 2 * bench.repeats
    for _ in range(kills):
        took += await _killed(bench)
    if not took:
        raise RuntimeError("no killed worker had a delivery in flight")
    ordered = sorted(1000 * each for each in took)
    note = f"{kills} kills, {len(ordered)} lines with a delivery in flight"
    figures = [
        Figure(
            "from the kill to the line's next delivery, median", statistics.median(ordered), "ms"
        ),
        Figure("worst", ordered[-1], "ms", MOST_MS, note),
    ]
    unit = f"{1 / EVERY_S:.0f} webhooks/s, {LINES} connections, {LINES} subscribers, 2 workers"
    return Group("take-over", unit, [], None, [], figures)


async def _killed(bench: Bench) -> list[float]:
    """Kill a worker; return the seconds until each line that it was sending on went on."""
    connections = await _known(bench)
    bench.ends.expect(0, lambda: None)
    bench.ends.slow_s = ANSWER_S
    env, core = bench.env, bench.core
    with (
        running("workers", env=env, core=core) as one,
        running("workers", env=env, core=core),
    ):
        feeding = asyncio.create_task(_feed(bench, connections))
        try:
            await _warm(bench)
            return await _gap(bench, one)
        finally:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
            bench.ends.slow_s, bench.ends.pages.turn = 0.0, 0
            bench.ends.on_post = bench.ends.on_lost = lambda _: None


async def _gap(bench: Bench, child: Child) -> list[float]:
    held: set[bytes] = set()
    back: dict[bytes, float] = {}
    gone_on = asyncio.Event()
    bench.ends.on_lost = held.add
    bench.ends.on_post = _noting(held, back, gone_on)
    at = perf_counter()
    os.kill(child.pid, signal.SIGKILL)
    await settle(0.2)  # what was in flight is told when its sockets close, at once
    if held:
        async with asyncio.timeout(WITHIN_S):
            await gone_on.wait()
    return [when - at for when in back.values()]


async def _warm(bench: Bench) -> None:
    """Wait until the lines run, then let the workers share them."""
    async with asyncio.timeout(WITHIN_S):
        while len(bench.ends.arrived) < 4 * LINES:
            await settle(0.1)
    await settle(WARM_S)


def _noting(
    held: set[bytes], back: dict[bytes, float], gone_on: asyncio.Event
) -> Callable[[bytes], None]:
    def note(path: bytes) -> None:
        if path in held:
            back.setdefault(path, perf_counter())
            if len(back) == len(held):
                gone_on.set()

    return note


async def _known(bench: Bench) -> list[Connection]:
    await bench.empty()
    connections = await world.connect(bench.store, LINES)
    candidates = range(world.FIRST_ID, world.FIRST_ID + CANDIDATES)
    for number, connection in enumerate(connections):
        url = f"{bench.ends.subscriber}/{number}"
        wanted = Wanted(url=url, connection_ids=(connection.id,))
        await bench.store.subscribers.create(wanted, None)
        await world.know(bench.store, connection.id, candidates, 0)
    return connections


async def _feed(bench: Bench, connections: list[Connection]) -> None:
    """Send webhooks at a light pace until cancelled: every candidate moves, then moves again."""
    number = 0
    while True:
        turn, candidate = divmod(number // LINES, CANDIDATES)
        bench.ends.pages.turn = turn + 1
        body = world.moved(world.FIRST_ID + candidate, turn + 1, 99_000_000 + number)
        await world.ask(bench.store, connections, [(number % LINES, body)])
        number += 1
        await asyncio.sleep(EVERY_S)
