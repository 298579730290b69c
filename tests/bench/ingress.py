"""Ingress: signed webhooks of 4 KB accepted per second, against a bare Starlette route."""

from tests.bench import machine, world
from tests.bench.bench import Bench, settle
from tests.bench.children import Child, running
from tests.bench.load import Load, drive
from tests.bench.report import Group, Row

REQUESTS = 8000
PEERS = 32
TARGET = 0.30


async def measure(bench: Bench) -> Group:
    """Measure both in turn, the same requests to each."""
    await bench.empty()
    connections = await world.connect(bench.store, 50)
    count = bench.count(REQUESTS)
    ours, bare = Row("hirewire serve", []), Row("bare Starlette route", [])
    loads: dict[str, list[Load]] = {ours.what: [], bare.what: []}
    serve = ("serve", "--host", "127.0.0.1", "--port", "{port}")
    with (
        running("service.cli", *serve, env=bench.env, core=bench.core, listens=True) as web,
        running(
            "tests.bench.bare", "{port}", env=bench.env, core=bench.core, listens=True
        ) as route,
    ):
        await settle()
        for repeat in range(bench.repeats + 1):
            made = world.requests(connections, count, 1, repeat * count)
            for child, row in ((web, ours), (route, bare)):
                load, cpu = await _driven(child, made if repeat else made[:1000])
                if repeat:  # the first round warms up
                    row.rates.append(load.rate)
                    row.cpu_us.append(cpu)
                    loads[row.what].append(load)
    lines = [f"{name}: {_latency(found)}" for name, found in loads.items()]
    unit = f"requests/s, {world.BODY_BYTES} bytes, {PEERS} clients"
    return Group("ingress", unit, [ours, bare], TARGET, lines)


async def _driven(child: Child, requests: list[bytes]) -> tuple[Load, float]:
    before = machine.cpu_s(child.pid)
    load = await drive(child.port, requests, PEERS)
    cpu_us = (machine.cpu_s(child.pid) - before) / len(requests) * 1e6
    if load.statuses[b"200"] != len(requests):
        raise RuntimeError(f"not every request was answered with 200: {dict(load.statuses)}")
    return load, cpu_us


def _latency(loads: list[Load]) -> str:
    halves = (sorted(load.ms(q) for load in loads)[len(loads) // 2] for q in (0.5, 0.99))
    return "saturated, p50 {:.1f} ms, p99 {:.1f} ms".format(*halves)
