"""Rejection reason: Recruitee's disqualify reason; read with the list of all of them.

| field | comes from | a change of it |
| --- | --- | --- |
| name, index | `name`, `position` | rejection_reason.updated |
| actions | kinds of `action_templates`, sorted; unknown ones pass through | rejection_reason.updated |
| automation_ids | remote ids, rising | rejection_reason.updated |
| the actions' texts, open_questions_count | not kept: set-up of the reason, a counter | never |

Rejecting with a reason runs its actions and automations: whoever rejects should be able to see them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from service.core.unified.evidence import EVERY, Sources, of
from service.core.unified.listed import listed, told_by, word
from service.core.unified.model import Cause, Collection, Context, Draft, Fields, Listing, Model
from service.core.unified.reading import (
    UNKNOWN,
    Missing,
    Rule,
    identifiers,
    integer,
    mappings,
    text,
)

NAME = "rejection_reason"
ACTIONS = {
    "add_tags": "ADD_TAGS", "add_note": "ADD_NOTE", "send_email": "SEND_EMAIL", "assign": "ASSIGN",
}  # fmt: skip


def _actions(value: object) -> list[str] | Missing:
    if not isinstance(value, list):
        return [] if value is None else UNKNOWN
    kinds = (word(each.get("kind")) for each in mappings(value))
    return sorted({ACTIONS.get(kind, kind) for kind in kinds if kind})


_RULES = (
    Rule("name", ("name",), text),
    Rule("index", ("position",), integer),
    Rule("actions", ("action_templates",), _actions),
    Rule("automation_ids", ("automation_ids",), identifiers),
)


def expand(
    raw: Mapping[str, Any], references: Sequence[Mapping[str, Any]], context: Context, owner: str
) -> list[Draft]:
    """Return a rejection reason."""
    return listed(NAME, MODEL.fields, raw, context, _RULES)


def _creates(cause: Cause, fields: Fields) -> bool:
    return cause.event_type == "disqualify_reason_add"


MODEL = Model(
    name=NAME,
    fields=(
        "id", "remote_id", "name", "index", "actions", "automation_ids", "remote_deleted_at",
    ),
    creates=_creates,
    concerns=told_by("disqualify_reason_add", "disqualify_reason_remove"),
    restored_as="created",
)  # fmt: skip

COLLECTIONS = (
    Collection(
        "rejection_reasons",
        NAME,
        Listing("/disqualify_reasons", "disqualify_reasons", "none"),
        expand,
        every_s=1800,
    ),
)

_ROWS = {
    **EVERY,
    "name": of("name"),
    "index": of("position"),
    "actions": of("action_templates[].kind", how="ADD_TAGS, ADD_NOTE, SEND_EMAIL, ASSIGN, else as it is"),
    "automation_ids": of("automation_ids[]", how="by rising id"),
}  # fmt: skip
SOURCES: Sources = {name: _ROWS[name] for name in MODEL.fields}
