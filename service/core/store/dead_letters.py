"""Dead letters: deliveries that ran out of attempts, webhooks and refetches that could not be processed."""

from collections.abc import AsyncGenerator, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from service.core import ids
from service.core.crypto import Vault
from service.core.store import keys
from service.core.store.deliveries import Delivery
from service.core.store.listing import Row, oldest, walk
from service.core.store.redis import Pipe


class DeadLetter(BaseModel):
    """One dead letter (contract section 4)."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: Literal["delivery", "inbound"]
    reason: str
    failed_at: int  # ms
    connection_id: str
    type: str = ""
    delivery_id: str | None = None
    event_id: str | None = None
    subscriber_id: str | None = None
    root: str | None = None  # inbound: the root whose refetch failed
    entries: tuple[str, ...] = ()  # inbound: what asked for it
    body: str | None = None  # inbound: the quarantined body, sealed


class DeadLetters:
    """Reads and writes of dead letters."""

    def __init__(self, pipe: Pipe, vault: Vault, retention_s: int) -> None:
        self._pipe = pipe
        self._vault = vault
        self._retention_s = retention_s

    async def quarantine(self, c: str, reason: str, event_type: str, body: bytes, now: int) -> None:
        """Keep a webhook that is signed but unusable; its body is sealed."""
        dead_id = ids.inbound_dead_letter_id(c, body.hex())
        sealed = self._vault.seal(body.decode("utf-8", "backslashreplace"), f"inbound:{c}")
        await self._keep(
            DeadLetter(
                id=dead_id, kind="inbound", reason=reason, failed_at=now, connection_id=c,
                type=event_type, body=sealed,
            )
        )  # fmt: skip

    async def get(self, dead_id: str) -> DeadLetter | None:
        """Return a dead letter, or None."""
        raw = await self._pipe.call("GET", keys.dead_letter(dead_id))
        return DeadLetter.model_validate_json(raw) if raw else None

    def body(self, dead: DeadLetter) -> str | None:
        """Return a quarantined body, opened."""
        return self._vault.open(dead.body, f"inbound:{dead.connection_id}") if dead.body else None

    async def replaying(self, dead_id: str) -> str | None:
        """Return the replay that is delivering a dead letter again, or None."""
        found = await self._pipe.call("HGET", "replaying", dead_id)
        return found.decode() if found else None

    async def load(self, dead_ids: Sequence[str]) -> list[DeadLetter | None]:
        """Return dead letters; None for those that are gone."""
        if not dead_ids:
            return []
        rows = await self._pipe.call("MGET", *map(keys.dead_letter, dead_ids))
        return [DeadLetter.model_validate_json(raw) if raw else None for raw in rows]

    async def replayed_by(self, dead_ids: Sequence[str]) -> list[str | None]:
        """Return which replay is delivering each of these again, None: none is."""
        if not dead_ids:
            return []
        rows = await self._pipe.call("HMGET", "replaying", *dead_ids)
        return [raw.decode() if raw else None for raw in rows]

    async def all_replaying(self) -> dict[str, str]:
        """Return which replay is delivering which dead letter again."""
        raw: dict[bytes, bytes] = await self._pipe.call("HGETALL", "replaying")
        return {dead_id.decode(): replay.decode() for dead_id, replay in raw.items()}

    def pages(self, after: Row | None = None) -> AsyncGenerator[list[Row], None]:
        """Yield (dead letter, when it failed) in chunks, newest first."""
        return walk(self._pipe, "dead", after)

    async def oldest(self, after: Row | None, count: int) -> list[Row]:
        """Return up to `count` (dead letter, when it failed) beyond `after`, oldest first."""
        return await oldest(self._pipe, "dead", after, count)

    async def discard(self, *dead_ids: str) -> int:
        """Forget dead letters; returns how many: none that a replay is sending again."""
        return int(await self._pipe.run("discard", *dead_ids)) if dead_ids else 0

    async def _keep(self, dead: DeadLetter) -> None:
        await self._pipe.call(
            "SET", keys.dead_letter(dead.id), dead.model_dump_json(), "EX", self._retention_s
        )
        await self._pipe.call("ZADD", "dead", dead.failed_at, dead.id)


def of_delivery(delivery: Delivery, reason: str, now: int) -> tuple[str, bytes]:
    """Return the id and stored form of the dead letter that a delivery becomes.

    A replay that fails again keeps the dead letter it came from: one fact, one id.
    """
    dead = DeadLetter(
        id=delivery.dlt or ids.dead_letter_id(delivery.id),
        kind="delivery",
        reason=reason,
        failed_at=now,
        connection_id=delivery.c,
        type=delivery.t,
        delivery_id=delivery.id,
        event_id=delivery.e,
        subscriber_id=delivery.s,
    )
    return dead.id, dead.model_dump_json().encode()
