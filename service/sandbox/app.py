"""The sandbox's ASGI app: Recruitee's routes under `/c/{company}`, ours under `/sandbox`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from service.sandbox import (
    careers,
    downloads,
    reads_candidates,
    reads_company,
    reads_evaluations,
    reads_feed,
    reads_forms,
    reads_jobs,
    reads_papers,
    search,
    writes_bulk,
    writes_candidates,
    writes_files,
    writes_hires,
    writes_interviews,
    writes_notes,
    writes_offers,
    writes_placements,
    writes_profiles,
    writes_settings,
    writes_tables,
    writes_tasks,
)
from service.sandbox.answers import answer, not_found
from service.sandbox.calls import Endpoint, served
from service.sandbox.config import SandboxConfig
from service.sandbox.control import Control
from service.sandbox.distortions import Distorted
from service.sandbox.knobs import Faults
from service.sandbox.ledger import Counted
from service.sandbox.state import Sandbox

__all__ = ["ENDPOINTS", "SandboxConfig", "create_sandbox"]

ENDPOINTS: tuple[Endpoint, ...] = (
    *search.ROUTES,
    *reads_candidates.ROUTES,
    *reads_papers.ROUTES,
    *reads_evaluations.ROUTES,
    *reads_feed.ROUTES,
    *reads_jobs.ROUTES,
    *reads_company.ROUTES,
    *reads_forms.ROUTES,
    *writes_bulk.ROUTES,
    *writes_candidates.ROUTES,
    *writes_files.ROUTES,
    *writes_hires.ROUTES,
    *writes_interviews.ROUTES,
    *writes_notes.ROUTES,
    *writes_offers.ROUTES,
    *writes_placements.ROUTES,
    *writes_profiles.ROUTES,
    *writes_settings.ROUTES,
    *writes_tables.ROUTES,
    *writes_tasks.ROUTES,
)


def create_sandbox(config: SandboxConfig) -> Starlette:
    """Return the app; `app.state.sandbox` is its inside. Its lifespan stops the webhook sender."""
    sandbox = Sandbox(config)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await sandbox.sender.close()

    api = [
        Route(endpoint.path, served(endpoint, sandbox), methods=[endpoint.method])
        for endpoint in ENDPOINTS
    ]
    app = Starlette(
        routes=[
            Mount("/c/{company}", routes=api),
            *careers.routes(sandbox),
            Route(downloads.PATH, downloads.download(sandbox), methods=["GET"]),
            *Control(sandbox, ENDPOINTS).routes(),
        ],
        middleware=[
            Middleware(Counted, ledger=sandbox.ledger),
            Middleware(Faults, dials=sandbox),
            Middleware(Distorted, dials=sandbox),
        ],
        exception_handlers={404: _missing, 405: _missing, 500: _broken},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.sandbox = sandbox
    return app


async def _missing(_: Request, __: Exception) -> Response:
    """Answer 404 for an unknown path and a wrong method alike, in the vendor's words."""
    return not_found()


async def _broken(_: Request, __: Exception) -> Response:
    return answer({"error": ["Internal server error"]}, 500)
