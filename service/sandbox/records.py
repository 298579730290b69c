"""The company's own records: team, places, jobs, pipelines, questions and the timeline."""

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
class Team:
    """A group of team members."""

    id: int
    name: str
    admin_ids: tuple[int, ...]


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
    updated_at: Stamp
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
    updated_at: Stamp

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
    question_template_id: int | None = None
    dynamic_fields: tuple[Json, ...] = ()


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
class Question:
    """A screening question; `choices` are `(option id, text)`, `options` its limits."""

    id: int
    kind: str
    text: str
    position: int
    required: bool = False
    knockout: bool = False
    choices: tuple[tuple[int, str], ...] = ()
    options: Json | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionTemplate:
    """A form of screening questions; jobs name it."""

    id: int
    title: str
    category: str
    position: int
    default: bool
    questions: tuple[Question, ...]
    created_at: Stamp
    updated_at: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One line of the timeline; ids grow with time and serve as cursor."""

    id: int
    event: str
    admin_id: int | None
    candidate_id: int | None
    offer_id: int | None
    created_at: Stamp
    note_id: int | None = None
    stage_id: int | None = None
    pool_id: int | None = None
