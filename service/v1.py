"""What lies under `/v1`: the feed, which is ours, and all else in the envelope of Kombo's API."""

from starlette.routing import BaseRoute, Mount, Route, Router

from service.feed import routes as feed
from service.kombo.app import create_kombo


def routes() -> list[BaseRoute]:
    """Return what is served under `/v1`, and `/v1` itself, where nothing is."""
    kombo = create_kombo()
    app = Router(feed.routes(), redirect_slashes=False, default=kombo)
    return [Route("/v1", kombo), Mount("/v1", app=app)]
