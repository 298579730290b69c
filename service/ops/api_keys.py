"""API keys: made, listed, removed; the key itself is shown when it is made and never again."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict, StringConstraints, model_validator
from starlette.responses import Response

from service.callers import Caller
from service.core import times
from service.core.store.api_keys import RATE, ApiKey
from service.core.store.store import Store
from service.ops.bodies import given, query, refused, unknown
from service.ops.instants import Instant
from service.ops.paging import Page, page, row_after, rows
from service.problems import Json, Problem
from service.state import Request

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Listed = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Scope = Literal["read", "act", "passthrough", "feed", "ops"]


class Asked(BaseModel):
    """A key as it is asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=5)]
    connection_ids: Annotated[tuple[Listed, ...], Field(min_length=1, max_length=1000)] | None = (
        None
    )
    expires_at: Instant | None = Field(None)
    rate_per_minute: Annotated[int, Strict(), Field(ge=1, le=1_000_000)] = RATE
    subscriber_id: Listed | None = None
    """Reads the feed under this subscriber's filters and redaction, and nothing else."""

    @model_validator(mode="after")
    def _bound(self) -> "Asked":
        if self.subscriber_id is not None and set(self.scopes) != {"feed"}:
            raise ValueError("a key with a subscriber_id has the scope feed alone")
        return self


async def listed(request: Request) -> Response:
    """List API keys, newest first."""
    store: Store = request.state["store"]
    asked = query(request, Page)
    found_ = rows(store.api_keys.pages(row_after(asked.after)), store.api_keys.load)
    return Json(await page(found_, asked.limit, shown))


async def create(request: Request) -> Response:
    """Make a key; nobody gives what they do not have."""
    store: Store = request.state["store"]
    asked = Asked.model_validate(await given(request))
    await _fits(store, asked, request.state["caller"])
    made, secret = await store.api_keys.create(
        ApiKey(
            id="",
            name=asked.name,
            scopes=tuple(dict.fromkeys(asked.scopes)),
            connection_ids=asked.connection_ids,
            subscriber_id=asked.subscriber_id,
            rate=asked.rate_per_minute,
            expires=asked.expires_at or 0,
            created=times.now_ms(),
        )
    )
    return Json({"id": made.id, "key": secret, **shown(made)}, 201, {"cache-control": "no-store"})


async def show(request: Request) -> Response:
    """Show one key, without its secret."""
    return Json(shown(await found(request)))


async def remove(request: Request) -> Response:
    """Forget a key: it opens nothing any more, at once and everywhere."""
    store: Store = request.state["store"]
    await store.api_keys.remove(await found(request))
    return Response(status_code=204)


async def found(request: Request) -> ApiKey:
    """Return the API key that the path names; raises Problem 404."""
    store: Store = request.state["store"]
    k: str = request.path_params["id"]
    key = await store.api_keys.get(k)
    if key is None or "self" in key.scopes:
        raise unknown("API key", k)
    return key


def shown(key: ApiKey) -> dict[str, Any]:
    """Return a key as it is shown; `last_used_at` is exact to the minute."""
    return {
        "id": key.id,
        "name": key.name,
        "begins_with": key.begins,
        "scopes": key.scopes,
        "connection_ids": key.connection_ids,
        "subscriber_id": key.subscriber_id,
        "rate_per_minute": key.rate,
        "created_at": times.iso(key.created),
        "expires_at": times.iso(key.expires) if key.expires else None,
        "last_used_at": times.iso(key.used) if key.used else None,
    }


async def _fits(store: Store, asked: Asked, caller: Caller) -> None:
    """Raise Problem 403 or 422 for what this caller cannot give, or what is not there."""
    lacking = sorted(set(asked.scopes) - caller.scopes)
    if lacking:
        raise Problem(403, f"you cannot give what you do not have: {', '.join(lacking)}")
    if asked.expires_at is not None and asked.expires_at <= times.now_ms():
        raise refused("expires_at", "must be in the future")
    known = set(await store.connections.ids()) if asked.connection_ids else set()
    for c in asked.connection_ids or ():
        if c not in known:
            raise refused("connection_ids", f"there is no connection {c}")
    s = asked.subscriber_id
    if s is not None and await store.subscribers.get(s) is None:
        raise refused("subscriber_id", f"there is no subscriber {s}")
