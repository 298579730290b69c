"""The way out in plain Python: what steps, positions, lanes, dead letters and replays promise."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any, NamedTuple

import orjson

from service.core.store.deliveries import Delivery
from tests.machine.floor import earliest, strings
from tests.machine.inbox_model import InboxModel
from tests.machine.world import KEPT, View

Reads = list[tuple[str, int, list[int]]]  # connection, from, entries' numbers


@dataclass
class Line:
    """Open deliveries, and when each lane's head is to be tried: a half more while it is in flight."""

    open: dict[str, str] = field(default_factory=dict)
    due: dict[str, float] = field(default_factory=dict)


@dataclass
class Sub:
    """One subscriber."""

    status: str = "active"
    reason: str = ""
    streak: int = 0
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

    def looks(self) -> list[int]:
        """Return when something is due, or a flight is over."""
        return [int(at) for line in (self.live, self.replayed) for at in line.due.values()]


class Opened(NamedTuple):
    """What became of a read."""

    c: str
    start: int
    end: int
    deliveries: list[Delivery]


class Settled(NamedTuple):
    """The end of an attempt; the wait is in units."""

    delivery: Delivery
    verdict: str
    wait: int = 0
    dead: tuple[str, str] | None = None


class How(NamedTuple):
    """How far a step may go."""

    lease: int
    flight: int
    window: int
    read: int
    free: int
    flying: int


class Chosen(NamedTuple):
    """What Redis chose of what it might: ids by the reply, and the news that it left."""

    going: Sequence[str]
    reads: Reads
    news: frozenset[str]


