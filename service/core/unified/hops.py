"""Find the webhooks whose hops lead from the state we had to the state that was fetched."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from service.core import times
from service.core.unified.model import Cause, Context, Fields, Model

MAX_HOPS: Final = 100  # of one record in one burst; older ones are folded


@dataclass(frozen=True, slots=True)
class Hop:
    """One step: the record after it, and the webhooks that state it."""

    fields: Fields
    causes: tuple[Cause, ...]


def in_order(causes: Iterable[Cause]) -> list[Cause]:
    """Return causes by the time they state, then by event id; those without a time come first."""
    return sorted(causes, key=_moment)


def newer(causes: Iterable[Cause], than: str | None) -> list[Cause]:
    """Return those that state a time after `than`."""
    limit = times.parse(than)
    return [
        cause
        for cause in causes
        if (at := times.parse(cause.at)) is not None and (limit is None or at > limit)
    ]


def chain(
    model: Model, start: Fields, target: Fields, causes: Sequence[Cause], context: Context
) -> tuple[Hop, ...]:
    """Return the longest run of hops from `start` to `target`, beginning as early as one can.

    `causes` are in order. Empty when none fits: then only the net change is known.
    """
    if not model.hop_fields:
        return ()
    recent = causes[-MAX_HOPS:]
    for first in range(len(recent)):
        if hops := _walk(model, start, target, recent[first:], context):
            return hops
    return ()


def unmoved(model: Model, before: Fields, after: Fields) -> bool:
    """Say whether nothing that a hop could move has changed or become known."""
    return all(
        (name in before) == (name in after) and before.get(name) == after.get(name)
        for name in model.hop_fields
    )


def _walk(
    model: Model, start: Fields, target: Fields, causes: Sequence[Cause], context: Context
) -> tuple[Hop, ...]:
    hops: list[Hop] = []
    arrived = 0
    before, here = None, start
    for cause in causes:
        after = model.hop(here, cause, context)
        if after is here or (after is not None and unmoved(model, here, after)):
            continue
        if after is None:
            if before is None or not _repeats(model, before, here, cause, context):
                break
            hops[-1] = Hop(here, (*hops[-1].causes, cause))
            continue
        hops.append(Hop(after, (cause,)))
        before, here = here, after
        if _agree(model, here, target):
            arrived = len(hops)
    return tuple(hops[:arrived])


def _agree(model: Model, one: Fields, other: Fields) -> bool:
    """Say whether two states are the same as far as hops go; an unknown field agrees with any."""
    return all(
        one[name] == other[name] for name in model.hop_fields if name in one and name in other
    )


def _repeats(model: Model, before: Fields, here: Fields, cause: Cause, context: Context) -> bool:
    # Two webhooks on the same company tell every hop twice, under two ids.
    again = model.hop(before, cause, context)
    return again is not None and again is not before and _agree(model, again, here)


def _moment(cause: Cause) -> tuple[int, str]:
    at = times.parse(cause.at)
    return (-1 if at is None else at, str(cause.event_id or "").zfill(20))
