"""Conditions: what each operator says of an event, and what is no condition."""

from typing import Any

import pytest

from service.core.delivery import conditions
from tests.delivery.made import event, operational, row

HIRED = event(
    "application.hired",
    {
        "outcome": "HIRED",
        "time_to_hire": 21,
        "hired_at": "2026-05-04T09:30:00.000Z",
        "rejected_at": None,
        "location_ids": ["l1", "l2"],
        "custom_fields": {"visa.needed": True, "level": 3},
        "screening_question_answers": [
            {"question": {"title": "Remote?"}, "answer": {"content": "yes"}},
            {"question": {"title": "Start?"}, "answer": {"content": "May"}},
        ],
    },
    [row("outcome", "PENDING", "HIRED"), row("hired_at", None, "2026-05-04T09:30:00.000Z")],
)
TAGGED = event("candidate.tag_added", {"tags": ["a.b"]}, [row("tags.a.b", None, "a.b")])


@pytest.mark.parametrize(
    "condition",
    [
        {"eq": {"data.record.outcome": "HIRED"}},
        {"eq": {"data.record.outcome": "HIRED", "type": "application.hired"}},
        {"eq": {"data.record.rejected_at": None}},
        {"eq": {"data.record.location_ids": "l2"}},
        {"eq": {"data.record.location_ids": "l1"}},
        {"eq": {"data.record.screening_question_answers.answer.content": "May"}},
        {"eq": {"data.record.custom_fields.visa.needed": True}},
        {"eq": {"changes.outcome.before": "PENDING"}},
        {"in": {"data.record.outcome": ["DECLINED", "HIRED"]}},
        {"gt": {"data.record.time_to_hire": 20.5}},
        {"lt": {"data.record.time_to_hire": 22}},
        {"gt": {"data.record.hired_at": "2026-05-04T11:29:59+02:00"}},
        {"lt": {"data.record.hired_at": "2027-01-01"}},
        {"exists": "data.record.outcome"},
        {"exists": ["data.record.outcome", "sequence"]},
        {"not": {"exists": "data.record.rejected_at"}},
        {"changed": "outcome"},
        {"changed": ["current_stage_id", "hired_at"]},
        {"all": [{"changed": "outcome"}, {"not": {"changed": "current_stage_id"}}]},
        {"any": [{"changed": "current_stage_id"}, {"eq": {"sequence": 3}}]},
        {"changed": "outcome", "gt": {"sequence": 2}},
    ],
    ids=str,
)
def test_a_condition_that_holds(condition: dict[str, Any]) -> None:
    assert conditions.problem(condition) is None
    assert conditions.holds(condition, HIRED)
    assert conditions.failing(condition, HIRED) is None


@pytest.mark.parametrize(
    ("condition", "where"),
    [
        ({"eq": {"data.record.outcome": "PENDING"}}, "eq data.record.outcome"),
        ({"eq": {"data.record.rejection_reason_name": None}}, "eq data.record.rejection_reason_name"),
        ({"eq": {"data.record.time_to_hire": True}}, "eq data.record.time_to_hire"),
        ({"eq": {"data.record.custom_fields.visa.needed": 1}}, "eq data.record.custom_fields.visa.needed"),
        ({"in": {"data.record.outcome": []}}, "in data.record.outcome"),
        ({"gt": {"data.record.outcome": 1}}, "gt data.record.outcome"),
        ({"gt": {"data.record.hired_at": "2026-05-04T09:30:00Z"}}, "gt data.record.hired_at"),
        ({"lt": {"data.record.custom_fields.visa.needed": 5}}, "lt data.record.custom_fields.visa.needed"),
        ({"exists": "data.record.rejected_at"}, "exists"),
        ({"changed": "current_stage_id"}, "changed"),
        ({"all": [{"changed": "outcome"}, {"changed": "job_id"}]}, "all[1].changed"),
        ({"any": [{"changed": "job_id"}]}, "any"),
        ({"not": {"changed": "outcome"}}, "not"),
        ({"changed": "outcome", "eq": {"sequence": 2}}, "eq sequence"),
    ],
    ids=str,
)  # fmt: skip
def test_a_condition_that_fails_says_where(condition: dict[str, Any], where: str) -> None:
    assert not conditions.holds(condition, HIRED)
    assert conditions.failing(condition, HIRED) == where


def test_a_change_whose_path_has_dots_in_it_is_found() -> None:
    assert conditions.holds({"eq": {"changes.tags.a.b.after": "a.b"}}, TAGGED)
    assert conditions.holds({"changed": "tags"}, TAGGED)
    assert conditions.holds({"changed": "tags.a.b"}, TAGGED)


def test_an_event_about_no_record_is_judged_by_what_it_has() -> None:
    told = operational(subscriber_id="sub_1", count=4)

    assert conditions.holds({"gt": {"data.count": 3}}, told)
    assert not conditions.holds({"changed": "outcome"}, told)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ([], "it must be an object with one of: eq, in"),
        ({}, "it must be an object"),
        ({"equals": {"type": "x"}}, "equals is no operator"),
        ({"exist": "type"}, "exist is no operator; did you mean exists?"),
        ({"eq": "type"}, "eq must be an object of path and value"),
        ({"eq": {}}, "eq must be an object of path and value"),
        ({"eq": {"outcome": 1}}, "must begin with one of: id, type"),
        ({"eq": {"outcome": 1}}, "did you mean data.record.outcome?"),
        ({"eq": {"data.record.outcom": 1}}, "no model has a field 'outcom'; did you mean outcome?"),
        ({"eq": {"data..record": 1}}, "is no path"),
        ({"eq": {"type" + ".x" * 20: 1}}, "is no path"),
        ({"eq": {"changes.outcome": 1}}, "changes.<field>.before or .after"),
        ({"eq": {"changes.outcom.after": 1}}, "did you mean outcome?"),
        ({"eq": {"type": ["x"]}}, "eq needs a plain value"),
        ({"eq": {"type": "x" * 1001}}, "1000 characters"),
        ({"in": {"type": "x"}}, "in needs a list of 1 to 500 values"),
        ({"in": {"type": []}}, "in needs a list"),
        ({"in": {"type": [{}]}}, "in needs a plain value"),
        ({"gt": {"type": None}}, "gt needs a number, an instant or text"),
        ({"lt": {"type": True}}, "lt needs a number"),
        ({"exists": []}, "exists must be a path or a list of paths"),
        ({"changed": {"outcome": 1}}, "changed must be a path or a list of paths"),
        ({"changed": "data.record.outcome"}, "no model has a field 'data'"),
        ({"all": {"eq": {}}}, "all must be a list of conditions"),
        ({"any": [{"eq": {"type": "x"}}, 5]}, "any[1] must be an object"),
        ({"not": [{"changed": "outcome"}]}, "not must be an object"),
        ({"any": [{"changed": "outcome"}] * 120}, "has too many parts"),
        ({"eq": {"type": "x" * 900}, "all": [{"eq": {"type": "y" * 990}}] * 17}, "16384 bytes"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_is_no_condition_is_named(condition: Any, said: str) -> None:
    assert said in (conditions.problem(condition) or "")


def test_depth_is_bounded_however_deep_it_comes() -> None:
    nested: dict[str, Any] = {"changed": "outcome"}
    for _ in range(8):
        nested = {"not": nested}
    deep = nested
    for _ in range(400):
        deep = {"not": deep}

    assert "nested too deeply" in (conditions.problem(nested) or "")
    assert "nested too deeply" in (conditions.problem(deep) or "")
