"""The decision after an attempt: a table of outcomes, and bounds that hold for every schedule."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.net.exchange import Outcome
from service.core.settings import Settings
from workers.retry import Dead, Delivered, Pause, RetryAt, next_step

NOW = 1_776_757_200_000
SCHEDULE = (0.0, 5.0, 60.0)

seconds = st.floats(0, 604_800, allow_nan=False)
schedules = st.lists(seconds, min_size=1, max_size=20)
jitters = st.floats(0, 1)
asked = st.none() | st.floats(0, 86_400)


def outcome(status: int | None = 500, error: str | None = None, **more: Any) -> Outcome:
    given_: dict[str, Any] = {"refused": False, "retry_after_s": None, "excerpt": ""} | more
    return Outcome(status=status, error=error, duration_ms=3, **given_)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_a_delivery(status: int) -> None:
    assert next_step(outcome(status), 1, SCHEDULE, 1.0, NOW) == Delivered()


@pytest.mark.parametrize("status", [100, 101, 199, 300, 304, 307, 400, 404, 429, 500, 503])
def test_any_other_answer_is_tried_again(status: int) -> None:
    assert next_step(outcome(status), 1, SCHEDULE, 0.0, NOW) == RetryAt(NOW + 5_000)


def test_a_2xx_whose_body_never_came_is_tried_again() -> None:
    assert next_step(outcome(200, "timeout"), 2, SCHEDULE, 0.0, NOW) == RetryAt(NOW + 60_000)


def test_a_410_pauses_the_subscriber_and_keeps_the_delivery_open() -> None:
    step = next_step(outcome(410), 1, SCHEDULE, 0.0, NOW)

    assert step == Pause("the subscriber answered 410 Gone", NOW + 5_000)


def test_a_410_on_the_last_attempt_leaves_the_delivery_due_now() -> None:
    step = next_step(outcome(410, "bad answer"), 3, SCHEDULE, 0.0, NOW)

    assert step == Pause("the subscriber answered 410 Gone", NOW)


def test_a_subscriber_that_asks_to_be_disabled_is_paused() -> None:
    step = next_step(outcome(500, disposition="disable"), 1, SCHEDULE, 0.0, NOW)

    assert isinstance(step, Pause)


def test_a_message_that_its_subscriber_aborts_is_dead() -> None:
    step = next_step(outcome(500, disposition="abort"), 1, SCHEDULE, 0.0, NOW)

    assert step == Dead("the subscriber asked to abort this message (answered 500)")


def test_a_disposition_does_not_undo_a_delivery() -> None:
    assert next_step(outcome(200, disposition="disable"), 1, SCHEDULE, 0.0, NOW) == Delivered()


def test_a_refused_address_is_dead_at_once() -> None:
    step = next_step(outcome(None, "refused address", refused=True), 1, SCHEDULE, 0.0, NOW)

    assert step == Dead("the address guard refused the target")


@pytest.mark.parametrize(
    ("last", "said"),
    [(outcome(503), "answered 503"), (outcome(None, "timeout"), "timeout")],
)
def test_an_exhausted_schedule_is_dead_and_says_the_last_error(last: Outcome, said: str) -> None:
    assert next_step(last, 3, SCHEDULE, 1.0, NOW) == Dead(f"gave up after 3 attempts: {said}")


def test_retry_after_counts_when_it_is_later_than_the_step() -> None:
    later = next_step(outcome(429, retry_after_s=30.0), 1, SCHEDULE, 0.0, NOW)
    sooner = next_step(outcome(429, retry_after_s=30.0), 2, SCHEDULE, 0.0, NOW)

    assert (later, sooner) == (RetryAt(NOW + 30_000), RetryAt(NOW + 60_000))


def test_the_default_schedule_makes_eleven_attempts_over_about_three_days() -> None:
    schedule, at = Settings().retry_schedule, NOW
    for attempt in range(1, 11):
        step = next_step(outcome(), attempt, schedule, 0.0, at)
        assert isinstance(step, RetryAt)
        at = step.at_ms

    assert isinstance(next_step(outcome(), 11, schedule, 0.0, at), Dead)
    assert 70 < (at - NOW) / 3_600_000 < 78


@given(schedules, st.integers(1, 25), jitters, asked)
def test_a_retry_is_never_early_and_at_most_a_fifth_late(
    schedule: list[float], attempt: int, jitter: float, after: float | None
) -> None:
    step = next_step(outcome(retry_after_s=after), attempt, schedule, jitter, NOW)

    if attempt >= len(schedule):
        assert isinstance(step, Dead)
    else:
        assert isinstance(step, RetryAt)
        wait = max(schedule[attempt], after or 0.0) * 1000
        assert wait <= step.at_ms - NOW <= math.ceil(wait * 1.2) + 1


@given(schedules, st.integers(1, 25), jitters, jitters, asked)
def test_more_jitter_is_never_sooner(
    schedule: list[float], attempt: int, one: float, other: float, after: float | None
) -> None:
    less, more = sorted((one, other))
    early = next_step(outcome(retry_after_s=after), attempt, schedule, less, NOW)
    late = next_step(outcome(retry_after_s=after), attempt, schedule, more, NOW)

    if isinstance(early, RetryAt) and isinstance(late, RetryAt):
        assert early.at_ms <= late.at_ms
    else:
        assert early == late


@given(schedules, st.integers(1, 25), jitters, asked, st.sampled_from([None, 200, 410, 500]))
def test_no_outcome_leaves_a_delivery_without_a_next_step(
    schedule: list[float], attempt: int, jitter: float, after: float | None, status: int | None
) -> None:
    last = outcome(status, None if status else "timeout", retry_after_s=after)

    step = next_step(last, attempt, schedule, jitter, NOW)

    if isinstance(step, Pause):
        assert step.retry_at_ms >= NOW
    else:
        assert isinstance(step, Delivered | RetryAt | Dead)
