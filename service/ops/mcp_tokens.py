"""MCP tokens: addresses for agents that cannot send a header, each for one connection and some tools."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints, field_validator
from starlette.responses import Response

from service.callers import Caller
from service.core import times
from service.core.store.mcp_tokens import McpToken
from service.core.store.store import Store
from service.mcp_server.table import TOOLS, chosen
from service.ops.bodies import given, query, refused, unknown
from service.ops.connections import ConnectionId
from service.ops.endpoint import base_of
from service.ops.instants import Instant
from service.ops.paging import Page, page, row_after, rows
from service.problems import Json, Problem
from service.state import Request

SOON_MS: Final = 60_000
WORDS: Final = frozenset({"read", "write", *(tool.method for tool in TOOLS.values())})
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Words = Annotated[tuple[Word, ...], Field(max_length=200)]


class Config(BaseModel):
    """Which tools: those of the methods that have any of the tags; empty leaves nothing out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    methods: Words = ()
    tags: Words = ()
    require_api_token_auth: StrictBool = False

    @field_validator("methods")
    @classmethod
    def _known(cls, methods: Words) -> Words:
        if any(each not in WORDS and each not in TOOLS for each in methods):
            raise ValueError(
                "are `read`, `write`, list, get, create, update, delete, custom or tools"
            )
        return methods


class Asked(BaseModel):
    """A token as it is asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    connection_id: ConnectionId
    config: Config = Config()
    expires_at: Instant | None = Field(None)


async def listed(request: Request) -> Response:
    """List tokens that have not expired, newest first."""
    store: Store = request.state["store"]
    asked = query(request, Page)
    found_ = rows(store.mcp_tokens.pages(row_after(asked.after)), store.mcp_tokens.load)
    return Json(await page(found_, asked.limit, shown))


async def create(request: Request) -> Response:
    """Make a token; nobody gives what they do not have, and its address is shown only here."""
    asked = Asked.model_validate(await given(request))
    return Json(await made(request, asked), 201, {"cache-control": "no-store"})


async def made(request: Request, asked: Asked) -> dict[str, Any]:
    """Make a token; returns it as it is shown once. Raises Problem."""
    store: Store = request.state["store"]
    if await store.connections.get(asked.connection_id) is None:
        raise refused("connection_id", f"there is no connection {asked.connection_id}")
    if asked.expires_at is not None and asked.expires_at < times.now_ms() + SOON_MS:
        raise refused("expires_at", "must be a minute ahead at least")
    caller: Caller = request.state["caller"]
    token, secret = await store.mcp_tokens.create(_token(asked, caller))
    return shown(token) | {"token": secret, "url": f"{base_of(request)}/mcp/{secret}"}


async def show(request: Request) -> Response:
    """Show one token, without its secret."""
    return Json(shown(await found(request)))


async def remove(request: Request) -> Response:
    """Take a token back: its address opens nothing any more, at once and everywhere."""
    store: Store = request.state["store"]
    await store.mcp_tokens.remove((await found(request)).id)
    return Response(status_code=204)


async def found(request: Request) -> McpToken:
    """Return the token that the path names; raises Problem 404."""
    store: Store = request.state["store"]
    t: str = request.path_params["id"]
    token = await store.mcp_tokens.get(t)
    if token is None:
        raise unknown("MCP token", t)
    return token


def shown(token: McpToken) -> dict[str, Any]:
    """Return a token as it is shown, with the tools it opens."""
    config = {
        "methods": token.methods,
        "tags": token.tags,
        "require_api_token_auth": token.require_api_token_auth,
    }
    return {
        "id": token.id,
        "name": token.name,
        "connection_id": token.connection_id,
        "begins_with": token.begins,
        "config": config,
        "tools": [tool.name for tool in chosen(token.methods, token.tags)],
        "scopes": token.scopes,
        "created_by": token.created_by,
        "created_at": times.iso(token.created),
        "expires_at": times.iso(token.expires) if token.expires else None,
    }


def _token(asked: Asked, caller: Caller) -> McpToken:
    config = asked.config
    tools = chosen(config.methods, config.tags)
    if not tools:
        raise Problem(400, "config: no tool is left by these methods and tags")
    # A token for everything is for what is read and written; what is for operators must be named.
    named = [tool for tool in tools if tool.needs != "ops" or tool.name in config.methods]
    scopes = sorted({tool.needs for tool in named})
    if lacking := sorted(set(scopes) - caller.scopes):
        raise Problem(403, f"you cannot give what you do not have: {', '.join(lacking)}")
    return McpToken(
        id="", name=asked.name, connection_id=asked.connection_id, scopes=tuple(scopes),
        methods=config.methods, tags=config.tags, created=times.now_ms(), created_by=caller.label,
        require_api_token_auth=config.require_api_token_auth, expires=asked.expires_at or 0,
    )  # fmt: skip
