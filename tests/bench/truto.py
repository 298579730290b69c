"""Truto's unified list of candidates against Kombo's list of the same ones, page for page of 100."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx

from service.core.store import keys
from service.core.store.connections import Connection
from tests.bench import machine, world
from tests.bench.bench import Bench, settle
from tests.bench.children import Child, running
from tests.bench.load import drive
from tests.bench.report import Figure, Group, Row

PEOPLE: Final = 10_000
PAGE: Final = 100
REQUESTS: Final = 1000  # pages that were made before
PEERS: Final = 8
AT_ONCE: Final = 100
TARGET: Final = 0.5
MOST_PAGE_S: Final = 3.0
TIMEOUT_S: Final = 60
Next = Callable[[dict[str, Any]], str | None]


@dataclass(frozen=True, slots=True)
class Surface:
    """One of both: its path, what its queries and headers have, and where a page names the next."""

    path: str
    asked: dict[str, str]
    cursor: str
    headers: dict[str, str]
    following: Next

    def raw(self, cursor: str | None = None) -> bytes:
        """Return a request as bytes."""
        asked = self.asked | ({self.cursor: cursor} if cursor else {})
        lines = [f"GET {self.path}?{httpx.QueryParams(asked)} HTTP/1.1", "host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def measure(bench: Bench) -> Group:
    """Fill a company, walk both lists, then ask for their pages in turns."""
    await bench.empty()
    people = bench.count(PEOPLE)
    (connection,) = await world.connect(bench.store, 1)
    for start in range(world.FIRST_ID, world.FIRST_ID + people, AT_ONCE):
        end = min(start + AT_ONCE, world.FIRST_ID + people)
        await world.know(bench.store, connection.id, range(start, end), 0)
    token = bench.settings.admin_token
    ours, kombo = _surfaces(connection, token.get_secret_value() if token else "")
    serve = ("serve", "--host", "127.0.0.1", "--port", "{port}")
    with running("service.cli", *serve, env=bench.env, core=bench.core, listens=True) as web:
        await settle()
        walks = [await _walked(web, each) for each in (ours, kombo)]
        rows = await _rates(bench, web, connection, ours, kombo, walks)
        figures = await _filters(web, ours)
    unit = f"requests/s, pages of {PAGE}, {PEERS} clients, {people:,} candidates"
    return Group("Truto's list of candidates", unit, rows, TARGET, [], figures)


def _surfaces(connection: Connection, key: str) -> tuple[Surface, Surface]:
    who = {"authorization": f"Bearer {key}"}
    account = {"integrated_account_id": connection.id, "limit": str(PAGE)}
    return (
        Surface(
            "/unified/ats/candidates", account, "next_cursor", who,
            lambda page: page["next_cursor"],
        ),
        Surface(
            "/v1/ats/candidates", {"page_size": str(PAGE)}, "cursor",
            who | {"x-integration-id": connection.integration_id},
            lambda page: page["data"]["next"],
        ),
    )  # fmt: skip


async def _walked(web: Child, of: Surface) -> list[str | None]:
    """Return the cursors of a whole list."""
    cursors: list[str | None] = [None]
    base = f"http://127.0.0.1:{web.port}"
    async with httpx.AsyncClient(base_url=base, headers=of.headers, timeout=TIMEOUT_S) as client:
        while True:
            asked = of.asked | ({of.cursor: cursors[-1]} if cursors[-1] else {})
            answer = await client.get(of.path, params=asked)
            following = of.following(answer.raise_for_status().json())
            if following is None:
                return cursors
            cursors.append(following)


async def _rates(
    bench: Bench,
    web: Child,
    connection: Connection,
    ours: Surface,
    kombo: Surface,
    walks: list[list[str | None]],
) -> list[Row]:
    kept = Row("a page of Truto's, while nothing has changed", [])
    anew = Row("Truto's pages, each made anew", [])
    held = Row("Kombo's pages, each made anew", [])
    once = [ours.raw()] * bench.count(REQUESTS)
    for repeat in range(bench.repeats + 1):
        for row, requests in (
            (kept, once), (anew, list(_each(ours, walks[0]))), (held, list(_each(kombo, walks[1])))
        ):  # fmt: skip
            if row is not kept:  # as after a commit
                key = keys.connection(connection.id)
                await bench.store.pipe.call("HINCRBY", key, "changed", 1)
            await _driven(web, row, requests)
            if not repeat:  # the first round warms up
                row.rates.clear()
                row.cpu_us.clear()
    return [kept, anew, held]


async def _filters(web: Child, of: Surface) -> list[Figure]:
    """Ask for what nobody is, which looks at everybody; then for another order."""
    asked = {
        "a name that nobody has": {"name": "Nobody"},
        "a tag that nobody has": {"tags[name]": "nobody"},
        "creation, the first page of it": {"sort_by[created_at]": "desc"},
    }
    base = f"http://127.0.0.1:{web.port}"
    figures = []
    async with httpx.AsyncClient(base_url=base, headers=of.headers, timeout=TIMEOUT_S) as client:
        for what, more in asked.items():
            began = time.perf_counter()
            (await client.get(of.path, params=of.asked | more)).raise_for_status()
            took = time.perf_counter() - began
            figures.append(Figure(f"a page by {what}", took, "s", MOST_PAGE_S))
    return figures


def _each(of: Surface, cursors: list[str | None]) -> Iterator[bytes]:
    return (of.raw(cursor) for cursor in cursors)


async def _driven(child: Child, row: Row, requests: list[bytes]) -> None:
    before = machine.cpu_s(child.pid)
    load = await drive(child.port, requests, PEERS)
    if load.statuses[b"200"] != len(requests):
        raise RuntimeError(f"not every request was answered with 200: {dict(load.statuses)}")
    row.rates.append(load.rate)
    row.cpu_us.append((machine.cpu_s(child.pid) - before) / len(requests) * 1e6)
