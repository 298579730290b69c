"""Deliveries: events of a filled log delivered per second, against bare aiohttp posts."""

from service.core.store.subscribers import Wanted
from tests.bench import machine, world
from tests.bench.bench import Bench
from tests.bench.children import running
from tests.bench.report import Group, Row

POSTS = 4000
TARGET = 0.40
AT_ONCE = 50  # as many as the bare posts


async def measure(bench: Bench) -> Group:
    """Measure one subscriber, ten, and bare posts in turn."""
    posts = bench.count(POSTS) // 10 * 10
    rows = {
        (1, 4): Row("worker, 1 subscriber", []),
        (1, AT_ONCE): Row("worker, 1 subscriber, 50 at once", []),
        (10, 4): Row("worker, 10 subscribers", []),
    }
    bare = Row("bare aiohttp, 50 at once", [])
    for _ in range(bench.repeats):
        for (subscribers, at_once), row in rows.items():
            await _filled(bench, subscribers, posts // subscribers, at_once)
            await _timed(bench, row, posts, "workers")
            if len(bench.ends.events) < posts // subscribers:
                raise RuntimeError("some events never came")
        await _timed(bench, bare, posts, "tests.bench.poster", bench.ends.subscriber, str(posts))
    return Group("deliveries", "posts/s, events of about 2 KB", [*rows.values(), bare], TARGET)


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
