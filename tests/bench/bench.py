"""What every row group is given: the far ends, an empty Redis, and how often to repeat."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import AnyHttpUrl, SecretStr

from service.core import crypto
from service.core.settings import LOOPBACK, Settings
from service.core.store.store import Store
from service.embedded import EmbeddedRedis
from tests.bench import machine
from tests.bench.children import environment
from tests.bench.far_ends import FarEnds, far_ends


@dataclass(frozen=True, slots=True)
class Bench:
    """One run of the bench."""

    settings: Settings
    store: Store
    ends: FarEnds
    core: machine.Cores  # of what is measured
    repeats: int
    scale: float  # of the counts: 1, less for a quick run
    server: str

    @property
    def env(self) -> dict[str, str]:
        """The environment of a process that is measured."""
        return environment(self.settings)

    def count(self, of: int) -> int:
        """Return how many of something this run uses."""
        return max(100, int(of * self.scale))

    async def empty(self) -> None:
        """Forget everything; the scripts stay."""
        await self.store.pipe.redis.flushall()

    def say(self, text: str) -> None:
        """Tell how far it is, beside the result."""
        import sys

        print(text, file=sys.stderr, flush=True)


@contextlib.asynccontextmanager
async def opened(quick: bool, repeats: int | None) -> AsyncIterator[Bench]:
    """Start Redis and the far ends on one core; leave the other to what is measured."""
    measured, rest = machine.cores()
    machine.pin(0, rest)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        redis = EmbeddedRedis(Path(folder))
        redis.start()
        try:
            async with far_ends() as ends:
                settings = _settings(redis.url, ends, Path(folder))
                store = Store.open(settings)
                yield Bench(
                    settings, store, ends, measured, repeats or (2 if quick else 5),
                    0.2 if quick else 1.0, redis.server.version,
                )  # fmt: skip
                await store.close()
        finally:
            redis.stop()


def _settings(redis_url: str, ends: FarEnds, folder: Path) -> Settings:
    return Settings(
        redis_url=SecretStr(redis_url),
        data_dir=folder,
        admin_token=SecretStr("bench-admin-token"),
        master_key=SecretStr(crypto.new_master_key()),
        allowed_networks=LOOPBACK,
        recruitee_url=AnyHttpUrl(ends.recruitee),
        recruitee_rate=1_000_000,
    )


async def settle(seconds: float = 0.3) -> None:
    """Let a process that has just begun to listen finish its start."""
    await asyncio.sleep(seconds)
