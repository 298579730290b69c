"""Connections: linked Recruitee companies, their sealed secrets, and whose hook is whose."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from typing import Final

import orjson
from pydantic import BaseModel, ConfigDict, SecretStr

from service.core import ids
from service.core.crypto import Vault
from service.core.store import keys
from service.core.store.listing import Row, walk
from service.core.store.redis import Arg, Pipe
from service.core.store.removal import forget, pairs
from service.core.times import iso, now_ms
from service.core.unified.options import Options

BASELINING, ACTIVE, UNAUTHORIZED = "baselining", "active", "unauthorized"
DEFAULTS: Final = Options()
UNMAPPED, UNMAPPED_CHARS, UNMAPPED_S = 200, 80, 30 * 86_400
WITHIN_S = 7 * 86_400


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
    sync: str = ""  # JSON: how far the full read is that was asked for
    baseline_done: int = 0  # ms, 0: not yet
    test_seen: int = 0  # ms, 0: never
    signed_seen: int = 0  # ms, 0: never: the first webhook with a good signature
    disabled: int = (
        0  # ms: since when it is switched off: nothing is asked, its inbox waits; 0: it is on
    )
    asked: int = 0  # ms: when a person last asked for something to be looked at
    changed: int = 0  # rises with whatever changes, forgets or renames records
    stops: int = 0  # how often it became unauthorized
    probe_ms: int = 0  # unauthorized: how long until the token is tried again
    probe_at: int = 0  # ms, when that is
    options: Options = DEFAULTS
    end_user: str = ""  # JSON: whom the set-up link was for that it came of
    careers_url: str = ""  # base of the careers site, which alone takes screening answers
    api_token: SecretStr
    careers_token: SecretStr | None = None
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
        self,
        company_id: str,
        api_token: str,
        webhook_secret: str | None,
        name: str,
        options: Options = DEFAULTS,
        c: str | None = None,
    ) -> Connection:
        """Make a connection that is baselining; its inbox waits until the baseline is done.

        `c` is an id that was taken along from another vendor; raises LookupError where it is in use.
        """
        c, hook, now = c or ids.draw(), ids.draw(32), now_ms()
        made = await self._pipe.run(
            "new_connection", c, "id", c, "company_id", company_id, "name", name, "hook", hook,
            "status", BASELINING, "created", now, "baseline_at", now,
            "api_token", self._vault.seal(api_token, f"connection:{c}:token"),
            "secrets", self._sealed(c, [webhook_secret] if webhook_secret else []),
            "options", options.model_dump_json(),
        )  # fmt: skip
        if not int(made):
            raise LookupError(f"there is a connection {c} already")
        await self._pipe.call("SET", keys.hook(hook), c)
        await self._pipe.call("ZADD", "conns", now, c)
        await self._pipe.run("wake_connection", c, BASELINING)
        return await self._made(c)

    async def taken(self, c: str) -> bool:
        """Say whether a connection has this id, or had until it is forgotten whole."""
        return bool(await self._pipe.call("EXISTS", keys.connection(c)))

    async def get(self, c: str) -> Connection | None:
        """Return a connection, or None."""
        raw = await self._pipe.call("HGETALL", keys.connection(c))
        fields = {bytes(k).decode(): bytes(v).decode() for k, v in pairs(raw)}
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
        options: Options | None = None,
        careers_url: str | None = None,
        careers_token: str | None = None,
    ) -> Connection | None:
        """Change what is given; a new token lets a connection that was unauthorized try again."""
        changed: list[str | bytes] = []
        if name is not None:
            changed += ["name", name]
        if api_token is not None:
            changed += ["api_token", self._vault.seal(api_token, f"connection:{c}:token")]
        if secrets is not None:
            changed += ["secrets", self._sealed(c, secrets)]
        if options is not None:
            changed += ["options", options.model_dump_json()]
        if careers_url is not None:
            changed += ["careers_url", careers_url]
        if careers_token is not None:
            sealed = careers_token and self._vault.seal(careers_token, f"connection:{c}:careers")
            changed += ["careers_token", sealed]
        if changed:
            await self._pipe.run("note", c, *changed)
        return await self.get(c)

    async def note(self, c: str, **fields: str | int) -> None:
        """Write plain facts of a connection (progress, times) as they are."""
        flat = [part for pair in fields.items() for part in pair]
        await self._pipe.run("note", c, *flat)

    async def note_run(self, c: str, began: int, sync: str, baseline: str) -> bool:
        """Keep how far a full read is; False when another run has been asked for meanwhile."""
        return bool(await self._pipe.run("note_run", c, began, sync, baseline))

    async def wake(self, c: str, status: str, **fields: str | int) -> None:
        """Set the status (and other plain facts) and let the inbox run."""
        flat = [part for pair in fields.items() for part in pair]
        await self._pipe.run("wake_connection", c, status, *flat)

    async def count_unmapped(self, c: str, seen: Iterable[tuple[str, str, str]]) -> None:
        """Count (model, field, value) that Recruitee said and a closed unified enum has no word for.

        The most frequent are kept; the last month's count.
        """
        key = keys.unmapped(c)
        members = [orjson.dumps([model, name, said[:UNMAPPED_CHARS]]) for model, name, said in seen]
        await asyncio.gather(
            *(self._pipe.call("ZINCRBY", key, 1, member) for member in members),
            self._pipe.call("ZREMRANGEBYRANK", key, 0, -UNMAPPED - 1),
            self._pipe.call("EXPIRE", key, UNMAPPED_S),
        )

    async def unmapped(self, c: str) -> list[tuple[str, str, str, int]]:
        """Return (model, field, value, how often it was seen), the most frequent first."""
        raw = await self._pipe.call("ZREVRANGE", keys.unmapped(c), 0, -1, "WITHSCORES")
        return [(*orjson.loads(seen), int(count)) for seen, count in pairs(raw)]

    async def judged(self, c: str, options: Options, jobs: Sequence[str]) -> dict[str, bool]:
        """Return what is known of jobs (unified ids): whether they are within the scope."""
        if not jobs:
            return {}
        found = await self._pipe.call("HMGET", keys.within(c, _digest(options)), *jobs)
        verdicts = zip(jobs, found, strict=True)
        return {job: bytes(said) == b"1" for job, said in verdicts if said is not None}

    async def judge(self, c: str, options: Options, within: Mapping[str, bool]) -> None:
        """Keep whether jobs (unified ids) are within the scope, as they were last read."""
        key = keys.within(c, _digest(options))
        flat: list[Arg] = [part for job, fits in within.items() for part in (job, int(fits))]
        if flat:
            kept = self._pipe.call("HSET", key, *flat)
            await asyncio.gather(kept, self._pipe.call("EXPIRE", key, WITHIN_S))

    async def remove(self, connection: Connection) -> None:
        """Unlink: the hook first, so that nothing new comes in, then all that was kept."""
        await forget(self._pipe, connection.id, connection.hook)

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
        careers = fields.get("careers_token")
        return Connection.model_validate(
            {
                **fields,
                "api_token": self._vault.open(fields["api_token"], f"connection:{c}:token"),
                "careers_token": self._vault.open(careers, f"connection:{c}:careers")
                if careers
                else None,
                "secrets": [self._vault.open(s, f"connection:{c}:webhook") for s in secrets],
                "options": orjson.loads(fields.get("options") or b"{}"),
            }
        )


def _digest(options: Options) -> str:
    # Verdicts of another scope are none of this one.
    return ids.derive("scope", options.scope.model_dump_json(), length=8)
