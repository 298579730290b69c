"""Patterns that people repeat: candidate `i` is pattern `i mod period`, dated and numbered anew."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from service.sandbox.instants import DAY_US, stamped
from service.sandbox.persons import Candidate, Placement
from service.sandbox.records import Json

EXPIRY_US = 365 * DAY_US
SPAN_US = 90 * DAY_US
APPLIED_US = 1_000_000
STEP, PLACES, PARTS = 3, 4, 32
"""How far apart the ids of candidates are, and how many ids each has for placements and fields."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A person without number and dates; `pace` in tenths of the way from arrival to today."""

    who: Candidate
    pace: int
    expires: bool

    @property
    def out(self) -> bool:
        """Whether any placement is disqualified."""
        return any(placement.disqualified for placement in self.who.placements)


@dataclass(frozen=True, slots=True)
class Numbering:
    """How a number becomes a candidate: a pure function of `(seed, number)`, and back.

    `now` is the moment of the invention in microseconds; the first ids are below all others'.
    """

    seed: int
    size: int
    now: int
    first_candidate: int
    first_placement: int
    first_part: int

    def created(self, number: int) -> int:
        """Return when a candidate came: later for a higher number, within the last 90 days."""
        jitter = (number * 7_919 + self.seed * 104_729) * 48_271 % 999_983
        return self.now - SPAN_US + SPAN_US * number // self.size + jitter

    def acted(self, number: int, pace: int) -> int:
        """Return when something was last done about them."""
        applied = self.created(number) + APPLIED_US
        return applied + max(self.now - applied, 0) * pace // 10

    def candidate_id(self, number: int) -> int:
        """Return the id of a number."""
        return self.first_candidate + STEP * number + (number * 2_654_435_761 + self.seed) % STEP

    def number(self, candidate_id: int) -> int | None:
        """Return the number behind an id, if one of the invented has it."""
        number = (candidate_id - self.first_candidate) // STEP
        fits = 0 <= number < self.size and self.candidate_id(number) == candidate_id
        return number if fits else None

    def number_of_placement(self, placement_id: int) -> int:
        """Return whose number a placement's id would be; it need not exist."""
        return (placement_id - self.first_placement) // PLACES

    def number_of_part(self, part_id: int) -> int:
        """Return whose number the id of a field or answer would be; it need not exist."""
        return (part_id - self.first_part) // PARTS

    def person(self, pattern: Pattern, number: int) -> Candidate:
        """Return the candidate of that number."""
        came, acted = self.created(number), self.acted(number, pattern.pace)
        at, first = stamped(came), self.first_part + PARTS * number
        who, candidate_id = pattern.who, self.candidate_id(number)
        placed = [
            self._placement(one, number, k, candidate_id, stamped(acted))
            for k, one in enumerate(who.placements)
        ]
        return replace(
            who, id=candidate_id, created_at=at, updated_at=at, last_activity_at=stamped(acted),
            emails=tuple(mail.replace("@", f".{number}@") for mail in who.emails),
            phones=tuple(f"+1555{5_550_000 + number % 4_400_000:07d}" for _ in who.phones),
            fields=_numbered(who.fields, first),
            answers=_dated(who.answers, at, first + PARTS // 2), placements=tuple(placed),
            gdpr_expires_at=stamped(came + EXPIRY_US) if pattern.expires else None,
        )  # fmt: skip

    def _placement(
        self, one: Placement, number: int, k: int, candidate_id: int, acted: str
    ) -> Placement:
        applied = stamped(self.created(number) + APPLIED_US)
        moved = one.updated_at == MOVED
        return replace(
            one, id=self.first_placement + PLACES * number + 2 * k, candidate_id=candidate_id,
            created_at=applied, updated_at=acted if moved else applied,
            hired_at=acted if one.hired_at else None,
            disqualified_at=acted if one.disqualified else None,
        )  # fmt: skip


MOVED = "moved"
"""Stands in a pattern's placement for the instant at which it was moved on."""


def _numbered(fields: Sequence[Json], first: int) -> tuple[Json, ...]:
    return tuple(
        one if one["id"] is None else {**one, "id": first + k} for k, one in enumerate(fields)
    )


def _dated(groups: Sequence[Json], at: str, first: int) -> tuple[Json, ...]:
    return tuple(
        {**group, "created_at": at,
         "answers": [{**one, "id": first + k} for k, one in enumerate(group["answers"])]}
        for group in groups
    )  # fmt: skip
