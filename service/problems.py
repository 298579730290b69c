"""Exceptions and refusals to `application/problem+json` (RFC 9457), in one place."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from service.core.errors import SecretUnreadable, StoreUnavailable
from service.core.logs import logger, where

log = logger("web")
RETRY_AFTER_S = "2"


class Problem(Exception):
    """A refusal with its status; `detail` names the cure and is fit to show."""

    def __init__(
        self, status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers
        self.more = more


class Json(Response):
    """A JSON answer, serialized by orjson."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Serialize."""
        return orjson.dumps(content)


def problem(
    status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """Return a problem document."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    return Response(
        orjson.dumps(body | more),
        status,
        dict(headers or {}),
        media_type="application/problem+json",
    )


async def on_problem(_: Request, error: Exception) -> Response:
    """Answer a refusal of our own."""
    if not isinstance(error, Problem):
        raise error
    return problem(error.status, error.detail, error.headers, **error.more)


async def on_http(_: Request, error: Exception) -> Response:
    """Answer what Starlette refuses itself: unknown paths and methods."""
    if not isinstance(error, HTTPException):
        raise error
    return problem(error.status_code, error.detail, error.headers)


async def on_invalid(_: Request, error: Exception) -> Response:
    """Answer a body that does not fit, naming each place; the given values are not repeated."""
    if not isinstance(error, ValidationError):
        raise error
    rows = error.errors(include_input=False, include_url=False, include_context=False)
    errors = [
        {"at": ".".join(str(part) for part in row["loc"]), "message": row["msg"]} for row in rows
    ]
    first = errors[0]
    return problem(422, f"{first['at']}: {first['message']}", errors=errors)


async def on_store(_: Request, error: Exception) -> Response:
    """Answer when Redis is away, full or slow."""
    log.warning("web.store_unavailable", reason=str(error))
    return problem(503, "the store does not answer; try again", {"retry-after": RETRY_AFTER_S})


def fault(error: BaseException) -> Response:
    """Answer a fault of ours; its text may quote a record, so only its class and place are logged."""
    log.error("web.fault", error=where(error))
    return problem(500, "a fault of ours; the log has its class and place")


async def on_unreadable(_: Request, error: Exception) -> Response:
    """Answer when a stored secret does not open: the operator's master key is incomplete."""
    log.error("web.secret_unreadable", reason=str(error))
    return problem(500, str(error))


HANDLERS: dict[Any, Any] = {
    Problem: on_problem,
    HTTPException: on_http,
    ValidationError: on_invalid,
    StoreUnavailable: on_store,
    SecretUnreadable: on_unreadable,
}
