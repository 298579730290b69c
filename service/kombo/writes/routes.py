"""The routes of Kombo's actions."""

from starlette.routing import BaseRoute

from service.kombo.crowd import live
from service.kombo.entry import at
from service.kombo.writes import tags


def routes() -> list[BaseRoute]:
    """Return every route that writes."""
    tagged = "/ats/candidates/{candidate_id}/tags"
    return [
        at(tagged, "act", POST=live(tags.add_tag), DELETE=live(tags.remove_tag)),
    ]
