"""Candidates and applications made; what is answered is the record, as reads show it."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, field_validator
from starlette.responses import Response

from service.core import times
from service.core.actions import answers, inputs
from service.core.actions.result import Result
from service.core.store.connections import Connection
from service.core.unified.model import Ref
from service.kombo.envelope import INPUT_INVALID, TIMED_OUT, Refused, passed_on
from service.kombo.tables import Tables
from service.kombo.writes import shown
from service.kombo.writes.acting import BODY_MOST, AttachmentAsked, Wire, act, remote
from service.ops.bodies import given
from service.state import Request

FILES_MOST = 20
LineAsked = Annotated[str, Field(min_length=1, max_length=1000)]
UNSUPPORTED = (
    "additional_email_addresses", "additional_phone_numbers", "company", "title", "location",
    "gender", "availability_date", "salary_expectations",
)  # fmt: skip
"""What Kombo's body has and its coverage page does not name for Recruitee: said when given."""


class SocialLink(Wire):
    """A profile elsewhere."""

    url: Annotated[str, Field(min_length=1, max_length=4000)]


class PersonAsked(Wire):
    """Who is created; what else is given of them is kept to be told that it is not written."""

    first_name: LineAsked
    last_name: LineAsked
    email_address: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=320)]
    phone_number: Annotated[str | None, Field(max_length=100)] = None
    social_links: Annotated[tuple[SocialLink, ...], Field(max_length=50)] = ()
    additional_email_addresses: Any = None
    additional_phone_numbers: Any = None
    company: Any = None
    title: Any = None
    location: Any = None
    gender: Any = None
    availability_date: Any = None
    salary_expectations: Any = None


class Answer(Wire):
    """An answer to a screening question."""

    question_id: str
    answer: Any


class Source(Wire):
    """Where somebody came from."""

    name: str | None = None
    unified_key: str | None = None
    id: str | None = None


class SourcedBy(Wire):
    """Who found somebody."""

    user_id: str


class ConsentGiven(Wire):
    """What was consented to."""

    expires_at: str | None = None
    given: bool | None = None

    @field_validator("expires_at")
    @classmethod
    def _is_date(cls, at: str | None) -> str | None:
        if at is not None and times.canonical(at) is None:
            raise ValueError("must be a date or a time in ISO 8601")
        return at and times.canonical(at)


class CandidateExtra(Wire):
    """Of a candidate at Recruitee."""

    cover_letter_text: str | None = None


class Extra(Wire):
    """What only Recruitee has."""

    candidate: CandidateExtra = CandidateExtra()


class ExtraFields(Wire):
    """The `remote_fields` of a creation."""

    recruitee: Extra = Extra()


class Asked(Wire):
    """What both bodies have."""

    candidate: PersonAsked
    attachments: Annotated[tuple[AttachmentAsked, ...], Field(max_length=FILES_MOST)] = ()
    screening_question_answers: Annotated[tuple[Answer, ...], Field(max_length=200)] = ()
    source: Source | None = None
    sourced_by: SourcedBy | None = None
    gdpr_consent: ConsentGiven | None = None
    remote_fields: ExtraFields = ExtraFields()


class ApplicationPart(Wire):
    """The application of a candidate that is created."""

    job_id: str
    stage_id: str | None = None


class CandidateAsked(Asked):
    """The body of a new candidate."""

    application: ApplicationPart


class ApplicationAsked(Asked):
    """The body of a new application."""

    stage_id: str | None = None


@dataclass(frozen=True, slots=True)
class Creating:
    """Both calls: what they answer is rendered with the tables that lists share."""

    tables: Tables

    async def candidate(self, request: Request, connection: Connection) -> Response:
        """Make a candidate with an application."""
        asked = CandidateAsked.model_validate(await given(request, BODY_MOST))
        part = asked.application
        result = await _created(request, connection, asked, part.job_id, part.stage_id)
        made = await shown.candidate(request, connection, self.tables, _id(result, "candidate"))
        return _answer(made, asked, result)

    async def application(self, request: Request, connection: Connection) -> Response:
        """Make an application for a job, and the candidate if they are not there."""
        asked = ApplicationAsked.model_validate(await given(request, BODY_MOST))
        job_id = request.path_params["job_id"]
        result = await _created(request, connection, asked, job_id, asked.stage_id)
        made = await shown.application(request, connection, self.tables, _id(result, "application"))
        return _answer(made, asked, result)


