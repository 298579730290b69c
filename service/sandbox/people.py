"""Everybody in the company: invented by number, kept once edited, and found by what they are."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.sandbox.config import Clock
from service.sandbox.counts import Counts
from service.sandbox.instants import micros
from service.sandbox.patterns import Numbering, Pattern
from service.sandbox.persons import Candidate, Placement

STATES_KEPT = 50
State = tuple[datetime, Candidate | None]


@dataclass(frozen=True, slots=True)
class Ends:
    """Where a person's parts lead back to: placements, fields and answers, e-mail addresses."""

    placements: dict[int, int]
    fields: dict[int, int]
    emails: dict[str, set[int]]

    def learn(self, who: Candidate) -> None:
        """Remember whose parts these are."""
        for placement in who.placements:
            self.placements[placement.id] = who.id
        for one in who.fields:
            if one["id"] is not None:
                self.fields[one["id"]] = who.id
        for mail in who.emails:
            self.emails.setdefault(mail.lower(), set()).add(who.id)


class People(Mapping[int, Candidate]):
    """Candidates by id; change one with `put` only."""

    def __init__(self, numbering: Numbering, patterns: Sequence[Pattern], clock: Clock) -> None:
        self.numbering = numbering
        self.patterns = tuple(patterns)
        self.lag = timedelta(0)
        self.edited: dict[int, Candidate] = {}
        self._clock = clock
        self._ends = Ends({}, {}, {})
        self._past: dict[int, deque[State]] = {}
        self._counts: Counts | None = None

    @property
    def counts(self) -> Counts:
        """How many there are, by place and label."""
        if self._counts is None:
            self._counts = self._counted()
        return self._counts

    def __len__(self) -> int:
        new = sum(self.numbering.number(one) is None for one in self.edited)
        return self.numbering.size + new

    def __iter__(self) -> Iterator[int]:
        """Give all ids, the oldest first."""
        yield from map(self.numbering.candidate_id, range(self.numbering.size))
        yield from sorted(one for one in self.edited if self.numbering.number(one) is None)

    def __getitem__(self, candidate_id: int, /) -> Candidate:
        known = self.edited.get(candidate_id)
        if known is not None:
            return known
        number = self.numbering.number(candidate_id)
        if number is None:
            raise KeyError(candidate_id)
        return self.invented(number)

    def invented(self, number: int) -> Candidate:
        """Return a candidate as invented, edited or not."""
        pattern = self.patterns[number % len(self.patterns)]
        return self.numbering.person(pattern, number)

    def put(self, who: Candidate) -> Candidate:
        """Make this the candidate's present state; the old one is kept while reads lag."""
        before = self.get(who.id)
        if self.lag:
            past = self._past.setdefault(who.id, deque(maxlen=STATES_KEPT))
            past.append((self._clock(), before))
        if self._counts is not None:
            self._counts.moved(before, who)
        self.edited[who.id] = who
        self._ends.learn(who)
        return who

    def rewrite(self, change: Callable[[Candidate], Candidate]) -> None:
        """Change what everybody says, silently, as when a tag is renamed; no dates move."""
        self.patterns = tuple(
            Pattern(change(one.who), one.pace, one.expires) for one in self.patterns
        )
        for who in list(self.edited.values()):
            self.edited[who.id] = change(who)
        self._counts = None

    def deleted(self, candidate_id: int) -> bool:
        """Say whether a candidate is deleted at present."""
        who = self.edited.get(candidate_id)
        return who is not None and who.deleted_at is not None

    def seen(self, candidate_id: int) -> Candidate | None:
        """Return the candidate as a read shows it: an older state while reads lag."""
        cutoff = self._clock() - self.lag
        for until, state in self._past.get(candidate_id, ()) if self.lag else ():
            if until > cutoff:
                return state
        return self.get(candidate_id)

    def overlay(self) -> dict[int, Candidate | None]:
        """Return everybody who differs from the invention, as reads show them."""
        if not self.lag or not self._past:
            return dict(self.edited)
        return {one: self.seen(one) for one in self.edited}

    def placed(self, placement_id: int) -> tuple[Candidate, Placement] | None:
        """Return a placement with its candidate, or None when there is none now."""
        who = self._owner(
            self._ends.placements, placement_id, self.numbering.number_of_placement(placement_id)
        )
        for placement in who.placements if who and not who.deleted_at else ():
            if who and placement.id == placement_id:
                return who, placement
        return None

    def with_field(self, field_id: int) -> Candidate | None:
        """Return whose profile has a field."""
        who = self._owner(self._ends.fields, field_id, self.numbering.number_of_part(field_id))
        found = who and not who.deleted_at and any(one["id"] == field_id for one in who.fields)
        return who if found else None

    def with_email(self, mail: str) -> list[Candidate]:
        """Return everybody with an address, whatever its case; deleted ones too."""
        ids = set(self._ends.emails.get(mail.lower(), ()))
        digits = mail.partition("@")[0].rpartition(".")[2]
        if digits.isdecimal() and int(digits) < self.numbering.size:
            ids.add(self.numbering.candidate_id(int(digits)))
        found = (self[one] for one in sorted(ids))
        return [who for who in found if mail.lower() in map(str.lower, who.emails)]

    def _owner(self, known: dict[int, int], part_id: int, number: int) -> Candidate | None:
        if part_id in known:
            return self.get(known[part_id])
        if not 0 <= number < self.numbering.size:
            return None
        return self.get(self.numbering.candidate_id(number))

    def _counted(self) -> Counts:
        counts = Counts()
        size, period = self.numbering.size, len(self.patterns)
        for at, pattern in enumerate(self.patterns):
            counts.add(pattern.who, len(range(at, size, period)))
        for who in self.edited.values():
            number = self.numbering.number(who.id)
            if number is not None:
                counts.add(self.patterns[number % period].who, -1)
            counts.add(who, 1)
        return counts


def latest(who: Candidate) -> int:
    """Return when a candidate was last disqualified, in microseconds; 0 for never."""
    return max((micros(one.disqualified_at) for one in who.placements), default=0)
