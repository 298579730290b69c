"""Lists: newest first, a page at a time, with an opaque cursor that survives growth and removals."""

import base64
import binascii
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field

from service.core.store.listing import Row
from service.ops.bodies import refused

T = TypeVar("T")
Cursor = tuple[str | int, ...]
Found = tuple[Cursor, T | None]
"""A place in a list, and what is there (None: it is gone, or a filter leaves it out)."""

LOOKED_AT_MOST = 20_000


class Page(BaseModel):
    """The query of every list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: Annotated[int, Field(ge=1, le=250)] = 50
    after: str | None = None


async def page(
    found: AsyncGenerator[Found[T], None],
    limit: int,
    show: Callable[[T], Any],
    most: int | None = None,
) -> dict[str, Any]:
    """Return one page of what is found, shown, with the cursor of the next.

    A filter that lets little through ends a page early, once `most` were looked at: it is shorter then, and
    still has a cursor.
    """
    bound = min(most or LOOKED_AT_MOST, LOOKED_AT_MOST)
    items: list[T] = []
    looked, last = 0, None
    async with aclosing(found):
        async for place, thing in found:
            if thing is not None and len(items) == limit:
                break
            if thing is not None:
                items.append(thing)
            looked, last = looked + 1, place
            if looked == bound:
                break
        else:
            last = None
    return {"items": [show(item) for item in items], "next_cursor": last and _encoded(last)}


async def rows(
    pages: AsyncGenerator[list[Row], None],
    load: Callable[[Sequence[str]], Awaitable[Sequence[T | None]]],
    keep: Callable[[T], bool] = lambda _: True,
) -> AsyncGenerator[Found[T], None]:
    """Yield what a listing's rows name, as far as it is still there and passes the filter."""
    async with aclosing(pages):
        async for chunk in pages:
            things = await load([row.member for row in chunk])
            for row, thing in zip(chunk, things, strict=True):
                yield tuple(row), thing if thing is not None and keep(thing) else None


def row_after(text: str | None) -> Row | None:
    """Return the row that a listing's cursor names; raises Problem 422."""
    return None if text is None else Row(*decoded(text, str, int))


def decoded(text: str, *types: type) -> tuple[Any, ...]:
    """Return a cursor's parts; raises Problem 422 unless they are of these types."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        parts = orjson.loads(raw)
    except (binascii.Error, ValueError):
        parts = None
    if not isinstance(parts, list) or [type(part) for part in parts] != list(types):
        raise refused("after", "is not a cursor of this list")
    return tuple(parts)


def _encoded(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(cursor)).decode().rstrip("=")
