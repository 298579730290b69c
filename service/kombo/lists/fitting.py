"""What a strict client takes: one value beyond it, and the client refuses the whole page or drops a part.

Records are normalized when they are read; these hold for those that an older or newer version has kept.
"""

from collections.abc import Mapping
from typing import Any, Final

from service.kombo.lists.parts import Shape, mappings

STATUS: Final = frozenset({"ACTIVE", "INACTIVE"})
OUTCOMES: Final = frozenset({"PENDING", "HIRED", "DECLINED"})
CATEGORIES: Final = frozenset({"EEO", "DEMOGRAPHIC"})
SCOPES: Final = frozenset({"SYSTEM", "JOB"})
FILES: Final = frozenset({"CV", "COVER_LETTER", "OTHER"})
POSTED: Final = STATUS | {"DRAFT"}
SEEN_BY: Final = frozenset({"PUBLIC", "INTERNAL", "UNLISTED"})
DUTIES: Final = frozenset(
    {"HIRING_MANAGER", "RECRUITER", "COORDINATOR", "SOURCER", "INTERVIEWER", "ADMIN"}
)
ANSWERED_BY: Final[Mapping[str, tuple[str, type | tuple[type, ...]]]] = {
    "TEXT": ("content", str), "SINGLE_SELECT": ("choice", str), "MULTI_SELECT": ("choices", list),
    "BOOLEAN": ("checked", bool), "NUMBER": ("number", (int, float)), "DATE": ("date", str),
}  # fmt: skip
"""A question's type -> the key of its answer, and what that is."""
PLAIN: Final = frozenset({"TEXT", "NUMBER", "FILE", "BOOLEAN", "DATE", "INFORMATION", "UNKNOWN"})
SELECTS: Final = frozenset({"SINGLE_SELECT", "MULTI_SELECT"})


def closed(shape: Shape, **choices: frozenset[str]) -> Shape:
    """Return a shape whose closed enums hold what they may, else null."""
    return shape | {name: known(shape.get(name), among) for name, among in choices.items()}


def known(value: object, among: frozenset[str]) -> str | None:
    """Return a value of a closed enum; null for what it has no word for."""
    return value if isinstance(value, str) and value in among else None


def keyed(shape: Shape) -> Shape:
    """Return a shape whose `custom_fields` are an object or null."""
    custom = shape.get("custom_fields")
    return shape | {"custom_fields": custom if isinstance(custom, dict) else None}


def format_of(value: object) -> Shape | None:
    """Return a question's format; one that a client would drop is passed along as it is."""
    if not isinstance(value, dict):
        return None
    kind = value.get("type")
    if kind in PLAIN or (kind in SELECTS and _options(value.get("options"))):
        return value
    return {"type": "UNKNOWN", "raw_question": value}


def _options(value: object) -> bool:
    rows = mappings(value)
    texts = all(isinstance(row.get(name), str) for row in rows for name in ("id", "name"))
    return isinstance(value, list) and len(rows) == len(value) and texts


def preconditions(value: object) -> list[Any] | None:
    """Return the answers that a question waits for: all ids, or all booleans."""
    if not isinstance(value, list):
        return None
    kinds = {type(each) for each in value}
    return value if kinds <= {str} or kinds <= {bool} else None


def answers(value: object) -> list[Shape]:
    """Return a candidate's answers; what a type does not fit is of an unknown one, as files are."""
    return [_answer(row) for row in mappings(value)]


def _answer(row: Mapping[str, Any]) -> Shape:
    said, asked = row.get("answer"), row.get("question")
    answer = dict(said) if isinstance(said, dict) else {"raw": said}
    question = asked if isinstance(asked, dict) else {}
    kind = question.get("type")
    shown = {
        "remote_id": question.get("remote_id"),
        "title": question.get("title") or "",
        "type": kind if _fits(kind, answer) else "UNKNOWN",
    }
    if shown["type"] == "UNKNOWN" and "raw" not in answer:
        answer = {"raw": answer}
    return {"answer": answer, "question": shown}


def _fits(kind: object, answer: Mapping[str, Any]) -> bool:
    if kind not in ANSWERED_BY:
        return False
    key, type_ = ANSWERED_BY[str(kind)]
    value = answer.get(key)
    if value is None:
        return key in answer and kind != "MULTI_SELECT"
    if isinstance(value, bool) != (kind == "BOOLEAN"):
        return False
    texts = not isinstance(value, list) or all(isinstance(each, str) for each in value)
    return isinstance(value, type_) and texts


def staged(shape: Shape | None) -> Shape | None:
    """Return a stage as a strict client takes it."""
    return None if shape is None else keyed(closed(shape, status=STATUS))
