"""How one process ends, and what else goes wrong on its way there: drawn from the seed."""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import get_args

from tests.crash.loop import CrashLoop
from tests.crash.pipe import Fault

SCENARIOS: dict[str, tuple[str, ...]] = {
    "ingress": ("accept", "GET", "HGETALL"),
    "drain": ("claim", "renew", "pull", "release"),
    "fetch": ("begin", "turn", "HMGET", "HGET"),
    "commit": ("commit", "park"),
    "deliver": ("step", "GET"),
    "settle": ("step",),
    "sweep": ("sweep", "ZRANGE", "XTRIM"),
    "replay": (
        "LRANGE",
        "LLEN",
        "open_replay",
        "release_replay",
        "renew",
        "fill_replay",
        "new_replay",
    ),
    "sync": (
        "begin",
        "commit",
        "note_run",
        "turn",
        "HMGET",
        "SMEMBERS",
        "SADD",
        "SISMEMBER",
        "enqueue",
        "wake_connection",
    ),
    "baseline": ("begin", "commit", "note", "wake_connection", "release", "HMGET"),
    "watch": (
        "while_linked",
        "enqueue",
        "commit",
        "looked",
        "mark_seen",
        "unseen",
        "settle_reconciliation",
        "LRANGE",
        "LTRIM",
        "ZMSCORE",
        "turn",
    ),
    "erase": (
        "new_erasure",
        "tell_erased",
        "erase_keys",
        "scrub_delivery",
        "erase_inbox",
        "erase_letter",
        "release_erasure",
        "subject_events",
        "forget",
        "HSET",
    ),
    "act": ("new_action", "note_action", "end_action", "commit", "turn"),
    "steal": ("pull", "commit", "step", "release", "begin", "park"),
    "mixed": (),
}
"""Scenario -> the commands at which its processes prefer to die (none: any)."""
LIFE_S = 0.15


@dataclass
class Tally:
    """What was done, and what was wrong."""

    points: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    at: Counter[str] = field(default_factory=Counter)
    events: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass
class Plan:
    """How one process ends: before its n-th callback, or at its n-th command of some names."""

    rng: random.Random
    loop: CrashLoop
    names: tuple[str, ...]
    tally: Tally
    callbacks: int | None = None
    commands: int | None = None
    steals: float = 0.0
    faults: float = 0.01
    armed: bool = False

    @classmethod
    def draw(cls, rng: random.Random, loop: CrashLoop, scenario: str, tally: Tally) -> "Plan":
        """Choose an end: half at a callback, half at a command."""
        plan = cls(rng, loop, SCENARIOS[scenario], tally)
        if rng.random() < 0.5:
            plan.callbacks = int(rng.choice((30, 150, 400)) * rng.random()) + 1
        else:
            plan.commands = rng.choice((1, 2, 3, 5, 8, 13))
        if scenario == "steal":
            plan.steals = 0.15
        return plan

    def asked(self, name: str) -> Fault | None:
        """Decide what happens to a command."""
        if not self.armed:
            return None
        if self.commands is not None and (not self.names or name in self.names):
            self.commands -= 1
            if self.commands <= 0:
                self.tally.at[name] += 1
                return self.rng.choice(("die_unsent", "die_unheard"))
        if self.rng.random() < self.steals:
            return self._counted("steal")
        if self.rng.random() < self.faults:
            fault: Fault = self.rng.choice(("lost", "unheard", "twice"))
            if fault != "twice":
                # What lost its store waits for long: its time is better spent dead.
                self.loop.call_later(0.01, self.loop.kill)
            return self._counted(fault)
        return None

    def arm(self) -> None:
        """Begin to count: the process is up."""
        self.armed = True
        if self.callbacks is not None:
            self.loop.dies_after = self.loop.ran + self.callbacks
        self.loop.call_later(LIFE_S, self.loop.kill)

    def _counted(self, fault: Fault) -> Fault:
        assert fault in get_args(Fault)
        self.tally.faults[fault] += 1
        return fault
