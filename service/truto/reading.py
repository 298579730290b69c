"""Lists and single records of a unified resource."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from starlette.responses import Response, StreamingResponse

from service.core.store.connections import Connection
from service.core.store.store import Store
from service.core.unified.model import Ref
from service.kombo import age
from service.kombo.fresh import Fresh, max_age
from service.kombo.kept import Desk, Kept
from service.kombo.raw import LEAST, SHARE, WITHIN_S
from service.kombo.shelf import Made, Shelf
from service.kombo.tables import Tables
from service.problems import Json
from service.state import Request
from service.truto import showing
from service.truto.asked import Asked, asked
from service.truto.catalogue import RESOURCES
from service.truto.entry import Handler, account
from service.truto.envelope import Refused, page
from service.truto.orders import Orders
from service.truto.resource import Counter, Resource, Shape
from service.truto.walk import Found, Walk

LINES: Final = "application/x-ndjson"
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Reading:
    """What reads share: small models, orders, and pages that were made."""

    tables: Tables = field(default_factory=Tables)
    orders: Orders = field(default_factory=Orders)
    shelf: Shelf = field(default_factory=Shelf)

    def lister(self, resource: Resource) -> Handler:
        """Return the handler of a list."""

        async def listed(request: Request) -> Response:
            connection = await account(request)
            told(connection, resource)
            spot = (resource.name, base(request), str(request.query_params))
            if max_age(request.headers) is not None:
                self.shelf.drop(connection.id)
            elif made := self.shelf.get(connection, spot):
                return made.answer()
            wanted = asked(request.query_params, resource)
            counter = self.counter(request, connection)
            showing.raw_allowed(counter.desk, wanted)
            walk = Walk(counter, resource, wanted, self.orders)
            if wanted.format == "stream":
                first = await walk.page(wanted.cursor, wanted.limit)
                return StreamingResponse(_lines(walk, first), media_type=LINES)
            answer, headers, lasts = await _page(request, walk)
            if lasts:
                self.shelf.put(connection, spot, Made.of(answer, headers))
            return answer

        listed.__doc__ = f"List {resource.name}."
        return listed

    def getter(self, resource: Resource) -> Handler:
        """Return the handler of one record."""

        async def got(request: Request) -> Response:
            connection = await account(request)
            told(connection, resource)
            wanted = asked(request.query_params, resource, whole=False)
            desk = self.counter(request, connection).desk
            showing.raw_allowed(desk, wanted)
            return await self.one(request, connection, resource, request.path_params["id"], wanted)

        got.__doc__ = f"Return one of {resource.name}, by Recruitee's id."
        return got

    async def one(
        self,
        request: Request,
        connection: Connection,
        resource: Resource,
        remote_id: str,
        wanted: Asked,
    ) -> Response:
        """Answer with one record; raises Refused where it is not there."""
        counter = self.counter(request, connection)
        rate = request.state["settings"].recruitee_rate
        fresh = await Fresh.of(counter.desk, request.headers, rate)
        row = await _row(counter.desk, Ref(resource.model, remote_id), fresh)
        shape = await self.shape(counter, resource, row) if row else None
        if row is None or shape is None:
            raise Refused(404, f"there is no {resource.model} {remote_id[:64]}")
        headers = await age.headers(counter.desk, resource.model, [row], fresh)
        headers |= await showing.with_raw(request, counter.desk, [row], [shape], wanted)
        if wanted.format == "raw" and shape.get(showing.RAW) is None:
            raise Refused(503, "Recruitee did not serve the record in time", headers=headers)
        return Json(showing.shown(shape, wanted), headers=headers | showing.passed_over(wanted))

    async def shape(self, counter: Counter, resource: Resource, row: Kept) -> Shape | None:
        """Return a record whole; None where it may not be shown."""
        if row.deleted or not resource.listed(row.fields):
            return None
        shape = resource.begun(row)
        await resource.join(counter, [row], [shape], resource.joined)
        return shape

    def counter(self, request: Request, connection: Connection) -> Counter:
        """Return what records of a connection are shown from."""
        store: Store = request.state["store"]
        return Counter(Desk(store, connection, self.tables), base(request))


def resource_of(request: Request) -> Resource:
    """Return the resource that a path names; raises Refused."""
    name = request.path_params["resource"]
    if name not in RESOURCES:
        raise Refused(404, f"there is no unified resource ats/{name[:80]} for Recruitee")
    return RESOURCES[name]


def told(connection: Connection, resource: Resource) -> None:
    """Refuse a model that the operator has off; raises Refused."""
    if not connection.options.tells(resource.model):
        raise Refused(
            403, f"the scope of this connection has no {resource.name}",
            insight={"forbidden_error": None},
        )  # fmt: skip


def base(request: Request) -> str:
    """Return the address that we are reached at, without a slash at the end."""
    return str(request.state["settings"].public_url or request.base_url).rstrip("/")


async def _page(request: Request, walk: Walk) -> tuple[Response, dict[str, str], bool]:
    """Return a page's answer, its headers, and whether it is good until something changes."""
    desk, wanted = walk.counter.desk, walk.asked
    fresh = await Fresh.of(desk, request.headers, request.state["settings"].recruitee_rate)
    limit = _limit(request, wanted)
    found = await _found(walk, limit, fresh)
    headers = await age.headers(desk, walk.resource.model, found.rows, fresh)
    headers |= await showing.with_raw(request, desk, found.rows, found.shapes, wanted)
    headers |= showing.passed_over(wanted)
    result = showing.gathered(found.shapes, wanted)
    body = page(result, found.next_cursor, limit, len(result))
    lasts = fresh is None and (not desk.connection.options.remote_data)
    return Json(body, headers=headers), headers, lasts


async def _found(walk: Walk, limit: int, fresh: Fresh | None) -> Found:
    """Return a page of what is fresh enough, as far as it could be asked for in time."""
    while True:
        found = await walk.page(walk.asked.cursor, limit)
        if fresh is None or not await fresh.again(found.rows):
            return found


def _limit(request: Request, wanted: Asked) -> int:
    """Return the page size; word for word no more than can be asked for while a client waits."""
    if wanted.format != "raw":
        return wanted.limit
    rate = request.state["settings"].recruitee_rate
    return min(wanted.limit, max(LEAST, int(rate * WITHIN_S * SHARE)))


async def _lines(walk: Walk, found: Found) -> AsyncIterator[bytes]:
    """Yield a list from a page on to its end, a record a line."""
    while True:
        lines: Sequence[Any] = [showing.shown(shape, walk.asked) for shape in found.shapes]
        yield b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)
        if found.next_cursor is None:
            return
        found = await walk.page(found.next_cursor, walk.asked.limit)


async def _row(desk: Desk, ref: Ref, fresh: Fresh | None) -> Kept | None:
    if not _ID.fullmatch(ref.remote_id):
        return None
    while True:
        row = (await desk.kept([ref])).get(ref)
        unknown = [ref] if row is None and ref.remote_id.isdecimal() else []
        if fresh is None or not await fresh.again([row] if row else [], unknown):
            return row
