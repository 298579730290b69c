"""The judge: says in words what is wrong with the events that were told of a history.

Any partition of a record's past into consecutive folds is allowed, since a fetch sees what is there:
so a record's events are right if they lead, group by group, from a state that the baseline may have
read through states that Recruitee had, in the order it had them, to one that no acknowledged webhook
is later than; each group being exactly what the contract calls the step between two such states.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from tests.model.facts import ALONG, BORN, GONE, State, Told, agree, between, state_of
from tests.model.history import History, Past, Record

Event = Mapping[str, Any]


def record_of(event: Event) -> Record | None:
    """Return the record that an event is about; None for an operational one."""
    about = event["data"]
    return Record(about["model"], about["remote_id"]) if "sequence" in event else None


def by_record(events: Sequence[Event]) -> dict[Record, list[Event]]:
    """Return each record's events in the order they were told."""
    found: dict[Record, list[Event]] = {}
    for event in events:
        if record := record_of(event):
            found.setdefault(record, []).append(event)
    return found


def violations(history: History, events: Sequence[Event]) -> list[str]:
    """Return what is wrong with a connection's events, in the order of its log; empty: all is well."""
    told = by_record(events)
    found = [
        f"{_name(record)}: told, but Recruitee never had it"
        for record in told.keys() - history.pasts.keys()
    ]
    for record, past in history.pasts.items():
        said = told.get(record, [])
        wrong = [*_sequence(said), *_past(record, past, said)]
        wrong += _family(past, said, told.get(past.owner, [])) if past.owner else []
        found += [f"{_name(record)}: {words}" for words in wrong]
        if wrong:
            found.append(f"{_name(record)}: {_account(record, past, said)}")
    return found


def _account(record: Record, past: Past, events: Sequence[Event]) -> str:
    """Return both sides in a few words: what it was, one state after the other, and what was told."""
    states = " > ".join(_short(state) for state in past.states)
    told = " > ".join(
        f"{event['type'].split('.')[1]}[{_short(state_of(record.model, event['data']['record']))}]"
        f"({' '.join(str(cause['event_id']) for cause in event['causes'])})"
        for event in events
    )
    return f"it was {states} (owed: {past.told_of}, baseline: {past.seen_until}); told was {told}"


def _short(state: State) -> str:
    return "gone" if state == GONE else "/".join(str(value)[-6:] for value in state.values())


def _sequence(events: Sequence[Event]) -> Iterator[str]:
    have = [event["sequence"] for event in events]
    if have != list(range(1, len(have) + 1)):
        yield f"its sequence is {have}"
    if len({event["id"] for event in events}) != len(events):
        yield "one event id stands for two events"


def _past(record: Record, past: Past, events: Sequence[Event]) -> list[str]:
    """Try every state that the baseline may have read; the first that explains all acquits."""
    if past.seen_until is None:
        return list(_Reading(record.model, past, None).read(events))
    starts: list[int | None] = list(range(past.seen_until + 1))
    if events and _begins(events[0]):
        starts = [None]
    wrong: list[str] = []
    for start in starts:
        found = list(_Reading(record.model, past, start).read(events))
        if not found:
            return []
        wrong = wrong if wrong and len(wrong) <= len(found) else found
    return wrong


def _family(past: Past, events: Sequence[Event], owners: Sequence[Event]) -> Iterator[str]:
    """What belongs to a candidate ends with it, and comes back with it."""
    if not owners:
        return
    known = bool(events) or past.settled
    gone, owner_gone = (bool(said) and _ends(said[-1]) for said in (events, owners))
    there = past.states[-1] != GONE
    if owner_gone and known and not gone:
        yield "its candidate is told to be gone, and it is not"
    if _returns_at_all(owners) and not owner_gone and gone and there:
        yield "its candidate is told to be back, and it is not"


def _returns_at_all(events: Sequence[Event]) -> bool:
    return any(_returns(event) for event in events)


def _ends(event: Event) -> bool:
    return _deleted_at(event) is True


def _returns(event: Event) -> bool:
    return _deleted_at(event) is False


def _deleted_at(event: Event) -> bool | None:
    """Return whether an event says that its record is gone now; None where it says nothing of that."""
    said = [c["after"] for c in event["data"]["changes"] if c["path"] == "remote_deleted_at"]
    return said[0] is not None if said else None


def _begins(event: Event) -> bool:
    model, word = event["type"].split(".")
    return word == BORN.get(model, "created") and not _returns(event)


