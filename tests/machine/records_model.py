"""Fetches, snapshots and the log in plain Python: what begin and commit promise."""

from collections.abc import Sequence
from typing import Any

from service.core import ids
from service.core.store.records import Write, subject_key
from service.core.unified.model import Change, Ref
from tests.machine.inbox_model import Conn, InboxModel, Rec
from tests.machine.world import KEPT


class RecordsModel(InboxModel):
    """What the fetches of an inbox's roots come to."""

    def turn(self, conn: Conn, burst: int) -> int:
        """Take a turn in a rate of one request a unit; returns the wait."""
        free = max(conn.free, self.now)
        conn.free = free + 1
        return max(0, free - (burst - 1) - self.now)

    def hold(self, c: str, units: int, burst: int) -> None:
        """Let no request leave for a while."""
        conn = self.conns[c]
        conn.free = max(conn.free, self.now + units + burst - 1)

    def begin(self, c: str, token: int, root: Ref, burst: int, counted: str) -> Any:
        """Begin a fetch; None when fenced."""
        if not self.holds("in", c, token):
            return None
        conn = self.conns[c]
        if counted:
            conn.begun[counted] = conn.begun.get(counted, 0) + 1
        wait, fetch = self.turn(conn, burst), self.token()
        kids = {Ref(*kid.split(":")) for kid in conn.children.get(":".join(root), ())}
        known = {ref: conn.records[ref].snapshot for ref in {root, *kids} if ref in conn.records}
        return wait, fetch, known

    def commit(
        self, c: str, token: int, fetch: int, writes: Sequence[Write],
        changes: Sequence[tuple[int, Change]], acks: Sequence[int], root: str,
    ) -> int:  # fmt: skip
        """Commit a root: 1 done, 0 fenced, -1 moved, -2 a later fetch was at all of it.

        Without a token (0) nobody can be fenced.
        """
        if c not in self.conns or (token and not self.holds("in", c, token)):
            return 0
        conn, late = self.conns[c], set()
        for write in writes:
            have = conn.records.get(write.ref)
            if have and have.fetch > fetch:
                late.add(write.ref)
            elif (have.snapshot.version if have else 0) != write.replaces:
                return -1
        fresh = [write for write in writes if write.ref not in late]
        for write in fresh:
            self._write(conn, write, fetch)
        told = [row for row in changes if Ref(row[1].model, row[1].remote_id) not in late]
        for sequence, change in told:
            self._tell(c, conn, sequence, change)
        for number in acks:
            conn.entries.pop(number, None)
        self._cleared(c, conn, root)
        if writes and not fresh:
            return -2
        if told:
            self.dirty.add(c)
            self.ring("out")
        return 1

    def _write(self, conn: Conn, write: Write, fetch: int) -> None:
        conn.records[write.ref] = Rec(write.snapshot, fetch)
        if write.replaces == 0:
            uid = str(write.snapshot.fields.get("id", ""))
            conn.uids.setdefault(write.ref.model, {})[uid] = write.ref.remote_id
        if write.root:
            conn.children.setdefault(write.root, set()).add(":".join(write.ref))

    def _tell(self, c: str, conn: Conn, sequence: int, change: Change) -> None:
        event = ids.event_id(c, change.model, change.remote_id, sequence)
        lane = subject_key(c, change.subject)
        conn.logged += 1
        row = ["e", event, "t", change.event, "s", lane, "m", change.model, "r", change.remote_id]
        conn.log.append((conn.logged, row))
        self.keep(f"ev:{event}", event, KEPT)
        line = f"tl:{c}:{change.model}:{change.remote_id}"
        self.keep(line, [*(self.kept(line) or []), event], KEPT)

    def _cleared(self, c: str, conn: Conn, root: str) -> None:
        if root:
            conn.parked.pop(root, None)
            conn.begun.pop(root, None)
            dead = ids.inbound_dead_letter_id(c, root)
            if self.dead.pop(dead, None) is not None:
                self.drop(f"dlt:{dead}")

    def announce(self, c: str, event: str, kind: str) -> None:
        """Tell something of the connection itself, once."""
        if c in self.conns and not self.kept(f"ev:{event}"):
            conn = self.conns[c]
            conn.logged += 1
            lane = subject_key(c, Ref("connection", c))
            conn.log.append((conn.logged, ["e", event, "t", kind, "s", lane, "m", "", "r", ""]))
            self.keep(f"ev:{event}", event, KEPT)
            self.dirty.add(c)
            self.ring("out")
