"""The audit: who did what, when, to what, and how it ended; newest first."""

from collections.abc import AsyncGenerator
from typing import Any, Literal

from pydantic import Field
from starlette.responses import Response

from service.core import times
from service.core.store.audit import Entry
from service.core.store.store import Store
from service.ops.bodies import query, refused
from service.ops.events import POSITION
from service.ops.instants import Instant, within
from service.ops.paging import Found, Page, decoded, page
from service.problems import Json
from service.state import Request

READ_AT_ONCE = 200


class Query(Page):
    """Filters of `GET audit`; all given ones must match."""

    actor: str | None = None
    """A kind of caller (`admin`, `key`, `subscriber`), or the id of one."""
    action: str | None = None
    """A part of it, as `DELETE` or `/subscribers`."""
    target: str | None = None
    outcome: Literal["done", "refused", "failed"] | None = None
    since: Instant | None = Field(None)
    until: Instant | None = Field(None)

    def takes(self, entry: Entry) -> bool:
        """Say whether an entry passes."""
        return (
            self.actor in (None, entry.actor, entry.actor_id)
            and (self.action or "") in entry.action
            and (self.target is None or self.target in entry.targets.values())
            and self.outcome in (None, outcome(entry.status))
            and within(entry.at, self.since, self.until)
        )


async def listed(request: Request) -> Response:
    """List what was done, newest first."""
    asked = query(request, Query)
    after = decoded(asked.after, str)[0] if asked.after else None
    if after is not None and not POSITION.fullmatch(after):
        raise refused("after", "is not a cursor of this list")
    found = _entries(request.state["store"], asked, after)
    return Json(await page(found, asked.limit, shown))


def shown(entry: Entry) -> dict[str, Any]:
    """Return an entry as lists show it."""
    return {
        "id": entry.position,
        "at": times.iso(entry.at),
        "actor": {"kind": entry.actor, "id": entry.actor_id or None, "name": entry.name or None},
        "action": entry.action,
        "targets": entry.targets,
        "outcome": outcome(entry.status),
        "status": entry.status,
    }


def outcome(status: int) -> str:
    """Return how a call ended, in a word."""
    if status < 400:
        return "done"
    return "refused" if status < 500 else "failed"


async def _entries(
    store: Store, asked: Query, after: str | None
) -> AsyncGenerator[Found[Entry], None]:
    top = "+" if after is None else f"({after}"
    while entries := await store.audit.newest(top, READ_AT_ONCE):
        for entry in entries:
            if asked.since is not None and entry.at < asked.since:
                return
            yield (entry.position,), entry if asked.takes(entry) else None
        top = f"({entries[-1].position}"
