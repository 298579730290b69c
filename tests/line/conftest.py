"""The whole line in one process, over real sockets: sandbox Recruitee, web app, worker, subscriber."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
import pytest
from pydantic import AnyHttpUrl
from starlette.applications import Starlette

from service.app import create_app
from service.core.settings import Settings
from service.core.store.connections import ACTIVE, Connection
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber, Wanted
from service.sandbox.app import SandboxConfig, create_sandbox
from tests.serving import Receiver, eventually, receiving, serving
from workers.app import Drains, running
from workers.context import Context

TOKEN = "sandbox-token"
SECRET = "hook-secret"


class Ops:
    """The ops API as an operator's script would use it."""

    def __init__(self, url: str, settings: Settings) -> None:
        token = settings.admin_token.get_secret_value() if settings.admin_token else ""
        self._base = f"{url}/ops/v1"
        self._headers = {"authorization": f"Bearer {token}"}

    async def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send one request."""
        async with httpx.AsyncClient(headers=self._headers) as client:
            return await client.request(method, self._base + path, **more)

    async def get(self, path: str, **params: Any) -> httpx.Response:
        """GET."""
        return await self.request("GET", path, params=params)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        """POST."""
        return await self.request("POST", path, json=body)

    async def items(self, path: str) -> list[dict[str, Any]]:
        """Return the first page's items."""
        found: list[dict[str, Any]] = (await self.get(path)).json()["items"]
        return found

    async def none(self, path: str) -> bool:
        """Say whether a list is empty."""
        return not await self.items(path)


@dataclass
class Line:
    """Everything a test of the line may reach."""

    settings: Settings
    store: Store
    url: str
    sandbox: Starlette
    recruitee: httpx.AsyncClient  # of the company
    knobs: httpx.AsyncClient
    receiver: Receiver
    ctx: Context
    drains: Drains

    async def connect(self, *, deep: bool = True) -> Connection:
        """Link the sandbox's company, wait for the baseline, and register its webhook.

        Not `deep`: its lists are read, but no record by itself.
        """
        connection = await self.store.connections.create("5600", TOKEN, SECRET, "Example")
        await self.store.connections.note(connection.id, sync=orjson.dumps({"deep": deep}).decode())
        self.drains.refetch.wake()
        await self.settled(connection.id)
        url = f"{self.url}/webhooks/recruitee/{connection.hook}"
        answer = await self.knobs.post("/sandbox/webhooks", json={"url": url, "secret": SECRET})
        answer.raise_for_status()
        return connection

    async def ops(self) -> "Ops":
        """Return a client of the ops API."""
        return Ops(self.url, self.settings)

    async def settled(self, connection_id: str) -> None:
        """Wait until the connection is active."""

        async def active() -> bool:
            connection = await self.store.connections.get(connection_id)
            return connection is not None and connection.status == ACTIVE

        await eventually(active)

    async def subscribe(self, **wanted: Any) -> Subscriber:
        """Make the receiver a subscriber."""
        made, secret = await self.store.subscribers.create(
            Wanted(**{"url": self.receiver.url, **wanted}), None
        )
        self.receiver.secret = secret
        return made


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A subscriber on a socket of its own."""
    async with receiving() as started:
        yield started


@pytest.fixture
async def line(settings: Settings, store: Store, receiver: Receiver) -> AsyncIterator[Line]:
    """The whole line."""
    sandbox = create_sandbox(SandboxConfig(token=TOKEN))
    async with serving(sandbox) as far:
        settings = settings.model_copy(update={"recruitee_url": AnyHttpUrl(far)})
        auth = {"authorization": f"Bearer {TOKEN}"}
        async with (
            serving(create_app(settings)) as url,
            httpx.AsyncClient(base_url=f"{far}/c/5600", headers=auth) as recruitee,
            httpx.AsyncClient(base_url=far) as knobs,
            running(settings) as (ctx, drains),
        ):
            yield Line(settings, store, url, sandbox, recruitee, knobs, receiver, ctx, drains)
