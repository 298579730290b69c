"""Subscribers: whom we tell, about what, in which form, signed with which secrets."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from secrets import token_urlsafe
from typing import Any, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, SecretStr

from service.core import ids, signing
from service.core.crypto import Vault
from service.core.delivery.kombo import changed_models
from service.core.events import OPERATIONAL, matches
from service.core.store import keys, signing_keys
from service.core.store.listing import Row, walk
from service.core.store.redis import Pipe
from service.core.store.rotation import Secret, opened, rotated, sealed
from service.core.store.signing_keys import PublicKey, SigningKey
from service.core.times import now_ms

PRIVATE = ("proxy", "client_certificate", "vendor_secret")
"""What of `Wanted` is sealed and shown by nothing."""
WAITS_FOR_PROOF = "waiting for the URL to prove itself"
"""The reason of the pause while a URL has not answered its challenge."""
Format = Literal["hirewire", "thin", "cloudevents", "kombo", "truto"]
How = Literal["drop", "mask", "hash"]
VENDORS = ("kombo", "truto")
"""Formats that are another vendor's: with its signature, and without operational events."""
HASH_KEY_BYTES = 32


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
    timeout: float | None = None  # s, whole exchange; None, and at most: HIREWIRE_DELIVERY_TIMEOUT
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
        """Say whether this event is for this subscriber, as far as its log entry tells.

        What else it may have asked for `service.core.delivery.filters` judges from the body.
        """
        if self.connection_ids is not None and connection_id not in self.connection_ids:
            return False
        return self.wants_type(event_type) and self.can_tell(event_type)

    def wants_type(self, event_type: str) -> bool:
        """Say whether `event_types` covers a type."""
        return any(matches(pattern, event_type) for pattern in self.event_types)

    def can_tell(self, event_type: str) -> bool:
        """Say whether the format has words for a type."""
        if self.format not in VENDORS:
            return True
        if event_type in OPERATIONAL:
            return False
        return self.format != "kombo" or bool(changed_models(event_type, self.event_types))


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
    resumed: int = 0  # ms when it was resumed, 0: never
    signing_keys: tuple[SigningKey, ...] = ()  # Ed25519, the current first; kept once one was made
    unproven: bool = False  # its URL has yet to answer a challenge: nothing is sent
    hash_key: SecretStr | None = (
        None  # of redaction by hash: drawn once, so that hashes stay the same
    )

    def live_secrets(self, now: int) -> list[str]:
        """Return the secrets that sign at `now` (ms), the current one first."""
        return [s.value.get_secret_value() for s in self.secrets if s.lives(now)]

    def private_keys(self, now: int) -> list[str]:
        """Return the keys of the `v1a` signatures at `now` (ms); none where none is asked for."""
        asked = self.signing_keys if self.wanted.asymmetric else ()
        return [each.private.get_secret_value() for each in asked if each.lives(now)]

    @classmethod
    def read(cls, fields: dict[str, str], vault: Vault) -> Self:
        """Build from the hash; the secrets are opened."""
        s = fields["id"]
        secrets = opened(s, fields["secrets"], vault)
        # A newer version may have stored more: while both run, what we do not know is let be.
        stored = orjson.loads(fields["wanted"])
        known = {name: stored[name] for name in Wanted.model_fields if name in stored}
        wanted = Wanted.model_validate(known)
        sealed = fields.get("headers")
        headers = orjson.loads(vault.open(sealed, f"subscriber:{s}:headers")) if sealed else {}
        kept = fields.get("private")
        private = orjson.loads(vault.open(kept, f"subscriber:{s}:private")) if kept else {}
        hashing = fields.get("hash_key")
        key = SecretStr(vault.open(hashing, f"subscriber:{s}:hash")) if hashing else None
        return cls(
            id=s,
            wanted=wanted.model_copy(update={"headers": headers, **private}),
            secrets=tuple(secrets),
            status=fields["status"],
            reason=fields.get("reason", ""),
            created=int(fields["created"]),
            streak=int(fields.get("streak", 0)),
            ok_at=int(fields.get("ok_at", 0)),
            resumed=int(fields.get("resumed", 0)),
            signing_keys=signing_keys.opened(s, fields, vault),
            unproven="unproven" in fields,
            hash_key=key,
        )


