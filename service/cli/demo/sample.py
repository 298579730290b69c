"""The sample subscriber: ten lines that matter, those that verify a signature with a stock library."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError


@dataclass
class Arrived:
    """One delivery that verified."""

    event: dict[str, Any]
    replay: str | None
    at: float  # time.monotonic()


@dataclass
class Sample:
    """Two endpoints: one that works, one that fails until it is mended."""

    url: str = ""
    failing_url: str = ""
    secrets: dict[str, str] = field(default_factory=dict)  # by path
    broken: bool = True
    arrived: list[Arrived] = field(default_factory=list)
    recovered: list[Arrived] = field(default_factory=list)
    failed: int = 0
    refused: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self, request: web.Request) -> web.Response:
        """Verify, keep, answer."""
        body = await request.read()
        try:
            Webhook(self.secrets[request.path]).verify(body, dict(request.headers))
        except (KeyError, WebhookVerificationError):
            self.refused += 1
            return web.Response(status=401)
        arrived = Arrived(
            orjson.loads(body), request.headers.get("hirewire-replay"), time.monotonic()
        )
        self.news.set()
        if request.path == "/failing" and self.broken:
            self.failed += 1
            return web.Response(status=500, text="the database is down")
        (self.recovered if request.path == "/failing" else self.arrived).append(arrived)
        return web.Response(status=204)


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[Sample]:
    """Listen on a free port of this machine."""
    sample = Sample()
    app = web.Application(client_max_size=4 * 1024 * 1024)
    app.router.add_post("/events", sample.receive)
    app.router.add_post("/failing", sample.receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    sample.url, sample.failing_url = (
        f"http://127.0.0.1:{port}/events",
        f"http://127.0.0.1:{port}/failing",
    )
    try:
        yield sample
    finally:
        await runner.cleanup()
