"""`/proxy/{resource}`: Recruitee's own records under Truto's names, read and written live in its rate.

Lists come in Truto's envelope with Recruitee's array as it is; every other answer is Recruitee's body.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.responses import Response

from service.core.store.connections import Connection
from service.kombo.bodies import raw
from service.kombo.outbound import Lanes
from service.problems import Json
from service.state import Request
from service.truto import proxy_paging as paging
from service.truto.entry import Handler, live, note
from service.truto.envelope import Refused, invalid, lacking, page
from service.truto.forwarding import MOST_BODY, Asked, asked
from service.truto.once import Wanted
from service.truto.proxy_resources import RESOURCES, Endpoint, Resource
from service.truto.remote import data_of, sent, verbatim

BY_VERB: Final = {"GET": "get", "PATCH": "update", "PUT": "update", "DELETE": "delete"}
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True, slots=True)
class Proxy:
    """The handlers of all resources; `lanes` are those of all that this surface asks Recruitee."""

    lanes: Lanes

    async def collection(self, request: Request) -> Response:
        """List a resource, or create one of it."""
        resource = _resource(request)
        if request.method == "POST":
            return await self._counted(request, resource, "create")
        return await self._counted(request, resource, "list")

    async def record(self, request: Request) -> Response:
        """Get, update or delete one record; a POST is a custom method of that name."""
        resource = _resource(request)
        if request.method != "POST":
            method = BY_VERB["GET" if request.method == "HEAD" else request.method]
            return await self._counted(request, resource, method)
        method = request.path_params["id"]
        note(request, id=method if method in resource.custom else "{method}")
        if method not in resource.custom:
            known = ", ".join(resource.custom) or "none"
            detail = f"{resource.name} has no method {method[:40]}; its custom methods: {known}"
            raise Refused(404, detail)
        return await self._counted(request, resource, method)

    async def _counted(self, request: Request, resource: Resource, method: str) -> Response:
        endpoint = resource.every.get(method)
        if endpoint is None:
            detail = f"{resource.name} has no {method}; it has {', '.join(resource.methods)}"
            raise Refused(405, detail)

        async def handled(request: Request, connection: Connection) -> Response:
            query = asked(request, connection)
            if method == "list":
                return await self._listed(request, connection, resource, query)
            return await self._done(request, connection, resource, method, query)

        return await live(handled)(request)

    async def _listed(
        self, request: Request, connection: Connection, resource: Resource, query: Asked
    ) -> Response:
        path, left = _filled(resource, resource.methods["list"], query, request, {})
        of = paging.digest(connection.id, path, sorted(left))
        step = (
            paging.decoded(query.cursor, of)
            if query.cursor
            else paging.first(resource.paging, paging.limit_of(query.limit))
        )
        params = [*left, *paging.params(resource.paging, step)]
        said = await sent(request, self.lanes, connection, Wanted("GET", path, params))
        data = data_of(said, connection.api_token.get_secret_value())
        rows = data.get(resource.rows) if isinstance(data, dict) else None
        if not isinstance(rows, list):
            detail = f"Recruitee answered without a list of {resource.rows}"
            raise Refused(502, detail, remote=True)
        meta = data.get("meta")
        after = paging.following(
            resource.paging, step, rows, meta if isinstance(meta, Mapping) else {}
        )
        body = page(rows, paging.encoded(after, of), step.limit, len(rows))
        return Json(body | {"is_partial_response": resource.lean})

    async def _done(
        self,
        request: Request,
        connection: Connection,
        resource: Resource,
        method: str,
        query: Asked,
    ) -> Response:
        endpoint = resource.every[method]
        given = {} if method == "get" else await _fields(request)
        path, params = _filled(resource, endpoint, query, request, given)
        body = orjson.dumps(given) if given else b""
        wanted = Wanted(endpoint.verb, path, params, body)
        said = await sent(request, self.lanes, connection, wanted)
        token = connection.api_token.get_secret_value()
        if method in resource.custom:
            return Json({"result": data_of(said, token)})
        if method == "delete" and not said.body.strip():
            return Json({"id": request.path_params["id"]})
        return verbatim(said, token)


def handler(lanes: Lanes, *, record: bool) -> Handler:
    """Return the handler of a collection, or of what is below it; the audit names no person."""
    proxy = Proxy(lanes)

    async def handled(request: Request) -> Response:
        _noted(request)
        return await (proxy.record(request) if record else proxy.collection(request))

    return handled


def _noted(request: Request) -> None:
    """Let the audit say what may be said: whatever stands in a path may be somebody's address."""
    name: str = request.path_params["resource"]
    note(request, resource=name if name in RESOURCES else "{resource}")
    if "id" in request.path_params:
        fits = request.path_params["id"].isdecimal()
        note(request, id=request.path_params["id"][:20] if fits else "{id}")


def _resource(request: Request) -> Resource:
    name: str = request.path_params["resource"]
    if name not in RESOURCES:
        raise Refused(404, f"there is no resource {name[:40]}; there are {', '.join(RESOURCES)}")
    return RESOURCES[name]


def _filled(
    resource: Resource, endpoint: Endpoint, query: Asked, request: Request, body: dict[str, Any]
) -> tuple[str, list[tuple[str, str]]]:
    """Return the path with its ids in it, and the parameters that are left; raises Refused."""
    path, params = endpoint.path, list(query.params)
    if "{id}" in path:
        path = path.replace("{id}", _id("id", request.path_params["id"]))
    if endpoint.takes is None:
        return path, params
    names = endpoint.takes
    inside = endpoint in resource.custom.values()
    found = _taken(body, names) if inside else None
    if found is None:
        given = [(name, value) for name, value in params if name in names and value]
        if not given:
            raise lacking("body" if inside else "query", names[0])
        found = min(given, key=lambda pair: names.index(pair[0]))
        params = [pair for pair in params if pair[0] != found[0]]
    return path.replace("{parent}", _id(*found)), params


def _taken(body: dict[str, Any], names: tuple[str, ...]) -> tuple[str, str] | None:
    """Take the id that a custom method's body names out of it."""
    for name in names:
        value = body.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool):
            del body[name]
            return name, str(value)
    return None


def _id(name: str, value: str) -> str:
    if not _ID.fullmatch(value):
        raise invalid(name, "is no id of Recruitee's")
    return value


async def _fields(request: Request) -> dict[str, Any]:
    body = await raw(request, MOST_BODY)
    try:
        fields = orjson.loads(body) if body.strip() else {}
    except orjson.JSONDecodeError as error:
        raise Refused(400, f"the body is not JSON: {str(error)[:100]}") from None
    if not isinstance(fields, dict):
        raise Refused(422, "the body must be a JSON object")
    return fields
