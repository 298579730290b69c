"""One page of records: of a whole model as it changed, or of what hangs on one owner; by bytes too."""

import base64
import binascii
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final, NamedTuple

import orjson

from service.core.store import index
from service.core.store.listing import Row
from service.core.unified.model import Fields, Ref, Snapshot
from service.mcp_server.failing import invalid
from service.mcp_server.records import shown
from service.mcp_server.tool import Call, Paged, Shape
from service.mcp_server.untrusted import fitting

CHUNK: Final = 250
Place = tuple[str | int, ...]


class Found(NamedTuple):
    """A record, and the place beyond which the next page begins."""

    place: Place
    ref: Ref
    snapshot: Snapshot


Source = AsyncGenerator[Found, None]
Shown = Callable[[Call, Mapping[Ref, Snapshot]], Awaitable[list[Shape]]]


def written(place: Place) -> str:
    """Return a cursor."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def read(cursor: str, *types: type) -> tuple[Any, ...]:
    """Return a cursor's parts; raises Failed unless they are of these types."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        parts = orjson.loads(raw)
    except (binascii.Error, ValueError):
        parts = None
    if not isinstance(parts, list) or [type(part) for part in parts] != list(types):
        raise invalid("next_cursor", "is not a cursor of this list")
    if any(isinstance(part, int) and not -(2**53) < part < 2**53 for part in parts):
        raise invalid("next_cursor", "is not a cursor of this list")
    return tuple(parts)


async def changed(call: Call, model: str, cursor: str | None, since: int | None) -> Source:
    """Yield a model's records that are there, those that changed first first."""
    after = Row(index.FIRST, since) if since is not None else None
    if cursor is not None:
        member, score = read(cursor, str, int)
        after = Row(member, score)
    while page := await index.page(call.store.pipe, call.c, model, after, CHUNK):
        refs = [Ref(model, row.member) for row in page]
        known = await call.store.records.load(call.c, refs)
        for row, ref in zip(page, refs, strict=True):
            if (snapshot := known.get(ref)) and not snapshot.deleted:
                yield Found((row.member, row.score), ref, snapshot)
        after = page[-1]


async def below(call: Call, root: Ref, model: str, cursor: str | None) -> Source:
    """Yield what hangs on an owner and is there, by Recruitee's ids."""
    inside = await call.store.records.children(call.c, root)
    refs = sorted((ref for ref in inside if ref.model == model), key=_number)
    if cursor is not None:
        last = Ref(model, read(cursor, str)[0])
        refs = [ref for ref in refs if _number(ref) > _number(last)]
    for start in range(0, len(refs), CHUNK):
        chunk = refs[start : start + CHUNK]
        known = await call.store.records.load(call.c, chunk)
        for ref in chunk:
            if (snapshot := known.get(ref)) and not snapshot.deleted:
                yield Found((ref.remote_id,), ref, snapshot)


async def page(
    call: Call,
    asked: Paged,
    source: Source,
    keeps: Callable[[Fields], bool] = lambda _: True,
    show: Shown = shown,
) -> Shape:
    """Return a page; never an empty one with a cursor, and none that is too large."""
    kept: list[Found] = []
    more = False
    async with aclosing(source):
        async for found in source:
            if not keeps(found.snapshot.fields):
                continue
            if len(kept) == asked.limit:
                more = True
                break
            kept.append(found)
    rows = await show(call, {each.ref: each.snapshot for each in kept})
    return enveloped(rows, [each.place for each in kept], more=more)


def enveloped(rows: Sequence[Shape], places: Sequence[Place], *, more: bool) -> Shape:
    """Return rows as Truto's tools do, as many as fit; `places`: where each row stands."""
    told, cut = fitting(rows)
    more = more or len(told) < len(rows)
    cursor = written(places[len(told) - 1]) if more and told else None
    return {"result": told, "next_cursor": cursor, "untrusted": True, "truncated": cut}


def _number(ref: Ref) -> tuple[int, str]:
    i = ref.remote_id
    return (int(i), "") if i.isdecimal() else (0, i)
