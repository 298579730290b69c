"""Documents put to candidates and applications, and read from them, live."""

from starlette.responses import Response

from service.core.actions import inputs
from service.core.store.connections import Connection
from service.kombo.envelope import passed_on
from service.kombo.writes.acting import (
    BODY_MOST,
    AttachmentAsked,
    Wire,
    act,
    application,
    candidate,
)
from service.ops.bodies import given
from service.state import Request


class AttachAsked(Wire):
    """The body of both calls."""

    attachment: AttachmentAsked


async def to_candidate(request: Request, connection: Connection) -> Response:
    """Put a document to a candidate."""
    asked = await _asked(request)
    who = await candidate(request, connection, request.path_params["candidate_id"], "candidate_id")
    return await _attached(request, connection, inputs.Attach(candidate_id=who, file=asked))


async def to_application(request: Request, connection: Connection) -> Response:
    """Put a document to an application: to its candidate, under its job."""
    asked = await _asked(request)
    one = await application(request, connection, request.path_params["application_id"])
    wanted = inputs.Attach(candidate_id=one.candidate_id, file=asked, job_id=one.job_id or None)
    return await _attached(request, connection, wanted)


async def _asked(request: Request) -> inputs.File:
    return AttachAsked.model_validate(await given(request, BODY_MOST)).attachment.wanted()


async def _attached(request: Request, connection: Connection, wanted: inputs.Attach) -> Response:
    result = await act(request, connection, "add_attachment", wanted, wanted.candidate_id)
    return passed_on({}, result.warnings)
