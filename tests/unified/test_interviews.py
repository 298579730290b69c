"""Interviews: scheduled, rescheduled, updated, canceled."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.unified.claims import events_of
from service.core.unified.model import Draft, Ref
from service.core.unified.registry import COLLECTIONS, MODELS, SOURCES
from tests.unified.owning import fed, removed, rows, spoiled, storable
from tests.unified.shapes import Json, adopted, at, compare, context, events, paths
from tests.unified.test_properties import JSON

START, END = "2026-05-04T08:30:00.000Z", "2026-05-04T09:15:00.000Z"


def meeting(**over: Any) -> Json:
    """An interview in the list of all."""
    return {
        "id": 900, "kind": "on_site", "custom_name": "Second talk", "candidate_id": 40, "offer_id": 60,
        "talent_pool_id": None, "stage_id": 712, "starts_at": "2026-05-04T08:30:00.000001Z",
        "duration": 45, "timezone": "Europe/Lisbon", "location": "Cais 1, Ilha", "note": "Ask of tides",
        "public_note": "<p>Bring boots</p> ", "private": False, "admin_id": 11, "admin_ids": [13, 12],
        "organizer_id": 12, "scheduled": True, "scheduler": "Admin",
        "event_attendees": [
            {"admin_id": 13, "response_status": "needs_action"},
            {"admin_id": 12, "response_status": "accepted"},
        ],
        "event_candidate_attendees": [
            {"candidate_id": 41, "response_status": "declined"},
            {"candidate_id": 40, "response_status": "accepted"},
        ],
        "rescheduled": False, "rescheduled_at": None, "rescheduled_by": None, "rescheduler_id": None,
        "reschedule_reason": None, "old_starts_at": None, "old_timezone": None,
        "video_provider": "recruitee", "video": None, "video_url": "https://meet.example.com/v/9",
        "event_url": "https://example.com/v/secret1", "sync_url": "https://example.com/s/secret2",
        "google_calendar_url": "https://example.com/g/secret3", "yahoo_calendar_url": None,
        "interview_meeting_rooms": [], "interview_result_requests": [], "reminders": [],
        "candidate_email": None, "exclude_candidate_from_attendees": False,
        "hide_candidates_names": False, "notify_config": None,
        "created_at": "2026-02-01T10:00:00.000000Z", "updated_at": "2026-02-01T10:00:00.000000Z",
    } | over  # fmt: skip


def one(**over: Any) -> Draft:
    """The draft of an interview with the candidate 40."""
    return rows("candidate_interviews", meeting(**over))[0]


def test_an_interview_is_read_but_for_the_addresses_that_let_one_in() -> None:
    draft = one()

    assert draft.subject == Ref("candidate", "40")
    assert draft.fields == {
        "id": "interview-900", "remote_id": "900", "title": "Second talk", "kind": "on_site",
        "status": "SCHEDULED", "starting_at": START, "ending_at": END, "timezone": "Europe/Lisbon",
        "location": {
            "city": None, "country": None, "raw": "Cais 1, Ilha", "state": None, "street_1": None,
            "street_2": None, "zip_code": None,
        },
        "video_conferencing_url": "https://meet.example.com/v/9", "video_provider": "recruitee",
        "user_ids": ["user-12", "user-13"], "organizer_id": "user-12", "author_id": "user-11",
        "attendees": [
            {"user_id": "user-12", "response": "accepted"},
            {"user_id": "user-13", "response": "needs_action"},
        ],
        "candidate_response": "accepted", "candidate_id": "candidate-40", "job_id": "job-60",
        "stage_id": "stage-712", "is_private": False, "internal_note": "Ask of tides",
        "public_note": "<p>Bring boots</p> ", "rescheduled_at": None, "reschedule_reason": None,
        "remote_created_at": "2026-02-01T10:00:00.000Z",
        "remote_updated_at": "2026-02-01T10:00:00.000Z", "remote_deleted_at": None,
    }  # fmt: skip
    assert set(draft.fields) == set(MODELS["interview"].fields) - {"application_id", "canceled"}


@pytest.mark.parametrize(
    ("keys", "fields"),
    [
        ({"duration": None}, {"starting_at": START, "ending_at": None}),
        ({"starts_at": None}, {"starting_at": None, "ending_at": None}),
        ({"duration": "90"}, {"ending_at": "2026-05-04T10:00:00.000Z"}),
        ({"duration": 0.5}, {"ending_at": "2026-05-04T08:30:30.000Z"}),
        ({"location": " "}, {"location": None}),
        ({"scheduled": False}, {"status": "PLANNED"}),
        ({"event_candidate_attendees": []}, {"candidate_response": None}),
        ({"offer_id": None, "talent_pool_id": 8}, {"job_id": None}),
        ({"custom_name": ""}, {"title": None}),
        ({"kind": "seance"}, {"kind": "seance"}),
    ],
)
def test_values_are_read_as_recruitee_writes_them(keys: Json, fields: Json) -> None:
    found = one(**keys).fields

    assert {name: found[name] for name in fields} == fields


@pytest.mark.parametrize("keys", [{"duration": 10**14}, {"duration": []}, {"starts_at": "soon"}])
def test_an_end_that_cannot_be_told_stays_unknown(keys: Json) -> None:
    assert "ending_at" not in one(**keys).fields


def test_an_interview_with_somebody_else_is_not_the_candidate_s() -> None:
    assert rows("candidate_interviews", meeting(candidate_id=41)) == []
    assert len(rows("candidate_interviews", meeting(candidate_id=None))) == 1


@pytest.mark.parametrize(
    ("keys", "changed"),
    [
        ({"starts_at": "2026-05-05T08:30:00Z"}, {"starting_at", "ending_at"}),
        ({"duration": 60}, {"ending_at"}),
        (
            {
                "starts_at": "2026-05-05T08:30:00Z", "timezone": "Europe/Rome", "rescheduled": True,
                "rescheduled_at": "2026-04-21T08:04:00Z", "reschedule_reason": "Storm",
            },
            {"starting_at", "ending_at", "timezone", "rescheduled_at", "reschedule_reason"},
        ),
    ],
)  # fmt: skip
def test_another_time_is_one_reschedule(keys: Json, changed: set[str]) -> None:
    entry = fed("interview_event_rescheduled", 4)

    verdict = compare(adopted(one()), one(**keys, updated_at=at(4)), entry)

    assert events(verdict) == ["interview.rescheduled"]
    change = verdict.changes[0]
    assert set(paths(change)) == changed
    assert (change.at, change.causes, change.subject) == (at(4), (entry,), Ref("candidate", "40"))


def test_what_else_changes_is_an_update_beside_it() -> None:
    keys: Json = {"duration": 60, "custom_name": "Talk", "admin_ids": [12], "updated_at": at(4)}

    verdict = compare(adopted(one()), one(**keys))

    assert events(verdict) == ["interview.rescheduled", "interview.updated"]
    assert paths(verdict.changes[1]) == {
        "title": ("Second talk", "Talk"),
        "user_ids": (["user-12", "user-13"], ["user-12"]),
    }


@pytest.mark.parametrize(
    "keys",
    [
        {"timezone": "Europe/Rome"},
        {"scheduled": False},
        {"stage_id": 711},
        {"video_url": None},
        {"event_candidate_attendees": [{"candidate_id": 40, "response_status": "declined"}]},
    ],
)
def test_a_change_that_leaves_the_time_alone_is_an_update(keys: Json) -> None:
    assert events(compare(adopted(one()), one(**keys))) == ["interview.updated"]


def test_an_interview_is_scheduled_canceled_and_scheduled_again() -> None:
    new = one(created_at=at(3), updated_at=at(3))
    made = compare(None, new, fed("interview_event_scheduled", 3))
    assert events(made) == ["interview.scheduled"] and made.snapshot is not None

    entry = fed("interview_event_remove", 29)
    ended = removed(made.snapshot, new, entry)
    assert events(ended) == ["interview.canceled"]
    assert paths(ended.changes[0]) == {"remote_deleted_at": (None, at(30))}
    assert ended.changes[0].causes == (entry,)

    assert events(compare(ended.snapshot, new)) == ["interview.scheduled"]
    assert events(compare(None, one())) == []


def test_the_contract_s_claims_are_in_the_table() -> None:
    model = MODELS["interview"]

    assert events_of(model, "starting_at") == ("interview.rescheduled",)
    assert events_of(model, "ending_at") == ("interview.rescheduled",)
    assert events_of(model, "title") == ("interview.updated",)
    assert events_of(model, "remote_deleted_at") == ("interview.canceled", "interview.scheduled")


def test_the_list_is_asked_for_all_of_one_candidate_or_of_everybody() -> None:
    found = COLLECTIONS["candidate_interviews"]

    assert found.owner == "candidate" and found.bulk is not None
    assert found.listing.path == found.bulk.path == "/interview/events"
    assert found.listing.params == {"candidate_id": "{id}", "scope": "all", "status": "all"}
    assert found.bulk.params == {"scope": "all", "status": "all"}
    assert found.owner_of(meeting()) == "40" and found.owner_of({}) is None


def test_every_field_has_its_source() -> None:
    assert list(SOURCES["interview"]) == list(MODELS["interview"].fields)


@settings(max_examples=100, deadline=None)
@given(row=spoiled(meeting()) | JSON, references=JSON, duration=st.integers() | st.floats())
def test_no_json_makes_an_interview_raise(row: Any, references: Any, duration: float) -> None:
    found = COLLECTIONS["candidate_interviews"]

    for raw in (row, meeting(duration=duration)):
        for draft in found.expand(raw, references, context(), "40"):
            storable(draft)
    if isinstance(row, dict):
        found.owner_of(row)
