"""Two instances over one sandbox company: one that plays the vendor, and ours, which takes its ids along."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import orjson
import pytest
import redis
from kombo import Kombo
from pydantic import AnyHttpUrl, SecretStr
from typer.testing import CliRunner

from service.app import create_app
from service.cli import app
from service.core import crypto
from service.core.errors import HirewireError
from service.core.settings import LOOPBACK, Settings
from service.core.store.connections import Connection
from service.core.store.removal import adoptions
from service.core.store.runs import Run
from service.core.store.store import Store
from service.sandbox.app import SandboxConfig, create_sandbox
from tests.serving import eventually, serving
from workers.app import running

TOKEN, SECRET, ADMIN = "sandbox-token", "hook-secret", "test-admin-token"


class Ran(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed for a program."""
        return orjson.loads(self.out)


@dataclass
class Instance:
    """One Hirewire: its address, its store, its one connection."""

    url: str
    settings: Settings
    store: Store
    connection: Connection
    http: httpx.AsyncClient
    sdks: list[Kombo] = field(default_factory=list)

    @property
    def c(self) -> str:
        """The connection's id."""
        return self.connection.id

    @property
    def base(self) -> str:
        """Where it serves what Kombo serves."""
        return f"{self.url}/v1"

    @property
    def sdk(self) -> Any:
        """Kombo's own client."""
        if not self.sdks:
            named = self.connection.integration_id
            made = Kombo(
                api_key=ADMIN, integration_id=named, server_url=self.base, async_client=self.http
            )
            self.sdks.append(made)
        return self.sdks[0]

    async def every(self, name: str, **asked: Any) -> list[Any]:
        """Return a list as the SDK's models, page by page."""
        found: list[Any] = []
        page = await getattr(self.sdk.ats, f"get_{name}_async")(**asked)
        while page is not None:
            found += page.result.data.results
            page = await page.next()
        return found

    async def ids(self, name: str) -> dict[str, str]:
        """Return a list's ids by Recruitee's own."""
        return {row.remote_id: row.id for row in await self.every(name) if row.remote_id}

    async def ops(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask the ops API."""
        headers = {"authorization": f"Bearer {ADMIN}"}
        return await self.http.request(method, f"{self.url}/ops/v1/{path}", headers=headers, **more)

    async def adoption(self, method: str, path: str = "", **more: Any) -> httpx.Response:
        """Ask about taking ids along."""
        return await self.ops(method, f"connections/{self.c}/adoptions{path}", **more)

    async def begun(self) -> str:
        """Begin a run; return its id."""
        answer = await self.adoption("POST")
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def command(self, *args: str, stdin: str = "") -> Ran:
        """Run `hirewire` against this instance."""
        env = {"HIREWIRE_URL": self.url, "HIREWIRE_ADMIN_TOKEN": ADMIN}
        env["HIREWIRE_DATA_DIR"] = str(self.settings.data_dir)
        ran = await asyncio.to_thread(CliRunner().invoke, app, args, input=stdin, env=env)
        if ran.exception and not isinstance(ran.exception, HirewireError | SystemExit):
            raise ran.exception
        said = str(ran.exception) if isinstance(ran.exception, HirewireError) else ""
        return Ran(ran.exit_code, ran.stdout, ran.stderr + said)

    async def read_whole(self) -> None:
        """Wait until the company was read."""

        async def over() -> bool:
            found = await self.store.connections.get(self.c)
            return bool(found and Run.of(found).done)

        await eventually(over, 30)
        self.connection = await self.store.connections.get(self.c) or self.connection


def rows(pairs: Sequence[tuple[str, str, str]], start: int = 1) -> dict[str, Any]:
    """Return a body of (model, remote id, id)."""
    named = [
        {"row": n, "model": model, "remote_id": remote_id, "id": uid}
        for n, (model, remote_id, uid) in enumerate(pairs, start)
    ]
    return {"rows": named}


@pytest.fixture(scope="module")
async def far(anyio_backend: str) -> AsyncIterator[str]:
    """A company's Recruitee."""
    async with serving(create_sandbox(SandboxConfig(token=TOKEN, candidates=12))) as url:
        yield url


@pytest.fixture(scope="module")
async def vendor(
    far: str, redis_server: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Instance]:
    """Whoever gave the ids: an instance with ids of its own, whose API is Kombo's."""
    settings = _settings(_emptied(redis_server, 5), tmp_path_factory.mktemp("vendor"), far)
    async with _instance(settings) as instance, running(settings) as (_, drains):
        drains.refetch.wake()
        await instance.read_whole()
        yield instance


@pytest.fixture
async def idle(far: str, redis_server: str, tmp_path: Path) -> AsyncIterator[Instance]:
    """Our instance, for which no worker runs yet."""
    async with _instance(_settings(_emptied(redis_server, 6), tmp_path, far)) as instance:
        yield instance


@pytest.fixture(scope="module")
async def reading(
    far: str, redis_server: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Instance]:
    """Our instance, once the company was read."""
    settings = _settings(_emptied(redis_server, 7), tmp_path_factory.mktemp("ours"), far)
    async with _instance(settings) as instance, running(settings) as (_, drains):
        drains.refetch.wake()
        await instance.read_whole()
        yield instance


@pytest.fixture
async def ours(reading: Instance) -> Instance:
    """The same, with no id taken along yet."""
    await reading.store.pipe.call("DEL", *adoptions(reading.c))
    await reading.store.pipe.call("HINCRBY", f"conn:{reading.c}", "changed", 1)
    return reading


class _instance:  # noqa: N801 - a context manager, as `serving` is
    """An instance while it is up."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __aenter__(self) -> Instance:
        self._store = Store.open(self._settings)
        self._http = httpx.AsyncClient(timeout=10, follow_redirects=True)
        self._serving = serving(create_app(self._settings))
        url = await self._serving.__aenter__()
        made = await self._store.connections.create("5600", TOKEN, SECRET, "Example")
        return Instance(url, self._settings, self._store, made, self._http)

    async def __aexit__(self, *error: Any) -> None:
        await self._http.aclose()
        await self._serving.__aexit__(*error)
        await self._store.close()


def _emptied(redis_url: str, db: int) -> str:
    url = f"{redis_url}?db={db}"
    client = redis.Redis.from_url(url)
    client.flushdb()
    client.close()
    return url


def _settings(redis_url: str, folder: Path, far: str) -> Settings:
    return Settings(
        redis_url=SecretStr(redis_url), data_dir=folder, admin_token=SecretStr(ADMIN),
        master_key=SecretStr(crypto.new_master_key()), allowed_networks=LOOPBACK,
        recruitee_url=AnyHttpUrl(far), recruitee_rate=100_000, log_level="error",
    )  # fmt: skip
