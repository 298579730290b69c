"""A company that was read whole, and agents that speak to it: the official client, and one by hand."""

import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import pytest
import redis
from pydantic import AnyHttpUrl, SecretStr

from service.app import create_app
from service.core import crypto
from service.core.settings import LOOPBACK, Settings
from service.core.store.connections import Connection
from service.core.store.runs import Run
from service.core.store.store import Store
from service.sandbox.app import SandboxConfig, create_sandbox
from tests.conftest import _server
from tests.serving import eventually, serving, until
from workers.app import running

TOKEN = "sandbox-token"
SECRET = "hook-secret"
ADMIN = "test-admin-token"
Json = dict[str, Any]
PREVIOUS = "2025-11-25"


@dataclass
class Agent:
    """Everything that a test of tools may reach."""

    url: str
    store: Store
    connection: Connection
    recruitee: httpx.AsyncClient  # of the company
    knobs: httpx.AsyncClient
    http: httpx.AsyncClient
    known: Json = field(default_factory=dict)  # ids that tools are called with
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    async def send(self, message: Any, path: str = "/mcp", **headers: str) -> httpx.Response:
        """Send one message by hand, as an agent of an earlier revision does."""
        given = {"authorization": f"Bearer {ADMIN}", "mcp-protocol-version": PREVIOUS}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        body = message if isinstance(message, bytes) else orjson.dumps(message)
        given = {"content-type": "application/json", "accept": "application/json", **given}
        return await self.http.post(
            f"{self.url}{path}", content=body, headers={k: v for k, v in given.items() if v}
        )

    async def ask(
        self, tool: str, /, *, path: str = "/mcp", token: str = ADMIN, **given: Any
    ) -> Json:
        """Call a tool; returns the result as it is."""
        message = {
            "jsonrpc": "2.0", "id": next(self.numbers), "method": "tools/call",
            "params": {"name": tool, "arguments": given},
        }  # fmt: skip
        answer = await self.send(message, path, authorization=f"Bearer {token}" if token else "")
        assert answer.status_code == 200, answer.text
        result: Json = answer.json()["result"]
        return result

    async def tell(self, tool: str, /, **given: Any) -> Json:
        """Call a tool that is to succeed; returns what it tells."""
        result = await self.ask(tool, **given)
        assert not result.get("isError"), result["content"]
        assert orjson.loads(result["content"][0]["text"]) == result["structuredContent"]
        told: Json = result["structuredContent"]
        return told

    async def refuse(self, tool: str, status: int, /, **given: Any) -> Json:
        """Call a tool that is to refuse; returns the refusal."""
        result = await self.ask(tool, **given)
        assert result.get("isError"), result
        refusal: Json = orjson.loads(result["content"][0]["text"])
        assert refusal["statusCode"] == status, refusal
        return refusal

    async def rows(self, tool: str, /, **given: Any) -> list[Json]:
        """Return all rows of a list, page by page."""
        found: list[Json] = []
        cursor: str | None = None
        while True:
            more = {"next_cursor": cursor} if cursor else {}
            page = await self.tell(tool, **given, **more)
            found += page["result"]
            if (cursor := page["next_cursor"]) is None:
                return found
            assert page["result"], "an empty page has no cursor"

    async def ops(self, method: str, path: str, body: Json | None = None) -> Any:
        """Ask the ops API; returns its answer."""
        return await self.http.request(
            method, f"{self.url}/ops/v1{path}", json=body,
            headers={"authorization": f"Bearer {ADMIN}"},
        )  # fmt: skip

    async def key(self, *scopes: str, **more: Any) -> str:
        """Make an API key; returns it."""
        made = await self.ops("POST", "/api-keys", {"name": "agent", "scopes": scopes, **more})
        assert made.status_code == 201, made.text
        secret: str = made.json()["key"]
        return secret

    async def idle(self) -> None:
        """Wait until nothing waits in the inbox."""

        async def empty() -> bool:
            return await self.store.inbox.depth(self.connection.id) == (0, 0)

        await eventually(empty, 20)


@pytest.fixture(scope="session")
async def agent(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Agent]:
    """One instance over the sandbox for all these tests, with a Redis of its own."""
    folder = tmp_path_factory.mktemp("mcp")
    with _server(folder, folder / "s") as process:
        url = f"unix://{folder / 's'}"
        await until(lambda: _answers(url))
        async with _agent(_settings(url, folder)) as made:
            yield made
        process.terminate()


def _settings(url: str, folder: Any) -> Settings:
    return Settings(
        redis_url=SecretStr(url), data_dir=folder, admin_token=SecretStr(ADMIN),
        master_key=SecretStr(crypto.new_master_key()), allowed_networks=LOOPBACK,
        retry_schedule=(0, 0.05), delivery_timeout=2, recruitee_rate=100_000, log_level="error",
    )  # fmt: skip


def _answers(url: str) -> bool:
    client = redis.Redis.from_url(url)
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
    finally:
        client.close()


@contextlib.asynccontextmanager
async def _agent(settings: Settings) -> AsyncIterator[Agent]:
    auth = {"authorization": f"Bearer {TOKEN}"}
    async with serving(create_sandbox(SandboxConfig(token=TOKEN))) as far:
        settings = settings.model_copy(update={"recruitee_url": AnyHttpUrl(far)})
        store = Store.open(settings)
        async with (
            serving(create_app(settings)) as url,
            httpx.AsyncClient(base_url=f"{far}/c/5600", headers=auth) as recruitee,
            httpx.AsyncClient(base_url=far) as knobs,
            httpx.AsyncClient(timeout=30) as http,
            running(settings) as (_, drains),
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
            yield Agent(url, store, connection, recruitee, knobs, http)
        await store.close()
