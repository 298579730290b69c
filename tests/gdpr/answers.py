"""Every GET of every API that the app has, asked with every id there is: what do the answers still say?"""

import asyncio
import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx
from starlette.routing import BaseRoute, Host, Mount, Route

from service.app import create_app
from service.core.unified.registry import MODELS
from tests.line.conftest import Line

LISTED = (
    "subscribers",
    "events",
    "deliveries",
    "dead-letters",
    "replays",
    "erasures",
    "reconciliations",
)
STREAM, LISTEN_S = "/v1/events/stream", 0.3
EXPLAIN = "/ops/v1/explain"
ANSWER = {
    *(f"/ops/v1/{name}" for name in (*LISTED, "connections", "audit", "stats", "doctor")),
    *(f"/ops/v1/{name}/{{id}}" for name in ("subscribers", "events", "deliveries", "dead-letters")),
    *(f"/ops/v1/connections/{{id}}{more}" for more in ("", "/check", "/fields", "/ledger", "/sync")),
    *(f"/v1/ats/{name}" for name in ("candidates", "applications", "notes", "interviews")),
    EXPLAIN, "/v1/events", STREAM, "/metrics",
}  # fmt: skip
"""Routes that must have answered, so that what was searched is not but refusals."""
Said = tuple[str, bytes]


async def said(line: Line, c: str, who: Sequence[str], traces: Sequence[bytes]) -> list[Said]:
    """Return (path, trace) of whatever an answer still says; `who` are the person's ids."""
    every = await _ids(line, c, who)
    found, answered = list[Said](), set[str]()
    async with httpx.AsyncClient(base_url=line.url, headers=_headers(line, c)) as client:
        for template in sorted(set(_below("", create_app(line.settings).routes))):
            for path in _filled(template, every):
                status, body = await _answer(client, path)
                answered |= {template} if status == 200 else set()
                found += [(path, trace) for trace in traces if trace in body]
    # What only refuses was not asked as it wants to be, and proves nothing.
    assert answered >= ANSWER, f"not asked as they want to be: {ANSWER - answered}"
    return found


async def own(line: Line, s: str, traces: Sequence[bytes]) -> list[Said]:
    """Return the same of what a subscriber may ask of itself."""
    made = (await (await line.ops()).post(f"/subscribers/{s}/access", {})).json()
    auth = {"authorization": f"Bearer {made['token']}"}
    found = []
    async with httpx.AsyncClient(base_url=f"{line.url}/self/v1", headers=auth) as client:
        paths = ["/subscriber", "/deliveries?limit=200", "/dead-letters?limit=200"]
        for name in ("deliveries", "dead-letters"):
            rows = (await client.get(f"/{name}", params={"limit": 200})).json()["items"]
            paths += [f"/{name}/{row['id']}" for row in rows]
            paths += [f"/{name}/{row['id']}/payload" for row in rows if name == "deliveries"]
        for path in paths:
            body = (await client.get(path)).content
            found += [(path, trace) for trace in traces if trace in body]
    return found


def _below(prefix: str, routes: Sequence[BaseRoute]) -> Iterator[str]:
    for route in routes:
        if isinstance(route, Route) and "GET" in (route.methods or {"GET"}):
            yield prefix + route.path
        elif isinstance(route, Mount | Host):
            start = prefix + (route.path if isinstance(route, Mount) else "")
            for app in _inside(route.app):
                yield from _below(start, app)


def _inside(app: Any) -> Iterator[Sequence[BaseRoute]]:
    """Yield the routes of an app, of what it guards, and of what it leaves the rest to."""
    if routes := getattr(app, "routes", None):
        yield routes
    for inner in (getattr(app, "app", None), getattr(app, "default", None)):
        if inner is not None:
            yield from _inside(inner)


def _headers(line: Line, c: str) -> dict[str, str]:
    token = line.settings.admin_token
    auth = f"Bearer {token.get_secret_value() if token else ''}"
    return {"authorization": auth, "x-integration-id": c}


async def _ids(line: Line, c: str, who: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Return what may stand in a path, by the noun before it; "" is for any other."""
    ops = await line.ops()
    found: dict[str, Sequence[str]] = {"": who, "connections": [c], "integrations": [c]}
    for name in LISTED:
        found[name] = [row["id"] for row in await ops.items(f"/{name}?limit=200")]
    return found | {"records": list(MODELS), "tools": ["ats"]}


def _filled(template: str, every: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the paths that a route's path stands for."""
    if template == EXPLAIN:
        asked = itertools.product(every["events"], every["subscribers"])
        yield from (f"{EXPLAIN}?event_id={e}&subscriber_id={s}" for e, s in asked)
        return
    parts = [
        (every.get(before, every[""]) if part.startswith("{") else [part])
        for before, part in itertools.pairwise(["", *template.split("/")[1:]])
    ]
    more = "" if "{" in template else "?limit=100"
    for values in itertools.product(*parts):
        yield f"/{'/'.join(values)}{more}"


async def _answer(client: httpx.AsyncClient, path: str) -> tuple[int, bytes]:
    if not path.startswith(STREAM):
        answer = await client.get(path)
        return answer.status_code, answer.content
    heard = b""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LISTEN_S), client.stream("GET", STREAM) as streamed:
            async for chunk in streamed.aiter_bytes():
                heard += chunk
    return 200, heard
