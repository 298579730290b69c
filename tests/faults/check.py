"""What must hold of a run, given what was true, what was told, and what each subscriber heard.

Pure: values in, sentences out, each a promise that was broken. What a record's events say is laid on
the state that it had at first; the values of each field must then follow, in order, those that the
field really had (some may be left out: they were folded), and end where it ended.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from tests.faults.receivers import Heard
from tests.faults.world import TAGS, Key, State
from tests.model.facts import TRACKED

Event = Mapping[str, Any]
FIELDS: Mapping[str, tuple[str, ...]] = {
    **TRACKED,
    "candidate": ("title",),
    "application": ("current_stage_id", "outcome", "rejection_reason_name"),
    "job": ("name", "status", "visibility"),
    "stage": ("name",),
}


class Told(NamedTuple):
    """One event of a connection's log."""

    connection_id: str
    id: str
    body: bytes
    event: Event

    @property
    def record(self) -> Key:
        """Return which record it is about."""
        data = self.event["data"]
        return self.connection_id, data["model"], data["remote_id"]

    @property
    def lane(self) -> Key:
        """Return what order is kept by."""
        subject = self.event["data"]["subject"]
        return self.connection_id, subject["model"], subject["remote_id"]


class Line(NamedTuple):
    """One subscriber's side."""

    name: str
    wants: Callable[[Told], bool]
    heard: Sequence[Heard]
    taken: Mapping[str, int]  # event -> how many had been heard when it was taken
    verbatim: bool  # gets the very bytes of the log
    patient: bool  # nothing follows before what precedes it was taken


@dataclass(frozen=True)
class Evidence:
    """All that is known in the end."""

    told: Sequence[Told]  # per connection in commit order
    lines: Sequence[Line]
    history: Mapping[Key, Sequence[State]]
    adopted: frozenset[Key]  # known before anything was told


def broken(evidence: Evidence) -> list[str]:
    """Return every promise that was broken."""
    return [
        *_sequences(evidence.told),
        *_stories(evidence),
        *(one for line in evidence.lines for one in _line(line, evidence.told)),
    ]


def _sequences(told: Sequence[Told]) -> Iterator[str]:
    """Each record's sequence runs from 1 without gap or repeat; no id is used twice."""
    for record, events in _by(told, lambda one: one.record).items():
        numbers = [one.event["sequence"] for one in events]
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"sequence: {record} has {numbers}"
    if len({one.id for one in told}) != len(told):
        yield "sequence: an event id is used twice"


def _stories(evidence: Evidence) -> Iterator[str]:
    """What was told of each record leads through what was true to what is true."""
    events = _by(evidence.told, lambda one: one.record)
    for record in evidence.history.keys() | events.keys():
        states = evidence.history.get(record)
        if states is None:
            yield f"story: {record} never existed"
        else:
            yield from _Story(record, states, events.get(record, ())).problems(
                adopted=record in evidence.adopted
            )


