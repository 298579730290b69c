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
MOST_SAME: Final = 3
Pairs = Sequence[tuple[str, str]]


class Paging(Enum):
    """How a list is cut."""

    NONE = "none"
    OFFSET = "offset"
    PAGE = "page"
    POSITION = "position"  # after the last id that was shown


@dataclass(frozen=True, slots=True)
class Step:
    """One page: `at` is its offset, its number from 1, or the id before it (0: from the start).

    `head`: the first id of the page before; `same`: how many pages in a row began with that.
    """

    at: int
    limit: int
    head: int = 0
    same: int = 0


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
    """Return the page after one that was answered, or None after the last; raises Refused."""
    # More than was asked for: no page was cut, so that all of them are here.
    if paging is Paging.NONE or not rows or len(rows) > step.limit:
        return None
    if paging is Paging.POSITION:
        return _after(step, rows)
    total = meta.get("total_count")
    if paging is Paging.PAGE and isinstance(total, int):
        ends = step.at * step.limit >= total
    else:
        ends = len(rows) < step.limit
    if ends:
        return None
    at = step.at + (1 if paging is Paging.PAGE else len(rows))
    return Step(at, step.limit, *_heads(step, rows))


def _heads(step: Step, rows: Sequence[Any]) -> tuple[int, int]:
    """Return how pages begin; raises Refused for a list that would never end.

    Once may be new records before it, which shift all others by a page.
    """
    head = _id(rows[0])
    same = step.same + 1 if head and head == step.head else 0
    if same == MOST_SAME:
        raise Refused(502, "Recruitee answers the same page again and again", remote=True)
    return head, same


def _after(step: Step, rows: Sequence[Any]) -> Step | None:
    last = _id(rows[-1])
    # The same id again: the position was ignored.
    return Step(last, step.limit) if last not in (0, step.at) and len(rows) == step.limit else None


def _id(row: Any) -> int:
    """Return a record's id, or 0 if it has none."""
    found = row.get("id") if isinstance(row, dict) else None
    return found if type(found) is int and 0 < found < FURTHEST else 0


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
    said = orjson.dumps([of, step.at, step.limit, step.head, step.same])
    return base64.urlsafe_b64encode(said).decode().rstrip("=")


def decoded(text: str, of: str) -> Step:
    """Return the page of a cursor; raises Refused unless it is one of this list."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) if len(text) < 200 else b""
        said = orjson.loads(raw)
    except (binascii.Error, ValueError):
        raise _foreign() from None
    if not (isinstance(said, list) and [type(part) for part in said] == [str, *[int] * 4]):
        raise _foreign()
    good_for, at, limit, head, same = said
    fits = 0 <= at < FURTHEST and 1 <= limit <= MOST
    if good_for != of or not fits or not 0 <= head < FURTHEST or not 0 <= same < MOST_SAME:
        raise _foreign()
    return Step(at, limit, head, same)


def _foreign() -> Refused:
    return invalid("next_cursor", "is not a cursor of this list: send it with the same parameters")
