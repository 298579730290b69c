"""Truto's envelopes: what a list says of itself, and how every refusal is said, with its insight."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from service.core.errors import SecretUnreadable, StoreUnavailable
from service.core.logs import logger, where
from service.kombo.envelope import Refused as KomboRefused
from service.problems import RETRY_AFTER_S, Json, Problem

# The names of these two depend on the version of Python.
NAMES: Final[Mapping[int, str]] = {413: "Payload Too Large", 422: "Unprocessable Entity"}
INSIGHTS: Final[Mapping[str, str]] = {
    "missing_required_query_parameters": "These query parameters are required and were not given.",
    "missing_required_body_fields": "These fields of the body are required and were not given.",
    "rate_limit_error": "A request limit was reached; try again after the time that is told.",
    "forbidden_error": "Who asks may not do this.",
    "remote_error": "Recruitee refused the request or could not answer it.",
}
"""What each member of `truto_error_insight` says of itself."""
_LATER: Final = {"retry-after": RETRY_AFTER_S}
log = logger("truto")


class Refused(Exception):
    """A refusal: `insight` by its names, `remote` where it was Recruitee who said no."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        insight: Mapping[str, Any] | None = None,
        failures: Sequence[str] = (),
        remote: bool = False,
        raw: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.insight = insight or {}
        self.failures = failures
        self.remote = remote
        self.raw = raw
        self.headers = headers

    def body(self) -> dict[str, Any]:
        """Return what is answered: three members always, the others where there is something to say."""
        shown: dict[str, Any] = {
            "statusCode": self.status,
            "error": NAMES.get(self.status) or HTTPStatus(self.status).phrase,
            "message": self.message,
        }
        if self.failures:
            shown["details"] = {"failures": list(self.failures)}
        if self.remote:
            shown |= {"truto_is_remote_error": True, "raw_response": self.raw}
        if self.insight:
            shown["truto_error_insight"] = {
                name: _told(name, value) for name, value in self.insight.items()
            }
        return shown


def _told(name: str, value: Any) -> dict[str, Any]:
    said = {"description": INSIGHTS[name]}
    return said if value is None else {**said, "value": value}


def lacking(where_: str, *names: str) -> Refused:
    """Return the 422 for what is required and not given: `where_` is `query` or `body`."""
    kind = "query_parameters" if where_ == "query" else "body_fields"
    insight = {f"missing_required_{kind}": list(names)}
    return Refused(422, f"required and not given: {', '.join(names)}", insight=insight)


def invalid(name: str, problem: str) -> Refused:
    """Return the 422 for one input."""
    return Refused(422, f"{name}: {problem}", failures=[f"{name}: {problem}"])


def page(result: Any, next_cursor: str | None, limit: int, count: int) -> dict[str, Any]:
    """Return a list's envelope, with the members of all its documented variants.

    Nothing is left out of the records of our lists, so that no answer is partial.
    """
    return {
        "result": result,
        "next_cursor": next_cursor,
        "prev_cursor": None,
        "limit": limit,
        "result_count": count,
        "is_partial_response": False,
    }


def answer_to(error: Exception) -> Response:
    """Return the answer; what a fault of ours says may quote a record and is not told."""
    refused = refusal(error)
    return Json(refused.body(), refused.status, dict(refused.headers or {}))


def refusal(error: Exception) -> Refused:
    """Return the refusal that an exception comes to."""
    match error:
        case Refused():
            return error
        case KomboRefused(status=status, message=message, headers=headers):
            return _plain(status, message, headers)
        case Problem(status=status, detail=detail, headers=headers):
            return _plain(status, detail, headers)
        case HTTPException(status_code=status, detail=detail, headers=headers):
            return _plain(status, detail, headers)
        case ValidationError():
            return _unfit(error)
        case StoreUnavailable():
            log.warning("truto.store_unavailable", reason=str(error))
            return Refused(503, "the store does not answer; try again", headers=_LATER)
        case SecretUnreadable():
            log.error("truto.secret_unreadable", reason=str(error))
            return Refused(500, str(error))
    log.error("truto.fault", error=where(error))
    return Refused(500, "a fault of ours; the log has its class and place")


def _plain(status: int, message: str, headers: Mapping[str, str] | None) -> Refused:
    insight = {"rate_limit_error": None} if status == 429 else None
    return Refused(status, message, insight=insight, headers=headers)


def _unfit(error: ValidationError) -> Refused:
    rows = error.errors(include_input=False, include_url=False, include_context=False)
    said = [_place(row) + row["msg"].removeprefix("Value error, ") for row in rows]
    missing = [str(row["loc"][0]) for row in rows if row["type"] == "missing" and row["loc"]]
    insight = {"missing_required_body_fields": missing} if missing else None
    return Refused(422, said[0], insight=insight, failures=said)


def _place(row: Mapping[str, Any]) -> str:
    return "".join(f"{'.'.join(str(part) for part in row['loc'])}: " if row["loc"] else "")


async def answered(_: Request, error: Exception) -> Response:
    """Answer whatever was raised."""
    return answer_to(error)


HANDLERS: Final[dict[Any, Any]] = dict.fromkeys(
    (
        Refused, KomboRefused, Problem, HTTPException, ValidationError, StoreUnavailable,
        SecretUnreadable, Exception,
    ),
    answered,
)  # fmt: skip
