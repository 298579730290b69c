"""One instance whose Recruitee is a mirror: it tells what it was asked and answers what a test wants."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from pydantic import AnyHttpUrl, SecretStr

from service.app import create_app
from service.core import crypto
from service.core.settings import Settings
from service.core.store import keys
from service.core.store.connections import ACTIVE, Connection
from service.core.store.store import Store
from tests.kombo.mirror import Mirror
from tests.serving import serving

TOKEN = "a-token-that-nobody-guesses"
ADMIN = "test-admin-token"


@dataclass
class Far:
    """The instance, its one connection, and the mirror."""

    http: httpx.AsyncClient
    store: Store
    connection: Connection
    mirror: Mirror = field(default_factory=Mirror)

    async def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send a request for the connection."""
        params = {"integrated_account_id": self.connection.id, **more.pop("params", {})}
        return await self.http.request(method, path, params=params, **more)

    async def clean(self) -> None:
        """Forget what was asked and how fast, between two tests."""
        self.mirror.asked.clear()
        self.mirror.answers.clear()
        self.mirror.gate.clear()
        await self.store.pipe.call("DEL", keys.rate(self.connection.id))

    @property
    def told(self) -> dict[str, Any]:
        """What the mirror was asked last."""
        return self.mirror.asked[-1]


@contextlib.asynccontextmanager
async def mirrored(
    redis_server: str, folder: Path, rate: float = 100_000, db: int = 3
) -> AsyncIterator[Far]:
    """Open it, in a database of its own."""
    url = f"{redis_server}?db={db}"
    client = redis.Redis.from_url(url)
    client.flushdb()
    client.close()
    mirror = Mirror()
    async with serving(mirror.app()) as there:
        settings = Settings(
            redis_url=SecretStr(url), data_dir=folder, admin_token=SecretStr(ADMIN),
            master_key=SecretStr(crypto.new_master_key()), recruitee_url=AnyHttpUrl(there),
            recruitee_rate=rate, log_level="error",
        )  # fmt: skip
        store = Store.open(settings)
        made = await store.connections.create("5600", TOKEN, None, "Mirrored")
        await store.connections.note(made.id, status=ACTIVE, baseline_done=1)
        auth = {"authorization": f"Bearer {ADMIN}"}
        async with (
            serving(create_app(settings)) as here,
            httpx.AsyncClient(base_url=here, headers=auth, timeout=30) as http,
        ):
            yield Far(http, store, made, mirror)
        await store.close()


@pytest.fixture(scope="module")
async def before_mirror(
    redis_server: str, tmp_path_factory: pytest.TempPathFactory, anyio_backend: str
) -> AsyncIterator[Far]:
    """An instance before a mirror."""
    async with mirrored(redis_server, tmp_path_factory.mktemp("mirrored")) as one:
        yield one


@pytest.fixture
async def far(before_mirror: Far) -> Far:
    """The same, as if nothing had been asked yet."""
    await before_mirror.clean()
    return before_mirror
