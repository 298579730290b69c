"""Wait until Redis has written its files anew: what was deleted stays in them until then."""

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, Final

from service.core.store.files import Files, Look, State

WITHIN_S: Final = 600.0
LOOK_AGAIN_MS: Final = 200


class Rewriting:
    """One round: the append-only file, then the dump where there is one; a bound for both."""

    def __init__(self, files: Files, pause: Callable[[int], Awaitable[None]]) -> None:
        self._files = files
        self._pause = pause
        self._until = monotonic() + WITHIN_S

    async def run(self) -> dict[str, Any]:
        """Return how it went: `aof`, `dump`, `slow_log` as off, refused, written or failed; `replicas`."""
        slow = await self._files.forget_slow()
        aof = await self._written(self._files.rewrite_aof, lambda look: look.aof)
        dump = await self._written(self._files.dump, lambda look: look.dump)
        replicas = (await self._files.look()).replicas
        return {"aof": aof, "dump": dump, "slow_log": slow, "replicas": replicas}

    async def _written(
        self, begin: Callable[[], Awaitable[State]], state: Callable[[Look], State]
    ) -> State:
        # One child at a time; and one that began before now still has all that was removed.
        look = await self._idle()
        if look is None or state(look) == "off":
            return "failed" if look is None else "off"
        begun = await begin()
        if begun != "running":
            return begun
        done = await self._idle()
        if done is not None and done.server != look.server:
            return await self._written(begin, state)  # it was started anew, and may have ended it
        return "failed" if done is None else state(done)

    async def _idle(self) -> Look | None:
        """Wait until Redis writes no file; None: it takes too long."""
        while True:
            look = await self._files.look()
            if "busy" not in (look.aof, look.dump):
                return look
            if monotonic() > self._until:
                return None
            await self._pause(LOOK_AGAIN_MS)
