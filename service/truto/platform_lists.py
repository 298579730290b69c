"""Truto's lists of its platform's own things: an envelope of their own, and no empty page with a cursor."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, TypeVar

from starlette.responses import Response

from service.core.store.listing import Row
from service.ops.paging import Found, page, row_after
from service.problems import Json, Problem
from service.state import Request
from service.truto.envelope import Refused, invalid
from service.truto.proxy_paging import limit_of

T = TypeVar("T")
MOST: int = 250
Pages = Callable[[Row | None], AsyncGenerator[Found[T], None]]


async def listed(
    request: Request, found: Pages[T], show: Callable[[T], Awaitable[dict[str, Any]]]
) -> Response:
    """Answer one page, newest first."""
    query = request.query_params
    limit = min(limit_of(query.get("limit")), MOST)
    cursor: str | None = query.get("next_cursor") or None
    while True:
        answer = await page(found(_after(cursor)), limit, lambda thing: thing)
        cursor = answer["next_cursor"]
        # A filter may let nothing through for a while: Truto's SDK stops at an empty page.
        if answer["items"] or cursor is None:
            break
    result = [await show(each) for each in answer["items"]]
    return Json({"result": result, "next_cursor": cursor, "limit": limit})


def _after(cursor: str | None) -> Row | None:
    try:
        return row_after(cursor)
    except Problem:
        raise _foreign() from None


def _foreign() -> Refused:
    return invalid("next_cursor", "is not a cursor of this list")
