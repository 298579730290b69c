"""A company that was read whole, whose webhooks reach us, and Kombo's own client to write with."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from kombo import Kombo
from pydantic import AnyHttpUrl

from service.app import create_app
from service.core.settings import Settings
from service.core.store.connections import Connection
from service.core.store.runs import Run
from service.core.store.store import Store
from service.core.unified.model import Ref
from service.sandbox.app import SandboxConfig, create_sandbox
from service.sandbox.state import Sandbox
from tests.actions.cutting import Line, line_to
from tests.serving import eventually, serving
from workers.app import running
from workers.context import Context

TOKEN = "sandbox-token"
SECRET = "hook-secret"
ADMIN = "test-admin-token"
Json = dict[str, Any]


@dataclass
class Acting:
    """Everything that a test of writes may reach."""

    url: str
    store: Store
    connection: Connection
    sandbox: Sandbox
    recruitee: httpx.AsyncClient  # of the company
    knobs: httpx.AsyncClient
    http: httpx.AsyncClient
    sdk: Any  # its answers are optional by type and never by fact
    ctx: Context
    line: Line

    async def send(self, method: str, path: str, body: Json | None = None, **headers: str) -> Any:
        """Send a request to Kombo's API by hand; underscores in headers' names are hyphens."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.request(
            method, f"{self.url}/v1{path}", json=body,
            headers={"authorization": f"Bearer {ADMIN}",
                     "x-integration-id": self.connection.integration_id, **given},
        )  # fmt: skip

    async def rows(self, path: str, **params: str) -> list[Json]:
        """Return the rows of one of Kombo's lists, as `candidates` or `jobs`."""
        headers = {
            "authorization": f"Bearer {ADMIN}",
            "x-integration-id": self.connection.integration_id,
        }
        answer = await self.http.get(
            f"{self.url}/v1/ats/{path}", params={"page_size": "250", **params}, headers=headers
        )
        found: list[Json] = answer.json()["data"]["results"]
        return found

    async def ids(self, path: str, **params: str) -> dict[str, str]:
        """Return remote id -> Kombo's id of the rows of a list."""
        return {row["remote_id"]: row["id"] for row in await self.rows(path, **params)}

    async def told(self) -> list[Json]:
        """Return every event that was told."""
        answer = await self.http.get(
            f"{self.url}/v1/events", params={"limit": 1000},
            headers={"authorization": f"Bearer {ADMIN}"},
        )  # fmt: skip
        events: list[Json] = answer.json()["events"]
        return events

    async def knob(self, **turned: Any) -> None:
        """Turn the sandbox's knobs."""
        (await self.knobs.patch("/sandbox/knobs", json=turned)).raise_for_status()

    async def asked(self, method: str) -> list[str]:
        """Return the paths that were asked for by a method, in order."""
        answer = await self.knobs.get("/sandbox/requests", params={"limit": 1000})
        return [each["path"] for each in answer.json()["requests"] if each["method"] == method]

    async def record(self, model: str, remote_id: str) -> Json:
        """Return what we have of a record."""
        ref = Ref(model, remote_id)
        found = await self.store.records.load(self.connection.id, [ref])
        return dict(found[ref].fields)

    async def idle(self) -> None:
        """Wait until nothing waits in the inbox."""

        async def empty() -> bool:
            return await self.store.inbox.depth(self.connection.id) == (0, 0)

        await eventually(empty, 20)


@pytest.fixture
async def acting(settings: Settings, store: Store) -> AsyncIterator[Acting]:
    """A company of 36 candidates that was read whole, with its webhooks registered."""
    app = create_sandbox(SandboxConfig(token=TOKEN))
    async with serving(app) as far, line_to(far) as line:
        settings = settings.model_copy(
            update={"recruitee_url": AnyHttpUrl(line.url), "recruitee_rate": 100_000}
        )
        auth = {"authorization": f"Bearer {TOKEN}"}
        async with (
            serving(create_app(settings)) as url,
            httpx.AsyncClient(base_url=f"{far}/c/5600", headers=auth) as recruitee,
            httpx.AsyncClient(base_url=far) as knobs,
            httpx.AsyncClient(timeout=15) as http,
            running(settings) as (ctx, drains),
        ):
            made = await store.connections.create("5600", TOKEN, SECRET, "Example")
            drains.refetch.wake()

            async def read() -> Connection | None:
                connection = await store.connections.get(made.id)
                return connection if connection and Run.of(connection).done else None

            connection: Connection = await eventually(read, 30)
            hook = f"{url}/webhooks/recruitee/{connection.hook}"
            said = await knobs.post("/sandbox/webhooks", json={"url": hook, "secret": SECRET})
            said.raise_for_status()
            sdk = Kombo(
                api_key=ADMIN,
                integration_id=connection.integration_id,
                server_url=f"{url}/v1",
                async_client=http,
                timeout_ms=10_000,
            )
            yield Acting(
                url, store, connection, app.state.sandbox, recruitee, knobs, http, sdk, ctx, line
            )
