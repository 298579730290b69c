"""The way out in plain Python: replays, the sweep, and all that Redis should hold."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from service.core.store.deliveries import Delivery
from tests.machine.delivery_model import DeliveryModel
from tests.machine.floor import strings
from tests.machine.subscriber_model import Sub
from tests.machine.world import KEPT, View


class OutboundModel(DeliveryModel):
    """Replays beside what is delivered."""

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
        self.maybe_done(replay)
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
                self.maybe_done(replay)
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
    yield f"sub:{s}", {
        "status": sub.status, "reason": sub.reason, "streak": sub.streak, "try": sub.tries,
        "brk": "",
    }  # fmt: skip
    plain: Mapping[str, Any] = {
        "pos": sub.positions, "news": sorted(sub.news), "lane": sub.head, "dlvs": sub.listed,
        "d": sub.live.open, "due": sub.live.due, "first": sub.live.first,
    }  # fmt: skip
    yield from ((f"{head}:{s}", value) for head, value in plain.items())
    yield f"d:{s}:replay", sub.replayed.open
    yield f"due:{s}:replay", sub.replayed.due
    yield from ((f"wait:{s}:{lane}", ids) for lane, ids in sub.behind.items())
