"""What it costs to have each webhook on the disk before its 200: `always` against `everysec`."""

import statistics

from tests.bench import machine, world
from tests.bench.bench import Bench, settle
from tests.bench.children import Child, running
from tests.bench.ingress import PEERS
from tests.bench.load import drive
from tests.bench.report import Figure, Group, Row

REQUESTS = 4000
TURNS = 3  # in each repeat: the disk is everybody's, so short turns compare best
SERVE = ("serve", "--host", "127.0.0.1", "--port", "{port}")


async def measure(bench: Bench) -> Group:
    """Measure the receiver under both in turn, one process and one Redis."""
    await bench.empty()
    connections = await world.connect(bench.store, 50)
    count = bench.count(REQUESTS) // TURNS
    always, everysec = Row("appendfsync always", []), Row("appendfsync everysec", [])
    redis = bench.store.pipe.redis
    server = [Row(row.what, []) for row in (always, everysec)]
    server_pid = int((await redis.info("server"))["process_id"])
    with running("service.cli", *SERVE, env=bench.env, core=bench.core, listens=True) as web:
        await settle()
        try:
            for repeat in range(TURNS * bench.repeats + 1):
                for turn, (row, theirs) in enumerate(zip((always, everysec), server, strict=True)):
                    await redis.config_set("appendfsync", row.what.split()[1])
                    made = world.requests(connections, count, 1, (2 * repeat + turn) * count)
                    before = machine.cpu_s(server_pid)
                    await _driven(web, made if repeat else made[:500], row, told=repeat > 0)
                    if repeat:
                        used = machine.cpu_s(server_pid) - before
                        theirs.cpu_us.append(used / count * 1e6)
        finally:
            await redis.config_set("appendfsync", "always")
    took = [statistics.median(row.cpu_us) for row in server]
    figures = [Figure("the server's processor time, always over everysec", took[0] / took[1])]
    unit = f"requests/s, {PEERS} clients"
    return Group("accepting on the disk", unit, [always, everysec], None, [], figures)


async def _driven(web: Child, requests: list[bytes], row: Row, *, told: bool) -> None:
    before = machine.cpu_s(web.pid)
    load = await drive(web.port, requests, PEERS)
    if load.statuses[b"200"] != len(requests):
        raise RuntimeError(f"not every request was answered with 200: {dict(load.statuses)}")
    if told:  # the first round warms up
        row.rates.append(load.rate)
        row.cpu_us.append((machine.cpu_s(web.pid) - before) / len(requests) * 1e6)
