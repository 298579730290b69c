"""Stats: a few counters at a glance; what is measured over time belongs to the metrics."""

import asyncio
from typing import Any

from starlette.responses import Response

from service.core.store.connections import Connection
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber
from service.core.unified.registry import MODELS
from service.problems import Json
from service.state import Request


async def show(request: Request) -> Response:
    """Show depths and counts, per connection and per subscriber."""
    store: Store = request.state["store"]
    connections, subscribers = await asyncio.gather(
        store.connections.all(), store.subscribers.all()
    )
    dead, replaying, counters = await asyncio.gather(
        store.pipe.call("ZCARD", "dead"),
        store.pipe.call("HLEN", "replaying"),
        store.pipe.call("HGETALL", "stat"),
    )
    return Json(
        {
            "connections": await asyncio.gather(*(_connection(store, c) for c in connections)),
            "subscribers": await asyncio.gather(*(_subscriber(store, s) for s in subscribers)),
            "dead_letters": {"total": int(dead), "replaying": int(replaying)},
            "counters": {name.decode(): int(count) for name, count in counters.items()},
        }
    )


async def _connection(store: Store, connection: Connection) -> dict[str, Any]:
    waiting, parked = await store.inbox.depth(connection.id)
    return {
        "id": connection.id,
        "status": connection.status,
        "inbox": {"waiting": waiting, "parked": parked},
        "records": await store.records.counts(connection.id, MODELS),
    }


async def _subscriber(store: Store, subscriber: Subscriber) -> dict[str, Any]:
    return {
        "id": subscriber.id,
        "status": subscriber.status,
        "backlog": await store.deliveries.backlog(subscriber.id),
        "failure_streak": subscriber.streak,
    }
