"""Several hops in one burst are told one by one, where the webhooks' details chain."""

import random
from typing import Any

import pytest

from service.core.unified.model import Cause, Verdict
from tests.unified.shapes import (
    APPLIED,
    CATEGORIES,
    HIRED,
    SCREEN,
    TALK,
    adopted,
    application,
    at,
    compare,
    context,
    disqualified,
    events,
    moved,
    paths,
    requalified,
    webhook,
)

DECLINED: dict[str, Any] = {"disqualify_kind": "admin", "disqualify_reason": "No fit"}
HIRED_AT = "2026-04-21T08:04:00.000000Z"


def short(verdict: Verdict) -> list[str]:
    return [event.removeprefix("application.") for event in events(verdict)]


def test_two_hops_are_two_events_with_the_record_as_it_was_between() -> None:
    first, second = moved(APPLIED, SCREEN, 3), moved(SCREEN, TALK, 5)

    verdict = compare(
        adopted(application()), application(stage_id=TALK, updated_at=at(5)), second, first
    )

    assert short(verdict) == ["stage_changed", "stage_changed"]
    one, two = verdict.changes
    assert paths(one) == {"current_stage_id": ("stage-710", "stage-711")}
    assert paths(two) == {"current_stage_id": ("stage-711", "stage-712")}
    assert (one.at, one.causes) == (at(3), (first,)) and (two.at, two.causes) == (at(5), (second,))
    assert one.record["current_stage_id"] == "stage-711"
    assert verdict.snapshot is not None and two.record == verdict.snapshot.fields


def test_there_and_back_again_is_two_events_although_nothing_differs() -> None:
    causes = [moved(APPLIED, SCREEN, 3), moved(SCREEN, APPLIED, 4)]

    verdict = compare(adopted(application()), application(), *causes)

    assert short(verdict) == ["stage_changed", "stage_changed"]
    assert compare(verdict.snapshot, application(), *causes) == Verdict(None)


def test_hops_that_were_told_are_not_told_again_when_their_webhooks_come_late() -> None:
    there = compare(adopted(application()), application(stage_id=SCREEN, updated_at=at(3)))
    back = compare(there.snapshot, application(updated_at=at(4)))

    late = compare(
        back.snapshot,
        application(updated_at=at(4)),
        moved(APPLIED, SCREEN, 3),
        moved(SCREEN, APPLIED, 4),
    )

    assert (short(there), short(back), short(late)) == (["stage_changed"], ["stage_changed"], [])


def test_hops_begin_where_the_known_state_does() -> None:
    stale = moved(SCREEN, APPLIED, 2)

    verdict = compare(
        adopted(application()),
        application(stage_id=TALK),
        stale,
        moved(APPLIED, SCREEN, 3),
        moved(SCREEN, TALK, 4),
    )

    assert [change.at for change in verdict.changes] == [at(3), at(4)]


def test_hops_that_the_fetch_does_not_show_yet_wait_for_the_next() -> None:
    ahead = moved(SCREEN, TALK, 5)

    verdict = compare(
        adopted(application()), application(stage_id=SCREEN), moved(APPLIED, SCREEN, 3), ahead
    )
    later = compare(verdict.snapshot, application(stage_id=TALK), ahead)

    assert [change.at for change in (*verdict.changes, *later.changes)] == [at(3), at(5)]


@pytest.mark.parametrize(
    "causes",
    [
        [moved(SCREEN, TALK, 3)],
        [moved(APPLIED, SCREEN, 3)],
        [webhook("candidate_moved", "stage_changed", minute=3)],
        [moved(APPLIED, TALK, 3, job_ids=("61",))],
        [],
    ],
    ids=["from elsewhere", "to elsewhere", "no details", "another job's", "none"],
)
def test_what_does_not_chain_is_told_as_the_net_change(causes: list[Cause]) -> None:
    verdict = compare(adopted(application()), application(stage_id=TALK), *causes)

    assert short(verdict) == ["stage_changed"]
    assert paths(verdict.changes[0]) == {"current_stage_id": ("stage-710", "stage-712")}


