"""Connections: linked Recruitee companies, their sealed secrets, and whose hook is whose."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import orjson
from pydantic import BaseModel, ConfigDict, SecretStr

from service.core import ids
from service.core.crypto import Vault
from service.core.store import keys
from service.core.store.listing import Row, walk
from service.core.store.redis import Pipe
from service.core.times import iso, now_ms

BASELINING, ACTIVE, UNAUTHORIZED = "baselining", "active", "unauthorized"


class Connection(BaseModel):
    """One linked company, as both processes see it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    company_id: str
    name: str
    hook: str
    status: str
    reason: str = ""
    created: int  # ms
    baseline_at: int  # ms: when the (latest) baseline began
    baseline: str = ""  # JSON: how far the baseline is
    baseline_done: int = 0  # ms, 0: not yet
    test_seen: int = 0  # ms, 0: never
    stops: int = 0  # how often it became unauthorized
    probe_ms: int = 0  # unauthorized: how long until the token is tried again
    probe_at: int = 0  # ms, when that is
    api_token: SecretStr
    secrets: tuple[SecretStr, ...] = ()

    @property
    def integration_id(self) -> str:
        """The id by which Kombo's SDKs name the connection."""
        return f"recruitee:{self.id}"

    @property
    def baseline_iso(self) -> str:
        """When the baseline began, canonical."""
        return iso(self.baseline_at)


