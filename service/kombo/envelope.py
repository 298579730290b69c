"""Kombo's envelope: what is answered, and how every refusal is said in it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from service.core.errors import SecretUnreadable, StoreUnavailable
from service.core.logs import logger, where
from service.problems import RETRY_AFTER_S, Json, Problem

INPUT_INVALID: Final = "PLATFORM.INPUT_INVALID"
UNAUTHENTICATED: Final = "PLATFORM.AUTHENTICATION_INVALID"
RATE_LIMITED: Final = "PLATFORM.RATE_LIMIT_EXCEEDED"
NO_INTEGRATION: Final = "PLATFORM.INTEGRATION_NOT_FOUND"
UNKNOWN: Final = "PLATFORM.UNKNOWN_ERROR"
SYNC_PENDING: Final = "INTEGRATION.SETUP_SYNC_PENDING"
MODEL_DISABLED: Final = "INTEGRATION.MODEL_DISABLED"
CROWDED: Final = "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED"
TIMED_OUT: Final = "PLATFORM.TASK_TIMED_OUT"
INACTIVE: Final = "INTEGRATION.INACTIVE"

TITLES: Final[Mapping[str, str]] = {
    INPUT_INVALID: "The request does not fit this endpoint.",
    UNAUTHENTICATED: "The API key does not open this.",
    RATE_LIMITED: "Too many requests.",
    NO_INTEGRATION: "There is no such integration.",
    UNKNOWN: "Something went wrong here.",
    SYNC_PENDING: "The first sync of this integration is not done yet.",
    MODEL_DISABLED: "This model is switched off for the integration.",
    CROWDED: "Too many calls of this integration are under way.",
    TIMED_OUT: "It took too long.",
    INACTIVE: "The integration is switched off.",
}
"""A code's title is static: what happened in this instance is in the message."""
_CODES: Final[Mapping[int, str]] = {
    400: INPUT_INVALID, 401: UNAUTHENTICATED, 403: UNAUTHENTICATED, 408: INPUT_INVALID,
    413: INPUT_INVALID, 422: INPUT_INVALID, 429: RATE_LIMITED, 500: UNKNOWN, 503: UNKNOWN,
}  # fmt: skip
log = logger("kombo")


class Refused(Exception):
    """A refusal in Kombo's words; general endpoints may only use codes of `PLATFORM`, or none."""

    def __init__(
        self,
        status: int,
        code: str | None,
        message: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


def success(data: Any, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer; success is 200 for everything."""
    return Json({"status": "success", "data": data}, headers=dict(headers or {}))


def passed_on(data: Any, warnings: Sequence[str] = ()) -> Response:
    """Return the answer of what talks to Recruitee, with what went wrong besides."""
    said = [{"message": each} for each in warnings]
    return Json({"status": "success", "data": data, "warnings": said})


def failure(
    status: int, code: str | None, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a refusal; its four keys must all be there."""
    title = TITLES.get(code) if code else None
    error = {"code": code, "title": title, "message": message, "log_url": None}
    return Json({"status": "error", "error": error}, status, dict(headers or {}))


def invalid(name: str, problem: str) -> Refused:
    """Return the refusal of one input."""
    return Refused(400, INPUT_INVALID, f"{name}: {problem}")


async def answered(_: Request, error: Exception) -> Response:
    """Answer whatever was raised."""
    return answer_to(error)


def answer_to(error: Exception) -> Response:
    """Return the answer; what a fault of ours says may quote a record and is not told."""
    match error:
        case Refused(status=status, code=code, message=message, headers=headers):
            return failure(status, code, message, headers)
        case Problem(status=status, detail=detail, headers=headers):
            return _failure(400 if status == 422 else status, detail, headers)
        case HTTPException(status_code=status, detail=detail, headers=headers):
            return _failure(status, detail, headers)
        case ValidationError():
            return failure(400, INPUT_INVALID, _first(error))
        case StoreUnavailable():
            log.warning("kombo.store_unavailable", reason=str(error))
            return _failure(503, "the store does not answer; try again", _LATER)
        case SecretUnreadable():
            log.error("kombo.secret_unreadable", reason=str(error))
            return _failure(500, str(error))
    log.error("kombo.fault", error=where(error))
    return _failure(500, "a fault of ours; the log has its class and place")


_LATER: Final = {"retry-after": RETRY_AFTER_S}
HANDLERS: Final[dict[Any, Any]] = dict.fromkeys(
    (
        Refused,
        Problem,
        HTTPException,
        ValidationError,
        StoreUnavailable,
        SecretUnreadable,
        Exception,
    ),
    answered,
)


def _failure(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return failure(status, _CODES.get(status), message, headers)


def _first(error: ValidationError) -> str:
    row = error.errors(include_input=False, include_url=False, include_context=False)[0]
    at = ".".join(str(part) for part in row["loc"]) or "body"
    return f"{at}: {row['msg'].removeprefix('Value error, ')}"
