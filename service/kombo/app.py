"""Every route of Kombo's API that is served, in one app whose refusals are in Kombo's envelope."""

from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request as AnyRequest
from starlette.responses import Response
from starlette.routing import BaseRoute

from service.kombo import general, linking, switching
from service.kombo.crowd import live
from service.kombo.custom import CustomFields
from service.kombo.entry import KNOWN_ONLY, asked_for, at
from service.kombo.envelope import HANDLERS, failure
from service.kombo.lists.applications import APPLICATIONS
from service.kombo.lists.candidates import CANDIDATES
from service.kombo.lists.company import OFFERS, REASONS, ROLES, STAGES, TAGS, USERS
from service.kombo.lists.interviews import INTERVIEWS
from service.kombo.lists.jobs import JOBS
from service.kombo.lists.papers import ATTACHMENTS, NOTES, SCORECARDS
from service.kombo.outbound import Lanes
from service.kombo.passthrough import passes
from service.kombo.reading import lister
from service.kombo.shelf import Shelf
from service.kombo.tables import Tables
from service.kombo.writes import routes as writes

LISTS: Final = (
    USERS, ROLES, JOBS, STAGES, CANDIDATES, APPLICATIONS, TAGS, INTERVIEWS, REASONS, OFFERS, NOTES,
    SCORECARDS, ATTACHMENTS,
)  # fmt: skip
INTEGRATION: Final = "/integrations/{integration_id}"


def create_kombo() -> Starlette:
    """Build the app; it is mounted under `/v1`, behind the feed, and shares the lifespan's state."""
    app = Starlette(routes=routes(Tables()), exception_handlers={**HANDLERS, 404: unknown})
    app.router.redirect_slashes = False
    return app


def routes(tables: Tables) -> list[BaseRoute]:
    """Return every route."""
    shelf = Shelf()
    lists = [at(f"/ats/{each.path}", "read", GET=lister(each, tables, shelf)) for each in LISTS]
    fields, lanes = CustomFields(), Lanes()
    own, keys = f"{INTEGRATION}/integration-fields", f"{INTEGRATION}/custom-fields"
    return [
        *lists,
        *writes.routes(tables, lanes),
        at("/check-api-key", KNOWN_ONLY, GET=general.check_api_key),
        at("/force-sync", "act", POST=general.force_sync),
        at("/tools/{category}", "read", GET=general.tools),
        at(INTEGRATION, "read", GET=general.integration),
        at(INTEGRATION, "ops", DELETE=switching.delete),
        at(f"{INTEGRATION}/enabled", "act", PUT=switching.set_enabled, POST=switching.set_enabled),
        at("/passthrough/{tool}/{api}", "passthrough", POST=live(passes(lanes), asked_for)),
        at(f"{INTEGRATION}/relink", "act", POST=linking.relink),
        at(f"{INTEGRATION}/setup-link", "act", POST=linking.setup_link),
        at("/connect/create-link", "act", POST=linking.create_link),
        at("/connect/integration-by-token/{token}", "read", GET=linking.integration_by_token),
        at("/connect/activate-integration", "read", POST=linking.activate),
        at(own, "read", GET=fields.integration_fields),
        at(own + "/{field_id}", "act", PATCH=fields.update_integration_field),
        at(keys, "read", GET=fields.custom_fields),
        at(keys + "/{custom_field_id}", "act", PUT=fields.update_custom_field),
    ]


async def unknown(request: AnyRequest, _: Exception) -> Response:
    """Answer a path that is not served."""
    path = request.scope["path"][:200]
    return failure(404, None, f"there is no {request.method} {path}")
