"""Change events: the envelope of contract section 5, its types, and which pattern covers which."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from service.core import ids
from service.core.times import iso
from service.core.unified.model import Cause, Change

OPERATIONAL = (
    "subscriber.disabled",
    "subscriber.recovered",
    "subscriber.missed",
    "connection.unauthorized",
    "connection.restored",
    "connection.hidden_records",
)
_CREATED_UPDATED_DELETED = (
    "user", "department", "location", "stage", "tag", "rejection_reason", "note", "attachment", "evaluation",
)  # fmt: skip
_MODEL_EVENTS: dict[str, tuple[str, ...]] = {
    "candidate": (
        "created", "updated", "deleted", "restored", "erased", "tag_added", "tag_removed",
        "consent_expiring",
    ),
    "application": (
        "created", "updated", "stage_changed", "rejected", "requalified", "hired", "unhired",
        "deleted", "restored",
    ),
    "job": (
        "created", "updated", "published", "unpublished", "closed", "archived", "deleted", "restored",
        "tags_changed", "questions_changed", "stages_changed", "hiring_team_changed",
    ),
    "interview": ("scheduled", "rescheduled", "updated", "canceled"),
    **dict.fromkeys(_CREATED_UPDATED_DELETED, ("created", "updated", "deleted")),
    "activity": ("created",),
}  # fmt: skip
TYPES: tuple[str, ...] = (
    *(f"{model}.{event}" for model, events in _MODEL_EVENTS.items() for event in events),
    *OPERATIONAL,
)
"""Every event type there is (contract section 5)."""

NAMED_ONLY = (*OPERATIONAL, "activity.created")


def matches(pattern: str, event_type: str) -> bool:
    """Say whether `*`, `model.*` or an exact name covers a type.

    `*` is all but activities and the operational ones: those must be named (contract section 5).
    """
    if pattern == "*":
        return event_type not in NAMED_ONLY
    if pattern.endswith(".*"):
        return event_type.startswith(pattern[:-1])
    return pattern == event_type


def covers(pattern: str | None, event_type: str) -> bool:
    """Say whether a filter takes a type; unlike a subscription's, `*` takes everything."""
    return pattern in (None, "*") or matches(str(pattern), event_type)


def pattern_problem(pattern: str) -> str | None:
    """Say what is wrong with an entry of `event_types`, or None."""
    if pattern == "*" or pattern in TYPES:
        return None
    if pattern.endswith(".*") and any(t.startswith(pattern[:-1]) for t in TYPES):
        return None
    return f"there is no event type {pattern[:80]!r}"


def envelope(
    connection_id: str, sequence: int, change: Change, now: int, uid: str, subject_uid: str
) -> tuple[str, bytes]:
    """Return a change event's id and its body, the very bytes that are stored and sent."""
    event_id = ids.event_id(connection_id, change.model, change.remote_id, sequence)
    body = {
        "id": event_id,
        "type": change.event,
        "timestamp": change.at or iso(now),
        "connection_id": connection_id,
        "integration_id": f"recruitee:{connection_id}",
        "sequence": sequence,
        "origin": origin_of(change.causes),
        "causes": [_cause(cause) for cause in change.causes if cause.event_type],
        "data": {
            "model": change.model,
            "id": uid,
            "remote_id": change.remote_id,
            "subject": {
                "model": change.subject.model,
                "id": subject_uid,
                "remote_id": change.subject.remote_id,
            },
            "record": change.record,
            "changes": list(change.changes),
        },
    }
    return event_id, orjson.dumps(body)


def operational(
    connection_id: str, event_type: str, data: Mapping[str, object], now: int, *about: str | int
) -> tuple[str, bytes]:
    """Return an operational event's id and body; it has no sequence, and `data` says what it says."""
    event_id = ids.operational_event_id(connection_id, event_type, *about)
    body = {
        "id": event_id,
        "type": event_type,
        "timestamp": iso(now),
        "connection_id": connection_id,
        "integration_id": f"recruitee:{connection_id}",
        "origin": "system",
        "causes": [],
        "data": dict(data),
    }
    return event_id, orjson.dumps(body)


def origin_of(causes: Sequence[Cause]) -> str:
    """Return where a change came from: what the last cause says, else a full read."""
    return causes[-1].origin if causes else "sync"


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "event_id": cause.event_id,
        "event_type": cause.event_type,
        "event_subtype": cause.event_subtype,
    }