async def _created(
    request: Request, connection: Connection, asked: Asked, job: str, stage: str | None
) -> Result:
    job_id = await remote(request, connection, "job", job, "job_id")
    stage_id = stage and await remote(request, connection, "stage", stage, "stage_id")
    by = asked.sourced_by and await remote(
        request, connection, "user", asked.sourced_by.user_id, "sourced_by.user_id"
    )
    given_answers, said = await _answers(request, connection, asked)
    wanted = inputs.CreateApplication(
        person=_person(asked), job_id=job_id, stage_id=stage_id or None,
        source=await _source(request, connection, asked.source), sourced_by=by or None,
        answers=given_answers,
        files=tuple(each.wanted() for each in asked.attachments),
        consent_expires_at=asked.gdpr_consent.expires_at if asked.gdpr_consent else None,
    )  # fmt: skip
    result = await act(request, connection, "create_application", wanted)
    return result.model_copy(update={"warnings": (*result.warnings, *said)})


def _person(asked: Asked) -> inputs.Person:
    who = asked.candidate
    return inputs.Person(
        name=f"{who.first_name.strip()} {who.last_name.strip()}".strip(),
        emails=(who.email_address,), phones=(who.phone_number,) if who.phone_number else (),
        social_links=tuple(each.url for each in who.social_links),
        cover_letter=asked.remote_fields.recruitee.candidate.cover_letter_text,
    )  # fmt: skip


async def _source(request: Request, connection: Connection, source: Source | None) -> str | None:
    """Return a source's name: Recruitee knows them by name, and makes one that is new."""
    if source is None:
        return None
    if source.id is not None:
        known = await remote(request, connection, "source", source.id, "source.id")
        named = await request.state["store"].records.all_fields(connection.id, "source", "name")
        if isinstance(name := named.get(known), str):
            return name
    return source.name or source.unified_key


async def _answers(
    request: Request, connection: Connection, asked: Asked
) -> tuple[tuple[inputs.Answered, ...], list[str]]:
    """Return the answers that can be sent, and what is to be said of the others.

    Raises Refused for an answer of the wrong type, as Kombo does.
    """
    found, said = list[inputs.Answered](), list[str]()
    for number, each in enumerate(asked.screening_question_answers):
        try:
            known = await remote(
                request, connection, "screening_question", each.question_id, "question_id"
            )
        except Refused:
            said.append(f"there is no screening question {each.question_id[:80]}: left out")
            continue
        ref = Ref("screening_question", known)
        question = (await request.state["store"].records.load(connection.id, [ref])).get(ref)
        shape = question.fields.get("format") if question else None
        try:
            answer = answers.checked(known, shape, each.answer)
        except ValueError as error:
            at = f"screening_question_answers.{number}.answer"
            raise Refused(400, INPUT_INVALID, f"{at}: {error}") from None
        if answer is None:
            said.append(f"an answer to question {each.question_id[:80]} is of no type to send")
        else:
            found.append(answer)
    return tuple(found), said


def _id(result: Result, model: str) -> str:
    return result.ids.get(model, "")


def _answer(made: dict[str, Any] | None, asked: Asked, result: Result) -> Response:
    if made is None:
        named = ", ".join(f"{model} {remote_id}" for model, remote_id in result.ids.items())
        raise Refused(504, TIMED_OUT, f"it was made ({named} in Recruitee) and cannot be read yet")
    unwritten = [name for name in UNSUPPORTED if getattr(asked.candidate, name)]
    more = [f"candidate.{name} was not written: Recruitee has no such field" for name in unwritten]
    return passed_on(made, [*result.warnings, *more])