class OutboundModel(InboxModel):
    """Logs as the inbox's model has them; subscribers, replays and dead letters beside."""

    def __init__(self) -> None:
        super().__init__()
        self.subs: dict[str, Sub] = {}
        self.on: set[str] = set()
        self.listed: dict[str, int] = {}
        self.replays: dict[str, int] = {}
        self.replaying: dict[str, str] = {}

    # subscribers

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
            sub.status, sub.reason, sub.streak = "active", "", 0
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
        for line in (sub.live, sub.replayed):
            for state in line.open.values():
                self._replay_settled(Delivery.model_validate_json(state), "dead")

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

    # deliveries

    def _open(self, d: Delivery, state: str) -> bool:
        sub = self.subs[d.s]
        line = sub.line(d.lane)
        if d.id in line.open:
            return False
        line.open[d.id] = state
        if d.lane in sub.head:
            sub.behind.setdefault(d.lane, []).append(d.id)
        else:
            sub.head[d.lane] = d.id
            line.due[d.id] = self.now
        sub.listed[d.id] = self.listed[d.id] = self.now
        self.keep(f"evd:{d.e}", sorted({*(self.kept(f"evd:{d.e}") or ()), d.id}), KEPT)
        return True

    def open_test(self, d: Delivery) -> bool:
        """Open one delivery of an event that no log has."""
        if d.s not in self.on:
            return False
        self.keep(f"ev:{d.e}", d.e, KEPT)
        self._open(d, d.dump().decode())
        self.line_up("out", d.s)
        self.ring("out")
        return True

    def retry_now(self, s: str, delivery: str) -> int:
        """Make an attempt due: 1; 0 not open, -1 behind another, -2 in flight."""
        sub = self.subs.get(s, Sub())
        line = sub.live if delivery in sub.live.open else sub.replayed
        if delivery not in line.open:
            return 0
        due = line.due.get(delivery)
        if due is None:
            return -1
        if due % 1:
            return -2
        line.due[delivery] = min(due, self.now)
        self.line_up("out", s)
        self.ring("out")
        return 1

    def step(
        self, s: str, token: int, how: How, opened: Sequence[Opened], settled: Sequence[Settled],
        chosen: Chosen,
    ) -> tuple[str, int | None]:  # fmt: skip
        """Settle, open, read on and let leave; returns what the step came to and when to look next."""
        if not self.holds("out", s, token):
            return "fenced", None
        sub = self.subs[s]
        for one in opened:
            if sub.positions.get(one.c, 0) == one.start:
                sub.positions[one.c] = one.end
                for d in one.deliveries:
                    self._open(d, d.dump().decode())
        for end in settled:
            self._settle(sub, end)
        if sub.status != "active":
            return self._stopped(s, how)
        self._read(sub, how, chosen)
        return self._leave(s, sub, how, chosen)

    def _settle(self, sub: Sub, end: Settled) -> None:
        d = end.delivery
        line = sub.line(d.lane)
        if d.id not in line.open:
            return
        before = Delivery.model_validate_json(line.open[d.id])
        if before.n != d.n - 1:
            return  # an attempt counts once
        if end.verdict in ("retry", "pause"):
            line.open[d.id] = d.dump().decode()
            line.due[d.id] = self.now + end.wait
        else:
            self._end(sub, line, end, before)
        if end.verdict == "ok":
            sub.streak = 0
        elif end.verdict != "erased":
            sub.streak += 1
        if end.verdict == "pause":
            self.pause(d.s, "the subscriber answered 410 Gone")

    def _end(self, sub: Sub, line: Line, end: Settled, before: Delivery) -> None:
        d = end.delivery
        del line.open[d.id]
        line.due.pop(d.id, None)
        self.keep(f"dlv:{d.id}", d.dump().decode(), KEPT)
        waiting = sub.behind.get(d.lane, [])
        if waiting:
            sub.head[d.lane] = waiting.pop(0)
            line.due[sub.head[d.lane]] = self.now
        else:
            del sub.head[d.lane]
        if end.dead:
            self.keep(f"dlt:{end.dead[0]}", end.dead[1], KEPT)
            self.dead[end.dead[0]] = self.now
            if self.kept(f"ev:{d.e}"):
                self.keep(f"ev:{d.e}", d.e, KEPT)
        word = {"ok": "delivered"}.get(end.verdict, end.verdict)
        self.stat[f"deliveries_{word}"] = self.stat.get(f"deliveries_{word}", 0) + 1
        self._replay_settled(before, end.verdict)

    def _stopped(self, s: str, how: How) -> tuple[str, None]:
        if how.flying:
            self.ready["out"][s] = self.now + how.lease
        else:
            del self.lease["out"][s]
            self.ready["out"].pop(s, None)
        return "stopped", None

    def _read(self, sub: Sub, how: How, chosen: Chosen) -> None:
        ways = [self._reading(sub, how, order) for order in permutations(sorted(sub.news))]
        assert (chosen.reads, chosen.news) in ways, f"{chosen} is none of {ways}"
        sub.news = set(chosen.news)

    def _reading(self, sub: Sub, how: How, order: Sequence[str]) -> tuple[Reads, frozenset[str]]:
        """Return what is read, and the news that stays, when connections come in this order."""
        left, reads, news = how.read, [], set(order)
        measure = max(1, min(how.read, how.window // 2))
        room = how.window - len(sub.live.open)
        for c in order:
            count = min(left, room) if room >= measure else 0
            start = sub.positions.get(c, 0)
            got = [number for number, _ in self.conns[c].log if number > start][:count]
            if got:
                reads.append((c, start, got))
                left, room = left - len(got), room - len(got)
            elif count > 0:
                news.discard(c)
        return reads, frozenset(news)

    def _leave(self, s: str, sub: Sub, how: How, chosen: Chosen) -> tuple[str, int | None]:
        live = [name for name in chosen.going if name in sub.live.due]
        replayed = [name for name in chosen.going if name not in sub.live.due]
        assert list(chosen.going) == live + replayed
        free = max(0, how.free)
        for line, ids in ((sub.live, live), (sub.replayed, replayed)):
            earliest(line.due, free, self.now, ids)
            free -= len(ids)
            line.due |= dict.fromkeys(ids, self.now + how.flight + 0.5)
        later = min(sub.looks(), default=None)
        if chosen.going or chosen.reads or how.flying:
            self.ready["out"][s] = self.now + how.lease
            return "going", later
        return "released", self._released(s, sub, how, later)

    def _released(self, s: str, sub: Sub, how: How, look: int | None) -> int | None:
        del self.lease["out"][s]
        if how.read == 0 and sub.news and len(sub.live.open) < how.window:
            look = self.now
        if look is None:
            self.ready["out"].pop(s, None)
            return None
        self.ready["out"][s] = max(look, self.now)
        if how.read == 0 and look <= self.now:
            self.ready["out"][s] = look
            self.ring("out")
        return max(0, look - self.now)

    # replays and dead letters

    def _replay_settled(self, before: Delivery, verdict: str) -> None:
        if before.replay is None:
            return
        replay = self.kept(f"rpl:{before.replay}")
        if replay:
            replay["done" if verdict == "ok" else "failed"] += 1
            if replay["status"] == "running":
                self._maybe_done(replay)
        if before.dlt:
            self.replaying.pop(before.dlt, None)
            if verdict != "dead":
                self.discard(before.dlt)

    def _maybe_done(self, replay: dict[str, Any]) -> None:
        if replay["done"] + replay["failed"] >= replay["total"]:
            replay["status"] = "done"

    def discard(self, dead: str) -> None:
        """Forget a dead letter."""
        self.drop(f"dlt:{dead}")
        self.dead.pop(dead, None)

    def replay(self, r: str, items: Sequence[Sequence[str]]) -> None:
        """Store a replay with what it has to send, once."""
        if r in self.replays:
            return
        status = "running" if items else "done"
        fields = {"id": r, "status": status, "total": len(items), "done": 0, "failed": 0}
        self.keep(f"rpl:{r}", fields, KEPT)
        self.replays[r] = self.now
        if items:
            self.keep(f"rplq:{r}", [orjson.dumps(list(item)).decode() for item in items], KEPT)
            self.replaying |= {item[2]: r for item in items if item[2]}
            self.ready["rpl"][r] = self.now
            self.ring("rpl")

    def open_replay(
        self, r: str, length: int, opened: Sequence[Delivery], skipped: Sequence[str]
    ) -> bool:
        """Open the next of a replay, and move on; False when it stands still."""
        replay, queue = self.kept(f"rpl:{r}"), self.kept(f"rplq:{r}") or []
        if not replay or replay["status"] != "running":
            return False
        if len(queue) != length:
            return True
        failed = list(skipped)
        for d in opened:
            if d.s not in self.subs or not self._open(d, d.dump().decode()):
                failed.append(d.dlt or "")
                continue
            if d.dlt:
                self.replaying[d.dlt] = r
            if d.s in self.on:
                self.line_up("out", d.s)
        for dead in failed:
            self.replaying.pop(dead, None)
        del queue[: len(opened) + len(skipped)]
        if not queue:
            self.drop(f"rplq:{r}")
        replay["failed"] += len(failed)
        self._maybe_done(replay)
        self.ring("out")
        return True

    def release_replay(self, r: str, token: int) -> int | None:
        """Hand a replay back; it stays in line while it has items left."""
        if not self.holds("rpl", r, token):
            return None
        del self.lease["rpl"][r]
        replay = self.kept(f"rpl:{r}")
        if replay and replay["status"] == "running" and self.kept(f"rplq:{r}"):
            self.ready["rpl"][r] = self.now
            return 0
        self.ready["rpl"].pop(r, None)
        return None

    def move(self, r: str, status: str, before: Sequence[str]) -> bool:
        """Pause, resume or cancel."""
        replay = self.kept(f"rpl:{r}")
        if not replay or (replay["status"] != status and replay["status"] not in before):
            return False
        if replay["status"] != status:
            replay["status"] = status
            if status == "running":
                self._maybe_done(replay)
        if status == "running":
            self.wake_replay(r)
        if status == "canceled":
            for raw in self.kept(f"rplq:{r}") or ():
                self.replaying.pop(orjson.loads(raw)[2], None)
            self.drop(f"rplq:{r}")
        return True

    def wake_replay(self, r: str) -> None:
        """Let a replay run."""
        self.line_up("rpl", r)
        self.ring("rpl")

    def sweep(self) -> int:
        """Put lost work back in line, forget listings past their time."""
        found, oldest = 0, self.now - KEPT
        for s in self.on - set(self.ready["out"]):
            sub = self.subs[s]
            looks = sub.looks()
            looks += [self.now] if sub.news else []
            if looks:
                self.lease["out"].pop(s, None)
                self.ready["out"][s] = min(looks)
                found += 1
        for r in set(self.replays) - set(self.ready["rpl"]):
            replay = self.kept(f"rpl:{r}")
            if replay and replay["status"] == "running" and self.kept(f"rplq:{r}"):
                self.lease["rpl"].pop(r, None)
                self.ready["rpl"][r] = self.now
                found += 1
        for listing in (self.listed, self.replays, *(sub.listed for sub in self.subs.values())):
            for name in [name for name, at in listing.items() if at <= oldest]:
                del listing[name]
        return found + super().sweep()

    def view(self) -> View:
        """Return all that Redis should hold."""
        rows = super().view() | {
            "subs": sorted(self.subs), "subs:on": sorted(self.on), "dlvs": self.listed,
            "rpls": self.replays, "replaying": self.replaying,
        }  # fmt: skip
        for key, (until, value) in self.passing.items():
            if key.startswith("rpl:"):
                rows[key] = (until, strings(value))
        for s, sub in self.subs.items():
            rows |= dict(_shown(s, sub))
        return rows


def _shown(s: str, sub: Sub) -> Iterator[tuple[str, Any]]:
    yield f"sub:{s}", {"status": sub.status, "reason": sub.reason, "streak": sub.streak}
    plain: Mapping[str, Any] = {
        "pos": sub.positions, "news": sorted(sub.news), "lane": sub.head, "dlvs": sub.listed,
        "d": sub.live.open, "due": sub.live.due,
    }  # fmt: skip
    yield from ((f"{head}:{s}", value) for head, value in plain.items())
    yield f"d:{s}:replay", sub.replayed.open
    yield f"due:{s}:replay", sub.replayed.due
    yield from ((f"wait:{s}:{lane}", ids) for lane, ids in sub.behind.items())
