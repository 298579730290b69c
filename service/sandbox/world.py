"""The state of one invented company, and how it changes over time."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from service.sandbox.config import SandboxConfig
from service.sandbox.counts import Tally
from service.sandbox.dossier import Attachment, Evaluation, EvaluationRequest, Interview, Note, Task
from service.sandbox.feed import Feed
from service.sandbox.files import Files
from service.sandbox.instants import EPOCH, stamp
from service.sandbox.parsing import whole
from service.sandbox.people import People
from service.sandbox.persons import Candidate, Placement
from service.sandbox.queries import Query, Test, found
from service.sandbox.records import (
    Activity,
    Admin,
    Department,
    Json,
    Location,
    Offer,
    Pool,
    QuestionTemplate,
    Reason,
    Role,
    Stage,
    Stamp,
    Tag,
    Team,
    Template,
)
from service.sandbox.shelf import Shelf

TagContext = Literal["tags", "sources", "offer_tags"]


@dataclass(frozen=True, slots=True)
class Papers:
    """Everything that hangs on candidates and jobs, by kind."""

    notes: Shelf[Note]
    attachments: Shelf[Attachment]
    interviews: Shelf[Interview]
    evaluations: Shelf[Evaluation]
    requests: Shelf[EvaluationRequest]
    tasks: Shelf[Task]


@dataclass(slots=True)
class Company:
    """Everything the company holds, by id; candidates change only through `put`."""

    config: SandboxConfig
    next_id: Callable[[str], int]
    people: People
    papers: Papers
    feed: Feed
    files: Files
    roles: dict[int, Role]
    admins: dict[int, Admin]
    teams: dict[int, Team]
    departments: dict[int, Department]
    locations: dict[int, Location]
    reasons: dict[int, Reason]
    templates: dict[int, Template]
    stages: dict[int, Stage]
    offers: dict[int, Offer]
    pools: dict[int, Pool]
    question_templates: dict[int, QuestionTemplate]
    dynamic_fields: dict[int, Json]
    owner_id: int
    _tags: dict[tuple[str, str], Tag] = field(default_factory=dict)
    _last: datetime = EPOCH
    _skew: timedelta = timedelta(0)

    @property
    def owner(self) -> Admin:
        """The team member that the token acts as."""
        return self.admins[self.owner_id]

    @property
    def candidates(self) -> People:
        """Everybody, by id."""
        return self.people

    def now(self) -> Stamp:
        """Return the clock's time, never the same one twice."""
        present = self.config.clock() + self._skew
        self._last = max(present, self._last + timedelta(microseconds=1))
        return stamp(self._last)

    def skew(self, apart: timedelta) -> None:
        """Set the company's clock apart from ours, backwards too."""
        if apart != self._skew:
            self._skew, self._last = apart, EPOCH

    def put(self, candidate: Candidate) -> Candidate:
        """Make this the candidate's present state."""
        return self.people.put(candidate)

    def put_placement(self, placement: Placement) -> Candidate:
        """Store a placement; Recruitee then moves `last_activity_at`, but not `updated_at`."""
        candidate = self.people[placement.candidate_id]
        others = tuple(kept for kept in candidate.placements if kept.id != placement.id)
        ordered = tuple(sorted((*others, placement), key=lambda kept: kept.id))
        return self.put(
            replace(candidate, placements=ordered, last_activity_at=placement.updated_at)
        )

    def touch(self, candidate_id: int | None, at: Stamp) -> None:
        """Move a candidate's `last_activity_at`, as whatever hangs on them does (assumed)."""
        who = self.people.get(candidate_id or 0)
        if who is not None:
            self.put(replace(who, last_activity_at=at))

    def everyone(self, *tests: Test) -> Iterable[Candidate]:
        """Return all candidates who pass the tests and are not deleted, in order of arrival."""
        yield from found(self.people, Query(tests), 0, len(self.people) + 1).people

    def notes_of_job(self, offer_id: int) -> list[Note]:
        """Return a job's own notes, oldest first."""
        return [one for one in self.papers.notes.kept() if one.offer_id == offer_id]

    def files_of_job(self, offer_id: int) -> list[Attachment]:
        """Return a job's own files, oldest first."""
        return [one for one in self.papers.attachments.kept() if one.offer_id == offer_id]

    def note_activity(
        self,
        event: str,
        at: Stamp,
        candidate_id: int | None = None,
        offer_id: int | None = None,
        *,
        note_id: int | None = None,
        stage_id: int | None = None,
        pool_id: int | None = None,
    ) -> None:
        """Append a line to the timeline, by the token's owner."""
        self.feed.add(
            Activity(
                id=self.next_id("activity"), event=event, admin_id=self.owner_id,
                candidate_id=candidate_id, offer_id=offer_id, created_at=at, note_id=note_id,
                stage_id=stage_id, pool_id=pool_id,
            )
        )  # fmt: skip

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

    def relabel(self, tag: Tag, name: str | None) -> None:
        """Rename a label everywhere, or take it away with None; a name that exists is merged."""
        self._tags.pop((tag.context, tag.name.lower()), None)
        if name is not None and (tag.context, name.lower()) not in self._tags:
            self._tags[tag.context, name.lower()] = replace(tag, name=name)
        context = tag.context

        def named(names: tuple[str, ...]) -> tuple[str, ...]:
            rest = (name if one == tag.name else one for one in names)
            return tuple(dict.fromkeys(one for one in rest if one is not None))

        if context == "offer_tags":
            for offer in list(self.offers.values()):
                self.offers[offer.id] = replace(offer, tags=named(offer.tags))
        elif context == "tags":
            self.people.rewrite(lambda who: replace(who, tags=named(who.tags)))
        else:
            self.people.rewrite(lambda who: replace(who, sources=named(who.sources)))

    def taggings(self, context: TagContext) -> Counter[str]:
        """Count how often each label is used."""
        if context == "offer_tags":
            return Counter(name for offer in self.offers.values() for name in offer.tags)
        counts = self.people.counts
        return counts.sources if context == "sources" else counts.tags

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
        return self.people.counts.tally(offer_or_pool_id)
