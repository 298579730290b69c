"""What writes are sent, in Truto's fields."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from service.truto.envelope import lacking

Line = Annotated[str, Field(min_length=1, max_length=1000)]
RemoteId = Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]


class Wire(BaseModel):
    """A body of Truto's; what it does not name is left alone. Ids may be numbers."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


B = TypeVar("B", bound=Wire)


class Id(Wire):
    """Another record, by its id."""

    id: RemoteId


class Owned(Wire):
    """What belongs to a candidate, named in either form."""

    candidate_id: RemoteId | None = None
    candidate: Id | None = None


def _wrapped(name: str) -> Any:
    """Return what lets a text stand for an object with it as its one member."""
    return BeforeValidator(lambda value: {name: value} if isinstance(value, str) else value)


class Email(Wire):
    """An e-mail address."""

    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=320)]


class Phone(Wire):
    """A telephone number."""

    number: Annotated[str, Field(min_length=1, max_length=100)]
    extension: Annotated[str | None, Field(max_length=20)] = None

    @property
    def whole(self) -> str:
        """The number as Recruitee takes it."""
        return f"{self.number} ext. {self.extension}" if self.extension else self.number


class Url(Wire):
    """A link."""

    url: Annotated[str, Field(pattern=r"^https?://\S+$", max_length=4000)]


class TagNamed(Wire):
    """A tag by its name."""

    name: Annotated[str, Field(min_length=1, max_length=255)]


EmailGiven = Annotated[Email, _wrapped("email")]
PhoneGiven = Annotated[Phone, _wrapped("number")]
UrlGiven = Annotated[Url, _wrapped("url")]
TagGiven = Annotated[TagNamed, _wrapped("name")]


class AttachmentGiven(Wire):
    """A document: at an address, or in base64."""

    file_name: Line
    file_url: Annotated[str | None, Field(max_length=4000)] = None
    content: str | None = None
    content_type: Annotated[str | None, Field(pattern=r"^[\w.-]+\/[\w.+-]+$")] = None
    attachment_type: Literal["resume", "cover_letter", "other"] = "other"


class ApplicationGiven(Wire):
    """An application that comes with a candidate."""

    job: Id
    current_stage: Id | None = None


class CandidateChanged(Wire):
    """The body of a change; a list that is given stands for the whole list."""

    name: Line | None = None
    first_name: Line | None = None
    last_name: Line | None = None
    emails: Annotated[tuple[EmailGiven, ...] | None, Field(max_length=50)] = None
    phones: Annotated[tuple[PhoneGiven, ...] | None, Field(max_length=50)] = None
    urls: Annotated[tuple[UrlGiven, ...] | None, Field(max_length=50)] = None
    tags: Annotated[tuple[TagGiven, ...] | None, Field(max_length=50)] = None


class Unwritten(Wire):
    """Fields that are not written, whatever they hold."""

    company: Any = None
    title: Any = None
    is_private: Any = None
    can_email: Any = None
    locations: Any = None
    remote_data: Any = None


class CandidateUpdated(CandidateChanged, Unwritten):
    """The body of a change; files and applications have resources and actions of their own."""

    attachments: Any = None
    applications: Any = None


class CandidateAsked(CandidateChanged, Unwritten):
    """The body of a new candidate."""

    job_id: RemoteId | None = None
    applications: Annotated[tuple[ApplicationGiven, ...], Field(max_length=1)] = ()
    attachments: Annotated[tuple[AttachmentGiven, ...], Field(max_length=20)] = ()
    source: Line | None = None


class TagAsked(Owned, TagNamed):
    """The body of a tag that is put on a candidate."""


class AttachmentAsked(Owned, AttachmentGiven):
    """The body of a document."""

    job_id: RemoteId | None = None
    job: Id | None = None


class ActivityAsked(Owned):
    """The body of a note."""

    body: Annotated[str, Field(min_length=1, max_length=100_000)]
    subject: Annotated[str | None, Field(max_length=1000)] = None
    activity_type: Literal["note"] = "note"
    visibility: Literal["private", "public", "admin_only"] | None = None


def read(model: type[B], fields: Mapping[str, Any]) -> B:
    """Read a body; raises Refused, or ValidationError."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise _refused(error) from None


def _refused(error: ValidationError) -> Exception:
    rows = error.errors(include_input=False, include_url=False, include_context=False)
    missing = [
        str(row["loc"][0]) for row in rows if row["type"] == "missing" and len(row["loc"]) == 1
    ]
    return lacking("body", *missing) if missing else error
