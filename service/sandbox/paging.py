"""Recruitee's ways to cut a list: by offset, by page, by cursor."""

from collections.abc import Sequence
from typing import TypeVar

from service.sandbox.calls import Call
from service.sandbox.records import Json

T = TypeVar("T")
MOST = 1000


def by_offset(rows: Sequence[T], call: Call, default: int = 100) -> Sequence[T]:
    """Cut by `limit` (at most 1000) and `offset`."""
    start = call.begin(call.number("offset", 0, most=10_000_000))
    return rows[start : start + call.number("limit", default, MOST)]


def by_page(rows: Sequence[T], call: Call, default: int = MOST) -> tuple[Sequence[T], Json]:
    """Cut by `page` (from 1) and `limit`; return the page and its `meta`."""
    limit = max(call.number("limit", default, 10_000), 1)
    page = max(call.number("page", 1, most=10_000_000), 1)
    meta = {"limit": limit, "page": page, "total_count": len(rows)}
    start = call.begin((page - 1) * limit)
    return rows[start : start + limit], meta
