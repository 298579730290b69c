"""What lies under `/v1`: the feed, which is ours, and all else in the envelope of Kombo's API."""

import re

from starlette.routing import BaseRoute, Mount, Route, Router

from service.feed import routes as feed
from service.kombo.app import create_kombo


def routes() -> list[BaseRoute]:
    """Return what is served under `/v1`, and `/v1` itself, where nothing is."""
    kombo = create_kombo()
    app = Router(feed.routes(), redirect_slashes=False, default=kombo)
    mount = Mount("/v1", app=app)
    # A path may have a line break in it, encoded; that too is answered in the right envelope.
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return [Route("/v1", kombo), mount]
