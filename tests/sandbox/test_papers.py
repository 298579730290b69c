"""Notes, interviews, evaluations, forms and members are read and written as Recruitee has them."""

from typing import Any

import pytest

from tests.sandbox.conftest import Api

Json = dict[str, Any]


@pytest.fixture
async def rich(api: Api) -> Json:
    """Somebody with everything: the seventh who came."""
    people = (await api.read("/candidates", limit=100))["candidates"]
    found: Json = (await api.read(f"/candidates/{people[-7]['id']}"))["candidate"]
    return found


async def test_a_profile_shows_a_value_of_every_kind_of_field_and_answer(rich: Json) -> None:
    kinds = {one["kind"] for one in rich["fields"]}
    answers = {one["kind"]: one for one in rich["open_question_answers"]}

    assert kinds >= {"single_line", "multi_line", "dropdown", "boolean", "date_of_birth", "date",
                     "number", "salary", "gender", "nationality", "address", "language_skill",
                     "skills", "experience", "education"}  # fmt: skip
    assert all(one["values"] for one in rich["fields"])
    assert answers["boolean"]["flag"] in {True, False}
    assert isinstance(answers["multi_choice"]["multi_content"], list)
    assert answers["salary"]["open_question_options"] == {"currency": "EUR"}
    assert answers["file"]["file_url"].startswith("http://sandbox.test/files/")
    assert rich["grouped_open_question_answers"][0]["open_question_answers"] == list(
        rich["open_question_answers"]
    )


async def test_a_profile_counts_and_rates_what_hangs_on_it(api: Api, rich: Json) -> None:
    notes = (await api.read(f"/candidates/{rich['id']}/notes"))["notes"]
    levels = {one["visibility"]["level"] for one in notes}
    other = (await api.read(f"/candidates/{rich['duplicates'][0]}"))["candidate"]

    assert levels == {"public", "protected"}
    assert rich["notes_count"] == len(notes) + 1, "a private one is counted and not shown"
    assert (rich["events_count"], rich["tasks_count"], rich["attachments_count"]) == (1, 1, 1)
    assert rich["ratings"] == {"yes": 1} and rich["positive_ratings"] == 100
    assert (rich["gdpr_status"], rich["gdpr_consent_ever_given"]) == ("consent_given", True)
    assert other["emails"] == rich["emails"]


async def test_an_anonymous_candidate_is_masked_everywhere(api: Api) -> None:
    people = (await api.read("/candidates", limit=100))["candidates"]
    masked = next(one for one in people if one["is_anonymous"])
    hits = (await api.read("/search/new/candidates", limit=500))["hits"]
    hit = next(one for one in hits if one["id"] == masked["id"])

    assert masked["name"] == hit["name"] == f"Candidate {masked['id']}"
    assert masked["emails"] == hit["emails"] == []


async def test_interviews_are_upcoming_ones_unless_all_are_asked_for(api: Api, rich: Json) -> None:
    default = await api.read("/interview/events")
    everything = (await api.read("/interview/events", status="all"))["interview_events"]
    past = (await api.read("/interview/events", status="past_due"))["interview_events"]
    own = await api.read("/interview/events", status="all", candidate_id=rich["id"])
    alone = await api.read(f"/interview/events/{own['interview_events'][0]['id']}")

    assert len(default["interview_events"]) == default["meta"]["counters"]["upcoming"]
    assert len(everything) == len(default["interview_events"]) + len(past)
    assert alone["interview_event"] == own["interview_events"][0]
    assert {one["type"] for one in own["references"]} == {"Admin", "Candidate", "Offer", "Stage"}
    assert own["interview_events"][0]["interview_result_requests"]


async def test_a_cancelled_interview_is_gone(api: Api, rich: Json) -> None:
    event = (await api.read("/interview/events", candidate_id=rich["id"]))["interview_events"][0]
    gone = await api.call("DELETE", f"/interview/events/{event['id']}")
    left = await api.read("/interview/events", status="all", candidate_id=rich["id"])

    assert gone.json()["interview_event"]["id"] == event["id"]
    assert left["interview_events"] == []
    assert (await api.call("GET", f"/interview/events/{event['id']}")).status_code == 404


