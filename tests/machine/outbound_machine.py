"""The way out, at random: all that can happen to it, and what must hold whatever does."""

from collections.abc import Callable
from typing import Any

import orjson
from hypothesis import strategies as st
from hypothesis.stateful import rule

from service.core import times
from service.core.store import keys
from service.core.store.deliveries import Delivery
from tests.machine.delivering import LEASE, Hand
from tests.machine.growing import delivery_id, pick
from tests.machine.replaying import Porter, Replaying
from tests.machine.world import KEPT, UNIT_MS, World


class OutboundMachine(Replaying):
    """Logs, subscribers, workers that deliver, replays, and the sweep."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.lost = False  # a line lost its place, and no sweep was there yet

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
        self.world.moment()
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
            self.model.listed_dead(),
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
        for name in self._hash(f"first:{s}"):
            state = Delivery.model_validate_json(self._hash(f"d:{s}")[name])
            assert name in due and state.n == 0, "a first attempt that is none"
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
            name = delivery_id(event, s)
            places = (name in open_) + (name in self.settled)
            assert places == self.wanted[s].wants(c, kind), f"{event} is in {places} places for {s}"

    def _who_has_work_is_looked_at(self, s: str) -> None:
        work = self._open(s) or f"news:{s}" in self.stored
        if s in self.stored.get("subs:on", ()):
            seen = s in self._hash("ready:out")
            assert seen or not (work or s in self._hash("lease:out")), "work that is in no line"

    def _replays_add_up(self) -> None:
        states = self._states()
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
        self._all_work()
        for s in self.model.on:
            assert not self._open(s) and f"news:{s}" not in self.stored, f"{s} waits for ever"
            ends = {c: conn.logged for c, conn in self.model.conns.items() if conn.log}
            read = {**ends, **self.model.subs[s].positions}
            assert ends.items() <= read.items(), "not read to the end"
        self._no_replay_runs_for_ever()

    def _all_work(self) -> None:
        for _ in range(15):
            worked = self._porters_work() | self._hands_work()
            if not (self.model.ready["rpl"] or self.model.ready["out"]):
                return
            if not worked:
                self.time_passes(1)

    def _no_replay_runs_for_ever(self) -> None:
        kept = {r: self.model.kept(f"rpl:{r}") or {} for r in self.model.replays}
        running = {r for r, replay in kept.items() if replay.get("status") == "running"}
        assert running <= {d.replay for d in self._states()}, "a replay runs for ever"

    def _states(self) -> list[Delivery]:
        return [
            Delivery.model_validate_json(state)
            for s in self.model.subs
            for state in self._open(s).values()
        ]

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
