"""Capture a live API's shapes: each endpoint asked once, every value masked, held against what we expect."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson
from starlette.responses import Response, StreamingResponse

from service.core.errors import StoreUnavailable
from service.core.recruitee.client import Answer, Hidden, Later, Missing, Ok, Refused, Unauthorized
from service.core.recruitee.drift import look
from service.core.recruitee.expected import ENDPOINTS, Endpoint
from service.core.recruitee.masking import masked
from service.core.store.connections import Connection
from service.core.unified.reading import identifier, mapping, mappings
from service.ops.checks_drift import difference_shown
from service.ops.connections import found
from service.ops.questions import Params, Questions
from service.state import Request

ROWS = "20"
OWNERS: Mapping[str, str] = {
    "template": "open_question_templates",
    "events": "interview_events",
    "results": "interview_results",
}
"""A path's last word before an id -> the list that has such ids, where that is not the word itself."""


async def capture(request: Request) -> Response:
    """Ask every endpoint that we read, and stream a line of JSON for each, then one that says done."""
    connection = await found(request)
    state = request.state
    questions = Questions(state["recruitee"], state["store"], state["settings"], connection)
    return StreamingResponse(_lines(questions, connection), media_type="application/x-ndjson")


async def _lines(questions: Questions, connection: Connection) -> AsyncIterator[bytes]:
    ids: dict[str, str] = {}
    asked = differences = 0
    try:
        for endpoint in ENDPOINTS.values():
            row, answer = await _row(questions, endpoint, ids)
            asked += row["status"] == "answered"
            differences += len(row["differences"])
            yield orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
            if isinstance(answer, Unauthorized):
                break  # no other will be answered either
    except StoreUnavailable as error:
        yield orjson.dumps({"error": str(error)}, option=orjson.OPT_APPEND_NEWLINE)
        return
    told = {"connection_id": connection.id, "answered": asked, "differences": differences}
    yield orjson.dumps({"done": told}, option=orjson.OPT_APPEND_NEWLINE)


async def _row(
    questions: Questions, endpoint: Endpoint, ids: dict[str, str]
) -> tuple[dict[str, Any], Answer | None]:
    path = _filled(endpoint.path, ids)
    row: dict[str, Any] = {"endpoint": endpoint.path, "params": dict(endpoint.params)}
    if path is None:
        reason = "the company has no record to ask for"
        return row | {"status": "empty", "reason": reason, "shape": None, "differences": []}, None
    answer = await questions.get(path, _params(endpoint))
    status, reason = _said(answer)
    if not isinstance(answer, Ok):
        return row | {"status": status, "reason": reason, "shape": None, "differences": []}, answer
    _learn(answer.data, ids)
    seen = [difference_shown(each) for each in look(endpoint.path, answer.data)]
    shape = masked(dict(answer.data))
    return row | {"status": status, "reason": "", "shape": shape, "differences": seen}, answer


def _said(answer: Answer) -> tuple[str, str]:
    match answer:
        case Ok():
            return "answered", ""
        case Hidden():
            return "forbidden", "not for this token"
        case Missing():
            return "missing", "Recruitee has no such page"
        case Unauthorized(reason):
            return "refused", f"Recruitee refuses the token: {reason}"
        case Refused(status, reason):
            return "failed", f"{status}: {reason}"
        case Later(reason):
            return "failed", reason


def _params(endpoint: Endpoint) -> Params:
    many = [(k, (v,) if isinstance(v, str) else v) for k, v in endpoint.params.items()]
    params = [(name, part) for name, parts in many for part in parts]
    return [*params, ("limit", ROWS)] if endpoint.limited else params


def _filled(path: str, ids: Mapping[str, str]) -> str | None:
    """Return a path with ids that were seen in earlier answers, or None."""
    parts: list[str] = []
    for part in path.split("/"):
        word = parts[-1] if parts else ""
        known = ids.get(OWNERS.get(word, word)) if part == "{id}" else part
        if known is None:
            return None
        parts.append(known)
    return "/".join(parts)


def _learn(data: Mapping[str, Any], ids: dict[str, str]) -> None:
    """Keep the id of one record of each list; of a candidate rather one who is in a job."""
    for person in mappings(data.get("candidates")):
        jobs = [identifier(p.get("offer_id")) for p in mappings(person.get("placements"))]
        one, job = identifier(person.get("id")), next(filter(None, jobs), None)
        if one and job and "offers" not in ids:
            ids["candidates"], ids["offers"] = one, job
    if asks := identifier(mapping(data.get("offer")).get("open_question_template_id")):
        ids["open_question_templates"] = asks
    for name, rows in data.items():
        first = next((i for row in mappings(rows) if (i := identifier(row.get("id")))), None)
        if first and name != "references":
            ids.setdefault(name, first)
