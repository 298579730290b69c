"""Set-up links: one-time addresses at which a company's people link it themselves, kept by a digest.

A link's id is derived from its token, one way, so that the token itself is nowhere in the store. It
stays known for a week after it ended, so that whoever comes late is told so.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict

from service.core import ids
from service.core.store import keys
from service.core.store.listing import Row, walk
from service.core.store.redis import Pipe
from service.core.store.removal import pairs
from service.core.times import Millis, now_ms

TOKEN_LENGTH: Final = 32  # base58: 187 bits
KEPT_AFTER_MS: Final = 7 * 86_400_000
MOST_TRIES: Final = 40
BUSY_MS: Final = 60_000
"""How long a try holds the link at most: longer than the checks may take."""
RESULT_MS: Final = 3_600_000

Kind = Literal["connect", "relink", "setup"]
Try = Literal["ok", "busy", "spent", "over"]


class EndUser(BaseModel):
    """Who a link is for, as its maker says; kept with the connection that comes of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    organization_name: str = ""
    email: str | None = None
    origin_id: str | None = None
    context: Mapping[str, Any] = {}


class Link(BaseModel):
    """One link, without its token."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = ""
    kind: Kind
    connection_id: str = ""  # "": none yet
    end_user: EndUser = EndUser()
    embedded: bool = False  # shown in a frame of somebody else's page
    language: str = "en"
    redirect_uri: str = ""
    created: Millis = 0
    expires: Millis = 0
    tries: int = 0
    step: str = ""  # which step was reached
    report: str = ""  # JSON: what the checks found
    done: Millis = 0  # 0: not yet

    def live(self, now: Millis) -> bool:
        """Say whether it can still be used."""
        return not self.done and now < self.expires and self.tries < MOST_TRIES


_FACTS: Final = {"tries", "step", "report", "done", "connection_id", "id"}


class Links:
    """Reads and writes of set-up links."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def create(self, link: Link) -> tuple[Link, str]:
        """Keep a new link; returns it with its id, and its token, which nothing shows again."""
        token = ids.draw(TOKEN_LENGTH)
        made = link.model_copy(update={"id": _id(token)})
        forgotten = made.expires + KEPT_AFTER_MS
        await self._pipe.call("ZREMRANGEBYSCORE", "links", "-inf", now_ms())
        await self._pipe.call("ZADD", "links", forgotten, made.id)
        await self._pipe.run(
            "new_link", made.id, forgotten, made.model_dump_json(exclude=_FACTS), made.connection_id
        )
        return made, token

    async def by_token(self, token: str) -> Link | None:
        """Return whose token it is, ended or not; None when nobody knows it."""
        return await self.get(_id(token)) if len(token) == TOKEN_LENGTH else None

    async def get(self, link_id: str) -> Link | None:
        """Return a link, or None."""
        return _read(link_id, await self._pipe.call("HGETALL", keys.link(link_id)))

    async def load(self, names: Sequence[str]) -> list[Link | None]:
        """Return links; None for those that are forgotten."""
        return await asyncio.gather(*(self.get(name) for name in names))

    def pages(self, after: Row | None) -> AsyncGenerator[list[Row], None]:
        """Yield (link, when it is forgotten) in chunks, the last to be forgotten first."""
        return walk(self._pipe, "links", after)

    async def begin(self, link: Link, holder: str) -> Try:
        """Count a try and hold the link for it, so that nothing is done twice at once."""
        said = await self._pipe.run("try_link", link.id, holder, MOST_TRIES, BUSY_MS, link.expires)
        verdict: Try = bytes(said).decode()  # type: ignore[assignment]
        return verdict

    async def end(self, link: Link, holder: str, **facts: str) -> None:
        """Let go of the link, and keep what came of the try: connection_id, step, report."""
        flat = [part for pair in facts.items() for part in pair]
        await self._pipe.run("end_link", link.id, holder, *flat)

    async def note(self, link: Link, **facts: str) -> None:
        """Keep what came of the try so far, and hold the link on."""
        await self.end(link, "", **facts)

    async def finish(self, link: Link) -> str | None:
        """Use the link up; returns the token by which its connection can be asked for, for an hour.

        None: it was used up before.
        """
        token = ids.draw(TOKEN_LENGTH)
        done = await self._pipe.run("finish_link", link.id, _result(token), RESULT_MS)
        return token if done else None

    async def connection_of(self, token: str) -> str | None:
        """Return which connection came of the link that ended with this token, or None."""
        raw = await self._pipe.call("GET", keys.linked(_result(token)))
        return raw.decode() if raw else None

    async def remove(self, link: Link) -> None:
        """Forget a link: it opens nothing from now on."""
        await self._pipe.call("DEL", keys.link(link.id))
        await self._pipe.call("ZREM", "links", link.id)


def _id(token: str) -> str:
    return "lnk_" + ids.derive("set-up link", token)


def _result(token: str) -> str:
    return ids.derive("result of a set-up link", token)


def _read(link_id: str, raw: object) -> Link | None:
    fields = {bytes(name).decode(): bytes(value).decode() for name, value in pairs(raw)}
    if "facts" not in fields:
        return None
    state = {name: fields[name] for name in _FACTS if name in fields}
    return Link.model_validate({**orjson.loads(fields["facts"]), **state, "id": link_id})
