"""Latency: webhook sent to event received, at 50 a second, against the same hops with no queue."""

import statistics

import orjson

from service.core.store.connections import Connection
from service.core.store.subscribers import Wanted
from tests.bench import world
from tests.bench.bench import Bench, settle
from tests.bench.children import running
from tests.bench.load import pace
from tests.bench.report import Group

RATE = 50
SECONDS = 20
CONNECTIONS = 50
CUT = 0.1  # the beginning is warm-up


async def measure(bench: Bench) -> Group:
    """Measure the line, then the chain."""
    count = bench.count(RATE * SECONDS)
    line, line_ack = await _line(bench, count)
    chain, chain_ack = await _chain(bench, count)
    lines = [
        _said("hirewire serve + worker", line, line_ack),
        _said("chained, no queue", chain, chain_ack),
    ]
    ratio = _quantile(line, 0.5) / _quantile(chain, 0.5)
    lines.append(
        f"p50 is {ratio:.1f} times that of the chain, which loses what it holds when it dies"
    )
    return Group(
        "latency", f"{RATE} webhooks/s over {CONNECTIONS} connections, ms", [], None, lines
    )


async def _line(bench: Bench, count: int) -> tuple[list[float], float]:
    connections = await _known(bench, count)
    serve = ("serve", "--host", "127.0.0.1", "--port", "{port}")
    with (
        running("service.cli", *serve, env=bench.env, core=bench.core, listens=True) as web,
        running("workers", env=bench.env, core=bench.core),
    ):
        await settle(1.5)
        return await _paced(bench, web.port, world.requests(connections, count, 1))


async def _chain(bench: Bench, count: int) -> tuple[list[float], float]:
    connections = await _known(bench, count)
    args = ("{port}", bench.ends.recruitee, bench.ends.subscriber)
    with running("tests.bench.chain", *args, env=bench.env, core=bench.core, listens=True) as chain:
        await settle(1.5)
        return await _paced(bench, chain.port, world.requests(connections, count, 1))


async def _known(bench: Bench, count: int) -> list[Connection]:
    await bench.empty()
    connections = await world.connect(bench.store, CONNECTIONS)
    await bench.store.subscribers.create(Wanted(url=bench.ends.subscriber + "/"), None)
    bench.ends.pages.turn = 1
    for number, connection in enumerate(connections):
        mine = [world.FIRST_ID + i for i in range(number, count, CONNECTIONS)]
        await world.know(bench.store, connection.id, mine, 0)
    return connections


async def _paced(bench: Bench, port: int, requests: list[bytes]) -> tuple[list[float], float]:
    """Send at the pace; return the latencies of the whole way, and the median of the 200."""
    bench.ends.keep_bodies = True
    bench.ends.expect(len(requests), lambda: None)
    sent: list[float] = []
    load = await pace(port, requests, RATE, CONNECTIONS, sent)
    await bench.ends.all()
    bench.ends.keep_bodies = False
    took = []
    for at, body in bench.ends.arrived:
        number = int(orjson.loads(body)["data"]["subject"]["remote_id"]) - world.FIRST_ID
        if number >= len(requests) * CUT:
            took.append(at - sent[number])
    if load.statuses[b"200"] != len(requests):
        raise RuntimeError(f"not every webhook was taken: {dict(load.statuses)}")
    return took, statistics.median(load.latencies)


def _quantile(took: list[float], quantile: float) -> float:
    ordered = sorted(took)
    return 1000 * ordered[min(len(ordered) - 1, int(quantile * len(ordered)))]


def _said(what: str, took: list[float], ack: float) -> str:
    quantiles = ", ".join(f"p{q:g} {_quantile(took, q / 100):.1f}" for q in (50, 95, 99))
    return (
        f"{what}: {quantiles} ms (the 200 comes after {1000 * ack:.1f} ms, median; n={len(took)})"
    )
