"""One sandbox company, read once, behind a real socket; asked by Truto's own client and by hand."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
import redis
from pydantic import AnyHttpUrl, SecretStr

from service.app import create_app
from service.core import crypto
from service.core.settings import LOOPBACK, Settings
from service.core.store.connections import Connection
from service.core.store.runs import Run
from service.core.store.store import Store
from service.core.unified.model import Ref
from service.sandbox.app import SandboxConfig, create_sandbox
from service.sandbox.state import Sandbox
from tests.serving import eventually, serving
from tests.truto import installed
from workers.app import running

TOKEN = "sandbox-token"
SECRET = "hook-secret"
ADMIN = "test-admin-token"
DEEP_WITHIN_S = 30.0
AGAIN = 6
Json = dict[str, Any]


class Patient:
    """The client's unified API: a write that goes on is asked for again, as its answer says."""

    def __init__(self, api: Any) -> None:
        self._api = api

    def __getattr__(self, name: str) -> Any:
        async def asked(*given: Any) -> Any:
            for _ in range(AGAIN):
                try:
                    return await getattr(self._api, name)(*given)
                except aiohttp.ClientResponseError as error:
                    if error.status != 504:
                        raise
            raise AssertionError(f"{name} goes on")

        return asked


@dataclass
class House:
    """Everything that a test of Truto's API may reach."""

    url: str
    store: Store
    connection: Connection
    sandbox: Sandbox
    recruitee: httpx.AsyncClient  # of the company
    knobs: httpx.AsyncClient
    http: httpx.AsyncClient
    account: Json = field(default_factory=dict)  # what names the connection in a query

    async def send(
        self, method: str, path: str, key: str | None = ADMIN, body: Any = None, **params: Any
    ) -> httpx.Response:
        """Send a request by hand, for the connection unless another one is named.

        A write that goes on is asked for again, as its answer says.
        """
        headers = {"authorization": f"Bearer {key}"} if key else {}
        asked = {**self.account, **params}
        for _ in range(AGAIN):
            answer = await self.http.request(
                method, self.url + path, headers=headers, json=body, params=asked
            )
            if answer.status_code != 504 or not path.startswith("/unified/"):
                break
        return answer

    async def get(self, path: str, **params: Any) -> httpx.Response:
        """Read by hand."""
        return await self.send("GET", path, **params)

    async def rows(self, resource: str, **params: Any) -> list[Json]:
        """Return a whole list, page by page, as it is on the wire."""
        found: list[Json] = []
        while True:
            answer = await self.get(f"/unified/ats/{resource}", **params)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            found += page["result"]
            if page["next_cursor"] is None:
                return found
            assert page["result"], "an empty page must not have a cursor"
            params["next_cursor"] = page["next_cursor"]

    async def served(self, path: str, **params: Any) -> Json:
        """Return what the sandbox itself says."""
        answer = await self.recruitee.get(path, params=params)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    async def key(self, *scopes: str, **more: Any) -> str:
        """Make an API key; return its secret."""
        body = {"name": "a client", "scopes": list(scopes), **more}
        headers = {"authorization": f"Bearer {ADMIN}"}
        answer = await self.http.post(f"{self.url}/ops/v1/api-keys", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["key"])

    async def uid(self, model: str, remote_id: str) -> str:
        """Return our own id of a record."""
        ref = Ref(model, remote_id)
        found = await self.store.records.load(self.connection.id, [ref])
        return str(found[ref].fields["id"])


@pytest.fixture(scope="session")
def client(pytestconfig: pytest.Config) -> Any:
    """Truto's own client, kept in pytest's cache."""
    assert pytestconfig.cache is not None
    return installed.client(pytestconfig.cache.mkdir("truto"))


@pytest.fixture(scope="package")
async def house(
    redis_server: str, tmp_path_factory: pytest.TempPathFactory, anyio_backend: str
) -> AsyncIterator[House]:
    """A company of 36 candidates that was read whole, with its webhooks registered."""
    emptied = redis.Redis.from_url(redis_server)
    emptied.flushall()
    emptied.close()
    app = create_sandbox(SandboxConfig(token=TOKEN))
    async with serving(app) as far:
        settings = _settings(redis_server, tmp_path_factory.mktemp("truto"), far)
        auth = {"authorization": f"Bearer {TOKEN}"}
        store = Store.open(settings)
        async with (
            serving(create_app(settings)) as url,
            httpx.AsyncClient(base_url=f"{far}/c/5600", headers=auth) as recruitee,
            httpx.AsyncClient(base_url=far) as knobs,
            httpx.AsyncClient(timeout=15) as http,
            running(settings) as (_, drains),
        ):
            made = await store.connections.create("5600", TOKEN, SECRET, "Example")
            drains.refetch.wake()
            connection = await _read_whole(store, made.id)
            hook = f"{url}/webhooks/recruitee/{connection.hook}"
            said = await knobs.post("/sandbox/webhooks", json={"url": hook, "secret": SECRET})
            said.raise_for_status()
            account = {"integrated_account_id": connection.id}
            yield House(url, store, connection, app.state.sandbox, recruitee, knobs, http, account)
        await store.close()


@pytest.fixture
def sdk(house: House, client: Any) -> Callable[[str], Any]:
    """Return what makes Truto's own client with a key."""
    return lambda key: client(token=key, base_url=house.url)


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
