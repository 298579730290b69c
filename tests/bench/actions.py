"""Actions: how often each asks Recruitee, held against the least its API takes; and what it costs us."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx

from service.core.store.runs import Run
from tests.bench import machine
from tests.bench.bench import Bench
from tests.bench.children import running
from tests.bench.report import Figure, Group

COMPANY, TOKEN = "5600", "bench-token"
PEOPLE: Final = 400
EACH: Final = 100
READ_WITHIN_S: Final = 60.0
MOST_CPU_MS: Final = 25.0
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One action: how it is asked for, and the fewest requests with which Recruitee would do it."""

    method: str
    path: str
    body: Callable[[int, Json], Json]
    least: int


WHO, ONE = "/ats/candidates/{candidate_id}", "/ats/applications/{id}"
FILE: Final = {"name": "a.txt", "content_type": "text/plain", "type": "OTHER", "data": "QQ=="}
KINDS: Final[Mapping[str, Kind]] = {
    "a tag": Kind("POST", f"{WHO}/tags", lambda n, _: {"tag": {"name": f"t{n}"}}, 1),
    "a note": Kind(
        "POST", f"{WHO}/notes", lambda n, _: {"content": f"Words {n}", "content_type": "PLAIN_TEXT"}, 1
    ),
    "a document": Kind(
        "POST", f"{WHO}/attachments", lambda n, _: {"attachment": {**FILE, "name": f"a{n}.txt"}}, 1
    ),
    "a move": Kind("PUT", f"{ONE}/stage", lambda n, row: {"stage_id": row["stages"][n % 2]}, 1),
    "a rejection": Kind(
        "POST", f"{ONE}/reject", lambda _, row: {"rejection_reason_id": row["reason"]}, 1
    ),
    "a result link with a field": Kind(
        "POST", f"{WHO}/result-links",
        lambda n, _: {"label": f"Result {n}", "url": "https://example.org/r", "details": {
            "custom_field_name_prefix": "", "attributes": [{"key": f"Score {n}", "value": "1"}]}},
        2,
    ),
    "a candidate with an application": Kind(
        "POST", "/ats/jobs/{job_id}/applications",
        lambda n, _: {"candidate": {"first_name": "New", "last_name": f"V{n}",
                                    "email_address": f"new{n}@example.org"}}, 1,
    ),
}  # fmt: skip


@dataclass(slots=True)
class Desk:
    """A running instance with a sandbox behind it."""

    http: httpx.AsyncClient
    sandbox: httpx.AsyncClient
    pids: tuple[int, ...]
    rows: list[Json]

    async def asked(self) -> int:
        """Return how often Recruitee was asked so far."""
        state = (await self.sandbox.get("/sandbox/state")).json()
        return int(state["requests"]["total"])

    def cpu_s(self) -> float:
        """Return the processor time of web and worker so far."""
        return sum(machine.cpu_s(pid) for pid in self.pids)


async def measure(bench: Bench) -> Group:
    """Carry out actions of each kind, one after another."""
    await bench.empty()
    number, figures = max(10, int(EACH * bench.scale)), []
    async with _desk(bench) as desk:
        for what, kind in KINDS.items():
            await _done(desk, kind, range(3))  # warms up
            asked, cpu = await desk.asked(), desk.cpu_s()
            await _done(desk, kind, range(3, 3 + number))
            calls = (await desk.asked() - asked) / number / kind.least
            spent = 1000 * (desk.cpu_s() - cpu) / number
            note = f"the least is {kind.least}; ours reads back what it changed"
            figures += [
                Figure(
                    f"requests to Recruitee for {what}, over the least", calls, "times", None, note
                ),
                Figure(f"processor for {what}", spent, "ms", MOST_CPU_MS),
            ]
    return Group("actions", f"{number} of each, one after another", [], None, [], figures)


async def _done(desk: Desk, kind: Kind, numbers: range) -> None:
    for n in numbers:
        row = desk.rows[n % len(desk.rows)]
        answer = await desk.http.request(
            kind.method, "/v1" + kind.path.format(**row), json=kind.body(n, row)
        )
        answer.raise_for_status()


@asynccontextmanager
async def _desk(bench: Bench) -> AsyncIterator[Desk]:
    """Start a sandbox, a web process and a worker; wait until the company is read."""
    size = ("--size", str(PEOPLE), "--company", COMPANY, "--token", TOKEN)
    _, rest = machine.cores()
    env = dict(bench.env)
    sandbox = running(
        "service.sandbox", "--port", "{port}", *size, env=env, core=rest, listens=True
    )
    with sandbox as far:
        env["HIREWIRE_RECRUITEE_URL"] = f"http://127.0.0.1:{far.port}"
        serve = ("serve", "--host", "127.0.0.1", "--port", "{port}")
        with (
            running("service.cli", *serve, env=env, core=bench.core, listens=True) as web,
            running("workers", env=env, core=bench.core) as worker,
        ):
            connection = await bench.store.connections.create(COMPANY, TOKEN, "secret", "Example")
            await _read(bench, connection.id)
            token = bench.settings.admin_token
            headers = {
                "authorization": f"Bearer {token.get_secret_value() if token else ''}",
                "x-integration-id": connection.integration_id,
            }
            async with (
                httpx.AsyncClient(
                    base_url=f"http://127.0.0.1:{web.port}", headers=headers, timeout=30
                ) as http,
                httpx.AsyncClient(base_url=f"http://127.0.0.1:{far.port}") as controls,
            ):
                # Else a look at the feed finds what was done, and reads it again, in whoever's turn.
                await controls.patch("/sandbox/knobs", json={"feed_skip": 1})
                yield Desk(http, controls, (web.pid, worker.pid), await _rows(http))


async def _read(bench: Bench, c: str) -> None:
    end = asyncio.get_running_loop().time() + READ_WITHIN_S
    while True:
        connection = await bench.store.connections.get(c)
        if connection is not None and Run.of(connection).done:
            return
        if asyncio.get_running_loop().time() > end:
            raise RuntimeError("the company was not read in time")
        await asyncio.sleep(0.1)


async def _rows(http: httpx.AsyncClient) -> list[Json]:
    """Return applications under way in open jobs, one a candidate, with two stages of their job."""
    jobs = (await http.get("/v1/ats/jobs", params={"statuses": "OPEN"})).json()["data"]["results"]
    stages = {job["id"]: [each["id"] for each in job["stages"][2:4]] for job in jobs}
    asked = {"outcomes": "PENDING", "page_size": "250"}
    listed = (await http.get("/v1/ats/applications", params=asked)).json()["data"]["results"]
    found = {row["candidate_id"]: row for row in listed if row["job_id"] in stages}
    reasons = (await http.get("/v1/ats/rejection-reasons")).json()["data"]["results"]
    more = {"reason": reasons[0]["id"]}
    return [row | more | {"stages": stages[row["job_id"]]} for row in found.values()]