class Connections:
    """Reads and writes of connections; secrets are sealed before they leave the process."""

    def __init__(self, pipe: Pipe, vault: Vault) -> None:
        self._pipe = pipe
        self._vault = vault

    async def create(
        self, company_id: str, api_token: str, webhook_secret: str | None, name: str
    ) -> Connection:
        """Make a connection that is baselining; its inbox waits until the baseline is done."""
        c, hook, now = ids.draw(), ids.draw(32), now_ms()
        await self._pipe.call(
            "HSET", keys.connection(c), "id", c, "company_id", company_id, "name", name, "hook", hook,
            "status", BASELINING, "created", now, "baseline_at", now,
            "api_token", self._vault.seal(api_token, f"connection:{c}:token"),
            "secrets", self._sealed(c, [webhook_secret] if webhook_secret else []),
        )  # fmt: skip
        await self._pipe.call("SET", keys.hook(hook), c)
        await self._pipe.call("ZADD", "conns", now, c)
        await self._pipe.run("wake_connection", c, BASELINING)
        return await self._made(c)

    async def get(self, c: str) -> Connection | None:
        """Return a connection, or None."""
        raw = await self._pipe.call("HGETALL", keys.connection(c))
        fields = {bytes(k).decode(): bytes(v).decode() for k, v in _pairs(raw)}
        return self._opened(fields) if fields.get("id") else None

    async def by_hook(self, hook: str) -> Connection | None:
        """Return the connection that a webhook address belongs to, or None."""
        c = await self._pipe.call("GET", keys.hook(hook))
        return await self.get(c.decode()) if c else None

    async def all(self) -> list[Connection]:
        """Return every connection, newest first."""
        names = await self._pipe.call("ZREVRANGE", "conns", 0, -1)
        found = [await self.get(c.decode()) for c in names]
        return [connection for connection in found if connection]

    async def ids(self) -> list[str]:
        """Return every connection's id, newest first."""
        return [c.decode() for c in await self._pipe.call("ZREVRANGE", "conns", 0, -1)]

    async def load(self, names: Sequence[str]) -> list[Connection | None]:
        """Return connections; None for those that are gone."""
        return await asyncio.gather(*(self.get(c) for c in names))

    def pages(self, after: Row | None) -> AsyncGenerator[list[Row], None]:
        """Yield (connection, when made) in chunks, newest first."""
        return walk(self._pipe, "conns", after)

    async def restore(self, connection: Connection) -> bool:
        """Go on with a connection whose token works again; False when somebody else did."""
        status = ACTIVE if connection.baseline_done else BASELINING
        return bool(await self._pipe.run("restore_connection", connection.id, status))

    async def update(
        self,
        c: str,
        *,
        name: str | None = None,
        api_token: str | None = None,
        secrets: list[str] | None = None,
    ) -> Connection | None:
        """Change what is given; a new token lets a connection that was unauthorized try again."""
        changed: list[str | bytes] = []
        if name is not None:
            changed += ["name", name]
        if api_token is not None:
            changed += ["api_token", self._vault.seal(api_token, f"connection:{c}:token")]
        if secrets is not None:
            changed += ["secrets", self._sealed(c, secrets)]
        if changed:
            await self._pipe.call("HSET", keys.connection(c), *changed)
        return await self.get(c)

    async def note(self, c: str, **fields: str | int) -> None:
        """Write plain facts of a connection (progress, times) as they are."""
        flat = [part for pair in fields.items() for part in pair]
        await self._pipe.run("note", c, *flat)

    async def wake(self, c: str, status: str, **fields: str | int) -> None:
        """Set the status (and other plain facts) and let the inbox run."""
        flat = [part for pair in fields.items() for part in pair]
        await self._pipe.run("wake_connection", c, status, *flat)

    async def remove(self, connection: Connection) -> None:
        """Unlink: the hook first, so that nothing new comes in, then all that was kept."""
        c = connection.id
        await self._pipe.call("DEL", keys.hook(connection.hook))
        await self._pipe.call("DEL", keys.connection(c))
        await self._pipe.call("ZREM", "conns", c)
        await self._pipe.call("ZREM", "ready:in", c)
        # Fences a worker that is at it: nothing is written back.
        await self._pipe.call("HDEL", "lease:in", c)
        for pattern in ("seen", "rec", "kids", "uid", "ix", "tl"):
            await self._drop(f"{pattern}:{c}:*")
        await self._drop_log(c)
        for key in (
            keys.inbox(c),
            keys.parked(c),
            keys.parked_due(c),
            keys.rate(c),
            keys.log(c),
            f"begun:{c}",
        ):
            await self._pipe.call("UNLINK", key)
        await self._drop_dead_letters(c)

    async def _drop_dead_letters(self, c: str) -> None:
        async for rows in walk(self._pipe, "dead"):
            for row in rows:
                raw = await self._pipe.call("GET", keys.dead_letter(row.member))
                if raw is None or orjson.loads(raw)["connection_id"] == c:
                    await self._pipe.call("UNLINK", keys.dead_letter(row.member))
                    await self._pipe.call("ZREM", "dead", row.member)

    async def _drop_log(self, c: str) -> None:
        last = "-"
        while page := await self._pipe.call("XRANGE", keys.log(c), last, "+", "COUNT", 500):
            events = [dict(_pairs(fields))[b"e"].decode() for _, fields in page]
            await self._pipe.call("UNLINK", *(keys.event(e) for e in events))
            last = "(" + page[-1][0].decode()

    async def _drop(self, pattern: str) -> None:
        cursor = b"0"
        while True:
            cursor, found = await self._pipe.call("SCAN", cursor, "MATCH", pattern, "COUNT", 1000)
            if found:
                await self._pipe.call("UNLINK", *found)
            if int(cursor) == 0:
                return

    async def _made(self, c: str) -> Connection:
        made = await self.get(c)
        if made is None:
            raise LookupError(f"connection {c} vanished while it was made")
        return made

    def _sealed(self, c: str, secrets: list[str]) -> bytes:
        return orjson.dumps([self._vault.seal(s, f"connection:{c}:webhook") for s in secrets])

    def _opened(self, fields: dict[str, str]) -> Connection:
        c = fields["id"]
        secrets = orjson.loads(fields["secrets"])
        return Connection.model_validate(
            {
                **fields,
                "api_token": self._vault.open(fields["api_token"], f"connection:{c}:token"),
                "secrets": [self._vault.open(s, f"connection:{c}:webhook") for s in secrets],
            }
        )


def _pairs(raw: object) -> list[tuple[bytes, bytes]]:
    # redis-py turns HGETALL into a dict, a script's or a stream's reply stays a flat list.
    if isinstance(raw, dict):
        return list(raw.items())
    flat = list(raw) if isinstance(raw, list) else []
    return list(zip(flat[::2], flat[1::2], strict=True))
