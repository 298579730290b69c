"""A webhook receiver on a real socket that keeps what it gets and answers what it is told."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

PATIENCE_S = 10


async def until(fact: Callable[[], object]) -> None:
    """Wait until something is so, which nothing announces."""
    async with asyncio.timeout(PATIENCE_S):
        while not fact():  # noqa: ASYNC110  # what is watched has no event to wait for
            await asyncio.sleep(0.005)


@dataclass
class Receiver:
    """Requests in order of arrival; `answers` are used up first, then it is 200."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: deque[int] = field(default_factory=deque)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        async with self.arrived:
            self.bodies.append(body)
            self.headers.append(dict(request.headers))
            self.arrived.notify_all()
        status = self.answers.popleft() if self.answers else 200
        await Response(status_code=status)(scope, receive, send)

    async def events(self, count: int) -> list[dict[str, Any]]:
        """Wait until `count` requests came, and return them parsed."""
        async with asyncio.timeout(PATIENCE_S), self.arrived:
            await self.arrived.wait_for(lambda: len(self.bodies) >= count)
        return [orjson.loads(body) for body in self.bodies]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Serve a receiver on a free port of the loopback."""
    receiver = Receiver()
    config = uvicorn.Config(
        receiver, host="127.0.0.1", port=0, lifespan="off", ws="none", log_level="critical"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    receiver.url = f"http://127.0.0.1:{port}/hook"
    try:
        yield receiver
    finally:
        server.should_exit = True
        await serving
