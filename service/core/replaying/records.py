"""Select records: all that a subscriber's filters match, connection by connection, model by model."""

from collections.abc import Sequence

from service.core.delivery.choosing import case_of
from service.core.delivery.filters import needs_body, passes
from service.core.replaying.chunks import Chosen, Chunk, read, written
from service.core.replaying.query import Query
from service.core.replaying.states import created, state_of
from service.core.store import keys
from service.core.store.connections import BASELINING
from service.core.store.listing import Row, oldest
from service.core.store.replays import Kept
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber, Wanted
from service.core.unified.model import Ref
from service.core.unified.registry import MODELS

AT_ONCE = 500
AT_ONCE_IN_FULL = 100
FIRST = ("job", "candidate", "application")
"""Told before what hangs on them."""


class RecordSelection:
    """A selection of records for one subscriber.

    A record that changes meanwhile moves to the end of its index and so may be chosen twice: that is one
    event if its state is the same, and two states of it otherwise.
    """

    def __init__(self, store: Store, query: Query, subscriber: Subscriber) -> None:
        self._store = store
        self._query = query
        self._subscriber = subscriber
        self._models = query.models or ()
        self._in_full = needs_body(subscriber.wanted)

    async def next(self, cursor: str) -> Chunk:
        """Look at the next records of a model."""
        at, of, *place = read(cursor) if cursor else (0, 0)
        if at >= len(self._query.connections) or not self._models:
            return Chunk([], cursor, ended=True)
        c, model = self._query.connections[at], self._models[of]
        if not place and of == 0 and await self._baselining(c):
            return Chunk([], cursor, ended=False, waits=True)
        size = AT_ONCE_IN_FULL if self._in_full else AT_ONCE
        after = Row(*place) if place else None
        rows = await oldest(self._store.pipe, keys.index(c, model), after, size)
        chosen = await self._chosen(c, model, [row.member for row in rows])
        if len(rows) == size:
            return Chunk(chosen, written(at, of, *rows[-1]), ended=False)
        at, of = (at, of + 1) if of + 1 < len(self._models) else (at + 1, 0)
        return Chunk(chosen, written(at, of), ended=at >= len(self._query.connections))

    async def _baselining(self, c: str) -> bool:
        """Say whether a connection is read for the first time: what it has is not known yet."""
        status = await self._store.pipe.call("HGET", keys.connection(c), "status")
        return bool(status == BASELINING.encode())

    async def _chosen(self, c: str, model: str, remote_ids: Sequence[str]) -> list[Chosen]:
        good = await (self._passing if self._in_full else self._alive)(c, model, remote_ids)
        s, kind = self._subscriber.id, created(model)
        return [Chosen(Kept("", s, "", c, model, i), kind) for i in good]

    async def _alive(self, c: str, model: str, remote_ids: Sequence[str]) -> list[str]:
        asked = [self._store.pipe.call("HGET", keys.record(c, model, i), "d") for i in remote_ids]
        return [i for i, gone in zip(remote_ids, asked, strict=True) if await gone == b"0"]

    async def _passing(self, c: str, model: str, remote_ids: Sequence[str]) -> list[str]:
        known = await self._store.records.load(c, [Ref(model, i) for i in remote_ids])
        passing = []
        for ref, snapshot in known.items():
            if not snapshot.deleted:
                state = await state_of(self._store, self._subscriber.id, c, ref, snapshot)
                if passes(await case_of(self._store, self._subscriber.wanted, state.event)):
                    passing.append(ref.remote_id)
        return passing


def models_of(wanted: Wanted) -> tuple[str, ...]:
    """Return the models of which a subscriber wants the beginnings; silent ones are never sent."""
    told = [name for name, model in MODELS.items() if not model.silent]
    ordered = sorted(told, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    return tuple(
        n for n in ordered if wanted.wants_type(created(n)) and wanted.can_tell(created(n))
    )
