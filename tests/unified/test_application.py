"""Applications: outcome, rejection, and the stages that must be known for them."""

from dataclasses import replace
from typing import Any

import pytest

from service.core.unified.model import Cause, Need
from service.core.unified.models.stage import described
from service.core.unified.registry import MODELS, ROOTS
from tests.unified.shapes import (
    APPLIED,
    HIRED,
    TALK,
    adopted,
    application,
    at,
    candidate,
    compare,
    context,
    disqualified,
    drafts,
    events,
    moved,
    paths,
    placement,
    requalified,
    stage_reference,
)

HIRED_AT = "2026-04-01T10:00:00.000000Z"
NOBODY_KNOWS = context({})


def test_an_application_names_its_candidate_job_stage_and_locations() -> None:
    draft = application(job_starts_at="2026-06-01", work_location_id=31)

    assert draft.subject == ("candidate", "40")
    assert draft.fields["candidate_id"] == "candidate-40"
    assert draft.fields["job_id"] == "job-60"
    assert draft.fields["current_stage_id"] == "stage-710"
    assert draft.fields["location_ids"] == ["location-31"]
    assert draft.fields["work_location_id"] == "location-31"
    assert draft.fields["job_starts_at"] == "2026-06-01T00:00:00.000Z"
    assert draft.fields["remote_url"] == "https://app.example.com/#/c/40"


@pytest.mark.parametrize(
    ("keys", "outcome"),
    [
        ({}, "PENDING"),
        ({"stage_id": None}, "PENDING"),
        ({"stage_id": HIRED}, "HIRED"),
        ({"stage_id": HIRED, "hired_at": HIRED_AT}, "HIRED"),
        ({"stage_id": None, "hired_at": HIRED_AT}, "HIRED"),
        ({"stage_id": TALK, "hired_at": HIRED_AT}, "PENDING"),
        ({"disqualify_kind": "admin"}, "DECLINED"),
        ({"disqualify_reason": "No fit"}, "DECLINED"),
        ({"disqualified": True}, "DECLINED"),
        ({"disqualified_at": HIRED_AT}, "DECLINED"),
        ({"stage_id": HIRED, "hired_at": HIRED_AT, "disqualify_kind": "admin"}, "DECLINED"),
        ({"disqualify_kind": None, "disqualify_reason": None, "disqualified": False}, "PENDING"),
    ],
)
def test_an_outcome_is_declined_then_by_stage_then_by_hired_at(
    keys: dict[str, Any], outcome: str
) -> None:
    assert application(**keys).fields["outcome"] == outcome


@pytest.mark.parametrize(("hired_at", "outcome"), [(HIRED_AT, "HIRED"), (None, "PENDING")])
def test_hired_at_decides_where_nobody_knows_the_stages_category(
    hired_at: str | None, outcome: str
) -> None:
    draft = application(known=NOBODY_KNOWS, stage_id=999, hired_at=hired_at)

    assert draft.fields["outcome"] == outcome


def test_the_answers_own_reference_outranks_what_was_known_of_a_stage() -> None:
    draft = application(stage_reference(TALK, "hire"), stage_id=TALK)

    assert draft.fields["outcome"] == "HIRED"


def test_only_stages_that_the_answer_does_not_describe_are_needed() -> None:
    raw = candidate(
        placement(), placement(id=91, offer_id=61, stage_id=HIRED), placement(id=92, stage_id=None)
    )

    needed = ROOTS["candidate"].needs(raw, [stage_reference(APPLIED, "apply")])

    assert needed == {Need("719", "61")}
    assert ROOTS["candidate"].needs(raw, [stage_reference(APPLIED, None)]) == {
        Need("710", "60"),
        Need("719", "61"),
    }


def test_a_placement_in_a_talent_pool_is_no_application() -> None:
    pool = placement(offer_id=None, talent_pool_id=8)
    old_pool = placement(id=91, offer_id=9)
    reference = {"type": "Offer", "id": 9, "kind": "talent_pool"}

    assert len(drafts("candidate", candidate(pool, old_pool), [reference])) == 1


def test_an_application_that_is_not_declined_has_no_rejection() -> None:
    fields = application().fields

    assert fields["rejected_at"] is None and fields["rejection_reason_name"] is None


@pytest.mark.parametrize(
    ("keys", "causes", "rejected_at", "grade"),
    [
        ({"disqualified_at": at(1)}, [disqualified(3)], at(1), 2),
        ({}, [disqualified(3)], at(3), 1),
        ({}, [disqualified(3, job_ids=("61",))], at(2), 0),
        ({}, [disqualified(3), requalified(4)], at(2), 0),
        ({}, [], at(2), 0),
    ],
    ids=[
        "in the answer",
        "by webhook",
        "another job's webhook",
        "a webhook that no longer stands",
        "by update",
    ],
)
def test_a_rejection_is_dated_by_the_best_source(
    keys: dict[str, Any], causes: list[Cause], rejected_at: str, grade: int
) -> None:
    draft = application(
        disqualify_kind="admin", disqualify_reason="No fit", updated_at=at(2), **keys
    )

    verdict = compare(adopted(application()), draft, *causes)

    assert verdict.snapshot is not None
    assert verdict.snapshot.fields["rejected_at"] == rejected_at
    assert verdict.snapshot.grades["rejected_at"] == grade
    assert events(verdict) == ["application.rejected"]
    assert paths(verdict.changes[0]) == {
        "outcome": ("PENDING", "DECLINED"),
        "rejection_reason_name": (None, "No fit"),
        "rejected_at": (None, rejected_at),
    }


