"""Have an action done for a caller of Kombo's API, and say how it ended in Kombo's words."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from service.actions import KEY_HEADER, KEY_MOST, Going, NotTaken, Over, perform
from service.callers import Caller
from service.core.actions.files import MOST_BYTES
from service.core.actions.inputs import File, Input
from service.core.actions.result import Result
from service.core.store.connections import Connection
from service.core.store.store import Store
from service.core.unified.model import Ref
from service.kombo.entry import note
from service.kombo.envelope import (
    CROWDED,
    INPUT_INVALID,
    NO_INTEGRATION,
    TIMED_OUT,
    UNKNOWN,
    Refused,
    invalid,
)
from service.state import Request

BODY_MOST: Final = MOST_BYTES * 2
"""Base64 is a third more than its bytes, and there is room for the rest."""
REMOTE_ID: Final = "remote:"
NOT_READY: Final = "INTEGRATION.SETUP_INCOMPLETE"
ENDS: Final[Mapping[str, tuple[int, str]]] = {
    "invalid": (400, "REMOTE.INPUT_INVALID"),
    "missing": (404, "REMOTE.INPUT_INVALID"),
    "forbidden": (403, "INTEGRATION.PERMISSION_MISSING"),
    "unauthorized": (401, "INTEGRATION.AUTHENTICATION_INVALID"),
    "exists": (409, "ATS.APPLICATION_ALREADY_EXISTS"),
    "closed": (409, "ATS.JOB_CLOSED"),
    "limited": (429, "REMOTE.RATE_LIMIT_EXCEEDED"),
    "unavailable": (503, "REMOTE.SERVICE_UNAVAILABLE"),
    "unknown": (502, "REMOTE.UNKNOWN_HTTP_ERROR"),
    "fault": (500, UNKNOWN),
}
NOT_TAKEN: Final[Mapping[str, tuple[int, str]]] = {
    "gone": (404, NO_INTEGRATION),
    "different": (409, INPUT_INVALID),
    "full": (429, CROWDED),
    "not_ready": (409, NOT_READY),
    "erased": (404, INPUT_INVALID),
}


class Wire(BaseModel):
    """A body of Kombo's; what it does not name is left alone, as Kombo does."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class FileAsked(Wire):
    """A document: `data` in base64 with its type, or `data_url`."""

    name: Annotated[str, Field(min_length=1, max_length=1000)]
    content_type: Annotated[str | None, Field(pattern=r"^[\w.-]+\/[\w.+-]+$")] = None
    data_url: Annotated[str | None, Field(max_length=4000)] = None
    data: str | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.data is None) == (self.data_url is None):
            raise ValueError("give either data or data_url")
        if self.data is not None and self.content_type is None:
            raise ValueError("data needs a content_type")
        return self


class AttachmentAsked(FileAsked):
    """A document and what it is."""

    type: Literal["CV", "COVER_LETTER", "OTHER"]

    def wanted(self) -> File:
        """Return it in our terms."""
        return File.model_validate(self.model_dump())


class Application(NamedTuple):
    """An application of the store's: remote ids of it, its candidate and its job."""

    remote_id: str
    candidate_id: str
    job_id: str


async def act(
    request: Request, connection: Connection, kind: str, given: Input, subject: str = ""
) -> Result:
    """Have it done; returns how it ended well. Raises Refused, in Kombo's codes.

    What goes on longer than a caller can wait ends well too, with a warning that says so.
    """
    store: Store = request.state["store"]
    caller: Caller = request.state["caller"]
    performed = await perform(
        store, connection, caller, kind, given, key=_key(request), subject=subject
    )
    match performed:
        case NotTaken(why, message):
            status, code = NOT_TAKEN[why]
            raise Refused(status, code, message, {"retry-after": "1"} if why == "full" else None)
        case Going(action):
            note(request, action_id=action)
            return _going(kind, action)
        case Over(action, result):
            note(request, action_id=action)
            return _over(action, result)


async def candidate(request: Request, connection: Connection, given: str, at: str) -> str:
    """Return the remote id of a candidate by Kombo's id, or by `remote:` and Recruitee's."""
    return await remote(request, connection, "candidate", given, at)


async def remote(request: Request, connection: Connection, model: str, given: str, at: str) -> str:
    """Return the remote id behind an id that a caller gave at `at`; raises Refused."""
    store: Store = request.state["store"]
    if given.startswith(REMOTE_ID):
        found: str | None = given.removeprefix(REMOTE_ID)
        known = found if found and found.isdecimal() and len(found) <= 20 else None
    else:
        known = await store.records.remote_id(connection.id, model, given[:80])
    if known is None:
        raise Refused(
            404, INPUT_INVALID, f"{at}: there is no {model.replace('_', ' ')} {given[:80]}"
        )
    return known


async def application(
    request: Request,
    connection: Connection,
    given: str,
    at: str = "application_id",
    *,
    gone: bool = False,
) -> Application:
    """Return an application that a caller named, `gone` also one that has ended; raises Refused."""
    store: Store = request.state["store"]
    c = connection.id
    remote_id = await remote(request, connection, "application", given, at)
    ref = Ref("application", remote_id)
    found = (await store.records.load(c, [ref])).get(ref)
    if found is None or (found.ended and not gone):
        raise Refused(404, INPUT_INVALID, f"{at}: there is no application {given[:80]}")
    names = [str(found.fields.get(f"{each}_id")) for each in ("candidate", "job")]
    who = await store.records.remote_id(c, "candidate", names[0])
    job = await store.records.remote_id(c, "job", names[1])
    return Application(remote_id, who or "", job or "")


def _key(request: Request) -> str:
    given = request.headers.getlist(KEY_HEADER)
    if len(given) > 1 or (given and not 0 < len(given[0]) <= KEY_MOST):
        raise invalid("Idempotency-Key", f"send it once, with 1 to {KEY_MOST} characters")
    return given[0] if given else ""


def _going(kind: str, action: str) -> Result:
    if kind == "create_application":
        detail = f"it goes on (action {action}); ask again with the same Idempotency-Key, or the same body"
        raise Refused(504, TIMED_OUT, detail)
    return Result(warnings=(f"it takes longer and goes on: action {action}",))


def _over(action: str, result: Result) -> Result:
    if result.ok:
        return result
    status, code = ENDS[result.why]
    warned = f" ({'; '.join(result.warnings)})" if result.warnings else ""
    raise Refused(status, code, f"{result.message}{warned}; action {action}")
