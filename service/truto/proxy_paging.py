"""Recruitee's ways to page a list, behind one opaque cursor: by offset, page, last id, or none at all.

Which list has which way is Recruitee's API documentation's. A list that does not keep to its way is taken as
whole rather than walked for ever, and an empty page never has a cursor, since Truto's SDK stops at it.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import orjson

from service.truto.envelope import Refused, invalid

USUAL: Final = 100
MOST: Final = 1000
FURTHEST: Final = 2**53
Pairs = Sequence[tuple[str, str]]


class Paging(Enum):
    """How a list is cut."""

    NONE = "none"
    OFFSET = "offset"
    PAGE = "page"
    POSITION = "position"  # after the last id that was shown


@dataclass(frozen=True, slots=True)
class Step:
    """One page: `at` is its offset, its number from 1, or the id before it (0: from the start)."""

    at: int
    limit: int


def first(paging: Paging, limit: int) -> Step:
    """Return the first page."""
    return Step(1 if paging is Paging.PAGE else 0, limit)


def params(paging: Paging, step: Step) -> list[tuple[str, str]]:
    """Return what Recruitee is asked for a page."""
    match paging:
        case Paging.NONE:
            return []
        case Paging.OFFSET:
            return [("limit", str(step.limit)), ("offset", str(step.at))]
        case Paging.PAGE:
            return [("limit", str(step.limit)), ("page", str(step.at))]
    after = [("cursor_position", str(step.at))] if step.at else []
    return [("limit", str(step.limit)), *after]


def following(
    paging: Paging, step: Step, rows: Sequence[Any], meta: Mapping[str, Any]
) -> Step | None:
    """Return the page after one that was answered, or None after the last."""
    # More than was asked for: no page was cut, so that all of them are here.
    if paging is Paging.NONE or not rows or len(rows) > step.limit:
        return None
    if paging is Paging.POSITION:
        return _after(step, rows)
    total = meta.get("total_count")
    if paging is Paging.PAGE and isinstance(total, int):
        return Step(step.at + 1, step.limit) if step.at * step.limit < total else None
    if len(rows) < step.limit:
        return None
    return Step(step.at + (1 if paging is Paging.PAGE else len(rows)), step.limit)


def _after(step: Step, rows: Sequence[Any]) -> Step | None:
    last = rows[-1].get("id") if isinstance(rows[-1], dict) else None
    # The same id again: the position was ignored.
    if not isinstance(last, int) or not 0 < last < FURTHEST or last == step.at:
        return None
    return Step(last, step.limit) if len(rows) == step.limit else None


def limit_of(text: str | None) -> int:
    """Return a page's size as it is asked for; raises Refused."""
    if not text:
        return USUAL
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and int(text) > 0):
        raise invalid("limit", f"must be a whole number from 1; above {MOST} it counts as {MOST}")
    return min(int(text), MOST)


def digest(*parts: object) -> str:
    """Return what a cursor is good for: this list with these parameters."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def encoded(step: Step | None, of: str) -> str | None:
    """Return a page as a cursor."""
    if step is None:
        return None
    return base64.urlsafe_b64encode(orjson.dumps([of, step.at, step.limit])).decode().rstrip("=")


def decoded(text: str, of: str) -> Step:
    """Return the page of a cursor; raises Refused unless it is one of this list."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) if len(text) < 200 else b""
        said = orjson.loads(raw)
    except (binascii.Error, ValueError):
        raise _foreign() from None
    if not (isinstance(said, list) and [type(part) for part in said] == [str, int, int]):
        raise _foreign()
    good_for, at, limit = said
    if good_for != of or not 0 <= at < FURTHEST or not 1 <= limit <= MOST:
        raise _foreign()
    return Step(at, limit)


def _foreign() -> Refused:
    return invalid("next_cursor", "is not a cursor of this list: send it with the same parameters")
