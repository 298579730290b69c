"""Subscribers: whom we tell, about what, in which form, signed with which secrets."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, SecretStr

from service.core import ids, signing
from service.core.crypto import Vault
from service.core.events import matches
from service.core.store import keys
from service.core.store.listing import Row, walk
from service.core.store.redis import Pipe
from service.core.times import now_ms

PRIVATE = ("proxy", "client_certificate", "vendor_secret")
"""What of `Wanted` is sealed and shown by nothing."""
Format = Literal["hirewire", "thin", "cloudevents", "kombo", "truto"]
How = Literal["drop", "mask", "hash"]


class Redaction(BaseModel):
    """A field that a subscriber is not to see as it is: dropped, masked, or as a keyed hash of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str  # `model.field`, `*.field`, with `.key` for what lies inside
    how: How = "drop"


class Wanted(BaseModel):
    """What a subscriber asked for; the ops API's body without secrets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    name: str = ""
    event_types: tuple[str, ...] = ("*",)
    connection_ids: tuple[str, ...] | None = None  # None: all
    format: Format = "hirewire"
    retry_schedule: tuple[float, ...] | None = None  # None: HIREWIRE_RETRY_SCHEDULE
    concurrency: int = 4
    headers: dict[str, str] = {}
    rate: float | None = None  # deliveries per second; None: as fast as it answers
    job_ids: tuple[str, ...] | None = None  # unified or remote ids; None: all
    stage_ids: tuple[str, ...] | None = None
    watch: tuple[str, ...] = ()  # an update that touches none of these is not sent; (): all
    ignore: tuple[str, ...] = ()  # an update that touches only these is not sent
    conditions: dict[str, Any] | None = None  # the JSON language of `service.core.delivery`
    redact: tuple[Redaction, ...] = ()
    asymmetric: bool = False  # also sign `v1a` (Ed25519)
    challenge: bool = False  # nothing is sent before the URL's owner answered a challenge
    proxy: str | None = None  # sealed: it may hold a password
    client_certificate: str | None = None  # sealed: PEM of certificate chain and key
    vendor_secret: str | None = None  # sealed: HMAC key of the vendor's signature

    def wants(self, connection_id: str, event_type: str) -> bool:
        """Say whether this event is for this subscriber."""
        if self.connection_ids is not None and connection_id not in self.connection_ids:
            return False
        return any(matches(pattern, event_type) for pattern in self.event_types)


class Secret(BaseModel):
    """One signing secret; `until` (ms) is when it stops signing, None: it is the current one."""

    model_config = ConfigDict(frozen=True)

    value: SecretStr
    until: int | None = None


class Subscriber(BaseModel):
    """One subscriber as both processes see it."""

    model_config = ConfigDict(frozen=True)

    id: str
    wanted: Wanted
    secrets: tuple[Secret, ...]
    status: str  # active, paused, disabled
    reason: str
    created: int
    streak: int  # failures in a row
    ok_at: int  # ms of the last success, 0: never

    def live_secrets(self, now: int) -> list[str]:
        """Return the secrets that sign at `now` (ms), the current one first."""
        return [
            s.value.get_secret_value() for s in self.secrets if s.until is None or s.until > now
        ]

    @classmethod
    def read(cls, fields: dict[str, str], vault: Vault) -> Self:
        """Build from the hash; the secrets are opened."""
        s = fields["id"]
        secrets = [
            Secret(value=SecretStr(vault.open(row["s"], f"subscriber:{s}")), until=row.get("until"))
            for row in orjson.loads(fields["secrets"])
        ]
        # A newer version may have stored more: while both run, what we do not know is let be.
        stored = orjson.loads(fields["wanted"])
        known = {name: stored[name] for name in Wanted.model_fields if name in stored}
        wanted = Wanted.model_validate(known)
        sealed = fields.get("headers")
        headers = orjson.loads(vault.open(sealed, f"subscriber:{s}:headers")) if sealed else {}
        kept = fields.get("private")
        private = orjson.loads(vault.open(kept, f"subscriber:{s}:private")) if kept else {}
        return cls(
            id=s,
            wanted=wanted.model_copy(update={"headers": headers, **private}),
            secrets=tuple(secrets),
            status=fields["status"],
            reason=fields.get("reason", ""),
            created=int(fields["created"]),
            streak=int(fields.get("streak", 0)),
            ok_at=int(fields.get("ok_at", 0)),
        )


class Subscribers:
    """Reads and writes of subscribers."""

    def __init__(self, pipe: Pipe, vault: Vault) -> None:
        self._pipe = pipe
        self._vault = vault

    async def create(self, wanted: Wanted, secret: str | None) -> tuple[Subscriber, str]:
        """Make an active subscriber at the head of the log; returns it and its secret."""
        s, chosen = "sub_" + ids.draw(), secret or signing.new_secret()
        await self._pipe.run(
            "new_subscriber", s, "id", s, *self._stored(s, wanted), "status", "active",
            "created", now_ms(), "secrets", self._sealed(s, [Secret(value=SecretStr(chosen))]),
        )  # fmt: skip
        made = await self.get(s)
        if made is None:
            raise LookupError(f"subscriber {s} vanished while it was made")
        return made, chosen

    async def get(self, s: str) -> Subscriber | None:
        """Return a subscriber, or None."""
        raw: dict[bytes, bytes] = await self._pipe.call("HGETALL", keys.subscriber(s))
        fields = {k.decode(): v.decode() for k, v in raw.items()}
        return Subscriber.read(fields, self._vault) if fields.get("id") else None

    async def ids(self) -> list[str]:
        """Return every subscriber's id, newest first."""
        return [s.decode() for s in await self._pipe.call("ZREVRANGE", "subs", 0, -1)]

    async def all(self) -> list[Subscriber]:
        """Return every subscriber, newest first."""
        found = [await self.get(s) for s in await self.ids()]
        return [subscriber for subscriber in found if subscriber]

    async def by_tag(self, delivery_id: str) -> str | None:
        """Return the subscriber that a delivery id names, or None."""
        return (await self.by_tags()).get(ids.tag_of(delivery_id))

    async def by_tags(self) -> dict[str, str]:
        """Return every subscriber's id by the tag that its delivery ids carry."""
        return {ids.subscriber_tag(s): s for s in await self.ids()}

    async def load(self, names: Sequence[str]) -> list[Subscriber | None]:
        """Return subscribers; None for those that are gone."""
        return await asyncio.gather(*(self.get(s) for s in names))

    def pages(self, after: Row | None) -> AsyncGenerator[list[Row], None]:
        """Yield (subscriber, when made) in chunks, newest first."""
        return walk(self._pipe, "subs", after)

    async def update(self, s: str, wanted: Wanted) -> None:
        """Replace what a subscriber asked for."""
        await self._pipe.call("HSET", keys.subscriber(s), *self._stored(s, wanted))

    async def rotate(self, subscriber: Subscriber, overlap_s: float) -> str:
        """Give a new secret; the old ones go on signing for `overlap_s` seconds."""
        now, fresh = now_ms(), signing.new_secret()
        until = now + int(overlap_s * 1000)
        old = [
            Secret(value=row.value, until=min(row.until or until, until))
            for row in subscriber.secrets
            if row.until is None or row.until > now
        ]
        kept = [Secret(value=SecretStr(fresh)), *(row for row in old if overlap_s > 0)][:10]
        await self._pipe.call(
            "HSET", keys.subscriber(subscriber.id), "secrets", self._sealed(subscriber.id, kept)
        )
        return fresh

    async def pause(self, s: str, reason: str) -> None:
        """Stop sending; the position stands still and open deliveries wait."""
        await self._pipe.run("pause_subscriber", s, "paused", reason)

    async def resume(self, s: str) -> None:
        """Send again, everything missed in order."""
        await self._pipe.run("wake_subscriber", s, "active", "")

    async def remove(self, s: str) -> None:
        """Forget a subscriber with its positions and open deliveries; of a replay these have failed."""
        await self._pipe.run("remove_subscriber", s)

    def _stored(self, s: str, wanted: Wanted) -> tuple[str, ...]:
        # Headers often carry a token of the subscriber's: they are a secret like any other.
        headers = self._vault.seal(orjson.dumps(wanted.headers).decode(), f"subscriber:{s}:headers")
        said = {name: value for name in PRIVATE if (value := getattr(wanted, name)) is not None}
        private = self._vault.seal(orjson.dumps(said).decode(), f"subscriber:{s}:private")
        plain = wanted.model_copy(update={"headers": {}, **dict.fromkeys(PRIVATE)})
        return ("wanted", plain.model_dump_json(), "headers", headers, "private", private)

    def _sealed(self, s: str, secrets: list[Secret]) -> bytes:
        rows: list[dict[str, Any]] = [
            {
                "s": self._vault.seal(row.value.get_secret_value(), f"subscriber:{s}"),
                "until": row.until,
            }
            for row in secrets
        ]
        return orjson.dumps(rows)
