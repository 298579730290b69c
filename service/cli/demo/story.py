"""The story: what happens at Recruitee, step by step, and which event each step has to bring."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx

from service.cli.demo.narrator import Narrator
from service.cli.demo.sample import Arrived, Sample
from service.core.ids import record_id

T = TypeVar("T")
WITHIN_S = 20.0
POLL_S = 0.05


class StoryFailed(Exception):
    """A step was not seen in time."""


class Story:
    """Plays through Recruitee's API and our ops API, and watches the subscriber."""

    def __init__(
        self,
        ops: httpx.AsyncClient,
        recruitee: httpx.AsyncClient,
        sample: Sample,
        narrator: Narrator,
    ) -> None:
        self._ops = ops
        self._recruitee = recruitee
        self._sample = sample
        self._narrator = narrator
        self._began = 0.0
        self._seen = 0

    async def play(self) -> None:
        """Play every step; raises StoryFailed at the first that is not seen."""
        connection = await self._linked()
        await self._subscribed("/events", self._sample.url, ["*"])
        job, stages = await self._job(connection)
        candidate, placement = await self._apply(job)
        await self._move(placement, stages)
        await self._disqualify(placement)
        await self._hire(placement, stages)
        await self._publish()
        await self._fail_and_replay(job)
        await self._delete(candidate)

    async def _linked(self) -> dict[str, Any]:
        self._narrator.does("link the sandbox company and read what it has, in silence")
        connection = await self._until(self._active, "the baseline")
        self._narrator.notes(f"connection {connection['id']} is active; nothing was announced")
        return connection

    async def _active(self) -> dict[str, Any] | None:
        try:
            items = (await self._ops.get("/connections")).json()["items"]
        except (httpx.HTTPError, KeyError, ValueError):
            return None
        linked = [c for c in items if c["status"] == "active" and c["webhook_secret_set"]]
        return linked[0] if linked else None

    async def _subscribed(self, path: str, url: str, types: list[str]) -> None:
        answer = await self._ops.post("/subscribers", json={"url": url, "event_types": types})
        self._sample.secrets[path] = _json(answer)["secret"]
        self._narrator.notes(f"subscriber {url} wants {', '.join(types)}")

    async def _job(self, connection: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        params = {"statuses": "published", "include": "location_ids"}
        offers = _json(await self._recruitee.get("/offers", params=params))["offers"]
        offer = next(o for o in offers if not o["location_ids"])
        full = _json(await self._recruitee.get(f"/offers/{offer['id']}"))["offer"]
        stages = full["pipeline_template"]["stages"]
        c = connection["id"]
        self._narrator.knows({record_id(c, "stage", str(s["id"])): s["name"] for s in stages})
        return int(full["id"]), {s["category"]: s for s in stages}

    async def _apply(self, job: int) -> tuple[int, int]:
        self._does("a candidate applies")
        body = {"candidate": {"name": "Ada Example", "emails": ["ada@example.com"]}}
        answer = _json(await self._recruitee.post(f"/offers/{job}/candidates", json=body))
        await self._sees("apply", "candidate.created", "application.created")
        candidate = answer["candidate"]
        return int(candidate["id"]), int(candidate["placements"][0]["id"])

    async def _move(self, placement: int, stages: dict[str, Any]) -> None:
        self._does("the application moves to the next stage")
        await self._change(
            f"/placements/{placement}/change_stage", stage_id=stages["phone_screen"]["id"]
        )
        await self._sees("move", "application.stage_changed")

    async def _disqualify(self, placement: int) -> None:
        self._does("it is disqualified")
        reasons = _json(await self._recruitee.get("/disqualify_reasons"))["disqualify_reasons"]
        await self._change(
            f"/placements/{placement}/disqualify", disqualify_reason_id=reasons[0]["id"]
        )
        await self._sees("disqualify", "application.rejected")
        self._does("and requalified: it was a mistake")
        await self._change(f"/placements/{placement}/requalify")
        await self._sees("requalify", "application.requalified")

    async def _hire(self, placement: int, stages: dict[str, Any]) -> None:
        self._does("hired")
        await self._change(f"/placements/{placement}/change_stage", stage_id=stages["hire"]["id"])
        await self._sees("hire", "application.stage_changed", "application.hired")

    async def _publish(self) -> None:
        self._does("a job that was a draft is published")
        offers = _json(await self._recruitee.get("/offers", params={"statuses": "draft"}))["offers"]
        await self._change(f"/offers/{offers[0]['id']}/publish")
        await self._sees("publish a job", "job.published")

    async def _fail_and_replay(self, job: int) -> None:
        self._does("a second subscriber fails, while the first goes on")
        await self._subscribed("/failing", self._sample.failing_url, ["candidate.created"])
        body = {"candidate": {"name": "Grace Example"}}
        _json(await self._recruitee.post(f"/offers/{job}/candidates", json=body))
        await self._sees("apply, one subscriber fails", "candidate.created", "application.created")
        dead = await self._until(self._dead_letter, "the dead letter")
        self._narrator.notes(
            f"{self._sample.failed} attempts failed; dead letter {dead['id']}: {dead['reason']}"
        )
        self._does("the operator mends it and replays the dead letter")
        self._sample.broken = False
        _json(await self._ops.post(f"/dead-letters/{dead['id']}/replay"))
        arrived = await self._until(self._recovered, "the replayed event")
        if arrived.event["id"] != dead["event_id"] or arrived.replay is None:
            raise StoryFailed("the replay did not bring the same event")
        self._narrator.saw("replay", arrived.event, self._since(arrived), replayed=True)
        await self._until(self._no_dead_letter, "the dead letter to be gone")

    async def _delete(self, candidate: int) -> None:
        self._does("the candidate is deleted")
        _json(await self._recruitee.delete(f"/candidates/{candidate}"))
        await self._sees("delete a candidate", "candidate.deleted", "application.deleted")

    async def _dead_letter(self) -> dict[str, Any] | None:
        items: list[dict[str, Any]] = _json(await self._ops.get("/dead-letters"))["items"]
        return items[0] if items else None

    async def _no_dead_letter(self) -> bool:
        return await self._dead_letter() is None

    async def _recovered(self) -> Arrived | None:
        return self._sample.recovered[0] if self._sample.recovered else None

    def _does(self, what: str) -> None:
        self._narrator.does(what)
        self._began = time.monotonic()

    async def _change(self, path: str, **body: object) -> None:
        _json(await self._recruitee.patch(path, json=body))

    async def _sees(self, step: str, *wanted: str) -> None:
        """Wait for exactly these events, in this order."""
        for event_type in wanted:
            try:
                arrived = await self._until(self._next, event_type)
            except StoryFailed:
                self._narrator.missed(step, event_type)
                raise
            self._narrator.saw(step, arrived.event, self._since(arrived))
            if arrived.event["type"] != event_type:
                raise StoryFailed(f"{arrived.event['type']} came where {event_type} was due")
        if self._sample.refused:
            raise StoryFailed("a signature did not verify")

    async def _next(self) -> Arrived | None:
        if len(self._sample.arrived) <= self._seen:
            return None
        self._seen += 1
        return self._sample.arrived[self._seen - 1]

    def _since(self, arrived: Arrived) -> float:
        return (arrived.at - self._began) * 1000

    async def _until(self, fact: Callable[[], Awaitable[T | None]], what: str) -> T:
        end = time.monotonic() + WITHIN_S
        while True:
            if found := await fact():
                return found
            if time.monotonic() > end:
                raise StoryFailed(f"{what} was not seen within {WITHIN_S:.0f} s")
            self._sample.news.clear()
            try:
                await asyncio.wait_for(self._sample.news.wait(), POLL_S)
            except TimeoutError:
                continue


def _json(answer: httpx.Response) -> dict[str, Any]:
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found
