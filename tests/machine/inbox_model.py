"""Connections and their inboxes in plain Python: what comes in, waits, is parked and handed back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from service.core.unified.model import Ref, Snapshot
from tests.machine.floor import Floor, strings
from tests.machine.world import KEPT, SEEN, View


class Rec(NamedTuple):
    """A snapshot and the fetch that it came with."""

    snapshot: Snapshot
    fetch: int


@dataclass
class Conn:
    """One connection."""

    hook: str
    status: str = "baselining"
    reason: str = ""
    entries: dict[int, str] = field(default_factory=dict)
    numbered: int = 0
    parked: dict[str, tuple[str, int]] = field(default_factory=dict)
    begun: dict[str, int] = field(default_factory=dict)
    records: dict[Ref, Rec] = field(default_factory=dict)
    children: dict[str, set[str]] = field(default_factory=dict)
    uids: dict[str, dict[str, str]] = field(default_factory=dict)
    log: list[tuple[int, list[str]]] = field(default_factory=list)
    logged: int = 0
    free: int = 0  # when the next request may leave

    def put(self, entry: str) -> None:
        """Append to the inbox."""
        self.numbered += 1
        self.entries[self.numbered] = entry


class InboxModel(Floor):
    """Connections by id; an inbox entry and a log entry are known by their number."""

    def __init__(self) -> None:
        super().__init__()
        self.conns: dict[str, Conn] = {}
        self.dirty: set[str] = set()

    def made(self, c: str, hook: str) -> None:
        """A connection is linked."""
        self.conns[c] = Conn(hook)
        self.wake(c, "baselining")

    def remove(self, c: str) -> None:
        """It is unlinked: nothing of it stays."""
        conn = self.conns.pop(c)
        self.ready["in"].pop(c, None)
        self.lease["in"].pop(c, None)
        heads = (f"seen:{c}:", f"tl:{c}:")
        for key in [key for key in self.passing if key.startswith(heads)]:
            self.drop(key)
        for _, fields in conn.log:
            self.drop(f"ev:{fields[1]}")
        for dead in list(self.dead):
            kept = self.kept(f"dlt:{dead}")
            if kept is None or orjson.loads(kept)["connection_id"] == c:
                self.drop(f"dlt:{dead}")
                del self.dead[dead]

    def accept(self, hook: str, c: str, fingerprint: str, entries: Sequence[str]) -> int:
        """Take a webhook in once."""
        if c not in self.conns or self.conns[c].hook != hook:
            return -1
        seen = f"seen:{c}:{fingerprint}"
        if self.kept(seen):
            return 0
        self.keep(seen, "1", SEEN)
        for entry in entries:
            self.conns[c].put(entry)
        if entries:
            self.line_up("in", c)
            self.ring("in")
        return 1

    def enqueue(self, c: str, entries: Sequence[str]) -> int:
        """Put entries of our own in."""
        if c not in self.conns:
            return 0
        for entry in entries:
            self.conns[c].put(entry)
        self.line_up("in", c)
        self.ring("in")
        return len(entries)

    def wake(self, c: str, status: str) -> None:
        """Set a status and let the inbox run."""
        if c in self.conns:
            self.conns[c].status = status
            self.line_up("in", c)
            self.ring("in")

    def note(self, c: str, status: str) -> None:
        """Set a status."""
        if c in self.conns:
            self.conns[c].status = status

    def restore(self, c: str, status: str) -> bool:
        """Go on with a connection that was stopped."""
        if c not in self.conns or self.conns[c].status != "unauthorized":
            return False
        self.conns[c].status, self.conns[c].reason = status, ""
        if c not in self.lease["in"]:
            self.ready["in"][c] = self.now
        self.ring("in")
        return True

    def pull(self, c: str, token: int, after: int, count: int, lease: int) -> Any:
        """Read on; None when fenced."""
        if not self.renew("in", c, token, lease):
            return None
        conn = self.conns[c]
        rows = [(n, e) for n, e in sorted(conn.entries.items()) if n > after][:count]
        due = {root: row for root, row in conn.parked.items() if row[1] <= self.now}
        begun = dict(conn.begun) if after == 0 else {}
        return conn.status, rows, due, len(conn.parked), begun

    def park(
        self, c: str, token: int, root: str, parked: str | None, delay: int, acks: Sequence[int],
        buried: tuple[str, str] | None,
    ) -> bool:  # fmt: skip
        """Put a root aside, or bury it; False when fenced."""
        if not self.holds("in", c, token):
            return False
        conn = self.conns[c]
        conn.begun.pop(root, None)
        if buried:
            self.keep(f"dlt:{buried[0]}", buried[1], KEPT)
            self.dead[buried[0]] = self.now
        conn.parked.pop(root, None)
        if parked is not None:
            conn.parked[root] = (parked, self.now + delay)
        for number in acks:
            conn.entries.pop(number, None)
        return True

    def not_begun(self, c: str, root: str) -> None:
        """Forget that a root was begun."""
        self.conns[c].begun.pop(root, None)

    def release(self, c: str, token: int, look_again: bool, delay: int | None) -> int | None:
        """Hand an inbox back; returns when it is to be looked at again."""
        if not self.holds("in", c, token):
            return None
        del self.lease["in"][c]
        conn, due = self.conns[c], None
        if look_again and conn.entries:
            due = self.now
        elif look_again and conn.parked:
            due = min(at for _, at in conn.parked.values())
        if delay is not None:
            due = min(self.now + delay, self.now + delay if due is None else due)
        if due is None:
            self.ready["in"].pop(c, None)
            return None
        self.ready["in"][c] = due
        if due <= self.now:
            self.ring("in")
        return max(0, due - self.now)

    def sweep(self) -> int:
        """Put lost work back in line, ring for what is due; returns how many lines were lost."""
        found = 0
        for c, conn in self.conns.items():
            if c not in self.ready["in"] and (
                conn.entries or conn.parked or conn.status != "active"
            ):
                found += 1
                self.lease["in"].pop(c, None)
                later = min((at for _, at in conn.parked.values()), default=self.now)
                self.ready["in"][c] = self.now if conn.entries else later
        if self.dirty:
            self.ring("out")
        self.sweep_floor()
        return found

    def view(self) -> View:
        """Return all that Redis should hold."""
        rows = super().view() | {"conns": sorted(self.conns), "dirty": sorted(self.dirty)}
        for c, conn in self.conns.items():
            rows |= self._view(c, conn)
        return rows

    def _view(self, c: str, conn: Conn) -> View:
        rows: View = {
            f"conn:{c}": {"status": conn.status, "reason": conn.reason},
            f"hook:{conn.hook}": c,
            f"in:{c}": [(n, ["e", entry]) for n, entry in conn.entries.items()],
            f"park:{c}": {root: row[0] for root, row in conn.parked.items()},
            f"parkdue:{c}": {root: row[1] for root, row in conn.parked.items()},
            f"begun:{c}": strings(conn.begun),
            f"log:{c}": conn.log,
            f"rate:{c}": (round(conn.free), conn.free) if conn.free > self.now else None,
        }
        rows |= {f"kids:{c}:{root}": sorted(kids) for root, kids in conn.children.items()}
        rows |= {f"uid:{c}:{model}": uids for model, uids in conn.uids.items()}
        for ref, rec in conn.records.items():
            s = rec.snapshot
            rows[f"rec:{c}:{ref.model}:{ref.remote_id}"] = {
                "v": str(s.version), "q": str(s.sequence), "f": orjson.dumps(s.fields).decode(),
                "g": "{}", "d": "0", "h": "", "t": str(rec.fetch),
            }  # fmt: skip
            rows.setdefault(f"ix:{c}:{ref.model}", []).append(ref.remote_id)
            rows[f"ix:{c}:{ref.model}"].sort()
        return rows
