"""What each action is asked for, in our own terms: every surface (Kombo, Truto, MCP) makes these.

Ids are Recruitee's own, as strings: surfaces look unified ids up before they ask.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, StringConstraints

Id = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$")]
Text = Annotated[str, StringConstraints(max_length=100_000)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True)]


class Input(BaseModel):
    """The base: closed and immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class File(Input):
    """A document: its bytes in base64, or where they are (fetched once, without credentials)."""

    name: Line
    content_type: str | None = None
    data: str | None = None
    data_url: str | None = None
    type: Literal["CV", "COVER_LETTER", "OTHER"] = "OTHER"


class Answered(Input):
    """An answer to a screening question, as the careers site takes it; one of the four is given."""

    question_id: Id
    content: Text | None = None
    flag: bool | None = None
    many: tuple[str, ...] | None = None
    file: File | None = None


class Person(Input):
    """Who is created."""

    name: Line
    emails: tuple[Line, ...] = ()
    phones: tuple[Line, ...] = ()
    social_links: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    cover_letter: Text | None = None


class CreateApplication(Input):
    """A candidate, with an application when `job_id` is given; an existing person is found first."""

    person: Person
    job_id: Id | None = None
    stage_id: Id | None = None
    source: Line | None = None
    sourced_by: Id | None = None  # the user who sourced them
    tags: tuple[Line, ...] = ()
    answers: tuple[Answered, ...] = ()
    files: tuple[File, ...] = ()
    consent_expires_at: str | None = None
    apart: bool = False  # do not look for the same person: make another candidate


class UpdateCandidate(Input):
    """What is changed of a candidate; a list that is given replaces the whole list."""

    candidate_id: Id
    name: Line | None = None
    emails: tuple[Line, ...] | None = None
    phones: tuple[Line, ...] | None = None
    social_links: tuple[str, ...] | None = None
    links: tuple[str, ...] | None = None
    cover_letter: Text | None = None


class Tag(Input):
    """A tag put on a candidate, or taken off."""

    candidate_id: Id
    name: Line


class Attach(Input):
    """A document put to a candidate; with `job_id`, to their application for that job."""

    candidate_id: Id
    file: File
    job_id: Id | None = None


class Move(Input):
    """An application moved to a stage; `anyway`: also one that was rejected, which requalifies it."""

    application_id: Id
    candidate_id: Id
    stage_id: Id
    work_location_id: Id | None = None
    hired_at: str | None = None
    job_starts_at: str | None = None
    opening_id: Id | None = None
    anyway: bool = False


class Reject(Input):
    """An application rejected, with a note on the candidate if one is given."""

    application_id: Id
    candidate_id: Id
    rejection_reason_id: Id
    note: Text | None = None


class Unreject(Input):
    """An application that is no longer rejected."""

    application_id: Id
    candidate_id: Id


class Note(Input):
    """A note on a candidate; `document` is Recruitee's own JSON form of it and wins over `content`."""

    candidate_id: Id
    content: Text = ""
    document: dict[str, Any] | None = None
    visibility: dict[str, Any] | str | None = None
    reply_to_id: Id | None = None


class Attribute(Input):
    """One named value of a result."""

    key: Line
    value: Text


class ResultLink(Input):
    """A result of another product's: a note with the link, and custom fields for its details."""

    candidate_id: Id
    label: Line
    url: str
    prefix: str = ""
    attributes: tuple[Attribute, ...] = ()


class SetField(Input):
    """A custom field of a candidate set to values; an empty list clears it."""

    candidate_id: Id
    name: Line
    values: tuple[dict[str, Any], ...]
    kind: str = "single_line"


class Consent(Input):
    """When a candidate's consent ends; ISO 8601."""

    candidate_id: Id
    expires_at: str


class Assign(Input):
    """A candidate put into a job: an application of theirs is made."""

    candidate_id: Id
    job_id: Id
    stage_id: Id | None = None


class Unassign(Input):
    """An application taken away; the candidate stays."""

    application_id: Id
    candidate_id: Id


class Evaluation(Input):
    """A rating of a candidate in a stage of a job, in the name of the token's owner."""

    candidate_id: Id
    job_id: Id
    stage_id: Id
    rating: str
    note: Text | None = None


class Interview(Input):
    """An interview; with `interview_id`, what is changed of one."""

    candidate_id: Id
    starts_at: str
    minutes: Annotated[int, Field(gt=0, le=24 * 60)]
    timezone: str = "UTC"
    kind: str = "interview"
    job_id: Id | None = None
    stage_id: Id | None = None
    user_ids: tuple[Id, ...] = ()
    location: str | None = None
    note: Text | None = None
    interview_id: Id | None = None


class Import(Input):
    """An application that was made elsewhere, to be kept as those made through us."""

    application_id: Id


class Delete(Input):
    """A candidate deleted; Recruitee keeps them among the deleted, from where they can be restored."""

    candidate_id: Id


class Document(RootModel[dict[str, Any]]):
    """A JSON object that is passed on as it is."""
