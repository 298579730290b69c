"""A backlog: a paused subscriber's events are drained, against events that come as they are delivered."""

import asyncio
import itertools
from time import perf_counter

from service.core.store.connections import Connection
from service.core.store.subscribers import Wanted
from tests.bench import machine, world
from tests.bench.bench import Bench, settle
from tests.bench.children import Child, running
from tests.bench.report import Figure, Group, Row

EVENTS, QUICK = 100_000, 5000
STEADY, STEADY_QUICK = 10_000, 2000  # before the drain, and again after it
AHEAD = 500  # how many the steady events may be ahead of their deliveries
CONNECTIONS = 10
PARTS = 10  # of the drain; the steady events before it and after it make as many
LEAST_RATE = 300  # events/s under which we do not wait for the end
Place = tuple[Connection, range]  # candidates of one commit


async def measure(bench: Bench) -> Group:
    """Measure the steady rate, then the drain, then the steady rate, with one worker and one subscriber."""
    events = EVENTS if bench.scale >= 1 else QUICK
    around = STEADY if bench.scale >= 1 else STEADY_QUICK
    few = around // world.COMMIT_ROWS
    await bench.empty()
    connections = await world.connect(bench.store, CONNECTIONS)
    (made, _) = await bench.store.subscribers.create(Wanted(url=bench.ends.subscriber + "/"), None)
    places = _places(connections, events + 2 * around)
    for connection, candidates in places:
        await world.know(bench.store, connection.id, candidates, 0)
    drained, steady = Row(f"drain of {events:,} events", []), Row("steady", [])
    with running("workers", env=bench.env, core=bench.core) as child:
        await settle(2)
        held = [await _steady(bench, child, places[:few], steady)]
        await bench.store.subscribers.pause(made.id, "bench")
        for connection, candidates in places[few:-few]:
            await world.move(bench.store, connection.id, candidates, 1)
        await settle(1)
        await _drain(bench, child, made.id, events, drained)
        held.append(await _steady(bench, child, places[-few:], steady))
    unit = f"events/s, 1 worker, 1 subscriber, {CONNECTIONS} connections, by tenths"
    lines = ["steady events waited for the worker {:.0%} and {:.0%} of the time".format(*held)]
    last = Figure("the drain's last tenth over its first", drained.rates[-1] / drained.rates[0])
    return Group("backlog", unit, [drained, steady], None, lines, [last])


def _places(connections: list[Connection], count: int) -> list[Place]:
    size = world.COMMIT_ROWS
    starts = range(world.FIRST_ID, world.FIRST_ID + count, size)
    return [
        (connections[number % CONNECTIONS], range(start, start + size))
        for number, start in enumerate(starts)
    ]


async def _steady(bench: Bench, child: Child, places: list[Place], row: Row) -> float:
    """Commit events as they are delivered; return the share of the time in which they were held back."""
    made = [(c.id, lot) for c, candidates in places for lot in world.moves(c.id, candidates, 1)]
    count = sum(len(lot.changes) for _, lot in made)
    cpu = _expect(bench, child, count)
    began, held, sent = perf_counter(), 0.0, 0
    until = began + 30 + count / LEAST_RATE
    for c, lot in made:
        full = perf_counter()
        while sent - len(bench.ends.arrived) >= AHEAD:
            await _still(until)
        held += perf_counter() - full
        sent += await world.commit(bench.store, c, lot, ring=True)
    took = perf_counter() - began
    await _arrived(bench, count, until)
    _note(bench, child, row, cpu, PARTS // 2)
    return held / took


async def _drain(bench: Bench, child: Child, subscriber: str, count: int, row: Row) -> None:
    cpu = _expect(bench, child, count)
    await bench.store.subscribers.resume(subscriber)
    await _arrived(bench, count, perf_counter() + 30 + count / LEAST_RATE)
    _note(bench, child, row, cpu, PARTS)


def _expect(bench: Bench, child: Child, count: int) -> list[float]:
    """Begin to count; what is returned gets the processor time at the first delivery."""
    cpu: list[float] = []
    bench.ends.expect(count, lambda: cpu.append(machine.cpu_s(child.pid)))
    return cpu


async def _arrived(bench: Bench, count: int, until: float) -> None:
    while len(bench.ends.arrived) < count:
        await _still(until)


async def _still(until: float) -> None:
    if perf_counter() > until:
        raise TimeoutError("the events do not come")
    await asyncio.sleep(0.005)


def _note(bench: Bench, child: Child, row: Row, cpu: list[float], parts: int) -> None:
    """Note the rate of each part, and the processor time over all."""
    at = [when for when, _ in bench.ends.arrived]
    if len(bench.ends.events) < len(at):
        raise RuntimeError("some events never came")
    row.cpu_us.append((machine.cpu_s(child.pid) - cpu[0]) / len(at) * 1e6)
    size = len(at) // parts
    ends = [bench.ends.began, *at[size - 1 :: size]]
    row.rates.extend(size / (b - a) for a, b in itertools.pairwise(ends))
