"""Activity: an entry of Recruitee's feed; it is told once and never changes.

| field | comes from | a change of it |
| --- | --- | --- |
| event | Recruitee's own word: `candidate_tags`, `interview_event_scheduled`, ... | never |
| message_html | `message_short_html`, a sentence in the company's language | never |
| author_id | `admin_id`; null where a candidate or Recruitee itself did it | never |
| candidate_id, job_id | `candidate_id`, `offer_id` | never |

The feed is read by a poll of its own and is no list that is read whole; its items are known second-hand.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from service.core.unified import owned
from service.core.unified.evidence import EVERY, Grade, Sources, of
from service.core.unified.model import Cause, Context, Draft, Fields, Model, Ref
from service.core.unified.reading import Link, Raw, Rule, identifier, mapping, record, text

NAME = "activity"

_RULES = (
    Rule("event", ("event",), text),
    Rule("message_html", ("message_short_html",), owned.written),
)
_LINKS = (
    Link("author_id", "admin_id", "user"),
    Link("candidate_id", "candidate_id", "candidate"),
    Link("job_id", "offer_id", "job"),
)


def draft(
    raw: Mapping[str, Any], references: Sequence[Mapping[str, Any]], context: Context
) -> Draft | None:
    """Return an entry of the feed; None where it has no id. What it refers to is read elsewhere."""
    row = mapping(raw)
    remote_id = identifier(row.get("id"))
    if remote_id is None:
        return None
    read = record(NAME, remote_id, row, context, _RULES, _LINKS)
    fields = {name: read[name] for name in MODEL.fields if name in read}
    return Draft(NAME, remote_id, fields, _subject(row, remote_id))


def _subject(row: Raw, remote_id: str) -> Ref:
    for model, key in (("candidate", "candidate_id"), ("job", "offer_id")):
        if named := identifier(row.get(key)):
            return Ref(model, named)
    return Ref(NAME, remote_id)


def _itself(cause: Cause, fields: Fields) -> bool:
    """Say that an entry is new whenever it is taken: Recruitee's clock may be off."""
    return cause.event_id is not None and str(cause.event_id) == fields.get("remote_id")


_FIELDS = (
    "id", "remote_id", "event", "message_html", "author_id", "candidate_id", "job_id",
    "remote_created_at",
)  # fmt: skip
# There is activity.created and nothing else: whatever differs in an entry is taken over in silence.
MODEL = Model(name=NAME, fields=_FIELDS, volatile=frozenset(_FIELDS), creates=_itself)

_ROWS = {
    **EVERY,
    "remote_id": of("id", Grade.OBSERVED),
    "event": of("event", Grade.OBSERVED),
    "message_html": of("message_short_html", Grade.OBSERVED, "as it was written"),
    "author_id": of("admin_id", Grade.OBSERVED),
    "candidate_id": of("candidate_id", Grade.OBSERVED),
    "job_id": of("offer_id", Grade.OBSERVED),
    "remote_created_at": of("created_at", Grade.OBSERVED, "RFC 3339, UTC"),
}
SOURCES: Sources = {name: _ROWS[name] for name in MODEL.fields}
