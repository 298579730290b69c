"""The state of one invented company, and how it changes over time."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from service.sandbox.config import SandboxConfig
from service.sandbox.parsing import whole
from service.sandbox.records import (
    Activity,
    Admin,
    Candidate,
    Department,
    Location,
    Note,
    Offer,
    Placement,
    Pool,
    Reason,
    Role,
    Stage,
    Stamp,
    Tag,
    Template,
)

TagContext = Literal["tags", "sources", "offer_tags"]
ACTIVITIES_KEPT = 100_000
STATES_KEPT = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stamp(instant: datetime) -> Stamp:
    """Return `2026-04-21T07:34:16.922854Z`: microseconds are always written."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many candidates an offer has, as its counters say."""

    candidates: int = 0
    disqualified: int = 0
    hired: int = 0


@dataclass(slots=True)
class Company:
    """Everything the company holds, by id; candidates change only through `put`."""

    config: SandboxConfig
    next_id: Callable[[str], int]
    lag: timedelta = timedelta(0)
    roles: dict[int, Role] = field(default_factory=dict)
    admins: dict[int, Admin] = field(default_factory=dict)
    departments: dict[int, Department] = field(default_factory=dict)
    locations: dict[int, Location] = field(default_factory=dict)
    reasons: dict[int, Reason] = field(default_factory=dict)
    templates: dict[int, Template] = field(default_factory=dict)
    stages: dict[int, Stage] = field(default_factory=dict)
    offers: dict[int, Offer] = field(default_factory=dict)
    pools: dict[int, Pool] = field(default_factory=dict)
    notes: defaultdict[int, list[Note]] = field(default_factory=lambda: defaultdict(list))
    candidates: dict[int, Candidate] = field(default_factory=dict)
    activities: deque[Activity] = field(default_factory=lambda: deque(maxlen=ACTIVITIES_KEPT))
    owner_id: int = 0
    _tags: dict[tuple[str, str], Tag] = field(default_factory=dict)
    _placed: dict[int, int] = field(default_factory=dict)
    _past: dict[int, deque[tuple[datetime, Candidate | None]]] = field(default_factory=dict)
    _last: datetime = EPOCH
    _tallies: dict[int, Tally] | None = None

    @property
    def owner(self) -> Admin:
        """The team member that the token acts as."""
        return self.admins[self.owner_id]

    def now(self) -> Stamp:
        """Return the clock's time, never the same one twice."""
        self._last = max(self.config.clock(), self._last + timedelta(microseconds=1))
        return stamp(self._last)

    def put(self, candidate: Candidate) -> Candidate:
        """Make this the candidate's present state; the old one is kept while reads lag."""
        if self.lag:
            past = self._past.setdefault(candidate.id, deque(maxlen=STATES_KEPT))
            past.append((self.config.clock(), self.candidates.get(candidate.id)))
        self.candidates[candidate.id] = candidate
        for placement in candidate.placements:
            self._placed[placement.id] = candidate.id
        self._tallies = None
        return candidate

    def seen(self, candidate_id: int) -> Candidate | None:
        """Return the candidate as a read shows it: an older state while reads lag."""
        cutoff = self.config.clock() - self.lag
        for until, state in self._past.get(candidate_id, ()) if self.lag else ():
            if until > cutoff:
                return state
        return self.candidates.get(candidate_id)

    def seen_all(self) -> Iterable[Candidate]:
        """Return every candidate as reads show them, soft-deleted ones included."""
        if not self.lag or not self._past:
            return self.candidates.values()
        return filter(None, map(self.seen, self.candidates))

    def placed(self, placement_id: int) -> tuple[Candidate, Placement] | None:
        """Return a placement with its candidate, or None when there is none now."""
        candidate = self.candidates.get(self._placed.get(placement_id, 0))
        if candidate is None or candidate.deleted_at:
            return None
        for placement in candidate.placements:
            if placement.id == placement_id:
                return candidate, placement
        return None

    def put_placement(self, placement: Placement) -> Candidate:
        """Store a placement; Recruitee then moves `last_activity_at`, but not `updated_at`."""
        candidate = self.candidates[placement.candidate_id]
        others = tuple(kept for kept in candidate.placements if kept.id != placement.id)
        ordered = tuple(sorted((*others, placement), key=lambda kept: kept.id))
        return self.put(
            replace(candidate, placements=ordered, last_activity_at=placement.updated_at)
        )

    def note_activity(
        self, event: str, at: Stamp, candidate_id: int | None = None, offer_id: int | None = None
    ) -> None:
        """Append a line to the timeline, by the token's owner."""
        self.activities.append(
            Activity(
                id=self.next_id("activity"),
                event=event,
                admin_id=self.owner_id,
                candidate_id=candidate_id,
                offer_id=offer_id,
                created_at=at,
            )
        )

    def tag(self, context: TagContext, name: str) -> Tag:
        """Return the label of that name, whatever its case; make it if it is new."""
        known = self._tags.get((context, name.lower()))
        if known is None:
            known = Tag(id=self.next_id("tag"), name=name, context=context)
            self._tags[context, name.lower()] = known
        return known

    def tags(self, context: TagContext) -> list[Tag]:
        """Return all labels of one kind, oldest first."""
        return [tag for (kind, _), tag in self._tags.items() if kind == context]

    def taggings(self, context: TagContext) -> Counter[str]:
        """Count how often each label is used."""
        if context == "offer_tags":
            return Counter(name for offer in self.offers.values() for name in offer.tags)
        alive = (person for person in self.candidates.values() if not person.deleted_at)
        if context == "sources":
            return Counter(name for person in alive for name in person.sources)
        return Counter(name for person in alive for name in person.tags)

    def offer(self, id_or_slug: str) -> Offer | None:
        """Find a job by its number or its slug."""
        if number := whole(id_or_slug):
            return self.offers.get(number)
        return next((o for o in self.offers.values() if o.slug == id_or_slug), None)

    def pool(self, id_or_slug: str) -> Pool | None:
        """Find a talent pool by its number or its slug."""
        if number := whole(id_or_slug):
            return self.pools.get(number)
        return next((p for p in self.pools.values() if p.slug == id_or_slug), None)

    def stage_of(self, template_id: int, category: str) -> Stage | None:
        """Return a pipeline's first stage of a category."""
        stages = self.templates[template_id].stages
        return next((stage for stage in stages if stage.category == category), None)

    def tally(self, offer_or_pool_id: int) -> Tally:
        """Count the placements of a job or pool; deleted candidates do not count."""
        if self._tallies is None:
            self._tallies = _counted(self.candidates.values())
        return self._tallies.get(offer_or_pool_id, Tally())


def _counted(people: Iterable[Candidate]) -> dict[int, Tally]:
    tallies: dict[int, Tally] = {}
    for person in people:
        for placement in () if person.deleted_at else person.placements:
            place = placement.offer_id or placement.pool_id or 0
            old = tallies.get(place, Tally())
            tallies[place] = Tally(
                old.candidates + 1,
                old.disqualified + placement.disqualified,
                old.hired + bool(placement.hired_at),
            )
    return tallies
