"""Memory: the bytes of Redis that a delivery costs while its subscriber is paused, and while it is tried."""

from service.core.store.deliveries import (
    Attempt,
    Delivery,
    Limits,
    LogEntry,
    Opening,
    Settle,
    Terms,
    opened,
)
from service.core.store.subscribers import Wanted
from tests.bench import world
from tests.bench.bench import Bench
from tests.bench.report import Figure, Group

EVENTS = 2000
LINES, EACH = 20, 400
RETRY_MS = 3_600_000
MOST_PAUSED, MOST_RETRYING = 1.0, 600.0
LIMITS = Limits(5000, 16_000, 500, 0)


async def measure(bench: Bench) -> Group:
    """Measure both."""
    figures = [
        Figure(
            "a paused subscriber, for each event that it misses", await _paused(bench), "bytes",
            MOST_PAUSED, "its position and nothing else",
        ),
        Figure(
            "a delivery that is retried, after one failure", await _retried(bench), "bytes",
            MOST_RETRYING, "with the attempt, its lane, its place in the lists",
        ),
    ]  # fmt: skip
    return Group("parked deliveries", "used_memory over the count", [], None, [], figures)


async def _paused(bench: Bench) -> float:
    """Return what the log grows by with a paused subscriber, less what it grows by without, per event."""
    grown = []
    for subscribers in (0, 1):
        await bench.empty()
        (connection,) = await world.connect(bench.store, 1)
        for _ in range(subscribers):
            made, _ = await bench.store.subscribers.create(Wanted(url="http://127.0.0.1:9/"), None)
            await bench.store.subscribers.pause(made.id, "bench")
        candidates = range(world.FIRST_ID, world.FIRST_ID + EVENTS)
        await world.know(bench.store, connection.id, candidates, 0)
        before = await _keys(bench)
        await world.move(bench.store, connection.id, candidates, 1)
        grown.append(await _keys(bench) - before)
    return abs(grown[1] - grown[0]) / EVENTS


async def _keys(bench: Bench) -> int:
    """Return the bytes of all keys, each asked for: the total moves with buffers and tables."""
    redis, total = bench.store.pipe.redis, 0
    async for key in redis.scan_iter(count=1000):
        total += int(await redis.memory_usage(key, samples=0) or 0)
    return total


async def _retried(bench: Bench) -> float:
    await bench.empty()
    before = await _used(bench)
    for number in range(LINES):
        await _line(bench, number)
    return (await _used(bench) - before) / (LINES * EACH)


async def _line(bench: Bench, number: int) -> None:
    """Open deliveries of as many subjects, hand them out, and have each fail once."""
    made, _ = await bench.store.subscribers.create(Wanted(url="http://127.0.0.1:9/"), None)
    await bench.store.pipe.run("wake_subscriber", made.id, "", "")
    (lease,) = (await bench.store.claims.claim("out", 1, 60_000)).leases
    step, c = bench.store.deliveries.step, f"con{number:021}"
    entries = [_entry(number, nth) for nth in range(EACH)]
    parked = [opened(made.id, c, entry, 1_790_000_000_000) for entry in entries]
    opening = Opening(c, "0-0", entries[-1].position, parked)
    terms = Terms(0, 0, 0, EACH)
    going = (await step(lease, LIMITS, EACH, 0, [opening], [], terms)).going
    await step(lease, LIMITS, 0, 0, [], [_failed(each) for each in going], terms)


def _entry(number: int, nth: int) -> LogEntry:
    name = f"{number:03}{nth:021}"
    position = f"{1_790_000_000_000 + nth}-0"
    return LogEntry(position, f"evt_{name}", "application.stage_changed", name, "application", name)


def _failed(delivery: Delivery) -> Settle:
    attempt = Attempt(
        number=1, at=1_790_000_000_000, status_code=503, error=None, duration_ms=12,
        response_excerpt="Service Unavailable",
    )  # fmt: skip
    after = delivery.model_copy(update={"n": 1, "log": (attempt,)})
    return Settle(after, "retry", RETRY_MS, took_ms=12)


async def _used(bench: Bench) -> int:
    return int((await bench.store.pipe.redis.info("memory"))["used_memory"])
