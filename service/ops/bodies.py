"""What a request brings: its JSON body and its query, read with a bound and checked by a model."""

from typing import Any, TypeVar

import orjson
from pydantic import BaseModel

from service.problems import Problem
from service.state import Request

MAX_BODY = 1024 * 1024
M = TypeVar("M", bound=BaseModel)


async def given(request: Request, most: int = MAX_BODY) -> dict[str, Any]:
    """Return the body's fields; an empty body has none. Raises Problem 400, 413, 422."""
    body = await _read(request, most)
    try:
        fields = orjson.loads(body) if body.strip() else {}
    except orjson.JSONDecodeError as error:
        raise Problem(400, f"the body is not JSON: {str(error)[:100]}") from None
    if not isinstance(fields, dict):
        raise Problem(422, "the body must be a JSON object")
    return fields


def query(request: Request, model: type[M]) -> M:
    """Return the query's parameters; an empty one counts as not given. Raises ValidationError."""
    return model.model_validate({k: v for k, v in request.query_params.items() if v})


def refused(field: str, problem: str) -> Problem:
    """Return the 422 for one field."""
    return Problem(422, f"{field}: {problem}", errors=[{"at": field, "message": problem}])


def unknown(noun: str, identifier: str) -> Problem:
    """Return the 404 for an id that names nothing."""
    return Problem(404, f"there is no {noun} {identifier[:80]}")


async def _read(request: Request, most: int) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > most:
        raise _too_large(most)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise _too_large(most)
    return bytes(body)


def _too_large(most: int) -> Problem:
    mib = most // (1024 * 1024)
    return Problem(413, f"a body may have {mib} MiB at most", {"connection": "close"})
