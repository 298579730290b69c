"""One page of one list, for one integration."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.responses import Response

from service.core.store.connections import Connection
from service.core.unified.model import Ref
from service.kombo import age, cursor, raw
from service.kombo.asked import Asked, asked
from service.kombo.entry import integration
from service.kombo.envelope import MODEL_DISABLED, Refused, success
from service.kombo.fresh import Fresh, max_age
from service.kombo.kept import Desk, Kept
from service.kombo.listing import Listing
from service.kombo.shelf import Made, Shelf, beside
from service.kombo.tables import Tables
from service.kombo.walk import LOOKED_AT_MOST, Walk
from service.ops.paging import Found, page
from service.state import Request

NAMED: Final[Mapping[str, str]] = {
    "job_ids": "job", "candidate_ids": "candidate", "application_ids": "application",
    "current_stage_ids": "stage",
}  # fmt: skip
"""Filter -> the model whose unified ids it names."""


def lister(
    listing: Listing, tables: Tables, shelf: Shelf
) -> Callable[[Request], Awaitable[Response]]:
    """Return the handler of a list."""

    async def listed(request: Request) -> Response:
        connection = await integration(request)
        wanted = asked(request.query_params, listing.asked)
        after = cursor.read(listing, wanted)
        if listing.model is None:
            return success({"next": None, "results": []})
        _switched_on(connection, listing)
        place = (listing.path, wanted)
        if max_age(request.headers) is not None:
            shelf.drop(connection.id)  # what is asked for again is younger than what was made of it
        elif made := shelf.get(connection, place):
            return made.answer()
        desk = Desk(request.state["store"], connection, tables)
        if unsupported(connection, listing, wanted):
            if not wanted.ignore_unsupported_filters:
                return success(
                    {"next": None, "results": []}, await age.headers(desk, listing.model)
                )
            wanted = _without(connection, listing, wanted)
        wanted = await _ours(desk, listing, wanted)
        fresh = await Fresh.of(desk, request.headers, request.state["settings"].recruitee_rate)
        found = await _page(Walk(desk, listing, wanted, after), fresh)
        rows: list[Kept] = found["items"]
        headers = await age.headers(desk, listing.model, rows, fresh)
        results = await listing.show(desk, rows) if rows else []
        headers |= await raw.fill(request, desk, rows, results)
        answer = success({"next": found["next_cursor"], "results": results}, headers)
        if fresh is None and not connection.options.remote_data:
            asked_by = beside(request.scope["query_string"])
            shelf.put(connection, place, Made.of(answer, headers, asked_by))
        return answer

    listed.__doc__ = f"List {listing.path}, in the order in which they changed."
    return listed


async def _page(walk: Walk, fresh: Fresh | None) -> dict[str, Any]:
    """Return a page of what is fresh enough, as far as it could be asked for in time."""
    while True:
        found = await page(_places(walk), walk.asked.page_size, lambda row: row, LOOKED_AT_MOST)
        if fresh is None or not await fresh.again(found["items"], await _unknown(walk)):
            return found
        walk.desk.families.clear()


async def _unknown(walk: Walk) -> list[Ref]:
    """Return the records that are asked for by Recruitee's own ids, and that we do not have."""
    named = [Ref(str(walk.listing.model), each) for each in walk.asked.remote_ids or ()]
    there = await walk.desk.kept(named)
    return [ref for ref in named if ref not in there and ref.remote_id.isdecimal()]


async def _ours(desk: Desk, listing: Listing, wanted: Asked) -> Asked:
    """Return filters with the ids that were taken along read as ours."""
    of = {"ids": str(listing.model), **NAMED}
    given = {
        name: (model, uids) for name, model in of.items() if (uids := getattr(wanted, name, None))
    }
    adoption = desk.store.records.adoption
    meant = await asyncio.gather(*(adoption.ours(desk.c, *each) for each in given.values()))
    return wanted.model_copy(update=dict(zip(given, meant, strict=True)))


async def _places(walk: Walk) -> AsyncGenerator[Found[Kept], None]:
    async for place, row in walk.found():
        yield cursor.flat(walk.listing, walk.asked, place), row


def _switched_on(connection: Connection, listing: Listing) -> None:
    if listing.model and not connection.options.tells(listing.model):
        raise Refused(403, MODEL_DISABLED, f"the scope of this integration has no {listing.path}")


def unsupported(connection: Connection, listing: Listing, wanted: Asked) -> set[str]:
    """Return the filters given that ask for a field which is not kept."""
    gone = set()
    for name in wanted.own():
        model, _, field = listing.needs.get(name, "").partition(".")
        if model and field in connection.options.hidden(model):
            gone.add(name)
    return gone


def _without(connection: Connection, listing: Listing, wanted: Asked) -> Asked:
    return wanted.model_copy(update=dict.fromkeys(unsupported(connection, listing, wanted)))
