"""Answers of the sandbox: JSON bodies, and the error bodies that Recruitee was seen to give."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from starlette.responses import Response

from service.sandbox.records import Json

CHALLENGE = 'Bearer realm="recruitee", error="invalid_token", error_description="Token not found."'


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON response."""
    return Response(orjson.dumps(body), status, headers, media_type="application/json")


def refusal(status: int, text: str) -> Response:
    """Return `{"error": ["..."]}`, the common form of 403, 404 and 422."""
    return answer({"error": [text]}, status)


def not_found() -> Response:
    """Return 404 as Recruitee words it."""
    return refusal(404, "Page not found")


def forbidden() -> Response:
    """Return 403 as Recruitee words it: the record is hidden from the token's owner."""
    return refusal(403, "Forbidden")


def unprocessable() -> Response:
    """Return 422 without a field to blame."""
    return refusal(422, "Unprocessable entity")


def blank(field: str, title: str) -> Response:
    """Return 422 for a required field that is missing."""
    text = "can't be blank"
    return answer({"error": [f"{title} {text}"], "error_fields": {field: [text]}}, 422)


def blanks(fields: Sequence[str]) -> Response:
    """Return 422 for several required fields that are missing."""
    text = "can't be blank"
    said = [f"{name.replace('_', ' ').capitalize()} {text}" for name in fields]
    return answer({"error": said, "error_fields": {name: [text] for name in fields}}, 422)


def no_work_location() -> Response:
    """Return 422 for a hire without a place of work, in the form of the newer endpoints."""
    problem: Json = {
        "code": "active_work_location_not_found",
        "data": {},
        "message": "Active work_location not found.",
    }
    return answer({"errors": [problem]}, 422)


def unauthenticated() -> Response:
    """Return 401 for a request without a token."""
    return answer(
        {"error": "Resource access requires authentication!", "error_code": None},
        401,
        {"www-authenticate": 'Bearer realm="recruitee"'},
    )


def bad_token() -> Response:
    """Return 401 for a token that is wrong or revoked."""
    body = {"error": "Token not found.", "error_code": "invalid_token"}
    return answer(body, 401, {"www-authenticate": CHALLENGE})
