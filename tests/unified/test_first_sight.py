"""What is told of a record that nobody knew yet."""

from typing import Any

import pytest

from service.core.unified.model import Cause, Draft, Snapshot, Verdict
from tests.unified.shapes import (
    APPLIED,
    HIRED,
    SCREEN,
    TALK,
    application,
    at,
    compare,
    disqualified,
    events,
    job,
    moved,
    paths,
    person,
    requalified,
    webhook,
)

NEW: dict[str, Any] = {"created_at": at(0), "updated_at": at(0)}


def test_a_quiet_first_read_adopts_everything_in_silence() -> None:
    verdict = compare(None, person(**NEW), webhook("new_candidate"), quiet=True)

    assert verdict.changes == ()
    assert verdict.snapshot == Snapshot(1, 0, person(**NEW).fields)


@pytest.mark.parametrize(
    ("draft", "cause"),
    [
        (person(), webhook("new_candidate", minute=3)),
        (person(), webhook("candidate_created", minute=3)),
        (person(), webhook("candidate_apply", minute=3)),
        (application(), webhook("new_candidate", minute=3)),
        (application(), webhook("candidate_assigned", minute=3)),
        (job(), webhook("job_add", minute=3, candidate_id=None)),
    ],
)
def test_what_a_webhook_calls_new_is_created(draft: Draft, cause: Cause) -> None:
    verdict = compare(None, draft, cause)

    assert events(verdict) == [f"{draft.model}.created"]
    created = verdict.changes[0]
    assert created.changes == () and created.record == draft.fields
    assert (created.at, created.causes) == (at(3), (cause,))
    assert verdict.snapshot is not None and verdict.snapshot.sequence == 1


@pytest.mark.parametrize(
    "draft", [person(**NEW), application(**NEW), job(**NEW)], ids=lambda d: d.model
)
def test_what_was_made_since_the_baseline_began_is_created(draft: Draft) -> None:
    verdict = compare(None, draft)

    assert events(verdict) == [f"{draft.model}.created"]
    assert verdict.changes[0].at == at(0)


@pytest.mark.parametrize(
    ("draft", "cause"),
    [
        (person(), None),
        (application(), None),
        (application(), webhook("candidate_assigned", job_ids=())),
        (application(), webhook("candidate_assigned", job_ids=("61",))),
        (application(), webhook("new_candidate", candidate_id="41")),
        (person(), webhook("candidate_moved", "stage_changed")),
        (job(), None),
    ],
)
def test_what_is_older_than_the_baseline_is_adopted_in_silence(
    draft: Draft, cause: Cause | None
) -> None:
    verdict = compare(None, draft, *([cause] if cause else []))

    assert verdict.changes == () and verdict.snapshot is not None


def test_a_created_application_tells_of_no_hop_besides() -> None:
    causes = [webhook("new_candidate", minute=1), moved(APPLIED, SCREEN, 2)]

    verdict = compare(None, application(stage_id=SCREEN), *causes)

    assert events(verdict) == ["application.created"]
    assert verdict.changes[0].at == at(2)
    assert compare(verdict.snapshot, application(stage_id=SCREEN), *causes) == Verdict(None)


def test_a_move_of_an_application_first_seen_is_told_from_its_details() -> None:
    verdict = compare(None, application(stage_id=SCREEN), moved(APPLIED, SCREEN, 4))

    assert events(verdict) == ["application.stage_changed"]
    assert paths(verdict.changes[0]) == {"current_stage_id": ("stage-710", "stage-711")}
    assert verdict.changes[0].at == at(4)


def test_a_move_without_a_stage_before_is_told_from_null() -> None:
    verdict = compare(None, application(stage_id=SCREEN), moved(None, SCREEN, 4))

    assert paths(verdict.changes[0]) == {"current_stage_id": (None, "stage-711")}


def test_a_move_that_the_fetch_has_left_behind_is_told_as_far_as_it_goes() -> None:
    verdict = compare(None, application(stage_id=TALK), moved(APPLIED, SCREEN, 4))

    assert paths(verdict.changes[0]) == {"current_stage_id": ("stage-710", "stage-712")}


def test_several_hops_of_an_application_first_seen_are_told_one_by_one() -> None:
    declined = application(stage_id=SCREEN, disqualify_kind="admin", disqualify_reason="No fit")

    verdict = compare(None, declined, moved(APPLIED, SCREEN, 4), disqualified(5))

    assert events(verdict) == ["application.stage_changed", "application.rejected"]
    assert paths(verdict.changes[0]) == {"current_stage_id": ("stage-710", "stage-711")}
    assert paths(verdict.changes[1]) == {
        "outcome": (None, "DECLINED"),
        "rejection_reason_name": (None, "No fit"),
        "rejected_at": (None, at(5)),
    }


def test_the_earliest_webhook_says_what_was_before_where_the_hops_do_not_chain() -> None:
    causes = [moved(APPLIED, SCREEN, 4), moved(SCREEN, APPLIED, 5)]

    verdict = compare(None, application(stage_id=TALK), *causes)

    assert [paths(change) for change in verdict.changes] == [
        {"current_stage_id": ("stage-710", "stage-712")}
    ]


def test_a_hire_first_seen_is_stage_changed_then_hired() -> None:
    draft = application(stage_id=HIRED, hired_at=at(4))

    verdict = compare(None, draft, moved(TALK, HIRED, 4))

    assert events(verdict) == ["application.stage_changed", "application.hired"]
    assert paths(verdict.changes[1]) == {"outcome": (None, "HIRED")}


def test_a_hire_that_ended_first_seen_is_unhired_then_stage_changed() -> None:
    verdict = compare(None, application(stage_id=TALK), moved(HIRED, TALK, 4))

    assert events(verdict) == ["application.unhired", "application.stage_changed"]
    assert paths(verdict.changes[0]) == {"outcome": ("HIRED", "PENDING")}


@pytest.mark.parametrize(
    ("keys", "cause", "told"),
    [
        ({"disqualify_kind": "admin"}, disqualified(5), ["application.rejected"]),
        ({}, disqualified(5), []),
        ({}, requalified(5), ["application.requalified"]),
        ({"disqualify_kind": "admin"}, requalified(5), []),
        ({"disqualify_kind": "admin"}, disqualified(5, job_ids=("61",)), []),
    ],
)
def test_a_fact_that_the_fetch_denies_is_not_told(
    keys: dict[str, Any], cause: Cause, told: list[str]
) -> None:
    assert events(compare(None, application(**keys), cause)) == told
