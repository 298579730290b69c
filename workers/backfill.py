"""A backfill's line: render each record as it is, and open it in the lane that its live events have.

Order needs no position: the script opens a state only if the record still has the version that was
rendered. So all live events that the state does not show yet are opened after it, behind it in the same
lane; none that is newer was opened before. A few stand there at a time, so that live ones pass.
"""

from service.core import ids, times
from service.core.delivery.choosing import case_of
from service.core.delivery.filters import passes
from service.core.delivery.rendering import render_id
from service.core.replaying.states import State, created, state_of
from service.core.store.deliveries import Delivery
from service.core.store.redis import Arg
from service.core.store.replays import Bounds, Kept, Replay
from service.core.store.subscribers import Subscriber
from service.core.unified.model import Ref, Snapshot
from workers.context import Context

BATCH = 50
BOUNDS = Bounds(due=32, open=64)
RECEIVED_KEPT_S = 3600
NOTHING: tuple[Arg, ...] = ("",) * 10


class Backfilling:
    """One backfill while it is served."""

    def __init__(self, ctx: Context, replay: Replay) -> None:
        self._ctx = ctx
        self._store = ctx.store
        self._replay = replay
        self._subscriber: Subscriber | None = None

    async def open(self) -> int | None:
        """Open the next records; returns None if any were, else for how many ms there are none."""
        r, s = self._replay.id, self._replay.subscriber or ""
        some = await self._store.replays.next_kept(r, BATCH, BOUNDS, RECEIVED_KEPT_S)
        if not some.running or not some.rows:
            return some.wait_ms
        self._subscriber = self._subscriber or await self._store.subscribers.get(s)
        rows = await self._rows([Kept(*row) for row in some.rows])
        if await self._store.replays.open_kept(r, some.length, s, rows) is None:
            return 0
        self._ctx.on_events()
        return None

    async def _rows(self, kept: list[Kept]) -> list[tuple[Arg, ...]]:
        """Return what the script opens, a row per record, in order."""
        rows = []
        for c in dict.fromkeys(one.connection_id for one in kept):
            mine = [Ref(one.model, one.remote_id) for one in kept if one.connection_id == c]
            known = await self._store.records.load(c, mine)
            rows += [await self._row(c, ref, known.get(ref)) for ref in mine]
        return rows

    async def _row(self, c: str, ref: Ref, snapshot: Snapshot | None) -> tuple[Arg, ...]:
        subscriber = self._subscriber
        if snapshot is None or snapshot.deleted or subscriber is None:
            return NOTHING
        state = await state_of(self._store, subscriber.id, c, ref, snapshot)
        if not passes(await case_of(self._store, subscriber.wanted, state.event)):
            return NOTHING
        delivery = self._delivery(subscriber, c, ref, state)
        live = ids.event_id(c, ref.model, ref.remote_id, snapshot.sequence)
        return (
            delivery.id, delivery.lane, delivery.dump(), state.event_id, state.body, c, *ref,
            state.version, ids.delivery_id(live, subscriber.id),
        )  # fmt: skip

    def _delivery(self, subscriber: Subscriber, c: str, ref: Ref, state: State) -> Delivery:
        return Delivery(
            id=ids.delivery_id(state.event_id, subscriber.id, self._replay.id),
            e=state.event_id,
            s=subscriber.id,
            c=c,
            t=created(ref.model),
            lane=state.lane,
            f=render_id(subscriber.wanted, subscriber.id),
            at=times.now_ms(),
            replay=self._replay.id,
        )
