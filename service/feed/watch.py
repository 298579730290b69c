"""One look at all logs per process, and only while somebody waits: what tells streams to read on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Container, Mapping

from service.core.errors import StoreUnavailable
from service.core.logs import logger
from service.core.store.feed import START, Feed, Stand

EVERY_S = 0.2
log = logger("feed")


class Watch:
    """Asks where the logs end, five times a second, while there are streams."""

    def __init__(self, feed: Feed, every_s: float = EVERY_S) -> None:
        self._feed = feed
        self._every_s = every_s
        self._waiting = 0
        self._task: asyncio.Task[None] | None = None
        self._heads: dict[str, Stand] = {}
        self._turn = 0
        self._turned = asyncio.Event()

    @property
    def turn(self) -> int:
        """How often the logs were seen to have grown; to be read before the logs are."""
        return self._turn

    @property
    def looking(self) -> bool:
        """Whether anybody makes it look."""
        return self._task is not None

    @contextlib.asynccontextmanager
    async def looked(self) -> AsyncIterator[None]:
        """Look while the block runs; all who are in such a block share one look."""
        self._waiting += 1
        if self._task is None:
            self._task = asyncio.create_task(self._look())
        try:
            yield
        finally:
            self._waiting -= 1
            if self._waiting == 0:
                self._task.cancel()
                self._task = None

    async def moved(
        self, since: int, stands: Mapping[str, Stand], seen: Container[str] | None, within_s: float
    ) -> bool:
        """Wait until a log that is seen (None: all) has more than these positions; False: it has not."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self._turn == since or not self._beyond(stands, seen):
                    since = self._turn
                    await self._turned.wait()
                return True
        return False

    def _beyond(self, stands: Mapping[str, Stand], seen: Container[str] | None) -> bool:
        return any(
            head.key > stands.get(c, START).key
            for c, head in self._heads.items()
            if seen is None or c in seen
        )

    async def _look(self) -> None:
        while True:
            try:
                heads = await self._feed.heads()
            except StoreUnavailable as error:
                log.warning("feed.cannot_look", reason=str(error))
                heads = self._heads
            if heads != self._heads:
                self._heads = heads
                self._turn += 1
                turned, self._turned = self._turned, asyncio.Event()
                turned.set()
            await asyncio.sleep(self._every_s)
