"""Jobs and their stages: what Recruitee's JSON says of them."""

from typing import Any

import pytest

from tests.unified.shapes import (
    APPLIED,
    HIRED,
    SCREEN,
    adopted,
    compare,
    drafts,
    job,
    lean_offer,
    offer,
)


def test_a_job_has_kombos_fields_and_what_kombo_lacks() -> None:
    fields = job().fields

    assert fields["name"] == "Lighthouse keeper" and fields["job_code"] == "k7m2p"
    assert fields["description"] == "<p>Light</p>\n<p>Stairs</p>"
    assert fields["employment_type"] == "FULL_TIME" and fields["remote_work_status"] == "ON_SITE"
    assert (fields["salary_amount_from"], fields["salary_amount_to"]) == (4000, 5200.5)
    assert fields["salary_amount"] is None and fields["salary_period"] == "MONTH"
    assert fields["weekly_hours"] == 40
    assert fields["location"] == {
        "city": "Ilha", "country": "PT", "raw": "Ilha, Portugal", "state": None, "street_1": "Cais 1",
        "street_2": None, "zip_code": "1000",
    }  # fmt: skip
    assert fields["tags"] == ["night", "sea"]
    assert fields["stage_ids"] == [f"stage-{i}" for i in (APPLIED, SCREEN, HIRED)]
    assert fields["hiring_team"] == [
        {"user_id": "user-11", "roles": ["RECRUITER", "MEMBER"]},
        {"user_id": "user-12", "roles": ["HIRING_MANAGER"]},
        {"user_id": "user-13", "roles": ["FOLLOWER"]},
    ]
    assert fields["screening_question_template_id"] == "300"
    assert fields["opened_at"] == "2026-01-02T08:00:00.000Z" and fields["closed_at"] is None


@pytest.mark.parametrize(
    ("status", "unified", "visibility"),
    [
        ("published", "OPEN", "PUBLIC"),
        ("internal", "OPEN", "INTERNAL"),
        ("draft", "DRAFT", "CONFIDENTIAL"),
        ("closed", "CLOSED", "CONFIDENTIAL"),
        ("archived", "ARCHIVED", "CONFIDENTIAL"),
        ("on_hold", "on_hold", None),
        (None, None, None),
    ],
)
def test_a_status_is_mapped_and_one_we_do_not_know_passes_through(
    status: str | None, unified: str | None, visibility: str | None
) -> None:
    fields = job(status=status).fields

    assert (fields["status"], fields["visibility"]) == (unified, visibility)


@pytest.mark.parametrize(
    ("code", "unified"),
    [
        ("fulltime_fixed_term", "FULL_TIME"),
        ("parttime_minijob", "PART_TIME"),
        ("temporary", "CONTRACT"),
        ("freelance", "FREELANCE"),
        ("traineeship", "INTERNSHIP"),
        ("volunteer", "VOLUNTEER"),
        ("gig_work", "gig_work"),
        (None, None),
    ],
)
def test_an_employment_type_is_mapped(code: str | None, unified: str | None) -> None:
    assert job(employment_type=code).fields["employment_type"] == unified


@pytest.mark.parametrize(
    ("keys", "model"),
    [
        ({"remote": True, "hybrid": False, "on_site": False}, "REMOTE"),
        ({"remote": True, "hybrid": False, "on_site": True}, "HYBRID"),
        ({"remote": False, "hybrid": False, "on_site": False}, None),
    ],
)
def test_several_work_models_are_hybrid(keys: dict[str, bool], model: str | None) -> None:
    assert job(**keys).fields["remote_work_status"] == model


def test_the_newer_editors_text_is_taken_where_it_is_in_use() -> None:
    text = {"wysiwyg_editor": "prosemirror", "description_html": "<p>New</p>"}

    assert job(**text).fields["description"] == "<p>New</p>\n<p>Stairs</p>"


@pytest.mark.parametrize(
    ("editor", "known"), [("redactor", True), ("prosemirror", False), (None, False)]
)
def test_a_list_serves_only_the_old_editors_text(editor: str | None, known: bool) -> None:
    texts = {"description": "Light", "requirements": None, "wysiwyg_editor": editor}

    fields = drafts("job", lean_offer() | texts)[0].fields

    assert fields.get("description") == ("Light" if known else None)
    assert ("description" in fields) is known


def test_a_lean_list_leaves_what_takes_several_keys_unknown() -> None:
    fields = drafts("job", lean_offer())[0].fields

    absent = {
        "description",
        "salary_currency",
        "tags",
        "hiring_team",
        "location",
        "remote_work_status",
    }
    assert absent.isdisjoint(fields) and "screening_question_template_id" not in fields
    assert fields["stage_ids"] and fields["status"] == "OPEN"


def test_a_lean_list_after_the_jobs_own_page_changes_nothing() -> None:
    assert compare(adopted(job()), drafts("job", lean_offer())[0]).snapshot is None


@pytest.mark.parametrize(
    "over", [{"kind": "talent_pool"}, {"example": True}, {"id": None}], ids=str
)
def test_pools_samples_and_the_nameless_are_no_jobs(over: dict[str, Any]) -> None:
    assert drafts("job", offer(**over)) == []


def test_stages_come_with_their_job_in_the_pipelines_order() -> None:
    found = drafts("job", offer())[1:]

    assert [draft.remote_id for draft in found] == [str(i) for i in (APPLIED, SCREEN, HIRED)]
    assert found[0].subject == ("stage", str(APPLIED))
    assert found[0].fields == {
        "id": "stage-710", "remote_id": "710", "name": "Step 710", "status": "ACTIVE", "category": "apply",
        "group": "active", "index": -1, "pipeline_id": "70", "remote_url": None, "custom_fields": None,
        "remote_deleted_at": None,
    }  # fmt: skip
