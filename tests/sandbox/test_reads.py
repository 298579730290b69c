"""Who may read, how lists are filtered and cut, and what a missing or hidden record answers."""

import httpx
import pytest

from tests.sandbox.conftest import TOKEN, Api


async def test_without_a_token_the_answer_is_401_in_the_vendors_words(
    client: httpx.AsyncClient,
) -> None:
    client.headers.pop("authorization")
    answer = await client.get("/c/5600/admin")

    assert answer.status_code == 401
    assert answer.json() == {
        "error": "Resource access requires authentication!",
        "error_code": None,
    }


async def test_a_wrong_or_revoked_token_is_401_until_it_works_again(api: Api) -> None:
    wrong = await api.client.get("/c/5600/admin", headers={"authorization": "Bearer no"})
    await api.knobs(revoked=True)
    revoked = await api.call("GET", "/admin")
    await api.knobs(revoked=False)

    assert wrong.json() == {"error": "Token not found.", "error_code": "invalid_token"}
    assert wrong.headers["www-authenticate"].startswith('Bearer realm="recruitee"')
    assert revoked.status_code == 401
    assert (await api.call("GET", "/admin")).status_code == 200


async def test_the_company_may_be_named_by_subdomain_and_a_wrong_one_is_422(
    client: httpx.AsyncClient,
) -> None:
    by_name = await client.get("/c/examplecompany/candidates")
    wrong = await client.get("/c/9999/candidates")

    assert by_name.status_code == 200
    assert (wrong.status_code, wrong.json()) == (422, {"error": ["Company id is invalid"]})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"),
        ("GET", "/placements"),
        ("GET", "/candidates/1"),
        ("GET", "/candidates/1/notes"),
        ("GET", "/candidates/1/attachments"),
        ("GET", "/offers/none"),
        ("GET", "/offers/²"),
        ("GET", "/offers/1/placements"),
        ("GET", "/offers/1/candidates/1/placement"),
        ("GET", "/offers/backend-engineer/candidates/1/placement"),
        ("GET", "/pipeline_templates/1"),
        ("GET", "/talent_pools/none"),
        ("GET", "/locations/1"),
        ("PUT", "/candidates"),
        ("PATCH", "/candidates/1"),
        ("DELETE", "/candidates/1"),
        ("POST", "/candidates/1/retrieve"),
        ("POST", "/candidates/1/tags"),
        ("POST", "/candidates/1/notes"),
        ("POST", "/placements"),
        ("DELETE", "/placements/1"),
        ("PATCH", "/placements/1/change_stage"),
        ("PATCH", "/placements/1/disqualify"),
        ("PATCH", "/placements/1/requalify"),
        ("PATCH", "/offers/1"),
        ("DELETE", "/offers/1"),
        ("PATCH", "/offers/1/publish"),
        ("POST", "/offers/1/offer_tags"),
        ("POST", "/offers/1/candidates"),
    ],
)
async def test_what_is_not_there_is_a_404_in_json(api: Api, method: str, path: str) -> None:
    answer = await api.call(method, path)

    assert (answer.status_code, answer.json()) == (404, {"error": ["Page not found"]})


async def test_a_candidate_who_is_not_in_the_job_has_no_placement_there(api: Api) -> None:
    job = (await api.read("/offers", statuses="draft"))["offers"][0]["id"]
    who = (await api.read("/candidates"))["candidates"][0]["id"]

    assert (await api.call("GET", f"/offers/{job}/candidates/{who}/placement")).status_code == 404


async def test_a_location_in_full_says_whether_it_is_used(api: Api) -> None:
    listed = (await api.read("/locations", scope="active", view_mode="full"))["locations"]
    archived = (await api.read("/locations", scope="archived"))["locations"]
    own = (await api.read(f"/locations/{listed[0]['id']}"))["location"]

    assert own == listed[0] and own["active_offers_count"] > 0
    assert len(archived) == 1 and archived[0]["archived_at"]


async def test_hidden_records_are_403_alone_and_absent_from_lists(api: Api) -> None:
    who = (await api.read("/candidates"))["candidates"][0]["id"]
    job = (await api.read("/offers"))["offers"][0]["id"]
    await api.knobs(hidden_candidates=[who], hidden_offers=[job])

    alone = await api.call("GET", f"/candidates/{who}")
    written = await api.call("DELETE", f"/candidates/{who}")
    people = (await api.read("/candidates"))["candidates"]
    hits = (await api.read("/search/new/candidates"))["hits"]
    jobs = (await api.read("/offers"))["offers"]

    assert (alone.status_code, alone.json()) == (403, {"error": ["Forbidden"]})
    assert written.status_code == 403
    for path in (f"/offers/{job}/placements", f"/offers/{job}/candidates/{who}/placement"):
        assert (await api.call("GET", path)).status_code == 403
    placed = await api.call("POST", "/placements", {"candidate_id": who, "offer_id": job})
    assert placed.status_code == 403
    assert (await api.call("GET", f"/offers/{job}")).status_code == 403
    assert who not in {one["id"] for one in (*people, *hits)}
    assert job not in {one["id"] for one in jobs}


