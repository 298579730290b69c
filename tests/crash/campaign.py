"""Runs after runs, each with a seed of its own, until enough points were crashed at."""

import gc
import logging
import sys
import warnings

from tests.crash.far_ends import far_thread
from tests.crash.loop import mortal
from tests.crash.plan import Tally
from tests.crash.run import Run, listen, quicker
from tests.crash.safeguards import switched_off
from tests.crash.server import serving

POINTS_A_RUN = 60
ENOUGH = 5


def campaign(seed: int, points: int, scenarios: list[str], without: str | None = None) -> Tally:
    """Crash at `points` points; stops early at the first run that was wrong."""
    tally = Tally()
    # Of the dead, generators are closed when they are taken apart: what they say of that is no finding.
    sys.unraisablehook = lambda _: None
    warnings.simplefilter("ignore", RuntimeWarning)
    logging.disable(logging.CRITICAL)
    listen(tally)
    with switched_off(without), mortal(), serving() as server, far_thread() as serve:
        quicker()
        gc.collect()
        gc.freeze()
        gc.disable()
        number = 0
        while tally.points < points and not tally.wrong:
            scenario = scenarios[number % len(scenarios)]
            name = f"{seed}-{number}-{scenario}"
            run = Run(server, name, scenario, tally)
            run.play(serve(run.ends), min(POINTS_A_RUN, points - tally.points))
            tally.wrong = [f"[run {name}] {words}" for words in tally.wrong]
            number += 1
        gc.enable()
    return tally
