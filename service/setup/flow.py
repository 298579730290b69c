"""A set-up link from its first look to its end: access, checks, webhook secret, finish."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlencode, urlsplit

import orjson
from starlette.responses import RedirectResponse, Response

from service.core import ids
from service.core.recruitee.client import Answer, Later, Ok, Unauthorized
from service.core.store.connections import Connection
from service.core.store.store import Store
from service.ops import checks
from service.ops.endpoint import base_of
from service.problems import Json
from service.setup import sent, steps
from service.setup.frame import headers
from service.setup.notices import OVER, SPENT, UNKNOWN, ending, said
from service.setup.trail import written
from service.setup.view import ACCESS, CHECKS, GIVEN, WEBHOOK, View
from service.setup.words import words
from service.state import Request

CHECK_WITHIN_S: Final = 40.0
Act = Callable[[], Awaitable[Response]]
SHOWN: Final = ("token", "detail", "role", "models", "actions")
BUSY = "It is being tried already: wait some seconds and look again."
AWAY = "Recruitee does not answer just now. Try again in a minute."
TOKEN_REFUSED = "Recruitee refuses this token. Make a new one and copy it whole."  # noqa: S105
COMPANY_REFUSED = "Recruitee knows no such company for this token. Look at the number or subdomain."


async def look(request: Request) -> Response:
    """Show the step that the link is at."""
    view = await opened(request)
    if isinstance(view, Response):
        return view
    return steps.shown(view, view.step(request.query_params.get("step")))


async def progress(request: Request) -> Response:
    """Say what of the webhook was seen."""
    view = await opened(request)
    if isinstance(view, Response):
        return Json({}, view.status_code, headers())
    return Json(view.facts, headers=headers(embedded=view.link.embedded))


async def credentials(request: Request) -> Response:
    """Try what was pasted, link the company or renew its token, and check what may be read."""
    view = await opened(request)
    if isinstance(view, Response):
        return view
    if view.link.kind == "setup":
        return _to(view, WEBHOOK)
    fields = await sent.form(request)
    given = sent.access(fields, view.connection.company_id if view.connection else "")
    if isinstance(given, str):
        return steps.shown(view, ACCESS, given, 422, fields.get("company_id", "")[:200])
    return await _held(request, view, ACCESS, lambda: _access(request, view, *given))


async def check(request: Request) -> Response:
    """Look once more what may be read."""
    view = await opened(request)
    if isinstance(view, Response):
        return view
    await sent.form(request)
    connection = view.connection
    if connection is None or view.step(CHECKS) != CHECKS:
        return _to(view, ACCESS)
    return await _held(request, view, CHECKS, lambda: _check(request, view, connection))


async def secret(request: Request) -> Response:
    """Keep the webhook secret that Recruitee shows."""
    view = await opened(request)
    if isinstance(view, Response):
        return view
    given = sent.secret(await sent.form(request))
    connection = view.connection
    if connection is None or view.step(WEBHOOK) != WEBHOOK:
        return _to(view, ACCESS)
    if given is None:
        return steps.shown(view, WEBHOOK, sent.SECRET_WRONG, 422)
    return await _held(request, view, WEBHOOK, lambda: _secret(request, view, connection, given))


async def finish(request: Request) -> Response:
    """Use the link up, and hand back what came of it."""
    view = await opened(request)
    if isinstance(view, Response):
        return view
    await sent.form(request)
    connection = view.connection
    if connection is None or view.step(WEBHOOK) != WEBHOOK:
        return _to(view, ACCESS)
    store: Store = request.state["store"]
    activation = await store.links.finish(view.link)
    if activation is None:
        return said(OVER, view.link.language)
    await written(request, view.link, "finish", 200, connection.id)
    if not view.link.redirect_uri:
        return steps.ended(view, activation)
    result = {
        "result": "success",
        "integration": "recruitee",
        "integrated_account_id": connection.id,
        "token": activation,
    }
    return _away(view, result)


async def cancel(request: Request) -> Response:
    """Go back to where the reader came from; the link stays good."""
    view = await opened(request)
    if isinstance(view, Response):
        return view
    if not view.link.redirect_uri:
        return _to(view, ACCESS)
    error = {"error": "the set-up was canceled", "error_type": "connection_error"}
    return _away(view, {"result": "error", "integration": "recruitee", **error})


async def opened(request: Request) -> View | Response:
    """Return what the link shows, or the page that says why it shows nothing."""
    store: Store = request.state["store"]
    token: str = request.path_params["token"]
    link = await store.links.by_token(token)
    if link is None:
        return said(UNKNOWN)
    if (over := ending(link)) is not None:
        return said(over, link.language)
    connection = await store.connections.get(link.connection_id) if link.connection_id else None
    if link.connection_id and connection is None:
        return said(OVER, link.language)
    base = base_of(request)
    path = f"{urlsplit(base).path}/connect/{token}"
    return View(link, connection, base, path, words(link.language))


async def _held(request: Request, view: View, step: str, act: Act) -> Response:
    """Do something for which the link is held, so that it is counted and never done twice at once."""
    store: Store = request.state["store"]
    holder = ids.draw()
    match await store.links.begin(view.link, holder):
        case "busy":
            return steps.shown(view, step, BUSY, 409)
        case "spent":
            return said(SPENT, view.link.language)
        case "over":
            return said(OVER, view.link.language)
    try:
        return await act()
    finally:
        await store.links.end(view.link, holder)


async def _access(request: Request, view: View, company: str, token: str) -> Response:
    answer = await checks.whoami(request.state["recruitee"], company, token)
    if not isinstance(answer, Ok):
        problem, status = _refusal(answer)
        await written(request, view.link, "credentials", status)
        return steps.shown(view, ACCESS, problem, status, company)
    connection = await _linked(request, view, company, token, checks.company_name(answer, company))
    if connection is None:
        return said(OVER, view.link.language)
    store: Store = request.state["store"]
    # First, so that whatever happens next, the company is not linked a second time.
    await store.links.note(view.link, connection_id=connection.id, step=GIVEN, report="")
    await written(request, view.link, "credentials", 200, connection.id)
    return await _check(request, view, connection)


async def _linked(
    request: Request, view: View, company: str, token: str, told: str | None
) -> Connection | None:
    """Make the connection, or give the one there is its new token; None: it is gone."""
    store: Store = request.state["store"]
    user = view.link.end_user
    if view.connection is None:
        name = user.organization_name or told or ""
        changed = await store.connections.create(company, token, None, name)
    else:
        found = await store.connections.update(view.connection.id, api_token=token)
        if found is None:
            return None
        changed = found
        await checks.restore(store, changed)
    await store.connections.note(changed.id, end_user=user.model_dump_json())
    return changed


async def _check(request: Request, view: View, connection: Connection) -> Response:
    state = request.state
    report: dict[str, object] = {}
    try:
        async with asyncio.timeout(CHECK_WITHIN_S):
            found = await checks.check(
                state["recruitee"], state["store"], state["settings"], connection
            )
        report = {name: found[name] for name in SHOWN}
    except TimeoutError:
        pass  # the page says so, and offers to check again
    await state["store"].links.note(view.link, report=orjson.dumps(report).decode())
    return _to(view, CHECKS)


async def _secret(request: Request, view: View, connection: Connection, given: str) -> Response:
    store: Store = request.state["store"]
    await store.connections.update(connection.id, secrets=[given])
    await written(request, view.link, "secret", 200, connection.id)
    return _to(view, WEBHOOK)


def _refusal(answer: Answer) -> tuple[str, int]:
    match answer:
        case Later():
            return AWAY, 503
        case Unauthorized():
            return TOKEN_REFUSED, 422
        case _:
            return COMPANY_REFUSED, 422


def _to(view: View, step: str) -> Response:
    return RedirectResponse(f"{view.path}?step={step}", 303, headers(embedded=view.link.embedded))


def _away(view: View, result: dict[str, str]) -> Response:
    uri = view.link.redirect_uri
    mark = "&" if urlsplit(uri).query else "?"
    return RedirectResponse(f"{uri}{mark}{urlencode(result)}", 303, headers(redirect_uri=uri))
