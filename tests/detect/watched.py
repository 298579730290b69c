"""A company at the sandbox and our connection to it: edits of theirs, looks by the clock, what was told."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from service.core import times
from service.core.recruitee.intervals import sweeps
from service.core.settings import Settings
from service.core.store.connections import ACTIVE
from service.core.store.runs import Run
from service.core.store.store import Store
from service.core.unified.options import Options
from tests.serving import eventually
from workers.app import Drains, running

Json = dict[str, Any]
TOKEN = "sandbox-token"
SECRET = "hook-secret"
POLL_S = 0.05
FEED = "/tracking/activities"
QUIET = Options(consent_expiring_days=())  # what the clock alone tells of is not told here
OURS = ("polled_at", "backwards", "due:", "retry:")
"""Beginnings of the names under which instants of our own clock are noted."""


@dataclass
class Watched:
    """Everything that a test of the detectors may reach."""

    settings: Settings
    store: Store
    url: str
    recruitee: httpx.AsyncClient  # of the company
    knobs: httpx.AsyncClient
    us: httpx.AsyncClient  # our own ops API
    at_work: contextlib.AsyncExitStack
    c: str = ""
    drains: Drains | None = None  # of the worker, while there is one
    read: int = field(default=0)  # events that were looked at before

    async def start(self) -> None:
        """Let a worker work."""
        _, self.drains = await self.at_work.enter_async_context(running(self.settings))

    async def stop(self) -> None:
        """Stop the worker."""
        self.drains = None
        await self.at_work.aclose()

    def wake(self) -> None:
        """Have the worker look at once, if there is one."""
        if self.drains is not None:
            self.drains.refetch.wake()

    async def pass_by(self, seconds: float) -> None:
        """Let time have gone by since everything that was noted of feed and sweeps."""
        watch, ms = await self.watch(), int(seconds * 1000)
        aged = {n: int(at) - ms for n, at in watch.items() if n.startswith(OURS) and int(at or 0)}
        number, _, since = watch.get("mark", "").partition("@")
        mark = {"mark": f"{number}@{int(since) - ms}"} if number else {}
        await self.store.watching.note(self.c, **aged, **mark)

    async def knob(self, **knobs: Any) -> None:
        """Turn knobs of the sandbox."""
        answer = await self.knobs.patch("/sandbox/knobs", json=knobs)
        assert answer.status_code == 200, answer.text

    async def do(self, method: str, path: str, body: Json | None = None) -> Json:
        """Do something at Recruitee; return what it answers."""
        answer = await self.recruitee.request(method, path, json=body)
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        found: Json = answer.json()
        return found

    async def rows(self, path: str, key: str) -> list[Json]:
        """Return a list of Recruitee's."""
        found: list[Json] = (await self.do("GET", path))[key]
        return found

    async def watch(self) -> dict[str, str]:
        """Return where feed and sweeps stand."""
        return await self.store.watching.get(self.c)

    async def ledger(self) -> Json:
        """Return the ledger as the ops API shows it."""
        found: Json = await self.ops("GET", f"/connections/{self.c}/ledger")
        return found

    async def ops(self, method: str, path: str, status: int | None = None) -> Json:
        """Ask the ops API."""
        answer = await self.us.request(method, f"/ops/v1{path}")
        assert answer.status_code == status if status else answer.status_code < 300, answer.text
        found: Json = answer.json()
        return found

    async def look(self) -> None:
        """Have what is due looked up now."""
        connection = await self.store.connections.get(self.c)
        assert connection
        await self.store.connections.wake(self.c, connection.status, asked=times.now_ms())
        self.wake()

    async def put_off(self, *names: str) -> None:
        """Let chores not come for a day."""
        late = times.now_ms() + 86_400_000
        await self.store.watching.note(self.c, **{f"due:{name}": late for name in names})

    async def sweep(self, *names: str) -> None:
        """Let sweeps be due, and wait until they were made and all that they found was looked at."""
        began = times.now_ms()
        await self.store.watching.note(self.c, **{f"due:{name}": 0 for name in names})
        await self.look()

        async def made() -> bool:
            watch = await self.watch()
            return all(int(watch[f"due:{name}"]) >= began for name in names)

        await eventually(made, 20)
        await self.idle()

    async def poll(self) -> None:
        """Wait until the feed was asked for, and all that it told of was looked at."""
        asked = times.now_ms()

        async def polled() -> bool:
            return int((await self.watch()).get("polled_at", 0)) > asked

        await eventually(polled)
        await self.idle()

    async def unfed(self) -> None:
        """Let the feed be not for the token, and wait until that is known and what it left is seen to."""
        await self.knob(forbidden=[FEED])

        async def healed() -> bool:
            return bool((await self.ledger())["gaps_healed"])

        await eventually(healed, 20)
        await self.idle()

    async def reconcile(self) -> Json:
        """Begin a reconciliation and wait for its end."""
        made = await self.ops("POST", f"/connections/{self.c}/reconcile")
        return await self.ended(made["id"])

    async def ended(self, name: str) -> Json:
        """Wait for the end of a reconciliation."""

        async def over() -> bool:
            one = await self.store.reconciliations.get(self.c, name)
            return one is not None and one.status != "running"

        await eventually(over, 30)
        await self.idle()
        return await self.ops("GET", f"/reconciliations/{name}")

    async def idle(self) -> None:
        """Wait until nothing waits in the inbox."""

        async def empty() -> bool:
            return await self.store.inbox.depth(self.c) == (0, 0)

        await eventually(empty, 20)

    async def events(self) -> list[Json]:
        """Return every event, in commit order."""
        entries = await self.store.log.oldest(self.c, "0-0", 10_000)
        bodies = [await self.store.log.body(entry.event_id) for entry in entries]
        return [orjson.loads(body) for body in bodies if body]

    async def news(self) -> list[Json]:
        """Return the events since the last call, but for the feed's own entries."""
        every = await self.events()
        found, self.read = every[self.read :], len(every)
        return [event for event in found if event["type"] != "activity.created"]

    async def count(self, pattern: str) -> int:
        """Return how many requests Recruitee got whose path begins so."""
        asked = await self.knobs.get("/sandbox/requests", params={"path_prefix": pattern})
        return len(asked.json()["requests"])


async def linked(watched: Watched, *, deep: bool = True) -> Watched:
    """Link the company, read it in full, and let nothing be due but the feed.

    Not `deep`: no record is read by itself.
    """
    store = watched.store
    await watched.knob(webhook_loss=1)
    made = await store.connections.create("5600", TOKEN, SECRET, "Example", QUIET)
    await store.connections.note(made.id, sync=orjson.dumps({"deep": deep}).decode())
    watched.c = made.id
    watched.wake()
    await eventually(lambda: _read(store, made.id), 60)
    await watched.put_off(*sweeps(fed=True), "audit", "reconcile")
    return watched


async def _read(store: Store, c: str) -> bool:
    connection = await store.connections.get(c)
    over = connection is not None and bool(Run.of(connection).done)
    return over and connection is not None and connection.status == ACTIVE


def types(events: Sequence[Json]) -> list[str]:
    """Return events' types."""
    return [event["type"] for event in events]


def origins(events: Sequence[Json]) -> set[str]:
    """Return where events came from."""
    return {event["origin"] for event in events}
