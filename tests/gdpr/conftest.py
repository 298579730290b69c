"""The whole line over a Redis whose files can be read; subscribers that send back what they get."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from aiohttp import web
from pydantic import AnyHttpUrl

from service.app import create_app
from service.core.settings import Settings
from service.core.store.store import Store
from service.sandbox.app import SandboxConfig, create_sandbox
from tests.invariants.house import House, housing
from tests.life.conftest import over
from tests.life.servers import Server, Servers, servers_in
from tests.line.conftest import TOKEN, Line
from tests.serving import Receiver, receiving, serving
from workers.app import running


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    """Redis servers of the test's own."""
    with servers_in(tmp_path) as started:
        yield started


@pytest.fixture
def server(servers: Servers) -> Server:
    """One that keeps everything in plain bytes."""
    plain = {"rdbcompression": "no", "aof-use-rdb-preamble": "no", "appendfsync": "no"}
    # It has a dump besides, which nothing but an erasure brings about, and quotes every command.
    return servers.make(
        plain | {"save": "86400 1", "slowlog-log-slower-than": "0", "slowlog-max-len": "100000"}
    )


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A subscriber."""
    async with receiving() as started:
        yield started


@pytest.fixture
async def house(settings: Settings) -> AsyncIterator[House]:
    """A house over the run's Redis."""
    async with housing(settings) as opened:
        yield opened


@pytest.fixture
async def line(settings: Settings, server: Server, receiver: Receiver) -> AsyncIterator[Line]:
    """The whole line."""
    sandbox = create_sandbox(SandboxConfig(token=TOKEN))
    async with serving(sandbox) as far:
        settings = over(settings, server).model_copy(update={"recruitee_url": AnyHttpUrl(far)})
        store = Store.open(settings)
        auth = {"authorization": f"Bearer {TOKEN}"}
        async with (
            _closing(store),
            serving(create_app(settings)) as url,
            httpx.AsyncClient(base_url=f"{far}/c/5600", headers=auth) as recruitee,
            httpx.AsyncClient(base_url=far) as knobs,
            running(settings) as (ctx, drains),
        ):
            yield Line(settings, store, url, sandbox, recruitee, knobs, receiver, ctx, drains)


@contextlib.asynccontextmanager
async def _closing(store: Store) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await store.close()


class Echo:
    """A subscriber that answers with what it was sent, under any status: its answers are kept as excerpts."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.url = ""
        self.bodies: list[bytes] = []

    async def handle(self, request: web.Request) -> web.Response:
        """Take one delivery."""
        body = await request.read()
        self.bodies.append(body)
        return web.Response(status=self.status, body=body)


@contextlib.asynccontextmanager
async def echoing(status: int) -> AsyncIterator[Echo]:
    """Serve one on a free port."""
    echo = Echo(status)
    app = web.Application()
    app.router.add_post("/", echo.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    echo.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield echo
    finally:
        await runner.cleanup()
