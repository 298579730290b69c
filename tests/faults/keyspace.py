"""No key without a lifetime or a named reason: what Redis holds, held against the table of keys."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from service.core.store import keys


class Row(NamedTuple):
    """One row of the table: which keys it is about, and whether each must have a lifetime."""

    pattern: "re.Pattern[str]"
    lifetime: str
    ends: bool


def table(text: str = keys.__doc__ or "") -> list[Row]:
    """Read the table in the docstring of the keys' module."""
    rows = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 4 and cells[0] not in ("key", "---"):
            rows += [_row(name.strip(), cells[3]) for name in cells[0].split(",")]
    return rows


def unlisted(lifetimes: Mapping[str, int], rows: list[Row]) -> list[str]:
    """Return what is wrong: `lifetimes` are milliseconds left by key, -1 for none."""
    problems = []
    for key, left in lifetimes.items():
        row = next((row for row in rows if row.pattern.fullmatch(key)), None)
        if row is None:
            problems.append(f"keys: {key} is not in the table")
        elif row.ends and left == -1:
            problems.append(f"keys: {key} should live for {row.lifetime}, and has no lifetime")
    return sorted(problems)


def _row(name: str, lifetime: str) -> Row:
    # Only the last part of a name may have colons in it: a root, a lane.
    *parts, end = re.split(r"\{[a-z]+\}|\*", name)
    pattern = "[^:]+".join(re.escape(part) for part in parts) + (".+" if parts else "")
    pattern += re.escape(end)
    return Row(re.compile(pattern), lifetime, not re.match(r"none|as |trimmed", lifetime))
