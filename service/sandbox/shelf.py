"""A shelf of one kind of papers: invented with their candidate, kept once edited."""

from bisect import insort
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from service.sandbox.people import People
from service.sandbox.runs import Lane, Run, cut


class Paper(Protocol):
    """Whatever has an id and may belong to a candidate."""

    @property
    def id(self) -> int: ...

    @property
    def candidate_id(self) -> int | None: ...


P = TypeVar("P", bound=Paper)
EACH = 4
"""How many ids of papers of one kind are kept free for each invented candidate."""


@dataclass(frozen=True, slots=True)
class Invented(Generic[P]):
    """How papers come with people: `amounts[pattern]` of them, each made from number and place."""

    amounts: tuple[int, ...]
    make: Callable[[int, int, int], P]  # of paper id, number and which of theirs
    first_id: int


class Shelf(Generic[P]):
    """All papers of one kind; those of a candidate come oldest first."""

    def __init__(self, people: People, invented: Invented[P] | None = None) -> None:
        self._people = people
        self._invented = invented
        self._kept: dict[int, P] = {}
        self._gone: set[int] = set()
        self._added: dict[int | None, list[int]] = {}
        self._changes = 0
        self._all: tuple[tuple[int, frozenset[int]], tuple[P, ...]] | None = None

    def get(self, paper_id: int) -> P | None:
        """Return one paper, or None when there is none now."""
        if paper_id in self._gone:
            return None
        return self._kept.get(paper_id) or self._made(paper_id)

    def put(self, paper: P) -> P:
        """Add a paper or change one; it may change hands."""
        before = self.get(paper.id)
        owner = paper.candidate_id
        if before is not None and before.candidate_id != owner:
            self.drop(paper.id)
            self._gone.discard(paper.id)
        ids = self._added.setdefault(owner, [])
        if paper.id not in self._kept and not self._is_own(paper.id, owner):
            insort(ids, paper.id)
        self._kept[paper.id] = paper
        self._changes += 1
        return paper

    def drop(self, paper_id: int) -> None:
        """Take a paper away."""
        paper = self.get(paper_id)
        if paper is None:
            return
        ids = self._added.get(paper.candidate_id, [])
        if paper_id in ids:
            ids.remove(paper_id)
        self._kept.pop(paper_id, None)
        self._gone.add(paper_id)
        self._changes += 1

    def of(self, candidate_id: int) -> list[P]:
        """Return a candidate's papers, oldest first."""
        ids = (*self._own(candidate_id), *self._added.get(candidate_id, ()))
        found = (self.get(one) for one in ids)
        return [one for one in found if one is not None and one.candidate_id == candidate_id]

    def count(self, candidate_id: int) -> int:
        """Count a candidate's papers without making them."""
        own = (one for one in self._own(candidate_id) if one not in self._gone)
        stayed = sum(
            one not in self._kept or self._kept[one].candidate_id == candidate_id for one in own
        )
        return stayed + len(self._added.get(candidate_id, ()))

    def kept(self) -> Iterable[P]:
        """Give every paper that was added or edited."""
        return self._kept.values()

    def everything(self, hidden: Collection[int] = ()) -> Sequence[P]:
        """Return all papers of candidates that are neither deleted nor hidden, by id.

        It is kept until one of them changes, for a reader turns the pages of one list.
        """
        asked = (self._changes, frozenset(self._absent(hidden)))
        if self._all is None or self._all[0] != asked:
            lanes = self._lanes(hidden)
            rows = tuple(self._at(lanes, 0, sum(len(lane.numbers) for lane in lanes)))
            self._all = (asked, rows)
        return self._all[1]

    def _at(self, lanes: list[Lane], start: int, limit: int) -> list[P]:
        found = (self.get(one) for one in cut(lanes, start, limit))
        return [paper for paper in found if paper is not None]

    def _lanes(self, hidden: Collection[int]) -> list[Lane]:
        absent = self._absent(hidden)
        ids = sorted(one for one, paper in self._kept.items() if paper.candidate_id not in absent)
        lanes = [Lane(ids, _itself, _itself)]
        made = self._invented
        for which in range(max(made.amounts, default=0) if made else 0):
            if made is not None:
                lanes.append(self._lane(made, which, absent))
        return lanes

    def _absent(self, hidden: Collection[int]) -> set[int]:
        edited = self._people.edited
        return {one for one, who in edited.items() if who.deleted_at} | set(hidden)

    def _lane(self, made: Invented[P], which: int, absent: Collection[int]) -> Lane:
        numbering = self._people.numbering
        some = [at for at, amount in enumerate(made.amounts) if amount > which]
        moved = {one for one in (*self._kept, *self._gone) if self._which(one) == which}
        without = {self._number(one) for one in moved}
        without |= {number for one in absent if (number := numbering.number(one)) is not None}
        period = len(made.amounts)
        run = Run(some, period, 0, numbering.size, (one for one in without if one >= 0))
        return Lane(run, _itself, lambda number: made.first_id + EACH * number + which)

    def _number(self, paper_id: int) -> int:
        return (paper_id - self._invented.first_id) // EACH if self._invented else -1

    def _which(self, paper_id: int) -> int:
        return (paper_id - self._invented.first_id) % EACH if self._invented else -1

    def _amount(self, number: int) -> int:
        made = self._invented
        if made is None or not 0 <= number < self._people.numbering.size or not made.amounts:
            return 0
        return made.amounts[number % len(made.amounts)]

    def _own(self, candidate_id: int) -> list[int]:
        """Return the ids that a candidate's papers had when they were invented."""
        number = self._people.numbering.number(candidate_id)
        if number is None or self._invented is None:
            return []
        first = self._invented.first_id + EACH * number
        return [first + which for which in range(self._amount(number))]

    def _is_own(self, paper_id: int, candidate_id: int | None) -> bool:
        return candidate_id is not None and paper_id in self._own(candidate_id)

    def _made(self, paper_id: int) -> P | None:
        number, which = self._number(paper_id), self._which(paper_id)
        if self._invented is None or which >= self._amount(number):
            return None
        return self._invented.make(paper_id, number, which)


def _itself(number: int) -> int:
    return number
