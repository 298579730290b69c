"""What lies under `/v1`: the feed, which is ours, and all else in the envelope of Kombo's API."""

from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import Receive, Scope, Send

from service.feed import routes as feed
from service.problems import Json


def routes() -> list[BaseRoute]:
    """Return what is served under `/v1`, and `/v1` itself, where nothing is."""
    app = Router(feed.routes(), redirect_slashes=False, default=unknown)
    return [Route("/v1", Router(default=unknown)), Mount("/v1", app=app)]


async def unknown(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a path that is not served."""
    answer = Json(refusal("Not found", f"there is no {scope['method']} {scope['path'][:200]}"), 404)
    await answer(scope, receive, send)


def refusal(title: str, message: str, code: str | None = None) -> dict[str, object]:
    """Return an error in Kombo's envelope; its four keys must all be there."""
    error = {"code": code, "title": title, "message": message, "log_url": None}
    return {"status": "error", "error": error}
