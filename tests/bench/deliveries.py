"""Deliveries: events of a filled log delivered per second, against bare aiohttp posts."""

import statistics

from service.core.store.subscribers import Wanted
from tests.bench import machine, world
from tests.bench.bench import Bench
from tests.bench.children import running
from tests.bench.report import Figure, Group, Row

POSTS = 3000
TARGET = 0.40
FLAT = 0.75  # the rate at 200 connections over that at 10
REPEATS = 3  # at most: six rows of some five seconds each
FEW, MANY = 10, 200
BARE = "bare aiohttp, 50 at once"
# (subscribers, requests at once to each)
ROWS = {
    (1, 4): "1 subscriber, 4 at once",
    (10, 4): "10 subscribers, 4 at once each",
    (1000, 4): "1,000 subscribers, 4 at once each",
    (1, FEW): f"1 subscriber, {FEW} connections",
    (1, MANY): f"1 subscriber, {MANY} connections",
}


async def measure(bench: Bench) -> Group:
    """Measure one subscriber, ten, a thousand, few and many connections, and bare posts in turn."""
    posts = max(1000, bench.count(POSTS) // 1000 * 1000)
    rows = {key: Row(what, []) for key, what in ROWS.items()}
    bare = Row(BARE, [])
    for _ in range(min(bench.repeats, REPEATS)):
        for (subscribers, at_once), row in rows.items():
            await _filled(bench, subscribers, posts // subscribers, at_once)
            await _timed(bench, row, posts, "workers")
            if len(bench.ends.events) < posts // subscribers:
                raise RuntimeError("some events never came")
        await _timed(bench, bare, posts, "tests.bench.poster", bench.ends.subscriber, str(posts))
    unit = "posts/s by one worker, events of about 2 KB"
    figures = _flat(rows[1, MANY], rows[1, FEW])
    return Group("deliveries", unit, [*rows.values(), bare], TARGET, [_busy(rows)], figures)


def _flat(many: Row, few: Row) -> list[Figure]:
    over = [a / b for a, b in zip(many.rates, few.rates, strict=True)]
    by_cpu = statistics.median(few.cpu_us) / statistics.median(many.cpu_us)
    what = f"the rate at {MANY} connections over that at {FEW}"
    return [Figure(what, statistics.median(over), "", None, f"by CPU {by_cpu:.2f}", FLAT)]


def _busy(rows: dict[tuple[int, int], Row]) -> str:
    """Say how much of its core the worker had work for, or was given."""
    shares = ", ".join(
        f"{row.rate * statistics.median(row.cpu_us) / 1e6:.2f}" for row in rows.values()
    )
    return f"the worker's share of its core, row by row: {shares}"


async def _filled(bench: Bench, subscribers: int, events: int, at_once: int) -> None:
    await bench.empty()
    (connection,) = await world.connect(bench.store, 1)
    for _ in range(subscribers):
        wanted = Wanted(url=bench.ends.subscriber + "/", concurrency=at_once)
        await bench.store.subscribers.create(wanted, None)
    candidates = range(world.FIRST_ID, world.FIRST_ID + events)
    await world.know(bench.store, connection.id, candidates, 0)
    if await world.move(bench.store, connection.id, candidates, 1) != events:
        raise RuntimeError("the log was not filled as meant")


async def _timed(bench: Bench, row: Row, posts: int, module: str, *args: str) -> None:
    with running(module, *args, env=bench.env, core=bench.core) as child:
        cpu: list[float] = []
        bench.ends.expect(posts, lambda: cpu.append(machine.cpu_s(child.pid)))
        seconds = await bench.ends.all()
        row.cpu_us.append((machine.cpu_s(child.pid) - cpu[0]) / posts * 1e6)
        row.rates.append((posts - 1) / seconds)
