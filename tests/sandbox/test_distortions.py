"""Answers lose, gain and change keys, pages lie, and roles see less: all by knobs."""

from typing import Any

from tests.sandbox.conftest import Api, Clock


async def test_keys_go_come_and_change_their_type_where_it_is_asked_for(api: Api) -> None:
    await api.knobs(
        distort_prefix="/candidates", drop_keys=["emails"], add_keys={"surprise": 1},
        retype_keys={"created_at": "number", "phones": "string", "tags": "null",
                     "name": "object", "id": "list"},
    )  # fmt: skip
    one = (await api.read("/candidates", limit=1))["candidates"][0]
    job = (await api.read("/offers"))["offers"][0]

    assert "emails" not in one and one["surprise"] == 1
    assert one["created_at"] == 42.5 and isinstance(one["phones"], str)
    assert one["name"].keys() == {"value"} and isinstance(one["id"], list)
    assert "surprise" not in job


async def test_pages_repeat_shrink_and_totals_lie(api: Api) -> None:
    async def ids(offset: int) -> list[int]:
        page = await api.read("/candidates", limit=10, offset=offset)
        return [one["id"] for one in page["candidates"]]

    first, second = await ids(0), await ids(10)
    await api.knobs(repeat_page=True)
    repeated = await ids(10)
    await api.knobs(repeat_page=False, shrink_pages=3, total_offset=-5)
    shrunk = await ids(10)
    totals = await api.read("/offers", limit=2, page=2)
    hits = await api.read("/search/new/candidates", limit=1)

    assert repeated == first
    assert shrunk[:7] == second[3:] and not set(shrunk) & set(second[:3])
    assert totals["meta"]["total_count"] == 3 and hits["total"] == 31


async def test_pages_may_overlap_and_parameters_be_ignored(api: Api) -> None:
    async def ids(path: str, key: str, **query: Any) -> list[int]:
        return [one["id"] for one in (await api.read(path, **query))[key]]

    first = await ids("/candidates", "candidates", limit=10)
    await api.knobs(shrink_pages=-3)
    second = await ids("/candidates", "candidates", limit=10, offset=10)
    await api.knobs(shrink_pages=0, distort_prefix="/search", ignore_params=["sort_by"])
    hits = [await ids("/search/new/candidates", "hits", limit=9, sort_by=f"created_at_{way}")
            for way in ("asc", "desc")]  # fmt: skip

    assert second[:3] == first[-3:]
    assert hits[0] == hits[1] and len(hits[0]) == 9


async def test_search_may_ignore_every_filter(api: Api) -> None:
    filters = '[{"filter":"jobs","id":{"in":[1]}}]'
    honest = await api.read("/search/new/candidates", filters_json=filters)
    await api.knobs(search_ignores_filters=True)
    deaf = await api.read("/search/new/candidates", filters_json=filters)

    assert (honest["total"], deaf["total"]) == (0, 36)


async def test_a_role_sees_less_and_says_so(api: Api) -> None:
    await api.knobs(role="hiring_manager", forbidden=["/departments"])
    closed = ("/memberships", "/roles", "/departments", "/search/new/candidates")
    statuses = {(await api.call("GET", path)).status_code for path in closed}
    me = (await api.read("/admin"))["admin"]
    written = await api.call("POST", "/candidates", {"candidate": {"name": "Ada"}})
    await api.knobs(role=None, forbidden=[])

    assert statuses == {403} and written.status_code == 403
    assert (me["role_name"], me["role_admin"]) == ("Hiring manager", False)
    assert (await api.read("/admin"))["admin"]["role_admin"] is True
    assert (await api.call("GET", "/departments")).status_code == 200


async def test_recruitees_clock_may_be_ahead_and_behind(api: Api, clock: Clock) -> None:
    async def made() -> Any:
        answer = await api.call("POST", "/candidates", {"candidate": {"name": "Ada"}})
        return answer.json()["candidate"]["created_at"]

    await api.knobs(clock_skew_s=3600)
    ahead = await made()
    await api.knobs(clock_skew_s=-3600)
    behind = await made()

    now = clock().strftime("%Y-%m-%dT%H")
    assert ahead[:13] > now > behind[:13]
