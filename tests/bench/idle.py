"""An idle worker: what it asks of Redis and of the processor while nothing happens."""

import asyncio
import contextlib
from collections import Counter

from service.core.store.subscribers import Wanted
from tests.bench import machine, world
from tests.bench.bench import Bench
from tests.bench.children import running
from tests.bench.report import Figure, Group

LINES = 10
SETTLE_S = 7.0
SECONDS = 60.0  # what comes once a minute is among it
MOST_COMMANDS, MOST_CPU = 5.0, 0.5


async def measure(bench: Bench) -> Group:
    """Watch one worker with ten connections and ten subscribers."""
    await bench.empty()
    await world.connect(bench.store, LINES)
    for _ in range(LINES):
        await bench.store.subscribers.create(Wanted(url=bench.ends.subscriber + "/"), None)
    seconds = max(10.0, SECONDS * bench.scale)
    with running("workers", env=bench.env, core=bench.core) as child:
        await asyncio.sleep(SETTLE_S)
        cpu, before = machine.cpu_s(child.pid), await _calls(bench)
        sent = await _sent(bench, seconds)
        calls, used = await _calls(bench), machine.cpu_s(child.pid) - cpu
    calls.subtract(before)
    asked = sent.total()
    figures = [
        Figure("commands sent to Redis per second", asked / seconds, "", MOST_COMMANDS),
        Figure("processor", 100 * used / seconds, "%", MOST_CPU),
    ]
    lines = [
        f"sent, per second: {_most(sent, seconds)}",
        f"with those inside scripts {calls.total() / seconds:.1f}: {_most(calls, seconds)}",
    ]
    return Group(
        "idle worker", f"{LINES} connections, {LINES} subscribers", [], None, lines, figures
    )


async def _calls(bench: Bench) -> Counter[str]:
    """Return how often each command ran, in scripts too; our own looks are left out."""
    stats = await bench.store.pipe.redis.info("commandstats")
    rows = {name.removeprefix("cmdstat_"): row["calls"] for name, row in stats.items()}
    return Counter({name: n for name, n in rows.items() if name not in ("info", "monitor")})


async def _sent(bench: Bench, seconds: float) -> Counter[str]:
    """Listen to what clients send for so long; what runs inside scripts is not among it."""
    sent: Counter[str] = Counter()
    with contextlib.suppress(TimeoutError):
        async with bench.store.pipe.redis.monitor() as heard, asyncio.timeout(seconds):
            async for row in heard.listen():
                if row["client_type"] != "lua":
                    sent[row["command"].split(" ", 1)[0].lower()] += 1
    return sent


def _most(found: Counter[str], seconds: float) -> str:
    return ", ".join(f"{name} {n / seconds:.1f}" for name, n in found.most_common(12) if n > 0)
