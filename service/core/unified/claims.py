"""Give each changed path to exactly one event: the table path -> event type, applied and printed."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from service.core.unified.model import Claim, EachClaim, Fields, Model, always

SILENT: Final = frozenset({"id", "remote_id", "changed_at", "remote_updated_at", "remote_data"})
"""What never counts as a change, whatever the model."""
DELETED_AT: Final = "remote_deleted_at"
RESTORED_RANK: Final = -1
UPDATED_RANK: Final = 100


class Told(NamedTuple):
    """One event to be: when it is told among its commit's, its type, and what changed."""

    rank: int
    event: str
    changes: tuple[Mapping[str, Any], ...]
    paths: frozenset[str]  # the fields that changed


def claim(model: Model, told: Fields, now: Fields, quiet: frozenset[str]) -> list[Told]:
    """Return the events of a change from `told` to `now`, in the order they are told.

    A field that either side does not know is no change.
    """
    moved = {
        name: (told[name], now[name])
        for name in model.fields
        if name in told and name in now and name not in quiet and told[name] != now[name]
    }
    events = [event for row in _rows(model) for event in _take(model, row, moved)]
    if moved:
        events.append(_told(model, UPDATED_RANK, "updated", moved))
    return sorted(events, key=lambda event: event.rank)


def events_of(model: Model, path: str) -> tuple[str, ...]:
    """Return the types of the events that may carry a change of a field; none if it is silent."""
    if model.silent or path in SILENT or path in model.volatile:
        return ()
    events: list[str] = []
    for row in _rows(model):
        events += _events(row, path)
        if row.lead == path and (isinstance(row, EachClaim) or row.when is always):
            break
    else:
        events.append("updated")
    return tuple(f"{model.name}.{event}" for event in dict.fromkeys(events))


def _rows(model: Model) -> Iterable[Claim | EachClaim]:
    return (
        Claim(
            model.deleted_as, DELETED_AT, lambda before, after: after is not None, rank=UPDATED_RANK
        ),
        Claim(model.restored_as, DELETED_AT, rank=RESTORED_RANK),
        *model.claims,
    )


def _events(row: Claim | EachClaim, path: str) -> tuple[str, ...]:
    if isinstance(row, EachClaim):
        return (row.added, row.removed) if row.lead == path else ()
    return (row.event,) if path == row.lead or path in row.takes else ()


def _take(model: Model, row: Claim | EachClaim, moved: dict[str, tuple[Any, Any]]) -> list[Told]:
    """Move what a row claims out of `moved` into its events."""
    if row.lead not in moved:
        return []
    if isinstance(row, EachClaim):
        return _each(model, row, *moved.pop(row.lead))
    if not row.when(*moved[row.lead]):
        return []
    taken = {name: moved.pop(name) for name in (row.lead, *row.takes) if name in moved}
    return [_told(model, row.rank, row.event, taken)]


def _each(model: Model, row: EachClaim, before: Any, after: Any) -> list[Told]:
    old, new = set(before or ()), set(after or ())
    steps = [(row.removed, name, name, None) for name in sorted(old - new)]
    steps += [(row.added, name, None, name) for name in sorted(new - old)]
    return [
        Told(
            row.rank,
            f"{model.name}.{event}",
            ({"path": f"{row.lead}.{name}", "before": a, "after": b},),
            frozenset({row.lead}),
        )
        for event, name, a, b in steps
    ]


def _told(model: Model, rank: int, event: str, moved: dict[str, tuple[Any, Any]]) -> Told:
    # In the order the record has its fields, whatever row took them.
    names = [name for name in model.fields if name in moved]
    changes = [{"path": n, "before": moved[n][0], "after": moved[n][1]} for n in names]
    return Told(rank, f"{model.name}.{event}", tuple(changes), frozenset(names))
