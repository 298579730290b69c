"""The web app on a socket, one connection whose webhooks may come, and a way to send them."""

import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import SecretStr

from service.app import Front, create_app
from service.core import crypto
from service.core.recruitee.webhook import parse_entry
from service.core.settings import Settings
from service.core.store.connections import Connection
from service.core.store.store import Store
from service.core.unified.model import Cause
from tests.ingress.bodies import SECRET, raw, sign
from tests.serving import serving

READ_WITHIN_S = 0.3
ADMIN_TOKEN = "test-admin-token"


@dataclass
class Ingress:
    """What a test of the receiver may reach."""

    url: str
    client: httpx.AsyncClient
    store: Store
    connection: Connection

    @property
    def port(self) -> int:
        """Where the app listens."""
        return urlsplit(self.url).port or 0

    @property
    def path(self) -> str:
        """The path of the connection's webhook address."""
        return f"/webhooks/recruitee/{self.connection.hook}"

    async def post(
        self,
        body: bytes | dict[str, Any],
        *,
        signature: str | None = "",
        path: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """POST a webhook; signed well unless another signature (None: none at all) is given."""
        content = raw(body)
        said = {"content-type": "application/json", **(headers or {})}
        if signature is not None:
            said["x-recruitee-signature"] = signature or sign(content)
        return await self.client.post(path or self.path, content=content, headers=said)

    async def said(self, body: bytes | dict[str, Any], **how: Any) -> str:
        """POST and return what a 200 says, else the status as text."""
        answer = await self.post(body, **how)
        if answer.status_code != 200:
            problem(answer)
            return str(answer.status_code)
        assert answer.headers["content-type"] == "application/json"
        said = answer.json()
        assert list(said) == ["status"]
        return str(said["status"])

    async def inbox(self) -> list[tuple[str, Cause]]:
        """Return what waits to be looked at."""
        rows = await self.store.pipe.call("XRANGE", f"in:{self.connection.id}", "-", "+")
        return [parse_entry(fields[b"e"]) for _, fields in map(_row, rows)]

    async def roots(self) -> list[str]:
        """Return what waits to be looked at, by name."""
        return [root for root, _ in await self.inbox()]

    async def marks(self) -> int:
        """Return how many webhooks are remembered."""
        return len(await self.store.pipe.call("KEYS", "seen:*"))

    async def count(self, name: str) -> int:
        """Return a counter."""
        return int(await self.store.pipe.call("HGET", "stat", name) or 0)


def _row(row: Any) -> tuple[bytes, dict[bytes, bytes]]:
    position, fields = row
    pairs = (
        fields if isinstance(fields, dict) else dict(zip(fields[::2], fields[1::2], strict=True))
    )
    return position, pairs


def problem(answer: httpx.Response) -> dict[str, Any]:
    """Return a refusal's document, which has the same form whatever it refuses."""
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == answer.status_code
    assert document["title"] and document["detail"]
    return document


@pytest.fixture(scope="package")
def ingress_settings(redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings that outlive one test, as the served app does."""
    return settings_for(redis_server, tmp_path_factory.mktemp("ingress"))


def settings_for(redis_url: str, data_dir: Path) -> Settings:
    """Settings for a web app over a Redis."""
    return Settings(
        redis_url=SecretStr(redis_url),
        data_dir=data_dir,
        admin_token=SecretStr(ADMIN_TOKEN),
        master_key=SecretStr(crypto.new_master_key()),
        log_level="error",
    )


@pytest.fixture(scope="package")
async def served(ingress_settings: Settings) -> AsyncIterator[str]:
    """The app, with a shorter patience for slow bodies."""
    async with serving(Front(create_app(ingress_settings), READ_WITHIN_S)) as url:
        yield url


@pytest.fixture(scope="package")
async def client(served: str) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client; to make one costs more than most tests do."""
    async with httpx.AsyncClient(base_url=served) as opened:
        yield opened


@pytest.fixture
async def ingress(
    served: str, client: httpx.AsyncClient, ingress_settings: Settings, redis_url: str
) -> AsyncIterator[Ingress]:
    """One connection with a secret, over an emptied Redis."""
    store = Store.open(ingress_settings)
    connection = await store.connections.create("5600", "a token", SECRET, "Example")
    yield Ingress(served, client, store, connection)
    await store.close()


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture(autouse=True)
def no_fault_is_logged() -> Iterator[None]:
    """Fail a test that makes the server or the event loop log an error."""
    kept = _Kept()
    loggers = [logging.getLogger(name) for name in ("uvicorn.error", "asyncio")]
    for one in loggers:
        one.addHandler(kept)
    yield
    for one in loggers:
        one.removeHandler(kept)
    assert kept.lines == []
