"""An account's MCP tokens and tools, as Truto makes and lists them; they are those of our own MCP server."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from service.core.store.mcp_tokens import McpToken
from service.core.store.store import Store
from service.mcp_server.table import chosen
from service.mcp_server.tool import Tool
from service.openapi.route import takes
from service.ops import mcp_tokens
from service.ops.bodies import given
from service.ops.paging import rows
from service.problems import Json
from service.state import Request
from service.truto.brackets import texts, tree
from service.truto.entry import named, note
from service.truto.envelope import Refused
from service.truto.platform_lists import listed

TAKEN: Final = ("name", "config", "expires_at")


async def tools(request: Request) -> Response:
    """List the tools that methods and tags leave."""
    await named(request, request.path_params["id"])
    query = tree(request.query_params.multi_items())
    left = chosen(texts(query.get("methods", [])), texts(query.get("tags", [])))
    return Json([_tool(each) for each in left])


async def every(request: Request) -> Response:
    """List an account's tokens that have not expired, newest first."""
    store: Store = request.state["store"]
    connection = await named(request, request.path_params["id"])

    async def show(token: McpToken) -> dict[str, Any]:
        return _shown(mcp_tokens.shown(token))

    return await listed(
        request,
        lambda after: rows(
            store.mcp_tokens.pages(after),
            store.mcp_tokens.load,
            lambda token: token.connection_id == connection.id,
        ),
        show,
    )


@takes(mcp_tokens.Asked)
async def create(request: Request) -> Response:
    """Make a token of an account; it and its address are shown only here."""
    connection = await named(request, request.path_params["id"])
    fields = {name: value for name, value in (await given(request)).items() if name in TAKEN}
    asked = mcp_tokens.Asked.model_validate({**fields, "connection_id": connection.id})
    made = await mcp_tokens.made(request, asked)
    note(request, token=str(made["id"]))
    once = {"token": made["token"], "url": made["url"]}
    return Json(_shown(made) | once, headers={"cache-control": "no-store"})


async def show(request: Request) -> Response:
    """Show one token, without its secret."""
    return Json(_shown(mcp_tokens.shown(await _found(request))))


async def remove(request: Request) -> Response:
    """Take a token back."""
    store: Store = request.state["store"]
    token = await _found(request)
    await store.mcp_tokens.remove(token.id)
    return Json({"id": token.id})


async def _found(request: Request) -> McpToken:
    store: Store = request.state["store"]
    connection = await named(request, request.path_params["id"])
    t: str = request.path_params["token"]
    found = await store.mcp_tokens.get(t)
    if found is None or found.connection_id != connection.id:
        raise Refused(404, f"there is no MCP token {t[:80]} of this account")
    return found


def _shown(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a token in Truto's words."""
    return {
        "id": told["id"],
        "name": told["name"],
        "config": told["config"],
        "integrated_account_id": told["connection_id"],
        "created_by": told["created_by"],
        "expires_at": told["expires_at"],
        "created_at": told["created_at"],
        "updated_at": told["created_at"],
    }


def _tool(tool: Tool) -> dict[str, Any]:
    schema = tool.input_schema
    return {
        "name": tool.name,
        "resource": tool.resource,
        "method": tool.method,
        "description": tool.description,
        "query_schema": schema,
        "body_schema": None,
        "required": schema.get("required", []),
    }
