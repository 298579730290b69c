"""Screening question: what applicants are asked; read with the template that has it.

| field | comes from |
| --- | --- |
| title | the question's words, in the first language that has any |
| format | `kind`, `options`, `open_question_options`, by `question.KINDS` |
| is_knockout | `is_knockout_question`: an answer to it may disqualify |
| question_template_id | `open_question_template_id` |
| description, category | nothing: Recruitee's questions are one text, and its EEO form is no question |

No event tells of a question: that a job asks others is `job.questions_changed`. A question that was
taken out of its template stays as it was, and is in no job's `screening_questions`.
"""

from service.core.unified import question
from service.core.unified.evidence import EVERY, Grade, Sources, never, of
from service.core.unified.model import Context, Draft, Fields, Model, Ref
from service.core.unified.reading import Link, Raw, Rule, flag, identifier, mappings, record

NAME = "screening_question"

_RULES = (
    Rule("is_required", ("required",), flag),
    Rule("is_visible", ("visible",), flag),
    Rule("is_knockout", ("is_knockout_question",), flag),
)
_LINKS = (Link("question_template_id", "open_question_template_id", "question_template"),)


def drafts(template: Raw, context: Context) -> list[Draft]:
    """Return the questions of a template, by place."""
    return [_draft(i, raw, context) for i, raw in in_order(template)]


def asked(template: Raw, context: Context) -> list[Fields]:
    """Return a template's questions as jobs show them: which, where, and whether one must answer."""
    return [
        {
            "question_id": context.uid(NAME, i),
            "remote_id": i,
            "index": index,
            "required": required if isinstance(required := raw.get("required"), bool) else None,
            "precondition_question_id": None,
            "precondition_options": None,
        }
        for index, (i, raw) in enumerate(in_order(template))
    ]


def in_order(template: Raw) -> list[tuple[str, Raw]]:
    """Return (remote id, question) by place, each question once."""
    rows = sorted(mappings(template.get("open_questions")), key=question.place_of)
    found = {i: raw for raw in rows if (i := identifier(raw.get("id")))}
    return list(found.items())


def _draft(remote_id: str, raw: Raw, context: Context) -> Draft:
    fields = record(NAME, remote_id, raw, context, _RULES, _LINKS)
    del fields["custom_fields"]
    fields |= {"title": question.title_of(raw), "description": None, "category": None}
    fields["format"] = question.format_of(raw, context)
    kind = raw.get("kind")
    unknown = question.kind_of(raw) is None and isinstance(kind, str)
    unmapped = (("format", str(kind)),) if unknown else ()
    return Draft(NAME, remote_id, fields, Ref(NAME, remote_id), unmapped=unmapped)


MODEL = Model(
    name=NAME,
    fields=(
        "id", "remote_id", "title", "description", "category", "format", "is_required", "is_visible",
        "is_knockout", "question_template_id", "remote_created_at", "remote_updated_at",
        "remote_deleted_at",
    ),
    volatile=frozenset({"remote_updated_at"}),
    silent=True,
)  # fmt: skip

_QUESTION = "open_questions[]."
_ROWS = {
    **EVERY,
    "remote_id": of(_QUESTION + "id"),
    "title": of(_QUESTION + "translations[].body", how="the first language that has words"),
    "description": never("Recruitee's questions are one text"),
    "category": never(
        "Recruitee asks EEO questions by a form of its own, e-mails it itself, and gives the answers"
        " out as a company-wide CSV only"
    ),
    "format": of(
        (_QUESTION + "kind", _QUESTION + "options", _QUESTION + "open_question_options[]"),
        how="Kombo's format; UNKNOWN, with the question itself, for a kind we do not know",
    ),
    "is_required": of(_QUESTION + "required"),
    "is_visible": of(_QUESTION + "visible"),
    "is_knockout": of(_QUESTION + "is_knockout_question"),
    "question_template_id": of(
        _QUESTION + "open_question_template_id", how="the template's unified id"
    ),
    "remote_created_at": of(_QUESTION + "created_at", Grade.ASSUMED, "RFC 3339, UTC, where served"),
    "remote_updated_at": of(_QUESTION + "updated_at", Grade.ASSUMED, "RFC 3339, UTC, where served"),
}
SOURCES: Sources = {name: _ROWS[name] for name in MODEL.fields}
