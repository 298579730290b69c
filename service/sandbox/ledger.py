"""Counts what is asked of the sandbox, so that a test can tell how often something was fetched."""

from collections import Counter, deque
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.sandbox.config import Clock
from service.sandbox.instants import stamp
from service.sandbox.records import Json

REQUESTS_KEPT = 2000
PATHS_COUNTED = 20_000


@dataclass(slots=True)
class Ledger:
    """The last requests under `/c/` and `/api/`, and counters over all since the last reset."""

    clock: Clock
    last: deque[Json] = field(default_factory=lambda: deque(maxlen=REQUESTS_KEPT))
    by_path: Counter[str] = field(default_factory=Counter)
    by_status: Counter[str] = field(default_factory=Counter)
    total: int = 0
    in_flight: int = 0
    most_in_flight: int = 0

    def opened(self, method: str, path: str, query: str) -> Json:
        """Count a request that came in; return its line, to be given its status later."""
        self.total += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        name = f"{method} {path}"
        if name in self.by_path or len(self.by_path) < PATHS_COUNTED:
            self.by_path[name] += 1
        line: Json = {
            "method": method,
            "path": path,
            "query": query,
            "at": stamp(self.clock()),
            "status": None,
        }
        self.last.append(line)
        return line

    def closed(self, line: Json, status: int | None) -> None:
        """Note how a request was answered; None when it was cut off."""
        self.in_flight -= 1
        line["status"] = status
        self.by_status[str(status)] += 1

    def clear(self) -> None:
        """Forget all but what is still in flight."""
        self.last.clear()
        self.by_path.clear()
        self.by_status.clear()
        self.total, self.most_in_flight = 0, self.in_flight


class Counted:
    """Middleware that writes the ledger; it stands outside the faults, so those are counted too."""

    def __init__(self, app: ASGIApp, ledger: Ledger) -> None:
        self._app = app
        self._ledger = ledger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and watch for the status of its answer."""
        if scope["type"] != "http" or not scope["path"].startswith(("/c/", "/api/")):
            await self._app(scope, receive, send)
            return
        line = self._ledger.opened(scope["method"], scope["path"], scope["query_string"].decode())
        status: int | None = None

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            self._ledger.closed(line, status)
