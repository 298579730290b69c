"""Every edit through the API is told by the timeline, by the event that Recruitee has for it."""

from typing import Any

import pytest

from tests.sandbox.conftest import Api, Clock


class Timeline:
    """What was appended since the last look."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._last = 0

    async def new(self) -> list[dict[str, Any]]:
        query: dict[str, Any] = {"limit": 1000, "cursor_order": "asc"}
        rows = (await self._api.read(
            "/tracking/activities", cursor_position=self._last, **query
        ))["activities"]  # fmt: skip
        self._last = rows[-1]["id"] if rows else self._last
        return list(rows)

    async def events(self) -> list[str]:
        return [one["event"] for one in await self.new()]


@pytest.fixture
async def timeline(api: Api) -> Timeline:
    timeline = Timeline(api)
    await timeline.new()
    return timeline


@pytest.fixture
async def who(api: Api) -> dict[str, Any]:
    """Somebody with everything: the seventh who came."""
    people = (await api.read("/candidates", limit=100))["candidates"]
    found: dict[str, Any] = (await api.read(f"/candidates/{people[-7]['id']}"))["candidate"]
    return found


EDITS: list[tuple[str, str, Any, list[str]]] = [
    ("POST", "/candidates/{who}/tags", {"tag": "rare"}, ["tag_add", "candidate_tags"]),
    ("DELETE", "/candidates/{who}/tags", {"tag": "senior"}, ["candidate_tags_remove"]),
    ("POST", "/candidates/{who}/notes", {"note": {"body": "x"}}, ["candidate_note_add"]),
    ("DELETE", "/notes/{note}", None, ["candidate_note_remove"]),
    ("POST", "/offers/{job}/notes", {"note": {"body": "x"}}, ["job_note_add"]),
    ("POST", "/attachments", {"attachment": {"remote_file_url": "https://example.com/a.pdf",
                                             "candidate_id": "{who}"}},
     ["candidate_attachment_upload"]),
    ("DELETE", "/attachments/{attachment}", None, ["candidate_attachment_remove"]),
    ("POST", "/custom_fields/candidates/{who}/fields",
     {"field": {"kind": "single_line", "name": "Salary", "values": [{"text": "1"}]}},
     ["candidate_field_created"]),
    ("PATCH", "/custom_fields/candidates/fields/{field}", {"field": {"values": []}},
     ["candidate_field_updated"]),
    ("DELETE", "/custom_fields/candidates/{who}/fields/{field}", None,
     ["candidate_field_deleted"]),
    ("POST", "/gdpr/candidates/{who}/set_gdpr_custom_expires_at",
     {"gdpr_custom_expires_at": "2027-01-01T00:00:00Z"}, ["gdpr_custom_expires_at_updated"]),
    ("POST", "/interview/candidates/{who}/events",
     {"interview_event": {"kind": "phone", "starts_at": "2026-05-01T10:00:00Z", "duration": 30,
                          "timezone": "Europe/Berlin"}}, ["interview_event_scheduled"]),
    ("PATCH", "/interview/events/{event}", {"interview_event": {"location": "Here"}},
     ["interview_event_change"]),
    ("PATCH", "/interview/events/{event}",
     {"interview_event": {"starts_at": "2026-05-02T10:00:00Z"}}, ["interview_event_rescheduled"]),
    ("POST", "/interview/events/{event}/schedule", None, ["interview_event_scheduled"]),
    ("DELETE", "/interview/events/{event}", None, ["interview_event_deleted"]),
    ("POST", "/interview/candidates/{who}/results",
     {"interview_result": {"kind": "rating", "stage_id": 5, "rating": "yes"}},
     ["interview_result_add"]),
    ("PATCH", "/interview/results/{result}", {"interview_result": {"rating": "no"}},
     ["interview_result_update"]),
    ("DELETE", "/interview/results/{result}", None, ["interview_result_remove"]),
    ("POST", "/tasks", {"task": {"title": "Call", "candidate_id": "{who}"}}, ["task_add"]),
    ("DELETE", "/placements/{placement}", None, ["candidate_offer_remove"]),
    ("PATCH", "/placements/{placement}/locations", {"location_ids": []},
     ["placement_location_updated"]),
    ("PATCH", "/candidates/{who}/unfollow", None, ["candidate_follower_remove"]),
    ("PATCH", "/candidates/{who}/merge", {"ids": ["{other}"]}, ["candidate_merge"]),
    ("PATCH", "/offers/{job}", {"offer": {"recruiter_id": None, "remote": True, "on_site": False,
                                          "location_ids": []}},
     ["job_recruiter_clear", "job_location_updated", "job_work_model_updated"]),
    ("PATCH", "/candidates/{who}/set_as_cv/{document}", None,
     ["candidate_attachment_upload", "candidate_attachment_upload"]),
    ("POST", "/locations", {"location": {"name": "New"}}, ["location_created"]),
    ("PATCH", "/locations/{location}", {"location": {"city": "Bonn"}}, ["location_updated"]),
    ("PATCH", "/locations/{location}/archive", None, ["location_archived"]),
    ("DELETE", "/locations/{location}", None, ["location_deleted"]),
    ("POST", "/disqualify_reasons", {"disqualify_reason": {"name": "New"}},
     ["disqualify_reason_add"]),
    ("DELETE", "/disqualify_reasons/{reason}", None, ["disqualify_reason_remove"]),
    ("DELETE", "/tags/{tag}", None, ["tag_remove"]),
    ("DELETE", "/memberships/{member}", None, ["member_remove"]),
    ("POST", "/pipeline_templates/{pipeline}/stages", {"stage": {"name": "New"}}, ["stage_add"]),
    ("PATCH", "/bulk/candidates/tags", {"candidates": ["{who}"], "tag": "Portuguese"},
     ["candidate_tags"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body", "events"), EDITS, ids=[f"{one[0]} {one[1]}" for one in EDITS]
)
async def test_an_edit_is_told(
    api: Api,
    timeline: Timeline,
    who: dict[str, Any],
    method: str,
    path: str,
    body: Any,
    events: list[str],
) -> None:
    names = await named(api, who)
    await timeline.new()
    answer = await api.call(method, path.format(**names), filled(body, names))

    assert answer.status_code in {200, 201}, answer.text
    assert await timeline.events() == events


def filled(body: Any, names: dict[str, int]) -> Any:
    if isinstance(body, dict):
        return {key: filled(value, names) for key, value in body.items()}
    if isinstance(body, list):
        return [filled(one, names) for one in body]
    return names[body[1:-1]] if isinstance(body, str) and body.startswith("{") else body


async def named(api: Api, who: dict[str, Any]) -> dict[str, int]:
    """Return ids of one record of each kind that the rich candidate or the company has."""

    async def first(path: str, key: str, **query: Any) -> int:
        return int((await api.read(path, **query))[key][0]["id"])

    mine = f"/candidates/{who['id']}"
    made = await api.call("POST", "/attachments", {"attachment": {
        "candidate_id": who["id"], "remote_file_url": "https://example.com/new.pdf"}})  # fmt: skip
    found = {
        "who": who["id"], "placement": who["placements"][0]["id"],
        "job": who["placements"][0]["offer_id"], "field": who["fields"][2]["id"],
        "note": await first(f"{mine}/notes", "notes"), "document": made.json()["attachment"]["id"],
        "attachment": await first(f"{mine}/attachments", "attachments", kind="image"),
        "event": await first("/interview/events", "interview_events", candidate_id=who["id"]),
        "result": await first("/interview/results", "interview_results", candidate_id=who["id"]),
        "location": await first("/locations", "locations", scope="active"),
        "reason": await first("/disqualify_reasons", "disqualify_reasons"),
        "tag": await first("/tags", "tags"),
        "member": int((await api.read("/memberships"))["memberships"][-1]["id"]),
        "pipeline": await first("/pipeline_templates", "pipeline_templates"),
        "other": (await api.read("/candidates", limit=1))["candidates"][0]["id"],
    }  # fmt: skip
    return found


async def test_edits_that_recruitee_has_no_event_for_are_seen_elsewhere(
    api: Api, timeline: Timeline, who: dict[str, Any], clock: Clock
) -> None:
    clock.advance(60)
    await api.call("PATCH", f"/candidates/{who['id']}", {"candidate": {"title": "Prof"}})
    department = (await api.read("/departments"))["departments"][0]["id"]
    await api.call("PATCH", f"/departments/{department}", {"department": {"name": "Renamed"}})
    hits = (await api.read("/search/new/candidates", sort_by="updated_at_desc"))["hits"]

    assert await timeline.events() == []
    assert hits[0]["id"] == who["id"]
    assert (await api.read("/departments"))["departments"][0]["name"] == "Renamed"


async def test_the_timeline_of_one_candidate_or_job_is_their_part_of_the_companys(
    api: Api, who: dict[str, Any]
) -> None:
    await api.call("POST", f"/candidates/{who['id']}/tags", {"tag": "Portuguese"})
    own = (await api.read(f"/tracking/candidates/{who['id']}/activities"))["activities"]
    job = who["placements"][0]["offer_id"]
    jobs = (await api.read(f"/tracking/offers/{job}/activities", limit=100))["activities"]

    assert [one["event"] for one in own] == ["candidate_tags", own[-1]["event"]]
    assert {one["candidate_id"] for one in own} == {who["id"]}
    assert {one["offer_id"] for one in jobs} == {job}
    assert (await api.call("GET", "/tracking/candidates/1/activities")).status_code == 404


async def test_the_timeline_is_narrowed_by_event_and_day(api: Api, who: dict[str, Any]) -> None:
    await api.call("POST", f"/candidates/{who['id']}/tags", {"tag": "Portuguese"})
    some = (await api.read("/tracking/activities", events="candidate_tags"))["activities"]
    today = (await api.read("/tracking/activities", start_date="21 Apr 2026"))["activities"]
    before = await api.read("/tracking/activities", end_date="2026-01-01", limit=1000)

    assert [one["event"] for one in some] == ["candidate_tags"]
    assert {one["created_at"][:10] for one in today} == {"2026-04-21"}
    assert {one["event"] for one in before["activities"]} == {"job_add"}


async def test_a_feed_skips_repeats_and_reorders_when_told(api: Api) -> None:
    honest = [
        one["id"] for one in (await api.read("/tracking/activities", limit=1000))["activities"]
    ]

    async def read(**knobs: Any) -> list[int]:
        await api.knobs(feed_skip=0, feed_repeat=0, feed_reorder=False)
        await api.knobs(**knobs)
        rows = (await api.read("/tracking/activities", limit=1000))["activities"]
        return [one["id"] for one in rows]

    skipped, repeated = await read(feed_skip=0.4), await read(feed_repeat=0.4)
    reordered = await read(feed_reorder=True)
    lacking = await read(feed_reorder=False, feed_lacks=["job_add"])
    await api.knobs(feed_lacks=[])

    assert set(lacking) < set(honest)
    assert 0 < len(skipped) < len(honest) and set(skipped) < set(honest)
    assert set(repeated) == set(honest) and len(repeated) > len(honest)
    assert reordered != honest and sorted(reordered, reverse=True) == honest


async def test_a_cursor_that_vanished_is_refused_or_ignored(api: Api) -> None:
    newest = (await api.read("/tracking/activities", limit=1))["activities"][0]["id"]
    asked = {"cursor_order": "asc", "cursor_position": newest, "limit": 5}
    await api.knobs(feed_cursor="ignored")
    ignored = (await api.read("/tracking/activities", **asked))["activities"]
    await api.knobs(feed_cursor="refused")
    path = f"/c/5600/tracking/activities?cursor_order=asc&cursor_position={newest}"

    assert len(ignored) == 5 and ignored[0]["event"] == "job_add"
    assert (await api.client.get(path)).status_code == 404
