"""A Recruitee that a test holds by the hand: it answers when told to, with what was true when asked."""

import asyncio
import contextlib
import copy
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

Json = dict[str, Any]
COMPANY, TOKEN = "5600", "recruitee-token"
BEGAN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
JOB, PIPELINE = 77, 7
STAGES = {101: "apply", 102: "phone_screen", 103: "interview", 104: "offer", 105: "hire"}


@dataclass
class Gate:
    """Holds requests of one path: says when one has arrived, lets it go on when opened."""

    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Fault:
    """An answer in place of the real one, `times` times."""

    status: int
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass
class Recruitee:
    """One company: candidates with placements in one job."""

    url: str = ""
    token: str = TOKEN
    candidates: dict[int, Json] = field(default_factory=dict)
    offers: dict[int, Json] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    gates: dict[str, Gate] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    served_deleted: set[int] = field(default_factory=set)  # soft-deleted, still at their address
    listed_deleted: set[int] = field(default_factory=set)  # in the listing of the deleted
    pause_s: float = 0
    seen: Callable[[str], None] = lambda path: None  # told of every request
    ticks: int = 0

    def now(self) -> str:
        """Return the next second of this Recruitee's own calendar."""
        self.ticks += 1
        return f"{BEGAN + timedelta(seconds=self.ticks):%Y-%m-%dT%H:%M:%S}.000000Z"

    def add(
        self, candidate_id: int, *, stage: int | None = None, name: str = "Ada Example"
    ) -> Json:
        """Put a candidate in, with a placement in the job if a stage is named."""
        at = self.now()
        made: Json = {
            "id": candidate_id, "name": name, "emails": [], "phones": [], "tags": [], "sources": [],
            "source": "manual", "referrer": None, "links": [], "social_links": [],
            "created_at": at, "updated_at": at, "placements": [],
        }  # fmt: skip
        self.candidates[candidate_id] = made
        if stage is not None:
            self.place(candidate_id, stage)
        return made

    def place(self, candidate_id: int, stage: int) -> Json:
        """Put a candidate into the job."""
        at = self.now()
        placement: Json = {
            "id": candidate_id * 10, "candidate_id": candidate_id, "offer_id": JOB,
            "stage_id": stage, "location_ids": [], "disqualify_reason": None,
            "disqualified_at": None, "hired_at": None, "created_at": at, "updated_at": at,
        }  # fmt: skip
        self.candidates[candidate_id]["placements"].append(placement)
        return placement

    def rename(self, candidate_id: int, name: str) -> str:
        """Change a candidate's name; returns when."""
        at = self.now()
        self.candidates[candidate_id] |= {"name": name, "updated_at": at}
        return at

    def move(self, candidate_id: int, stage: int) -> str:
        """Move a candidate's placement; returns when."""
        at = self.now()
        placement = self.candidates[candidate_id]["placements"][0]
        placement |= {"stage_id": stage, "updated_at": at}
        return at

    def gate(self, path: str) -> Gate:
        """Hold every request of a path (below the company) until the gate is opened."""
        return self.gates.setdefault(path, Gate())

    def lift(self, path: str) -> None:
        """Open a gate and take it away."""
        self.gates.pop(path).opened.set()

    async def handle(self, request: web.Request) -> web.Response:
        """Answer with what is true now, as late as the gate allows."""
        path = request.path.removeprefix(f"/c/{COMPANY}")
        self.asked[path] += 1
        self.seen(path)
        status, body, headers = self._answer(path, request)
        if gate := self.gates.get(path):
            gate.arrived.set()
            await gate.opened.wait()
        await asyncio.sleep(self.pause_s)
        return web.json_response(body, status=status, headers=headers)

    def _answer(self, path: str, request: web.Request) -> tuple[int, Any, dict[str, str]]:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return 401, {"error": ["Unauthorized"]}, {}
        fault = self.faults.get(path)
        if fault is not None and fault.times > 0:
            fault.times -= 1
            return fault.status, fault.body or {"error": ["told to fail"]}, fault.headers
        body = copy.deepcopy(self._served(path, request.query.get("deleted") == "true", request))
        return (404, {"error": ["Page not found"]}, {}) if body is None else (200, body, {})

    def _served(self, path: str, deleted: bool, request: web.Request) -> Json | None:
        parts = path.strip("/").split("/")
        match parts:
            case ["admin"]:
                return {"admin": {"id": 1}}
            case ["candidates"] if deleted:
                wanted = int(request.query["ids"])
                rows = [{"id": wanted}] if wanted in self.listed_deleted else []
                return {"candidates": rows, "references": []}
            case ["candidates"]:
                return {"candidates": list(self.candidates.values()), "references": references()}
            case ["candidates", i]:
                found = self.candidates.get(int(i))
                return found and {"candidate": found, "references": references()}
            case ["offers"]:
                return {"offers": list(self.offers.values()), "references": []}
            case ["offers", i]:
                offer = self.offers.get(int(i))
                return offer and {"offer": offer, "references": []}
            case ["offers", _, "candidates", i, "placement"]:
                placements = self.candidates.get(int(i), {}).get("placements")
                return {"placement": placements[0]} if placements else None
        return None


def references() -> list[Json]:
    """Return the references that explain the stages, so that no job has to be fetched."""
    stages = [
        {"type": "Stage", "id": i, "name": category, "category": category}
        for i, category in STAGES.items()
    ]
    return [{"type": "Offer", "id": JOB, "kind": "job", "title": "Engineer"}, *stages]


def offer(offer_id: int = JOB, **more: Any) -> Json:
    """Return a job with its pipeline."""
    stages = [
        {"id": i, "name": category, "category": category, "position": n, "group": None}
        for n, (i, category) in enumerate(STAGES.items())
    ]
    at = "2026-01-05T08:00:00.000000Z"
    return {
        "id": offer_id, "title": "Engineer", "kind": "job", "status": "published",
        "offer_tags": [], "created_at": at, "updated_at": at,
        "pipeline_template": {"id": PIPELINE, "stages": stages}, **more,
    }  # fmt: skip


@contextlib.asynccontextmanager
async def recruiting() -> AsyncIterator[Recruitee]:
    """Serve a company on a free port."""
    recruitee = Recruitee(offers={JOB: offer()})
    app = web.Application()
    app.router.add_get("/{path:.*}", recruitee.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    recruitee.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield recruitee
    finally:
        for path in list(recruitee.gates):
            recruitee.lift(path)
        await runner.cleanup()
