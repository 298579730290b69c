"""Fixtures of the invariants: a house without workers, and subscribers on sockets of their own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from service.core.settings import Settings
from tests.invariants.house import House, housing
from tests.invariants.processes import RedisServer, Workers, worker_processes
from tests.invariants.raw import RawReceiver, listening
from tests.serving import Receiver, receiving


@pytest.fixture
async def house(settings: Settings) -> AsyncIterator[House]:
    """A house over the run's Redis."""
    async with housing(settings) as opened:
        yield opened


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A subscriber."""
    async with receiving() as started:
        yield started


@pytest.fixture
async def other() -> AsyncIterator[Receiver]:
    """Another subscriber."""
    async with receiving() as started:
        yield started


@pytest.fixture
async def raw() -> AsyncIterator[RawReceiver]:
    """A subscriber that keeps the very bytes."""
    async with listening() as started:
        yield started


@pytest.fixture
def private_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of the test's own, to be killed and stopped."""
    folder = tmp_path / "redis"
    folder.mkdir()
    server = RedisServer(folder)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def processes(house: House, tmp_path: Path) -> Iterator[Workers]:
    """Worker processes over the house's Redis."""
    with worker_processes(house.settings, tmp_path) as workers:
        yield workers