async def test_an_interview_needs_its_four_facts(api: Api, rich: Json) -> None:
    path = f"/interview/candidates/{rich['id']}/events"
    refused = await api.call("POST", path, {"interview_event": {"kind": "phone"}})

    assert refused.status_code == 422
    assert refused.json()["error_fields"].keys() == {"starts_at", "duration", "timezone"}


async def test_an_evaluation_is_made_changed_counted_and_taken_back(api: Api, rich: Json) -> None:
    place = rich["placements"][0]
    body = {"kind": "rating", "offer_id": place["offer_id"], "rating": "strong_no"}
    path = f"/interview/candidates/{rich['id']}/results"
    refused = await api.call("POST", path, {"interview_result": body})
    body["stage_id"] = place["stage_id"]
    made = (await api.call("POST", path, {"interview_result": body})).json()["interview_result"]
    rated = (await api.read(f"/candidates/{rich['id']}"))["candidate"]
    own = await api.read("/interview/results", candidate_id=rich["id"])
    await api.call("DELETE", f"/interview/results/{made['id']}")

    assert refused.json()["error"] == ["Stage id can't be blank"]
    assert rated["ratings"] == {"yes": 1, "strong_no": 1} and rated["positive_ratings"] == 50
    assert own["interview_results"][0] == made
    assert (await api.call("GET", f"/interview/results/{made['id']}")).status_code == 404


async def test_fair_evaluations_hide_what_others_wrote(api: Api, rich: Json) -> None:
    await api.knobs(fair_evaluations=True)
    page = await api.read("/interview/results", candidate_id=rich["id"])

    assert page["interview_results"] == []
    assert page["hidden_results_preview"][0]["count"] == 1
    assert not page["hidden_results_preview"][0]["updated_at"].endswith("Z")


async def test_what_hangs_on_a_deleted_candidate_is_in_no_list(api: Api, rich: Json) -> None:
    await api.call("DELETE", f"/candidates/{rich['id']}")

    for path, key in (
        ("/interview/events", "interview_events"),
        ("/interview/results", "interview_results"),
        ("/interview/result_requests", "interview_result_requests"),
        ("/tasks", "tasks"),
    ):
        rows = (await api.read(path, status="all"))[key]
        assert rich["id"] not in {one["candidate_id"] for one in rows}


async def test_a_merge_takes_everything_along(api: Api, rich: Json) -> None:
    other = rich["duplicates"][0]
    before = (await api.read(f"/candidates/{other}"))["candidate"]
    merged = await api.call("PATCH", f"/candidates/{other}/merge", {"ids": [rich["id"]]})
    after = merged.json()["candidate"]

    assert (await api.call("GET", f"/candidates/{rich['id']}")).status_code == 404
    assert after["notes_count"] == before["notes_count"] + rich["notes_count"]
    assert {p["id"] for p in after["placements"]} >= {p["id"] for p in before["placements"]}
    assert set(after["tags"]) == {*before["tags"], *rich["tags"]}
    moved = await api.read("/interview/events", candidate_id=other)
    assert moved["interview_events"]


async def test_replies_stand_inside_of_their_note_and_go_with_it(api: Api, rich: Json) -> None:
    path = f"/candidates/{rich['id']}/notes"
    document = {"doc": {"type": "doc", "content": [{"type": "text", "text": "A <b>"}]}}
    note = (await api.call("POST", path, {"note": {"body_json": document}})).json()["note"]
    reply = {"note": {"body": "Yes", "reply_to_id": note["id"]}}
    await api.call("POST", path, reply)
    edited = await api.call("PATCH", f"/notes/{note['id']}", {"note": {"body": "<p>B</p>"}})
    shown = (await api.read(path))["notes"][0]
    await api.call("DELETE", f"/notes/{note['id']}")

    assert note["body"] == "<p>A &lt;b&gt;</p>" and note["text"] == "A <b>"
    assert edited.json()["note"]["body_html"] == shown["body"] == "<p>B</p>"
    assert shown["replies"][0]["text"] == "Yes" and "pinned_at" not in shown["replies"][0]
    assert note["id"] not in {one["id"] for one in (await api.read(path))["notes"]}


