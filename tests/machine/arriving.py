"""What comes in and happens to connections, at random."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from service.core import ids
from service.core.store.connections import Connection
from service.core.unified.model import Ref
from tests.machine.driving import Driving
from tests.machine.records_model import RecordsModel
from tests.machine.world import World

ROOTS = (Ref("candidate", "1"), Ref("candidate", "2"), Ref("job", "7"))
STATUSES = ("active", "active", "active", "unauthorized", "baselining")

pick = st.integers(0, 5)
a_root = st.sampled_from(ROOTS)


class Arriving(Driving):
    """Connections, their webhooks, and what stops and removes them."""

    model: RecordsModel

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.model = RecordsModel()
        self.made: dict[str, Connection] = {}
        self.accepted: dict[str, set[str]] = {}

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

    @rule(n=pick, about=st.integers(1, 3))
    def announce(self, n: int, about: int) -> None:
        """A worker tells something of a connection, be it gone by now."""
        c, kind = self._c(n), "connection.restored"
        event = ids.operational_event_id(c, kind, about)

        def model(_: Any) -> Callable[[Any], Any]:
            self.model.announce(c, event, kind)
            return lambda _: self.model.announce(c, event, kind)

        self.do(c, lambda: self.world.store.records.announce(c, kind, {}, about), model)
