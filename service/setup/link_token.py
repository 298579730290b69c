"""Truto's `POST /link-token`: the same links, asked for and answered in its words."""

from http import HTTPStatus
from typing import Annotated, Any, Final, Self

import orjson
from pydantic import (
    BaseModel,
    ConfigDict,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from starlette.responses import Response

from service.auth import Refusal, address_of, authorize, seen_by
from service.callers import Caller
from service.core.errors import StoreUnavailable
from service.core.logs import logger, where
from service.core.store.audit import Entry
from service.core.store.connections import Connection
from service.core.store.links import EndUser, Link
from service.core.store.store import Store
from service.ops.bodies import given
from service.problems import RETRY_AFTER_S, Json, Problem
from service.setup.making import EMBEDDED_S, RedirectUri, end_user, made
from service.state import Request

MOST_CONTEXT: Final = 4096
MADE: Final = "hirewire.link"
Id = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
log = logger("setup")


class Asked(BaseModel):
    """For whom a link is: a tenant who connects, or an account that is connected anew."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    tenant_id: Id | None = None
    integrated_account_id: Id | None = None
    redirect_uri: RedirectUri = ""
    context: dict[str, Any] = {}
    persist_previous_context: bool = False

    @field_validator("context")
    @classmethod
    def _small(cls, context: dict[str, Any]) -> dict[str, Any]:
        if len(orjson.dumps(context)) > MOST_CONTEXT:
            raise ValueError(f"may have {MOST_CONTEXT} bytes of JSON at most")
        return context

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.tenant_id is None) == (self.integrated_account_id is None):
            raise ValueError(
                "give tenant_id for a new account, or integrated_account_id for one there is"
            )
        return self


async def answered(request: Request) -> Response:
    """Make a link; `link_token` is its token, `link` its address."""
    if request.method != "POST":
        return _refused(405, "link tokens are made by POST", {"allow": "POST"})
    try:
        headers = await _let_in(request)
    except Exception as error:  # noqa: BLE001 - every answer is in this envelope
        return _answer_to(error)
    try:
        answer = await _create(request)
    except Exception as error:  # noqa: BLE001
        answer = _answer_to(error)
    answer.headers.update(headers)
    await _written(request, answer.status_code)
    return answer


async def _create(request: Request) -> Response:
    wanted = Asked.model_validate(await given(request))
    kept, token, url = await made(request, await _link(request, wanted), EMBEDDED_S)
    request.scope[MADE] = kept.id
    return Json({"link_token": token, "link": url}, headers={"cache-control": "no-store"})


def _answer_to(error: Exception) -> Response:
    match error:
        case ValidationError():
            row = error.errors(include_input=False, include_url=False, include_context=False)[0]
            at = ".".join(str(part) for part in row["loc"])
            return _refused(422, f"{at}: {row['msg']}" if at else row["msg"])
        case Problem(status=status, detail=detail, headers=headers):
            return _refused(status, detail, headers)
        case StoreUnavailable():
            log.warning("setup.store_unavailable", reason=str(error))
            later = {"retry-after": RETRY_AFTER_S}
            return _refused(503, "the store does not answer; try again", later)
    log.error("setup.fault", error=where(error))
    return _refused(500, "a fault of ours; the log has its class and place")


async def _link(request: Request, wanted: Asked) -> Link:
    store: Store = request.state["store"]
    caller: Caller = request.state["caller"]
    if wanted.integrated_account_id is None:
        if caller.connection_ids is not None:
            raise Problem(403, "this key is for some accounts only, and a link makes a new one")
        user = EndUser(origin_id=wanted.tenant_id, context=wanted.context)
        return Link(kind="connect", redirect_uri=wanted.redirect_uri, end_user=user)
    c = wanted.integrated_account_id.removeprefix("recruitee:")
    connection = await store.connections.get(c) if len(c) <= 64 else None
    if connection is None:
        raise Problem(404, "there is no such integrated account that this key may see")
    user = _again(connection, wanted)
    return Link(kind="relink", connection_id=c, redirect_uri=wanted.redirect_uri, end_user=user)


def _again(connection: Connection, wanted: Asked) -> EndUser:
    kept = end_user(connection)
    before = kept.context if wanted.persist_previous_context else {}
    return kept.model_copy(update={"context": {**before, **wanted.context}})


async def _let_in(request: Request) -> dict[str, str]:
    state = request.scope["state"]
    said = [value for name, value in request.scope["headers"] if name == b"authorization"]
    found = await authorize(state, address_of(request.scope), said, "act")
    if isinstance(found, Refusal):
        raise Problem(found.status, found.detail, found.headers)
    state |= {"caller": found.caller, "store": seen_by(found.caller, state)}
    return dict(found.headers)


def _refused(status: int, message: str, headers: Any = None) -> Response:
    body = {"statusCode": status, "error": HTTPStatus(status).phrase, "message": message}
    return Json(body, status, dict(headers or {}))


async def _written(request: Request, status: int) -> None:
    caller: Caller = request.state["caller"]
    store: Store = request.state["store"]
    link = request.scope.get(MADE)
    entry = Entry(
        actor=caller.kind, actor_id=caller.id, name=caller.name, action="POST /link-token",
        targets={"id": link} if link else {}, status=status,
    )  # fmt: skip
    try:
        await store.audit.write(entry)
    except StoreUnavailable as error:
        log.error("audit.not_written", reason=str(error), action="POST /link-token", status=status)
