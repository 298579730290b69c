"""Have an action done for a caller of Truto's API, and say how it ended in Truto's words."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final

from service.actions import KEY_HEADER, KEY_MOST, Going, NotTaken, Over, perform
from service.core.actions.inputs import Input
from service.core.actions.result import Result
from service.core.store.connections import Connection
from service.state import Request
from service.truto.entry import note
from service.truto.envelope import Refused, invalid

WARNINGS: Final = "hirewire-warnings"
MOST_CHARS: Final = 4000
ENDS: Final[Mapping[str, tuple[int, bool]]] = {
    "invalid": (422, True), "missing": (404, True), "forbidden": (403, True),
    "unauthorized": (401, True), "exists": (409, True), "closed": (409, True),
    "limited": (429, True), "unavailable": (503, True), "unknown": (502, True),
    "fault": (500, False),
}  # fmt: skip
"""How an action ended badly -> status, and whether it was Recruitee that said no."""
NOT_TAKEN: Final[Mapping[str, int]] = {"gone": 404, "different": 409, "full": 429, "not_ready": 409}


async def act(
    request: Request,
    connection: Connection,
    kind: str,
    wanted: Input,
    subject: str = "",
    part: str = "",
) -> Result:
    """Have an action done; returns how it ended well; raises Refused.

    `part` names one of several actions that one request comes to, so that each has a key of its own.
    """
    performed = await perform(
        request.state["store"], connection, request.state["caller"], kind, wanted,
        key=key_of(request, part), subject=subject,
    )  # fmt: skip
    match performed:
        case NotTaken(why, message):
            raise _not_taken(connection, why, message)
        case Going(action):
            note(request, action_id=action)
            detail = f"it goes on (action {action}); ask again with the same Idempotency-Key"
            raise Refused(504, detail)
        case Over(action, result):
            note(request, action_id=action)
            return _over(action, result)


def _not_taken(connection: Connection, why: str, message: str) -> Refused:
    if why == "not_ready" and connection.status == "unauthorized":
        return Refused(401, message, remote=True, insight={"remote_error": None})
    later = {"retry-after": "1"} if why == "full" else None
    insight = {"rate_limit_error": None} if why == "full" else None
    return Refused(NOT_TAKEN[why], message, headers=later, insight=insight)


def _over(action: str, result: Result) -> Result:
    if result.ok:
        return result
    status, remote = ENDS[result.why]
    insight = {"rate_limit_error" if status == 429 else "remote_error": None} if remote else None
    message = f"{result.message}; action {action}"
    raise Refused(
        status, message, remote=remote, raw={"error": result.message}, insight=insight,
        headers={"retry-after": "10"} if status == 429 else None,
    )  # fmt: skip


def key_of(request: Request, part: str = "") -> str:
    """Return the caller's Idempotency-Key, of one part of a request; "" without one. Raises Refused."""
    sent = request.headers.getlist(KEY_HEADER)
    if len(sent) > 1 or (sent and not 0 < len(sent[0]) <= KEY_MOST):
        raise invalid("Idempotency-Key", f"send it once, with 1 to {KEY_MOST} characters")
    if not sent or not part:
        return sent[0] if sent else ""
    return hashlib.sha256(f"{sent[0]}\n{part}".encode()).hexdigest()


def warned(result: Result, said: Sequence[str] = ()) -> dict[str, str]:
    """Return a header with what went wrong besides: a JSON list in ASCII, cut to what a header may be."""
    shown = [each[:300] for each in (*result.warnings, *said)][:20]
    while shown and len(json.dumps(shown)) > MOST_CHARS:
        shown.pop()
    return {WARNINGS: json.dumps(shown)} if shown else {}
