"""Deliveries in plain Python: what steps, lanes, attempts and dead letters promise.

The breaker, its ramp, a rate and a rest are not in it: the machines step with terms under which none
of them acts, and let no subscriber fail so often that its breaker opens.
"""

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import NamedTuple

from service.core.store.deliveries import Delivery
from tests.machine.floor import earliest
from tests.machine.subscriber_model import Line, Sub, SubscriberModel
from tests.machine.world import KEPT

WORDS = {"ok": "delivered", "dead": "dead", "late": "dead", "erased": "erased", "missed": "erased"}

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
    attempted: bool = True


class How(NamedTuple):
    """How far a step may go."""

    lease: int
    flight: int
    window: int
    read: int
    free: int
    flying: int
    number: int = 0  # of the step in its lease
    retries: int = 0  # in hand


class Chosen(NamedTuple):
    """What Redis chose of what it might: ids by the reply, and the news that it left."""

    going: Sequence[str]
    reads: Reads
    news: frozenset[str]
    told: Sequence[Sequence[str]] = ()  # connection, and an event's row in its log


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
            sub.begin(d.lane, d.id, self.now)
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
        line.due[delivery] = min(due, self.now, int(min(line.due.values())))  # before all others
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
        given = self.kept(f"gave:{s}") or ""
        mark = f"{token} {how.number} "
        again = given[len(mark) :].split() if given.startswith(mark) else None
        for one in opened:
            if sub.positions.get(one.c, 0) == one.start:
                sub.positions[one.c] = one.end
                for d in one.deliveries:
                    self._open(d, d.dump().decode())
        telling = [
            saying for end in settled for saying in self._settle(sub, end, again is not None)
        ]
        self._say(telling, chosen.told)
        if sub.status != "active":
            return self._stopped(s, how)
        self._read(sub, how, chosen)
        if again is None:
            self._gives(sub, how, chosen.going)
            if chosen.going:
                self.keep(f"gave:{s}", mark + " ".join(chosen.going), how.flight)
        else:
            self._gave(sub, again, chosen.going)
        return self._goes_on(s, sub, how, chosen)

    def _settle(self, sub: Sub, end: Settled, again: bool) -> list[tuple[str, str]]:
        """End an attempt; returns of which connections' logs what kind of event is to be told."""
        d = end.delivery
        line = sub.line(d.lane)
        if d.id not in line.open:
            return []
        before = Delivery.model_validate_json(line.open[d.id])
        if before.n != d.n - end.attempted:
            return []  # an attempt counts once
        if end.verdict == "back":
            if not again:
                self._back(sub, line, d)
        elif end.verdict in ("retry", "unsent", "pause"):
            line.open[d.id] = d.dump().decode()
            line.due[d.id] = self.now + end.wait
        else:
            self._end(sub, line, end, before)
        if end.attempted:
            sub.tried(end.verdict == "ok")
        if end.verdict == "missed":
            return [(d.c, "subscriber.missed")]
        return self._gone(sub, d) if end.verdict == "pause" else []

    def _back(self, sub: Sub, line: Line, d: Delivery) -> None:
        if d.n == 0:
            sub.begin(d.lane, d.id, self.now)
        else:
            line.due[d.id] = self.now

    def _gone(self, sub: Sub, d: Delivery) -> list[tuple[str, str]]:
        was = sub.status
        self.pause(d.s, "the subscriber answered 410 Gone")
        return [(d.c, "subscriber.disabled")] if was == "active" else []

    def _say(self, wanted: Sequence[tuple[str, str]], told: Sequence[Sequence[str]]) -> None:
        """Check that what happened to a subscriber is in its connection's log, and nothing else."""
        known = {one for one in wanted if one[0] in self.conns}  # a test event is of none
        assert sorted((c, row[3]) for c, *row in told) == sorted(known)
        for c, *row in told:
            self.keep(f"ev:{row[1]}", row[1], KEPT)
            conn = self.conns[c]
            conn.logged += 1
            conn.log.append((conn.logged, row))
            self.dirty.add(c)
            self.ring("out")

    def _end(self, sub: Sub, line: Line, end: Settled, before: Delivery) -> None:
        d = end.delivery
        del line.open[d.id]
        line.due.pop(d.id, None)
        self.keep(f"dlv:{d.id}", d.dump().decode(), KEPT)
        waiting = sub.behind.get(d.lane, [])
        if waiting:
            sub.head[d.lane] = waiting.pop(0)
            sub.begin(d.lane, sub.head[d.lane], self.now)
        else:
            del sub.head[d.lane]
        if end.dead:
            self.keep(f"dlt:{end.dead[0]}", end.dead[1], KEPT)
            self.dead[end.dead[0]] = self.now
            if self.kept(f"ev:{d.e}"):
                self.keep(f"ev:{d.e}", d.e, KEPT)
        word = WORDS[end.verdict]
        self.stat[f"deliveries_{word}"] = self.stat.get(f"deliveries_{word}", 0) + 1
        self.replay_settled(before, "dead" if end.verdict == "late" else end.verdict)

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
        room = _room(sub, how)
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

    def _gave(self, sub: Sub, given: Sequence[str], going: Sequence[str]) -> None:
        """Check that a step whose reply was lost gives what it gave, as far as it still flies."""
        due = sub.live.due | sub.replayed.due
        flies = [d for d in given if due.get(d, 0) % 1 and int(due[d]) > self.now]
        assert list(going) == flies, f"given were {given}, now {going}"

    def _gives(self, sub: Sub, how: How, going: Sequence[str]) -> None:
        live = [name for name in going if name in sub.live.due]
        replayed = [name for name in going if name not in sub.live.due]
        assert list(going) == live + replayed
        waiting = {name: at for name, at in sub.live.due.items() if int(at) <= self.now}
        places = max(0, how.free)
        if replayed and len(live) + 1 == places and len(waiting) >= places:
            # Now and then a replay has the last place all the same.
            rest = [name for name in waiting if name not in live]
            assert any(self._is_fair(sub, how, [*live, name]) for name in rest)
        else:
            assert self._is_fair(sub, how, live), f"{live} of {waiting}, {sub.live.first}, {how}"
        earliest(sub.replayed.due, places - len(live), self.now, replayed)
        for line, ids in ((sub.live, live), (sub.replayed, replayed)):
            line.due |= dict.fromkeys(ids, self.now + how.flight + 0.5)
        for name in live:
            sub.live.first.pop(name, None)

    def _is_fair(self, sub: Sub, how: How, live: Sequence[str]) -> bool:
        """Say whether all that may leave do: the earliest, but retries have half while others wait."""
        line, now = sub.live, self.now
        waiting = {name: int(at) for name, at in line.due.items() if int(at) <= now}
        plain = _are_earliest(waiting, how.free, live)
        if len(waiting) < how.free:
            return plain
        firsts = {name: at for name, at in line.first.items() if at <= now}
        tried = {name: at for name, at in waiting.items() if name not in line.first}
        gone = [name for name in live if name in tried]
        new = [name for name in live if name in firsts]
        half, odd = divmod(how.flying + how.free, 2)
        least, most = max(0, half - how.retries), max(0, half + odd - how.retries)
        if len(gone) > most and len(new) < len(firsts):
            return False
        by_turns = _are_earliest(tried, len(gone), gone) and _are_earliest(firsts, len(new), new)
        return plain or (by_turns and len(live) == how.free and len(gone) >= min(least, len(tried)))

    def _goes_on(self, s: str, sub: Sub, how: How, chosen: Chosen) -> tuple[str, int | None]:
        later = min(sub.looks(), default=None)
        if chosen.going or chosen.reads or how.flying:
            self.ready["out"][s] = self.now + how.lease
            return "going", later
        return "released", self._released(s, sub, how, later)

    def _released(self, s: str, sub: Sub, how: How, look: int | None) -> int | None:
        del self.lease["out"][s]
        if how.read == 0 and sub.news and _room(sub, how) >= 1:
            look = self.now
        if look is None:
            self.ready["out"].pop(s, None)
            return None
        self.ready["out"][s] = max(look, self.now)
        if how.read == 0 and look <= self.now:
            self.ready["out"][s] = look
            self.ring("out")
        return max(0, look - self.now)


def _room(sub: Sub, how: How) -> int:
    """Return how many more may be opened: a window of lanes, ten times that of deliveries."""
    return min(how.window - len(sub.live.due), 10 * how.window - len(sub.live.open))


def _are_earliest(line: Mapping[str, int], want: int, got: Sequence[str]) -> bool:
    rest = [at for name, at in line.items() if name not in got]
    times = [line[name] for name in got if name in line]
    full = len(times) == len(got) == min(want, len(line))
    return full and times == sorted(times) and (not times or not rest or times[-1] <= min(rest))
