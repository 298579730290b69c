"""Connections: link Recruitee companies; tokens are tried before they are kept, and never shown."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import orjson
from pydantic import (
    AnyHttpUrl,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from starlette.responses import Response

from service.core import times
from service.core.recruitee.client import Later, Ok
from service.core.store.connections import DEFAULTS, UNAUTHORIZED, Connection
from service.core.store.runs import Run, summary
from service.core.store.store import Store
from service.ops import checks
from service.ops import scope as scopes
from service.ops.bodies import given, query, unknown
from service.ops.paging import Page, page, row_after, rows
from service.ops.scope import OptionsChange
from service.problems import Json, Problem
from service.state import Request

TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")


def _text_of(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


CompanyId = Annotated[
    str, BeforeValidator(_text_of), StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")
]


def _bare(value: object) -> object:
    return value.rpartition(":")[2] if isinstance(value, str) else value


ConnectionId = Annotated[
    str, BeforeValidator(_bare), StringConstraints(pattern=r"^[1-9A-HJ-NP-Za-km-z]{24}$")
]
"""As Kombo names an integration, too: `recruitee:<id>`."""
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
# An empty secret would verify whatever is signed with an empty key, which anyone can do.
HookSecret = Annotated[SecretStr, Field(min_length=1, max_length=512)]


class Change(OptionsChange):
    """What may be changed of a connection; several webhooks may each have a secret of their own."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Name | None = None
    api_token: SecretStr | None = None
    webhook_secret: HookSecret | None = None
    webhook_secrets: (
        Annotated[tuple[HookSecret, ...], Field(min_length=1, max_length=10)] | None
    ) = None

    careers_url: Annotated[AnyHttpUrl | Literal[""], Field(union_mode="left_to_right")] | None = (
        None
    )
    """Base of the careers site, as `https://example.recruitee.com`; "" takes it back."""
    careers_token: SecretStr | None = None
    """What the careers site takes screening answers with; "" takes it back."""

    @field_validator("api_token", "careers_token")
    @classmethod
    def _sendable(cls, token: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        # It goes into a header as it is, so what no header takes is no token.
        text = None if token is None else token.get_secret_value().strip()
        if text == "" and info.field_name == "careers_token":
            return SecretStr("")
        if text is not None and not TOKEN.fullmatch(text):
            raise ValueError("must be 1 to 4096 printable ASCII characters without spaces")
        return None if text is None else SecretStr(text)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.webhook_secret is not None and self.webhook_secrets is not None:
            raise ValueError("give webhook_secret or webhook_secrets, not both")
        return self

    @property
    def careers(self) -> tuple[str | None, str | None]:
        """The careers site's base and token that are to be kept; None: as it is."""
        url, token = self.careers_url, self.careers_token
        return (
            None if url is None else str(url).rstrip("/"),
            None if token is None else token.get_secret_value(),
        )

    @property
    def secrets(self) -> list[str] | None:
        """The webhook secrets that are to be live, or None: as they are."""
        chosen = self.webhook_secrets or (self.webhook_secret and (self.webhook_secret,))
        return [secret.get_secret_value() for secret in chosen] if chosen else None


class Link(Change):
    """What links a company."""

    company_id: CompanyId
    api_token: SecretStr
    id: ConnectionId | None = None  # else one is drawn


async def listed(request: Request) -> Response:
    """List connections, newest first."""
    store: Store = request.state["store"]
    asked = query(request, Page)
    found = rows(store.connections.pages(row_after(asked.after)), store.connections.load)
    answer = await page(found, asked.limit, lambda connection: connection)
    items = [await _shown(request, connection) for connection in answer["items"]]
    return Json(answer | {"items": items})


async def create(request: Request) -> Response:
    """Link a company whose token Recruitee takes; when Recruitee is away, the baseline tries on."""
    store: Store = request.state["store"]
    wanted = Link.model_validate(await given(request))
    options = wanted.options(DEFAULTS)
    if wanted.id is not None and await store.connections.taken(wanted.id):
        raise Problem(409, f"there is a connection {wanted.id} already")
    token = wanted.api_token.get_secret_value()
    answer = await _tried(request, wanted.company_id, token)
    name = wanted.name or checks.company_name(answer, wanted.company_id) or ""
    secrets = wanted.secrets or []
    made = await store.connections.create(
        wanted.company_id, token, next(iter(secrets), None), name, options, wanted.id
    )
    more = secrets if len(secrets) > 1 else None
    if more or wanted.careers_url or wanted.careers_token:
        site, opened = wanted.careers
        updated = await store.connections.update(
            made.id, secrets=more, careers_url=site, careers_token=opened
        )
        made = updated or made
    return Json(await _shown(request, made), 201)


async def show(request: Request) -> Response:
    """Show one connection."""
    return Json(await _shown(request, await found(request)))


async def update(request: Request) -> Response:
    """Change what is given; a new token that works lets an unauthorized connection go on at once."""
    store: Store = request.state["store"]
    connection = await found(request)
    wanted = Change.model_validate(await given(request))
    wanted.options(connection.options)  # refused before anything is asked
    token = None if wanted.api_token is None else wanted.api_token.get_secret_value()
    answer = await _tried(request, connection.company_id, token) if token else None
    connection = await found(request)
    options = wanted.options(connection.options)
    changed = await store.connections.update(
        connection.id, name=wanted.name, api_token=token, secrets=wanted.secrets,
        options=None if options == connection.options else options,
        careers_url=wanted.careers[0], careers_token=wanted.careers[1],
    )  # fmt: skip
    if changed is not None and isinstance(answer, Ok):
        await checks.restore(store, changed)
    elif changed is not None and token and changed.status == UNAUTHORIZED:
        # Recruitee is away just now: the worker is to try the new token at once, and then by the clock.
        await store.connections.wake(changed.id, UNAUTHORIZED, probe_ms=0, probe_at=0)
    said = scopes.note(connection.options, options)
    return Json(await _shown(request, await found(request)) | ({"note": said} if said else {}))


async def remove(request: Request) -> Response:
    """Unlink a company and forget what is stored about it."""
    store: Store = request.state["store"]
    await store.connections.remove(await found(request))
    return Response(status_code=204)


async def check(request: Request) -> Response:
    """Ask Recruitee with this connection's token, and say what it may see."""
    state = request.state
    connection = await found(request)
    result = await checks.check(state["recruitee"], state["store"], state["settings"], connection)
    return Json(result)


async def found(request: Request) -> Connection:
    """Return the connection that the path names; raises Problem 404."""
    store: Store = request.state["store"]
    c: str = request.path_params["id"]
    connection = await store.connections.get(c)
    if connection is None:
        raise unknown("connection", c)
    return connection


async def _tried(request: Request, company_id: str, token: str) -> checks.Answer:
    """Ask Recruitee who this token's owner is; raises Problem 422 when it is not for this company."""
    answer = await checks.whoami(request.state["recruitee"], company_id, token)
    if not isinstance(answer, Ok | Later):
        raise Problem(422, checks.refusal(answer, company_id))
    return answer


async def _shown(request: Request, connection: Connection) -> dict[str, Any]:
    store: Store = request.state["store"]
    waiting, parked = await store.inbox.depth(connection.id)
    return {
        "id": connection.id,
        "integration_id": connection.integration_id,
        "webhook_url": f"{_base(request)}/webhooks/recruitee/{connection.hook}",
        "name": connection.name,
        "company_id": connection.company_id,
        "status": connection.status,
        "reason": connection.reason or None,
        "enabled": not connection.disabled,
        "created_at": times.iso(connection.created),
        "baseline": _baseline(connection),
        "sync": summary(Run.of(connection)),
        "test_seen_at": _iso(connection.test_seen),
        "signed_seen_at": _iso(connection.signed_seen),
        "webhook_secret_set": bool(connection.secrets),
        "careers_url": connection.careers_url or None,
        "careers_token_set": connection.careers_token is not None,
        "inbox": {"waiting": waiting, "parked": parked},
        **scopes.shown(connection.options),
    }


def _baseline(connection: Connection) -> dict[str, Any]:
    progress: Mapping[str, Mapping[str, Any]] = orjson.loads(connection.baseline or b"{}")
    return {
        "began_at": connection.baseline_iso,
        "done_at": _iso(connection.baseline_done),
        "read": {root: row.get("read", 0) for root, row in progress.items()},
        "done": sorted(root for root, row in progress.items() if row.get("done")),
    }


def _base(request: Request) -> str:
    return str(request.state["settings"].public_url or request.base_url).rstrip("/")


def _iso(ms: int) -> str | None:
    return times.iso(ms) if ms else None
