"""The one JSON-RPC message of a body, looked at before the protocol is, which would quote what is wrong."""

import re
from typing import Any, Final, NamedTuple

import orjson
from mcp_types import INVALID_PARAMS, INVALID_REQUEST, PARSE_ERROR

METHOD: Final = re.compile(r"[A-Za-z0-9_/.-]{1,64}")
REFUSED: Final = -32000


class Refused(NamedTuple):
    """What is answered instead."""

    status: int
    message: str
    code: int = REFUSED
    headers: dict[str, str] | None = None


def message_of(body: bytes, *, filled: bool) -> bytes | Refused:
    """Return the one message of a body; `filled`: what Truto's SDK leaves out is put in."""
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Refused(400, "the body is not JSON", PARSE_ERROR)
    if not isinstance(message, dict):
        return Refused(400, "send one JSON-RPC message: batches are not taken", INVALID_REQUEST)
    if filled:
        message.setdefault("jsonrpc", "2.0")
        if not str(message.get("method")).startswith("notifications/"):
            message.setdefault("id", 1)
    if message.get("jsonrpc") != "2.0":
        return Refused(400, 'jsonrpc: must be "2.0"', INVALID_REQUEST)
    if problem := _problem(message):
        return Refused(400, problem, INVALID_PARAMS if "params" in problem else INVALID_REQUEST)
    return orjson.dumps(message) if filled else body


def _problem(message: dict[str, Any]) -> str | None:
    """Say what is wrong with a message, so that nobody else has to say it with the message in it."""
    method, params, i = message.get("method"), message.get("params"), message.get("id")
    if not isinstance(method, str) or not METHOD.fullmatch(method):
        return "method: must be the name of one"
    if "id" in message and (isinstance(i, bool) or not isinstance(i, str | int)):
        return "id: must be a text or a whole number"
    if params is not None and not isinstance(params, dict):
        return "params: must be an object"
    if params is not None and not isinstance(params.get("_meta", {}), dict):
        return "params._meta: must be an object"
    if method == "tools/call":
        if not isinstance((params or {}).get("name"), str):
            return "params.name: must be a text"
        if not isinstance((params or {}).get("arguments") or {}, dict):
            return "params.arguments: must be an object"
    cursor = (params or {}).get("cursor")
    if method == "tools/list" and cursor is not None and not isinstance(cursor, str):
        return "params.cursor: must be a text"
    return None
