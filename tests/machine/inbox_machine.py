"""The way in, at random: webhooks, workers that hang, die and come back, commits that race."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import orjson
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from service.core import ids, times
from service.core.errors import Fenced
from service.core.store.connections import Connection
from service.core.store.dead_letters import DeadLetter
from service.core.store.inbox import Lease, Parked
from service.core.store.records import Committed, Known, Write
from service.core.unified.model import Change, Ref, Snapshot
from tests.machine.driving import Driving, units
from tests.machine.inbox_model import InboxModel
from tests.machine.world import KEPT, UNIT_MS, World

RATE = 1e6 / (UNIT_MS * 1000)  # one request a unit
BURST = 3
ROOTS = (Ref("candidate", "1"), Ref("candidate", "2"), Ref("job", "7"))
SHARED = Ref("stage", "5")  # comes with every root
LEASE = 2
KEPT_S = KEPT * UNIT_MS // 1000
STATUSES = ("active", "active", "active", "unauthorized", "baselining")

pick = st.integers(0, 5)
a_root = st.sampled_from(ROOTS)
told = st.lists(st.integers(-1, 2), min_size=3, max_size=3)  # changes per record, -1: not written


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


class InboxMachine(Driving):
    """Connections, their inboxes, their records, and hands that work on them."""

    model: InboxModel

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.model = InboxModel()
        self.hooks: dict[str, str] = {}
        self.made: dict[str, Connection] = {}
        self.hands: list[Hand] = []
        self.accepted: dict[str, set[str]] = {}
        self.ended: set[str] = set()  # committed or buried
        self.versions: dict[str, int] = {}
        self.lost = False  # a line lost its place, and no sweep was there yet

    # what comes in

    @initialize(count=st.integers(1, 2))
    def link(self, count: int) -> None:
        """Link companies."""
        for _ in range(count):
            made = self.do(self, self._create, self._is_made)
            self._set(made.id, "active")

    def _create(self) -> Any:
        return self.world.store.connections.create("1", "token", None, "Example")

    def _is_made(self, connection: Connection) -> None:
        self.made[connection.id] = connection
        self.accepted[connection.id] = set()
        self.model.made(connection.id, connection.hook)

    def _c(self, n: int) -> str:
        return list(self.made)[n % len(self.made)]

    def _entries(self, roots: Sequence[Ref]) -> list[str]:
        return [orjson.dumps({"root": ":".join(r), "n": self.number()}).decode() for r in roots]

    @rule(n=pick, h=pick, mark=st.integers(1, 12), roots=st.lists(a_root, max_size=3))
    def accept(self, n: int, h: int, mark: int, roots: list[Ref]) -> None:
        """A webhook comes, perhaps one that came before, perhaps on another's hook."""
        c, fp, entries = self._c(n), f"f{mark}", self._entries(roots)
        hook = self.made[self._c(n if h else n + 1)].hook
        raw = [entry.encode() for entry in entries]

        def model(reply: int) -> Callable[[Any], Any]:
            assert reply == self.model.accept(hook, c, fp, entries)
            if reply == 1:
                self.accepted[c] |= set(entries)
            return lambda _: self.model.accept(hook, c, fp, entries)

        self.do(object(), lambda: self.world.store.inbox.accept(hook, c, fp, raw), model)

    @rule(n=pick, root=a_root)
    def enqueue(self, n: int, root: Ref) -> None:
        """An entry of our own."""
        c, entries = self._c(n), self._entries([root])

        def model(reply: int) -> Callable[[Any], Any]:
            assert reply == self.model.enqueue(c, entries)
            if reply:
                self.accepted[c] |= set(entries)
            return lambda _: self.model.enqueue(c, entries)

        self.do(object(), lambda: self.world.store.inbox.enqueue(c, [entries[0].encode()]), model)

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

    @rule(n=pick, k=pick, plan=told, again=st.booleans(),
          twice=st.booleans(), stolen=st.integers(0, 3))  # fmt: skip
    def commit(
        self, n: int, k: int, plan: list[int], again: bool, twice: bool, stolen: int
    ) -> None:
        """A fetch came back: compare with what was known when it began, or (again) with what is now."""
        hand = self._hand(n)
        for _ in range(2 - len(hand.begun)):
            self._begin(hand, ROOTS[k % len(ROOTS)])
        if stolen == 0:
            self.time_passes(LEASE)
            self.a_worker_looks(2)
        if hand.begun:
            self._commit(hand, hand.begun[k % len(hand.begun)], plan, again)
            if twice:
                self.sent_again(0)

    def _commit(self, hand: Hand, begun: Begun, plan: list[int], again: bool) -> None:
        (c, token), root = hand.lease, ":".join(begun.root)
        writes, changes = self._compared(c, begun, plan, again)
        acks, entries = hand.acks(root), self._waiting(hand, root)
        places = [self.world.place(f"in:{c}", number) for number in acks]

        good, reply = self._under(
            hand,
            lambda: self.world.store.records.commit(
                c, begun.token, writes, changes, lease=hand.lease, acks=places, parked=root
            ),
            lambda _: self.model.commit(c, token, begun.token, writes, changes, acks, root),
        )
        if good and reply is not Committed.MOVED:
            self.ended |= entries
            hand.pulled.pop(root, None)
            hand.begun.remove(begun)

    def _compared(
        self, c: str, begun: Begun, plan: list[int], again: bool
    ) -> tuple[list[Write], list[tuple[int, Change]]]:
        conn = self.model.conns.get(c)
        now = {ref: rec.snapshot for ref, rec in conn.records.items()} if conn else {}
        known = now if again else begun.known
        refs = (begun.root, Ref("application", begun.root.remote_id), SHARED)
        writes, changes = [], []
        for ref, count in zip(refs, plan, strict=True):
            have = (now if ref == SHARED else known).get(ref)
            if count < 0:
                continue
            version, sequence = (have.version, have.sequence) if have else (0, 0)
            fields = {"id": ids.record_id(c, *ref), "n": self.number()}
            snapshot = Snapshot(version + 1, sequence + count, fields)
            root = "" if ref == begun.root else ":".join(begun.root)
            writes.append(Write(ref, version, snapshot, root))
            changes += [(sequence + k + 1, _change(ref, begun.root)) for k in range(count)]
        return writes, changes

    def _waiting(self, hand: Hand, root: str) -> set[str]:
        """Return the entries that a root's fetch answers: those that were pulled, and the parked."""
        conn = self.model.conns.get(hand.lease.id)
        parked = conn.parked.get(root) if conn else None
        before = Parked.load(parked[0].encode()).entries if parked else []
        return {entry for _, entry in hand.pulled.get(root, ())} | {e.decode() for e in before}

    @rule(n=pick, root=a_root, delay=st.integers(0, 3), bury=st.booleans())
    def park(self, n: int, root: Ref, delay: int, bury: bool) -> None:
        """A fetch failed: try again later, or bury it."""
        hand, name = self._hand(n), ":".join(root)
        c, token = hand.lease
        entries, acks = sorted(self._waiting(hand, name)), hand.acks(name)
        places = [self.world.place(f"in:{c}", number) for number in acks]
        parked = None if bury else Parked(1, 0, "failed", [e.encode() for e in entries])
        dead = _dead(c, name, entries) if bury else None
        raw = parked.dump().decode() if parked else None

        good, _ = self._under(
            hand,
            lambda: self.world.store.inbox.park(
                hand.lease, name, parked, delay * UNIT_MS, places,
                (dead[0], dead[1].encode(), KEPT_S) if dead else None,
            ),
            lambda _: self.model.park(c, token, name, raw, delay, acks, dead),
        )  # fmt: skip
        if good:
            hand.pulled.pop(name, None)
            self.ended |= set(entries) if bury else set()

    @rule(n=pick, root=a_root)
    def not_begun(self, n: int, root: Ref) -> None:
        """A fetch ended without a commit."""
        c, name = self._hand(n).lease.id, ":".join(root)
        if c in self.model.conns:
            self.do(
                self, lambda: self.world.store.inbox.not_begun(c, name),
                lambda _: self.model.not_begun(c, name),
            )  # fmt: skip

    @rule(n=pick, how=st.sampled_from(((True, None), (True, None), (False, None), (False, 2))))
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

    # what happens to a connection

    @rule(
        n=pick, status=st.sampled_from(STATUSES), how=st.sampled_from(("wake", "note", "restore"))
    )
    def status(self, n: int, status: str, how: str) -> None:
        """It is stopped, or goes on."""
        c = self._c(n)
        if how == "wake":
            self._set(c, status)
        elif how == "note":
            self.do(object(), lambda: self.world.store.connections.note(c, status=status),
                    lambda _: self.model.note(c, status))  # fmt: skip
        else:
            self._restore(c)

    def _set(self, c: str, status: str) -> None:
        def model(_: Any) -> Callable[[Any], Any]:
            self.model.wake(c, status)
            return lambda _: self.model.wake(c, status)

        self.do(object(), lambda: self.world.store.connections.wake(c, status), model)

    def _restore(self, c: str) -> None:
        def model(reply: bool) -> Callable[[Any], Any]:
            assert reply == self.model.restore(c, "baselining")
            return lambda _: self.model.restore(c, "baselining")

        self.do(object(), lambda: self.world.store.connections.restore(self.made[c]), model)

    @rule(n=pick)
    def unlink(self, n: int) -> None:
        """It is removed; whoever is at it is fenced."""
        c = self._c(n)
        if c in self.model.conns and len(self.model.conns) > 1:
            self.do(self, lambda: self.world.store.connections.remove(self.made[c]),
                    lambda _: self.model.remove(c))  # fmt: skip
            assert not [k for k in self.stored if c in k], "a removed connection left something"

    @rule(n=pick)
    def lose_a_line(self, n: int) -> None:
        """An inbox loses its place in line, as nothing of ours should make it."""
        c = self._c(n)
        self.model.ready["in"].pop(c, None)
        self.do(self, lambda: self.world.pipe.call("ZREM", "ready:in", c), lambda _: None)
        self.lost = True

    @rule()
    def sweep(self) -> None:
        """The sweep finds what was lost."""
        oldest = times.now_ms() - KEPT * UNIT_MS

        def model(reply: int) -> Callable[[Any], Any]:
            assert reply == self.model.sweep()
            return lambda _: self.model.sweep()

        self.do(self, lambda: self.world.pipe.run("sweep", oldest), model)
        # Who holds a lease in no line is let go of once there is work for the next.
        self.lost = bool(set(self.model.lease["in"]) - set(self.model.ready["in"]))

    # what is never untrue

    def harm(self) -> Any:
        """Records, log, marks, what is parked, and which dead letters there are."""
        conns = self.model.conns.items()
        return (
            {c: (conn.records, conn.log, list(conn.parked)) for c, conn in conns},
            set(self.model.dead),
        )

    def check(self) -> None:
        """Check what is never untrue of `stored`."""
        for c in self.model.conns:
            self._nothing_is_lost(c)
            self._sequences_run(c)
            if not self.lost:
                self._who_has_work_is_looked_at(c)
        self._versions_grow()

    def _nothing_is_lost(self, c: str) -> None:
        waiting = {fields[1] for _, fields in self.stored.get(f"in:{c}", ())}
        for raw in self.stored.get(f"park:{c}", {}).values():
            waiting |= {entry.decode() for entry in Parked.load(raw.encode()).entries}
        lost = self.accepted[c] - waiting - self.ended
        assert not lost, f"accepted, and neither waiting, parked, committed nor buried: {lost}"

    def _sequences_run(self, c: str) -> None:
        runs: dict[tuple[str, str], int] = {}
        for _, (_, event, _, _, _, _, _, model, _, remote_id) in self.stored.get(f"log:{c}", ()):
            runs[model, remote_id] = sequence = runs.get((model, remote_id), 0) + 1
            assert event == _event_id(c, model, remote_id, sequence), "a sequence has a gap"

    def _who_has_work_is_looked_at(self, c: str) -> None:
        work = f"in:{c}" in self.stored or f"park:{c}" in self.stored
        leased = c in self.stored.get("lease:in", {})
        seen = c in self.stored.get("ready:in", {})
        assert seen or not (work or leased), "an inbox with work, or a lease, is in no line"

    def _versions_grow(self) -> None:
        for key, record in self.stored.items():
            if key.startswith("rec:"):
                version = int(record["v"])
                assert version >= self.versions.get(key, 0), f"{key} went back"
                self.versions[key] = version

    def end(self) -> None:
        """Let honest workers end it: all that waits has to be worked off."""
        if self.lost:
            self.sweep()
        for c in self.model.conns:
            self._set(c, "active")
        for _ in range(20):
            leases = self.claim("in", 4, LEASE)
            for lease in leases:
                self._work_off(Hand(lease))
            if not leases:
                self.time_passes(1)
        left = [key for key in self.stored if key.startswith(("in:", "park:"))]
        assert not left, f"nobody ever looked at {left}"

    def _work_off(self, hand: Hand) -> None:
        self.hands = [hand]
        self.pull(0, 1000)
        for root in ROOTS:
            name = ":".join(root)
            if name in self.model.conns[hand.lease.id].parked or self._waiting(hand, name):
                self._begin(hand, root)
                self._commit(hand, hand.begun[-1], [1, 0, 1], True)
        self._release(hand, True, None)


def _change(ref: Ref, subject: Ref) -> Change:
    return Change(ref.model, ref.remote_id, f"{ref.model}.updated", {}, (), (), None, subject)


def _dead(c: str, root: str, entries: Sequence[str]) -> tuple[str, str]:
    dead = DeadLetter(
        id=ids.inbound_dead_letter_id(c, root), kind="inbound", reason="gave up", failed_at=0,
        connection_id=c, root=root, entries=tuple(entries),
    )  # fmt: skip
    return dead.id, dead.model_dump_json()


_event_id = cache(ids.event_id)
