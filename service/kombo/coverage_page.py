"""The coverage page: each row of what Kombo and Truto list for Recruitee, with the test that proves it.

`python -m service.kombo.coverage_page` writes it anew from `docs/coverage.json`, which names the rows and
their tests, and from the table of unified fields, which says what there is.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from service.kombo.coverage import READ, SUPPORTED, name_of, status_of

DOCS: Final = Path(__file__).parents[1] / "docs"
ROWS: Final = DOCS / "coverage.json"
PAGE: Final = DOCS / "coverage.md"
LEAF: Final = frozenset({"test", "why", "later"})
VENDORS: Final[Mapping[str, str]] = {"kombo": "Kombo", "truto": "Truto"}
INTRODUCTION: Final = """\
# Coverage

What Kombo and Truto list for Recruitee, row by row: "yes" with the test that proves it, "no" with the reason,
or "not yet". Written by `python -m service.kombo.coverage_page`; a test fails when this page and the code
differ, when a test that is named here does not exist, and when a field is "yes" here and not in the code.\
"""
HEAD: Final = "| row | | test or reason |\n| --- | --- | --- |"


class Row(NamedTuple):
    """One row: where it stands, and what is said of it."""

    path: tuple[str, ...]  # vendor, section, names
    test: str | None
    why: str | None
    later: str | None

    @property
    def word(self) -> str:
        """Yes, no, or not yet."""
        return "not yet" if self.later else "no" if self.why else "yes"

    @property
    def said(self) -> str:
        """The test, the reason, or both."""
        proof = f"`{self.test}`" if self.test else ""
        return "; ".join(part for part in (self.later or self.why, proof) if part)


def rows() -> list[Row]:
    """Return every row there is, in the order of the page."""
    found = orjson.loads(ROWS.read_bytes())
    return list(_rows(found, ()))


def page() -> str:
    """Return the page."""
    parts, sections = [INTRODUCTION, _counted(rows())], dict[tuple[str, str], list[Row]]()
    for row in rows():
        sections.setdefault((row.path[0], row.path[1]), []).append(row)
    for (vendor, section), inside in sections.items():
        title = f"## {VENDORS[vendor]}: {section}"
        parts.append("\n".join([title, "", HEAD, *map(_line, inside)]))
    return "\n\n".join(parts) + "\n"


def differences() -> list[str]:
    """Return `model.field` of each row whose word is not what the table of unified fields says."""
    known = {
        (read.id, name_of(field)): status_of(read, field) == SUPPORTED
        for read in READ
        for field in read.fields.split()
    }
    models = orjson.loads(ROWS.read_bytes())["kombo"]["models"]
    return [
        f"{model['id']}.{field}"
        for model in models.values()
        for field, said in model["fields"].items()
        if known.get((model["id"], field), "why" not in said) != ("why" not in said)
    ]


def _rows(found: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Row]:
    for name, inside in found.items():
        if isinstance(inside, str):
            continue
        if LEAF.issuperset(inside):
            said = (inside.get(key) for key in ("test", "why", "later"))
            yield Row((*path, name), *said)
        else:
            yield from _rows(inside, (*path, name))


def _line(row: Row) -> str:
    names = [name for name in row.path[2:] if name not in ("fields", "inputs")]
    return f"| {' · '.join(names)} | {row.word} | {row.said} |"


def _counted(all_rows: list[Row]) -> str:
    words = [row.word for row in all_rows]
    told = ", ".join(f"{words.count(word)} {word}" for word in ("yes", "no", "not yet"))
    return f"{len(words)} rows: {told}."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
