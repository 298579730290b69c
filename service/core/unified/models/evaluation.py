"""Evaluation: what one person made of a candidate (Kombo's scorecard), by rating or by form.

| field | comes from | a change of it |
| --- | --- | --- |
| overall_recommendation | `rating`, STRONG_NO to STRONG_YES | evaluation.updated |
| rating_note | `rating_note`, as it was written: plain text | evaluation.updated |
| title | `interview_template_name` | evaluation.updated |
| responses | `interview_result_answers`, in Kombo's shape, and their `kind` | evaluation.updated |
| author_id; guest_id, guest_name | the user, or the guest with whom a page was shared | evaluation.updated |
| application_id | the candidate's application in `job_id`; joined on read | in silence |
| interview_id | nothing: an evaluation does not name its interview | never |
| the template's introduction, `rating_required` | not kept: the template's | never |

Where evaluations are hidden until one's own is given, Recruitee serves only that there are some.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from service.core.unified import owned
from service.core.unified.evidence import EVERY, Sources, never, of
from service.core.unified.listed import word
from service.core.unified.model import Collection, Context, Draft, Fields, Listing, Model, Ref
from service.core.unified.models.interview import candidate_of
from service.core.unified.reading import (
    UNKNOWN,
    Link,
    Missing,
    Raw,
    Rule,
    clean,
    identifier,
    instant,
    mapping,
    mappings,
    number,
    text,
)

NAME = "evaluation"
MADE = frozenset({"interview_result_add", "interview_requested_result_add", "share_result_add"})
NEWS = MADE | {"interview_result_update", "interview_result_remove"}
RATINGS = {
    "strong_no": "STRONG_NO", "no": "NO", "neutral": "NEUTRAL", "yes": "YES", "strong_yes": "STRONG_YES",
}  # fmt: skip
"""Recruitee's rating -> ours; the enum is closed. Companies that have four thumbs have no neutral."""
KINDS = {
    "string": "TEXT", "text": "TEXT", "boolean": "BOOLEAN", "number": "NUMBER", "salary": "NUMBER",
    "date": "DATE", "single_choice": "SINGLE_SELECT", "dropdown": "SINGLE_SELECT",
    "multi_choice": "MULTI_SELECT", "scorecard": None, "file": None, "video": None, "infobox": None,
}  # fmt: skip
"""Recruitee's kind of question -> Kombo's closed type; None where Kombo has no word for it."""
ANSWERED = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
DEEPEST: Final = 5


def _recommendation(value: object) -> str | Missing | None:
    rating = text(value)
    return RATINGS.get(rating) if isinstance(rating, str) else rating


def _responses(value: object) -> list[Fields] | Missing:
    if not isinstance(value, list):
        return [] if value is None else UNKNOWN
    return [_response(each) for each in mappings(value)]


def _response(raw: Raw) -> Fields:
    kind = word(raw.get("question_kind"))
    type_ = KINDS.get(kind) if kind else None
    read: Fields = {
        "type": type_,
        "kind": kind,
        "remote_id": identifier(raw.get("id")),
        "label": word(raw.get("question_title")),
        "description": word(raw.get("question_hint")),
        "required": known if isinstance(known := raw.get("question_required"), bool) else None,
        "answer": _answer(type_, _given(raw)),
    }
    if type_ in ("SINGLE_SELECT", "MULTI_SELECT"):
        read["options"] = [
            _option(word(each.get("title"))) for each in mappings(raw.get("options"))
        ]
    return read


def _given(raw: Raw) -> object:
    keys = ("content", "contents", "attachment_ids")
    return next((raw[key] for key in keys if raw.get(key) is not None), None)


def _answer(type_: str | None, given: object) -> object:
    read = _READERS.get(type_ or "", _plain)(given)
    return None if read is UNKNOWN else read


def _choice(given: object) -> Fields | None:
    label = word(given)
    return _option(label) if label else None


def _choices(given: object) -> list[Fields]:
    chosen = given if isinstance(given, list) else [given]
    labels = (word(mapping(each).get("title", each)) for each in chosen)
    return [_option(label) for label in labels if label]


def _option(label: str | None) -> Fields:
    return {"remote_id": None, "label": label}


def _yes_or_no(given: object) -> bool | None:
    if isinstance(given, bool):
        return given
    return ANSWERED.get((word(given) or "").lower())


