"""A million candidates take no room, and any page of them comes at once."""

import time
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from service.sandbox.app import create_sandbox
from service.sandbox.config import SandboxConfig
from service.sandbox.invention import invent
from service.sandbox.queries import Query, found
from tests.sandbox.conftest import TOKEN, Api, Clock

MILLION = 1_000_000


@pytest.fixture
async def big(clock: Clock) -> AsyncIterator[Api]:
    app = create_sandbox(SandboxConfig(token=TOKEN, candidates=MILLION, clock=clock))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://sandbox.test",
        headers={"authorization": f"Bearer {TOKEN}"},
    ) as client:
        yield Api(client)


async def page(api: Api, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.read("/candidates", **query))["candidates"]
    return found


async def test_first_middle_and_last_pages_of_a_million_come_fast(big: Api) -> None:
    took, seen = [], []
    for offset in (0, 500_000, MILLION - 1000):
        started = time.perf_counter()
        seen.append(await page(big, limit=1000, offset=offset))
        took.append(time.perf_counter() - started)

    assert [len(one) for one in seen] == [1000, 1000, 1000]
    assert len({who["id"] for one in seen for who in one}) == 3000
    assert seen[0][0]["created_at"] > seen[1][0]["created_at"] > seen[2][-1]["created_at"]
    assert sorted(took)[0] < 1, took
    assert await page(big, limit=1000, offset=MILLION) == []


async def test_a_million_take_little_memory(clock: Clock) -> None:
    tracemalloc.start()
    company = invent(SandboxConfig(token="t", candidates=MILLION, clock=clock))
    people = found(company.people, Query(descending=True), 500_000, 1000).people
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(people) == 1000
    assert peak < 50 * 1024 * 1024


@pytest.mark.parametrize("sort", ["created_at", "updated_at", "last_activity_at"])
async def test_search_pages_a_million_in_order(big: Api, sort: str) -> None:
    hits: list[dict[str, Any]] = []
    for number in (1, 2, 500, 1000):
        found = await big.read(
            "/search/new/candidates", limit=1000, page=number, sort_by=f"{sort}_desc"
        )
        assert found["total"] == MILLION
        hits += found["hits"]

    dates = [one[sort] for one in hits]
    assert dates == sorted(dates, reverse=True)
    assert len({one["id"] for one in hits}) == 4000


async def test_edits_deletions_and_newcomers_take_their_place_among_a_million(
    big: Api, clock: Clock
) -> None:
    middle = await page(big, limit=3, offset=500_000)
    clock.advance(60)
    await big.call("DELETE", f"/candidates/{middle[0]['id']}")
    edit = {"candidate": {"title": "Moved up"}}
    await big.call("PATCH", f"/candidates/{middle[1]['id']}", edit)
    new = (await big.call("POST", "/candidates", {"candidate": {"name": "New Here"}})).json()

    by_change = await big.read("/search/new/candidates", sort_by="updated_at_desc", limit=2)
    assert [one["id"] for one in by_change["hits"]] == [new["candidate"]["id"], middle[1]["id"]]
    assert [one["id"] for one in await page(big, limit=2, offset=500_001)] == [
        middle[1]["id"], middle[2]["id"],
    ]  # fmt: skip
    assert by_change["total"] == MILLION
    state = (await big.client.get("/sandbox/state")).json()
    assert (state["candidates"], state["deleted_candidates"]) == (MILLION, 1)


async def test_a_filter_counts_all_of_a_million_and_a_job_shows_its_own(big: Api) -> None:
    job = (await big.read("/offers", **{"include[]": "counters", "limit": 1}))["offers"][0]
    filters = f'[{{"filter":"jobs","id":{{"in":[{job["id"]}]}}}}]'
    found = await big.read("/search/new/candidates", filters_json=filters, limit=1, page=3)
    groups = (await big.read(f"/offers/{job['id']}/placements"))["stages"]

    assert found["total"] == job["candidates_count"] > 1000
    assert sum(len(one["placements"]) for one in groups) == found["total"]


async def test_somebody_is_found_by_address_among_a_million(big: Api) -> None:
    who = (await page(big, limit=1, offset=700_000))[0]
    quick = await big.read("/search/new/quick", query=who["emails"][0])
    known = await big.read("/candidates/check_presence", email=who["emails"][0].upper())

    assert [one["id"] for one in quick["candidates"]["hits"]] == [who["id"]]
    assert known == {"status": "email_match"}
    assert (await big.read("/candidates/check_presence", email="no.1@example.com")) == {
        "status": "not_found"
    }


async def test_interviews_and_the_timeline_of_a_million_are_paged(big: Api) -> None:
    first = await big.read("/interview/events", status="all", limit=100, page=1)
    second = await big.read("/interview/events", status="all", limit=100, page=2)
    newest = (await big.read("/tracking/activities", limit=1))["activities"][0]
    later = await big.read(
        "/tracking/activities", cursor_order="asc", cursor_position=newest["id"] - 3000
    )

    ids = [one["id"] for one in (*first["interview_events"], *second["interview_events"])]
    assert len(set(ids)) == 200
    assert sum(first["meta"]["counters"].values()) > 20_000
    assert len(later["activities"]) == 20 and later["activities"][0]["id"] > newest["id"] - 3000
