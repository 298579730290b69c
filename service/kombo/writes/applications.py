"""Applications moved, rejected, taken back and away, noted and interviewed."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field
from starlette.responses import Response

from service.core import times
from service.core.actions import inputs
from service.core.store.connections import Connection
from service.kombo.envelope import invalid, passed_on
from service.kombo.writes.acting import Application, Wire, act, application, remote
from service.ops.bodies import given
from service.state import Request

TextAsked = Annotated[str, Field(min_length=1, max_length=100_000)]


class Hire(Wire):
    """What Recruitee asks for when a move hires."""

    work_location_id: str | int | None = None
    hired_at: str | None = None
    job_starts_at: str | None = None
    opening_id: str | int | None = None
    requalify: bool = False


class HireFields(Wire):
    """The `remote_fields` of a move."""

    recruitee: Hire = Hire()


class StageAsked(Wire):
    """The body of a move."""

    stage_id: str
    remote_fields: HireFields = HireFields()


class RejectAsked(Wire):
    """The body of a rejection."""

    rejection_reason_id: str
    note: TextAsked | None = None


class NoteExtra(Wire):
    """Of a note at Recruitee: who may see it, and whether its content is a document in JSON."""

    visibility: dict[str, Any] | str | None = None
    is_json: bool = False


class NoteFields(Wire):
    """The `remote_fields` of a note."""

    recruitee: NoteExtra = NoteExtra()


class NoteAsked(Wire):
    """The body of a note."""

    content: TextAsked
    content_type: Literal["PLAIN_TEXT"]
    remote_fields: NoteFields = NoteFields()


class Place(Wire):
    """Where an interview is held."""

    type: Literal["PHYSICAL", "VIRTUAL"]
    address: str | None = None


class InterviewAsked(Wire):
    """The body of an interview; to change one, with its id."""

    title: TextAsked
    start_time: AwareDatetime
    end_time: AwareDatetime
    interviewer_user_ids: tuple[str, ...]
    organizer_user_id: str | None = None
    location: Place | None = None
    interview_id: str | None = None


async def move(request: Request, connection: Connection) -> Response:
    """Move an application to a stage."""
    asked = StageAsked.model_validate(await given(request))
    one = await _named(request, connection)
    stage_id = await remote(request, connection, "stage", asked.stage_id, "stage_id")
    hire = asked.remote_fields.recruitee
    wanted = inputs.Move(
        application_id=one.remote_id, candidate_id=one.candidate_id, stage_id=stage_id,
        work_location_id=_text(hire.work_location_id), hired_at=hire.hired_at,
        job_starts_at=hire.job_starts_at, opening_id=_text(hire.opening_id), anyway=hire.requalify,
    )  # fmt: skip
    return await _done(request, connection, "move_to_stage", wanted, one)


async def reject(request: Request, connection: Connection) -> Response:
    """Reject an application, with a note if one is given."""
    asked = RejectAsked.model_validate(await given(request))
    one = await _named(request, connection)
    reason = await remote(
        request, connection, "rejection_reason", asked.rejection_reason_id, "rejection_reason_id"
    )
    wanted = inputs.Reject(
        application_id=one.remote_id, candidate_id=one.candidate_id, rejection_reason_id=reason,
        note=asked.note,
    )  # fmt: skip
    return await _done(request, connection, "reject", wanted, one)


async def unreject(request: Request, connection: Connection) -> Response:
    """Take a rejection back; Kombo has no such call."""
    one = await _named(request, connection)
    wanted = inputs.Unreject(application_id=one.remote_id, candidate_id=one.candidate_id)
    return await _done(request, connection, "unreject", wanted, one)


async def unassign(request: Request, connection: Connection) -> Response:
    """Take an application away; Kombo has no such call."""
    # One that is away already may be asked for again, under the same key.
    named = request.path_params["application_id"]
    one = await application(request, connection, named, gone=True)
    wanted = inputs.Unassign(application_id=one.remote_id, candidate_id=one.candidate_id)
    return await _done(request, connection, "unassign", wanted, one)


async def note(request: Request, connection: Connection) -> Response:
    """Put a note on an application's candidate: Recruitee's notes are of people."""
    asked = NoteAsked.model_validate(await given(request))
    one = await _named(request, connection)
    return await _done(request, connection, "add_note", noted(asked, one.candidate_id), one)


def noted(asked: NoteAsked, candidate_id: str) -> inputs.Note:
    """Return a note in our terms; raises Refused for a document that is no JSON object."""
    more = asked.remote_fields.recruitee
    document = None
    if more.is_json:
        try:
            document = inputs.Document.model_validate_json(asked.content).root
        except ValueError:
            raise invalid(
                "content", "is_json says that it is a JSON object, and it is not"
            ) from None
    return inputs.Note(
        candidate_id=candidate_id, content="" if document else asked.content, document=document,
        visibility=more.visibility,
    )  # fmt: skip


async def interview(request: Request, connection: Connection) -> Response:
    """Plan an interview, or (PATCH, with `interview_id`) change one."""
    asked = InterviewAsked.model_validate(await given(request))
    one = await _named(request, connection)
    if (request.method == "PATCH") != (asked.interview_id is not None):
        raise invalid("interview_id", "belongs to PATCH, and only there")
    minutes = int((asked.end_time - asked.start_time).total_seconds() // 60)
    if not 0 < minutes <= 24 * 60:
        raise invalid("end_time", "must be after start_time, by a day at most")
    known = asked.interview_id and await remote(
        request, connection, "interview", asked.interview_id, "interview_id"
    )
    users = [
        await remote(request, connection, "user", each, "interviewer_user_ids")
        for each in asked.interviewer_user_ids
    ]
    wanted = inputs.Interview(
        candidate_id=one.candidate_id, job_id=one.job_id or None, minutes=minutes,
        starts_at=times.iso(int(asked.start_time.timestamp() * 1000)), kind=_kind(asked),
        user_ids=tuple(users), location=asked.location.address if asked.location else None,
        note=asked.title, interview_id=known or None,
    )  # fmt: skip
    result = await act(request, connection, "schedule_interview", wanted, one.candidate_id)
    return passed_on({"remote_id": result.ids.get("interview")}, result.warnings)


def _kind(asked: InterviewAsked) -> str:
    if asked.location is None:
        return "meeting"
    return "on_site" if asked.location.type == "PHYSICAL" else "video"


async def _named(request: Request, connection: Connection) -> Application:
    return await application(request, connection, request.path_params["application_id"])


async def _done(
    request: Request, connection: Connection, kind: str, wanted: inputs.Input, one: Application
) -> Response:
    result = await act(request, connection, kind, wanted, one.candidate_id)
    return passed_on({}, result.warnings)


def _text(given_id: str | int | None) -> str | None:
    return None if given_id is None else str(given_id)
