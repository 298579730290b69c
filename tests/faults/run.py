"""One run: start, storm while things break, mend, let everything drain, and look at what came out."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.faults.breaker import Breaker
from tests.faults.drain import drained, replayed
from tests.faults.figures import Figures
from tests.faults.house import House, housing
from tests.faults.look import history, look_at
from tests.faults.sender import Sender
from tests.faults.stored import differences, read_in_full
from tests.faults.storm import Storm
from tests.faults.timetable import timetable

EDITS_PER_S = 15.0


@dataclass(frozen=True)
class Result:
    """What came of a run: nothing is broken when it went well."""

    figures: Figures
    broken: list[str]


async def run(seed: int, length_s: float, folder: Path) -> Result:
    """Make one run; its processes write their logs to `folder`."""
    async with housing(seed, folder) as house:
        figures = Figures(seed, length_s)
        ports = [web.port for web in house.webs]
        sender = Sender(house.http, ports, Random(f"sender {seed}"))
        breaker = Breaker(house)
        adopted = frozenset(history(house))
        resuming = asyncio.get_running_loop().create_task(_resume_all(house))
        try:
            await _storm(seed, house, sender, breaker, figures)
            problems = await drained(house, sender, figures)
            problems += await read_in_full(house)
            problems += await replayed(house, figures)
        finally:
            resuming.cancel()
            sender.stop()
        problems += await look_at(house, sender, breaker, adopted, figures)
        problems += await differences(house)
        return Result(figures, problems)


async def _storm(
    seed: int, house: House, sender: Sender, breaker: Breaker, figures: Figures
) -> None:
    companies = list(house.recruitee.companies.values())
    storm = Storm(Random(f"storm {seed}"), companies, sender)
    until_s = asyncio.get_running_loop().time() + figures.length_s
    try:
        await asyncio.gather(
            storm.blow(EDITS_PER_S, until_s), breaker.follow(timetable(seed, figures.length_s))
        )
    finally:
        await breaker.mend()
    figures.edits, figures.done = storm.edits, breaker.done


async def _resume_all(house: House) -> None:
    """Resume, as an operator would, whoever was paused by a 410."""
    while True:
        await asyncio.sleep(2)
        try:
            for shown in (await house.ops("GET", "subscribers"))["items"]:
                if shown["status"] != "active":
                    await house.ops("POST", f"subscribers/{shown['id']}/resume")
        except (TimeoutError, AssertionError):
            continue  # everything may be down just now
