"""One page of one list, for one integration."""

from collections.abc import AsyncGenerator, Awaitable, Callable

from starlette.responses import Response

from service.core.store.connections import Connection
from service.kombo import age, cursor
from service.kombo.asked import Asked, asked
from service.kombo.entry import integration
from service.kombo.envelope import MODEL_DISABLED, Refused, success
from service.kombo.kept import Desk, Kept
from service.kombo.listing import Listing
from service.kombo.tables import Tables
from service.kombo.walk import Walk
from service.ops.paging import Found, page
from service.state import Request


def lister(listing: Listing, tables: Tables) -> Callable[[Request], Awaitable[Response]]:
    """Return the handler of a list."""

    async def listed(request: Request) -> Response:
        connection = await integration(request)
        wanted = asked(request.query_params, listing.asked)
        after = cursor.read(listing, wanted)
        if listing.model is None:
            return success({"next": None, "results": []})
        _switched_on(connection, listing)
        desk = Desk(request.state["store"], connection, tables)
        headers = await age.headers(desk, listing.model)
        if unsupported(connection, listing, wanted):
            if not wanted.ignore_unsupported_filters:
                return success({"next": None, "results": []}, headers)
            wanted = _without(connection, listing, wanted)
        walk = Walk(desk, listing, wanted, after)
        found = await page(_places(walk), wanted.page_size, lambda row: row)
        rows: list[Kept] = found["items"]
        results = await listing.show(desk, rows) if rows else []
        return success({"next": found["next_cursor"], "results": results}, headers)

    return listed


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
