"""What a change of a record is called: the contract's section 5 in a few tables, reasoned from its text.

Nothing of the program's own comparing is imported here: this is what it is held against.
A state is a record's told fields, by Kombo's names; a record that is gone is `GONE` and nothing else.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

State = Mapping[str, Any]
GONE: State = {"remote_deleted_at": True}
INACTIVE: State = {"status": "INACTIVE"}
"""A user who is not listed any more: what else one was by then nobody can ask."""

TRACKED: dict[str, tuple[str, ...]] = {
    "candidate": ("name", "first_name", "last_name", "title", "tags"),
    "application": ("current_stage_id", "outcome", "rejection_reason_name"),
    "job": ("name", "status", "visibility", "tags"),
    "stage": ("name",),
    "user": ("first_name", "status"),
    "department": ("name",),
    "location": ("name", "city"),
    "tag": ("name",),
    "rejection_reason": ("name", "index"),
    "note": ("content_html", "content_text"),
    "attachment": ("file_name", "visibility"),
    "interview": ("title", "starting_at", "ending_at"),
    "evaluation": ("overall_recommendation", "rating_note"),
}
"""What the model follows of each record; whether it is deleted comes on top."""

SILENT: dict[str, tuple[str, ...]] = {
    "source": ("name",), "job_tag": ("name",), "role": ("remote_label",),
}  # fmt: skip
"""What is followed of records that no event tells of: what the store must hold."""

ALONG = frozenset(
    {
        "rejected_at", "hired_at", "job_starts_at", "work_location_id", "opened_at", "closed_at",
        "is_private", "visible_to",
    }
)  # fmt: skip
"""Paths that go along with a tracked change; their values are not followed."""


BORN: Mapping[str, str] = {"interview": "scheduled"}
ENDED: Mapping[str, str] = {"interview": "canceled"}
BACK: Mapping[str, str] = {
    **dict.fromkeys(("candidate", "application", "job"), "restored"), "interview": "scheduled",
}  # fmt: skip
"""What beginning, end and return of a record are called, where not created, deleted, created."""


class Told(NamedTuple):
    """One event in the model's words: its type and (path, before, after) of what is tracked."""

    type: str
    changes: tuple[tuple[str, Any, Any], ...]


def state_of(model: str, record: Mapping[str, Any]) -> State:
    """Return what the model follows of a record as an event shows it; unknown fields are left out."""
    if record.get("remote_deleted_at") is not None:
        return GONE
    return {name: record[name] for name in (TRACKED.get(model) or SILENT[model]) if name in record}


def agree(model: str, one: State, other: State) -> bool:
    """Say whether two states are the same as far as both are known."""
    if (one == GONE) != (other == GONE):
        return False
    return all(one[name] == other[name] for name in one if name in other)


def between(model: str, before: State, after: State) -> list[Told]:
    """Return the events of one commit that leads from a state to another, both alive or gone."""
    if before == GONE or after == GONE:
        if before == after:
            return []
        gone = after == GONE
        word = ENDED.get(model, "deleted") if gone else BACK.get(model, "created")
        return [Told(f"{model}.{word}", (("remote_deleted_at", not gone, gone),))]
    moved = {n: (before[n], after[n]) for n in before if n in after and before[n] != after[n]}
    told = list(_TOLD.get(model, _nothing)(moved))
    if moved:
        told.append(("updated", dict(moved)))
    return [
        Told(f"{model}.{word}", tuple((n, *pair) for n, pair in sorted(paths.items())))
        for word, paths in told
    ]


Moved = dict[str, tuple[Any, Any]]


def _application(moved: Moved) -> Iterator[tuple[str, Moved]]:
    stage = _taken(moved, "current_stage_id")
    outcome = _taken(moved, "outcome", "rejection_reason_name") if "outcome" in moved else {}
    was, now = outcome.get("outcome", (None, None))
    if now == "PENDING":
        yield ("unhired" if was == "HIRED" else "requalified"), outcome
    if stage:
        yield "stage_changed", stage
    if now in ("HIRED", "DECLINED"):
        yield ("hired" if now == "HIRED" else "rejected"), outcome


def _job(moved: Moved) -> Iterator[tuple[str, Moved]]:
    was, now = moved.get("visibility", (None, None))
    if moved.get("status", (None, None))[1] in ("CLOSED", "ARCHIVED"):
        ended = _taken(moved, "status")
        if was == "PUBLIC":
            yield "unpublished", _taken(moved, "visibility")
        yield ended["status"][1].lower(), ended
    elif "PUBLIC" in (was, now):
        yield (
            ("published" if now == "PUBLIC" else "unpublished"),
            _taken(moved, "visibility", "status"),
        )
    if tags := _taken(moved, "tags"):
        yield "tags_changed", tags


def _tagged(moved: Moved) -> Iterator[tuple[str, Moved]]:
    was, now = moved.pop("tags", ((), ()))
    for name in sorted(set(was) - set(now)):
        yield "tag_removed", {f"tags.{name}": (name, None)}
    for name in sorted(set(now) - set(was)):
        yield "tag_added", {f"tags.{name}": (None, name)}


def _interview(moved: Moved) -> Iterator[tuple[str, Moved]]:
    if times := _taken(moved, "starting_at", "ending_at"):
        yield "rescheduled", times


def _nothing(_: Moved) -> Iterator[tuple[str, Moved]]:
    return iter(())


_TOLD: Mapping[str, Callable[[Moved], Iterator[tuple[str, Moved]]]] = {
    "application": _application, "job": _job, "candidate": _tagged, "interview": _interview,
}  # fmt: skip


def _taken(moved: Moved, *names: str) -> Moved:
    return {name: moved.pop(name) for name in names if name in moved}
