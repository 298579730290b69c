"""Integrated accounts: our connections, and what can be called on them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from starlette.responses import Response

from service.core import times
from service.core.store.connections import ACTIVE, UNAUTHORIZED, Connection
from service.core.store.store import Store
from service.ops.paging import rows
from service.problems import Json
from service.setup.making import end_user
from service.state import Request
from service.truto.catalogue import METHODS
from service.truto.entry import TOOL, named
from service.truto.envelope import Refused, invalid
from service.truto.platform_lists import listed
from service.truto.proxy_resources import RESOURCES

KINDS: Final = ("proxy", "unified", "all")
INTEGRATION: Final = {"name": TOOL, "label": "Recruitee", "category": "ats"}
Json_ = dict[str, Any]


async def every(request: Request) -> Response:
    """List the accounts that the caller may see, newest first."""
    store: Store = request.state["store"]

    async def show(connection: Connection) -> Json_:
        return shown(connection)

    return await listed(
        request,
        lambda after: rows(store.connections.pages(after), store.connections.load),
        show,
    )


async def one(request: Request) -> Response:
    """Show one account."""
    return Json(shown(await named(request, request.path_params["id"])))


async def capabilities(request: Request) -> Response:
    """Say what can be called on an account."""
    await named(request, request.path_params["id"])
    return Json(_capabilities(request.query_params))


async def capabilities_of_tool(request: Request) -> Response:
    """Say what can be called on every account of an integration."""
    slug: str = request.path_params["slug"]
    if slug != TOOL:
        raise Refused(404, f"there is no integration {slug[:40]}; there is {TOOL}")
    return Json(_capabilities(request.query_params))


def shown(connection: Connection) -> Json_:
    """Return an account as Truto shows one; no credential of any kind."""
    user = end_user(connection)
    created = times.iso(connection.created)
    return {
        "id": connection.id,
        "tenant_id": user.origin_id or connection.company_id,
        "integration": INTEGRATION,
        "status": status_of(connection),
        "status_reason": connection.reason or None,
        "authentication_method": "api_key",
        "context": {**user.context, "company_id": connection.company_id},
        "name": connection.name,
        "is_sandbox": False,
        "created_at": created,
        "updated_at": created,
    }


def status_of(connection: Connection) -> str:
    """Return an account's status in Truto's words."""
    if connection.disabled:
        return "inactive"
    if connection.status == UNAUTHORIZED:
        return "needs_reauth"
    return "active" if connection.status == ACTIVE else "connecting"


def _capabilities(query: Mapping[str, str]) -> Json_:
    kind = query.get("type") or "all"
    if kind not in KINDS:
        raise invalid("type", f"must be one of {', '.join(KINDS)}")
    told: Json_ = {}
    if kind in ("proxy", "all"):
        told["proxy"] = list(_fitting(_proxy(), query))
    if kind in ("unified", "all"):
        told["unified"] = list(_fitting(_unified(), query))
    return told


def _proxy() -> Iterator[Json_]:
    for each in RESOURCES.values():
        yield {"resource": each.name, "methods": list(each.every), "description": each.about}


def _unified() -> Iterator[Json_]:
    for name, methods in METHODS.items():
        said = f"{name} of the unified model ats"
        yield {"model": "ats", "resource": name, "methods": list(methods), "description": said}


def _fitting(every_: Iterator[Json_], query: Mapping[str, str]) -> Iterator[Json_]:
    """Yield what fits the query's filters; of each, those of its methods that are asked for."""
    wanted = [part for part in (query.get("methods") or "").split(",") if part]
    resource, described = query.get("resource"), query.get("has_description")
    for each in every_:
        methods = [name for name in each["methods"] if not wanted or name in wanted]
        if methods and resource in (None, "", each["resource"]) and described != "false":
            yield each | {"methods": methods}
