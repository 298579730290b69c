"""One call of a tool: may they, do the arguments fit, which company, and how it ended."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import orjson
from mcp_types import CallToolResult, TextContent
from pydantic import ValidationError

from service.callers import Caller
from service.core.errors import HirewireError, StoreUnavailable
from service.core.logs import logger, where
from service.core.settings import Settings
from service.core.store.audit import Entry
from service.core.store.connections import Connection
from service.core.store.store import Store
from service.mcp_server.failing import Failed, misfit
from service.mcp_server.tool import Asked, Call, Tool
from service.mcp_server.untrusted import visible
from service.problems import Problem

WITHIN_S: Final = 30.0
log = logger("mcp")


class Asking(NamedTuple):
    """Who calls, what they see, and the tools they may call (None: all that their scopes allow)."""

    caller: Caller
    store: Store
    settings: Settings
    allowed: frozenset[str] | None = None


async def called(asking: Asking, tool: Tool, arguments: Mapping[str, Any]) -> CallToolResult:
    """Carry out one call; never raises: what goes wrong is the result, and quotes nobody."""
    status = 200
    c = ""
    try:
        _admit(asking, tool)
        asked = tool.asks.model_validate(dict(arguments))
        connection = await _connection(asking.store, asked)
        c = connection.id
        call = Call(asking.store, asking.settings, asking.caller, connection, tool.name)
        async with asyncio.timeout(WITHIN_S):
            found = await tool.does(call, asked)
        return await _result(call, found)
    except Exception as error:  # noqa: BLE001 - an agent gets a result, and the log the place
        failed = _failed(error)
        status = failed.status
        text = TextContent(type="text", text=orjson.dumps(failed.envelope()).decode())
        return CallToolResult(content=[text], is_error=True)
    finally:
        if tool.needs != "read":
            await _written(asking, tool, c, status)


def _admit(asking: Asking, tool: Tool) -> None:
    if asking.allowed is not None and tool.name not in asking.allowed:
        raise Failed(403, "this MCP token is not for this tool")
    if tool.needs not in asking.caller.scopes:
        log.info("mcp.lacks_scope", key_id=asking.caller.id, scope=tool.needs, tool=tool.name)
        raise Failed(403, f"this key lacks the scope {tool.needs}")


async def _connection(store: Store, asked: Asked) -> Connection:
    """Return the connection that is meant; raises Failed."""
    if asked.connection_id is not None:
        found = [await store.connections.get(asked.connection_id)]
    else:
        found = list(await store.connections.load(await store.connections.ids()))
    several = [each for each in found if each is not None]
    if asked.company_id is not None:
        several = [each for each in several if each.company_id == asked.company_id]
    if not several:
        named = "connection_id" if asked.connection_id is not None else "company_id"
        raise Failed(404, f"{named}: no such company is connected, or this key may not see it")
    if len(several) > 1:
        ids = [{"company_id": e.company_id, "connection_id": e.id} for e in several[:50]]
        raise Failed(422, "company_id: several companies are connected: name one", connections=ids)
    (one,) = several
    if one.disabled:
        raise Failed(403, "the connection was switched off; switch it on to use it")
    if not one.baseline_done:
        raise Failed(409, "its data can be read once the first full read is done; ask again later")
    return one


async def _result(call: Call, found: Mapping[str, Any]) -> CallToolResult:
    (told,) = await call.store.records.adoption.said(call.c, [orjson.dumps(found)])
    told = visible(told)
    text = TextContent(type="text", text=told.decode())
    return CallToolResult(content=[text], structured_content=orjson.loads(told))


def _failed(error: Exception) -> Failed:
    match error:
        case Failed():
            return error
        case ValidationError():
            return misfit(error)
        case Problem(status=status, detail=detail):
            return Failed(status, detail)
        case StoreUnavailable():
            return Failed(503, "the store does not answer; try again")
        case TimeoutError():
            return Failed(504, "it took too long; ask for less")
        case HirewireError():
            log.warning("mcp.failed", error=where(error))
            return Failed(503, "it cannot be done now; try again")
    log.error("mcp.fault", error=where(error))
    return Failed(500, "a fault of ours; the log has its class and place")


async def _written(asking: Asking, tool: Tool, c: str, status: int) -> None:
    caller = asking.caller
    entry = Entry(
        actor=caller.kind, actor_id=caller.id, name=caller.name, action=f"MCP {tool.name}",
        targets={"connection_id": c} if c else {}, status=status,
    )  # fmt: skip
    try:
        await asking.store.audit.write(entry)
    except StoreUnavailable as error:
        log.error("audit.not_written", reason=str(error), action=entry.action, status=status)
