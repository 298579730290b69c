"""HIREWIRE_DURABILITY=replica: 200 says that a replica has it too, whatever the replica is up to."""

import asyncio
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from service.core.settings import Settings
from service.core.store import keys
from tests.invariants.house import House, housing
from tests.life.conftest import over
from tests.life.ops import web_of
from tests.life.servers import Server, Servers, free_port
from tests.serving import eventually


@dataclass
class Pair:
    """A house over a primary, and its replica."""

    house: House
    replica: Server

    async def linked(self) -> None:
        """Wait until the primary feeds its replica."""

        async def fed() -> bool:
            facts = await self.house.store.pipe.call("INFO", "replication")
            return "online" in str(facts.get("slave0", ""))

        await eventually(fed, 20)

    def has(self, c: str) -> int:
        """Return how many inbox entries the replica has."""
        with self.replica.client() as client:
            return int(client.xlen(keys.inbox(c)))


@pytest.fixture
async def pair(settings: Settings, servers: Servers) -> AsyncIterator[Pair]:
    """Two servers, linked."""
    primary = servers.make({"repl-diskless-sync-delay": "0"}, port=free_port())
    replica = servers.make({"replicaof": f"127.0.0.1 {primary.port}"})
    asked = over(settings, primary).model_copy(update={"durability": "replica"})
    async with housing(asked) as house:
        made = Pair(house, replica)
        await made.linked()
        yield made


async def _post(pair: Pair, connection: Any, number: int) -> tuple[int, str]:
    body = pair.house.webhook("hint", 1, "2026-03-01T09:00:00.000000Z") | {"id": number}
    answer = await pair.house.post(connection, body)
    return answer.status_code, answer.json().get("status")


async def test_what_was_answered_200_is_on_the_replica(pair: Pair) -> None:
    connection = await pair.house.connect()

    for n in range(1, 6):
        assert await _post(pair, connection, n) == (200, "accepted")
        assert pair.has(connection.id) == n
    assert await _post(pair, connection, 5) == (200, "duplicate")
    assert pair.has(connection.id) == 5


async def test_many_at_once_do_not_wait_for_one_another(pair: Pair) -> None:
    connection = await pair.house.connect()
    clock = asyncio.get_running_loop().time
    began = clock()

    answers = await asyncio.gather(*(_post(pair, connection, n) for n in range(1, 101)))

    assert set(answers) == {(200, "accepted")}
    assert pair.has(connection.id) == 100
    assert clock() - began < 5


async def test_a_replica_that_hangs_means_503_and_then_the_retry_is_a_duplicate(pair: Pair) -> None:
    connection = await pair.house.connect()
    assert await _post(pair, connection, 1) == (200, "accepted")
    pair.replica.signal(signal.SIGSTOP)

    assert (await _post(pair, connection, 2))[0] == 503
    assert (await _post(pair, connection, 2))[0] == 503

    pair.replica.signal(signal.SIGCONT)
    await eventually(lambda: _is(pair, connection, 2, (200, "duplicate")))
    assert pair.has(connection.id) == 2


async def _is(pair: Pair, connection: Any, number: int, wanted: tuple[int, str]) -> bool:
    return await _post(pair, connection, number) == wanted


async def test_without_a_replica_it_is_503_and_the_doctor_says_so(pair: Pair) -> None:
    connection = await pair.house.connect()
    pair.replica.stop()
    async with web_of(pair.house.settings) as web:
        assert (await _post(pair, connection, 1))[0] == 503
        await eventually(lambda: _said(web))
        level, text = (await web.findings())["replicas"]
        assert level == "failed" and "connect one" in text

        pair.replica.start(wait=False)
        await pair.linked()
        await eventually(lambda: _is(pair, connection, 1, (200, "duplicate")))
        assert "replicas" not in await web.findings()


async def _said(web: Any) -> bool:
    return "replicas" in await web.findings()


async def test_a_quarantined_webhook_is_on_the_replica_before_200(pair: Pair) -> None:
    connection = await pair.house.connect()

    answer = await pair.house.send(connection, b"not JSON")

    assert answer.json() == {"status": "quarantined"}
    with pair.replica.client() as client:
        assert client.zcard("dead") == 1
