"""API keys and subscribers' access tokens: random secrets of which only a digest is kept.

A key looks like `hw_` and 44 random base58 characters (257 bits), then 6 that check them; an access
token begins with `hws_`. So a scanner that knows `hws?_[1-9A-HJ-NP-Za-km-z]{50}` finds a leaked one, and
the check tells it from chance. Being random, they need no slow hash.
"""

import asyncio
import hashlib
import zlib
from collections.abc import AsyncGenerator, Sequence
from typing import Any, NamedTuple, Self

import orjson
from pydantic import BaseModel, ConfigDict

from service.core import ids
from service.core.store import keys
from service.core.store.listing import Row, walk
from service.core.store.redis import Pipe
from service.core.store.removal import pairs
from service.core.times import Millis

KEY, ACCESS = "hw_", "hws_"
RANDOM, CHECK = 44, 6
SHOWN = 8
WINDOW_MS = 60_000
COARSE_MS = 60_000
RATE = 1000


class ApiKey(BaseModel):
    """One key, without its secret; `scopes` of an access token are `self` alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: str
    scopes: tuple[str, ...]
    connection_ids: tuple[str, ...] | None = None  # None: all
    subscriber_id: str | None = None
    rate: int = RATE  # requests a minute
    expires: Millis = 0  # 0: never
    created: Millis = 0
    begins: str = ""  # the secret's first characters, by which people know it
    used: Millis = 0  # to the minute; 0: never

    def live(self, now: Millis) -> bool:
        """Say whether it has not expired."""
        return not self.expires or now < self.expires

    @classmethod
    def read(cls, fields: Sequence[tuple[bytes, bytes]]) -> Self | None:
        """Build from the hash, or None when there is none."""
        known = {name.decode(): value.decode() for name, value in fields}
        if "facts" not in known:
            return None
        return cls.model_validate(orjson.loads(known["facts"]) | {"used": known.get("used", 0)})


class Use(NamedTuple):
    """A key that was found by its secret, and where it stands in its rate."""

    key: ApiKey
    now: Millis
    asked: int  # requests in this window, this one included
    left_ms: int  # until the window ends


class ApiKeys:
    """Reads and writes of keys."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def create(self, key: ApiKey) -> tuple[ApiKey, str]:
        """Keep a new API key; returns it with its id, and its secret, which nothing shows again."""
        made, secret = _drawn(key, "key_", KEY)
        await self._pipe.call("ZADD", "apikeys", made.created, made.id)
        await self._keep(made, secret)
        return made, secret

    async def grant(self, key: ApiKey) -> tuple[ApiKey, str]:
        """Keep a new access token of `key.subscriber_id`; it is forgotten when it expires."""
        made, secret = _drawn(key, "acc_", ACCESS)
        listing = keys.access(made.subscriber_id or "")
        await self._pipe.call("ZADD", listing, made.expires, made.id)
        await self._pipe.call("PEXPIREAT", listing, made.expires, "GT")
        await self._pipe.call("PEXPIREAT", listing, made.expires, "NX")
        await self._keep(made, secret)
        await self._pipe.call("PEXPIREAT", keys.api_key(made.id), made.expires)
        await self._pipe.call("PEXPIREAT", keys.key_of(digest(secret)), made.expires)
        return made, secret

    async def use(self, secret: str) -> Use | None:
        """Return who holds this secret and count one request of theirs; None: nobody does."""
        if not well_formed(secret):
            return None
        reply = await self._pipe.run("use_key", digest(secret), WINDOW_MS, COARSE_MS)
        if not reply:
            return None
        now, asked, left_ms, flat = reply
        key = ApiKey.read(pairs(flat))
        return None if key is None else Use(key, now, asked, max(0, left_ms))

    async def get(self, k: str) -> ApiKey | None:
        """Return a key, or None."""
        return ApiKey.read(pairs(await self._pipe.call("HGETALL", keys.api_key(k))))

    async def load(self, names: Sequence[str]) -> list[ApiKey | None]:
        """Return keys; None for those that are gone."""
        return await asyncio.gather(*(self.get(k) for k in names))

    def pages(self, after: Row | None) -> AsyncGenerator[list[Row], None]:
        """Yield (API key, when made) in chunks, newest first."""
        return walk(self._pipe, "apikeys", after)

    def granted(self, s: str, after: Row | None) -> AsyncGenerator[list[Row], None]:
        """Yield (a subscriber's access token, when it expires) in chunks, the last to expire first."""
        return walk(self._pipe, keys.access(s), after)

    async def remove(self, key: ApiKey) -> None:
        """Forget a key: its next request is refused, in every process."""
        raw = await self._pipe.call("HGET", keys.api_key(key.id), "digest")
        if raw is not None:
            await self._pipe.call("DEL", keys.key_of(raw.decode()))
        await self._pipe.call("DEL", keys.api_key(key.id), keys.used(key.id))
        await self._pipe.call("ZREM", "apikeys", key.id)
        await self._pipe.call("ZREM", keys.access(key.subscriber_id or ""), key.id)

    async def _keep(self, made: ApiKey, secret: str) -> None:
        facts = made.model_dump_json(exclude={"used"})
        known = digest(secret)
        await self._pipe.call("HSET", keys.api_key(made.id), "facts", facts, "digest", known)
        # Last: what is not whole opens nothing.
        await self._pipe.call("SET", keys.key_of(known), made.id)


def well_formed(secret: str) -> bool:
    """Say whether a text can be one of our keys: right prefix and length, and its check fits."""
    for prefix in (KEY, ACCESS):
        body = secret.removeprefix(prefix)
        if secret.startswith(prefix) and len(body) == RANDOM + CHECK:
            return body[RANDOM:] == _check(prefix + body[:RANDOM])
    return False


def digest(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.blake2b(secret.encode(), digest_size=32, person=b"hirewire key").hexdigest()


def _drawn(key: ApiKey, noun: str, prefix: str) -> tuple[ApiKey, str]:
    body = prefix + ids.draw(RANDOM)
    secret = body + _check(body)
    more: dict[str, Any] = {"id": noun + ids.draw(), "begins": secret[:SHOWN]}
    return key.model_copy(update=more), secret


def _check(text: str) -> str:
    number, out = zlib.crc32(text.encode()), ""
    for _ in range(CHECK):
        number, digit = divmod(number, 58)
        out += ids.BASE58[digit]
    return out