async def test_jobs_have_notes_questions_fields_and_pipelines_of_their_own(api: Api) -> None:
    job = (await api.read("/offers"))["offers"][0]["id"]
    offer = (await api.read(f"/offers/{job}"))["offer"]
    await api.call("POST", f"/offers/{job}/notes", {"note": {"body": "<p>Soon</p>"}})
    template = offer["open_question_template_id"]
    form = await api.read(f"/offers/{job}/open_question_templates/{template}")
    lean = await api.read("/offers", **{"include[]": "dynamic_fields"})

    assert (await api.read(f"/offers/{job}/notes"))["notes"][0]["offer_id"] == job
    assert form["open_question_template"]["open_questions"][0]["translations"]
    assert offer["dynamic_fields"] == lean["offers"][0]["dynamic_fields"] != []
    assert (
        offer["fieldset"]["fields"]
        == (await api.read(f"/custom_fields/fieldsets/{offer['fieldset_id']}"))["fieldset"][
            "fields"
        ]
    )


async def test_a_member_is_deactivated_then_removed(api: Api) -> None:
    rows = (await api.read("/memberships", sort_by="name"))["memberships"]
    other = next(one for one in rows if not one["role_admin"] and one["is_active"])
    path = f"/memberships/{other['id']}"
    await api.call("PATCH", path, {"membership": {"is_active": False}})
    inactive = (await api.read("/memberships"))["memberships"]
    active = {one["id"] for one in (await api.read("/admins"))["admins"]}
    await api.call("DELETE", path)
    left = {one["id"] for one in (await api.read("/memberships"))["memberships"]}

    assert next(one for one in inactive if one["id"] == other["id"])["is_active"] is False
    assert other["admin_id"] not in active
    assert other["id"] not in left


async def test_a_renamed_label_reason_or_stage_is_renamed_on_everybody(api: Api) -> None:
    tag = (await api.read("/tags"))["tags"][0]
    reason = (await api.read("/disqualify_reasons"))["disqualify_reasons"][0]
    await api.call("PATCH", f"/tags/{tag['id']}", {"tag": {"name": "veteran"}})
    body = {"disqualify_reason": {"name": "No match"}}
    await api.call("PATCH", f"/disqualify_reasons/{reason['id']}", body)
    hits = (await api.read("/search/new/candidates", limit=500))["hits"]
    names = {one["name"] for hit in hits for one in hit["tags"]}
    reasons = {p["disqualify_reason"] for hit in hits for p in hit["placements"]}

    assert "veteran" in names and tag["name"] not in names
    assert "No match" in reasons and reason["name"] not in reasons
    renamed = next(one for one in (await api.read("/tags"))["tags"] if one["id"] == tag["id"])
    assert renamed["taggings_count"] == tag["taggings_count"]


async def test_merging_departments_and_tags_changes_ids_silently(api: Api) -> None:
    first, second = (await api.read("/departments"))["departments"][:2]
    tags = (await api.read("/tags"))["tags"]
    await api.call("DELETE", f"/departments/{first['id']}", {"department_id": second["id"]})
    await api.call("PATCH", f"/tags/{tags[0]['id']}", {"tag": {"name": tags[1]["name"]}})
    jobs = (await api.read("/offers"))["offers"]

    assert first["id"] not in {one["department_id"] for one in jobs}
    left = (await api.read("/tags"))["tags"]
    assert tags[0]["id"] not in {one["id"] for one in left}


async def test_many_are_changed_at_once_but_never_hired(api: Api) -> None:
    people = (await api.read("/candidates", limit=3))["candidates"]
    ids = [one["id"] for one in people]
    job = (await api.read("/offers"))["offers"][0]
    stage = await api.stage(job["id"], "hire")
    path = "/bulk/candidates"
    refused = await api.call(
        "PATCH", f"{path}/change_stage", {"candidates": ids, "stage_id": stage}
    )
    tagged = await api.call("PATCH", f"{path}/tags", {"candidates": ids, "tag": "Together"})
    await api.call("PATCH", f"{path}/destroy", {"candidates": ids[:2]})

    assert refused.json() == {"error": ["Can not perform bulk hire!"]}
    assert tagged.json().keys() == {"uuid"}
    assert "Together" in (await api.read(f"/candidates/{ids[2]}"))["candidate"]["tags"]
    assert (await api.call("GET", f"/candidates/{ids[0]}")).status_code == 404
