"""What becomes of a refetch: done, tried again later, a dead letter, or a stop of the connection."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from service.core import ids, times
from service.core.logs import logger
from service.core.recruitee.client import Unauthorized
from service.core.recruitee.webhook import parse_entry
from service.core.store.connections import Connection
from service.core.store.dead_letters import DeadLetter
from service.core.store.inbox import Lease, Parked
from service.core.unified.model import Cause
from workers.asking import Again, Done, Failed, Lost, Outcome
from workers.context import Context
from workers.tokens import unauthorized

BATCH = 200
GIVE_UP_MS = 72 * 3600 * 1000
FIRST_DELAY_MS, LAST_DELAY_MS = 1000, 1_800_000
LAG_DELAYS_MS = (1000, 5000, 30_000)
LAGGING = "lagging"
UNREADABLE = "unreadable"  # not a model
log = logger("inbound")


class Asked(NamedTuple):
    """What waits for one root: the stream ids to acknowledge, the entries, and its failures so far."""

    acks: list[str]
    entries: list[bytes]
    parked: Parked | None

    @property
    def lags(self) -> int:
        """How often a fetch did not show yet what a webhook claims."""
        return self.parked.tries if self.parked and self.parked.reason == LAGGING else 0


@dataclass(slots=True)
class Settling:
    """Settles the roots of one connection under its lease."""

    ctx: Context
    connection: Connection
    lease: Lease
    ahead_ms: int = 0  # how far our clock is ahead of Redis'
    parked_in_all: int = 0

    async def settle(self, root: str, asked: Asked, outcome: Outcome) -> bool:
        """Keep what an outcome means; returns False when the whole connection has to stop."""
        match outcome:
            case Done():
                return True
            case Unauthorized(reason):
                await unauthorized(self.ctx, self.connection, reason, self.lease)
                await self.ctx.store.inbox.not_begun(self.lease.id, root)
                return False
            case Again():
                delay = LAG_DELAYS_MS[min(asked.lags, len(LAG_DELAYS_MS) - 1)]
                await self._park(root, asked, LAGGING, delay)
            case Failed(reason, after_s):
                await self._fail(root, asked, reason, after_s)
            case Lost(reason):
                await self._bury(root, asked, reason)
        return True

    def _now(self) -> int:
        """Return Redis' time in ms: 72 hours are the same for every worker."""
        return times.now_ms() - self.ahead_ms

    async def _fail(self, root: str, asked: Asked, reason: str, after_s: float | None) -> None:
        since = asked.parked.since if asked.parked else self._now()
        if self._now() - since > GIVE_UP_MS:
            return await self._bury(root, asked, f"gave up after 72 h: {reason}")
        tries = asked.parked.tries if asked.parked and not asked.lags else 0
        delay = min(FIRST_DELAY_MS * 2**tries, LAST_DELAY_MS)
        await self._park(root, asked, reason, max(delay, int((after_s or 0) * 1000)))

    async def _park(self, root: str, asked: Asked, reason: str, delay_ms: int) -> None:
        before = asked.parked
        same = before is not None and (before.reason == LAGGING) == (reason == LAGGING)
        tries = before.tries + 1 if before and same else 1
        since = before.since if before else self._now()
        parked = Parked(tries, since, reason, asked.entries[-BATCH:])
        log.info(
            "refetch.parked", connection_id=self.lease.id, root=root, reason=reason, tries=tries,
            delay_ms=delay_ms,
        )  # fmt: skip
        await self.ctx.store.inbox.park(self.lease, root, parked, delay_ms, asked.acks)
        self.parked_in_all += 1

    async def _bury(self, root: str, asked: Asked, reason: str) -> None:
        dead = DeadLetter(
            id=ids.inbound_dead_letter_id(self.lease.id, root),
            kind="inbound",
            reason=reason,
            failed_at=times.now_ms(),
            connection_id=self.lease.id,
            type=_type(asked.entries[-1]),
            root=root,
            entries=tuple(e.decode("utf-8", "backslashreplace") for e in asked.entries[-BATCH:]),
        )
        log.warning("refetch.dead", connection_id=self.lease.id, root=root, reason=reason)
        buried = (dead.id, dead.model_dump_json().encode(), self.ctx.settings.retention_s)
        await self.ctx.store.inbox.park(self.lease, root, None, 0, asked.acks, buried)


def root_named(position: str, raw: bytes) -> str:
    """Return the root of an entry; one that cannot be read is a root of its own, to be buried."""
    try:
        return parse_entry(raw)[0]
    except (ValueError, LookupError, TypeError):
        return f"{UNREADABLE}:{position}"


def causes_of(entries: Sequence[bytes]) -> list[Cause]:
    """Return what the entries say."""
    return [parse_entry(raw)[1] for raw in entries]


def _type(raw: bytes) -> str:
    try:
        return parse_entry(raw)[1].event_type or ""
    except (ValueError, LookupError, TypeError):
        return ""
