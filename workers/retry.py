"""What follows an attempt: done, again at a time, dead, or a pause; a pure decision."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from service.core.net.exchange import Outcome
from service.core.times import Millis

JITTER: Final = 0.2
GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Delivered:
    """The subscriber has it."""


@dataclass(frozen=True, slots=True)
class RetryAt:
    """The next attempt is due at `at_ms`, milliseconds since the epoch."""

    at_ms: Millis


@dataclass(frozen=True, slots=True)
class Dead:
    """No further attempt: a dead letter with this reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Pause:
    """The subscriber asked to be left alone: it is paused, the delivery stays open.

    Once the subscriber is resumed the delivery is due at `retry_at_ms`, at the earliest.
    """

    reason: str
    retry_at_ms: Millis


Step = Delivered | RetryAt | Dead | Pause


def next_step(
    outcome: Outcome, attempt: int, schedule: Sequence[float], jitter: float, now_ms: Millis
) -> Step:
    """Decide what follows attempt number `attempt`, which ended at `now_ms` with this outcome.

    `schedule[n]` is the seconds to wait before attempt n + 1; the caller draws `jitter`, 0 to 1.
    """
    if outcome.succeeded:
        return Delivered()
    due = _due(outcome, attempt, schedule, jitter, now_ms)
    if outcome.status == GONE or outcome.disposition == "disable":
        return Pause(f"the subscriber {_asked(outcome)}", now_ms if due is None else due)
    if outcome.refused:
        return Dead("the address guard refused the target")
    if outcome.disposition == "abort":
        return Dead(f"the subscriber asked to abort this message ({outcome.said})")
    if due is None:
        return Dead(f"gave up after {attempt} attempts: {outcome.said}")
    return RetryAt(due)


def _due(
    outcome: Outcome, attempt: int, schedule: Sequence[float], jitter: float, now_ms: Millis
) -> Millis | None:
    if attempt >= len(schedule):
        return None
    delay_s = max(schedule[attempt], outcome.retry_after_s or 0.0)
    return now_ms + math.ceil(delay_s * 1000 * (1 + JITTER * jitter))


def _asked(outcome: Outcome) -> str:
    return "answered 410 Gone" if outcome.status == GONE else "asked to be disabled"
