"""What is told of a record that is known: net changes, deletion, return, and a fetch that lags."""

from dataclasses import replace
from typing import Any

import pytest

from service.core.unified.announce import announce_deleted, lagging
from service.core.unified.model import Cause, Ref, Verdict
from service.core.unified.registry import MODELS
from tests.unified.shapes import (
    APPLIED,
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
    job,
    moved,
    paths,
    person,
    requalified,
    webhook,
)


def test_the_same_draft_again_comes_to_nothing() -> None:
    before = adopted(person())

    assert compare(before, person(), webhook("candidate_moved")) == Verdict(None)


def test_a_quiet_read_of_a_record_that_is_known_adopts_its_changes_too() -> None:
    verdict = compare(adopted(person()), person(name="Ines Reed"), quiet=True)

    assert verdict.changes == () and verdict.snapshot is not None
    assert (verdict.snapshot.fields["last_name"], verdict.snapshot.sequence) == ("Reed", 0)


def test_what_becomes_known_is_adopted_and_null_that_becomes_a_value_is_told() -> None:
    known = adopted(person(title=None))
    unknown = replace(known, fields={k: v for k, v in known.fields.items() if k != "title"})

    assert events(compare(known, person(title="Captain"))) == ["candidate.updated"]
    assert compare(unknown, person(title="Captain")).changes == ()


def test_a_key_that_was_not_served_keeps_what_we_had() -> None:
    before = adopted(person())
    draft = person(name="Ines Reed")
    fields = {k: v for k, v in draft.fields.items() if k not in ("tags", "email_addresses")}

    verdict = compare(before, replace(draft, fields=fields))

    assert set(paths(verdict.changes[0])) == {"name", "last_name"}
    assert verdict.snapshot is not None and verdict.snapshot.fields["tags"] == ["go", "senior"]


def test_a_record_in_an_event_has_all_known_fields_in_the_models_order() -> None:
    before = adopted(person())

    record = compare(before, person(title="Captain")).changes[0].record

    assert list(record) == [name for name in MODELS["candidate"].fields if name in record]
    assert record == before.fields | {"title": "Captain"}


def test_an_edit_that_no_webhook_states_is_dated_by_the_record_itself() -> None:
    cause = moved(APPLIED, SCREEN, 9)

    dated = compare(adopted(person()), person(phones=[], updated_at=at(6)), cause)
    undated = compare(adopted(person()), person(phones=[]), cause)
    nothing = compare(adopted(person()), person(phones=[]))

    assert (dated.changes[0].at, dated.changes[0].causes) == (at(6), (cause,))
    assert undated.changes[0].at == at(9)
    assert nothing.changes[0].at is None and nothing.changes[0].causes == ()


def test_a_feed_entry_on_the_candidate_dates_its_edit() -> None:
    entry = Cause("activity", 5, "candidate_tags", at=at(8), candidate_id="40")

    verdict = compare(adopted(person()), person(tags=["go"], updated_at=at(6)), entry)

    assert (verdict.changes[0].at, verdict.changes[0].causes) == (at(8), (entry,))


def test_a_cause_that_names_nothing_goes_with_every_change_and_dates_none() -> None:
    pass_ = Cause("reconcile")
    hook = webhook("new_candidate", minute=1)

    verdict = compare(adopted(person()), person(phones=[], updated_at=at(6)), hook, pass_)

    assert verdict.changes[0].causes == (pass_, hook)
    assert compare(adopted(job()), job(title="x", updated_at=at(6)), pass_).changes[0].at == at(6)


def test_folded_webhooks_count_with_the_time_of_the_latest() -> None:
    causes = [moved(SCREEN, TALK, 7), moved(APPLIED, HIRED, 3)]

    verdict = compare(adopted(application()), application(stage_id=TALK), *causes)

    change = verdict.changes[0]
    assert events(verdict) == ["application.stage_changed"]
    assert [cause.at for cause in change.causes] == [at(3), at(7)] and change.at == at(7)


