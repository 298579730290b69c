"""What Recruitee's `candidate_moved` webhooks say of an application: hops, and the facts in them."""

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any, Final

from service.core.unified.model import Cause, Context, Fields
from service.core.unified.reading import identifier, mapping, text

MOVED: Final = "candidate_moved"
HIRE: Final = "hire"  # the category of the stages that mean hired
FED: Final = {
    "candidate_stage_change": "stage_changed",
    "candidate_hired": "stage_changed",
    "candidate_disqualify": "disqualified",
    "candidate_auto_disqualify": "disqualified",
    "candidate_requalify": "requalified",
}
"""Feed entries and the webhooks' names for the same; they have no details to hop by."""
HOP_FIELDS = ("current_stage_id", "outcome", "rejection_reason_name")
COMPANIONS = (
    "rejected_at",
    "rejection_reason_name",
    "hired_at",
    "job_starts_at",
    "work_location_id",
)
"""What changes along with an outcome."""


def hop(fields: Fields, cause: Cause, context: Context) -> Fields | None:
    """Return an application after a webhook: itself when it says no hop, None when it cannot follow."""
    if cause.event_type != MOVED:
        return fields
    match cause.event_subtype:
        case "stage_changed":
            return _stage_changed(fields, cause, context)
        case "disqualified":
            return _disqualified(fields, cause)
        case "requalified":
            return _requalified(fields, context)
    return fields


def states(cause: Cause, fields: Fields, context: Context) -> Fields:
    """Return what was before a webhook's fact, for an application that nobody knew yet."""
    if cause.event_type != MOVED:
        return {}
    match cause.event_subtype:
        case "stage_changed":
            return _before_stage_changed(cause, fields, context)
        case "disqualified" if fields.get("outcome") == "DECLINED":
            return {"outcome": None, "rejected_at": None, "rejection_reason_name": None}
        case "requalified" if fields.get("outcome") != "DECLINED":
            return {"outcome": "DECLINED"}
    return {}


def claimed(cause: Cause, fields: Fields, context: Context) -> Mapping[str, Any]:
    """Return the values that an application should have once the webhook was sent."""
    if cause.event_type != MOVED:
        return {}
    match cause.event_subtype:
        case "stage_changed" if stage_uid := _stage_uid(cause, "to_stage", context):
            category = _category(cause, "to_stage", context)
            outcome = {"outcome": _outcome(category)} if category else {}
            return {"current_stage_id": stage_uid, **outcome}
        case "disqualified":
            return {"outcome": "DECLINED"}
        case "requalified":
            return {"outcome": _outcome(_category_here(fields, context))}
    return {}


def rejection_time(causes: Sequence[Cause]) -> str | None:
    """Return when the webhooks, in order, say that the rejection was which now stands."""
    told = [cause for cause in causes if cause.at and _kind(cause)]
    standing = list(takewhile(lambda cause: _kind(cause) == "disqualified", reversed(told)))
    best = [cause for cause in standing if cause.event_type == MOVED] or standing
    return best[0].at if best else None


def _kind(cause: Cause) -> str | None:
    """Return what a webhook or feed entry does to an application, in the webhooks' words."""
    if cause.event_type == MOVED:
        return cause.event_subtype
    return FED.get(cause.event_type or "")


def _stage_changed(fields: Fields, cause: Cause, context: Context) -> Fields | None:
    to_uid = _stage_uid(cause, "to_stage", context)
    if to_uid is None or fields.get("current_stage_id") != _stage_uid(cause, "from_stage", context):
        return None
    after = fields | {"current_stage_id": to_uid}
    was, category = fields.get("outcome"), _category(cause, "to_stage", context)
    if was == "DECLINED":
        after |= {"rejected_at": None, "rejection_reason_name": None}
    if category is None:
        return _without(after, "outcome", "hired_at")
    if category == HIRE:
        return after if was == "HIRED" else _without(after, "hired_at") | {"outcome": "HIRED"}
    # Of a record first seen with this burst nobody knows the outcome before: no move states it.
    return after if was is None else after | {"outcome": "PENDING"}


def _disqualified(fields: Fields, cause: Cause) -> Fields | None:
    if fields.get("outcome") == "DECLINED":
        return None
    reason = text(cause.details.get("disqualify_reason"))
    after = fields | {
        "outcome": "DECLINED",
        "rejected_at": cause.at,
        "rejection_reason_name": reason,
    }
    return after if isinstance(reason, str) else _without(after, "rejection_reason_name")


def _requalified(fields: Fields, context: Context) -> Fields | None:
    if fields.get("outcome") != "DECLINED":
        return None
    category = _category_here(fields, context)
    after = fields | {"rejected_at": None, "rejection_reason_name": None}
    if category is None and fields.get("hired_at") is not None:
        return _without(after, "outcome")
    return after | {"outcome": _outcome(category)}


def _before_stage_changed(cause: Cause, fields: Fields, context: Context) -> Fields:
    before: Fields = {"current_stage_id": _stage_uid(cause, "from_stage", context)}
    came, went = (_category(cause, name, context) for name in ("to_stage", "from_stage"))
    if came == HIRE and fields.get("outcome") == "HIRED":
        before |= {"outcome": "HIRED" if went == HIRE else None}
    elif went == HIRE and fields.get("outcome") == "PENDING":
        before |= {"outcome": "HIRED"}
    return before


def _stage_uid(cause: Cause, name: str, context: Context) -> str | None:
    remote_id = identifier(mapping(cause.details.get(name)).get("id"))
    return context.uid("stage", remote_id) if remote_id else None


def _category(cause: Cause, name: str, context: Context) -> str | None:
    stage = mapping(cause.details.get(name))
    told = stage.get("category")
    return told if isinstance(told, str) else context.stage_categories.get(str(stage.get("id")))


def _category_here(fields: Fields, context: Context) -> str | None:
    here = fields.get("current_stage_id")
    known = context.stage_categories.items()
    return next((category for i, category in known if context.uid("stage", i) == here), None)


def _outcome(category: str | None) -> str:
    return "HIRED" if category == HIRE else "PENDING"


def _without(fields: Fields, *names: str) -> Fields:
    return {name: value for name, value in fields.items() if name not in names}
