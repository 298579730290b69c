"""A record's timeline: every event about it that is still kept, newest first."""

from starlette.responses import Response

from service.core.store.store import Store
from service.core.unified.registry import MODELS
from service.ops import events, lookup
from service.ops.bodies import query, refused, unknown
from service.ops.lookup import Located
from service.ops.paging import Page, page
from service.problems import Json
from service.state import Request


class Query(Page):
    """Whose record, when Recruitee's own id is given and several connections have one."""

    connection_id: str | None = None


async def show(request: Request) -> Response:
    """List a record's events; `id` is the unified one or Recruitee's own."""
    store: Store = request.state["store"]
    model: str = request.path_params["model"]
    asked = query(request, Query)
    located = await _located(store, model, request.path_params["id"], asked.connection_id)
    wanted = events.Query(limit=asked.limit, after=asked.after)
    return Json(await page(events.of_record(store, located, wanted), asked.limit, events.shown))


async def _located(store: Store, model: str, record: str, c: str | None) -> Located:
    if model not in MODELS:
        raise unknown("model", model)
    if located := await lookup.by_unified_id(store, record, c, model):
        return located
    several = await lookup.by_remote_id(store, model, record, c)
    if len(several) > 1:
        raise refused(
            "connection_id", f"several connections have a {model} {record[:40]}: name one"
        )
    if not several:
        raise unknown(model, record)
    return several[0]
