"""How many calls that talk to Recruitee an integration has under way, over all web processes.

Reads from the store are not counted. A place is a lease: a process that dies gives it back in time.
"""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final

from starlette.responses import Response

from service.core import ids, times
from service.core.errors import StoreUnavailable
from service.core.store import keys
from service.core.store.connections import Connection
from service.core.store.store import Store
from service.kombo.entry import Handler, integration
from service.kombo.envelope import CROWDED, Refused, answer_to
from service.openapi.route import asks
from service.state import Request

LIMIT: Final = 30
LEASE_MS: Final = 120_000
"""Longer than any call lasts: reading its body, fetching its files, its turn, Recruitee's answer."""
Of = Callable[[Request], Awaitable[Connection]]
Live = Callable[[Request, Connection], Awaitable[Response]]


def live(handler: Live, of: Of = integration) -> Handler:
    """Return a handler that is counted and says so in its answer, whatever that is."""

    @asks
    @functools.wraps(handler)
    async def counted(request: Request) -> Response:
        connection = await of(request)
        async with place(request.state["store"], connection.id) as headers:
            try:
                answer = await handler(request, connection)
            except Exception as error:  # noqa: BLE001 - answered here, so that the places are told
                answer = answer_to(error)
        answer.headers.update(headers)
        return answer

    return counted


@contextlib.asynccontextmanager
async def place(store: Store, c: str) -> AsyncIterator[Mapping[str, str]]:
    """Take a place among an integration's calls; yields what is said of them. Raises Refused."""
    line, mine, now = keys.calls(c), ids.draw(12), times.now_ms()
    _, _, _, under_way = await asyncio.gather(
        store.pipe.call("ZREMRANGEBYSCORE", line, "-inf", now),
        store.pipe.call("ZADD", line, now + LEASE_MS, mine),
        store.pipe.call("PEXPIRE", line, LEASE_MS),
        store.pipe.call("ZCARD", line),
    )
    try:
        if under_way > LIMIT:
            detail = f"{LIMIT} calls of this integration are under way; wait for one to end"
            raise Refused(429, CROWDED, detail, {**_said(0), "retry-after": "1"})
        yield _said(LIMIT - under_way)
    finally:
        with contextlib.suppress(StoreUnavailable):
            await asyncio.shield(store.pipe.call("ZREM", line, mine))


def _said(remaining: int) -> dict[str, str]:
    return {"concurrency-limit": str(LIMIT), "concurrency-remaining": str(remaining)}
