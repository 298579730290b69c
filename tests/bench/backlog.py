"""A backlog: a paused subscriber's events are drained, against events that come as they are delivered."""

import asyncio
from statistics import mean
from time import perf_counter

from service.core.store.connections import Connection
from service.core.store.subscribers import Wanted
from tests.bench import machine, world
from tests.bench.bench import Bench, settle
from tests.bench.children import Child, running
from tests.bench.report import Group, Row

EVENTS, QUICK = 100_000, 5000
STEADY, STEADY_QUICK = 5000, 1000  # before the drain, and again after it
AHEAD = 500  # how many the steady events may be ahead of their deliveries
CONNECTIONS = 10
Rate = tuple[float, float]  # events/s, processor us of one
LEAST_RATE = 50  # events/s under which we do not wait for the end


async def measure(bench: Bench) -> Group:
    """Measure the steady rate, then the drain, with one worker and one subscriber."""
    events = EVENTS if bench.scale >= 1 else QUICK
    around = STEADY if bench.scale >= 1 else STEADY_QUICK
    await bench.empty()
    connections = await world.connect(bench.store, CONNECTIONS)
    made = await bench.store.subscribers.create(Wanted(url=bench.ends.subscriber + "/"), None)
    lots = _lots(connections, events + 2 * around)
    for connection, candidates in lots:
        await world.know(bench.store, connection.id, candidates, 0)
    drained, steady = Row(f"drain of {events:,} events", []), Row("steady", [])
    with running("workers", env=bench.env, core=bench.core) as child:
        await settle(2)
        few = around // world.COMMIT_ROWS
        rates = [await _steady(bench, child, lots[:few])]
        await bench.store.subscribers.pause(made[0].id, "bench")
        for connection, candidates in lots[few:-few]:
            await world.move(bench.store, connection.id, candidates, 1)
        await settle(1)
        _note(drained, await _drain(bench, child, made[0].id, events))
        rates.append(await _steady(bench, child, lots[-few:]))
    _note(steady, (mean(rate for rate, _ in rates), mean(cpu for _, cpu in rates)))
    unit = f"events/s, 1 worker, 1 subscriber, {CONNECTIONS} connections"
    return Group("backlog", unit, [drained, steady])


def _lots(connections: list[Connection], count: int) -> list[tuple[Connection, range]]:
    size = world.COMMIT_ROWS
    starts = range(world.FIRST_ID, world.FIRST_ID + count, size)
    return [
        (connections[number % CONNECTIONS], range(start, start + size))
        for number, start in enumerate(starts)
    ]


async def _steady(bench: Bench, child: Child, lots: list[tuple[Connection, range]]) -> Rate:
    count = sum(len(lot) for _, lot in lots)
    cpu: list[float] = []
    bench.ends.expect(count, lambda: cpu.append(machine.cpu_s(child.pid)))
    until = perf_counter() + 30 + count / LEAST_RATE
    sent = 0
    for connection, candidates in lots:
        while sent - len(bench.ends.arrived) >= AHEAD:
            await _still(until)
        sent += await world.move(bench.store, connection.id, candidates, 1)
        # As a worker does after a commit; the commit itself leaves the bell to it here.
        await bench.store.pipe.run("sweep", 0)
    await _arrived(bench, count, until)
    return _rate(bench, child, count, cpu[0])


async def _drain(bench: Bench, child: Child, subscriber: str, count: int) -> Rate:
    cpu: list[float] = []
    bench.ends.expect(count, lambda: cpu.append(machine.cpu_s(child.pid)))
    await bench.store.subscribers.resume(subscriber)
    await _arrived(bench, count, perf_counter() + 30 + count / LEAST_RATE)
    return _rate(bench, child, count, cpu[0])


async def _arrived(bench: Bench, count: int, until: float) -> None:
    while len(bench.ends.arrived) < count:
        await _still(until)


async def _still(until: float) -> None:
    if perf_counter() > until:
        raise TimeoutError("the events do not come")
    await asyncio.sleep(0.005)


def _rate(bench: Bench, child: Child, count: int, cpu: float) -> Rate:
    if len(bench.ends.events) < count:
        raise RuntimeError("some events never came")
    seconds = bench.ends.arrived[count - 1][0] - bench.ends.began
    return (count - 1) / seconds, (machine.cpu_s(child.pid) - cpu) / count * 1e6


def _note(row: Row, rate: Rate) -> None:
    row.rates.append(rate[0])
    row.cpu_us.append(rate[1])
