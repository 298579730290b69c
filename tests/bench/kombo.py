"""Kombo's list of candidates: requests per second, what depth costs, and each filter over 100,000."""

import asyncio
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from service.core import ids
from service.core.store import keys
from service.core.store.connections import Connection
from tests.bench import machine, world
from tests.bench.bench import Bench, settle
from tests.bench.children import Child, running
from tests.bench.load import drive
from tests.bench.report import Figure, Group, Row

PEOPLE: Final = 100_000
PAGE: Final = 100
REQUESTS: Final = 2000
ANEW: Final = 300  # pages that were not asked for before
PEERS: Final = 8
WRITERS, AT_ONCE = 8, 100  # commits, candidates each
TARGET: Final = 0.15
MOST_DEPTH: Final = 1.3  # the last pages of a walk over the first
MOST_PAGE_S: Final = 3.0
MOST_GROWTH_MIB: Final = 200
PATH: Final = "/v1/ats/candidates"
TIMEOUT_S: Final = 60


@dataclass(frozen=True, slots=True)
class Desk:
    """A running instance, and how it is asked."""

    child: Child
    connection: Connection
    key: str

    @property
    def headers(self) -> dict[str, str]:
        """Who asks, for which company."""
        who = {"authorization": f"Bearer {self.key}"}
        return who | {"x-integration-id": self.connection.integration_id}

    def raw(self, **asked: str) -> bytes:
        """Return a request as bytes."""
        query = httpx.QueryParams({"page_size": PAGE, **asked})
        lines = [f"GET {PATH}?{query} HTTP/1.1", "host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def measure(bench: Bench) -> Group:
    """Fill a company, walk it, then hold its pages against a bare route."""
    await bench.empty()
    people = bench.count(PEOPLE)
    (connection,) = await world.connect(bench.store, 1)
    await _filled(bench, connection, people)
    serve = ("serve", "--host", "127.0.0.1", "--port", "{port}")
    env = bench.env
    with running("service.cli", *serve, env=env, core=bench.core, listens=True) as web:
        await settle()
        token = bench.settings.admin_token
        desk = Desk(web, connection, token.get_secret_value() if token else "")
        async with _client(desk) as client:
            body, cursors, depth = await _walked(client, people, web)
            figures = [depth, *await _filters(client, desk)]
        folder = Path(str(bench.settings.data_dir))
        rows = await _rates(bench, desk, body, cursors, folder)
    unit = f"requests/s, pages of {PAGE}, {len(body):,} bytes, {PEERS} clients"
    return Group(f"Kombo's list of {people:,} candidates", unit, rows, TARGET, [], figures)


async def _filled(bench: Bench, connection: Connection, people: int) -> None:
    """Commit everybody as a baseline does, several commits at once."""
    end = world.FIRST_ID + people
    parts = iter([range(i, min(i + AT_ONCE, end)) for i in range(world.FIRST_ID, end, AT_ONCE)])

    async def write() -> None:
        for part in parts:
            await world.know(bench.store, connection.id, part, 0)

    await asyncio.gather(*(write() for _ in range(WRITERS)))


def _client(desk: Desk) -> httpx.AsyncClient:
    base = f"http://127.0.0.1:{desk.child.port}"
    return httpx.AsyncClient(base_url=base, headers=desk.headers, timeout=TIMEOUT_S)


async def _page(client: httpx.AsyncClient, **asked: str) -> tuple[bytes, Mapping[str, Any], float]:
    began = time.perf_counter()
    answer = await client.get(PATH, params={"page_size": PAGE, **asked})
    took = time.perf_counter() - began
    return answer.raise_for_status().content, answer.json()["data"], took


async def _walked(
    client: httpx.AsyncClient, people: int, child: Child
) -> tuple[bytes, list[str], Figure]:
    """Read the whole list; return its first page, its cursors, and what the last pages cost."""
    body, data, _ = await _page(client)
    cursors, took, seen = list[str](), list[float](), len(data["results"])
    while data["next"] is not None:
        cursors.append(data["next"])
        before = machine.cpu_s(child.pid)
        _, data, _ = await _page(client, cursor=cursors[-1])
        took.append(machine.cpu_s(child.pid) - before)
        seen += len(data["results"])
    if seen != people:
        raise RuntimeError(f"{seen} of {people} candidates were listed")
    few = max(5, len(took) // 10)
    early, late = statistics.median(took[:few]), statistics.median(took[-few:])
    note = f"{early * 1000:.1f} and {late * 1000:.1f} ms of processor, medians of a tenth"
    what = "the last pages of a whole walk over the first"
    return body, cursors, Figure(what, late / early, "times", MOST_DEPTH, note)


async def _filters(client: httpx.AsyncClient, desk: Desk) -> list[Figure]:
    """Ask with each filter for what nobody is, which looks at the most; then at all of one job."""
    c, before = desk.connection.id, _memory_mib(desk.child.pid)
    nobody = ids.record_id(c, "job", "0")
    everybody = ids.record_id(c, "job", "60")
    asked = {
        "email": {"email": "nobody@example.com"},
        "first_name": {"first_name": "Nobody"},
        "last_name": {"last_name": "Nobody"},
        "job_ids, of a job with nobody": {"job_ids": nobody},
        "job_ids, of a job with everybody": {"job_ids": everybody},
        "ids": {"ids": ids.record_id(c, "candidate", str(world.FIRST_ID))},
        "remote_ids": {"remote_ids": str(world.FIRST_ID)},
        "updated_after": {"updated_after": "2020-01-01"},
        "include_deleted": {"include_deleted": "true"},
    }
    figures = []
    for what, filters in asked.items():
        took = [(await _page(client, **filters))[2] for _ in range(2)]
        figures.append(Figure(f"a page by {what}", max(took), "s", MOST_PAGE_S))
    grown = _memory_mib(desk.child.pid) - before
    what = "memory that the filters left behind"
    return [*figures, Figure(what, grown, "MiB", MOST_GROWTH_MIB)]


async def _rates(
    bench: Bench, desk: Desk, body: bytes, cursors: list[str], folder: Path
) -> list[Row]:
    kept = Row("a page, while nothing has changed", [])
    anew = Row("pages, each made anew", [])
    bare = Row("bare Starlette route", [])
    file = folder / "page.json"
    file.write_bytes(body)
    command = ("tests.bench.kombo_bare", "{port}", str(file))
    with running(*command, env=bench.env, core=bench.core, listens=True) as route:
        await settle()
        same = [desk.raw()] * bench.count(REQUESTS)
        for repeat in range(bench.repeats + 1):
            start = repeat * ANEW % max(1, len(cursors) - ANEW)
            pages = [desk.raw(cursor=each) for each in cursors[start : start + ANEW]]
            for child, row, requests in (
                (desk.child, kept, same), (desk.child, anew, pages), (route, bare, same)
            ):  # fmt: skip
                if row is anew:  # as after a commit
                    key = keys.connection(desk.connection.id)
                    await bench.store.pipe.call("HINCRBY", key, "changed", 1)
                if await _driven(child, row, requests if repeat else requests[:100]) and not repeat:
                    row.rates.clear()  # the first round warms up
                    row.cpu_us.clear()
    return [kept, anew, bare]


async def _driven(child: Child, row: Row, requests: list[bytes]) -> bool:
    before = machine.cpu_s(child.pid)
    load = await drive(child.port, requests, PEERS)
    if load.statuses[b"200"] != len(requests):
        raise RuntimeError(f"not every request was answered with 200: {dict(load.statuses)}")
    row.rates.append(load.rate)
    row.cpu_us.append((machine.cpu_s(child.pid) - before) / len(requests) * 1e6)
    return True


def _memory_mib(pid: int) -> float:
    """Return the memory that a process has in use; 0 where nobody tells."""
    status = Path(f"/proc/{pid}/status")
    told = status.read_text() if status.exists() else ""
    lines = [line.split()[1] for line in told.splitlines() if line.startswith("VmRSS:")]
    return int(lines[0]) / 1024 if lines else 0.0
