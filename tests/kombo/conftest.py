"""One sandbox company, read once, behind a real socket; asked by Kombo's own SDK and by hand."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from kombo import Kombo
from pydantic import AnyHttpUrl, SecretStr

from service.app import create_app
from service.core import crypto
from service.core.settings import LOOPBACK, Settings
from service.core.store import keys
from service.core.store.connections import ACTIVE, Connection
from service.core.store.runs import Run
from service.core.store.store import Store
from service.sandbox.app import SandboxConfig, create_sandbox
from service.sandbox.state import Sandbox
from tests.kombo.books import Books
from tests.ops.conftest import asking
from tests.serving import eventually, serving
from workers.app import running

TOKEN = "sandbox-token"
SECRET = "hook-secret"
ADMIN = "test-admin-token"
DEEP_WITHIN_S = 30.0


@dataclass
class House:
    """Everything that a test of Kombo's API may reach."""

    url: str
    store: Store
    connection: Connection
    sandbox: Sandbox
    recruitee: httpx.AsyncClient  # of the company
    knobs: httpx.AsyncClient
    http: httpx.AsyncClient  # what all questions go through, the SDK's too
    sdks: dict[tuple[str, str], Kombo] = field(default_factory=dict)  # slow to make

    @property
    def base(self) -> str:
        """The address that one puts in place of Kombo's."""
        return f"{self.url}/v1"

    def sdk(self, key: str = ADMIN, integration_id: str | None = None) -> Any:
        """Return Kombo's own client; its answers are optional by type and never by fact."""
        named = self.connection.integration_id if integration_id is None else integration_id
        if (key, named) not in self.sdks:
            self.sdks[key, named] = Kombo(
                api_key=key,
                integration_id=named,
                server_url=self.base,
                async_client=self.http,
                timeout_ms=10_000,
            )
        return self.sdks[key, named]

    async def get(self, path: str, **params: Any) -> httpx.Response:
        """Ask by hand."""
        return await self.send("GET", path, params=params)

    async def send(
        self,
        method: str,
        path: str,
        key: str | None = ADMIN,
        integration: str | None = "",
        **more: Any,
    ) -> httpx.Response:
        """Send any request; `integration` None sends no such header."""
        headers = {"authorization": f"Bearer {key}"} if key else {}
        if integration is not None:
            headers["x-integration-id"] = integration or self.connection.integration_id
        return await self.http.request(method, self.base + path, headers=headers, **more)

    async def rows(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Return a whole list, page by page, as it is on the wire."""
        found: list[dict[str, Any]] = []
        while True:
            answer = await self.get(f"/ats/{path}", **params)
            assert answer.status_code == 200, answer.text
            data = answer.json()["data"]
            found += data["results"]
            if data["next"] is None:
                return found
            params["cursor"] = data["next"]

    async def key(self, *scopes: str, **more: Any) -> str:
        """Make an API key; return its secret."""
        body = {"name": "a reader", "scopes": list(scopes), **more}
        headers = {"authorization": f"Bearer {ADMIN}"}
        answer = await self.http.post(f"{self.url}/ops/v1/api-keys", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["key"])


@pytest.fixture
async def house(company: House) -> House:
    """The company that all tests share, once what the test before has changed there is read."""
    await eventually(lambda: _is_quiet(company), DEEP_WITHIN_S)
    return company


async def _is_quiet(house: House) -> bool:
    """Say whether no webhook is under way, nothing waits in the inbox, and no look at the feed is due."""
    call, c = house.store.pipe.call, house.connection.id
    waiting = int(await call("XLEN", keys.inbox(c))) + int(await call("HLEN", keys.parked(c)))
    due = int((await house.store.watching.get(c)).get("due:poll", "1"))
    return not waiting and not house.sandbox.sender.waiting and due > 0


@pytest.fixture(scope="package")
async def company(
    redis_server: str, tmp_path_factory: pytest.TempPathFactory, anyio_backend: str
) -> AsyncIterator[House]:
    """A company of 36 candidates that was read whole, with its webhooks registered."""
    client = redis.Redis.from_url(redis_server)
    client.flushall()
    client.close()
    app = create_sandbox(SandboxConfig(token=TOKEN))
    async with serving(app) as far:
        settings = _settings(redis_server, tmp_path_factory.mktemp("kombo"), far)
        auth = {"authorization": f"Bearer {TOKEN}"}
        store = Store.open(settings)
        async with (
            serving(create_app(settings)) as url,
            httpx.AsyncClient(base_url=f"{far}/c/5600", headers=auth) as recruitee,
            httpx.AsyncClient(base_url=far) as knobs,
            httpx.AsyncClient(follow_redirects=True, timeout=10) as http,
            running(settings) as (_, drains),
        ):
            connection = await store.connections.create("5600", TOKEN, SECRET, "Example")
            drains.refetch.wake()
            connection = await _read_whole(store, connection.id)
            hook = f"{url}/webhooks/recruitee/{connection.hook}"
            said = await knobs.post("/sandbox/webhooks", json={"url": hook, "secret": SECRET})
            said.raise_for_status()
            yield House(url, store, connection, app.state.sandbox, recruitee, knobs, http)
        await store.close()


def _settings(redis_url: str, folder: Path, far: str) -> Settings:
    return Settings(
        redis_url=SecretStr(redis_url),
        data_dir=folder,
        admin_token=SecretStr(ADMIN),
        master_key=SecretStr(crypto.new_master_key()),
        allowed_networks=LOOPBACK,
        recruitee_url=AnyHttpUrl(far),
        recruitee_rate=100_000,
        log_level="error",
    )


async def _read_whole(store: Store, c: str) -> Connection:
    async def over() -> Connection | None:
        connection = await store.connections.get(c)
        return connection if connection and Run.of(connection).done else None

    found: Connection = await eventually(over, DEEP_WITHIN_S)
    return found


@pytest.fixture
async def books(redis_server: str, tmp_path: Path) -> AsyncIterator[Books]:
    """Books in a database of their own, so that the company that others read stays as it is."""
    url = f"{redis_server}?db=1"
    client = redis.Redis.from_url(url)
    client.flushdb()
    client.close()
    settings = _settings(url, tmp_path, "http://127.0.0.1:9")
    store = Store.open(settings)
    made = await store.connections.create("1", "a-token", None, "By hand")
    await store.connections.note(made.id, status=ACTIVE, baseline_done=1)
    async with asking(settings, ADMIN) as http:
        http.headers["x-integration-id"] = made.integration_id
        yield Books(store, made.id, http)
    await store.close()