class _Story:
    """One record."""

    def __init__(self, record: Key, states: Sequence[State], events: Sequence[Told]) -> None:
        self._record = record
        self._states = states
        self._events = events
        self._now: State = {}
        self._at: dict[str, int] = {}  # how far in the history each field is told

    def problems(self, *, adopted: bool) -> Iterator[str]:
        events = list(self._events)
        if adopted:
            self._now = dict(self._states[0])
        elif not events:
            if not self._states[-1].get("gone"):
                yield f"lost: {self._record} was made and never told"
            return
        elif not events[0].event["type"].endswith((".created", ".scheduled")):
            yield f"story: {self._record} is told before it was created"
            return
        else:
            self._now = _shown(events.pop(0), self._states[0])
            yield from (p for f in self._now if (p := self._follows(f, self._now[f])))
        for one in events:
            yield from self._told(one)
        yield from self._ended()

    def _told(self, one: Told) -> Iterator[str]:
        for change in one.event["data"]["changes"]:
            field, before, after = _fact(change)
            if field not in self._now:
                continue
            if before != self._now[field]:
                again = "told again" if after == self._now[field] else "does not follow"
                yield (
                    f"story: {one.id} ({one.event['type']}) of {self._record} {again}: {field} from "
                    f"{before!r} to {after!r}, was {self._now[field]!r}"
                )
            self._now[field] = after
            if problem := self._follows(field, after):
                yield problem

    def _follows(self, field: str, value: Any) -> str | None:
        for n in range(self._at.get(field, 0), len(self._states)):
            if self._states[n][field] == value:
                self._at[field] = n
                return None
        return (
            f"story: {self._record}: {field} is told as {value!r} after it was so, or it never was"
        )

    def _ended(self) -> Iterator[str]:
        true = self._states[-1]
        if true.get("gone"):
            # How it was just before its end nobody can ask any more: that is folded into the end.
            if not self._now["gone"]:
                yield f"lost: {self._record} is gone, and was told as {self._now}"
            return
        if self._now != true:
            yield f"lost: {self._record} is {true}, and was told as {self._now}"
        if self._events and (shown := _shown(self._events[-1], true)) != true:
            yield f"lost: {self._record} is {true}, and its last event shows {shown}"


def _fact(change: Mapping[str, Any]) -> tuple[str, Any, Any]:
    path, before, after = change["path"], change["before"], change["after"]
    if path == "remote_deleted_at":
        return "gone", before is not None, after is not None
    if path.startswith("tags."):
        return path, before is not None, after is not None
    return path, before, after


def _shown(one: Told, like: State) -> State:
    """Return the fields of an event's record that a state has."""
    return shown(one.event["data"]["model"], one.event["data"]["record"], like)


def shown(model: str, record: Mapping[str, Any], like: State) -> State:
    """Return the fields of a record that a state has."""
    shown: State = {name: record.get(name) for name in FIELDS[model]}
    if "gone" in like:
        shown["gone"] = record.get("remote_deleted_at") is not None
    if model == "candidate":
        shown |= {f"tags.{tag}": tag in record["tags"] for tag in TAGS}
    return shown


def _line(line: Line, told: Sequence[Told]) -> Iterator[str]:
    """A subscriber heard all that it wanted, in order, each time in the same bytes."""
    first: dict[str, int] = {}
    bodies: dict[str, bytes] = {}
    for n, heard in enumerate(line.heard):
        if heard.replay is None:
            first.setdefault(heard.event_id, n)
        if bodies.setdefault(heard.event_id, heard.body) != heard.body:
            yield f"bytes: {line.name} heard {heard.event_id} in two forms"
    wanted = {one.id: one for one in told if line.wants(one)}
    for event_id in first.keys() - wanted.keys():
        yield f"told: {line.name} heard {event_id}, which the log does not have for it"
    for event_id in wanted.keys() - first.keys():
        yield f"lost: {line.name} never heard {event_id} {wanted[event_id].event['type']}"
    for event_id, one in wanted.items():
        if line.verbatim and bodies.get(event_id, one.body) != one.body:
            yield f"bytes: {line.name} heard {event_id} otherwise than the log has it"
    for lane in _by(wanted.values(), lambda one: one.lane).values():
        yield from _order(line, [one.id for one in lane if one.id in first], first)


def _order(line: Line, lane: Sequence[str], first: Mapping[str, int]) -> Iterator[str]:
    for before, after in pairwise(lane):
        if first[after] < first[before]:
            yield f"order: {line.name} heard {after} before {before}"
        elif line.patient and line.taken.get(before, len(line.heard) + 1) > first[after]:
            yield f"order: {line.name} heard {after} while {before} was not taken yet"


def _by(told: Iterable[Told], key: Callable[[Told], Key]) -> dict[Key, list[Told]]:
    found: dict[Key, list[Told]] = {}
    for one in told:
        found.setdefault(key(one), []).append(one)
    return found