def test_a_hop_that_two_webhooks_state_is_told_once() -> None:
    causes = [
        moved(left, came, minute, event_id=event_id)
        for left, came, minute in ((APPLIED, SCREEN, 3), (SCREEN, TALK, 4), (TALK, APPLIED, 5))
        for event_id in (minute, 500 + minute)
    ]

    verdict = compare(adopted(application()), application(), *causes)

    assert short(verdict) == ["stage_changed"] * 3
    assert [len(change.causes) for change in verdict.changes] == [2, 2, 2]


def test_a_hire_by_a_move_is_stage_changed_then_hired() -> None:
    draft = application(
        stage_id=HIRED, hired_at=HIRED_AT, job_starts_at="2026-06-01", updated_at=at(4)
    )

    for causes in ([moved(TALK, HIRED, 4)], []):
        verdict = compare(adopted(application(stage_id=TALK)), draft, *causes)

        assert short(verdict) == ["stage_changed", "hired"]
        assert set(paths(verdict.changes[1])) == {"outcome", "hired_at", "job_starts_at"}
        assert verdict.changes[1].at == at(4)


def test_leaving_a_hire_stage_is_unhired_then_stage_changed() -> None:
    before = adopted(application(stage_id=HIRED, hired_at=HIRED_AT))

    for causes in ([moved(HIRED, TALK, 4)], []):
        verdict = compare(before, application(stage_id=TALK, hired_at=HIRED_AT), *causes)

        assert short(verdict) == ["unhired", "stage_changed"]


def test_moving_a_disqualified_application_is_requalified_then_stage_changed() -> None:
    before = adopted(application(**DECLINED))

    for causes in ([moved(APPLIED, SCREEN, 4)], []):
        verdict = compare(before, application(stage_id=SCREEN), *causes)

        assert short(verdict) == ["requalified", "stage_changed"]
        assert set(paths(verdict.changes[0])) == {"outcome", "rejection_reason_name", "rejected_at"}


def test_a_disqualified_application_that_is_moved_to_hire_is_stage_changed_then_hired() -> None:
    verdict = compare(
        adopted(application(**DECLINED)), application(stage_id=HIRED), moved(APPLIED, HIRED, 4)
    )

    assert short(verdict) == ["stage_changed", "hired"]
    assert paths(verdict.changes[1])["outcome"] == ("DECLINED", "HIRED")


def test_rejected_requalified_and_rejected_again_are_three_events() -> None:
    causes = [disqualified(3, "Late"), requalified(4), disqualified(5)]

    verdict = compare(adopted(application()), application(**DECLINED, updated_at=at(6)), *causes)

    assert short(verdict) == ["rejected", "requalified", "rejected"]
    times = [paths(change)["rejected_at"] for change in verdict.changes]
    assert times == [(None, at(3)), (at(3), None), (None, at(5))]
    assert verdict.changes[0].record["rejection_reason_name"] == "Late"


def test_a_rejection_that_ended_and_was_renewed_gets_its_new_time() -> None:
    before = adopted(application(**DECLINED))

    verdict = compare(before, application(**DECLINED), requalified(4), disqualified(5))

    assert short(verdict) == ["requalified", "rejected"]
    assert paths(verdict.changes[1])["rejected_at"] == (None, at(5))
    assert verdict.snapshot is not None and verdict.snapshot.fields["rejected_at"] == at(5)


def test_a_reason_that_a_webhook_leaves_out_comes_from_the_fetch() -> None:
    draft = application(stage_id=SCREEN, **DECLINED)
    verdict = compare(
        adopted(application()), draft, moved(APPLIED, SCREEN, 3), disqualified(4, None)
    )

    assert short(verdict) == ["stage_changed", "rejected"]
    assert [change.at for change in verdict.changes] == [at(3), at(4)]
    assert paths(verdict.changes[1])["rejection_reason_name"] == (None, "No fit")


