"""From the webhook's 200 to the first attempt: while the line is idle, and at 70 % of what it can carry."""

import statistics

import orjson

from service.core.store.connections import Connection
from service.core.store.subscribers import Wanted
from tests.bench import world
from tests.bench.bench import Bench, settle
from tests.bench.children import Child, running
from tests.bench.load import Load, drive, pace
from tests.bench.report import Figure, Group

CONNECTIONS = 10
IDLE_RATE = 10.0
IDLE, FLOOD, LOADED_S = 60, 1000, 5.0
LOAD = 0.7
CUT = 0.1  # the beginning is warm-up
SERVE = ("serve", "--host", "127.0.0.1", "--port", "{port}")


async def measure(bench: Bench) -> Group:
    """Measure idle, find out what the line carries, then measure at a share of that, in one go."""
    bench.ends.pages.turn, bench.ends.keep_bodies = 1, True
    await bench.empty()
    connections = await world.connect(bench.store, CONNECTIONS)
    await bench.store.subscribers.create(Wanted(url=bench.ends.subscriber + "/"), None)
    try:
        with (
            running("service.cli", *SERVE, env=bench.env, core=bench.core, listens=True) as web,
            running("workers", env=bench.env, core=bench.core),
        ):
            await settle(1.5)
            idle = await _paced(bench, web, connections, 0, IDLE, IDLE_RATE)
            carried = await _flooded(bench, web, connections, IDLE, FLOOD)
            rate = LOAD * carried
            count = max(100, int(rate * LOADED_S))
            loaded = await _paced(bench, web, connections, IDLE + FLOOD, count, rate)
    finally:
        bench.ends.keep_bodies = False
    figures = [
        *_figures(f"idle ({IDLE_RATE:.0f} webhooks/s)", idle),
        *_figures(f"{LOAD:.0%} load ({rate:.0f} webhooks/s)", loaded),
        Figure("p50 at that load over idle", _ms(loaded, 0.5) / _ms(idle, 0.5)),
    ]
    unit = "from the 200 to the request's arrival; web and worker share the core, one subscriber"
    return Group("first attempt", unit, [], None, [], figures)


async def _paced(
    bench: Bench, web: Child, connections: list[Connection], first: int, count: int, rate: float
) -> list[float]:
    """Return the seconds from each 200 to the first attempt; one that overtook its 200 counts as 0."""
    await _known(bench, connections, first, count)
    bench.ends.expect(count, lambda: None)
    requests = world.requests(connections, count, 1, first)
    load = await pace(web.port, requests, rate, len(connections) * 5, [])
    await bench.ends.all()
    _taken(load, count)
    return [
        max(0.0, at - load.acks[number])
        for at, number in ((at, _number(body) - first) for at, body in bench.ends.arrived)
        if number >= count * CUT
    ]


async def _flooded(
    bench: Bench, web: Child, connections: list[Connection], first: int, count: int
) -> float:
    """Return the webhooks/s that come out at the other end when all are sent at once."""
    await _known(bench, connections, first, count)
    bench.ends.expect(count, lambda: None)
    load = await drive(web.port, world.requests(connections, count, 1, first))
    _taken(load, count)
    return count / await bench.ends.all()


async def _known(bench: Bench, connections: list[Connection], first: int, count: int) -> None:
    """Store the candidates that `world.requests` will tell of."""
    for place, connection in enumerate(connections):
        mine = range(first + (place - first) % len(connections), first + count, len(connections))
        await world.know(bench.store, connection.id, [world.FIRST_ID + n for n in mine], 0)


def _taken(load: Load, count: int) -> None:
    if load.statuses[b"200"] != count:
        raise RuntimeError(f"not every webhook was taken: {dict(load.statuses)}")


def _number(body: bytes) -> int:
    return int(orjson.loads(body)["data"]["subject"]["remote_id"]) - world.FIRST_ID


def _figures(when: str, took: list[float]) -> list[Figure]:
    return [Figure(f"{when}, p{q}", _ms(took, q / 100), "ms") for q in (50, 95)]


def _ms(took: list[float], quantile: float) -> float:
    return 1000 * statistics.quantiles(took, n=100)[round(100 * quantile) - 1]
