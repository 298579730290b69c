"""Questions about people, answered by arithmetic over their patterns and a look at the edited."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from service.sandbox.instants import micros
from service.sandbox.patterns import EXPIRY_US, Pattern
from service.sandbox.people import People, latest
from service.sandbox.persons import Candidate
from service.sandbox.runs import Lane, Run, cut

Test = Callable[[Candidate], bool]
When = Literal["created_at", "updated_at", "last_activity_at", "disqualified_at"]
Dated = Literal["created_at", "updated_at", "gdpr_expires_at"]
FOREVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Span:
    """A date between two instants, in microseconds, both included."""

    name: Dated
    low: int = 0
    high: int = FOREVER

    def holds(self, who: Candidate) -> bool:
        """Say whether a candidate's date is within."""
        at = micros(getattr(who, self.name))
        return bool(at) and self.low <= at <= self.high


@dataclass(frozen=True, slots=True)
class Query:
    """Who is wanted and in which order; `only` names candidates by id and leaves out all others.

    `tests` ask what a pattern can tell: neither id nor date nor number.
    """

    tests: tuple[Test, ...] = ()
    spans: tuple[Span, ...] = ()
    only: frozenset[int] | None = None
    hidden: Collection[int] = frozenset()
    deleted: bool = False
    sort: When = "created_at"
    descending: bool = False

    def holds(self, who: Candidate) -> bool:
        """Say whether one candidate is wanted."""
        return (
            (who.deleted_at is not None) == self.deleted
            and who.id not in self.hidden
            and all(test(who) for test in self.tests)
            and all(span.holds(who) for span in self.spans)
        )


@dataclass(frozen=True, slots=True)
class Found:
    """How many there are in all, and a page of them."""

    total: int
    people: list[Candidate]


def found(people: People, query: Query, start: int, limit: int) -> Found:
    """Return a page of those who are wanted, as reads show them."""
    overlay = people.overlay()
    if query.only is not None:
        shown = (people.seen(one) for one in query.only)
        edited = [who for who in shown if who is not None and query.holds(who)]
        lanes = []
    else:
        edited = [who for who in overlay.values() if who is not None and query.holds(who)]
        lanes = [] if query.deleted else _invented(people, query, overlay)
    lanes.append(_kept(edited, query.sort))
    total = sum(len(lane.numbers) for lane in lanes)
    ids = cut(lanes, start, limit, descending=query.descending)
    shown = (overlay[one] if one in overlay else people.seen(one) for one in ids)
    return Found(total, [who for who in shown if who is not None])


def _kept(edited: Sequence[Candidate], sort: When) -> Lane:
    rows = {who.id: _key(who, sort) for who in edited}
    ids = sorted(rows, key=lambda one: (rows[one], one))
    return Lane(ids, rows.__getitem__, _itself)


def _itself(number: int) -> int:
    return number


def _key(who: Candidate, sort: When) -> int:
    return latest(who) if sort == "disqualified_at" else micros(getattr(who, sort))


def _invented(people: People, query: Query, overlay: Collection[int]) -> list[Lane]:
    """Return one lane for each pace, of those patterns that fit."""
    numbering = people.numbering
    gone = [numbering.number(one) for one in {*overlay, *query.hidden}]
    without = [one for one in gone if one is not None]
    low, high = _bounds(people, query.spans)
    groups: dict[int | None, list[int]] = {}
    expiring = any(span.name == "gdpr_expires_at" for span in query.spans)
    for at, pattern in enumerate(people.patterns[: numbering.size]):
        if (pattern.expires or not expiring) and all(test(pattern.who) for test in query.tests):
            groups.setdefault(_pace(pattern, query.sort), []).append(at)
    period = len(people.patterns)
    return [
        Lane(Run(some, period, low, high, without), _by(people, pace), numbering.candidate_id)
        for pace, some in groups.items()
    ]


NEVER = -1


def _pace(pattern: Pattern, sort: When) -> int | None:
    """Return what tells apart the lanes of one order; None where all are in one."""
    if sort == "last_activity_at":
        return pattern.pace
    if sort == "disqualified_at":
        return pattern.pace if pattern.out else NEVER
    return None


def _by(people: People, pace: int | None) -> Callable[[int], int]:
    numbering = people.numbering
    if pace is None:
        return numbering.created
    if pace == NEVER:
        return lambda _: 0
    return lambda number: numbering.acted(number, pace)


def _bounds(people: People, spans: Sequence[Span]) -> tuple[int, int]:
    """Return which numbers the dates allow: the first one and the one after the last."""
    low, high = 0, people.numbering.size
    for span in spans:
        shift = EXPIRY_US if span.name == "gdpr_expires_at" else 0
        low = max(low, _first(people, span.low - shift))
        high = min(high, _first(people, span.high - shift + 1))
    return low, max(low, high)


def _first(people: People, at: int) -> int:
    """Return the first number that came at an instant or later."""
    everybody = Lane(range(people.numbering.size), people.numbering.created, _itself)
    return everybody.before(at)