def _plain(value: object, depth: int = 0) -> object:
    """Return any JSON as it is, but for what could not be stored."""
    if depth > DEEPEST:
        return None
    match value:
        case str():
            return clean(value)
        case bool():
            return value
        case list():
            return [_plain(each, depth + 1) for each in value]
        case dict():
            return {clean(str(key)): _plain(each, depth + 1) for key, each in value.items()}
    read = number(value)
    return None if read is UNKNOWN else read


_READERS: Mapping[str, Callable[[object], object]] = {
    "TEXT": owned.written, "NUMBER": number, "DATE": instant, "BOOLEAN": _yes_or_no,
    "SINGLE_SELECT": _choice, "MULTI_SELECT": _choices,
}  # fmt: skip

_RULES = (
    Rule("kind", ("kind",), text),
    Rule("title", ("interview_template_name",), text),
    Rule("overall_recommendation", ("rating",), _recommendation),
    Rule("rating_note", ("rating_note",), owned.written),
    Rule("responses", ("interview_result_answers",), _responses),
    Rule("interview_id", (), lambda: None),
)
_LINKS = (Link("author_id", "admin_id", "user"), Link("stage_id", "stage_id", "stage"))


def expand(
    raw: Mapping[str, Any], references: Sequence[Mapping[str, Any]], context: Context, owner: str
) -> list[Draft]:
    """Return an evaluation of the candidate `owner`; nothing for one of somebody else."""
    row, of_whom = mapping(raw), Ref("candidate", owner)
    remote_id = identifier(row.get("id"))
    if remote_id is None or candidate_of(row) not in (owner, None):
        return []
    fields = owned.owned(NAME, remote_id, row, of_whom, context, MODEL.fields, _RULES, _LINKS)
    fields |= owned.guest(row, references)
    return [Draft(NAME, remote_id, fields, of_whom, unmapped=_unmapped(row))]


def _unmapped(row: Raw) -> tuple[tuple[str, str], ...]:
    rating = word(row.get("rating"))
    kinds = (
        word(each.get("question_kind")) for each in mappings(row.get("interview_result_answers"))
    )
    said = [("overall_recommendation", rating)] if rating and rating not in RATINGS else []
    return (*said, *(("responses.type", kind) for kind in kinds if kind and kind not in KINDS))


MODEL = Model(
    name=NAME,
    fields=(
        "id", "remote_id", "kind", "title", "overall_recommendation", "rating_note", "responses",
        "author_id", "guest_id", "guest_name", "candidate_id", "job_id", "application_id",
        "interview_id", "stage_id", "remote_created_at", "remote_updated_at", "remote_deleted_at",
    ),
    volatile=frozenset({"application_id", "remote_updated_at"}),
    creates=owned.made_by(MADE),
    tells=owned.dated_by(NEWS),
    concerns=owned.concerns,
    restored_as="created",
)  # fmt: skip

_ALL = {"scope": "all", "kind": "all"}


def _partial(answer: Raw) -> str | None:
    # Fair evaluations: others' results are hidden until the reader has given their own.
    hidden = bool(answer.get("hidden_results_preview"))
    return "it hides evaluations from this token" if hidden else None


COLLECTIONS = (
    Collection(
        "candidate_evaluations",
        NAME,
        Listing(
            "/interview/results", "interview_results", "none", 0, {"candidate_id": "{id}", **_ALL}
        ),
        expand,
        owner="candidate",
        bulk=Listing("/interview/results", "interview_results", "page", 500, _ALL),
        owner_of=candidate_of,
        single="/interview/results/{id}",
        partial=_partial,
    ),
)

_ROWS = {
    **EVERY,
    "kind": of("kind", how="rating, template_form, questionnaire"),
    "title": of("interview_template_name"),
    "overall_recommendation": of(
        "rating", how="STRONG_NO, NO, NEUTRAL, YES, STRONG_YES; else null"
    ),
    "rating_note": of("rating_note", how="plain text, as it was written"),
    "responses": of("interview_result_answers[]", how="Kombo's types; null where it has none"),
    "author_id": of("admin_id"),
    "guest_id": of("guest_id", how="Recruitee's id: a guest is no user"),
    "guest_name": of("references[].name", how="the Guest that the answer refers to"),
    "candidate_id": of("candidate_id"),
    "job_id": of("offer_id"),
    "application_id": owned.APPLICATION,
    "interview_id": never("an evaluation in Recruitee does not name its interview"),
    "stage_id": of("stage_id"),
}
SOURCES: Sources = {name: _ROWS[name] for name in MODEL.fields}
