"""The control surface under `/sandbox/`: ours, for tests and demos; Recruitee has none of it.

It asks for no token: a sandbox is a tool for one's own machine and holds nobody's data.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import orjson
from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.sandbox.answers import answer
from service.sandbox.calls import GRADES, Endpoint
from service.sandbox.config import MOST_CANDIDATES
from service.sandbox.deliveries import Hook
from service.sandbox.knobs import merged
from service.sandbox.ledger import REQUESTS_KEPT
from service.sandbox.parsing import parsed, whole
from service.sandbox.records import Json
from service.sandbox.state import Sandbox

TEST_BODY = b'{"test":true}'


class NewHook(BaseModel):
    """A receiver to register; without `events` it gets all, without `secret` one is made up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: AnyHttpUrl
    secret: Annotated[str, Field(min_length=1)] | None = None
    events: frozenset[str] | None = None
    in_flight: Annotated[int, Field(ge=1, le=64)] = 1


class Reset(BaseModel):
    """How to begin anew; what is left out stays as it was."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    candidates: Annotated[int, Field(ge=0, le=MOST_CANDIDATES)] | None = None
    seed: int | None = None


class Control:
    """The handlers of the control surface, over one sandbox."""

    def __init__(self, sandbox: Sandbox, endpoints: tuple[Endpoint, ...]) -> None:
        self._sandbox = sandbox
        self._endpoints = endpoints

    def routes(self) -> list[Route]:
        """Return the routes, all under `/sandbox`."""
        table: tuple[tuple[str, str, Callable[[Request], Awaitable[Response]]], ...] = (
            ("GET", "/sandbox/routes", self.listed),
            ("GET", "/sandbox/state", self.state),
            ("GET", "/sandbox/requests", self.requests),
            ("GET", "/sandbox/knobs", self.knobs),
            ("PATCH", "/sandbox/knobs", self.turn),
            ("POST", "/sandbox/reset", self.reset),
            ("GET", "/sandbox/webhooks", self.hooks),
            ("POST", "/sandbox/webhooks", self.register),
            ("GET", "/sandbox/webhooks/log", self.log),
            ("DELETE", "/sandbox/webhooks/{id:int}", self.remove),
            ("POST", "/sandbox/webhooks/{id:int}/test", self.test),
        )
        return [Route(path, handler, methods=[method]) for method, path, handler in table]

    async def listed(self, _: Request) -> Response:
        """List Recruitee's routes as the sandbox has them, with the grade of their evidence."""
        rows = [
            {
                "method": one.method,
                "path": f"/c/{{company}}{one.path.replace(':int', '')}",
                "grade": one.grade,
                "note": one.note,
            }
            for one in self._endpoints
        ]
        return answer({"grades": GRADES, "routes": rows})

    async def state(self, _: Request) -> Response:
        """Show counts, and what was requested how often since the last reset."""
        sandbox = self._sandbox
        counts = sandbox.company.people.counts
        ledger = sandbox.ledger
        return answer(
            {
                "company_id": sandbox.config.company_id,
                "subdomain": sandbox.config.subdomain,
                "seed": sandbox.config.seed,
                "candidates": counts.alive,
                "deleted_candidates": counts.deleted,
                "placements": counts.placements,
                "offers": Counter(offer.status for offer in sandbox.company.offers.values()),
                "talent_pools": len(sandbox.company.pools),
                "activities": len(sandbox.company.feed),
                "webhooks": {
                    "registered": len(sandbox.sender.hooks),
                    "waiting": sandbox.sender.waiting,
                },
                "requests": {
                    "total": ledger.total,
                    "most_in_flight": ledger.most_in_flight,
                    "by_status": ledger.by_status,
                    "by_path": ledger.by_path,
                },
            }
        )

    async def requests(self, request: Request) -> Response:
        """Show the last requests, oldest first; `limit`, `path_prefix`."""
        prefix = request.query_params.get("path_prefix", "")
        lines = [one for one in self._sandbox.ledger.last if one["path"].startswith(prefix)]
        return answer({"requests": lines[-_limit(request, REQUESTS_KEPT) :]})

    async def knobs(self, _: Request) -> Response:
        """Show the knobs as they stand, with what is left of the scripted faults."""
        return answer(self._sandbox.knobs.model_dump(mode="json"))

    async def turn(self, request: Request) -> Response:
        """Turn some knobs and leave the others."""
        body = parsed(await request.body())
        if body is None:
            return _wrong([{"msg": "the body must be a JSON object"}])
        try:
            self._sandbox.knobs = merged(self._sandbox.knobs, body)
        except ValidationError as error:
            return _wrong(error.errors(include_url=False, include_context=False))
        return await self.knobs(request)

    async def reset(self, request: Request) -> Response:
        """Invent the company anew; knobs, counters and the log go, registered webhooks stay."""
        try:
            wanted = Reset.model_validate_json(await request.body() or b"{}")
        except ValidationError as error:
            return _wrong(error.errors(include_url=False, include_context=False))
        self._sandbox.reset(wanted.candidates, wanted.seed)
        return await self.state(request)

    async def hooks(self, _: Request) -> Response:
        """List the registered webhooks."""
        return answer({"webhooks": [hook.shape() for hook in self._sandbox.sender.hooks]})

    async def register(self, request: Request) -> Response:
        """Register a webhook, as a customer does by hand in Recruitee's settings."""
        try:
            wanted = NewHook.model_validate_json(await request.body())
        except ValidationError as error:
            return _wrong(error.errors(include_url=False, include_context=False))
        hook: Hook = self._sandbox.sender.register(
            str(wanted.url), wanted.secret, wanted.events, wanted.in_flight
        )
        return answer(hook.shape(), 201)

    async def remove(self, request: Request) -> Response:
        """Remove a webhook; what still waits for it is dropped."""
        if await self._sandbox.sender.remove(request.path_params["id"]):
            return Response(status_code=204)
        return _missing()

    async def test(self, request: Request) -> Response:
        """Send `{"test":true}`, unsigned, and show how the receiver answered."""
        outcome = await self._sandbox.sender.test(request.path_params["id"], TEST_BODY)
        return _missing() if outcome is None else answer(outcome)

    async def log(self, request: Request) -> Response:
        """Show the latest deliveries with their attempts, newest first."""
        return answer({"deliveries": self._sandbox.sender.log(_limit(request, 100))})


def _limit(request: Request, default: int) -> int:
    return max(whole(request.query_params.get("limit"), default), 1)


def _wrong(errors: Any) -> Response:
    rows: list[Json] = orjson.loads(orjson.dumps(errors, default=str))
    return answer({"error": "invalid", "errors": rows}, 422)


def _missing() -> Response:
    return answer({"error": "there is no such webhook"}, 404)
