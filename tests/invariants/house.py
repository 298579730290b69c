"""What the tests of the invariants stand on: store, ingress, a Recruitee, workers in process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
import orjson
from pydantic import AnyHttpUrl
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from service.core import signing
from service.core.settings import Settings
from service.core.store import keys
from service.core.store.connections import ACTIVE, Connection
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber, Wanted
from service.state import lifespan
from service.webhooks import Receiver as Ingress
from tests.invariants.recruitee import COMPANY, JOB, STAGES, TOKEN, Recruitee, recruiting
from tests.serving import eventually, serving
from workers.app import Drains, running
from workers.context import Context

SECRET = "hook-secret"


ONLY_BASELINE = '{"done": 1}'  # the rest of a first read counts as done


@dataclass
class House:
    """Everything but the workers: those a test starts, stops and kills itself."""

    settings: Settings
    store: Store
    recruitee: Recruitee
    http: httpx.AsyncClient
    url: str
    event_ids: "count[int]" = field(default_factory=lambda: count(5001))

    def worker(self) -> "contextlib.AbstractAsyncContextManager[tuple[Context, Drains]]":
        """Be one more worker, in this process."""
        return running(self.settings)

    async def connect(self) -> Connection:
        """Link the company and take its baseline and no more, with a worker that then goes."""
        made = await self.store.connections.create(COMPANY, TOKEN, SECRET, "Example")
        await self.store.connections.note(made.id, sync=ONLY_BASELINE)
        async with self.worker():
            await eventually(lambda: self.active(made.id))
        return made

    async def status(self, c: str) -> str:
        """Return a connection's status."""
        found = await self.store.connections.get(c)
        return found.status if found else ""

    async def active(self, c: str) -> bool:
        """Say whether a connection is active."""
        return await self.status(c) == ACTIVE

    async def subscribe(self, url: str, **wanted: Any) -> tuple[Subscriber, str]:
        """Make a subscriber; returns it and its secret."""
        return await self.store.subscribers.create(Wanted(**{"url": url, **wanted}), None)

    def webhook(
        self,
        event_type: str,
        candidate: int | None,
        at: str,
        subtype: str | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """Return a webhook's body; `more` goes into the payload."""
        payload: dict[str, Any] = {"company": {"id": int(COMPANY)}, **more}
        if candidate is not None:
            payload["candidate"] = {"id": candidate}
        return {
            "id": next(self.event_ids), "event_type": event_type, "event_subtype": subtype,
            "created_at": at, "attempt_count": 1, "payload": payload,
        }  # fmt: skip

    def moved(self, candidate: int, stage: int, to: int, at: str) -> dict[str, Any]:
        """Return the webhook of a move."""
        details = {"from_stage": _stage(stage), "to_stage": _stage(to)}
        return self.webhook(
            "candidate_moved", candidate, at, "stage_changed", offer={"id": JOB}, details=details
        )

    async def post(self, connection: Connection, body: dict[str, Any]) -> httpx.Response:
        """Send a webhook, signed."""
        return await self.send(connection, orjson.dumps(body))

    async def send(self, connection: Connection, raw: bytes) -> httpx.Response:
        """Send bytes, signed."""
        sign = signing.recruitee_signature(SECRET, raw)
        return await self.http.post(
            f"{self.url}/webhooks/recruitee/{connection.hook}",
            content=raw,
            headers={signing.RECRUITEE_HEADER.decode(): sign},
        )

    async def told(self, connection: Connection, body: dict[str, Any]) -> None:
        """Send a webhook that must be accepted."""
        answer = await self.post(connection, body)
        assert (answer.status_code, answer.json()) == (200, {"status": "accepted"})

    async def rename(self, connection: Connection, person: int, name: str) -> None:
        """Change a candidate's name and hint at it."""
        at = self.recruitee.rename(person, name)
        await self.told(connection, self.webhook("hint", person, at))

    async def move(self, connection: Connection, person: int, stage: int, to: int) -> None:
        """Move a candidate and tell of it."""
        at = self.recruitee.move(person, to)
        await self.told(connection, self.moved(person, stage, to, at))

    async def told_again(self, connection: Connection, body: dict[str, Any]) -> None:
        """Send a webhook that was refused until it is not; it must be new then."""

        async def taken() -> httpx.Response | None:
            answer = await self.post(connection, body)
            return None if answer.status_code == 503 else answer

        answer = await eventually(taken)
        assert (answer.status_code, answer.json()) == (200, {"status": "accepted"})

    async def log(self, c: str) -> list[dict[str, Any]]:
        """Return every event of a connection, in commit order."""
        entries = await self.store.log.oldest(c, "0-0", 10_000)
        bodies = [await self.store.log.body(entry.event_id) for entry in entries]
        return [orjson.loads(body) for body in bodies if body is not None]

    async def logged(self, c: str, count: int, within_s: float = 10) -> list[dict[str, Any]]:
        """Wait for a number of events in the log and return them."""

        async def enough() -> bool:
            return int(await self.store.pipe.call("XLEN", keys.log(c))) >= count

        await eventually(enough, within_s)
        return await self.log(c)

    async def idle(self, c: str, within_s: float = 10) -> None:
        """Wait until nothing waits in the inbox, nothing is parked and nobody holds the lease."""

        async def empty() -> bool:
            leased = await self.store.pipe.call("HEXISTS", "lease:in", c)
            return not leased and await self.store.inbox.depth(c) == (0, 0)

        await eventually(empty, within_s)

    async def rests(self, c: str) -> None:
        """Wait until nobody serves an inbox and nothing of it is due."""
        call = self.store.pipe.call

        async def waits() -> bool:
            score, now = await call("ZSCORE", "ready:in", c), await self.now_ms()
            leased = await call("HEXISTS", "lease:in", c)
            return not leased and (score is None or float(score) > now)

        await eventually(waits)

    async def now_ms(self) -> float:
        """Return Redis' time."""
        seconds, micros = await self.store.pipe.call("TIME")
        return int(seconds) * 1000 + int(micros) / 1000

    async def settled(self, s: str, within_s: float = 10) -> None:
        """Wait until a subscriber has read all and has nothing open."""

        async def empty() -> bool:
            call = self.store.pipe.call
            news = await call("EXISTS", keys.news(s)) or await call("EXISTS", "dirty")
            return not news and not await self.store.deliveries.backlog(s)

        await eventually(empty, within_s)

    async def lease_is_over(self, which: str, owner: str) -> None:
        """Let a lease's time pass: who looks next may take it over."""
        await self.store.pipe.call("ZADD", f"ready:{which}", "XX", 0, owner)

    async def flights_are_over(self, s: str) -> None:
        """Let a subscriber's lease and the deadlines of its flights pass."""
        await self.lease_is_over("out", s)
        for delivery in await self.store.pipe.call("ZRANGE", keys.due(s), 0, -1):
            await self.store.pipe.call("ZADD", keys.due(s), 0, delivery)

    async def time_passes(self, c: str, drains: Drains) -> None:
        """Let whatever a connection waits for be over: a parked record's delay, a hold, a token's rest."""
        call = self.store.pipe.call
        for root in await call("ZRANGE", keys.parked_due(c), 0, -1):
            await call("ZADD", keys.parked_due(c), 0, root)
        await call("DEL", keys.rate(c))
        await call("HSET", keys.connection(c), "probe_at", 0)
        await call("ZADD", "ready:in", 0, c)
        drains.refetch.wake()

    async def count(self, name: str) -> int:
        """Return one of the counters."""
        return int(await self.store.pipe.call("HGET", "stat", name) or 0)

    async def deliveries(self, s: str) -> list[Any]:
        """Return a subscriber's deliveries, oldest first."""
        names = await self.store.pipe.call("ZRANGE", keys.deliveries(s), 0, -1)
        found = [await self.store.deliveries.get(name.decode(), s) for name in names]
        return [delivery for delivery in found if delivery]


def _stage(stage: int) -> dict[str, Any]:
    return {"id": stage, "name": STAGES[stage], "category": STAGES[stage]}


def sequences(events: list[dict[str, Any]]) -> dict[str, list[int]]:
    """Return the sequence numbers of each record's events, in commit order."""
    found: dict[str, list[int]] = {}
    for event in events:
        if "sequence" in event:
            found.setdefault(event["data"]["id"], []).append(event["sequence"])
    return found


def sound(events: list[dict[str, Any]]) -> bool:
    """Say whether no event is told twice and every record's sequence runs from 1 without a gap."""
    ids = [event["id"] for event in events]
    runs = sequences(events).values()
    return len(set(ids)) == len(ids) and all(run == list(range(1, len(run) + 1)) for run in runs)


class Receiving:
    """The receiver of webhooks and nothing else of the web process."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._receiver = Ingress()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Receive, or let the lifespan pass."""
        serve = self._receiver if scope["type"] == "http" else self._app
        await serve(scope, receive, send)


def ingress(settings: Settings) -> Starlette:
    """Return the app that Recruitee's webhooks meet."""
    app = Starlette(lifespan=lifespan(settings, asyncio.Event()))
    app.add_middleware(Receiving)
    return app


@contextlib.asynccontextmanager
async def housing(settings: Settings) -> AsyncIterator[House]:
    """Open store, ingress and Recruitee."""
    async with recruiting() as recruitee:
        settings = settings.model_copy(update={"recruitee_url": AnyHttpUrl(recruitee.url)})
        store = Store.open(settings)
        try:
            async with serving(ingress(settings)) as url, httpx.AsyncClient(timeout=20) as http:
                yield House(settings, store, recruitee, http, url)
        finally:
            await store.close()
