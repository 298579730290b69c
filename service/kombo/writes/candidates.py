"""What is written on candidates besides tags: profile, consent, custom fields, jobs, scorecards."""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from starlette.responses import Response

from service.core import times
from service.core.actions import inputs
from service.core.store.connections import Connection
from service.kombo.envelope import invalid, passed_on
from service.kombo.writes.acting import Wire, act, application, candidate, remote
from service.kombo.writes.applications import NoteAsked, noted
from service.ops.bodies import given
from service.state import Request

LineAsked = Annotated[str, Field(min_length=1, max_length=1000)]


class AttributeAsked(Wire):
    """One named value of a result."""

    key: LineAsked
    value: Annotated[str, Field(max_length=100_000)]


class Details(Wire):
    """What a result says besides its link."""

    custom_field_name_prefix: Annotated[str, Field(max_length=200)]
    attributes: Annotated[tuple[AttributeAsked, ...], Field(max_length=50)]


class ResultLinkAsked(Wire):
    """The body of a result link."""

    label: LineAsked
    url: Annotated[str, Field(max_length=4000)]
    details: Details | None = None

    @field_validator("url")
    @classmethod
    def _is_web(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an http or https address")
        return url


class UpdateAsked(Wire):
    """What is changed of a candidate; a list replaces the whole list. Kombo has no such call."""

    first_name: LineAsked | None = None
    last_name: LineAsked | None = None
    email_addresses: tuple[LineAsked, ...] | None = None
    phone_numbers: tuple[LineAsked, ...] | None = None
    social_links: tuple[LineAsked, ...] | None = None
    links: tuple[LineAsked, ...] | None = None
    cover_letter: str | None = None


class ConsentAsked(Wire):
    """When consent ends."""

    expires_at: str


class FieldAsked(Wire):
    """A custom field's value: a text, or a list of Recruitee's own value objects."""

    value: str | list[dict[str, Any]]
    kind: str = "single_line"


class AssignAsked(Wire):
    """A job that a candidate is put into."""

    job_id: str
    stage_id: str | None = None


class ScorecardAsked(Wire):
    """A rating in the stage in which an application is, or in another."""

    application_id: str
    rating: Literal["strong_no", "no", "neutral", "yes", "strong_yes"]
    stage_id: str
    note: str | None = None


async def result_link_on_candidate(request: Request, connection: Connection) -> Response:
    """Put a result on a candidate."""
    return await _result(request, connection, await _who(request, connection))


async def result_link_on_application(request: Request, connection: Connection) -> Response:
    """Put a result on an application's candidate: Recruitee's notes and fields are of people."""
    one = await application(request, connection, request.path_params["application_id"])
    return await _result(request, connection, one.candidate_id)


async def _result(request: Request, connection: Connection, who: str) -> Response:
    asked = ResultLinkAsked.model_validate(await given(request))
    details = asked.details
    said = (
        [inputs.Attribute.model_validate(each.model_dump()) for each in details.attributes]
        if details
        else []
    )
    wanted = inputs.ResultLink(
        candidate_id=who, label=asked.label, url=asked.url, attributes=tuple(said),
        prefix=details.custom_field_name_prefix if details else "",
    )  # fmt: skip
    return await _done(request, connection, "add_result_link", wanted, who)


async def update(request: Request, connection: Connection) -> Response:
    """Change a candidate's profile."""
    asked = UpdateAsked.model_validate(await given(request))
    who = await _who(request, connection)
    if (asked.first_name is None) != (asked.last_name is None):
        raise invalid(
            "first_name", "Recruitee has one name: give first_name and last_name together"
        )
    name = f"{asked.first_name} {asked.last_name}" if asked.first_name else None
    wanted = inputs.UpdateCandidate(
        candidate_id=who, name=name, emails=asked.email_addresses, phones=asked.phone_numbers,
        social_links=asked.social_links, links=asked.links, cover_letter=asked.cover_letter,
    )  # fmt: skip
    return await _done(request, connection, "update_candidate", wanted, who)


async def delete(request: Request, connection: Connection) -> Response:
    """Delete a candidate at Recruitee, from where they can be restored; Kombo has no such call."""
    who = await _who(request, connection)
    return await _done(
        request, connection, "delete_candidate", inputs.Delete(candidate_id=who), who
    )


async def consent(request: Request, connection: Connection) -> Response:
    """Set when a candidate's consent ends."""
    asked = ConsentAsked.model_validate(await given(request))
    who = await _who(request, connection)
    at = times.canonical(asked.expires_at)
    if at is None:
        raise invalid("expires_at", "must be a date or a time in ISO 8601")
    wanted = inputs.Consent(candidate_id=who, expires_at=at)
    return await _done(request, connection, "set_consent", wanted, who)


async def custom_field(request: Request, connection: Connection) -> Response:
    """Set a custom field of a candidate, by its name in Recruitee."""
    asked = FieldAsked.model_validate(await given(request))
    who = await _who(request, connection)
    values = [{"text": asked.value}] if isinstance(asked.value, str) else asked.value
    wanted = inputs.SetField(
        candidate_id=who, name=request.path_params["name"], values=tuple(values), kind=asked.kind
    )
    return await _done(request, connection, "set_custom_field", wanted, who)


async def assign(request: Request, connection: Connection) -> Response:
    """Put a candidate who is there into a job."""
    asked = AssignAsked.model_validate(await given(request))
    who = await _who(request, connection)
    job = await remote(request, connection, "job", asked.job_id, "job_id")
    stage = asked.stage_id and await remote(
        request, connection, "stage", asked.stage_id, "stage_id"
    )
    wanted = inputs.Assign(candidate_id=who, job_id=job, stage_id=stage or None)
    return await _done(request, connection, "assign", wanted, who)


async def scorecard(request: Request, connection: Connection) -> Response:
    """Rate a candidate, in the name of the token's owner."""
    asked = ScorecardAsked.model_validate(await given(request))
    who = await _who(request, connection)
    one = await application(request, connection, asked.application_id)
    if one.candidate_id != who:
        raise invalid("application_id", "is another candidate's")
    stage = await remote(request, connection, "stage", asked.stage_id, "stage_id")
    wanted = inputs.Evaluation(
        candidate_id=who, job_id=one.job_id, stage_id=stage, rating=asked.rating, note=asked.note
    )
    return await _done(request, connection, "evaluate", wanted, who)


async def note(request: Request, connection: Connection) -> Response:
    """Put a note on a candidate, without an application; Kombo has no such call."""
    asked = NoteAsked.model_validate(await given(request))
    who = await _who(request, connection)
    return await _done(request, connection, "add_note", noted(asked, who), who)


async def _who(request: Request, connection: Connection) -> str:
    return await candidate(request, connection, request.path_params["candidate_id"], "candidate_id")


async def _done(
    request: Request, connection: Connection, kind: str, wanted: inputs.Input, who: str
) -> Response:
    result = await act(request, connection, kind, wanted, who)
    return passed_on({}, result.warnings)
