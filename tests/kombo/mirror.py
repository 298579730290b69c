"""A stand-in for Recruitee that tells what it was asked and answers what a test wants of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

BLOB = bytes(range(256)) * 8
Answer = Callable[[], Response]


@dataclass
class Mirror:
    """What was asked, and the gate before which `/held` waits."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    in_flight: int = 0
    most_in_flight: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)

    def app(self) -> ASGIApp:
        """Return it as an app."""
        methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        return Starlette(routes=[Route("/{path:path}", self._answer, methods=methods)])

    async def _answer(self, request: Request) -> Response:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            told = {
                "method": request.method,
                "path": request.scope["raw_path"].decode(),
                "query": request.scope["query_string"].decode(),
                "headers": dict(request.headers),
                "body": (await request.body()).decode("latin-1"),
            }
            self.asked.append(told)
            last = request.url.path.rpartition("/")[2]
            if last == "held":
                await self.gate.wait()
            return self.answers[last]() if last in self.answers else JSONResponse(told)
        finally:
            self.in_flight -= 1
