"""Replays at random: made of events and of dead letters, opened, paused, canceled, overtaken."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from hypothesis import strategies as st
from hypothesis.stateful import rule

from service.core import ids, times
from service.core.store.deliveries import Delivery
from service.core.store.inbox import Lease
from service.core.store.replays import Item, Status
from tests.machine.by_hand import ByHand
from tests.machine.delivering import LEASE
from tests.machine.growing import Told, pick
from tests.machine.world import World

MOVES: dict[Status, tuple[Status, ...]] = {
    "paused": ("running",),
    "running": ("paused",),
    "canceled": ("running", "paused"),
}


@dataclass(eq=False)
class Porter:
    """A worker on a replay, with what it last read of it."""

    lease: Lease
    length: int = 0
    items: list[Item] = field(default_factory=list)


class Replaying(ByHand):
    """Replays, and porters that open them."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.porters: list[Porter] = []

    # replays

    @rule(pairs=st.lists(st.tuples(pick, st.integers(0, 20)), min_size=1, max_size=4, unique=True))
    def replay_events(self, pairs: list[tuple[int, int]]) -> None:
        """Send old events again."""
        if not self.events:
            return
        names = list(self.events)
        items = dict.fromkeys(Item(names[k % len(names)], self._s(n)) for n, k in pairs)
        self._replay(list(items))

    @rule(take=st.integers(1, 4))
    def replay_dead_letters(self, take: int) -> None:
        """Send dead letters again that nobody sends again yet."""
        letters = [d for d in self.model.dead if d not in self.model.replaying]
        found = [orjson.loads(raw) for d in letters[:take] if (raw := self.model.kept(f"dlt:{d}"))]
        self._replay([Item(d["event_id"], d["subscriber_id"], d["id"]) for d in found])

    def _replay(self, items: list[Item]) -> None:
        # Two dead letters of one delivery are one delivery again: the later of them.
        once = list({(item.event_id, item.subscriber_id): item for item in items}.values())

        def model(made: Any) -> Callable[[Any], Any]:
            self.model.replay(made.id, once)
            return lambda _: self.model.replay(made.id, once)

        self.do(object(), lambda: self.world.store.replays.create(items, times.now_ms()), model)

    @rule(want=st.integers(1, 2))
    def a_porter_looks(self, want: int) -> None:
        """A worker claims replays."""
        for lease in self.claim("rpl", want, LEASE):
            self.porters.append(Porter(lease))
            self.read_replay(-1)

    @rule(n=pick)
    def read_replay(self, n: int) -> None:
        """It reads what comes next."""
        if not self.porters:
            return
        porter = self.porters[-1 if n < 0 else -1 - n % len(self.porters)]
        length, items = self.world.run(self.world.store.replays.items, porter.lease.id, 2)
        queue = self.model.kept(f"rplq:{porter.lease.id}") or []
        assert (length, items) == (len(queue), [Item(*orjson.loads(raw)) for raw in queue[:2]])
        porter.length, porter.items = length, items

    @rule(n=pick, skip=st.integers(0, 5), goes=st.integers(0, 4))
    def open_replay(self, n: int, skip: int, goes: int) -> None:
        """It opens them, but for one that cannot be sent any more; perhaps its subscriber goes then."""
        if not self.porters:
            self.a_porter_looks(2)
        if not self.porters:
            self.replay_events([(n, skip), (n + 1, skip)])
            self.a_porter_looks(2)
        if self.porters:
            self._open_replay(self.porters[-1 - n % len(self.porters)], skip)
            if goes == 0:
                self.unsubscribe(n)

    def _open_replay(self, porter: Porter, skip: int) -> None:
        r, length = porter.lease.id, porter.length
        skipped = [item for k, item in enumerate(porter.items) if k == skip]
        made = [self._again(r, item) for item in porter.items if item not in skipped]

        def model(reply: bool) -> Callable[[Any], Any]:
            letters = [item.dead_letter_id for item in skipped]
            assert reply == self.model.open_replay(r, length, made, letters)
            return lambda _: self.model.open_replay(r, length, made, letters)

        if porter.items:
            self.do(porter, lambda: self.world.store.replays.open(r, length, made, skipped), model)

    def _again(self, r: str, item: Item) -> Delivery:
        c, _, kind, lane = self.events.get(item.event_id, Told("", 0, "ping", "test"))
        return Delivery(
            id=ids.delivery_id(item.event_id, item.subscriber_id, r), e=item.event_id,
            s=item.subscriber_id, c=c, t=kind, lane=f"{r}:{lane}", at=0, replay=r,
            dlt=item.dead_letter_id or None,
        )  # fmt: skip

    @rule(n=pick)
    def a_porter_dies(self, n: int) -> None:
        """A worker is killed."""
        if self.porters:
            self.porters.pop(-1 - n % len(self.porters))

    @rule(n=pick)
    def release_replay(self, n: int) -> None:
        """It hands the replay back."""
        if not self.porters:
            return
        porter = self.porters.pop(-1 - n % len(self.porters))

        def model(reply: Any) -> Callable[[Any], Any]:
            assert reply == self.model.release_replay(*porter.lease)
            return lambda _: self.model.release_replay(*porter.lease)

        self.do(porter, lambda: self.world.store.replays.release(porter.lease), model)

    @rule(n=pick, status=st.sampled_from(tuple(MOVES)))
    def move_replay(self, n: int, status: Status) -> None:
        """Somebody pauses it, lets it go on, or cancels it."""
        if not self.model.replays:
            return
        r = list(self.model.replays)[-1 - n % len(self.model.replays)]
        before = MOVES[status]

        def model(reply: bool) -> None:
            assert reply == self.model.move(r, status, before)

        self.do(object(), lambda: self.world.store.replays.move(r, status, *before), model)

    @rule(k=pick)
    def discard(self, k: int) -> None:
        """Somebody forgets a dead letter that is not being sent again."""
        letters = [d for d in self.model.dead if d not in self.model.replaying]
        if letters:
            dead = letters[k % len(letters)]
            self.do(self, lambda: self.world.store.dead_letters.discard(dead),
                    lambda _: self.model.discard(dead))  # fmt: skip
