"""Isolation: how long the healthy of a hundred subscribers wait while others hang or fail."""

import asyncio
import statistics
from time import perf_counter

from service.core.store.subscribers import Wanted
from tests.bench import world
from tests.bench.bench import Bench, settle
from tests.bench.children import running
from tests.bench.receiving import Receiver, receiving
from tests.bench.report import Figure, Group

SUBSCRIBERS = 100
SHARES = {1: 1.2, 10: 1.2, 50: 1.5}  # percent that hang or fail -> the most that p95 may grow to
EVERY_S = 0.5  # an event, for all of them
EVENTS, WARM = 12, 4  # measured, and before those
WITHIN_S = 20.0
REPEATS = 3  # at most


async def measure(bench: Bench) -> Group:
    """Measure all healthy, then each share of ill ones, in turn; half of those hang, half fail."""
    took: dict[int, list[float]] = {share: [] for share in (0, *SHARES)}
    async with receiving() as receiver:
        for turn in range(min(bench.repeats, REPEATS)):
            # Nobody comes always after the same one.
            for share in list(took) if turn % 2 == 0 else reversed(list(took)):
                took[share].append(await _p95(bench, receiver, share))
    figures = [
        Figure(
            f"p95 of the healthy with {share} % hanging or failing, over all healthy",
            statistics.median(a / b for a, b in zip(took[share], took[0], strict=True)),
            "", most, f"{statistics.median(took[share]):.0f} ms",
        )
        for share, most in SHARES.items()
    ]  # fmt: skip
    lines = [
        f"all healthy: p95 {statistics.median(took[0]):.0f} ms from the commit to the arrival at each",
        "the ill have had events before: what is measured is after their first failures",
    ]
    unit = f"{SUBSCRIBERS} subscribers, an event to each every {EVERY_S:g} s"
    return Group("isolation", unit, [], None, lines, figures)


async def _p95(bench: Bench, receiver: Receiver, ill: int) -> float:
    """Return the p95 in ms over the healthy ones."""
    await bench.empty()
    (connection,) = await world.connect(bench.store, 1)
    for number in range(SUBSCRIBERS):
        how = "take" if number >= ill else "fail" if number % 2 else "hang"
        await bench.store.subscribers.create(Wanted(url=receiver.address(number, how)), None)
    count = WARM + EVENTS
    candidates = range(world.FIRST_ID, world.FIRST_ID + count)
    await world.know(bench.store, connection.id, candidates, 0)
    lots = [world.moves(connection.id, [candidate], 1)[0] for candidate in candidates]
    await receiver.reset()
    with running("workers", env=bench.env, core=bench.core):
        await settle(1.5)
        for lot in lots[:WARM]:
            await world.commit(bench.store, connection.id, lot, ring=True)
            await asyncio.sleep(EVERY_S)
        await _taken(receiver, WARM * (SUBSCRIBERS - ill))
        await receiver.reset()
        told = []
        for lot in lots[WARM:]:
            told.append(perf_counter())
            await world.commit(bench.store, connection.id, lot, ring=True)
            await asyncio.sleep(EVERY_S)
        await _taken(receiver, EVENTS * (SUBSCRIBERS - ill))
        return _quantile(told, (await receiver.seen())["taken"])


async def _taken(receiver: Receiver, count: int) -> None:
    async with asyncio.timeout(WITHIN_S):
        while await receiver.count() < count:  # noqa: ASYNC110 - another process knows
            await asyncio.sleep(0.1)


def _quantile(told: list[float], taken: list[tuple[float, str, int]]) -> float:
    """Match arrivals to commits by order: every subscriber gets each event once."""
    seen: dict[int, int] = {}
    took = []
    for at, _, number in taken:
        nth = seen[number] = seen.get(number, -1) + 1
        took.append(1000 * (at - told[nth]))
    return statistics.quantiles(took, n=20)[-1]
