"""The inbox: webhooks in, one atomic step each; work out, under a lease, until it is committed."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import orjson

from service.core.errors import Fenced, StoreUnavailable
from service.core.store import keys
from service.core.store.redis import Pipe
from service.core.store.suppression import Suppression, person_of
from service.core.unified.model import Ref

REPLICA_WITHIN_MS = 1000
ACCEPTED, DUPLICATE, GONE = 1, 0, -1


class Lease(NamedTuple):
    """A claim on a connection's inbox or a subscriber's line."""

    id: str
    token: int


class Claimed(NamedTuple):
    """What a look found: leases, or when to look next (ms from now; None: only the bell tells)."""

    leases: list[Lease]
    next_in_ms: int | None


class Pulled(NamedTuple):
    """What waits in an inbox beyond a stream id."""

    status: str
    now: int
    entries: list[tuple[str, bytes]]  # stream id, entry
    parked: dict[str, "Parked"]  # by root, those that are due
    parked_in_all: int
    died: dict[str, int]  # at the first pull: root -> how many workers began it and did not end it
    asked: int = 0  # ms: when a person last asked for something to be looked at


class Parked(NamedTuple):
    """A root whose refetch has to be tried again, with the entries that asked for it."""

    tries: int
    since: int  # ms of the first failure
    reason: str
    entries: list[bytes]

    def dump(self) -> bytes:
        """Return the stored form."""
        rows = [e.decode() for e in self.entries]
        return orjson.dumps([self.tries, self.since, self.reason, rows])

    @classmethod
    def load(cls, raw: bytes) -> "Parked":
        """Read the stored form; what a newer version puts behind it is none of ours."""
        tries, since, reason, rows = orjson.loads(raw)[:4]
        return cls(tries, since, reason, [row.encode() for row in rows])


class Inbox:
    """Accept, claim, pull, park, release."""

    def __init__(self, pipe: Pipe, suppression: Suppression) -> None:
        self._pipe = pipe
        self._suppression = suppression

    async def accept(self, hook: str, c: str, fingerprint: str, entries: Sequence[bytes]) -> int:
        """Mark as seen and enqueue in one step; returns ACCEPTED, DUPLICATE or GONE."""
        # Many webhooks of one tick go in one pipeline; each is a script run of its own, so that one
        # connection's oversized burst cannot fail another's webhook.
        reply = await self._pipe.run(
            "accept", keys.SEEN_S, hook, c, fingerprint, len(entries), *entries
        )
        return int(reply[0])

    async def replicated(self) -> bool:
        """Say whether a replica has all that was written up to now, waiting for it up to a second.

        The write of our own makes the wait cover what others wrote before, so that a webhook that is
        a duplicate is not answered 200 on the word of the primary alone.
        """
        written, acknowledged = await asyncio.gather(
            self._pipe.call("INCR", "tok"), self._pipe.call("WAIT", 1, REPLICA_WITHIN_MS)
        )
        return bool(written) and int(acknowledged) >= 1

    async def enqueue(self, c: str, entries: Sequence[bytes]) -> int:
        """Put entries of our own in; returns how many (0: no such connection)."""
        return int(await self._pipe.run("enqueue", c, *entries))

    async def pull(self, lease: Lease, after: str, count: int, lease_ms: int) -> Pulled:
        """Read on; raises Fenced when the lease has gone to another worker."""
        reply = await self._pipe.run("pull", lease.id, lease.token, after, count, lease_ms)
        if reply[0] == 0:
            raise Fenced(lease.id)
        _, status, now, rows, parked, parked_in_all, begun, asked = reply
        entries = [(i.decode(), fields[1]) for i, fields in rows]
        due = {
            parked[k].decode(): Parked.load(parked[k + 1])
            for k in range(0, len(parked), 2)
            if parked[k + 1]
        }
        died = {begun[k].decode(): int(begun[k + 1]) for k in range(0, len(begun), 2)}
        return Pulled(status.decode(), now, entries, due, parked_in_all, died, asked)

    async def parked(self, c: str, root: str) -> Parked | None:
        """Return what is parked for a root, due or not."""
        raw = await self._pipe.call("HGET", keys.parked(c), root)
        return Parked.load(raw) if raw else None

    async def not_begun(self, c: str, root: str) -> None:
        """Forget that a root was begun: its work ended without a commit, through nobody's death."""
        await self._pipe.call("HDEL", f"begun:{c}", root)

    async def park(
        self,
        lease: Lease,
        root: str,
        parked: Parked | None,
        delay_ms: int,
        acks: Sequence[str],
        buried: tuple[str, bytes, int] | None = None,
    ) -> None:
        """Put a root aside for `delay_ms`, or (parked None) clear it; `buried`: id, dead letter, s."""
        dead_id, dead, retention = buried or ("", b"", 0)
        person = person_of(Ref(*root.split(":", 1))) if ":" in root else None
        barred = await self._suppression.of_people(lease.id, [person] if person else [])
        reply = await self._pipe.run(
            "park", lease.id, lease.token, root, "" if parked is None else delay_ms,
            b"" if parked is None else parked.dump(), dead_id, dead, retention, len(acks), *acks,
            *barred,
        )  # fmt: skip
        if reply < 0:
            raise Fenced(lease.id)

    async def release(
        self, lease: Lease, *, look_again: bool, delay_ms: int | None = None
    ) -> int | None:
        """Hand the inbox back; with `look_again` it is ready at once or when a parked root is due,

        with `delay_ms` after that time, with neither not until something rings.
        """
        delay = "" if delay_ms is None else delay_ms
        due = int(await self._pipe.run("release", lease.id, lease.token, int(look_again), delay))
        return None if due < 0 else due

    async def depth(self, c: str) -> tuple[int, int]:
        """Return how many entries wait and how many roots are parked."""
        waiting = await self._pipe.call("XLEN", keys.inbox(c))
        return int(waiting), int(await self._pipe.call("HLEN", keys.parked(c)))


class Claims:
    """Leases on either kind of line."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def claim(self, which: str, want: int, lease_ms: int) -> Claimed:
        """Claim what is due; `which` is in, out or rpl."""
        reply = await self._pipe.run("claim", which, want, lease_ms)
        now, nearest = reply[0], reply[1]
        leases = [Lease(reply[i].decode(), reply[i + 1]) for i in range(2, len(reply), 2)]
        return Claimed(leases, None if nearest < 0 else max(0, nearest - now))

    async def renew(self, which: str, lease: Lease, lease_ms: int) -> bool:
        """Prolong; False when another has it now (or Redis does not answer: the same to us)."""
        try:
            return bool(await self._pipe.run("renew", which, lease.id, lease.token, lease_ms))
        except StoreUnavailable:
            return False
