"""End to end: webhooks in the inbox to events delivered, against one stock arq job per step."""

from arq.connections import ArqRedis

from service.core.recruitee import webhook
from service.core.store.connections import Connection
from service.core.store.subscribers import Wanted
from tests.bench import machine, world
from tests.bench.bench import Bench
from tests.bench.children import running
from tests.bench.report import Group, Row
from workers.bell import open_arq

EVENTS = 2500
CONNECTIONS = 50
TARGET = 1.30


async def measure(bench: Bench) -> Group:
    """Measure with every write on the disk before it is answered, as we run Redis."""
    return await _measured(bench, "end to end, appendfsync always")


async def measure_everysec(bench: Bench) -> Group:
    """Measure with a disk that nobody waits for: stock arq starts its jobs one after the other."""
    redis = bench.store.pipe.redis
    await redis.config_set("appendfsync", "everysec")
    try:
        return await _measured(bench, "end to end, appendfsync everysec")
    finally:
        await redis.config_set("appendfsync", "always")


async def _measured(bench: Bench, title: str) -> Group:
    """Measure both in turn, on the same webhooks."""
    events = bench.count(EVENTS) // CONNECTIONS * CONNECTIONS
    ours, stock = Row("worker", []), Row("stock arq, one job per step", [])
    for _ in range(bench.repeats):
        for row, module in ((ours, "workers"), (stock, "tests.bench.stock")):
            connections = await _known(bench, events // CONNECTIONS)
            await _ask(bench, connections, events, stock=row is stock)
            await _timed(bench, row, events, module)
    return Group(title, "events/s, 50 connections, 1 subscriber", [ours, stock], TARGET)


async def _known(bench: Bench, each: int) -> list[Connection]:
    """Empty the store and make everything known that the webhooks are about."""
    await bench.empty()
    connections = await world.connect(bench.store, CONNECTIONS)
    await bench.store.subscribers.create(Wanted(url=bench.ends.subscriber + "/"), None)
    bench.ends.pages.turn = 1
    for number, connection in enumerate(connections):
        await world.know(bench.store, connection.id, _candidates(number, each), 0)
    return connections


def _candidates(number: int, each: int) -> range:
    first = world.FIRST_ID + number * each
    return range(first, first + each)


async def _ask(bench: Bench, connections: list[Connection], events: int, *, stock: bool) -> None:
    each = events // CONNECTIONS
    start = world.moved(world.FIRST_ID, 1, 77_000_000).split(b"%d" % world.FIRST_ID)
    asked = [
        (number, (b"%d" % i).join(start).replace(b"77000000", b"%d" % (77_000_000 + i)))
        for i_ in range(each)
        for number in range(CONNECTIONS)
        for i in [_candidates(number, each)[i_]]
    ]
    if not stock:
        return await world.ask(bench.store, connections, asked)
    url = bench.settings.redis_url
    arq: ArqRedis = open_arq(url.get_secret_value() if url else "")
    for number, body in asked:
        for entry in webhook.read(body).entries:
            await arq.enqueue_job("refetch", connections[number].id, entry.decode())
    await arq.aclose(close_connection_pool=True)


async def _timed(bench: Bench, row: Row, events: int, module: str) -> None:
    with running(module, env=bench.env, core=bench.core) as child:
        cpu: list[float] = []
        bench.ends.expect(events, lambda: cpu.append(machine.cpu_s(child.pid)))
        seconds = await bench.ends.all()
        row.cpu_us.append((machine.cpu_s(child.pid) - cpu[0]) / events * 1e6)
        row.rates.append(events / seconds)
    if len(bench.ends.events) != events:
        raise RuntimeError(f"{len(bench.ends.events)} of {events} events came")
