"""A subscriber's access: tokens under which it looks after itself at `/self/v1`, and nothing else."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, Strict, StringConstraints
from starlette.responses import Response

from service.core import times
from service.core.store.api_keys import ApiKey
from service.core.store.store import Store
from service.ops.bodies import given, query, unknown
from service.ops.endpoint import base_of
from service.ops.paging import Page, page, row_after, rows
from service.ops.subscribers import found as subscriber_of
from service.problems import Json
from service.state import Request

DAY_S = 86_400
RATE = 300
SELF = "/self/v1/subscriber"


class Asked(BaseModel):
    """An access as it is asked for; it always ends."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    expires_in_s: Annotated[int, Strict(), Field(ge=60, le=90 * DAY_S)] = 7 * DAY_S


async def create(request: Request) -> Response:
    """Make a token for this subscriber; it is shown here and never again."""
    store: Store = request.state["store"]
    subscriber = await subscriber_of(request)
    asked = Asked.model_validate(await given(request))
    now = times.now_ms()
    made, secret = await store.api_keys.grant(
        ApiKey(
            id="",
            name=asked.name,
            scopes=("self",),
            subscriber_id=subscriber.id,
            rate=RATE,
            expires=now + asked.expires_in_s * 1000,
            created=now,
        )
    )
    url = base_of(request) + SELF
    answer = {"id": made.id, "token": secret, "url": url, **shown(made)}
    return Json(answer, 201, {"cache-control": "no-store"})


async def listed(request: Request) -> Response:
    """List a subscriber's tokens, the last to expire first."""
    store: Store = request.state["store"]
    subscriber = await subscriber_of(request)
    asked = query(request, Page)
    found = rows(store.api_keys.granted(subscriber.id, row_after(asked.after)), store.api_keys.load)
    return Json(await page(found, asked.limit, shown))


async def revoke(request: Request) -> Response:
    """Forget a token at once."""
    store: Store = request.state["store"]
    subscriber = await subscriber_of(request)
    k: str = request.path_params["access"]
    key = await store.api_keys.get(k)
    if key is None or "self" not in key.scopes or key.subscriber_id != subscriber.id:
        raise unknown("access", k)
    await store.api_keys.remove(key)
    return Response(status_code=204)


def shown(key: ApiKey) -> dict[str, Any]:
    """Return an access as it is shown."""
    return {
        "id": key.id,
        "subscriber_id": key.subscriber_id,
        "name": key.name,
        "begins_with": key.begins,
        "created_at": times.iso(key.created),
        "expires_at": times.iso(key.expires),
        "last_used_at": times.iso(key.used) if key.used else None,
    }
