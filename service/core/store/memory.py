"""The memory ladder: what waits, rung by rung, so that delivery always has room to drain.

75 %: reading at length (baseline, sync, replay) waits. 85 %: bodies that all have received go early.
90 %: the receiver answers 503. 95 %: only delivery goes on. Shares are of Redis' `maxmemory`; without
one there is no ladder, and `hirewire doctor` says so.
"""

from enum import IntEnum
from time import monotonic

from service.core.errors import StoreUnavailable
from service.core.store.redis import Pipe

LOOK_AGAIN_S = 1.0


class Rung(IntEnum):
    """How full Redis is; each rung includes those below it."""

    EASY = 0
    READING_WAITS = 75
    BODIES_GO_EARLY = 85
    INGRESS_REFUSES = 90
    ONLY_DELIVERY = 95


def rung(used: int, most: int) -> Rung:
    """Return the rung for `used` of `most` bytes (0: no limit is set)."""
    share = 100 * used / most if most > 0 else 0
    return max(step for step in Rung if share >= step)


class Ladder:
    """Knows the rung, at most a second old; asks Redis only when somebody wants to know."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._read_at = 0.0
        self._rung = Rung.EASY

    async def rung(self) -> Rung:
        """Return where we stand; when Redis does not say, where we stood."""
        if monotonic() - self._read_at >= LOOK_AGAIN_S:
            self._read_at = monotonic()
            try:
                self._rung = rung(*await used_of(self._pipe))
            except StoreUnavailable:
                return self._rung
        return self._rung


async def used_of(pipe: Pipe) -> tuple[int, int]:
    """Return (used, most) in bytes, as Redis counts them."""
    facts = await info(pipe, "memory")
    return int(facts.get("used_memory", 0)), int(facts.get("maxmemory", 0))


async def info(pipe: Pipe, section: str) -> dict[str, str]:
    """Return what INFO says, every value as text."""
    facts = await pipe.call("INFO", section)
    return {str(name): str(value) for name, value in facts.items()}
