"""Subscribers in plain Python: who reads which log from where, and what the retention skips."""

from dataclasses import dataclass, field
from typing import Any

from service.core.store.deliveries import Delivery
from tests.machine.records_model import RecordsModel
from tests.machine.world import KEPT

BREAKS = 10  # failures in a row, or among the last 20, that open a breaker


@dataclass
class Line:
    """Open deliveries, and when each lane's head is to be tried: a half more while it is in flight."""

    open: dict[str, str] = field(default_factory=dict)
    due: dict[str, float] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)  # heads that were never tried; of the live


@dataclass
class Sub:
    """One subscriber."""

    status: str = "active"
    reason: str = ""
    streak: int = 0
    tries: str = ""  # how the last 20 ended: 1 well, 0 not
    positions: dict[str, int] = field(default_factory=dict)
    news: set[str] = field(default_factory=set)
    live: Line = field(default_factory=Line)
    replayed: Line = field(default_factory=Line)
    head: dict[str, str] = field(default_factory=dict)
    behind: dict[str, list[str]] = field(default_factory=dict)
    listed: dict[str, int] = field(default_factory=dict)

    def line(self, lane: str) -> Line:
        """Return the line that a lane is of."""
        return self.replayed if lane.startswith("rpl_") else self.live

    def begin(self, lane: str, delivery: str, now: int) -> None:
        """Make a lane's head due that was never tried; only of the live ones that is known."""
        line = self.line(lane)
        line.due[delivery] = now
        if line is self.live:
            line.first[delivery] = now

    def tried(self, well: bool) -> None:
        """Count an attempt."""
        self.streak = 0 if well else self.streak + 1
        self.tries = (self.tries + "01"[well])[-20:]
        assert self.tries.count("0") < BREAKS, "the machines never open a breaker"

    def looks(self) -> list[int]:
        """Return when something is due, or a flight is over."""
        return [int(at) for line in (self.live, self.replayed) for at in line.due.values()]


class SubscriberModel(RecordsModel):
    """Logs as the records' model has them; subscribers beside, and what replays have open for them."""

    def __init__(self) -> None:
        super().__init__()
        self.subs: dict[str, Sub] = {}
        self.on: set[str] = set()
        self.listed: dict[str, int] = {}
        self.replays: dict[str, int] = {}
        self.replaying: dict[str, str] = {}

    def subscribe(self, s: str) -> None:
        """Make a subscriber at the head of every log, once."""
        if s not in self.subs:
            heads = {c: conn.log[-1][0] if conn.log else 0 for c, conn in self.conns.items()}
            self.subs[s] = Sub(positions=heads)
            self.on.add(s)

    def pause(self, s: str, reason: str) -> None:
        """Send nothing more for now."""
        if s in self.subs:
            self.subs[s].status, self.subs[s].reason = "paused", reason
            self.on.discard(s)

    def resume(self, s: str) -> None:
        """Send again, from where it stood."""
        if s in self.subs:
            sub = self.subs[s]
            sub.status, sub.reason, sub.streak, sub.tries = "active", "", 0, ""
            self.on.add(s)
            sub.news |= set(self.conns)
            self.line_up("out", s)
            self.ring("out")

    def unsubscribe(self, s: str) -> None:
        """Forget a subscriber; what replays had open for it has failed."""
        sub = self.subs.pop(s)
        self.on.discard(s)
        self.ready["out"].pop(s, None)
        self.lease["out"].pop(s, None)
        self.drop(f"gave:{s}")
        for line in (sub.live, sub.replayed):
            for state in line.open.values():
                self.replay_settled(Delivery.model_validate_json(state), "dead")

    def fan_out(self) -> None:
        """Tell who is active which logs grew."""
        if self.dirty:
            for s in self.on:
                self.subs[s].news |= self.dirty
                self.line_up("out", s)
            self.dirty.clear()

    def skip(self, s: str, c: str, start: int, end: int, event: str, row: list[str]) -> bool:
        """Move on past what the log will not have any more, and tell it; False when it has moved."""
        if s not in self.subs:
            return start == 0
        if self.subs[s].positions.get(c, 0) != start:
            return False
        self.subs[s].positions[c] = end
        if event and not self.kept(f"ev:{event}"):
            self.keep(f"ev:{event}", event, KEPT)
            conn = self.conns[c]
            conn.logged += 1
            conn.log.append((conn.logged, row))
            self.dirty.add(c)
            self.ring("out")
        return True

    def trim(self, c: str, before: int) -> None:
        """Drop what the log has before an entry."""
        self.conns[c].log = [row for row in self.conns[c].log if row[0] >= before]

    # what has ended

    def replay_settled(self, before: Delivery, verdict: str) -> None:
        if before.replay is None:
            return
        replay = self.kept(f"rpl:{before.replay}")
        if replay:
            replay["done" if verdict == "ok" else "failed"] += 1
            if replay["status"] == "running":
                self.maybe_done(replay)
        if before.dlt:
            self.replaying.pop(before.dlt, None)
            if verdict != "dead":
                self.discard(before.dlt)

    def maybe_done(self, replay: dict[str, Any]) -> None:
        if replay["done"] + replay["failed"] >= replay["total"]:
            replay["status"] = "done"

    def discard(self, dead: str) -> None:
        """Forget a dead letter."""
        self.drop(f"dlt:{dead}")
        self.dead.pop(dead, None)
