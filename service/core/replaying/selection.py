"""A selection goes on, chunk by chunk, from where its replay's cursor stands; any process may do it."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from service.core.replaying.chunks import Chosen, Chunk
from service.core.replaying.events import EventSelection
from service.core.replaying.letters import LetterSelection
from service.core.replaying.query import Query
from service.core.replaying.records import RecordSelection
from service.core.store.replays import Replay
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber

ENOUGH, LOOKS = 200, 20


class Selection(Protocol):
    """Whatever is selected."""

    async def next(self, cursor: str) -> Chunk:
        """Look on from a cursor ("": the beginning)."""


class _Nothing:
    """The selection of a subscriber that is gone."""

    async def next(self, cursor: str) -> Chunk:
        return Chunk([], cursor, ended=True)


async def opened(store: Store, query: Query) -> Selection:
    """Return the selection that a query asks for."""
    if query.source in ("letters", "named_letters"):
        return LetterSelection(store, query)
    subscribers = await _subscribers(store, query)
    if query.source == "records":
        return RecordSelection(store, query, subscribers[0]) if subscribers else _Nothing()
    return EventSelection(store, query, subscribers)


async def go_on(store: Store, selection: Selection, replay: Replay) -> Replay | None:
    """Take one chunk into a replay; returns it as it is then, None when it does not select any more."""
    chunk = await _some(selection, replay.cursor)
    if chunk.waits:
        return replay
    items = [one.item for one in chunk.chosen]
    if not await store.replays.select(
        replay.id, replay.cursor, chunk.cursor, items, ended=chunk.ended
    ):
        return None
    # Read anew: another may have moved the cursor.
    now = await store.replays.get(replay.id)
    return now if now is not None and now.selecting and now.status == "running" else None


async def _some(selection: Selection, cursor: str) -> Chunk:
    """Look on until there is something worth a step, or so much was looked at that a step is due."""
    chunk = await selection.next(cursor)
    chosen = chunk.chosen
    for _ in range(LOOKS):
        if chunk.ended or chunk.waits or len(chosen) >= ENOUGH:
            break
        more = await selection.next(chunk.cursor)
        if more.waits:
            break
        chosen, chunk = [*chosen, *more.chosen], more
    return chunk._replace(chosen=chosen)


async def all_chosen(store: Store, query: Query) -> AsyncGenerator[list[Chosen], None]:
    """Yield what a query chooses, chunk by chunk, for whoever only counts."""
    selection, cursor, ended = await opened(store, query), "", False
    while not ended:
        chunk = await selection.next(cursor)
        yield chunk.chosen
        cursor, ended = chunk.cursor, chunk.ended or chunk.waits


async def _subscribers(store: Store, query: Query) -> Sequence[Subscriber]:
    if query.subscriber_ids is None:
        return await store.subscribers.all()
    found = await store.subscribers.load(query.subscriber_ids)
    return [subscriber for subscriber in found if subscriber]
