"""How fetches end, at random: committed against what is known, parked for another try, buried."""

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.stateful import rule

from service.core import ids
from service.core.store.dead_letters import DeadLetter
from service.core.store.inbox import Parked
from service.core.store.records import Committed, Write
from service.core.unified.model import Change, Ref, Snapshot
from tests.machine.arriving import ROOTS, a_root, pick
from tests.machine.refetching import LEASE, Begun, Hand, Refetching
from tests.machine.world import KEPT, UNIT_MS, World

SHARED = Ref("stage", "5")  # comes with every root
KEPT_S = KEPT * UNIT_MS // 1000

told = st.lists(st.integers(-1, 2), min_size=3, max_size=3)  # changes per record, -1: not written


class Committing(Refetching):
    """Hands that end what they began."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.ended: set[str] = set()  # committed or buried

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


def _change(ref: Ref, subject: Ref) -> Change:
    return Change(ref.model, ref.remote_id, f"{ref.model}.updated", {}, (), (), None, subject)


def _dead(c: str, root: str, entries: Sequence[str]) -> tuple[str, str]:
    dead = DeadLetter(
        id=ids.inbound_dead_letter_id(c, root), kind="inbound", reason="gave up", failed_at=0,
        connection_id=c, root=root, entries=tuple(entries),
    )  # fmt: skip
    return dead.id, dead.model_dump_json()
