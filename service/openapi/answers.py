"""What is answered: the shapes of both envelopes, and of every refusal."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from service.kombo.listing import Listing
from service.openapi.reads import PAGES, Reads, closed_over
from service.openapi.route import LIVE
from service.openapi.walk import ANY, OPEN, Operation

Schema = dict[str, Any]
JSON, PROBLEM = "application/json", "application/problem+json"
OBJECT: Final[Schema] = {"type": "object"}
TEXT_OR_NULL: Final[Schema] = {"type": ["string", "null"]}
REFUSED: Final[Schema] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
KOMBO_REFUSED: Final[Schema] = {
    "type": "object",
    "required": ["status", "error"],
    "properties": {
        "status": {"const": "error"},
        "error": {
            "type": "object",
            "required": ["code", "title", "message", "log_url"],
            "properties": {
                "code": TEXT_OR_NULL,
                "title": TEXT_OR_NULL,
                "message": {"type": "string"},
                "log_url": TEXT_OR_NULL,
            },
        },
    },
}
RECORD: Final[Schema] = {
    "type": "object",
    "required": ["id", "remote_id", "changed_at", "remote_deleted_at"],
    "properties": {
        "id": {"type": "string"},
        "remote_id": TEXT_OR_NULL,
        "changed_at": {"type": "string", "format": "date-time"},
        "remote_deleted_at": TEXT_OR_NULL,
    },
}


WARNINGS: Final[Schema] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["message"],
        "properties": {"message": {"type": "string"}},
    },
}


def is_kombo(path: str) -> bool:
    """Say whether a path answers in Kombo's envelope."""
    return path.startswith("/v1/") and not path.startswith("/v1/events")


def is_of_one_integration(path: str) -> bool:
    """Say whether the integration is named by a header."""
    return path.startswith(("/v1/ats/", "/v1/force-sync", "/v1/passthrough/"))


def is_hosted(path: str) -> bool:
    """Say whether a path is of the set-up pages, which people read."""
    return path.startswith("/connect/")


def is_truto_link(path: str) -> bool:
    """Say whether a path answers in the envelope of Truto's link tokens."""
    return path == "/link-token"


def is_live(each: Operation) -> bool:
    """Say whether an operation waits for Recruitee."""
    return bool(getattr(each.handler, LIVE, False))


def responses(each: Operation, found: Reads, kombo: bool) -> Schema:
    """Return every answer of an operation by its status."""
    if is_hosted(each.path):
        return _pages(each)
    if is_truto_link(each.path):
        return _link()
    good = {str(status): _good(each, found, status, kombo) for status in sorted(found.statuses)}
    shape, media = (KOMBO_REFUSED, JSON) if kombo else (REFUSED, PROBLEM)
    return good | {str(s): _as(s, shape, media) for s in _refusals(each, found, kombo)}


def _good(each: Operation, found: Reads, status: int, kombo: bool) -> Schema:
    if status == HTTPStatus.NO_CONTENT:
        return {"description": "Done."}
    if found.media is not None:
        return {"description": HTTPStatus(status).phrase, "content": {found.media: {}}}
    return _as(status, _kombo(each) if kombo else _ours(found), JSON)


def _pages(each: Operation) -> Schema:
    """Return the answers of a set-up page; only what its script asks for is JSON."""
    if each.path.endswith("/progress"):
        return {str(s): _as(s, OBJECT, JSON) for s in (200, 404, 410)} | _written((503,))
    sent = (400, 403, 408, 409, 413, 415, 422, 429) if each.method == "POST" else ()
    moved = {"303": {"description": "The page to go on with."}}
    return moved | _written((200, 404, 410, 503, *sent))


def _written(statuses: Iterable[int]) -> Schema:
    page = {"text/html": {"schema": {"type": "string"}}}
    return {str(s): {"description": HTTPStatus(s).phrase, "content": page} for s in statuses}


def _link() -> Schema:
    text, number = {"type": "string"}, {"type": "integer"}
    refused = _object(statusCode=number, error=text, message=text)
    good = {"200": _as(200, _object(link_token=text, link=text), JSON)}
    return good | {str(s): _as(s, refused, JSON) for s in (400, 401, 403, 404, 413, 422, 429, 503)}


def _ours(found: Reads) -> Schema:
    if found.kind != PAGES:
        return OBJECT
    rows = {"type": "array", "items": OBJECT}
    return _object(items=rows, next_cursor=TEXT_OR_NULL)


def _kombo(each: Operation) -> Schema:
    listed = any(isinstance(part, Listing) for part in closed_over(each.handler))
    rows = {"type": "array", "items": RECORD}
    data = _object(next=TEXT_OR_NULL, results=rows) if listed else OBJECT
    more = {"warnings": WARNINGS} if is_live(each) else {}
    return _object(status={"const": "success"}, data=data, **more)


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "required": list(properties), "properties": properties}


def _refusals(each: Operation, found: Reads, kombo: bool) -> list[int]:
    statuses = {503}
    if each.needs != OPEN:
        statuses |= {401, 429} | (set() if each.needs == ANY else {403})
    if "{" in each.path or each.needs not in (OPEN, ANY):
        statuses |= {404}
    if kombo:
        return sorted(statuses | {400, 409, 413} | ({500, 502, 504} if is_live(each) else set()))
    if found.query is not None or found.body is not None or each.method != "GET":
        statuses |= {400, 422}
    if each.method != "GET":
        statuses |= {409, 413}
    return sorted(statuses | found.refusals)


def _as(status: int, shape: Schema, media: str) -> Schema:
    return {"description": HTTPStatus(status).phrase, "content": {media: {"schema": shape}}}


def _status(name: str) -> Schema:
    return _as(200, _object(status={"enum": name.split()}), JSON)


INGRESS: Final[Schema] = {
    "/webhooks/recruitee/{hook}": {
        "post": {
            "operationId": "post_webhooks_recruitee_hook",
            "summary": "Take a webhook of Recruitee's; 200 once it is stored durably.",
            "tags": ["Ingress"],
            "parameters": [
                {"name": "hook", "in": "path", "required": True, "schema": {"type": "string"}},
                {"name": "x-recruitee-signature", "in": "header", "schema": {"type": "string"}},
            ],
            "requestBody": {"content": {JSON: {"schema": {}}}},
            "responses": {
                "200": _status("accepted duplicate test ignored quarantined"),
                **{str(s): _as(s, REFUSED, PROBLEM) for s in (401, 404, 405, 408, 413, 503)},
            },
            "security": [],
        }
    }
}
"""The receiver reads raw bytes ahead of all routing, so that there is no model to read it off."""
