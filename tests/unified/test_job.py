"""Jobs and their stages: what Recruitee's JSON says of them."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.unified import offer as parts
from service.core.unified.model import Context
from service.core.unified.registry import MODELS
from tests.unified.shapes import (
    APPLIED,
    HIRED,
    SCREEN,
    adopted,
    compare,
    context,
    drafts,
    events,
    job,
    lean_offer,
    offer,
    paths,
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
        ("seasonal", "SEASONAL"),
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
    found = [draft for draft in drafts("job", offer()) if draft.model == "stage"]

    assert [draft.remote_id for draft in found] == [str(i) for i in (APPLIED, SCREEN, HIRED)]
    assert found[0].subject == ("stage", str(APPLIED))
    assert found[0].fields == {
        "id": "stage-710", "remote_id": "710", "name": "Step 710", "status": "ACTIVE", "category": "apply",
        "group": "active", "index": -1, "locked": True, "time_limit": None,
        "pipeline_id": "70", "remote_url": None, "custom_fields": None,
        "remote_deleted_at": None,
    }  # fmt: skip


EMPLOYMENT_TYPES = (
    "fulltime", "fulltime_permanent", "fulltime_fixed_term", "parttime", "parttime_permanent",
    "parttime_fixed_term", "parttime_minijob", "contract", "freelance", "temporary", "internship",
    "apprenticeship", "traineeship", "seasonal", "volunteer",
)  # fmt: skip


def test_every_value_that_recruitee_is_known_to_have_has_its_unified_one() -> None:
    unified = [job(employment_type=code).fields["employment_type"] for code in EMPLOYMENT_TYPES]

    assert all(value.isupper() for value in unified)
    for period in ("hour", "day", "week", "month", "year"):
        salary = {"min": "1", "max": "1", "period": period, "currency": "EUR"}
        assert job(salary=salary).fields["salary_period"].isupper()
    assert set(parts.STATUSES) == set(parts.POSTINGS)
    assert all(job(status=status).unmapped == () for status in parts.STATUSES)


def test_a_status_we_do_not_know_is_counted_where_it_has_no_unified_word() -> None:
    found = {draft.model: draft for draft in drafts("job", offer(status="on_hold"))}

    assert found["job"].unmapped == (("visibility", "on_hold"),)
    assert found["job_posting"].unmapped == (("status", "on_hold"),)
    assert found["job_posting"].fields["status"] is None


def test_one_salary_is_an_amount_and_decimals_are_read_from_text() -> None:
    pay = {"min": "61000.50", "max": "61000.50", "period": "year", "currency": "EUR"}
    fields = job(salary=pay, max_hours_per_week="38.5").fields

    assert fields["salary_amount"] == 61000.5 and fields["weekly_hours"] == 38.5


@pytest.mark.parametrize("value", ["yes", 1, {}, []], ids=str)
def test_a_work_model_that_is_no_yes_or_no_is_unknown(value: object) -> None:
    assert "remote_work_status" not in job(remote=value).fields


def test_a_job_names_all_its_locations_and_requisitions() -> None:
    fields = job(location_ids=[32, 31], requisition_ids=[7]).fields

    assert fields["location_ids"] == ["location-31", "location-32"]
    assert fields["requisition_ids"] == ["7"]


HTML = st.text(st.sampled_from("<p>&amp;é \n"), max_size=30)


@given(description=HTML, requirements=HTML)
def test_html_is_joined_and_never_mangled(description: str, requirements: str) -> None:
    told = job(description=description, requirements=requirements).fields["description"] or ""

    assert told == "\n".join(part for part in (description.strip(), requirements.strip()) if part)


ASKED = [{"question_id": "screening_question-1", "remote_id": "1", "index": 0, "required": True}]
OTHERS = [{"question_id": "screening_question-2", "remote_id": "2", "index": 0, "required": False}]


def _knowing(**questions: list[dict[str, Any]]) -> Context:
    return replace(context(), questions={key.strip("t"): asked for key, asked in questions.items()})


def test_a_job_shows_the_questions_of_its_template_where_they_are_known() -> None:
    known = _knowing(t300=ASKED)

    assert drafts("job", offer(), known=known)[0].fields["screening_questions"] == ASKED
    assert "screening_questions" not in job().fields
    assert job(open_question_template_id=None).fields["screening_questions"] == []
    assert "screening_questions" not in drafts("job", lean_offer(), known=known)[0].fields


@pytest.mark.parametrize(
    ("over", "known", "changed"),
    [
        ({}, _knowing(t300=OTHERS), {"screening_questions"}),
        (
            {"open_question_template_id": 301},
            _knowing(t300=ASKED, t301=OTHERS),
            {"screening_question_template_id", "screening_questions"},
        ),
        (
            {"open_question_template_id": 301},
            _knowing(t301=ASKED),
            {"screening_question_template_id"},
        ),
    ],
    ids=["an edited template", "another template", "another template that asks the same"],
)
def test_other_questions_are_one_event(
    over: dict[str, Any], known: Context, changed: set[str]
) -> None:
    before = adopted(drafts("job", offer(), known=_knowing(t300=ASKED))[0])

    verdict = compare(before, drafts("job", offer(**over), known=known)[0])

    assert events(verdict) == ["job.questions_changed"]
    assert set(paths(verdict.changes[0])) == changed


def test_questions_that_become_known_are_no_change() -> None:
    verdict = compare(adopted(job()), drafts("job", offer(), known=_knowing(t300=ASKED))[0])

    assert verdict.changes == () and verdict.snapshot is not None
    assert verdict.snapshot.fields["screening_questions"] == ASKED


def test_counters_are_kept_current_in_silence() -> None:
    verdict = compare(adopted(job()), job(notes_count=4, attachments_count=1))

    assert verdict.changes == () and verdict.snapshot is not None
    assert verdict.snapshot.fields["notes_count"] == 4
    assert {"notes_count", "attachments_count"} <= MODELS["job"].volatile
