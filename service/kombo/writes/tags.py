"""Tags put on candidates and taken off."""

from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from service.core.actions import inputs
from service.core.store.connections import Connection
from service.kombo.envelope import passed_on
from service.kombo.writes.acting import Wire, act, candidate
from service.ops.bodies import given
from service.state import Request


class Named(Wire):
    """A tag by its name."""

    name: Annotated[str, Field(min_length=1, max_length=255)]


class TagAsked(Wire):
    """The body of both calls."""

    tag: Named


async def add_tag(request: Request, connection: Connection) -> Response:
    """Put a tag on a candidate; it is made when it is new."""
    return await _tagged(request, connection, "add_tag")


async def remove_tag(request: Request, connection: Connection) -> Response:
    """Take a tag off a candidate; fine when it is not there."""
    return await _tagged(request, connection, "remove_tag")


async def _tagged(request: Request, connection: Connection, kind: str) -> Response:
    asked = TagAsked.model_validate(await given(request))
    who = await candidate(request, connection, request.path_params["candidate_id"], "candidate_id")
    wanted = inputs.Tag(candidate_id=who, name=asked.tag.name)
    result = await act(request, connection, kind, wanted, who)
    return passed_on({}, result.warnings)
