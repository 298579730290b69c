"""Links by which customers connect, reconnect and finish their set-up, and what came of one."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from service.callers import Caller
from service.core import ids
from service.core.store.connections import Connection
from service.core.store.links import EndUser, Kind, Link
from service.core.store.store import Store
from service.kombo.entry import TOOL, named, note
from service.kombo.envelope import NO_INTEGRATION, UNAUTHENTICATED, Refused, invalid, success
from service.ops.bodies import given
from service.setup.making import EMBEDDED_S, MAGIC_S, end_user, made
from service.state import Request

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Email = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")
]
Language = Literal["en", "de", "fr", "it", "es"]
LinkType = Literal["EMBEDDED", "MAGIC_LINK"]
LASTS: Final = {"EMBEDDED": EMBEDDED_S, "MAGIC_LINK": MAGIC_S}


class Asked(BaseModel):
    """What every link may be asked for; the language is the page's."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    language: Language | None = None
    link_type: LinkType | None = None


class SetupAsked(Asked):
    """A link to the steps after the credentials."""

    link_type: LinkType = Field()


class RelinkAsked(Asked):
    """A link by which a customer gives new credentials."""

    scope_config_id: str | None = None


class ConnectAsked(RelinkAsked):
    """A link by which a customer connects; what is of no use for Recruitee is taken and passed over."""

    end_user_email: Email
    end_user_organization_name: Text
    end_user_origin_id: Annotated[str, StringConstraints(max_length=500)] | None = None
    remote_environment: str | None = None
    integration_category: Literal["HRIS", "ATS", "ASSESSMENT", "LMS"] | None = None
    integration_tool: str | None = None
    enable_filtering: bool | None = None
    enable_field_mapping: bool | None = None
    enable_static_ips: bool | None = None


class Activated(BaseModel):
    """The token that a finished link hands over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    token: Annotated[str, StringConstraints(max_length=200)]


async def create_link(request: Request) -> Response:
    """Make a link at which a customer connects their Recruitee; each makes an integration of its own."""
    wanted = ConnectAsked.model_validate(await given(request))
    caller: Caller = request.state["caller"]
    if caller.connection_ids is not None:
        detail = "this key is for some integrations only, and a link makes a new one"
        raise Refused(403, UNAUTHENTICATED, detail)
    _of_recruitee(wanted)
    user = EndUser(
        organization_name=wanted.end_user_organization_name,
        email=wanted.end_user_email,
        origin_id=wanted.end_user_origin_id,
    )
    link = await _made(request, "connect", wanted, user)
    return success({"link": link, "static_ips": None})


async def relink(request: Request) -> Response:
    """Make a link at which a customer gives an integration a new token."""
    connection = await named(request, request.path_params["integration_id"])
    wanted = RelinkAsked.model_validate(await given(request))
    if wanted.scope_config_id not in (None, ids.derive("scope_config", connection.id)):
        raise invalid("scope_config_id", "is not that of this integration")
    url = await _made(request, "relink", wanted, end_user(connection), connection.id)
    return success({"link": url})


async def setup_link(request: Request) -> Response:
    """Make a link to what is left of an integration's set-up: its webhook."""
    connection = await named(request, request.path_params["integration_id"])
    wanted = SetupAsked.model_validate(await given(request))
    if connection.secrets and connection.signed_seen:
        raise invalid("integration_id", "no step of its set-up is left: its webhooks arrive")
    url = await _made(request, "setup", wanted, end_user(connection), connection.id)
    return success({"link": url})


async def integration_by_token(request: Request) -> Response:
    """Show which integration came of the link that handed over this token, within an hour."""
    return success(await _came_of(request, request.path_params["token"]))


async def activate(request: Request) -> Response:
    """Show the same, as it was asked before; nothing has to be activated."""
    wanted = Activated.model_validate(await given(request))
    return success(await _came_of(request, wanted.token))


def setup_status(connection: Connection) -> str:
    """Say how far the set-up is, in Kombo's word."""
    return "COMPLETED" if connection.baseline_done else "FINAL_SYNC_PENDING"


def _of_recruitee(wanted: ConnectAsked) -> None:
    if wanted.integration_tool not in (None, TOOL):
        raise invalid("integration_tool", f"is {TOOL} here, or nothing")
    if wanted.integration_tool is None and wanted.integration_category in ("ASSESSMENT", "LMS"):
        raise invalid("integration_category", "has no tool here: Recruitee is an ATS")
    if wanted.remote_environment not in (None, "production"):
        raise invalid("remote_environment", "Recruitee has one environment only")
    if wanted.scope_config_id is not None:
        raise invalid("scope_config_id", "is not known: an integration has a scope once it is made")


async def _made(
    request: Request, kind: Kind, wanted: Asked, user: EndUser, connection_id: str = ""
) -> str:
    lasts = wanted.link_type or "EMBEDDED"
    link = Link(
        kind=kind,
        connection_id=connection_id,
        embedded=lasts == "EMBEDDED",
        language=wanted.language or "en",
        end_user=user,
    )
    kept, _, url = await made(request, link, LASTS[lasts])
    note(request, link_id=kept.id)
    return url


async def _came_of(request: Request, token: str) -> dict[str, Any]:
    store: Store = request.state["store"]
    c = await store.links.connection_of(token) if 0 < len(token) <= 200 else None
    connection = await store.connections.get(c) if c else None
    if connection is None:
        detail = "no finished link handed over this token within the last hour"
        raise Refused(404, NO_INTEGRATION, detail)
    user = end_user(connection)
    return {
        "tool": TOOL,
        "id": connection.integration_id,
        "end_user_origin_id": user.origin_id,
        "end_user_organization_name": user.organization_name,
        "end_user_email": user.email,
        "setup_status": setup_status(connection),
    }
