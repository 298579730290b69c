"""The way in, at random: all that can happen to it, and what must hold whatever does."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from hypothesis.stateful import rule

from service.core import ids, times
from service.core.store.inbox import Parked
from tests.machine.arriving import ROOTS, pick
from tests.machine.committing import Committing
from tests.machine.refetching import LEASE, Hand
from tests.machine.world import KEPT, UNIT_MS, World

_event_id = lru_cache(65_536)(ids.event_id)


class InboxMachine(Committing):
    """Connections, their inboxes, workers on them, and the sweep."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.versions: dict[str, int] = {}

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
        self.world.moment()
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
            self.model.listed_dead(),
        )

    def check(self) -> None:
        """Check what is never untrue of `stored`."""
        for c in self.model.conns:
            self._nothing_is_lost(c)
            self._sequences_run(c)
            if not self.lost:
                self._who_has_work_is_looked_at(c)
        for c in set(self.made) - set(self.model.conns):
            left = [key for key in self.stored if c in key]
            assert not left, f"a removed connection left {left}"
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
            if not model:
                continue  # of the connection itself
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
            if not self.model.ready["in"]:
                break
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
