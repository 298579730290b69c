"""Real servers for tests: an ASGI app on a socket of its own, and a subscriber that verifies."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
import uvicorn
from aiohttp import web
from standardwebhooks.webhooks import Webhook
from starlette.types import ASGIApp

WITHIN_S = 10.0


@contextlib.asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """Serve an ASGI app on a free port; yield its base URL."""
    # Named TCP, so that asyncio sets TCP_NODELAY: else each answer waits 40 ms for an ACK.
    listening = socket.socket(proto=socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", access_log=False, lifespan="on", ws="none")
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment] # a test's loop
    task = asyncio.create_task(server.serve(sockets=[listening]))
    await until(lambda: server.started or task.done())
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        listening.close()


async def until(fact: Callable[[], Any], within_s: float = WITHIN_S) -> None:
    """Wait until a fact holds; fail after a deadline."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    while not fact():
        assert loop.time() < end, "it did not happen in time"
        await asyncio.sleep(0.005)


async def eventually(fact: Callable[[], Awaitable[Any]], within_s: float = WITHIN_S) -> Any:
    """Ask until the answer is true in Python's sense, and return it; fail after a deadline."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    while not (answer := await fact()):
        assert loop.time() < end, "it did not happen in time"
        await asyncio.sleep(0.01)
    return answer


@dataclass
class Got:
    """One request that a subscriber took."""

    headers: dict[str, str]
    body: bytes
    event: dict[str, Any]


@dataclass
class Receiver:
    """A subscriber: keeps what arrives, verifies it once the secret is known, answers as told."""

    url: str = ""
    secret: str = ""
    status: int = 200
    answers: list[int] = field(default_factory=list)  # the next answers, before `status`
    delay_s: float = 0.0
    got: list[Got] = field(default_factory=list)
    tried: list[Got] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        """Take one delivery."""
        body = await request.read()
        if self.secret:
            Webhook(self.secret).verify(body, dict(request.headers))
        got = Got({k.lower(): v for k, v in request.headers.items()}, body, orjson.loads(body))
        self.tried.append(got)
        await asyncio.sleep(self.delay_s)
        status = self.answers.pop(0) if self.answers else self.status
        if 200 <= status < 300:
            self.got.append(got)
        return web.Response(status=status, text="thanks")

    @property
    def types(self) -> list[str]:
        """The types of what was taken, in order."""
        return [got.event["type"] for got in self.got]

    def of(self, event_type: str) -> list[dict[str, Any]]:
        """What was taken of one type."""
        return [got.event for got in self.got if got.event["type"] == event_type]

    async def have(self, event_type: str, count: int = 1) -> dict[str, Any]:
        """Wait for the n-th event of a type and return it."""
        await until(lambda: len(self.of(event_type)) >= count)
        return self.of(event_type)[count - 1]


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Serve a subscriber on a free port."""
    receiver = Receiver()
    app = web.Application(client_max_size=4 * 1024 * 1024)
    app.router.add_post("/", receiver.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    address = runner.addresses[0]
    receiver.url = f"http://127.0.0.1:{address[1]}/"
    try:
        yield receiver
    finally:
        await runner.cleanup()
