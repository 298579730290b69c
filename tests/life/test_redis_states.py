"""A Redis that does not serve: 503, one sentence that says why with its cure, and it recovers by itself."""

import asyncio
import signal
from dataclasses import dataclass
from typing import Any

import pytest
import redis
from pydantic import SecretStr

from service.core.settings import Settings
from tests.invariants.house import House, housing
from tests.life.conftest import over
from tests.life.memory import easy, full
from tests.life.ops import Web, web_of
from tests.life.processes import Processes
from tests.life.servers import Server, Servers, free_port
from tests.serving import Receiver, eventually


async def _answers(house: House, connection: Any, status: int) -> None:
    """Send the same webhook until it is answered so."""
    body = house.webhook("hint", 1, house.recruitee.now())

    async def answered() -> bool:
        return (await house.post(connection, body)).status_code == status

    await eventually(answered)


async def test_a_full_disk_means_503_until_there_is_room(
    settings: Settings, servers: Servers, receiver: Receiver
) -> None:
    server = servers.make({"appendfsync": "everysec"}, file_limit=256 * 1024)
    async with housing(over(settings, server)) as house, web_of(house.settings) as web:
        house.recruitee.add(1)
        connection = await house.connect()
        await house.subscribe(receiver.url)
        await asyncio.to_thread(_fill_the_disk, server)
        await _answers(house, connection, 503)

        assert "free disk space" in await web.unready()
        level, text = (await web.findings())["disk"]
        assert level == "failed" and "free disk space" in text

        server.has_room()
        await eventually(web.ready)
        async with house.worker():
            at = house.recruitee.rename(1, "Ada Later")
            await house.told(connection, house.webhook("hint", 1, at))
            await receiver.have("candidate.updated")
        assert "disk" not in await web.findings()


def _fill_the_disk(server: Server) -> None:
    with server.client() as client, pytest.raises(redis.ResponseError, match="MISCONF"):
        _write_on(client)


def _write_on(client: "redis.Redis") -> None:
    while True:
        client.set("filler", "x" * 50_000)


async def test_with_every_write_synced_a_full_disk_ends_the_server_and_nothing_is_lost(
    settings: Settings, servers: Servers, receiver: Receiver
) -> None:
    server = servers.make(file_limit=64 * 1024)
    async with housing(over(settings, server)) as house:
        house.recruitee.add(1)
        connection = await house.connect()
        await house.subscribe(receiver.url)
        taken = 0
        while True:
            at = house.recruitee.rename(1, f"Ada Number{taken}")
            answer = await house.post(connection, house.webhook("hint", 1, at))
            if answer.status_code != 200:
                break
            taken += 1
        assert answer.status_code == 503 and not server.running

        server.file_limit = None
        await asyncio.to_thread(server.start)
        assert await house.store.inbox.depth(connection.id) == (taken, 0)
        async with house.worker():
            await receiver.have("candidate.updated")


async def _sentence(web: Web, *words: str) -> None:
    """Insist that both say why, with the cure."""
    reason = await web.unready()
    told = await web.findings()
    said = told.get("redis") or told.get("role")
    assert said is not None and said[0] == "failed", told
    for word in words:
        assert word in reason and word in said[1], (reason, said)


async def test_a_redis_that_loads_its_data_is_said_to_do_so(
    settings: Settings, servers: Servers
) -> None:
    server = servers.make({"appendfsync": "no"})
    await asyncio.to_thread(_many_keys, server)
    server.stop()
    # A setting for tests: how long it takes over each key, in microseconds.
    server.options |= {"key-load-delay": "50"}
    server.start(wait=False)
    async with web_of(over(settings, server)) as web:

        async def loads() -> bool:
            return "loading" in (await web.http.get("/readyz")).text

        await eventually(loads)
        await _sentence(web, "loading its data")
        await eventually(web.ready)


def _many_keys(server: Server) -> None:
    with server.client() as client:
        for start in range(0, 25_000, 1000):
            pipeline = client.pipeline(transaction=False)
            for n in range(start, start + 1000):
                pipeline.set(f"seen:none:{n}", 1)
            pipeline.execute()


async def test_a_replica_is_no_place_to_write_to(settings: Settings, servers: Servers) -> None:
    server = servers.make({"replicaof": f"127.0.0.1 {free_port()}"})
    async with web_of(over(settings, server)) as web:
        await _sentence(web, "read-only replica", "primary")


@pytest.mark.parametrize("password", ["wrong", ""])
async def test_a_wrong_or_missing_password_is_said_and_never_shown(
    settings: Settings, servers: Servers, password: str
) -> None:
    server = servers.make({"requirepass": "right-password"})
    user = f":{password}@" if password else ""
    url = SecretStr(f"unix://{user}{server.folder / 's'}")
    async with web_of(settings.model_copy(update={"redis_url": url})) as web:
        await _sentence(web, "refuses the password", "HIREWIRE_REDIS_URL")
        assert "wrong" not in await web.unready()


async def test_a_redis_that_is_away_is_said(settings: Settings, server: Server) -> None:
    server.stop()
    async with web_of(over(settings, server)) as web:
        await _sentence(web, "cannot be reached", "see that it runs")


async def test_a_redis_that_is_stopped_is_said_within_seconds(
    settings: Settings, server: Server
) -> None:
    async with web_of(over(settings, server)) as web:
        assert await web.ready()
        server.signal(signal.SIGSTOP)
        await _sentence(web, "did not answer within", "see that it runs")
        server.signal(signal.SIGCONT)
        await eventually(web.ready)


async def test_a_full_redis_is_said(settings: Settings, server: Server) -> None:
    async with web_of(over(settings, server)) as web:
        full(server, 120)
        reason = await web.unready()
        assert "Redis is full" in reason and "raise maxmemory" in reason
        level, text = (await web.findings())["memory"]
        assert level == "failed" and "raise maxmemory" in text
        easy(server)
        assert await web.ready()


@dataclass(frozen=True)
class Unsafe:
    """Settings of a server that may lose things, and what cures it."""

    cure: str
    options: dict[str, str]


EVICTS = Unsafe("noeviction", {"maxmemory-policy": "allkeys-lru"})
FORGETS = Unsafe("appendonly yes", {"appendonly": "no"})


@pytest.mark.parametrize("unsafe", [EVICTS, FORGETS], ids=["evicts", "forgets"])
def test_on_a_redis_that_may_lose_things_nothing_starts_but_when_that_is_accepted(
    settings: Settings, servers: Servers, processes: Processes, unsafe: Unsafe
) -> None:
    settings = over(settings, servers.make(unsafe.options))
    web = processes.start(settings, "service.cli", "serve", "--port", str(free_port()))
    worker = processes.start(settings, "service.cli", "work")
    accepted = processes.worker(settings, UNSAFE_REDIS="true")

    for process in (web, worker):
        assert process.ended() == 2
        assert unsafe.cure in process.said and "HIREWIRE_UNSAFE_REDIS=true" in process.said
        assert process.said.count("\n") == 1
    assert "store.unsafe" in accepted.said and unsafe.cure in accepted.said


async def test_the_doctor_says_what_may_lose_things(settings: Settings, servers: Servers) -> None:
    async def found(name: str, options: dict[str, str]) -> tuple[str, str]:
        async with web_of(over(settings, servers.make(options))) as web:
            return (await web.findings())[name]

    for name, unsafe in (("eviction", EVICTS), ("persistence", FORGETS)):
        level, text = await found(name, unsafe.options)
        assert level == "failed" and unsafe.cure in text
    level, text = await found("persistence", {"appendfsync": "everysec"})
    assert level == "warning" and "set it to always" in text
