"""Jobs and stages: who claims which change."""

from dataclasses import replace
from typing import Any

import pytest

from service.core.unified.announce import lagging
from service.core.unified.model import Cause
from service.core.unified.registry import MODELS
from tests.unified import shapes
from tests.unified.shapes import (
    APPLIED,
    SCREEN,
    adopted,
    at,
    compare,
    context,
    drafts,
    events,
    job,
    offer,
    offer_webhook,
    paths,
    stage,
)


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
