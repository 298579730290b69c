"""Screening questions: the kinds there are, a question's format, and what candidates answered.

Kombo's answer is {"answer": {...}, "question": {"remote_id", "title", "type"}}; the key inside `answer`
hangs on the type. An answer that does not fit its kind, files (whose addresses expire) and kinds that
nobody has described are UNKNOWN, with what they say as text.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import orjson

from service.core import times
from service.core.unified.model import Context, Fields
from service.core.unified.reading import (
    UNKNOWN,
    Missing,
    Raw,
    identifier,
    integer,
    mapping,
    mappings,
    number,
    text,
    texts,
)  # fmt: skip
from service.core.unified.verbatim import verbatim

OPTION: Final = "question_option"
"""The model name under which an option's unified id is derived."""


class Kind(NamedTuple):
    """What a kind of question is in Kombo's words."""

    type: str
    display: str | None = None


KINDS: Final = {
    "string": Kind("TEXT", "SINGLE_LINE"), "text": Kind("TEXT", "MULTI_LINE"),
    "boolean": Kind("BOOLEAN"), "legal": Kind("BOOLEAN"),
    "single_choice": Kind("SINGLE_SELECT"), "dropdown": Kind("SINGLE_SELECT", "DROPDOWN"),
    "multi_choice": Kind("MULTI_SELECT"), "date": Kind("DATE"), "number": Kind("NUMBER", "FIELD"),
    "salary": Kind("NUMBER", "FIELD"), "file": Kind("FILE"), "video": Kind("FILE"),
    "infobox": Kind("INFORMATION"),
}  # fmt: skip
"""Recruitee's kinds; one we do not know is UNKNOWN."""

_TOLD = frozenset(
    {"id", "kind", "question", "open_question_id", "position", "created_at", "updated_at"}
)
_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def kind_of(raw: Raw) -> Kind | None:
    """Return the kind of a question or an answer; None for one we do not know."""
    return KINDS.get(raw["kind"]) if isinstance(raw.get("kind"), str) else None


def format_of(raw: Raw, context: Context) -> Fields:
    """Return a question's format in Kombo's shape, its options by their place."""
    kind = kind_of(raw)
    if kind is None:
        return {"type": "UNKNOWN", "raw_question": verbatim(raw)}
    shape: Fields = {"type": kind.type}
    match kind.type:
        case "TEXT":
            most = integer(mapping(raw.get("options")).get("length"))
            shape |= {
                "display_type": kind.display,
                "max_length": most if isinstance(most, int) else None,
            }
        case "NUMBER":
            shape |= {"display_type": kind.display, "min": None, "max": None}
        case "FILE":
            shape |= {"accepted_mime_types": None, "max_file_size_bytes": None}
        case "SINGLE_SELECT":
            shape |= {"options": _options(raw, context), "display_type": kind.display}
        case "MULTI_SELECT":
            shape |= {"options": _options(raw, context)}
    return shape


def title_of(raw: Raw) -> str | None:
    """Return the words of a question or option: `body`, else the first language that has any."""
    said = (raw, *mappings(raw.get("translations")))
    return next((body for one in said if isinstance(body := text(one.get("body")), str)), None)


def place_of(raw: Raw) -> tuple[int, int]:
    """Return where a question or option stands among its likes."""
    position = integer(raw.get("position"))
    own = int(identifier(raw.get("id")) or 0)
    return (position if isinstance(position, int) else 0, own)


def answers_by_job(value: object) -> dict[str, list[Fields]] | Missing:
    """Return the answers that came with each application, by the job's remote id, oldest first."""
    if not value:
        return {} if value is None or isinstance(value, list) else UNKNOWN
    if not isinstance(value, list):
        return UNKNOWN
    found: dict[str, dict[object, Fields]] = {}
    for group in sorted(mappings(value), key=lambda each: str(each.get("created_at"))):
        job_id = identifier(mapping(group.get("offer")).get("id", group.get("offer_id")))
        if job_id is None:
            continue
        said = found.setdefault(job_id, {})
        for raw in mappings(group.get("open_question_answers")):
            if raw.get("kind") != "infobox":
                said[identifier(raw.get("id")) or (job_id, len(said))] = answer_of(raw)
    return {job_id: list(said.values()) for job_id, said in found.items()}


def answer_of(raw: Raw) -> Fields:
    """Return one answer in Kombo's shape."""
    kind = kind_of(raw)
    read = _READERS[kind.type](raw) if kind and kind.type in _READERS else None
    known = kind.type if kind and read is not None else "UNKNOWN"
    title = text(raw.get("question"))
    question = {
        "remote_id": identifier(raw.get("open_question_id")),
        "title": title if isinstance(title, str) else "",
        "type": known,
    }
    return {"answer": {"raw": _said(raw)} if read is None else read, "question": question}


def _options(raw: Raw, context: Context) -> list[Fields]:
    found = sorted(mappings(raw.get("open_question_options")), key=place_of)
    known = ((identifier(each.get("id")), each) for each in found)
    return [
        {"id": context.uid(OPTION, i), "name": title_of(each) or "", "remote_id": i}
        for i, each in known
        if i
    ]


def _said(raw: Raw) -> str | None:
    """Return an answer as text: its content, else all it says but addresses, as JSON."""
    content = text(raw.get("content"))
    if isinstance(content, str):
        return content
    rest = {
        k: v
        for k, v in raw.items()
        if k not in _TOLD and "url" not in str(k) and v not in (None, "", [], {})
    }
    return orjson.dumps(verbatim(rest), option=orjson.OPT_SORT_KEYS).decode() if rest else None


def _text(raw: Raw) -> Fields | None:
    return {"content": _said(raw)}


def _flag(raw: Raw) -> Fields | None:
    told = raw.get("flag", raw.get("content"))
    if told is None or isinstance(told, bool):
        return {"checked": told}
    said = _YES_NO.get(told.strip().lower()) if isinstance(told, str) else None
    return None if said is None else {"checked": said}


def _choice(raw: Raw) -> Fields | None:
    told = raw.get("content", raw.get("multi_content"))
    names = _names(told)
    return None if names is None or len(names) > 1 else {"choice": next(iter(names), None)}


def _choices(raw: Raw) -> Fields | None:
    names = _names(raw.get("multi_content", raw.get("content")))
    return None if names is None else {"choices": names}


def _names(told: object) -> list[str] | None:
    read = texts([told] if isinstance(told, str) else told)
    return None if read is UNKNOWN else read


def _number(raw: Raw) -> Fields | None:
    amount = number(raw.get("content", raw.get("number")))
    if amount is UNKNOWN:
        return None
    currency = text(mapping(raw.get("open_question_options")).get("currency"))
    return {"number": amount} | ({"currency": currency} if isinstance(currency, str) else {})


def _date(raw: Raw) -> Fields | None:
    told = raw.get("content", raw.get("date"))
    at = times.canonical(told)
    return {"date": at} if at or told is None else None


_READERS: Mapping[str, Callable[[Raw], Fields | None]] = {
    "TEXT": _text, "BOOLEAN": _flag, "SINGLE_SELECT": _choice, "MULTI_SELECT": _choices,
    "NUMBER": _number, "DATE": _date,
}  # fmt: skip
"""How an answer of each type is read; None where it does not fit."""
