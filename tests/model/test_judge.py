"""The judge itself: what it lets pass, and that it sees each kind of wrong."""

from typing import Any

from tests.model.facts import GONE, State
from tests.model.history import History, Past, Record
from tests.model.judge import violations

WHO = Record("application", "7")
APPLY: State = {"current_stage_id": "s1", "outcome": "PENDING", "rejection_reason_name": None}
OFFER: State = {**APPLY, "current_stage_id": "s2"}
HIRED: State = {**APPLY, "current_stage_id": "s3", "outcome": "HIRED"}
DECLINED: State = {**OFFER, "outcome": "DECLINED", "rejection_reason_name": "Salary"}


def _history(*states: State, owed: int | None = None, seen_until: int | None = 0) -> History:
    told_of = len(states) - 1 if owed is None else owed
    return History({WHO: Past([dict(state) for state in states], told_of, seen_until)})


def _event(number: int, word: str, shows: State, *changes: tuple[str, Any, Any]) -> dict[str, Any]:
    record = {"remote_deleted_at": "2026-01-01T00:00:00.000Z"} if shows == GONE else dict(shows)
    told = [{"path": path, "before": before, "after": after} for path, before, after in changes]
    about = {"model": WHO.model, "remote_id": WHO.remote_id, "record": record, "changes": told}
    kind = f"application.{word}"
    return {"id": f"evt_{number}", "type": kind, "sequence": number, "causes": [], "data": about}


STAGED = ("current_stage_id", "s1", "s2")
TO_OFFER = _event(1, "stage_changed", OFFER, STAGED)
REJECTED = ("outcome", "PENDING", "DECLINED"), ("rejection_reason_name", None, "Salary")


def test_hop_by_hop_passes() -> None:
    hops = [TO_OFFER, _event(2, "rejected", DECLINED, *REJECTED)]
    assert violations(_history(APPLY, OFFER, DECLINED), hops) == []


def test_the_net_change_of_a_fold_passes() -> None:
    staged = _event(1, "stage_changed", DECLINED, STAGED)
    net = [staged, _event(2, "rejected", DECLINED, *REJECTED)]
    assert violations(_history(APPLY, OFFER, DECLINED), net) == []


def test_a_state_that_the_baseline_may_have_read_is_a_start() -> None:
    late = [_event(1, "rejected", DECLINED, *REJECTED)]
    assert violations(_history(APPLY, OFFER, DECLINED, seen_until=1), late) == []
    assert violations(_history(APPLY, OFFER, DECLINED, seen_until=0), late) != []


def test_what_no_acknowledged_webhook_told_of_is_not_owed() -> None:
    assert violations(_history(APPLY, OFFER, owed=0), []) == []


def test_an_acknowledged_change_that_was_never_told_is_seen() -> None:
    assert "the last that was told" in violations(_history(APPLY, OFFER), [])[0]


def test_a_record_that_was_born_and_never_told_of_is_seen() -> None:
    assert "never told of" in violations(_history(APPLY, seen_until=None), [])[0]


def test_a_gap_in_the_sequence_is_seen() -> None:
    gap = [TO_OFFER, _event(3, "rejected", DECLINED, *REJECTED)]
    assert "sequence is [1, 3]" in violations(_history(APPLY, OFFER, DECLINED), gap)[0]


def test_the_same_change_under_two_ids_is_seen() -> None:
    twice = [TO_OFFER, {**TO_OFFER, "id": "evt_2", "sequence": 2}]
    assert violations(_history(APPLY, OFFER), twice) != []


def test_a_state_that_was_never_there_is_seen() -> None:
    hired = {**OFFER, "outcome": "HIRED"}
    events = [_event(1, "stage_changed", hired, STAGED),
              _event(2, "hired", hired, ("outcome", "PENDING", "HIRED"))]  # fmt: skip
    assert any("never had" in words for words in violations(_history(APPLY, OFFER), events))


def test_going_back_in_time_is_seen() -> None:
    back = [
        _event(1, "stage_changed", HIRED, ("current_stage_id", "s1", "s3")),
        _event(2, "hired", HIRED, ("outcome", "PENDING", "HIRED")),
        _event(3, "unhired", OFFER, ("outcome", "HIRED", "PENDING")),
        _event(4, "stage_changed", OFFER, ("current_stage_id", "s3", "s2")),
    ]
    found = violations(_history(APPLY, OFFER, HIRED), back)
    assert any("an earlier state" in words for words in found)


def test_a_wrong_before_is_seen() -> None:
    wrong = [_event(1, "stage_changed", OFFER, ("current_stage_id", "s9", "s2"))]
    assert any("told was" in words for words in violations(_history(APPLY, OFFER), wrong))


def test_a_wrong_name_for_a_change_is_seen() -> None:
    wrong = [_event(1, "updated", OFFER, STAGED)]
    assert any("application.stage_changed" in w for w in violations(_history(APPLY, OFFER), wrong))


def test_an_end_and_a_return_pass() -> None:
    events = [
        _event(1, "deleted", GONE, ("remote_deleted_at", None, "x")),
        _event(2, "restored", OFFER, ("remote_deleted_at", "x", None)),
        _event(3, "stage_changed", OFFER, STAGED),
    ]
    assert violations(_history(APPLY, GONE, OFFER), events) == []


def test_a_record_that_recruitee_never_had_is_seen() -> None:
    assert "never had it" in violations(History(), [TO_OFFER])[0]