def test_a_deletion_is_one_event_and_only_once() -> None:
    before = adopted(application())
    cause = webhook("candidate_deleted", minute=3, job_ids=())
    model, subject = MODELS["application"], Ref("candidate", "40")

    verdict = announce_deleted(model, before, "90", subject, [cause], at(3), context())

    assert events(verdict) == ["application.deleted"]
    change = verdict.changes[0]
    assert paths(change) == {"remote_deleted_at": (None, at(3))}
    assert (change.at, change.causes, change.subject) == (at(3), (cause,), subject)
    assert change.record == before.fields | {"remote_deleted_at": at(3)}
    assert verdict.snapshot is not None and verdict.snapshot.deleted
    assert (verdict.snapshot.version, verdict.snapshot.sequence) == (2, 1)
    again = announce_deleted(model, verdict.snapshot, "90", subject, [cause], at(4), context())
    assert again == Verdict(None)


def test_a_deleted_record_that_is_seen_again_is_restored_before_all_else() -> None:
    model = MODELS["application"]
    before = announce_deleted(
        model, adopted(application()), "90", Ref("candidate", "40"), [], at(1), context()
    ).snapshot

    causes = [moved(APPLIED, SCREEN, 4), moved(SCREEN, TALK, 5)]
    verdict = compare(before, application(stage_id=TALK, updated_at=at(5)), *causes)

    assert events(verdict) == ["application.restored", *["application.stage_changed"] * 2]
    assert paths(verdict.changes[0]) == {"remote_deleted_at": (at(1), None)}
    assert verdict.changes[0].at == at(5)
    assert [change.record["remote_deleted_at"] for change in verdict.changes] == [None] * 3
    assert verdict.snapshot is not None and not verdict.snapshot.deleted
    assert verdict.snapshot.sequence == 4


@pytest.mark.parametrize(
    ("keys", "causes", "lags"),
    [
        ({}, [moved(APPLIED, SCREEN, 5)], True),
        ({"stage_id": SCREEN}, [moved(APPLIED, SCREEN, 5)], False),
        ({"updated_at": at(6)}, [moved(APPLIED, SCREEN, 5)], False),
        ({}, [moved(APPLIED, SCREEN, 5), moved(SCREEN, APPLIED, 6)], False),
        ({}, [moved(APPLIED, SCREEN, 5, job_ids=("61",))], False),
        ({}, [disqualified(5)], True),
        ({"disqualify_kind": "admin"}, [disqualified(5)], False),
        ({"disqualify_kind": "admin"}, [requalified(5)], True),
        ({}, [requalified(5)], False),
        ({}, [webhook("candidate_assigned", minute=5)], False),
        ({}, [], False),
    ],
)
def test_a_fetch_lags_that_is_older_than_a_webhook_it_does_not_show(
    keys: dict[str, Any], causes: list[Cause], lags: bool
) -> None:
    assert lagging(MODELS["application"], application(**keys), causes, context()) is lags


def test_a_candidate_made_while_the_baseline_was_read_is_told_though_the_baseline_found_it() -> (
    None
):
    made = person(created_at=at(5))
    found = adopted(made)

    verdict = compare(found, made, webhook("new_candidate", minute=5), baseline_at=at(1))

    assert events(verdict) == ["candidate.created"]
    assert verdict.snapshot is not None
    again = compare(verdict.snapshot, made, webhook("new_candidate", minute=5), baseline_at=at(1))
    assert again == Verdict(None)


def test_an_entry_of_the_feed_makes_nothing_new_of_the_others_in_the_same_list() -> None:
    found = adopted(person())

    verdict = compare(found, person(), webhook("new_candidate", minute=5), baseline_at=at(1))

    assert events(verdict) == []


def test_what_webhooks_say_of_the_time_before_the_baseline_is_not_told() -> None:
    found = adopted(application(stage_id=SCREEN))

    late = moved(APPLIED, SCREEN, 5)

    assert events(compare(found, application(stage_id=SCREEN), late, baseline_at=at(9))) == []
