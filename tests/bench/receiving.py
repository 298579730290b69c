"""The receiver's process as the bench sees it: started on the far core, asked over HTTP what came."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from tests.bench import machine
from tests.bench.children import running


@dataclass(frozen=True, slots=True)
class Receiver:
    """Many subscribers in one process of their own (`tests.bench.receiver`)."""

    url: str
    session: aiohttp.ClientSession

    def address(self, number: int, how: str = "take") -> str:
        """Return the URL of one subscriber that takes, hangs or fails."""
        return f"{self.url}/{number}/{how}"

    async def count(self) -> int:
        """Return how many deliveries were taken since the last reset."""
        return int(await self._get("/count"))

    async def reset(self) -> None:
        """Forget what came."""
        await self._get("/reset")

    async def seen(self) -> dict[str, Any]:
        """Return what came: `taken` (when, event, subscriber), `most` at once to one, `refused`."""
        found: dict[str, Any] = orjson.loads(await self._get("/seen"))
        return found

    async def _get(self, path: str) -> bytes:
        async with self.session.get(self.url + path) as answer:
            return await answer.read()


@contextlib.asynccontextmanager
async def receiving(answer_s: float = 0.0) -> AsyncIterator[Receiver]:
    """Run it until the block ends; it answers after `answer_s`."""
    _, rest = machine.cores()
    arguments = ("{port}", str(answer_s))
    with running("tests.bench.receiver", *arguments, env={}, core=rest, listens=True) as child:
        async with aiohttp.ClientSession() as session:
            yield Receiver(f"http://127.0.0.1:{child.port}", session)
