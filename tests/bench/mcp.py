"""Tools for agents: `tools/call` of a list against the same records as Kombo's list gives them."""

import asyncio
from typing import Any, Final

import httpx
import orjson

from service.core.store import keys
from tests.bench import machine, world
from tests.bench.bench import Bench, settle
from tests.bench.children import Child, running
from tests.bench.kombo import Desk
from tests.bench.load import drive
from tests.bench.report import Group, Row

PEOPLE: Final = 5000
AT_ONCE, WRITERS = 100, 8
PAGE: Final = 50
PEERS: Final = 8
TARGET: Final = 0.25
MODERN, PRIOR = "2026-07-28", "2025-11-25"
META: Final = "io.modelcontextprotocol/"
TOOL: Final = "list_all_recruitee_candidates"


async def measure(bench: Bench) -> Group:
    """Fill a company, then ask for every page of its candidates in each way."""
    await bench.empty()
    (connection,) = await world.connect(bench.store, 1)
    await _filled(bench, connection.id, bench.count(PEOPLE))
    tools, prior = Row("tools/call, 2026-07-28", []), Row("tools/call, 2025-11-25", [])
    rest = Row("GET /v1/ats/candidates, made anew", [])
    serve = ("serve", "--host", "127.0.0.1", "--port", "{port}")
    with running("service.cli", *serve, env=bench.env, core=bench.core, listens=True) as web:
        await settle()
        token = bench.settings.admin_token
        desk = Desk(web, connection, token.get_secret_value() if token else "")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{web.port}") as client:
            mine, theirs = await _walked(client, desk), await _listed(client, desk)
        asked = (
            (tools, [_called(desk, MODERN, each) for each in mine]),
            (prior, [_called(desk, PRIOR, each) for each in mine]),
            (rest, [desk.raw(page_size=str(PAGE), cursor=each) for each in theirs]),
        )
        for repeat in range(bench.repeats + 1):
            for row, requests in asked:
                await _driven(bench, desk, row, requests if repeat else requests[:PEERS])
                if not repeat:  # the first round warms up
                    row.rates.clear()
                    row.cpu_us.clear()
    unit = f"requests/s, pages of {PAGE} of {bench.count(PEOPLE):,} candidates, {PEERS} clients"
    return Group("A list for an agent", unit, [tools, prior, rest], TARGET, [], [])


async def _filled(bench: Bench, c: str, people: int) -> None:
    end = world.FIRST_ID + people
    parts = iter([range(i, min(i + AT_ONCE, end)) for i in range(world.FIRST_ID, end, AT_ONCE)])

    async def write() -> None:
        for part in parts:
            await world.know(bench.store, c, part, 0)

    await asyncio.gather(*(write() for _ in range(WRITERS)))


async def _walked(client: httpx.AsyncClient, desk: Desk) -> list[str]:
    """Return the cursors of the tool's pages."""
    found: list[str] = []
    while True:
        head, _, body = _called(desk, PRIOR, found[-1] if found else None).partition(b"\r\n\r\n")
        lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
        answer = await client.post("/mcp", content=body, headers=dict(lines))
        cursor = answer.json()["result"]["structuredContent"]["next_cursor"]
        if cursor is None:
            return found
        found.append(cursor)


async def _listed(client: httpx.AsyncClient, desk: Desk) -> list[str]:
    """Return the cursors of Kombo's pages."""
    found: list[str] = []
    while True:
        asked = {"page_size": str(PAGE)} | ({"cursor": found[-1]} if found else {})
        answer = await client.get("/v1/ats/candidates", params=asked, headers=desk.headers)
        cursor = answer.json()["data"]["next"]
        if cursor is None:
            return found
        found.append(cursor)


def _called(desk: Desk, revision: str, cursor: str | None) -> bytes:
    params: dict[str, Any] = {"name": TOOL, "arguments": {"limit": PAGE}}
    if cursor is not None:
        params["arguments"]["next_cursor"] = cursor
    more = []
    if revision == MODERN:
        params["_meta"] = {f"{META}protocolVersion": MODERN, f"{META}clientCapabilities": {}}
        more = ["mcp-method: tools/call", f"mcp-name: {TOOL}"]
    body = orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    lines = [
        "POST /mcp HTTP/1.1", "host: 127.0.0.1", f"authorization: Bearer {desk.key}",
        "content-type: application/json", "accept: application/json",
        f"mcp-protocol-version: {revision}", f"content-length: {len(body)}", *more,
    ]  # fmt: skip
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def _driven(bench: Bench, desk: Desk, row: Row, requests: list[bytes]) -> None:
    child: Child = desk.child
    # As after a commit: what Kombo's list keeps of a page is not what is measured here.
    key = keys.connection(desk.connection.id)
    await bench.store.pipe.call("HINCRBY", key, "changed", 1)
    before = machine.cpu_s(child.pid)
    load = await drive(child.port, requests, PEERS)
    if load.statuses[b"200"] != len(requests):
        raise RuntimeError(f"not every request was answered with 200: {dict(load.statuses)}")
    row.rates.append(load.rate)
    row.cpu_us.append((machine.cpu_s(child.pid) - before) / len(requests) * 1e6)
