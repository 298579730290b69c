"""Workers on an inbox, at random: they read, fetch, commit, park, hang, die and come back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from hypothesis import strategies as st
from hypothesis.stateful import rule

from service.core.errors import Fenced
from service.core.store.inbox import Lease, Parked
from service.core.store.records import Known
from service.core.unified.model import Ref
from tests.machine.arriving import Arriving, a_root, pick
from tests.machine.driving import units
from tests.machine.world import UNIT_MS, World

RATE = 1e6 / (UNIT_MS * 1000)  # one request a unit
BURST = 3
LEASE = 2


@dataclass(eq=False)
class Begun:
    """A fetch on its way."""

    root: Ref
    token: int
    known: Known


@dataclass(eq=False)
class Hand:
    """A worker with a lease, which may long be another's."""

    lease: Lease
    after: int = 0
    pulled: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    begun: list[Begun] = field(default_factory=list)

    def acks(self, root: str) -> list[int]:
        """Return what a root's commit acknowledges."""
        return [number for number, _ in self.pulled.get(root, ())]


class Refetching(Arriving):
    """Hands that work inboxes off."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.hands: list[Hand] = []
        self.lost = False  # a line lost its place, and no sweep was there yet

    # who works on it

    @rule(want=st.integers(1, 3))
    def a_worker_looks(self, want: int) -> None:
        """A worker claims what is due."""
        self.hands += [Hand(lease) for lease in self.claim("in", want, LEASE)]

    def _hand(self, n: int) -> Hand:
        """Return one of the workers; with none there, one looks first, perhaps in vain."""
        if not self.hands:
            self.a_worker_looks(2)
        if not self.hands:
            return Hand(Lease(self._c(n), -1))
        return self.hands[-1 - n % len(self.hands)]

    def _under(
        self, hand: Hand, act: Callable[[], Any], model: Callable[[Any], Any]
    ) -> tuple[bool, Any]:
        """Take a step under a lease; returns whether it was good, and what the model made of it."""
        before = self.stored
        made: list[Any] = []

        def watched(reply: Any) -> Callable[[Any], Any]:
            made.append(model(reply))
            return model

        reply = self.do(hand, act, watched)
        good = not isinstance(reply, Fenced)
        assert good == (made[0] not in (None, False, 0) or made[0] == ())
        if not good:
            self.fenced(before)
        return good, reply

    @rule(n=pick, count=st.integers(1, 4))
    def pull(self, n: int, count: int) -> None:
        """It reads on."""
        hand = self._hand(n)
        c, token = hand.lease
        place = self.world.place(f"in:{c}", hand.after)
        good, found = self._under(
            hand,
            lambda: self.world.store.inbox.pull(hand.lease, place, count, LEASE * UNIT_MS),
            lambda _: self.model.pull(c, token, hand.after, count, LEASE),
        )
        if good:
            self._pulled(hand, found, count)

    def _pulled(self, hand: Hand, found: Any, count: int) -> None:
        c, token = hand.lease
        wanted = self.model.pull(c, token, hand.after, count, LEASE)
        assert wanted
        status, rows, due, parked, begun = wanted
        assert (found.status, found.parked_in_all, found.died) == (status, parked, begun)
        got = [(self.world.number(f"in:{c}", at), raw.decode()) for at, raw in found.entries]
        assert got == rows
        kept = {root: Parked.load(row[0].encode()) for root, row in due.items()}
        assert all(kept[root] == one for root, one in found.parked.items())
        assert len(found.parked) == min(count, len(due))
        for number, entry in rows:
            hand.after = number
            hand.pulled.setdefault(orjson.loads(entry)["root"], []).append((number, entry))

    @rule(n=pick, root=a_root)
    def begin(self, n: int, root: Ref) -> None:
        """It begins a fetch."""
        self._begin(self._hand(n), root)

    def _begin(self, hand: Hand, root: Ref) -> None:
        (c, token), counted = hand.lease, ":".join(root)
        made: list[Any] = []

        def model(_: Any) -> Any:
            made.append(self.model.begin(c, token, root, BURST, counted))
            return made[-1]

        good, found = self._under(
            hand,
            lambda: self.world.store.records.begin(c, root, RATE, BURST, hand.lease, counted),
            model,
        )
        if good:
            assert (units(found.wait_s * 1000), found.token, found.known) == made[0]
            hand.begun.append(Begun(root, found.token, found.known))

    @rule(n=pick, later=st.integers(0, 3))
    def hold(self, n: int, later: int) -> None:
        """Recruitee said 429."""
        c = self._c(n)
        if c in self.model.conns:
            self.do(
                self, lambda: self.world.store.records.hold(c, later * UNIT_MS / 1000, RATE, BURST),
                lambda _: self.model.hold(c, later, BURST),
            )  # fmt: skip

    @rule(
        n=pick,
        how=st.sampled_from(((True, None), (True, None), (True, 2), (False, None), (False, 2))),
    )
    def release(self, n: int, how: tuple[bool, int | None]) -> None:
        """A worker hands an inbox back."""
        self._release(self._hand(n), *how)

    def _release(self, hand: Hand, look_again: bool, delay: int | None) -> None:
        c, token = hand.lease
        self.lost |= self.model.holds("in", c, token) and not look_again and delay is None

        def model(reply: Any) -> Callable[[Any], Any]:
            wanted = self.model.release(c, token, look_again, delay)
            assert units(reply) == wanted
            return lambda _: self.model.release(c, token, look_again, delay)

        later = None if delay is None else delay * UNIT_MS
        self.do(hand, lambda: self.world.store.inbox.release(
            hand.lease, look_again=look_again, delay_ms=later), model)  # fmt: skip
        self._gone(hand)

    def _gone(self, hand: Hand) -> None:
        self.hands = [one for one in self.hands if one is not hand]

    @rule(n=pick)
    def renew(self, n: int) -> None:
        """A worker is still there."""
        hand = self._hand(n)
        c, token = hand.lease

        def model(reply: bool) -> Callable[[Any], Any]:
            assert reply == self.model.renew("in", c, token, LEASE)
            return lambda _: self.model.renew("in", c, token, LEASE)

        self.do(
            hand, lambda: self.world.store.claims.renew("in", hand.lease, LEASE * UNIT_MS), model
        )

    @rule(n=pick)
    def die(self, n: int) -> None:
        """A worker is killed."""
        self._gone(self._hand(n))
