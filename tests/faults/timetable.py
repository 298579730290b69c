"""When what is broken: a timetable drawn by seed, so that a run can be made again."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

KILL_EVERY_S = (0.5, 1.1)
REDIS_EVERY_S = (5.0, 9.0)
BREAK_EVERY_S = (1.2, 2.6)
SYNC_EVERY_S = (3.0, 6.0)
LOOK_EVERY_S = (2.0, 5.0)
QUIET_AT_FIRST_S = 1.0
BREAKS = {
    "restart redis": 4, "fill redis": 5, "cut redis": 8, "delay redis": 4, "hold redis": 6,
    "cut recruitee": 3, "hold recruitee": 3, "cut subscriber": 4, "hold subscriber": 4,
    "freeze worker": 6, "freeze web": 3, "freeze redis": 4, "move clock": 4, "roll": 3,
    "upset recruitee": 8, "upset subscriber": 16,
}  # fmt: skip
LASTS_S = {
    "fill redis": (0.5, 2.5), "delay redis": (1, 3), "hold redis": (0.5, 7), "hold recruitee": (0.5, 3),
    "hold subscriber": (0.5, 5), "freeze worker": (5.5, 9), "freeze web": (1, 6), "freeze redis": (0.5, 6),
    "move clock": (5, 12), "upset recruitee": (0.5, 3), "upset subscriber": (1, 5),
}  # fmt: skip


class Fault(NamedTuple):
    """One thing that is broken: when, what, for how long, and a number for whatever else is drawn."""

    at_s: float
    kind: str
    lasts_s: float
    draw: int


def timetable(seed: int, length_s: float) -> list[Fault]:
    """Return the faults of a run, in time; all are over by its end."""
    random = Random(f"timetable {seed}")
    found = [
        *_every(random, KILL_EVERY_S, length_s, {"kill web": 1, "kill worker": 1}),
        *_every(random, REDIS_EVERY_S, length_s, {"kill redis": 1}),
        *_every(random, SYNC_EVERY_S, length_s, {"sync": 1}),
        *_every(random, BREAK_EVERY_S, length_s, BREAKS),
        # Drawn by themselves: what a seed broke before these were there it breaks still.
        *_every(Random(f"looks {seed}"), LOOK_EVERY_S, length_s, {"look": 2, "reconcile": 1}),
    ]
    return sorted(fault for fault in found if fault.at_s + fault.lasts_s < length_s)


def _every(
    random: Random, apart_s: tuple[float, float], length_s: float, kinds: dict[str, int]
) -> Iterator[Fault]:
    at_s = QUIET_AT_FIRST_S
    while (at_s := at_s + random.uniform(*apart_s)) < length_s:
        kind = random.choices(list(kinds), list(kinds.values()))[0]
        lasts_s = random.uniform(*LASTS_S.get(kind, (0, 0)))
        yield Fault(at_s, kind, lasts_s, random.randrange(1 << 30))
