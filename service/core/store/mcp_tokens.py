"""MCP tokens: addresses that are secrets, each for one connection and some tools; only digests are kept."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Sequence
from typing import Final, NamedTuple

import orjson
from pydantic import BaseModel, ConfigDict

from service.core import ids, times
from service.core.store import keys
from service.core.store.listing import Row, walk
from service.core.store.redis import Pipe
from service.core.times import Millis

PREFIX: Final = "hwm_"
RANDOM: Final = 44
SHOWN: Final = 8
RATE: Final = 600
WINDOW_S: Final = 60


class McpToken(BaseModel):
    """One token, without its secret; empty `methods` or `tags` leave nothing out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: str
    connection_id: str
    scopes: tuple[str, ...]
    methods: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    require_api_token_auth: bool = False
    expires: Millis = 0  # 0: never
    created: Millis = 0
    created_by: str = ""
    begins: str = ""  # the secret's first characters, by which people know it


class Use(NamedTuple):
    """A token that was found by its secret, and whether it asked too often in this minute."""

    token: McpToken
    too_often: bool


class McpTokens:
    """Reads and writes of tokens."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def create(self, token: McpToken) -> tuple[McpToken, str]:
        """Keep a new token; returns it with its id, and its secret, which nothing shows again."""
        secret = PREFIX + ids.draw(RANDOM)
        made = token.model_copy(update={"id": "mcp_" + ids.draw(), "begins": secret[:SHOWN]})
        known = digest(secret)
        key = keys.mcp_token(made.id)
        await self._pipe.call("HSET", key, "facts", made.model_dump_json(), "digest", known)
        # Then: what is not whole opens nothing, and is not listed.
        await self._pipe.call("SET", keys.mcp_token_of(known), made.id)
        await self._pipe.call("ZADD", "mcptoks", made.created, made.id)
        if made.expires:
            await self._pipe.call("PEXPIREAT", key, made.expires)
            await self._pipe.call("PEXPIREAT", keys.mcp_token_of(known), made.expires)
        return made, secret

    async def use(self, secret: str) -> Use | None:
        """Return whose secret this is and count one request of theirs; None: nobody's, or it expired."""
        if not secret.startswith(PREFIX) or len(secret) != len(PREFIX) + RANDOM:
            return None
        found = await self._pipe.call("GET", keys.mcp_token_of(digest(secret)))
        token = await self.get(found.decode()) if found else None
        if token is None:
            return None
        asked = int(await self._pipe.call("INCR", keys.mcp_used(token.id)))
        if asked == 1:
            await self._pipe.call("EXPIRE", keys.mcp_used(token.id), WINDOW_S)
        return Use(token, asked > RATE)

    async def get(self, t: str) -> McpToken | None:
        """Return a token that has not expired, or None."""
        raw = await self._pipe.call("HGET", keys.mcp_token(t), "facts")
        token = McpToken.model_validate(orjson.loads(raw)) if raw else None
        if token is None or (token.expires and token.expires <= times.now_ms()):
            return None
        return token

    async def load(self, names: Sequence[str]) -> list[McpToken | None]:
        """Return tokens; None for those that are gone, which are no longer listed from now on."""
        found = await asyncio.gather(*(self.get(t) for t in names))
        if gone := [t for t, token in zip(names, found, strict=True) if token is None]:
            await self._pipe.call("ZREM", "mcptoks", *gone)
        return found

    def pages(self, after: Row | None) -> AsyncGenerator[list[Row], None]:
        """Yield (token, when made) in chunks, newest first; expired ones too."""
        return walk(self._pipe, "mcptoks", after)

    async def remove(self, t: str) -> None:
        """Forget a token: its next request is refused, in every process."""
        raw = await self._pipe.call("HGET", keys.mcp_token(t), "digest")
        if raw is not None:
            await self._pipe.call("DEL", keys.mcp_token_of(raw.decode()))
        await self._pipe.call("DEL", keys.mcp_token(t), keys.mcp_used(t))
        await self._pipe.call("ZREM", "mcptoks", t)


def digest(secret: str) -> str:
    """Return what is kept of a secret; being random, it needs no slow hash."""
    return hashlib.blake2b(secret.encode(), digest_size=32, person=b"hirewire mcp").hexdigest()
