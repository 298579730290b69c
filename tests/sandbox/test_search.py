"""Search finds by the filters that are known, and ignores in silence those that are not."""

import json
from datetime import datetime
from typing import Any

import pytest

from tests.sandbox.conftest import Api


async def found(api: Api, *filters: dict[str, Any], **query: Any) -> dict[str, Any]:
    query = {"limit": 500, "filters_json": json.dumps(filters), **query}
    answer: dict[str, Any] = await api.read("/search/new/candidates", **query)
    return answer


async def test_an_unknown_filter_operator_or_query_gives_everybody(api: Api) -> None:
    assert (await found(api, {"filter": "shoe_size", "in": [43]}))["total"] == 36
    assert (await found(api, {"filter": "jobs", "id": {"nin": [1]}}))["total"] == 36
    assert (await found(api, query="nobody"))["total"] == 36


async def test_a_known_filter_with_a_wrong_value_gives_nobody(api: Api) -> None:
    assert (await found(api, {"filter": "jobs", "id": {"in": [1]}}))["total"] == 0
    assert (await found(api, {"field": "all", "query": "no such person"}))["total"] == 0


async def test_of_two_filters_for_one_entity_the_later_wins(api: Api) -> None:
    jobs = [one["id"] for one in (await api.read("/offers"))["offers"][:2]]
    first, second = ({"filter": "jobs", "id": {"in": [job]}} for job in jobs)

    assert await found(api, first, second) == await found(api, second)


async def test_hits_of_disqualified_carry_when_by_whom_and_why(api: Api) -> None:
    hits = (await found(api, {"filter": "disqualifies", "reason": {"has_any": True}}))["hits"]
    out = [p for hit in hits for p in hit["placements"] if p["disqualified"]]

    assert len(out) >= len(hits) > 0
    assert all(p["disqualified_at"] and p["disqualified_by_name"] for p in out)
    assert (await found(api, {"field": "status", "in": ["disqualified"]}))["hits"] == hits


@pytest.mark.parametrize("key", ["created_at", "updated_at", "last_activity_at"])
async def test_hits_are_sorted_by_time_in_either_direction(api: Api, key: str) -> None:
    up = (await found(api, sort_by=f"{key}_asc"))["hits"]
    down = (await found(api, sort_by=f"{key}_desc"))["hits"]

    assert [one[key] for one in up] == sorted(one[key] for one in up)
    assert [one["id"] for one in down] == [one["id"] for one in up][::-1]


async def test_pages_of_hits_do_not_overlap_and_the_default_page_is_sixty(api: Api) -> None:
    first = (await found(api, limit=20, page=1))["hits"]
    second = (await found(api, limit=20, page=2))["hits"]

    assert len(first) == 20 and len(second) == 16
    assert not {one["id"] for one in first} & {one["id"] for one in second}


async def test_filters_may_be_posted_and_narrow_by_time_label_stage_and_pool(api: Api) -> None:
    everyone = (await found(api))["hits"]
    tagged = next(one for one in everyone if one["tags"])
    moment = int(datetime.fromisoformat(everyone[20]["created_at"]).timestamp()) + 1
    filters = [{"field": "created_at", "lte": moment}]
    posted = await api.call("POST", "/search/new/candidates", {"filters_json": filters})
    by_tag = await found(api, {"filter": "tags", "id": {"in": [tagged["tags"][0]["id"]]}})
    hired = await found(api, {"filter": "stages", "name": {"in": ["Hired"]}})
    pooled = await found(api, {"filter": "talent_pools", "id": {"not_in": [1]}})

    assert posted.json()["total"] == 21
    assert tagged["id"] in {one["id"] for one in by_tag["hits"]}
    assert hired["hits"] and all(
        any(p["is_hired"] for p in one["placements"]) for one in hired["hits"]
    )
    assert pooled["total"] == 1


@pytest.mark.parametrize(
    ("filters", "some"),
    [
        ({"field": "has_cv", "eq": True}, True),
        ({"field": "all", "query": "example.com AND backend"}, True),
        ({"filter": "jobs", "status": {"in": ["published"]}}, True),
        ({"filter": "disqualifies", "reason": {"has_none": True}}, True),
        ({"filter": "stages", "name": {"has_any": True}}, True),
        ({"filter": "sources", "id": {"in": [1]}}, False),
    ],
)
async def test_each_known_filter_narrows(api: Api, filters: dict[str, Any], some: bool) -> None:
    total = (await found(api, filters))["total"]

    assert total < 36 and bool(total) is some


@pytest.mark.parametrize(
    "filters",
    [
        {"field": "has_cv", "eq": "yes"},
        {"field": "status", "eq": "qualified"},
        {"field": "created_at", "gte": "yesterday"},
        {"filter": "stages", "id": {"in": [1]}},
        {"filter": "tags"},
        {"filter": "disqualifies", "reason": 4},
    ],
)
async def test_a_filter_in_the_wrong_form_is_ignored(api: Api, filters: dict[str, Any]) -> None:
    assert (await found(api, filters))["total"] == 36


async def test_filters_that_are_no_json_are_ignored(api: Api) -> None:
    assert (await api.read("/search/new/candidates", filters_json="["))["total"] == 36


async def test_deleted_candidates_are_found_only_when_asked_for(api: Api) -> None:
    who = (await found(api))["hits"][0]["id"]
    await api.call("DELETE", f"/candidates/{who}")

    gone = await found(api, deleted="true")
    assert [one["id"] for one in gone["hits"]] == [who]
    assert gone["hits"][0]["deleted_at"] and gone["hits"][0]["deleted_by_name"]
    assert (await found(api))["total"] == 35
