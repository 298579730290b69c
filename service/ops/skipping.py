"""Going on without the past: what a subscriber missed is left out and counted, but for erasures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from service.core import times
from service.core.delivery.counting import count_wanted
from service.core.delivery.filters import ERASED
from service.core.store.deliveries import LogEntry
from service.core.store.replays import Item
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber

PAGE = 500


@dataclass(slots=True)
class Left:
    """What of a log is left out; `at_most`: some could be judged by type and connection only."""

    count: int = 0
    at_most: bool = False
    erasures: list[str] = field(default_factory=list)


async def skip_missed(store: Store, subscriber: Subscriber) -> dict[str, Any]:
    """Move a subscriber to the head of every log and settle what is open as skipped; say how many.

    `events` were not read yet and wanted (`at_most`: or fewer), `deliveries` were open. `erasures` are
    sent all the same, as a replay: who has the person has to hear of it.
    """
    logs = [await _to_the_head(store, c, subscriber) for c in await store.connections.ids()]
    opened = await store.lines.skip_open(subscriber.id)
    erasures = [event for each in logs for event in each.erasures]
    erasures = list(dict.fromkeys([*erasures, *opened.erasures]))
    if erasures:
        items = [Item(event, subscriber.id) for event in erasures]
        await store.replays.create(items, times.now_ms())
    return {
        "events": sum(each.count for each in logs),
        "deliveries": opened.count - len(opened.erasures),
        **({"at_most": True} if any(each.at_most for each in logs) else {}),
        **({"erasures": len(erasures)} if erasures else {}),
    }


async def _to_the_head(store: Store, c: str, subscriber: Subscriber) -> Left:
    while True:
        start = await store.log.position(subscriber.id, c)
        left, end = Left(), start
        while page := await store.log.oldest(c, end, PAGE):
            await _leave(store, c, subscriber, page, left)
            end = page[-1].position
        # It may read on by itself meanwhile: then it is counted anew from where it stands.
        if end == start or await store.records.skip(c, subscriber.id, start, end, None):
            return left


async def _leave(
    store: Store, c: str, subscriber: Subscriber, page: Sequence[LogEntry], left: Left
) -> None:
    others = [entry for entry in page if entry.type != ERASED]
    some = await count_wanted(store, subscriber, c, others)
    left.count, left.at_most = left.count + some.count, left.at_most or some.at_most
    wants_erasures = subscriber.wanted.wants(c, ERASED)
    for event in (entry.event_id for entry in page if wants_erasures and entry.type == ERASED):
        if await store.erasures.is_told(event, subscriber.id):
            left.erasures.append(event)