def test_a_better_source_corrects_a_rejections_time_in_silence_and_a_worse_one_does_not() -> None:
    declined: dict[str, Any] = {"disqualify_kind": "admin", "disqualify_reason": "No fit"}
    guessed = replace(adopted(application(**declined, updated_at=at(2))), sequence=1)

    later_edit = compare(guessed, application(**declined, updated_at=at(9)))
    told = compare(guessed, application(**declined, updated_at=at(9)), disqualified(1))

    assert later_edit.snapshot is not None and told.snapshot is not None
    assert later_edit.snapshot.fields["rejected_at"] == at(2)
    assert told.snapshot.fields["rejected_at"] == at(1)
    assert later_edit.changes == () and told.changes == ()


def test_a_feed_entry_dates_a_rejection_whose_webhook_was_lost() -> None:
    entry = Cause(
        "activity", 7, "candidate_disqualify", at=at(3), candidate_id="40", job_ids=("60",)
    )

    verdict = compare(
        adopted(application()), application(disqualify_kind="admin", updated_at=at(5)), entry
    )

    assert verdict.changes[0].record["rejected_at"] == at(3)
    assert verdict.changes[0].at == at(3)
    both = compare(
        adopted(application()), application(disqualify_kind="admin"), disqualified(2), entry
    )
    assert both.changes[0].record["rejected_at"] == at(2)


def test_a_removal_is_confirmed_at_the_placements_own_address() -> None:
    remote = {"job-60": "60", "candidate-40": "40"}.get
    child_path = ROOTS["candidate"].child_path

    assert child_path(application().fields, remote) == "/offers/60/candidates/40/placement"
    assert child_path(application().fields, lambda uid: None) is None
    assert ROOTS["candidate"].child in MODELS


def test_a_search_hits_placement_is_understood() -> None:
    hit = {
        "id": 90, "offer": {"id": 60, "kind": "job"}, "stage": {"id": TALK}, "disqualified": True,
        "disqualified_at": "2026-04-22T09:00:00Z", "disqualify_reason": "No fit",
    }  # fmt: skip

    fields = drafts("candidate", candidate(hit))[1].fields

    assert fields["current_stage_id"] == "stage-712" and fields["outcome"] == "DECLINED"
    assert fields["rejected_at"] == "2026-04-22T09:00:00.000Z"


def test_who_hired_and_how_it_was_rejected_are_kept_current_in_silence() -> None:
    before = adopted(application(stage_id=HIRED, hired_at=HIRED_AT))
    hired = application(stage_id=HIRED, hired_at=HIRED_AT, hired_by_id=12, time_to_hire=9)

    verdict = compare(before, hired)

    assert verdict.changes == () and verdict.snapshot is not None
    assert verdict.snapshot.fields["hired_by_id"] == "user-12"
    assert verdict.snapshot.fields["time_to_hire"] == 9
    assert application(disqualify_kind="admin").fields["rejection_kind"] == "admin"
    assert application().fields["rejection_kind"] is None


@pytest.mark.parametrize(
    ("keys", "opening"),
    [
        ({"stage_id": HIRED, "opening_id": 5}, "5"),
        ({"stage_id": HIRED}, "unknown"),
        ({}, None),
        ({"opening_id": None}, None),
    ],
)
def test_an_opening_that_is_left_out_is_unknown_while_it_may_be_filled(
    keys: dict[str, Any], opening: str | None
) -> None:
    assert application(**keys).fields.get("opening_id", "unknown") == opening


def test_a_hop_does_not_show_what_was_true_of_the_outcome_before() -> None:
    before = adopted(application(disqualify_kind="admin", disqualify_reason="No fit"))

    verdict = compare(before, application(stage_id=TALK), requalified(2), moved(APPLIED, TALK, 3))

    assert events(verdict) == ["application.requalified", "application.stage_changed"]
    assert verdict.changes[0].record["rejection_kind"] is None


def test_the_references_of_one_page_are_read_once_for_all_its_rows() -> None:
    references = [stage_reference(TALK, "hire"), {"type": "Offer", "id": 9, "kind": "talent_pool"}]
    rows = [
        candidate(placement(id=i, stage_id=TALK), placement(id=i + 50, offer_id=9)) for i in (1, 2)
    ]

    found = [ROOTS["candidate"].expand(row, references, NOBODY_KNOWS) for row in rows]

    assert [[d.fields["outcome"] for d in row[1:]] for row in found] == [["HIRED"]] * 2
    assert described(references) is described(references)
    assert described(list(references)) is not described(references)