class Subscribers:
    """Reads and writes of subscribers."""

    def __init__(self, pipe: Pipe, vault: Vault) -> None:
        self._pipe = pipe
        self._vault = vault

    async def create(self, wanted: Wanted, secret: str | None) -> tuple[Subscriber, str]:
        """Make a subscriber at the head of the log; returns it and its secret.

        It is active, or, if its URL is to prove itself first, paused.
        """
        s, chosen = "sub_" + ids.draw(), secret or signing.new_secret()
        first = Secret(value=SecretStr(chosen))
        state = ("paused", "unproven", wanted.url, "reason", WAITS_FOR_PROOF)
        key, public = self._key_pair(s, wanted)
        await self._pipe.run(
            "new_subscriber", s, "id", s, *self._stored(s, wanted),
            "status", *(state if wanted.challenge else ("active",)),
            "created", now_ms(), "secrets", sealed(s, [first], self._vault),
            *self._hash_key(s, wanted), *(("ed25519", key, "public_key", public) if key else ()),
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
        """Replace what a subscriber asked for; a URL that has to prove itself pauses it."""
        if fresh := self._hash_key(s, wanted):
            await self._pipe.call("HSETNX", keys.subscriber(s), *fresh)
        done = await self._pipe.run(
            "change_subscriber", s, wanted.url, int(wanted.challenge), WAITS_FOR_PROOF,
            *self._key_pair(s, wanted), *self._stored(s, wanted),
        )  # fmt: skip
        if done == 2:
            await self.resume(s)

    async def prove(self, s: str, url: str) -> None:
        """Note that this URL answered its challenge; runs the subscriber if that was all it lacked."""
        if await self._pipe.run("prove_url", s, url, WAITS_FOR_PROOF) == 2:
            await self.resume(s)

    async def public_keys(self, s: str) -> list[PublicKey]:
        """Return the public halves of a subscriber's Ed25519 keys that sign, the current first."""
        names = (signing_keys.PUBLIC, signing_keys.OLD)
        current, old = await self._pipe.call("HMGET", keys.subscriber(s), *names)
        found = signing_keys.public_halves(current.decode() if current else None, old)
        return [each for each in found if each.lives(now_ms())]

    async def rotate(self, subscriber: Subscriber, overlap_s: float) -> str | None:
        """Give a new secret, the old ones sign for `overlap_s` more seconds; None when it is gone."""
        s, fresh = subscriber.id, signing.new_secret()
        while True:
            kept: bytes | None = await self._pipe.call("HGET", keys.subscriber(s), "secrets")
            if kept is None:
                return None
            before = opened(s, kept, self._vault)
            after = sealed(s, rotated(before, fresh, int(overlap_s * 1000), now_ms()), self._vault)
            if await self._pipe.run("replace_secrets", s, kept, after):
                return fresh

    async def rotate_key(self, s: str, overlap_s: float) -> bool:
        """Give a new Ed25519 key, the old ones sign for `overlap_s` more; False when it has none."""
        while True:
            raw = await self._pipe.call("HGETALL", keys.subscriber(s))
            fields = {name.decode(): value.decode() for name, value in raw.items()}
            before = signing_keys.opened(s, fields, self._vault)
            if not before:
                return False
            pair = signing.new_key_pair()
            old = signing_keys.retired(before, int(overlap_s * 1000), now_ms())
            if await self._pipe.run(
                "replace_key", s, fields[signing_keys.CURRENT],
                signing_keys.sealed(s, pair, self._vault), pair.public,
                signing_keys.sealed_old(s, old, self._vault),
            ):  # fmt: skip
                return True

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

    def _hash_key(self, s: str, wanted: Wanted) -> tuple[str, ...]:
        # Not derived from the master key: hashes would change when that is rotated.
        if not any(each.how == "hash" for each in wanted.redact):
            return ()
        drawn = token_urlsafe(HASH_KEY_BYTES)
        return ("hash_key", self._vault.seal(drawn, f"subscriber:{s}:hash"))

    def _key_pair(self, s: str, wanted: Wanted) -> tuple[str, str]:
        """A fresh pair, the private key sealed, or two empty texts; one that exists goes before it."""
        if not wanted.asymmetric:
            return "", ""
        pair = signing.new_key_pair()
        return signing_keys.sealed(s, pair, self._vault), pair.public