async def test_offset_pages_cover_every_candidate_once_newest_first(api: Api) -> None:
    pages = [
        (await api.read("/candidates", limit=10, offset=start))["candidates"]
        for start in (0, 10, 20, 30, 40)
    ]
    people = [one for page in pages for one in page]

    assert [len(page) for page in pages] == [10, 10, 10, 6, 0]
    assert len({one["id"] for one in people}) == 36
    assert [one["created_at"] for one in people] == sorted(
        (one["created_at"] for one in people), reverse=True
    )


async def test_candidates_are_filtered_by_id_job_state_text_and_date(api: Api) -> None:
    everyone = (await api.read("/candidates"))["candidates"]
    out = (await api.read("/candidates", disqualified="true"))["candidates"]
    first, second = everyone[0], everyone[1]
    job = next(one["placements"][0]["offer_id"] for one in everyone)

    by_id = await api.read("/candidates", ids=f"{first['id']},{second['id']}")
    by_job = await api.read("/candidates", offer_id=job)
    by_text = await api.read("/candidates", query=first["name"].upper())
    by_date = await api.read("/candidates", created_after=second["created_at"])

    assert {one["id"] for one in by_id["candidates"]} == {first["id"], second["id"]}
    assert all(job in [p["offer_id"] for p in one["placements"]] for one in by_job["candidates"])
    assert first["id"] in {one["id"] for one in by_text["candidates"]}
    assert [one["id"] for one in by_date["candidates"]] == [first["id"], second["id"]]
    assert out and all(any("disqualify_kind" in p for p in one["placements"]) for one in out)


async def test_jobs_are_filtered_by_status_repeated_or_joined_and_paged(api: Api) -> None:
    joined = await api.read("/offers", statuses="draft,closed")
    repeated = await api.read("/offers", **{"statuses[]": ["draft", "closed"]})
    second = await api.read("/offers", limit=3, page=2)
    everything = await api.read("/offers")

    assert {one["status"] for one in joined["offers"]} == {"draft", "closed"}
    assert joined == repeated
    assert second["meta"] == {"limit": 3, "page": 2, "total_count": 8}
    assert [one["id"] for one in second["offers"]] == [
        one["id"] for one in everything["offers"][3:6]
    ]
    assert {one["status"] for one in everything["offers"]} == {
        "published", "internal", "draft", "closed", "archived",
    }  # fmt: skip


async def test_a_jobs_placements_are_split_by_the_two_flags(api: Api) -> None:
    out = (await api.read("/candidates", disqualified="1"))["candidates"][0]
    job = next(p["offer_id"] for p in out["placements"] if "disqualify_kind" in p)

    async def placed(**flags: str) -> set[int]:
        groups = (await api.read(f"/offers/{job}/placements", **flags))["stages"]
        return {one["id"] for group in groups for one in group["placements"]}

    both, kept, gone = (
        await placed(),
        await placed(qualified="true"),
        await placed(disqualified="1"),
    )

    assert kept | gone == both
    assert not kept & gone and gone


async def test_the_timeline_is_read_forward_from_a_cursor_without_gaps(api: Api) -> None:
    first = (await api.read("/tracking/activities", cursor_order="asc", limit=30))["activities"]
    rest = await api.read(
        "/tracking/activities", cursor_order="asc", cursor_position=first[-1]["id"], limit=1000
    )
    newest = (await api.read("/tracking/activities", limit=1))["activities"]

    ids = [one["id"] for one in (*first, *rest["activities"])]
    assert ids == sorted(set(ids)) and len(ids) == 36 + 8
    assert newest == [rest["activities"][-1]]


async def test_talent_pools_hold_candidates_without_stage_or_job(api: Api) -> None:
    pool = (await api.read("/talent_pools"))["talent_pools"][0]
    own = (await api.read(f"/talent_pools/{pool['slug']}"))["talent_pool"]
    people = (await api.read("/candidates"))["candidates"]
    pooled = [p for one in people for p in one["placements"] if p["talent_pool_id"] == pool["id"]]

    assert own["candidates_count"] == len(pooled) == 1
    assert pooled[0]["offer_id"] is None and pooled[0]["stage_id"] is None


async def test_the_token_is_in_no_answer(client: httpx.AsyncClient) -> None:
    for path in ("/c/5600/admin", "/sandbox/state", "/sandbox/knobs", "/sandbox/requests"):
        assert TOKEN not in (await client.get(path)).text
