"""Set-up links: one-time addresses at which a company's people link it; made, listed, withdrawn."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict, StringConstraints, model_validator
from starlette.responses import Response

from service.core import times
from service.core.store.links import EndUser, Link
from service.core.store.store import Store
from service.ops.bodies import given, query, unknown
from service.ops.endpoint import target
from service.ops.paging import Page, page, row_after, rows
from service.problems import Json
from service.setup.making import MAGIC_S, RedirectUri, end_user, made
from service.state import Request

DAY_S = 86_400
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=320)]


class Asked(BaseModel):
    """A link as it is asked for; it always ends."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connection_id: str | None = None
    """Whose token or webhook is to be set up anew; none: a new connection is made."""
    only_webhook: bool = False
    organization_name: Text = ""
    email: Text | None = None
    origin_id: Text | None = None
    language: Literal["en", "de", "fr", "it", "es"] = "en"
    redirect_uri: RedirectUri = ""
    embedded: bool = False
    expires_in_s: Annotated[int, Strict(), Field(ge=60, le=MAGIC_S)] = 7 * DAY_S

    @model_validator(mode="after")
    def _of_one(self) -> "Asked":
        if self.only_webhook and self.connection_id is None:
            raise ValueError("only_webhook is for a connection that there is: give connection_id")
        return self


async def create(request: Request) -> Response:
    """Make a link; its address is shown here and never again."""
    store: Store = request.state["store"]
    wanted = Asked.model_validate(await given(request))
    c = wanted.connection_id
    connection = await store.connections.get(c) if c else None
    if c and connection is None:
        raise unknown("connection", c)
    told = {
        "organization_name": wanted.organization_name,
        "email": wanted.email,
        "origin_id": wanted.origin_id,
    }
    before = end_user(connection) if connection else EndUser()
    user = before.model_copy(update={name: value for name, value in told.items() if value})
    link = Link(
        kind="connect" if c is None else "setup" if wanted.only_webhook else "relink",
        connection_id=c or "", embedded=wanted.embedded, language=wanted.language,
        redirect_uri=wanted.redirect_uri, end_user=user,
    )  # fmt: skip
    kept, _, url = await made(request, link, wanted.expires_in_s)
    if c:
        target(request, connection_id=c)
    return Json({**shown(kept), "url": url}, 201, {"cache-control": "no-store"})


async def listed(request: Request) -> Response:
    """List links, the last to be forgotten first: a week after they ended."""
    store: Store = request.state["store"]
    asked = query(request, Page)
    found = rows(store.links.pages(row_after(asked.after)), store.links.load)
    return Json(await page(found, asked.limit, shown))


async def show(request: Request) -> Response:
    """Show one link, without its address."""
    return Json(shown(await _found(request)))


async def remove(request: Request) -> Response:
    """Withdraw a link: it opens nothing from now on."""
    store: Store = request.state["store"]
    await store.links.remove(await _found(request))
    return Response(status_code=204)


def shown(link: Link) -> dict[str, Any]:
    """Return a link as it is shown; who it is for is in the connection that comes of it."""
    return {
        "id": link.id,
        "kind": link.kind,
        "status": _status(link),
        "connection_id": link.connection_id or None,
        "organization_name": link.end_user.organization_name or None,
        "embedded": link.embedded,
        "created_at": times.iso(link.created),
        "expires_at": times.iso(link.expires),
        "done_at": times.iso(link.done) if link.done else None,
        "tries": link.tries,
    }


def _status(link: Link) -> str:
    if link.done:
        return "done"
    return "open" if link.live(times.now_ms()) else "ended"


async def _found(request: Request) -> Link:
    store: Store = request.state["store"]
    name: str = request.path_params["id"]
    link = await store.links.get(name)
    if link is None:
        raise unknown("link", name)
    return link
