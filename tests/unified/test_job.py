"""Jobs and their stages: mapping, and who claims which change."""

from dataclasses import replace
from typing import Any

import pytest

from service.core.unified.announce import lagging
from service.core.unified.model import Cause
from service.core.unified.registry import MODELS
from tests.unified import shapes
from tests.unified.shapes import (
    APPLIED,
    HIRED,
    SCREEN,
    adopted,
    at,
    compare,
    context,
    drafts,
    events,
    job,
    lean_offer,
    offer,
    offer_webhook,
    paths,
    stage,
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


@pytest.mark.parametrize(
    ("left", "came", "told"),
    [
        ("draft", "published", {"published": {"visibility", "status", "opened_at"}}),
        ("internal", "published", {"published": {"visibility", "opened_at"}}),
        ("published", "internal", {"unpublished": {"visibility", "opened_at"}}),
        ("published", "draft", {"unpublished": {"visibility", "status", "opened_at"}}),
        (
            "published",
            "closed",
            {"unpublished": {"visibility", "opened_at"}, "closed": {"status", "closed_at"}},
        ),
        (
            "published",
            "archived",
            {"unpublished": {"visibility", "opened_at"}, "archived": {"status", "closed_at"}},
        ),
        ("closed", "archived", {"archived": {"status", "closed_at"}, "updated": {"opened_at"}}),
        ("archived", "closed", {"closed": {"status", "closed_at"}, "updated": {"opened_at"}}),
        ("closed", "published", {"published": {"visibility", "status", "opened_at", "closed_at"}}),
        ("draft", "internal", {"updated": {"visibility", "status", "opened_at"}}),
        (
            "internal",
            "closed",
            {"closed": {"status", "closed_at"}, "updated": {"visibility", "opened_at"}},
        ),
    ],
)
def test_a_change_of_status_is_told_by_the_events_that_claim_it(
    left: str, came: str, told: dict[str, set[str]]
) -> None:
    closing = {"closed", "archived"}
    before = adopted(
        job(status=left, published_at=at(0), closed_at=at(1) if left in closing else None)
    )
    closed_at = {"closed": at(2), "archived": at(3)}.get(came)

    verdict = compare(before, job(status=came, published_at=at(1), closed_at=closed_at))

    found = {change.event: set(paths(change)) for change in verdict.changes}
    assert found == {f"job.{event}": fields for event, fields in told.items()}
    assert events(verdict) == [f"job.{event}" for event in told]


@pytest.mark.parametrize(
    ("over", "event", "path"),
    [
        ({"tags": [{"id": 9, "name": "new"}]}, "tags_changed", "tags"),
        ({"pipeline_template": {"id": 70, "stages": []}}, "stages_changed", "stage_ids"),
        (
            {"open_question_template_id": None},
            "questions_changed",
            "screening_question_template_id",
        ),
        ({"recruiter_id": 14}, "hiring_team_changed", "hiring_team"),
        ({"title": "Keeper"}, "updated", "name"),
        ({"careers_url": None}, "updated", "post_url"),
        ({"department_id": 6, "department": "Hills"}, "updated", "department_id"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_each_kind_of_edit_has_its_event(over: dict[str, Any], event: str, path: str) -> None:
    verdict = compare(adopted(job()), job(**over))

    assert events(verdict) == [f"job.{event}"]
    assert set(paths(verdict.changes[0])) == {path}


def test_a_departments_new_name_is_not_its_jobs_news() -> None:
    verdict = compare(adopted(job()), job(department="Shore"))

    assert verdict.changes == () and verdict.snapshot is not None
    assert verdict.snapshot.fields["department"] == "Shore"


def test_a_job_change_is_dated_by_its_webhook() -> None:
    cause = offer_webhook("offer_updated", "tags_changed", minute=7)
    of_another = offer_webhook("offer_updated", minute=9)

    draft = job(tags=[], offer_tags=[], updated_at=at(6))
    verdict = compare(adopted(job()), draft, cause, replace(of_another, job_ids=("61",)))

    assert verdict.changes[0].at == at(7) and verdict.changes[0].causes == (cause,)


def test_a_candidates_webhook_says_nothing_of_its_job() -> None:
    verdict = compare(
        adopted(job()), job(title="Keeper", updated_at=at(6)), shapes.moved(APPLIED, SCREEN, 8)
    )

    assert verdict.changes[0].causes == () and verdict.changes[0].at == at(6)


@pytest.mark.parametrize(
    ("status", "cause", "told"),
    [
        (
            "published",
            offer_webhook("offer_published"),
            {"job.published": {"visibility": (None, "PUBLIC")}},
        ),
        (
            "archived",
            offer_webhook("offer_unpublished"),
            {"job.unpublished": {"visibility": ("PUBLIC", "CONFIDENTIAL")}},
        ),
        (
            "published",
            offer_webhook("offer_updated", "status_changed"),
            {"job.published": {"status": (None, "OPEN"), "visibility": (None, "PUBLIC")}},
        ),
        (
            "closed",
            offer_webhook("offer_updated", "status_changed"),
            {"job.closed": {"status": (None, "CLOSED")}},
        ),
        (
            "published",
            offer_webhook("offer_updated", "tags_changed"),
            {"job.tags_changed": {"tags": (None, ["night", "sea"])}},
        ),
        ("closed", offer_webhook("offer_published"), {}),
        ("published", offer_webhook("offer_unpublished"), {}),
        ("published", offer_webhook("offer_updated", "offer_changed"), {}),
    ],
)
def test_a_job_first_seen_with_a_webhook_tells_what_the_webhook_states(
    status: str, cause: Cause, told: dict[str, Any]
) -> None:
    verdict = compare(None, job(status=status), cause)

    assert {change.event: paths(change) for change in verdict.changes} == told


@pytest.mark.parametrize(
    ("cause", "updated", "lags"),
    [
        (offer_webhook("offer_updated", minute=5, status="closed"), 3, True),
        (offer_webhook("offer_updated", minute=5, status="closed"), 6, False),
        (offer_webhook("offer_updated", minute=5, status="published"), 3, False),
        (offer_webhook("offer_unpublished", minute=5, status="archived"), 3, True),
        (offer_webhook("offer_unpublished", minute=5), 3, False),
        (offer_webhook("offer_published", minute=5), 3, False),
    ],
)
def test_a_fetch_lags_behind_a_webhook_whose_status_it_does_not_show(
    cause: Cause, updated: int, lags: bool
) -> None:
    assert lagging(MODELS["job"], job(updated_at=at(updated)), [cause], context()) is lags


def test_stages_come_with_their_job_in_the_pipelines_order() -> None:
    found = drafts("job", offer())[1:]

    assert [draft.remote_id for draft in found] == [str(i) for i in (APPLIED, SCREEN, HIRED)]
    assert found[0].subject == ("stage", str(APPLIED))
    assert found[0].fields == {
        "id": "stage-710", "remote_id": "710", "name": "Step 710", "status": "ACTIVE", "category": "apply",
        "group": "active", "index": -1, "pipeline_id": "70", "remote_url": None, "custom_fields": None,
        "remote_deleted_at": None,
    }  # fmt: skip


def test_a_stage_that_is_renamed_is_one_event_of_the_stage() -> None:
    old, new = (
        drafts(
            "job",
            offer(
                pipeline_template={"id": 70, "stages": [stage(SCREEN, 1, "interview", name=name)]}
            ),
        )
        for name in ("Talk", "Meet")
    )

    assert events(compare(adopted(old[1]), new[1])) == ["stage.updated"]
    assert compare(adopted(old[0]), new[0]).snapshot is None


def test_a_stage_that_returns_is_created_again() -> None:
    draft = drafts("job", offer())[1]
    gone = replace(adopted(draft), deleted=True, fields=draft.fields | {"remote_deleted_at": at(1)})

    verdict = compare(gone, draft)

    assert events(verdict) == ["stage.created"]
    assert paths(verdict.changes[0]) == {"remote_deleted_at": (at(1), None)}
