"""Entries of the feed: told once, and never of a change."""

from typing import Any

import pytest
from hypothesis import given, settings

from service.core.unified.model import Draft, Ref
from service.core.unified.models import activity
from service.core.unified.registry import COLLECTIONS, MODELS, SOURCES, claims_table
from tests.unified.owning import ADMIN, removed, spoiled, storable
from tests.unified.shapes import Json, adopted, at, compare, context, events
from tests.unified.test_properties import JSON


def entry(**over: Any) -> Json:
    """An entry of the feed."""
    return {
        "id": 8001, "event": "candidate_stage_change", "admin_id": 11, "candidate_id": 40,
        "offer_id": 60, "created_at": at(3),
        "message_short_html": "moved to <strong>Talk</strong> ",
    } | over  # fmt: skip


def one(**over: Any) -> Draft:
    """The draft of an entry."""
    found = activity.draft(entry(**over), [ADMIN], context())
    assert found is not None
    return found


def test_an_entry_is_read_whole() -> None:
    draft = one()

    assert draft.fields == {
        "id": "activity-8001", "remote_id": "8001", "event": "candidate_stage_change",
        "message_html": "moved to <strong>Talk</strong> ", "author_id": "user-11",
        "candidate_id": "candidate-40", "job_id": "job-60", "remote_created_at": at(3),
    }  # fmt: skip
    assert set(draft.fields) == set(MODELS["activity"].fields)


@pytest.mark.parametrize(
    ("keys", "subject"),
    [
        ({}, Ref("candidate", "40")),
        ({"candidate_id": None}, Ref("job", "60")),
        ({"candidate_id": None, "offer_id": None}, Ref("activity", "8001")),
        ({"candidate_id": "x", "offer_id": []}, Ref("activity", "8001")),
    ],
)
def test_an_entry_is_in_the_order_of_whom_it_is_about(keys: Json, subject: Ref) -> None:
    assert one(**keys).subject == subject


def test_an_entry_without_an_id_is_none() -> None:
    assert activity.draft({"event": "job_add"}, [], context()) is None


def test_an_entry_is_created_and_nothing_else() -> None:
    made = compare(None, one())

    assert events(made) == ["activity.created"] and made.changes[0].at == at(3)
    assert made.snapshot is not None
    again = one(message_short_html="moved", event="candidate_hired", admin_id=None)
    assert events(compare(made.snapshot, again)) == []
    assert events(removed(adopted(one()), one())) == []
    assert set(claims_table()["activity"].values()) == {()}


def test_an_entry_of_before_the_baseline_is_adopted_in_silence() -> None:
    assert events(compare(None, one(created_at="2026-02-01T00:00:00Z"))) == []


def test_the_feed_is_no_list_that_is_read_whole() -> None:
    assert "activity" not in {each.member for each in COLLECTIONS.values()}


def test_every_field_has_its_source() -> None:
    assert list(SOURCES["activity"]) == list(MODELS["activity"].fields)


@settings(max_examples=100, deadline=None)
@given(row=spoiled(entry()) | JSON, references=JSON)
def test_no_json_makes_an_entry_raise(row: Any, references: Any) -> None:
    found = activity.draft(row, references, context())

    if found is not None:
        storable(found)
