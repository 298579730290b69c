"""Counts of people by job, pool and label, kept by adding and taking away."""

from collections import Counter
from dataclasses import dataclass, field

from service.sandbox.persons import Candidate


@dataclass(frozen=True, slots=True)
class Tally:
    """How many candidates an offer or pool has, as its counters say."""

    candidates: int = 0
    disqualified: int = 0
    hired: int = 0


@dataclass(slots=True)
class Counts:
    """Sums over all candidates; deleted ones count as deleted and for nothing else."""

    alive: int = 0
    deleted: int = 0
    placements: int = 0
    tags: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    _placed: Counter[int] = field(default_factory=Counter)
    _out: Counter[int] = field(default_factory=Counter)
    _hired: Counter[int] = field(default_factory=Counter)

    def moved(self, before: Candidate | None, after: Candidate) -> None:
        """Replace one state of a candidate by the next."""
        if before is not None:
            self.add(before, -1)
        self.add(after, 1)

    def add(self, who: Candidate, times: int) -> None:
        """Count a candidate so many times; negative takes away."""
        self.placements += times * len(who.placements)
        if who.deleted_at:
            self.deleted += times
            return
        self.alive += times
        for name in who.tags:
            self.tags[name] += times
        for name in who.sources:
            self.sources[name] += times
        for placement in who.placements:
            place = placement.offer_id or placement.pool_id or 0
            self._placed[place] += times
            self._out[place] += times * placement.disqualified
            self._hired[place] += times * bool(placement.hired_at)

    def tally(self, offer_or_pool_id: int) -> Tally:
        """Return the counts of one job or pool."""
        place = offer_or_pool_id
        return Tally(self._placed[place], self._out[place], self._hired[place])
