"""The page of fields, written from the code: `python -m service.core.unified.table` writes it anew."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from service.core.unified.claims import SILENT, events_of
from service.core.unified.evidence import Grade, Source, Sources
from service.core.unified.model import Model
from service.core.unified.pii import BY_FIELD, OWN, class_of
from service.core.unified.registry import MODELS, SOURCES

PAGE: Final = Path(__file__).parents[2] / "docs" / "fields.md"
GRADES: Final[Mapping[Grade, str]] = {
    Grade.DOCUMENTED: "a page of Recruitee's documentation has it",
    Grade.RECORDED: "a response in Recruitee's own endpoint documentation has it",
    Grade.OBSERVED: "a third party saw it on a live company",
    Grade.CLIENT: "a public client reads it",
    Grade.SECOND_HAND: "somebody paraphrases the documentation so",
    Grade.ASSUMED: "nobody said so: our reading, read defensively",
    Grade.OURS: "not Recruitee's: an id, a constant, a time of our own",
}
INTRODUCTION: Final = """\
# Fields

Every field of every model: which key of Recruitee's API it comes from, what becomes of it, how sure that
is, and which event tells a change. Written by `python -m service.core.unified.table`; a test fails when
this page and the code differ.

A key that an answer does not have leaves its field as it was. "In silence" is kept current without an
event. The class says what a field tells of a person, for `class:personal` and `class:sensitive` in a
subscriber's `redact`; of a company's own fields each has its own (`hirewire fields list`). Evidence:
"""
HEAD: Final = (
    "| field | from | how | evidence | class | told by |\n| --- | --- | --- | --- | --- | --- |"
)


def page() -> str:
    """Return the page of fields."""
    grades = "\n".join(f"- {grade}: {meaning}" for grade, meaning in GRADES.items())
    return "\n\n".join([INTRODUCTION + "\n" + grades, *_sections()]) + "\n"


def gaps() -> list[str]:
    """Return the fields, as `model.field`, that have no row."""
    return [
        f"{name}.{field}"
        for name, model in MODELS.items()
        for field in model.fields
        if field not in SOURCES.get(name, {})
    ]


def _sections() -> Iterator[str]:
    for name in sorted(MODELS):
        yield _section(MODELS[name], SOURCES.get(name, {}))


def _section(model: Model, sources: Sources) -> str:
    rows = [_row(model, field, sources.get(field)) for field in model.fields]
    kept = ["No event tells of it."] if model.silent else []
    return "\n\n".join([f"## {model.name}", *kept, "\n".join([HEAD, *rows])])


def _row(model: Model, field: str, source: Source | None) -> str:
    if source is None:
        return _line(f"`{field}`", "no row", "", "", "", "")
    if source.missing:
        return _line(f"`{field}`", "not available", source.missing, "", "", "")
    keys = ", ".join(f"`{key}`" if _is_key(key) else key for key in source.keys)
    return _line(
        f"`{field}`", keys, source.how, str(source.grade), _class(model, field), _told(model, field)
    )


def _class(model: Model, field: str) -> str:
    said = BY_FIELD if field in OWN else class_of(model.name, field)
    return "" if said == "none" else said


def _told(model: Model, field: str) -> str:
    if model.silent or field in ("id", "remote_id"):
        return ""
    if field in SILENT or field in model.volatile:
        return "in silence"
    return ", ".join(event.partition(".")[2] for event in events_of(model, field))


def _is_key(text: str) -> bool:
    return " " not in text


def _line(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
