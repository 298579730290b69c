"""What a list is asked for, in its wire form: comma lists, `true`, dates in all their forms."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from starlette.datastructures import QueryParams

from service.core import times

MOST: Final = 250
DAY_MS: Final = 86_400_000
M = TypeVar("M", bound=BaseModel)
_DATE = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?) ?([Zz]|UTC|[+\- ]\d{2}:?\d{2})?|Z)?"
)


def _split(value: object) -> object:
    """Return a comma list's parts; an empty one names nothing."""
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _flag(value: object) -> object:
    told = value.strip().lower() if isinstance(value, str) else None
    if told not in ("true", "false"):
        raise ValueError("must be true or false")
    return told == "true"


def _whole(value: object) -> object:
    # Some clients write 3.0 for 3.
    return value.removesuffix(".0") if isinstance(value, str) else value


def _instant(value: object) -> int:
    """Return the milliseconds of `2026-04-21`, `...T07:34:16.922854`, `...Z`, `...+02:00`."""
    found = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    ms = times.parse(_rfc3339(found)) if found else None
    if ms is None:
        raise ValueError("must be a date or an RFC 3339 time, such as 2026-04-21T07:40:00.000Z")
    return ms


def _rfc3339(found: "re.Match[str]") -> str:
    day, clock, zone = found.groups()
    if clock is None:
        return str(day)
    # In a query a plus that was not encoded arrives as a blank.
    zone = "Z" if zone is None or zone.upper() in ("Z", "UTC") else zone.replace(" ", "+")
    return f"{day}T{clock.replace(',', '.')}{zone}"


def _day(value: object) -> int:
    ms = _instant(value)
    return ms - ms % DAY_MS


Texts = Annotated[tuple[str, ...], BeforeValidator(_split)]
Flag = Annotated[bool, BeforeValidator(_flag)]
_Time = WithJsonSchema({"type": "string", "format": "date-time"})
Instant = Annotated[int, BeforeValidator(_instant), _Time]
Day = Annotated[int, BeforeValidator(_day), _Time]
PageSize = Annotated[int, Field(ge=1, le=MOST), BeforeValidator(_whole)]


class Asked(BaseModel):
    """What every list may be asked for; a parameter that nobody knows is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    cursor: str | None = None
    page_size: PageSize = 100
    updated_after: Instant | None = None  # ms
    include_deleted: Flag = False
    ignore_unsupported_filters: Flag = False
    ids: Texts | None = None
    remote_ids: Texts | None = None

    def own(self) -> dict[str, Any]:
        """Return the filters of the list's own that are given."""
        return {
            name: value
            for name in type(self).model_fields
            if name not in Asked.model_fields and (value := getattr(self, name)) is not None
        }


Status = Literal["OPEN", "CLOSED", "DRAFT", "ARCHIVED"]
Employment = Literal["FULL_TIME", "PART_TIME", "CONTRACT", "SEASONAL", "INTERNSHIP"]
Visibility = Literal["PUBLIC", "INTERNAL", "UNLISTED", "CONFIDENTIAL"]
Outcome = Literal["PENDING", "HIRED", "DECLINED"]


class JobsAsked(Asked):
    """Filters of jobs; `status` is the older form of `statuses`."""

    job_codes: Texts | None = None
    post_url: str | None = None
    statuses: Annotated[tuple[Status, ...], BeforeValidator(_split)] | None = None
    status: Status | None = None
    employment_types: Annotated[tuple[Employment, ...], BeforeValidator(_split)] | None = None
    visibilities: Annotated[tuple[Visibility, ...], BeforeValidator(_split)] | None = None
    remote_created_after: Day | None = None
    name_contains: str | None = None


class ApplicationsAsked(Asked):
    """Filters of applications; `outcome` is the older form of `outcomes`."""

    outcomes: Annotated[tuple[Outcome, ...], BeforeValidator(_split)] | None = None
    outcome: Outcome | None = None
    job_ids: Texts | None = None
    job_remote_ids: Texts | None = None
    current_stage_ids: Texts | None = None
    remote_created_after: Day | None = None


class CandidatesAsked(Asked):
    """Filters of candidates."""

    email: str | None = None
    job_ids: Texts | None = None
    first_name: str | None = None
    last_name: str | None = None


class UsersAsked(Asked):
    """Filters of users."""

    emails: Texts | None = None


class RolesAsked(Asked):
    """Filters of roles."""

    scopes: Annotated[tuple[Literal["SYSTEM", "JOB"], ...], BeforeValidator(_split)] | None = None


class InterviewsAsked(Asked):
    """Filters of interviews."""

    job_ids: Texts | None = None


class OwnedAsked(Asked):
    """Filters of what belongs to a candidate: notes, scorecards, attachments."""

    candidate_ids: Texts | None = None
    application_ids: Texts | None = None


def asked(query: QueryParams, model: type[M]) -> M:
    """Read a query; a parameter that is sent several times is one list. Raises ValidationError."""
    given: Mapping[str, str] = {
        name: ",".join(query.getlist(name)) for name in query if name in model.model_fields
    }
    return model.model_validate(given)


def same(value: str) -> str:
    """Return a text as it is compared where case does not count."""
    return value.strip().casefold()


Predicate = Callable[[Mapping[str, Any]], bool]