def test_a_rejection_and_its_end_that_two_webhooks_state_are_told_once() -> None:
    causes = [disqualified(3), disqualified(4), requalified(5), requalified(6)]

    verdict = compare(adopted(application()), application(), *causes)

    assert short(verdict) == ["rejected", "requalified"]
    assert [[cause.at for cause in change.causes] for change in verdict.changes] == [
        [at(3), at(4)],
        [at(5), at(6)],
    ]


def test_a_hire_that_ended_within_the_burst_shows_no_time_of_hire_that_nobody_knows() -> None:
    causes = [moved(APPLIED, HIRED, 3), moved(HIRED, TALK, 5)]

    verdict = compare(
        adopted(application()), application(stage_id=TALK, hired_at=HIRED_AT), *causes
    )

    assert short(verdict) == ["stage_changed", "hired", "unhired", "stage_changed"]
    assert "hired_at" not in verdict.changes[1].record
    assert paths(verdict.changes[2])["hired_at"] == (None, at(4))


def test_a_hire_by_hops_is_told_where_no_stages_category_is_known() -> None:
    nobody = context({})
    causes = [moved(APPLIED, SCREEN, 3, told=False), moved(SCREEN, HIRED, 4, told=False)]
    draft = application(known=nobody, stage_id=HIRED, hired_at=HIRED_AT)

    verdict = compare(adopted(application()), draft, *causes, known=nobody)

    assert short(verdict) == ["stage_changed", "stage_changed", "hired"]
    assert [change.at for change in verdict.changes] == [at(3), at(4), at(4)]


def test_a_requalification_in_a_hire_stage_is_told_as_hired() -> None:
    before = adopted(application(stage_id=HIRED, hired_at=HIRED_AT, **DECLINED))

    verdict = compare(before, application(stage_id=HIRED, hired_at=HIRED_AT), requalified(5))

    assert short(verdict) == ["hired"]


def test_hops_work_where_no_stages_category_is_known() -> None:
    causes = [
        moved(APPLIED, SCREEN, 3, told=False),
        moved(SCREEN, TALK, 4, told=False),
        disqualified(5),
    ]
    draft = application(known=context({}), stage_id=TALK, **DECLINED)

    verdict = compare(adopted(application()), draft, *causes, known=context({}))

    assert short(verdict) == ["stage_changed", "stage_changed", "rejected"]


def test_what_no_hop_explains_is_told_after_the_hops() -> None:
    draft = application(stage_id=TALK, location_ids=[31, 32], updated_at=at(6))

    verdict = compare(
        adopted(application()), draft, moved(APPLIED, SCREEN, 3), moved(SCREEN, TALK, 4)
    )

    assert short(verdict) == ["stage_changed", "stage_changed", "updated"]
    assert set(paths(verdict.changes[2])) == {"location_ids"}
    assert verdict.changes[2].at == at(6)
    assert verdict.changes[0].record["location_ids"] == ["location-31"]


@pytest.mark.parametrize("seed", range(60))
def test_hop_sequences_drawn_at_random_chain_back_exactly(seed: int) -> None:
    chance = random.Random(seed)
    stage, declined, told = APPLIED, False, list[str]()
    causes: list[Cause] = []
    for minute in range(1, chance.randint(2, 9)):
        choice = chance.choice(["move", "toggle"])
        if choice == "toggle":
            declined = not declined
            causes.append(disqualified(minute) if declined else requalified(minute))
            back = "hired" if stage == HIRED else "requalified"
            told.append("rejected" if declined else back)
            continue
        came = chance.choice([i for i in map(int, CATEGORIES) if i != stage])
        causes.append(moved(stage, came, minute))
        told += ["unhired"] if stage == HIRED and not declined else []
        told += ["requalified"] if declined and came != HIRED else []
        told += ["stage_changed"] + (["hired"] if came == HIRED else [])
        stage, declined = came, False
    draft = application(stage_id=stage, **(DECLINED if declined else {}))
    chance.shuffle(causes)

    verdict = compare(adopted(application()), draft, *causes)

    assert short(verdict) == told
    assert compare(verdict.snapshot, draft, *causes) == Verdict(None)
