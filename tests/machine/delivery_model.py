"""Deliveries in plain Python: what steps, lanes, attempts and dead letters promise."""

from collections.abc import Sequence
from itertools import permutations
from typing import NamedTuple

from service.core.store.deliveries import Delivery
from tests.machine.floor import earliest
from tests.machine.subscriber_model import Line, Sub, SubscriberModel
from tests.machine.world import KEPT

Reads = list[tuple[str, int, list[int]]]  # connection, from, entries' numbers


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


class DeliveryModel(SubscriberModel):
    """What is open for subscribers, and how it ends."""

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
        self.replay_settled(before, end.verdict)

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
