"""Deliveries: events of a filled log delivered per second, against bare aiohttp posts."""

from service.core.store.subscribers import Wanted
from tests.bench import machine, world
from tests.bench.bench import Bench
from tests.bench.children import running
from tests.bench.report import Group, Row

POSTS = 4000
TARGET = 0.20


async def measure(bench: Bench) -> Group:
    """Measure one subscriber, ten, and bare posts in turn."""
    posts = bench.count(POSTS) // 10 * 10
    rows = [Row("worker, 1 subscriber", []), Row("worker, 10 subscribers", [])]
    bare = Row("bare aiohttp, 50 at once", [])
    for _ in range(bench.repeats):
        for row, subscribers in zip(rows, (1, 10), strict=True):
            await _filled(bench, subscribers, posts // subscribers)
            await _timed(bench, row, posts, "workers")
            if len(bench.ends.events) < posts // subscribers:
                raise RuntimeError("some events never came")
        await _timed(bench, bare, posts, "tests.bench.poster", bench.ends.subscriber, str(posts))
    return Group("deliveries", "posts/s, events of about 2 KB", [*rows, bare], TARGET)


async def _filled(bench: Bench, subscribers: int, events: int) -> None:
    await bench.empty()
    (connection,) = await world.connect(bench.store, 1)
    for _ in range(subscribers):
        await bench.store.subscribers.create(Wanted(url=bench.ends.subscriber + "/"), None)
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
