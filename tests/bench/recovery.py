"""Recovery: subscribers were stopped, a backlog waits, they are resumed; is it a herd that comes?"""

import asyncio
from time import perf_counter

from service.core.store.subscribers import Wanted
from tests.bench import world
from tests.bench.bench import Bench, settle
from tests.bench.children import running
from tests.bench.receiving import Receiver, receiving
from tests.bench.report import Figure, Group

SUBSCRIBERS = 10
DELIVERIES = 100_000
AT_ONCE = 4
ANSWER_S = 0.002  # so that requests at once can be seen
WITHIN_S = 150.0


async def measure(bench: Bench) -> Group:
    """Let each subscriber miss as many events, resume them all at once, and watch."""
    events = max(200, int(DELIVERIES * bench.scale) // SUBSCRIBERS)
    await bench.empty()
    (connection,) = await world.connect(bench.store, 1)
    async with receiving(ANSWER_S) as receiver:
        made = []
        for number in range(SUBSCRIBERS):
            wanted = Wanted(url=receiver.address(number), concurrency=AT_ONCE)
            made.append((await bench.store.subscribers.create(wanted, None))[0].id)
        for s in made:
            await bench.store.subscribers.pause(s, "bench")
        candidates = range(world.FIRST_ID, world.FIRST_ID + events)
        await world.know(bench.store, connection.id, candidates, 0)
        await world.move(bench.store, connection.id, candidates, 1)
        with running("workers", env=bench.env, core=bench.core):
            await settle(1.5)
            await receiver.reset()
            began = perf_counter()
            for s in made:
                await bench.store.subscribers.resume(s)
            return await _watched(receiver, began, events * SUBSCRIBERS)


async def _watched(receiver: Receiver, began: float, count: int) -> Group:
    had = 0
    while (had := await receiver.count()) < count:
        if perf_counter() - began > WITHIN_S:
            break
        await asyncio.sleep(0.25)
    seen = await receiver.seen()
    seconds = max(at for at, _, _ in seen["taken"]) - began
    note = "" if had >= count else f"stopped waiting: {had:,} had come"
    figures = [
        Figure(f"{count:,} deliveries to {SUBSCRIBERS} subscribers", seconds, "s", None, note),
        Figure("deliveries/s", had / seconds),
        Figure("requests at once to one subscriber, at most", seen["most"], "", AT_ONCE),
        Figure("sent more than once", had - len({(e, n) for _, e, n in seen["taken"]}), "", 0),
    ]
    return Group("recovery", "resumed all at once, one worker", [], None, [], figures)
