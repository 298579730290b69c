"""The hosted set-up's routes, in an app of its own whose refusals are pages: people read them."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from service.core.errors import SecretUnreadable, StoreUnavailable
from service.core.logs import logger, where
from service.openapi.route import Endpoint
from service.problems import RETRY_AFTER_S, Problem
from service.setup import flow, link_token, steps
from service.setup.notices import UNKNOWN, said
from service.state import Request as StateRequest

log = logger("setup")
LINK_TOKEN: Final = "/link-token"  # noqa: S105 - a path


class Pages:
    """What lies under `/connect`: pages, in an app of their own."""

    def __init__(self) -> None:
        self.app = create_setup()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self.app(scope, receive, send)


class LinkToken:
    """Truto's endpoint, which has an envelope of its own for all methods."""

    needs = "act"
    handlers: ClassVar[Mapping[str, Endpoint]] = {"POST": link_token.answered}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        answer = await link_token.answered(StateRequest(scope, receive))
        await answer(scope, receive, send)


def create_setup() -> Starlette:
    """Build the app; it is mounted at `/connect`, and shares the lifespan's state."""
    table: dict[str, dict[str, Any]] = {
        "": {"GET": flow.look},
        "/progress": {"GET": flow.progress},
        "/credentials": {"POST": flow.credentials},
        "/check": {"POST": flow.check},
        "/secret": {"POST": flow.secret},
        "/finish": {"POST": flow.finish},
        "/cancel": {"GET": flow.cancel},
    }
    routes = [
        Route("/{token}" + path, handler, methods=[method])
        for path, by_method in table.items()
        for method, handler in by_method.items()
    ]
    app = Starlette(routes=routes, exception_handlers=HANDLERS)
    app.router.redirect_slashes = False
    return app


async def _refused(_: Request, error: Exception) -> Response:
    match error:
        case Problem(status=status, detail=detail):
            return steps.notice("That did not work", detail, status)
        case HTTPException(status_code=405, headers=headers):
            answer = steps.notice("Open the link itself", "This address takes forms only.", 405)
            answer.headers.update(headers or {})
            return answer
        case HTTPException():
            return said(UNKNOWN)
        case StoreUnavailable():
            log.warning("setup.store_unavailable", reason=str(error))
            return _later(503)
        case SecretUnreadable():
            log.error("setup.secret_unreadable", reason=str(error))
            return _later(500)
    log.error("setup.fault", error=where(error))
    return _later(500)


def _later(status: int) -> Response:
    answer = steps.notice(
        "That did not work", "Something is wrong on our side. Try again in a minute.", status
    )
    answer.headers["retry-after"] = RETRY_AFTER_S
    return answer


HANDLERS: Final[dict[Any, Any]] = dict.fromkeys(
    (Problem, HTTPException, StoreUnavailable, SecretUnreadable, Exception), _refused
)
