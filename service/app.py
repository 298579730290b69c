"""The web app, put together in one place: routes, state, and how errors are answered."""

import asyncio

from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import health, metrics, self_service, v1, well_known
from service.core.settings import Settings
from service.mcp_server.app import Mcp
from service.openapi import serving as docs
from service.ops.routes import routes
from service.problems import HANDLERS, fault
from service.setup.app import LINK_TOKEN, LinkToken, Pages
from service.state import lifespan
from service.truto.app import surface
from service.webhooks import PREFIX, READ_WITHIN_S, Receiver


def create_app(settings: Settings, ending: asyncio.Event | None = None) -> Starlette:
    """Build the app; nothing is opened before its lifespan. `ending`, once set, ends long answers."""
    mcp = Mcp()
    app = Starlette(
        routes=[
            Mount("/ops/v1", routes=routes()),
            Mount("/self/v1", routes=self_service.routes()),
            *v1.routes(),
            *mcp.routes(),
            surface(),
            Mount("/connect", app=Pages()),
            Route(LINK_TOKEN, LinkToken()),
            Route(well_known.KEYS, well_known.signing_key),
            Route(docs.PATH, docs.openapi),
            Route("/healthz", health.healthz),
            Route("/readyz", health.readyz),
            Route("/metrics", metrics.show),
        ],
        exception_handlers=HANDLERS,
        lifespan=mcp.within(lifespan(settings, ending or asyncio.Event())),
    )
    app.add_middleware(Front)
    return app


class Front:
    """Sends webhooks straight to the receiver, past routing and error pages that it does not need."""

    def __init__(self, app: ASGIApp, read_within_s: float = READ_WITHIN_S) -> None:
        self._app = app
        self._receiver = Receiver(read_within_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started = False

        async def sent(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        app = self._receiver if scope["path"].startswith(PREFIX) else self._app
        try:
            await app(scope, receive, sent)
        except Exception as error:  # noqa: BLE001 - else uvicorn logs its text, which may quote a record
            answer = fault(error)
            if not started:
                await answer(scope, receive, send)
