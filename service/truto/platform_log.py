"""Truto's `/log?log_type=webhook`: what was sent to webhooks, and how each was answered."""

import functools
from typing import Any, Final

from starlette.responses import Response

from service.core import times
from service.core.delivery.truto import happened
from service.core.store.deliveries import Delivery
from service.core.store.store import Store
from service.ops.paging import rows
from service.ops.subscribers import TEST_TYPE
from service.state import Request
from service.truto.envelope import Refused, invalid, lacking
from service.truto.platform_lists import listed
from service.truto.platform_webhooks import FORMAT, OURS

WEBHOOK: Final = "webhook"
EVENTS: Final = (*OURS, "test")


async def every(request: Request) -> Response:
    """List deliveries to webhooks, newest first."""
    query, store = request.query_params, request.state["store"]
    kind = query.get("log_type")
    if not kind:
        raise lacking("query", "log_type")
    if kind != WEBHOOK:
        raise invalid("log_type", f"{kind[:40]} is not kept here; {WEBHOOK} is")
    event = query.get("event") or None
    if event is not None and event not in EVENTS:
        raise invalid("event", f"must be one of {', '.join(EVENTS)}")
    s = await _subscriber(store, query.get("webhook_id") or "")
    load = functools.partial(store.deliveries.load, owners=await store.subscribers.by_tags())

    def keep(delivery: Delivery) -> bool:
        # What follows the format names its wording: a secret, a redaction.
        mine = delivery.f.partition("-")[0] == FORMAT
        return mine and event in (None, event_of(delivery))

    async def show(delivery: Delivery) -> dict[str, Any]:
        return shown(delivery)

    return await listed(
        request, lambda after: rows(store.deliveries.pages(s, after), load, keep), show
    )


def event_of(delivery: Delivery) -> str:
    """Return the event that a delivery was sent as."""
    return "test" if delivery.t == TEST_TYPE else f"record:{happened(delivery.t)}"


def shown(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery as a line of Truto's log."""
    last = delivery.log[-1] if delivery.log else None
    return {
        "id": delivery.id,
        "log_type": WEBHOOK,
        "webhook_id": delivery.s,
        "event": event_of(delivery),
        "event_id": delivery.e,
        "integrated_account_id": delivery.c or None,
        "webhook_endpoint_status": last.status_code if last else None,
        "error": last.error if last else None,
        "status": delivery.status,
        "attempt_count": delivery.n,
        "created_at": times.iso(delivery.at),
    }


async def _subscriber(store: Store, s: str) -> str:
    if s and await store.subscribers.get(s) is None:
        raise Refused(404, f"there is no webhook {s[:80]} for this token")
    return s