class _Reading:
    """Follows one record's events along its past, from one start (None: nobody knew it)."""

    def __init__(self, model: str, past: Past, start: int | None) -> None:
        self._model = model
        self._past = past
        self._at = -1 if start is None else start
        self._told: State | None = None if start is None else past.states[start]
        self._alive: State = self._told or {}
        self._at_alive = self._at

    def read(self, events: Sequence[Event]) -> Iterator[str]:
        for shown, group in groupby(events, self._shown):
            yield from self._group(shown, list(group))
        yield from self._end()

    def _shown(self, event: Event) -> str:
        # A return is told first and shows where it all led to: a group of its own.
        if _returns(event) or _begins(event):
            return f"{event['type']} {event['sequence']}"
        return repr(sorted(state_of(self._model, event["data"]["record"]).items()))

    def _group(self, _: str, events: list[Event]) -> Iterator[str]:
        first = events[0]
        shows = state_of(self._model, first["data"]["record"])
        number = first["sequence"]
        if _begins(first):
            yield from self._born(shows, number)
        elif _returns(first):
            if self._told != GONE:
                yield f"#{number} tells the return of what was not gone"
            # Hops from before the end may chain over it, and are told after the return then.
            self._told, self._at = self._alive, self._at_alive
        elif self._told is None:
            yield f"#{number} {first['type']}: told before it was created"
            self._told = shows
        else:
            yield from self._step(shows, events)

    def _born(self, shows: State, number: int) -> Iterator[str]:
        if self._told is not None:
            yield f"#{number}: created, but it was known already"
        yield from self._reach(shows, number)
        self._told = self._alive = shows
        self._at_alive = self._at

    def _step(self, shows: State, events: Sequence[Event]) -> Iterator[str]:
        number, told = events[0]["sequence"], self._told or {}
        expected = between(self._model, told, shows)
        said = [told_of(event) for event in events]
        if sorted(map(repr, expected)) != sorted(map(repr, said)):
            step = f"from {dict(told)} to {dict(shows)}"
            yield f"#{number}: {step} is {_words(expected)}, told was {_words(said)}"
        stays = told.get("current_stage_id") == shows.get("current_stage_id")
        yield from self._reach(shows, number, anywhere=stays)
        self._told = shows if shows == GONE else {**told, **shows}
        if shows != GONE:
            self._alive, self._at_alive = self._told, self._at

    def _reach(self, shows: State, number: int, *, anywhere: bool = False) -> Iterator[str]:
        """Go on to the next state that agrees.

        `anywhere`: to disqualify and to requalify are told without a stage. Where the moves around them
        were told by webhooks that are lost or late, such hops chain at the stage where we had the record.
        """
        states = self._past.states
        seen = {k: v for k, v in shows.items() if not (anywhere and k == "current_stage_id")}
        for index in range(self._at + 1, len(states)):
            if agree(self._model, seen, states[index]):
                self._at = index
                return
        earlier = any(agree(self._model, shows, state) for state in states)
        why = (
            "an earlier state than was told before"
            if earlier
            else "a state that Recruitee never had"
        )
        yield f"#{number} shows {why}: {dict(shows)}"

    def _end(self) -> Iterator[str]:
        for since, why in (
            (self._past.told_of, "its webhook was acknowledged"),
            (self._past.shown, "a full read was to tell of it"),
        ):
            if since >= 0:
                yield from self._owes(self._past.states[since:], why)

    def _owes(self, owed: Sequence[State], why: str) -> Iterator[str]:
        if self._told is None:
            if GONE not in owed:
                yield f"it was never told of, though {why}"
        elif not any(agree(self._model, self._told, state) for state in owed):
            told, now = dict(self._told), dict(owed[-1])
            yield f"the last that was told is {told}, but it is {now}, and {why}"


def told_of(event: Event) -> Told:
    """Return an event in the model's words, what merely goes along left out."""
    changes = [
        (c["path"], _gone(c["path"], c["before"]), _gone(c["path"], c["after"]))
        for c in event["data"]["changes"]
        if c["path"] not in ALONG
    ]
    return Told(event["type"], tuple(sorted(changes, key=lambda change: change[0])))


def _gone(path: str, value: Any) -> Any:
    return value is not None if path == "remote_deleted_at" else value


def _words(told: Sequence[Told]) -> str:
    return "; ".join(f"{one.type}{list(one.changes)}" for one in told) or "nothing"


def _name(record: Record) -> str:
    return f"{record.model} {record.remote_id}"
