"""The way in, at random: webhooks, workers that hang, die and come back, commits that race."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from service.core import ids
from service.core.errors import Fenced
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

pick = st.integers(0, 11)


@dataclass
class Begun:
    """A fetch on its way."""

    root: Ref
    token: int
    known: Known


@dataclass
class Hand:
    """A worker with a lease, which may long be another's."""

    lease: Lease
    after: int = 0
    pulled: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    begun: list[Begun] = field(default_factory=list)


class InboxMachine(Driving):
    """Connections, their inboxes, their records, and hands that work on them."""

    model: InboxModel

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.model = InboxModel()
        self.hooks: dict[str, str] = {}
        self.hands: list[Hand] = []
        self.accepted: dict[str, set[str]] = {}
        self.ended: set[str] = set()  # committed or buried
        self.versions: dict[str, int] = {}
        self.lost = False  # a line lost its place, and no sweep was there yet

    @initialize(count=st.integers(1, 2))
    def link(self, count: int) -> None:
        """Link companies."""
        for _ in range(count):
            made = self.do(self, self._create, self._made)
            self.do(self, lambda c=made.id: self.world.store.connections.wake(c, "active"),
                    lambda _, c=made.id: self.model.wake(c, "active"))  # fmt: skip

    def _create(self) -> Any:
        return self.world.store.connections.create("1", "token", None, "Example")

    def _made(self, connection: Any) -> None:
        self.hooks[connection.id] = connection.hook
        self.accepted[connection.id] = set()
        self.model.made(connection.id, connection.hook)

    def _c(self, n: int) -> str:
        return sorted(self.hooks)[n % len(self.hooks)]

    def _entries(self, c: str, roots: list[Ref]) -> list[str]:
        rows = [orjson.dumps({"root": ":".join(r), "n": self.number()}).decode() for r in roots]
        if c in self.model.conns:
            self.accepted[c] |= set(rows)
        return rows

    @rule(n=pick, h=pick, mark=st.integers(1, 12), roots=st.lists(st.sampled_from(ROOTS), max_size=3))
    def accept(self, n: int, h: int, mark: int, roots: list[Ref]) -> None:
        """A webhook comes, perhaps one that came before, perhaps on another's hook."""
        c, hook, fp = self._c(n), self.hooks[self._c(n if h else n + 1)], f"f{mark}"
        entries = self._entries(c, roots)
        raw = [entry.encode() for entry in entries]

        def model(reply: int) -> Callable[[], Any]:
            assert reply == self.model.accept(hook, c, fp, entries)
            if reply != 1:
                self.accepted[c] -= set(entries)
            return lambda: self.model.accept(hook, c, fp, entries)

        self.do(object(), lambda: self.world.store.inbox.accept(hook, c, fp, raw), model)

    @rule(n=pick, root=st.sampled_from(ROOTS))
    def enqueue(self, n: int, root: Ref) -> None:
        """An entry of our own."""
        c = self._c(n)
        entries = self._entries(c, [root])

        def model(reply: int) -> Callable[[], Any]:
            assert reply == self.model.enqueue(c, entries)
            return lambda: self.model.enqueue(c, entries)

        self.do(object(), lambda: self.world.store.inbox.enqueue(c, [entries[0].encode()]), model)

    @rule(want=st.integers(1, 3))
    def look(self, want: int) -> None:  # type: ignore[override]
        """A worker claims what is due."""
        self.hands += [Hand(lease) for lease in self.claim("in", want, LEASE)]
