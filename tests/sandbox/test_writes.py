"""What the API's own actions change, and what they leave as it was."""

from typing import Any

import pytest

from tests.sandbox import keys
from tests.sandbox.conftest import Api, Clock


async def someone(api: Api, **query: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a candidate with a placement in a job, both as listed."""
    people = (await api.read("/candidates", **query))["candidates"]
    return next((who, p) for who in people for p in who["placements"] if p["offer_id"])


async def placement_now(api: Api, who: int, placement: int) -> dict[str, Any]:
    full = (await api.read(f"/candidates/{who}"))["candidate"]
    return next(one for one in full["placements"] if one["id"] == placement)


async def test_a_new_candidate_lands_in_applied_of_each_job(api: Api) -> None:
    jobs = [one["id"] for one in (await api.read("/offers"))["offers"][:2]]
    person = {"name": "  Noor Halloran ", "emails": ["noor@example.com"], "tags": ["Rare"]}
    made = await api.call("POST", "/candidates", {"candidate": person, "offers": jobs})
    body = made.json()["candidate"]

    assert made.status_code == 201
    assert (body["name"], body["source"], body["tags"]) == ("Noor Halloran", "manual", ["Rare"])
    assert [one["offer_id"] for one in body["placements"]] == jobs
    assert [one["stage_id"] for one in body["placements"]] == [
        await api.stage(job, "apply") for job in jobs
    ]
    assert "Rare" in {tag["name"] for tag in (await api.read("/tags"))["tags"]}


async def test_a_candidate_without_a_name_is_refused_with_the_field(api: Api) -> None:
    refused = await api.call("POST", "/candidates", {"candidate": {"emails": []}})

    assert refused.status_code == 422
    assert refused.json() == {
        "error": ["Name can't be blank"],
        "error_fields": {"name": ["can't be blank"]},
    }


async def test_a_candidate_may_be_created_on_a_job_and_unknown_jobs_are_404(api: Api) -> None:
    slug = (await api.read("/offers"))["offers"][0]["slug"]
    made = await api.call("POST", f"/offers/{slug}/candidates", {"candidate": {"name": "Ada"}})
    lost = await api.call("POST", "/candidates", {"candidate": {"name": "Ada"}, "offers": [1]})

    assert made.status_code == 201 and len(made.json()["candidate"]["placements"]) == 1
    assert lost.status_code == 404


async def test_an_edit_replaces_whole_lists_and_moves_updated_at(api: Api, clock: Clock) -> None:
    who, _ = await someone(api)
    clock.advance(5)
    await api.call(
        "PATCH", f"/candidates/{who['id']}", {"candidate": {"emails": ["only@example.com"]}}
    )
    after = (await api.read(f"/candidates/{who['id']}"))["candidate"]

    assert after["emails"] == ["only@example.com"]
    assert after["phones"] == who["phones"]
    assert after["updated_at"] > who["updated_at"]


async def test_a_move_shows_on_the_placement_but_not_in_the_candidates_updated_at(
    api: Api, clock: Clock
) -> None:
    who, placement = await someone(api)
    clock.advance(5)
    target = await api.stage(placement["offer_id"], "phone_screen")
    path = f"/placements/{placement['id']}/change_stage"
    moved = await api.client.patch(f"/c/5600{path}", params={"stage_id": target})
    after = (await api.read(f"/candidates/{who['id']}"))["candidate"]

    assert moved.status_code == 200
    assert moved.json()["placement"].keys() == keys.PLACEMENT_ALONE | keys.DISQUALIFIED | {
        "opening_id"
    }
    assert moved.json()["placement"]["stage_id"] == target
    assert after["updated_at"] == who["updated_at"]
    assert after["last_activity_at"] > who["updated_at"]
    assert {one["type"] for one in moved.json()["references"]} == {"Offer", "Stage", "Candidate"}


async def test_a_hire_needs_a_place_of_work_where_the_job_has_places(api: Api) -> None:
    job = (await api.read("/offers", include="location_ids"))["offers"][0]
    made = await api.call("POST", f"/offers/{job['id']}/candidates", {"candidate": {"name": "Ada"}})
    placement = made.json()["candidate"]["placements"][0]
    body = {"stage_id": await api.stage(job["id"], "hire")}
    path = f"/placements/{placement['id']}/change_stage"

    refused = await api.call("PATCH", path, body)
    hired = await api.call("PATCH", path, {**body, "work_location_id": job["location_ids"][0]})
    back = await api.call("PATCH", path, {"stage_id": await api.stage(job["id"], "offer")})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "active_work_location_not_found"
    assert hired.json()["placement"]["hired_at"] and hired.json()["placement"]["hired_by_id"]
    assert back.json()["placement"]["hired_at"] is None


async def test_a_stage_of_another_pipeline_is_refused(api: Api) -> None:
    _, placement = await someone(api)
    offers = (await api.read("/offers"))["offers"]
    own = next(one for one in offers if one["id"] == placement["offer_id"])
    other = next(o for o in offers if o["pipeline_template_id"] != own["pipeline_template_id"])
    stage = await api.stage(other["id"], "apply")
    path = f"/placements/{placement['id']}/change_stage"

    assert (await api.call("PATCH", path, {"stage_id": stage})).status_code == 422


async def test_a_rejection_needs_a_reason_names_it_and_can_be_taken_back(api: Api) -> None:
    who, placement = await someone(api, qualified="true")
    reason = (await api.read("/disqualify_reasons"))["disqualify_reasons"][0]
    path = f"/placements/{placement['id']}"

    bare = await api.call("PATCH", f"{path}/disqualify")
    out = await api.call("PATCH", f"{path}/disqualify", {"disqualify_reason_id": reason["id"]})
    shown = await placement_now(api, who["id"], placement["id"])
    back = await api.call("PATCH", f"{path}/requalify")

    assert bare.status_code == 422
    assert out.json()["placement"]["disqualify_reason"] == reason["name"]
    assert shown["disqualify_kind"] == "admin"
    assert back.json()["placement"].keys() == keys.PLACEMENT_ALONE


async def test_moving_a_disqualified_placement_requalifies_it(api: Api) -> None:
    people = (await api.read("/candidates", disqualified="true"))["candidates"]
    who, placement = next(
        (who, p) for who in people for p in who["placements"] if "disqualify_kind" in p
    )
    body = {"stage_id": placement["stage_id"]}
    await api.call("PATCH", f"/placements/{placement['id']}/change_stage", body)

    assert "disqualify_kind" not in await placement_now(api, who["id"], placement["id"])


async def test_a_move_that_names_a_reason_disqualifies_the_other_placements(api: Api) -> None:
    jobs = [one["id"] for one in (await api.read("/offers"))["offers"][:2]]
    made = await api.call("POST", "/candidates", {"candidate": {"name": "Ada"}, "offers": jobs})
    first, second = made.json()["candidate"]["placements"]
    reason = (await api.read("/disqualify_reasons"))["disqualify_reasons"][0]
    body = {
        "stage_id": await api.stage(jobs[0], "offer"),
        "disqualify_reason_id": reason["id"],
    }
    await api.call("PATCH", f"/placements/{first['id']}/change_stage", body)
    who = made.json()["candidate"]["id"]

    assert "disqualify_kind" not in await placement_now(api, who, first["id"])
    assert "disqualify_kind" in await placement_now(api, who, second["id"])


async def test_a_second_job_lands_in_sourced_once_and_can_be_left(api: Api) -> None:
    who, placement = await someone(api)
    taken = {p["offer_id"] for p in who["placements"]}
    offers = (await api.read("/offers"))["offers"]
    job = next(one["id"] for one in offers if one["id"] not in taken)
    body = {"candidate_id": who["id"], "offer_id": job}

    made = await api.call("POST", "/placements", body)
    twice = await api.call("POST", "/placements", {"placement": body})
    left = await api.call("DELETE", f"/placements/{made.json()['placement']['id']}")
    full = (await api.read(f"/candidates/{who['id']}"))["candidate"]

    assert made.status_code == 201
    assert made.json()["placement"].keys() == keys.PLACEMENT_ALONE
    assert made.json()["placement"]["stage_id"] == await api.stage(job, "sourced")
    assert twice.status_code == 422
    assert left.status_code == 200
    assert job not in {p["offer_id"] for p in full["placements"]}
    assert placement["id"] in {p["id"] for p in full["placements"]}


async def test_a_deleted_candidate_is_404_and_listed_as_deleted_until_retrieved(api: Api) -> None:
    who, placement = await someone(api)
    deleted = await api.call("DELETE", f"/candidates/{who['id']}")
    path = f"/placements/{placement['id']}/requalify"

    assert deleted.status_code == 200 and deleted.json()["candidate"]["id"] == who["id"]
    assert (await api.call("GET", f"/candidates/{who['id']}")).status_code == 404
    assert (await api.call("PATCH", path)).status_code == 404
    assert who["id"] not in {o["id"] for o in (await api.read("/candidates"))["candidates"]}
    gone = (await api.read("/candidates", deleted="true"))["candidates"]
    assert [one["id"] for one in gone] == [who["id"]]

    restored = await api.call("POST", f"/candidates/{who['id']}/retrieve")
    assert restored.status_code == 200
    assert (await placement_now(api, who["id"], placement["id"]))["id"] == placement["id"]


async def test_tags_are_added_and_removed_whatever_their_case(api: Api) -> None:
    who, _ = await someone(api)
    path = f"/candidates/{who['id']}/tags"
    added = await api.call("POST", path, {"tags": ["Fresh", "fresh"]})
    one = await api.call("POST", path, {"tag": "FRESH"})
    shown = (await api.read(f"/candidates/{who['id']}"))["candidate"]["tags"]
    removed = await api.call("DELETE", path, {"tags": ["fReSh"]})
    after = (await api.read(f"/candidates/{who['id']}"))["candidate"]["tags"]

    assert added.status_code == 201 and added.json()["tags"][0]["searchable_name"] == "fresh"
    assert one.json()["tags"][0]["id"] == added.json()["tags"][0]["id"]
    assert shown.count("Fresh") == 1
    assert removed.json()["tags"][0]["taggings_count"] == 0
    assert "Fresh" not in after


async def test_a_note_is_kept_and_an_empty_one_refused(api: Api) -> None:
    who, _ = await someone(api)
    path = f"/candidates/{who['id']}/notes"
    before = (await api.read(path))["notes"]
    made = await api.call("POST", path, {"note": {"body": "<p>Call on Monday</p>"}})
    empty = await api.call("POST", path, {"note": {}})

    assert made.status_code == 201
    assert (await api.read(path))["notes"] == [made.json()["note"], *before]
    full = (await api.read(f"/candidates/{who['id']}"))["candidate"]
    assert full["notes_count"] == len(before) + 1
    assert empty.json()["error_fields"] == {"body_json": ["can't be blank"]}


async def test_a_job_begins_as_a_draft_and_goes_through_its_statuses(api: Api) -> None:
    made = await api.call("POST", "/offers", {"offer": {"title": "Night Baker", "remote": True}})
    job = made.json()["offer"]
    shown = [job]
    for action in ("publish", "unpublish", "publish", "close", "archive", "unarchive", "draft"):
        shown.append((await api.call("PATCH", f"/offers/{job['id']}/{action}")).json()["offer"])

    assert made.status_code == 201 and job.keys() == keys.OFFER_IN_FULL
    assert [one["status"] for one in shown] == [
        "draft", "published", "internal", "published", "closed", "archived", "closed", "draft",
    ]  # fmt: skip
    assert shown[1]["published_at"] and shown[4]["closed_at"] and shown[6]["closed_at"]
    assert (await api.call("POST", "/offers", {"offer": {}})).status_code == 422


async def test_a_job_is_edited_labelled_and_deleted_without_its_candidates(api: Api) -> None:
    _, placement = await someone(api)
    path = f"/offers/{placement['offer_id']}"
    salary = {"min": 100, "max": "200", "period": "hour", "currency": "EUR"}
    edited = await api.call("PATCH", path, {"offer": {"title": "Renamed", "salary": salary}})
    tagged = await api.call("POST", f"{path}/offer_tags", {"offer_tags": ["Urgent"]})
    await api.call("DELETE", path)

    assert edited.json()["offer"]["title"] == "Renamed"
    assert edited.json()["offer"]["salary"] == {**salary, "min": "100"}
    assert tagged.json()["offer_tags"][0]["offer_taggings_count"] == 1
    assert (await api.call("GET", path)).status_code == 404
    full = (await api.read(f"/candidates/{placement['candidate_id']}"))["candidate"]
    assert placement["id"] not in {one["id"] for one in full["placements"]}


async def test_blank_names_unknown_reasons_and_pool_moves_are_refused(api: Api) -> None:
    who, placement = await someone(api)
    people = (await api.read("/candidates"))["candidates"]
    pooled = next(p for one in people for p in one["placements"] if p["talent_pool_id"])
    refused = [
        await api.call("PATCH", f"/candidates/{who['id']}", {"candidate": {"name": " "}}),
        await api.call("PATCH", f"/offers/{placement['offer_id']}", {"offer": {"title": ""}}),
        await api.call(
            "PATCH", f"/placements/{placement['id']}/disqualify", {"disqualify_reason_id": 1}
        ),
        await api.call("PATCH", f"/placements/{pooled['id']}/change_stage", {"stage_id": 1}),
    ]

    assert [one.status_code for one in refused] == [422] * 4


async def test_a_move_may_name_the_sourced_stage_by_word(api: Api) -> None:
    _, placement = await someone(api)
    path = f"/placements/{placement['id']}/change_stage"
    moved = await api.call("PATCH", path, {"stage_id": "sourced"})

    stage = await api.stage(placement["offer_id"], "sourced")
    assert moved.json()["placement"]["stage_id"] == stage


async def test_the_timeline_grows_by_what_was_done(api: Api) -> None:
    who, placement = await someone(api, qualified="true")
    before = (await api.read("/tracking/activities", limit=1))["activities"][0]["id"]
    reason = (await api.read("/disqualify_reasons"))["disqualify_reasons"][0]["id"]
    path = f"/placements/{placement['id']}"
    await api.call("PATCH", f"{path}/disqualify", {"disqualify_reason_id": reason})
    await api.call("PATCH", f"{path}/requalify")
    await api.call("POST", f"/candidates/{who['id']}/tags", {"tag": "seen"})
    await api.call("DELETE", f"/candidates/{who['id']}")

    new = await api.read("/tracking/activities", cursor_order="asc", cursor_position=before)
    assert [one["event"] for one in new["activities"]] == [
        "candidate_disqualify", "candidate_requalify", "tag_add", "candidate_tags",
        "candidate_remove",
    ]  # fmt: skip
    assert {one["candidate_id"] for one in new["activities"]} == {who["id"], None}


async def test_people_apply_through_the_careers_site_to_open_jobs_only(api: Api) -> None:
    jobs = (await api.read("/offers"))["offers"]
    slugs = {one["status"]: one["slug"] for one in jobs}
    form = {"candidate": {"name": "Ines Applies", "email": "ines@example.com"}}
    applied = await api.client.post(f"/api/offers/{slugs['published']}/candidates", json=form)
    closed = await api.client.post(f"/api/offers/{slugs['closed']}/candidates", json=form)
    full = (await api.read(f"/candidates/{applied.json()['candidate']['id']}"))["candidate"]

    door = f"/api/offers/{slugs['published']}/candidates"
    assert (await api.client.post(door, json={})).status_code == 422
    assert (await api.client.post(door, content=b"[")).status_code == 400
    assert applied.status_code == 201 and closed.status_code == 404
    assert (full["source"], full["emails"]) == ("career_site", ["ines@example.com"])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/candidates", {"candidate": "Ada"}),
        ("POST", "/candidates", {"candidate": {"name": ["A"], "emails": 5}, "offers": 5}),
        ("POST", "/placements", {"candidate_id": "x", "offer_id": []}),
        ("POST", "/offers", {"offer": {"title": "T", "pipeline_template_id": [], "salary": 3}}),
        ("PATCH", "/offers/backend-engineer", {"offer": {"location_ids": "x", "title": 5}}),
        ("POST", "/search/new/candidates", {"filters_json": [5, {"filter": []}], "limit": "²"}),
    ],
)
async def test_wrong_types_never_break_the_sandbox(
    api: Api, method: str, path: str, body: dict[str, Any]
) -> None:
    answer = await api.call(method, path, body)

    assert answer.status_code in {200, 201, 404, 422}
    assert (await api.call("GET", "/candidates")).status_code == 200
    assert (await api.call("GET", "/offers")).status_code == 200


async def test_a_body_that_is_no_object_is_400(api: Api) -> None:
    assert (await api.call("POST", "/candidates", [1])).status_code == 400
    broken = await api.client.post("/c/5600/candidates", content=b"{")
    assert broken.status_code == 400
