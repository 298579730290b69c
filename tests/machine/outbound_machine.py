"""The way out, at random: logs that grow, subscribers that fail, pause and go, replays, dead workers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from service.core import ids, times
from service.core.errors import Fenced
from service.core.store import keys
from service.core.store.dead_letters import of_delivery
from service.core.store.deliveries import (
    Delivery,
    Limits,
    Opening,
    Read,
    Retried,
    Settle,
    Step,
    Verdict,
    _step,
    opened,
)
from service.core.store.inbox import Lease
from service.core.store.records import subject_key
from service.core.store.replays import Item, Status
from service.core.store.subscribers import Subscriber, Wanted
from service.core.unified.model import Change, Ref
from tests.machine.driving import Driving, units
from tests.machine.outbound_model import Chosen, How, Opened, OutboundModel, Reads, Settled
from tests.machine.world import KEPT, UNIT_MS, World

LEASE, FLIGHT, WINDOW = 2, 3, 6
KINDS = ("candidate", "job")
VERDICTS: tuple[Verdict, ...] = (
    "ok",
    "ok",
    "ok",
    "ok",
    "retry",
    "retry",
    "dead",
    "dead",
    "pause",
    "erased",
)
MOVES: dict[Status, tuple[Status, ...]] = {
    "paused": ("running",),
    "running": ("paused",),
    "canceled": ("running", "paused"),
}


class Turn(NamedTuple):
    """One step of a hand: how far it may go, what came back, whether it is sent twice, and whether the
    retention is over for some of what it has read."""

    free: int
    read: int
    ends: list[tuple[Verdict, int]]
    twice: bool
    cut: int | None


pick = st.integers(0, 5)
a_turn = st.builds(
    Turn,
    st.integers(0, 3),
    st.sampled_from((0, 2, 4, 4)),
    st.lists(st.tuples(st.sampled_from(VERDICTS), st.integers(0, 2)), max_size=3),
    st.booleans(),
    st.one_of(st.none(), st.none(), st.integers(0, 20)),
)


@dataclass(eq=False)
class Hand:
    """A worker on a subscriber's line; the lease may long be another's."""

    lease: Lease
    flying: dict[str, Delivery] = field(default_factory=dict)
    reads: list[Read] = field(default_factory=list)


@dataclass(eq=False)
class Porter:
    """A worker on a replay, with what it last read of it."""

    lease: Lease
    length: int = 0
    items: list[Item] = field(default_factory=list)


class OutboundMachine(Driving):
    """Logs, subscribers, hands that deliver, replays and porters that open them."""

    model: OutboundModel

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.model = OutboundModel()
        self.wanted: dict[str, Wanted] = {}
        self.makers: dict[str, object] = {}
        self.hands: list[Hand] = []
        self.porters: list[Porter] = []
        self.sequences: dict[tuple[str, Ref], int] = {}
        self.events: dict[str, tuple[str, int, str, str]] = {}  # connection, number, type, lane
        self.started: dict[
            tuple[str, str], int
        ] = {}  # (subscriber, connection): it began after this
        self.missed: dict[tuple[str, str], set[int]] = {}  # the retention was over
        self.settled: set[str] = set()
        self.left: dict[
            tuple[str, str], list[str]
        ] = {}  # (subscriber, lane): in order of the first try
        self.lost = False

    # the logs

    @initialize(count=st.integers(1, 2), subscribers=st.integers(1, 2))
    def link(self, count: int, subscribers: int) -> None:
        """Link companies; somebody subscribes."""
        for _ in range(count):
            self.do(self, lambda: self.world.store.connections.create("1", "token", None, "Example"),
                    lambda made: self.model.made(made.id, made.hook))  # fmt: skip
        for n in range(subscribers):
            self.subscribe(n)

    def _c(self, n: int) -> str:
        return list(self.model.conns)[n % len(self.model.conns)]

    @rule(n=pick, kind=st.sampled_from(KINDS), who=st.integers(1, 2), count=st.integers(1, 3))
    def commit(self, n: int, kind: str, who: int, count: int) -> None:
        """The log grows."""
        c, ref = self._c(n), Ref(kind, str(who))
        changes = []
        for _ in range(count):
            self.sequences[c, ref] = sequence = self.sequences.get((c, ref), 0) + 1
            change = Change(ref.model, ref.remote_id, f"{kind}.updated", {}, (), (), None, ref)
            changes.append((sequence, change))

        def model(_: Any) -> None:
            self.model.commit(c, 0, 0, [], changes, [], "")
            self._seen(c)

        self.do(object(), lambda: self.world.store.records.commit(c, 0, [], changes), model)

    def _seen(self, c: str) -> None:
        for number, row in self.model.conns[c].log:
            self.events[row[1]] = (c, number, row[3], row[5])

    # subscribers

    @rule(n=pick)
    def subscribe(self, n: int) -> None:
        """Somebody subscribes, to all or to candidates only."""
        if len(self.model.subs) > 2:
            return
        wanted = Wanted(
            url="https://far.example", event_types=("candidate.*",) if n % 2 else ("*",)
        )
        maker = object()

        def model(made: tuple[Subscriber, str]) -> Callable[[Any], Any]:
            s = made[0].id
            self.wanted[s], self.makers[s] = wanted, maker
            self.model.subscribe(s)
            self.started |= {(s, c): at for c, at in self.model.subs[s].positions.items()}
            return lambda _: self.model.subscribe(s)

        self.do(maker, lambda: self.world.store.subscribers.create(wanted, None), model)

    def _s(self, n: int) -> str:
        return list(self.wanted)[n % len(self.wanted)]

    @rule(n=pick, which=st.sampled_from(("pause", "resume", "resume")))
    def status(self, n: int, which: str) -> None:
        """It pauses, or goes on."""
        s, store = self._s(n), self.world.store.subscribers

        def model(_: Any) -> Callable[[Any], Any]:
            act = (
                self.model.resume if which == "resume" else lambda s: self.model.pause(s, "said so")
            )
            act(s)
            return lambda _: act(s)

        self.do(object(), lambda: store.resume(s) if which == "resume" else store.pause(s, "said so"),
                model)  # fmt: skip

    @rule(n=pick)
    def unsubscribe(self, n: int) -> None:
        """It goes for good; whoever is at it is fenced."""
        s = self._s(n)
        if s in self.model.subs and len(self.model.subs) > 1:
            self.forget(self.makers[s])  # nobody removes what nobody knows to be there
            self.do(self, lambda: self.world.store.subscribers.remove(s),
                    lambda _: self.model.unsubscribe(s))  # fmt: skip
            assert not [key for key in self.stored if s in key], (
                "a removed subscriber left something"
            )

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
                self._retention(hand.reads[0].connection_id, turn.cut)
            self._step(hand, turn.free, turn.read, turn.ends)
            if turn.twice:
                self.sent_again(0)

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
        settles = [_settle(d, *end) for d, end in zip(back, ends, strict=False)]
        openings = [self._opening(s, one) for one in hand.reads]
        how = How(LEASE, FLIGHT, WINDOW, read, free, len(hand.flying))
        before = self.stored

        def model(reply: Any) -> Callable[[Any], Any]:
            found = self._came_to(s, token, how, openings, settles, reply)
            self._goes_on(hand, found)
            return lambda raw: self._came_to(
                s, token, how, openings, settles, _read(raw, hand.lease)
            )

        reply = self.do(hand, lambda: self.world.store.deliveries.step(
            hand.lease, Limits(LEASE * UNIT_MS, FLIGHT * UNIT_MS, WINDOW, read), free,
            len(hand.flying) , openings, settles), model)  # fmt: skip
        if isinstance(reply, Fenced):
            self.fenced(before)
        self.settled |= {key[4:] for key in self.stored if key.startswith("dlv:")}

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
        wanted, later = self.model.step(
            s, token, how, [self._place(o) for o in openings], [_in_units(one) for one in settles],
            Chosen(going, reads, news),
        )  # fmt: skip
        assert wanted == (found.state if found else "fenced")
        if found and found.state == "released":
            assert units(found.next_due) == later
        for d in found.going if found else ():
            self._leaves(d)
        return found

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
            if any(ids.delivery_id(event, s) == delivery for s in self.wanted):
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
        if self.hands and (n % 2 or not self.porters):
            self.hands.pop(-1 - n % len(self.hands))
        elif self.porters:
            self.porters.pop(-1 - n % len(self.porters))

    @rule(n=pick, k=st.integers(0, 20))
    def retry_now(self, n: int, k: int) -> None:
        """Somebody asks for an attempt now."""
        s = self._s(n)
        sub = self.model.subs.get(s)
        names = sorted([*sub.live.open, *sub.replayed.open]) if sub else []
        name = names[k % len(names)] if names else "dlv_none"

        def model(reply: Retried) -> Callable[[Any], Any]:
            assert reply.value == self.model.retry_now(s, name)
            return lambda _: self.model.retry_now(s, name)

        self.do(object(), lambda: self.world.store.deliveries.retry_now(s, name), model)

    @rule(n=pick)
    def open_test(self, n: int) -> None:
        """Somebody sends a test event."""
        s, event = self._s(n), f"evt_test{self.number()}"
        d = Delivery(id=ids.delivery_id(event, s), e=event, s=s, c="", t="ping", lane=event, at=0)
        body = orjson.dumps({"id": event})

        def model(reply: bool) -> Callable[[Any], Any] | None:
            assert reply == self.model.open_test(d)
            return None

        self.do(object(), lambda: self.world.store.deliveries.open_test(d, body), model)

    # the retention

    @rule(n=pick, k=st.integers(0, 30))
    def retention(self, n: int, k: int) -> None:
        """What is too old goes; who had not got it yet is moved on and told."""
        self._retention(self._c(n), k)

    def _retention(self, c: str, k: int) -> None:
        log = [number for number, _ in self.model.conns[c].log]
        if not log:
            return
        oldest = _ms(self.world.place(f"log:{c}", log[k % len(log)]))
        gone = [number for number in log if _ms(self.world.place(f"log:{c}", number)) < oldest]
        for s in self.model.subs:
            self._skip(s, c, gone)

        def model(_: Any) -> None:
            self.model.trim(c, gone[-1] + 1 if gone else 0)

        self.do(self, lambda: self.world.store.log.trim(c, oldest), model)

    def _skip(self, s: str, c: str, gone: Sequence[int]) -> None:
        start = self.model.subs[s].positions.get(c, 0)
        passed = [number for number in gone if number > start]
        if not passed:
            return
        at, end = self.world.place(f"log:{c}", start), self.world.place(f"log:{c}", passed[-1])
        event = ids.operational_event_id(c, "subscriber.missed", s, at, end)
        lane = subject_key(c, Ref("connection", c))
        row = ["e", event, "t", "subscriber.missed", "s", lane, "m", "", "r", ""]

        def model(reply: bool) -> Callable[[Any], Any]:
            assert reply == self.model.skip(s, c, start, passed[-1], event, row)
            self._seen(c)
            self.missed.setdefault((s, c), set()).update(passed)
            return lambda _: self.model.skip(s, c, start, passed[-1], event, row)

        self.do(object(), lambda: self.world.store.records.skip(c, s, at, end, {"count": 1}), model)

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
        def model(made: Any) -> Callable[[Any], Any]:
            self.model.replay(made.id, items)
            return lambda _: self.model.replay(made.id, items)

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

    @rule(n=pick, skip=st.integers(0, 5))
    def open_replay(self, n: int, skip: int) -> None:
        """It opens them, but for one that cannot be sent any more."""
        if not self.porters:
            self.a_porter_looks(2)
        if not self.porters:
            self.replay_events([(n, skip), (n + 1, skip)])
            self.a_porter_looks(2)
        if self.porters:
            self._open_replay(self.porters[-1 - n % len(self.porters)], skip)

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
        c, _, kind, lane = self.events.get(item.event_id, ("", 0, "ping", "test"))
        return Delivery(
            id=ids.delivery_id(item.event_id, item.subscriber_id, r), e=item.event_id,
            s=item.subscriber_id, c=c, t=kind, lane=f"{r}:{lane}", at=0, replay=r,
            dlt=item.dead_letter_id or None,
        )  # fmt: skip

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

    # the sweep

    @rule(n=pick, which=st.sampled_from(("out", "rpl")))
    def lose_a_line(self, n: int, which: str) -> None:
        """A line loses its place, as nothing of ours should make it."""
        owners = list(self.model.ready[which])
        if owners:
            owner = owners[n % len(owners)]
            del self.model.ready[which][owner]
            self.do(
                self, lambda: self.world.pipe.call("ZREM", f"ready:{which}", owner), lambda _: None
            )
            self.lost = True

    @rule()
    def sweep(self) -> None:
        """The sweep finds what was lost."""
        oldest = times.now_ms() - KEPT * UNIT_MS

        def model(reply: int) -> Callable[[Any], Any]:
            assert reply == self.model.sweep()
            return lambda _: self.model.sweep()

        self.do(self, lambda: self.world.pipe.run("sweep", oldest), model)
        lines = self.model.ready
        self.lost = any(set(self.model.lease[w]) - set(lines[w]) for w in ("out", "rpl"))

    # what is never untrue

    def harm(self) -> Any:
        """Positions, what is open, lanes, what is dead, and how far replays are."""
        subs = self.model.subs.items()
        return (
            {
                s: (sub.positions, sub.live.open, sub.replayed.open, sub.head, sub.behind)
                for s, sub in subs
            },
            list(self.model.dead),
            self.model.stat,
            {r: self.model.kept(f"rpl:{r}") for r in self.model.replays},
            self.model.replaying,
        )

    def check(self) -> None:
        """Check what is never untrue of `stored`."""
        for s in self.model.subs:
            self._lanes_are_sound(s)
            self._what_was_read_was_opened_once(s)
            if not self.lost:
                self._who_has_work_is_looked_at(s)
        self._replays_add_up()

    def _hash(self, key: str) -> dict[str, str]:
        found: dict[str, str] = self.stored.get(key, {})
        return found

    def _open(self, s: str) -> dict[str, str]:
        return self._hash(f"d:{s}") | self._hash(f"d:{s}:replay")

    def _lanes_are_sound(self, s: str) -> None:
        """Each open delivery is a lane's head and due or in flight, or waits behind one; never two."""
        heads, due = (
            self._hash(keys.lanes(s)),
            {*self._hash(f"due:{s}"), *self._hash(f"due:{s}:replay")},
        )
        behind = {
            k[len(f"wait:{s}:") :]: v for k, v in self.stored.items() if k.startswith(f"wait:{s}:")
        }
        waiting = [name for row in behind.values() for name in row]
        assert due == set(heads.values()), "a lane's head is not due, or another than the head is"
        assert set(behind) <= set(heads), "a lane waits behind nobody"
        assert sorted([*heads.values(), *waiting]) == sorted(self._open(s))
        for row in behind.values():
            numbers = [self._log_number(name) for name in row]
            assert numbers == sorted(numbers), "a lane is out of order"

    def _what_was_read_was_opened_once(self, s: str) -> None:
        open_ = self._open(s)
        for event, (c, number, kind, _) in self.events.items():
            if number > self._hash(f"pos:{s}").get(c, 0):  # type: ignore[operator]
                continue
            if number <= self.started.get((s, c), 0) or number in self.missed.get((s, c), ()):
                continue
            name = ids.delivery_id(event, s)
            places = (name in open_) + (name in self.settled)
            assert places == self.wanted[s].wants(c, kind), f"{event} is in {places} places for {s}"

    def _who_has_work_is_looked_at(self, s: str) -> None:
        work = self._open(s) or f"news:{s}" in self.stored
        if s in self.stored.get("subs:on", ()):
            seen = s in self._hash("ready:out")
            assert seen or not (work or s in self._hash("lease:out")), "work that is in no line"

    def _replays_add_up(self) -> None:
        states = [
            Delivery.model_validate_json(d) for s in self.model.subs for d in self._open(s).values()
        ]
        for key, row in self.stored.items():
            if not key.startswith("rpl:"):
                continue
            fields, r = row[1], key[4:]
            done, total = int(fields["done"]) + int(fields["failed"]), int(fields["total"])
            _, queue = self.stored.get(f"rplq:{r}", (0, []))
            open_ = [d for d in states if d.replay == r]
            assert (fields["status"] == "done") <= (done == total) and done <= total
            assert fields["status"] != "running" or done < total, "nothing will ever end a replay"
            if fields["status"] != "canceled":
                assert done + len(open_) + len(queue) == total, f"{r}: {fields}, {len(open_)} open"
            marks = {dead for dead, of in self._hash("replaying").items() if of == r}
            wanted = {d.dlt for d in open_} | {orjson.loads(raw)[2] for raw in queue}
            assert marks <= wanted, f"{marks - wanted} stay marked as being sent again"

    def end(self) -> None:
        """Let honest workers end it: all is delivered, and every replay that runs is done."""
        if self.lost:
            self.sweep()
        self.hands, self.porters = [], []
        for _ in range(15):
            if not self._porters_work() and not self._hands_work():
                self.time_passes(1)
        for s in self.model.on:
            assert not self._open(s) and f"news:{s}" not in self.stored, f"{s} waits for ever"
            ends = {c: conn.logged for c, conn in self.model.conns.items() if conn.log}
            assert ends.items() <= {**ends, **self.model.subs[s].positions}.items(), (
                "not read to the end"
            )
        running = [
            r
            for r in self.model.replays
            if (self.model.kept(f"rpl:{r}") or {}).get("status") == "running"
        ]
        open_ = {
            Delivery.model_validate_json(d).replay
            for s in self.model.subs
            for d in self._open(s).values()
        }
        assert set(running) <= open_, "a replay runs for ever"

    def _porters_work(self) -> bool:
        leases = self.claim("rpl", 4, LEASE)
        for lease in leases:
            self.porters = [Porter(lease)]
            self.read_replay(0)
            while (
                self.porters[0].items and self.model.kept(f"rpl:{lease.id}")["status"] == "running"
            ):
                self._open_replay(self.porters[0], 9)
                self.read_replay(0)
            self.release_replay(0)
        return bool(leases)

    def _hands_work(self) -> bool:
        leases = self.claim("out", 4, LEASE)
        for lease in leases:
            self.hands = [Hand(lease)]
            while self.hands:
                self._step(self.hands[0], 3, 4, [("ok", 0)] * 3)
        return bool(leases)


def _settle(d: Delivery, verdict: Verdict, wait: int) -> Settle:
    words = {"ok": "delivered", "dead": "dead", "erased": "erased"}
    after = d.model_copy(update={"n": d.n + 1, "status": words.get(verdict, "open")})
    dead = of_delivery(after, "gave up", 0) if verdict == "dead" else None
    return Settle(after, verdict, wait * UNIT_MS, dead)


def _in_units(end: Settle) -> Settled:
    dead = (end.dead_letter[0], end.dead_letter[1].decode()) if end.dead_letter else None
    return Settled(end.delivery, end.verdict, end.wait_ms // UNIT_MS, dead)


def _read(raw: Any, lease: Lease) -> Any:
    try:
        return _step(raw, lease)
    except Fenced as fenced:
        return fenced


def _ms(place: str) -> int:
    return int(place.partition("-")[0])


__all__ = ["OutboundMachine", "Reads"]
