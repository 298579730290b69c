"""Workers that deliver, at random: they settle, open, read on, send, hang, die and come back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import rule

from service.core.errors import Fenced
from service.core.store.dead_letters import of_delivery
from service.core.store.deliveries import (
    Delivery,
    Limits,
    Opening,
    Read,
    Settle,
    Step,
    Terms,
    Verdict,
    opened,
    step_of,
)
from service.core.store.inbox import Lease
from tests.machine.delivery_model import WORDS, Chosen, How, Opened, Settled
from tests.machine.driving import units
from tests.machine.growing import KINDS, Growing, delivery_id, pick
from tests.machine.subscriber_model import BREAKS
from tests.machine.world import UNIT_MS, World

LEASE, FLIGHT, WINDOW = 2, 3, 6
VERDICTS: tuple[Verdict, ...] = (
    "ok", "ok", "ok", "ok", "retry", "retry", "dead", "dead", "pause", "erased", "back", "late",
    "missed", "unsent",
)  # fmt: skip
NO_ATTEMPT: tuple[Verdict, ...] = ("erased", "back", "late", "missed")
FAILED: tuple[Verdict, ...] = ("retry", "unsent", "dead", "pause")


class Turn(NamedTuple):
    """One step of a hand."""

    free: int = 3
    read: int = 4
    ends: Sequence[tuple[Verdict, int]] = ()  # of what came back
    twice: bool = False  # sent twice
    cut: int | None = None  # the retention is over for some of what it has read
    late: bool = False  # ... but the step comes first


a_turn = st.builds(
    Turn,
    st.integers(0, 3),
    st.sampled_from((0, 2, 4, 4)),
    st.lists(st.tuples(st.sampled_from(VERDICTS), st.integers(0, 2)), max_size=3),
    st.booleans(),
    st.one_of(st.none(), st.none(), st.integers(0, 20)),
    st.booleans(),
)


@dataclass(eq=False)
class Hand:
    """A worker on a subscriber's line; the lease may long be another's."""

    lease: Lease
    flying: dict[str, Delivery] = field(default_factory=dict)
    reads: list[Read] = field(default_factory=list)
    steps: int = 0


class Delivering(Growing):
    """Hands that deliver."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.hands: list[Hand] = []
        self.settled: set[str] = set()
        self.left: dict[tuple[str, str], list[str]] = {}  # by subscriber and lane, in order

    # delivering

    @rule(want=st.integers(1, 3))
    def a_worker_looks(self, want: int) -> None:
        """A worker claims who is due."""
        self.hands += [Hand(lease) for lease in self.claim("out", want, LEASE)]

    @rule(n=pick, turns=st.lists(a_turn, min_size=1, max_size=4))
    def steps(self, n: int, turns: list[Turn]) -> None:
        """It settles what came back, opens what it read, reads on, and sends."""
        self.more_steps(n, turns)

    @rule(n=pick, turns=st.lists(a_turn, min_size=1, max_size=4))
    def more_steps(self, n: int, turns: list[Turn]) -> None:
        """The same: it is what most of the line's work is."""
        for turn in turns:
            hand = self._busy(n, len(turn.ends))
            if hand is None:
                return
            if hand.reads and turn.cut is not None:
                self._retention(hand.reads[0].connection_id, turn.cut, turn.late)
            if hand in self.hands:
                self._step(hand, turn.free, turn.read, turn.ends)
                if turn.twice:
                    self.sent_again(0)

    def reads_on(self, s: str) -> None:
        """Whoever is at a subscriber opens what it has read."""
        for hand in [hand for hand in self.hands if hand.lease.id == s and hand.reads]:
            self._step(hand, 0, 2, [])

    def _busy(self, n: int, flying: int) -> Hand | None:
        """Return a worker with something in flight, if that is wanted and can be."""
        if not self.hands:
            self.a_worker_looks(2)
        if not self.hands:
            self.status(n, "resume")
            self.time_passes(LEASE)
            self.a_worker_looks(2)
        for _ in range(2):
            hand = self.hands[-1 - n % len(self.hands)] if self.hands else None
            if hand and flying and not hand.flying:
                self.commit(n, KINDS[n % 2], 1, 2)
                self.a_worker_looks(1)  # it tells those that are being served, too
                self._step(hand, flying, 4, [])
        return hand if hand in self.hands else None

    def _step(self, hand: Hand, free: int, read: int, ends: Sequence[tuple[Verdict, int]]) -> None:
        s, token = hand.lease
        back = [hand.flying.pop(d) for d in list(hand.flying)[: len(ends)]]
        mild = self._mild(s, ends)
        settles = [_settle(d, *end) for d, end in zip(back, mild, strict=False)]
        openings = [self._opening(s, one) for one in hand.reads]
        hand.steps += 1
        retries = sum(d.n > 0 for d in hand.flying.values())
        how = How(LEASE, FLIGHT, WINDOW, read, free, len(hand.flying), hand.steps, retries)
        before = self.stored

        def model(reply: Any) -> Callable[[Any], Any]:
            found = self._came_to(s, token, how, openings, settles, reply)
            self._goes_on(hand, found)
            return lambda raw: self._came_to(
                s, token, how, openings, settles, _read(raw, hand.lease)
            )

        reply = self.do(hand, lambda: self.world.store.deliveries.step(
            hand.lease, Limits(LEASE * UNIT_MS, FLIGHT * UNIT_MS, WINDOW, read), free,
            len(hand.flying), openings, settles, Terms(how.number, 0, retries)), model)  # fmt: skip
        if isinstance(reply, Fenced):
            self.fenced(before)
        self.settled |= {key[4:] for key in self.stored if key.startswith("dlv:")}

    def _mild(
        self, s: str, ends: Sequence[tuple[Verdict, int]]
    ) -> list[tuple[Verdict, int]]:  # fmt: skip
        """Return how attempts end, with so few failures that no breaker opens."""
        sub, out = self.model.subs.get(s), list[tuple[Verdict, int]]()
        failed = sub.tries.count("0") if sub else 0
        for verdict, wait in ends:
            failed += verdict in FAILED
            out.append(("ok", 0) if verdict in FAILED and failed >= BREAKS else (verdict, wait))
        return out

    def _opening(self, s: str, read: Read) -> Opening:
        c, wanted = read.connection_id, self.wanted[s]
        made = [opened(s, c, e, 0) for e in read.entries if wanted.wants(c, e.type)]
        return Opening(c, read.start, read.entries[-1].position, made)

    def _came_to(
        self, s: str, token: int, how: How, openings: Sequence[Opening], settles: Sequence[Settle],
        reply: Any,
    ) -> Any:  # fmt: skip
        found = reply if isinstance(reply, Step) else None
        reads = [self._numbered(read) for read in found.reads] if found else []
        news = frozenset(self.stored.get(f"news:{s}", ()))
        going = [d.id for d in found.going] if found else []
        told = self._told()
        wanted, later = self.model.step(
            s, token, how, [self._place(o) for o in openings], [_in_units(one) for one in settles],
            Chosen(going, reads, news, told),
        )  # fmt: skip
        for c, *_ in told:
            self._seen(c)
        assert wanted == (found.state if found else "fenced")
        if found and found.state == "released":
            assert units(found.next_due) == later
        for d in found.going if found else ():
            self._leaves(d)
        return found

    def _told(self) -> list[list[str]]:
        """Return what logs have that the model's do not: connection, and the event's row."""
        return [
            [c, *row]
            for c, conn in self.model.conns.items()
            for number, row in self.stored.get(f"log:{c}", ())
            if number > conn.logged
        ]

    def _numbered(self, read: Read) -> tuple[str, int, list[int]]:
        c = read.connection_id
        numbers = [self.world.number(f"log:{c}", entry.position) for entry in read.entries]
        return c, self.world.number(f"log:{c}", read.start), numbers

    def _place(self, o: Opening) -> Opened:
        start, end = (self.world.number(f"log:{o.connection_id}", at) for at in (o.start, o.end))
        return Opened(o.connection_id, start, end, o.deliveries)

    def _leaves(self, d: Delivery) -> None:
        row = self.left.setdefault((d.s, d.lane), [])
        if d.id not in row:
            row.append(d.id)
            if d.replay is None and len(row) > 1:
                assert self._log_number(row[-2]) < self._log_number(d.id), "sent out of order"

    def _log_number(self, delivery: str) -> tuple[int, int]:
        for event, (_, number, _, _) in self.events.items():
            if any(delivery_id(event, s) == delivery for s in self.wanted):
                return (0, number)
        return (1, 0)

    def _goes_on(self, hand: Hand, found: Step | None) -> None:
        if found is None or found.state == "released":
            self.hands.remove(hand)
            return
        hand.reads = list(found.reads)
        hand.flying |= {d.id: d for d in found.going}
        if found.state == "stopped" and not hand.flying:
            self.hands.remove(hand)

    @rule(n=pick)
    def die(self, n: int) -> None:
        """A worker is killed."""
        if self.hands:
            self.hands.pop(-1 - n % len(self.hands))


def _settle(d: Delivery, verdict: Verdict, wait: int) -> Settle:
    attempted = verdict not in NO_ATTEMPT
    after = d.model_copy(update={"n": d.n + attempted, "status": WORDS.get(verdict, "open")})
    dead = of_delivery(after, "gave up", 0) if WORDS.get(verdict) == "dead" else None
    return Settle(after, verdict, wait * UNIT_MS, dead, attempted=attempted)


def _in_units(end: Settle) -> Settled:
    dead = (end.dead_letter[0], end.dead_letter[1].decode()) if end.dead_letter else None
    return Settled(end.delivery, end.verdict, end.wait_ms // UNIT_MS, dead, end.attempted)


def _read(raw: Any, lease: Lease) -> Any:
    try:
        return step_of(raw, lease)
    except Fenced as fenced:
        return fenced
