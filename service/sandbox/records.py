"""The sandbox's records: frozen, so that an old state can be kept by keeping the object."""

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
Stamp = str
"""An instant as Recruitee writes it: `2026-04-21T07:34:16.922854Z`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A hiring role; `abilities` are Recruitee's codes."""

    id: int
    name: str
    position: int
    admin: bool
    abilities: tuple[str, ...]
    created_at: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """A team member with the membership that ties them to the company."""

    id: int
    membership_id: int
    first_name: str
    last_name: str
    email: str
    timezone: str
    role_id: int
    active: bool
    created_at: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """A department: a name, no hierarchy."""

    id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place of work; `archived_at` is set once it is out of use."""

    id: int
    name: str
    street: str
    city: str
    postal_code: str
    state_code: str
    state_name: str
    country_code: str
    country: str
    created_at: Stamp
    archived_at: Stamp | None = None

    @property
    def full_address(self) -> str:
        """Country first, as Recruitee orders it."""
        parts = (self.country, self.state_name, self.city, self.postal_code, self.street)
        return ", ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why somebody is disqualified."""

    id: int
    name: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A label; `context` is `tags`, `sources` or `offer_tags`."""

    id: int
    name: str
    context: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A step of a pipeline; the three locked ones have negative positions."""

    id: int
    template_id: int
    name: str
    position: int
    category: str
    group: str
    created_at: Stamp

    @property
    def locked(self) -> bool:
        """Whether the stage is one of those that every pipeline has."""
        return self.position < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A pipeline; offers that share it share its stages' ids, a custom one belongs to one offer."""

    id: int
    title: str
    category: str
    position: int
    default: bool
    custom: bool
    stages: tuple[Stage, ...]
    created_at: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A job; `tags` are names, `salary` has string bounds."""

    id: int
    guid: str
    slug: str
    title: str
    position: int
    template_id: int
    created_at: Stamp
    updated_at: Stamp
    status: str = "draft"
    department_id: int | None = None
    location_ids: tuple[int, ...] = ()
    hiring_manager_id: int | None = None
    recruiter_id: int | None = None
    follower_ids: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()
    description: str = ""
    requirements: str = ""
    category: str | None = "information_technology"
    employment_type: str | None = "fulltime_permanent"
    experience: str | None = "mid_level"
    education: str | None = None
    min_hours: int | None = 32
    max_hours: int | None = 40
    number_of_openings: int | None = None
    priority: str | None = None
    remote: bool = False
    hybrid: bool = False
    on_site: bool = True
    salary: tuple[str | None, str | None, str | None, str | None] = (None, None, None, None)
    published_at: Stamp | None = None
    closed_at: Stamp | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A talent pool: a place for candidates without a job, and without stages."""

    id: int
    guid: str
    slug: str
    title: str
    position: int
    status: str
    description: str
    department_id: int | None
    admin_ids: tuple[int, ...]
    created_at: Stamp
    updated_at: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A candidate in an offer or a pool; disqualified while `disqualify_kind` is set."""

    id: int
    candidate_id: int
    position: int
    created_at: Stamp
    updated_at: Stamp
    offer_id: int | None = None
    pool_id: int | None = None
    stage_id: int | None = None
    location_ids: tuple[int, ...] = ()
    work_location_id: int | None = None
    hired_at: Stamp | None = None
    hired_by_id: int | None = None
    job_starts_at: str | None = None
    disqualify_kind: str | None = None
    disqualify_reason: str | None = None
    disqualified_at: Stamp | None = None
    disqualified_by: int | None = None

    @property
    def disqualified(self) -> bool:
        """Whether the application is rejected at present."""
        return self.disqualify_kind is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A person with all their placements: one object is one state of both."""

    id: int
    name: str
    created_at: Stamp
    updated_at: Stamp
    last_activity_at: Stamp
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    social_links: tuple[str, ...] = ()
    source: str | None = "manual"
    sources: tuple[str, ...] = ()
    referrer: str | None = None
    tags: tuple[str, ...] = ()
    cover_letter: str | None = None
    cv_name: str | None = None
    admin_id: int | None = None
    example: bool = False
    viewed: bool = False
    title: str | None = None
    fields: tuple[Json, ...] = ()
    answers: tuple[Json, ...] = ()
    placements: tuple[Placement, ...] = ()
    deleted_at: Stamp | None = None
    deleted_by: int | None = None

    @property
    def hired(self) -> bool:
        """Whether any placement led to a hire."""
        return any(placement.hired_at for placement in self.placements)

    @property
    def initials(self) -> str:
        """First letters of the first and the last word of the name."""
        words = self.name.split() or ["?"]
        return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One line of the timeline; ids grow with time and serve as cursor."""

    id: int
    event: str
    admin_id: int | None
    candidate_id: int | None
    offer_id: int | None
    created_at: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note on a candidate; `body` is HTML."""

    id: int
    candidate_id: int
    admin_id: int
    body: str
    visibility: Json
    created_at: Stamp
