"""How far a full read of a connection is: its parts, in order, and where each one stands."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from service.core import times
from service.core.store.connections import Connection
from service.core.unified.registry import COLLECTIONS, ROOTS

FIRST = ("job", "candidate")  # jobs first: their stages' categories are needed to read applications
DEEP = "deep:"


@dataclass(slots=True)
class Part:
    """One list, or (`deep:`) each of its records by itself with what it owns."""

    at: int = 0
    read: int = 0
    of: int | None = None
    done: bool = False
    note: str = ""
    began: int = 0  # ms
    ended: int = 0
    last: list[str] = field(default_factory=list)  # remote ids of the rows that were read last
    back: int = 0  # how often it went back, since rows may have slipped by

    def next(self, at: int | None, count: int) -> None:
        """Go on after a page or a record; `at` None: that was the last."""
        self.began = self.began or times.now_ms()
        self.read += count
        self.at, self.done = (self.at, True) if at is None else (at, False)
        self.ended = times.now_ms() if self.done else 0


@dataclass(slots=True)
class Run:
    """A full read: the first one of a connection, or one that was asked for."""

    began: int
    emit: bool = True
    deep: bool = True
    done: int = 0  # ms
    parts: dict[str, Part] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: Connection) -> "Run":
        """Return the run that a connection is in, or has been in last."""
        said: dict[str, Any] = orjson.loads(connection.sync or b"{}")
        rows: dict[str, dict[str, Any]] = orjson.loads(connection.baseline or b"{}")
        known = Part.__dataclass_fields__.keys()
        parts = {
            name: Part(**{key: row[key] for key in known & row.keys()})
            for name, row in rows.items()
        }
        return cls(
            said.get("began", connection.baseline_at), said.get("emit", True),
            said.get("deep", True), said.get("done", 0), parts,
        )  # fmt: skip

    def dump(self) -> tuple[str, str]:
        """Return (`sync`, `baseline`) as the connection keeps them."""
        said = {"began": self.began, "emit": self.emit, "deep": self.deep, "done": self.done}
        return orjson.dumps(said).decode(), orjson.dumps(self.parts).decode()

    @classmethod
    def asked_for(cls, *, emit: bool, deep: bool) -> "Run":
        """Return a run that begins now."""
        return cls(times.now_ms(), emit, deep)

    def left(self) -> Iterator[str]:
        """Return the parts that are not done, in order."""
        return (name for name in order(deep=self.deep) if not self.part(name).done)

    def part(self, name: str) -> Part:
        """Return a part, at its start when it was not begun."""
        return self.parts.setdefault(name, Part())


def progress(run: Run) -> dict[str, Any]:
    """Return how far a run is, for people: parts in order, what is being read, rate and time left.

    `rate` is records a second of the part that is being read, `left_s` what that part still takes at
    it; both null where that is not known.
    """
    names = order(deep=run.deep)
    now = next((name for name in names if not run.part(name).done), None) if not run.done else None
    rate, left_s = _pace(run.part(now)) if now else (None, None)
    return {
        "status": "done" if run.done else "running",
        "began_at": times.iso(run.began),
        "done_at": times.iso(run.done) if run.done else None,
        "emit": run.emit,
        "deep": run.deep,
        "reading": now,
        "rate": rate,
        "left_s": left_s,
        "parts": [
            {"name": name, **{k: getattr(run.part(name), k) for k in ("read", "of", "done")},
             "note": run.part(name).note or None}
            for name in names
        ],
    }  # fmt: skip


def summary(run: Run) -> dict[str, Any]:
    """Return what `progress` says without the parts."""
    return {name: said for name, said in progress(run).items() if name != "parts"}


def _pace(part: Part) -> tuple[float | None, float | None]:
    took_s = (times.now_ms() - part.began) / 1000 if part.began else 0.0
    if took_s < 1 or not part.read:
        return None, None
    rate = part.read / took_s
    left = None if part.of is None else max(0.0, part.of - part.read) / rate
    return round(rate, 2), None if left is None else round(left, 1)


def order(*, deep: bool) -> list[str]:
    """Return the names of all parts: lists first, then each record by itself."""
    rest = sorted(ROOTS.keys() - set(FIRST))
    lists = sorted(
        name for name, each in COLLECTIONS.items() if each.owner is None or each.bulk is not None
    )
    # What a job asks is known before it is read by itself.
    each = [DEEP + name for name in (*rest, *FIRST)]
    return [*FIRST, *rest, *lists, *(each if deep else [])]
