"""Evaluations: ratings and forms that were filled in."""

from typing import Any

import pytest
from hypothesis import given, settings

from service.core.unified.model import Draft, Ref
from service.core.unified.registry import COLLECTIONS, MODELS, SOURCES
from tests.unified.owning import ADMIN, GUEST, fed, removed, rows, spoiled, storable
from tests.unified.shapes import Json, adopted, at, compare, context, events, paths
from tests.unified.test_properties import JSON


def answer(kind: str, content: Any = None, **over: Any) -> Json:
    """An answer in a form."""
    return {
        "id": 70, "question_title": "Tides?", "question_kind": kind, "question_hint": None,
        "question_required": True, "question_options": {}, "content": content,
        "options": [{"title": "Low", "hint": None}, {"title": "High", "hint": "wet"}],
    } | over  # fmt: skip


def result(*answers: Json, **over: Any) -> Json:
    """An evaluation in the list of all."""
    return {
        "id": 600, "kind": "template_form", "admin_id": 11, "guest_id": None, "candidate_id": 40,
        "offer_id": 60, "talent_pool_id": None, "stage_id": 712, "rating": "strong_yes",
        "rating_note": "Knows <tides> & ropes\n", "rating_required": False,
        "interview_result_answers": list(answers), "interview_template_name": "Keeper",
        "interview_template_info_title": None, "interview_template_info_description": None,
        "created_at": "2026-02-01T10:00:00.000000Z", "updated_at": "2026-02-01T10:00:00.000000Z",
    } | over  # fmt: skip


def one(*answers: Json, **over: Any) -> Draft:
    """The draft of an evaluation of the candidate 40."""
    return rows("candidate_evaluations", result(*answers, **over), ADMIN)[0]


def test_an_evaluation_is_read_whole() -> None:
    draft = one(answer("text", "<b>All</b> "))

    assert draft.subject == Ref("candidate", "40") and draft.unmapped == ()
    assert draft.fields == {
        "id": "evaluation-600", "remote_id": "600", "kind": "template_form", "title": "Keeper",
        "overall_recommendation": "STRONG_YES", "rating_note": "Knows <tides> & ropes\n",
        "responses": [
            {
                "type": "TEXT", "kind": "text", "remote_id": "70", "label": "Tides?",
                "description": None, "required": True, "answer": "<b>All</b> ",
            }
        ],
        "author_id": "user-11", "guest_id": None, "guest_name": None,
        "candidate_id": "candidate-40", "job_id": "job-60", "interview_id": None,
        "stage_id": "stage-712", "remote_created_at": "2026-02-01T10:00:00.000Z",
        "remote_updated_at": "2026-02-01T10:00:00.000Z", "remote_deleted_at": None,
    }  # fmt: skip
    assert set(draft.fields) == set(MODELS["evaluation"].fields) - {"application_id"}


@pytest.mark.parametrize(
    ("rating", "told"),
    [
        ("strong_no", "STRONG_NO"),
        ("no", "NO"),
        ("neutral", "NEUTRAL"),
        ("yes", "YES"),
        ("strong_yes", "STRONG_YES"),
        (None, None),
        ("", None),
    ],
)
def test_every_rating_has_its_recommendation(rating: str | None, told: str | None) -> None:
    draft = one(rating=rating)

    assert draft.fields["overall_recommendation"] == told and draft.unmapped == ()


def test_what_the_closed_enums_have_no_word_for_is_null_and_counted() -> None:
    draft = one(answer("haiku", {"lines": ["sea"]}), rating="maybe")

    assert draft.fields["overall_recommendation"] is None
    response = draft.fields["responses"][0]
    assert (response["type"], response["kind"], response["answer"]) == (
        None,
        "haiku",
        {"lines": ["sea"]},
    )
    assert draft.unmapped == (("overall_recommendation", "maybe"), ("responses.type", "haiku"))


def label(text: str) -> Json:
    """A choice in Kombo's shape."""
    return {"remote_id": None, "label": text}


@pytest.mark.parametrize(
    ("raw", "type_", "told"),
    [
        (answer("string", "Yes"), "TEXT", "Yes"),
        (answer("text", " "), "TEXT", None),
        (answer("boolean", True), "BOOLEAN", True),
        (answer("boolean", "no"), "BOOLEAN", False),
        (answer("boolean", "perhaps"), "BOOLEAN", None),
        (answer("number", "4.50"), "NUMBER", 4.5),
        (answer("date", "2026-05-01"), "DATE", "2026-05-01T00:00:00.000Z"),
        (answer("single_choice", "Low"), "SINGLE_SELECT", label("Low")),
        (answer("dropdown", None), "SINGLE_SELECT", None),
        (
            answer("multi_choice", contents=["Low", {"title": "High"}, None]),
            "MULTI_SELECT",
            [label("Low"), label("High")],
        ),
        (answer("scorecard", [{"title": "Go", "rating": "yes"}]), None, [{"title": "Go", "rating": "yes"}]),
        (answer("file", attachment_ids=[81]), None, [81]),
        (answer("number", []), "NUMBER", None),
    ],
)  # fmt: skip
def test_answers_are_in_kombo_s_shape(raw: Json, type_: str | None, told: Any) -> None:
    draft = one(raw)

    response = draft.fields["responses"][0]
    assert (response["type"], response["answer"]) == (type_, told)
    assert draft.unmapped == ()
    selects = type_ in ("SINGLE_SELECT", "MULTI_SELECT")
    assert response.get("options") == ([label("Low"), label("High")] if selects else None)


def test_a_guest_s_evaluation_names_the_guest() -> None:
    (draft,) = rows("candidate_evaluations", result(admin_id=None, guest_id=21), GUEST)

    assert (draft.fields["author_id"], draft.fields["guest_name"]) == (None, "Noor Vale")


def test_an_evaluation_of_somebody_else_is_not_the_candidate_s() -> None:
    assert rows("candidate_evaluations", result(candidate_id=41)) == []
    assert len(rows("candidate_evaluations", result(candidate_id=None))) == 1


def test_an_evaluation_is_created_updated_and_deleted() -> None:
    new = one(created_at=at(3), updated_at=at(3))
    made = compare(None, new, fed("interview_result_add", 3))
    assert events(made) == ["evaluation.created"] and made.snapshot is not None

    entry = fed("interview_result_update", 5)
    changed = compare(made.snapshot, one(created_at=at(3), updated_at=at(5), rating="no"), entry)
    assert events(changed) == ["evaluation.updated"]
    assert paths(changed.changes[0]) == {"overall_recommendation": ("STRONG_YES", "NO")}
    assert (changed.changes[0].at, changed.changes[0].causes) == (at(5), (entry,))

    ended = removed(made.snapshot, new, fed("interview_result_remove", 29))
    assert events(ended) == ["evaluation.deleted"]
    assert events(compare(ended.snapshot, new)) == ["evaluation.created"]


def test_a_lean_row_clears_nothing() -> None:
    before = adopted(one(answer("text", "All")))
    (lean,) = rows("candidate_evaluations", {"id": 600, "candidate_id": 40, "rating": "strong_yes"})

    assert events(compare(before, lean)) == []


def test_the_list_is_asked_for_all_of_one_candidate_or_of_everybody() -> None:
    found = COLLECTIONS["candidate_evaluations"]

    assert found.owner == "candidate" and found.bulk is not None
    assert found.listing.path == found.bulk.path == "/interview/results"
    assert found.listing.params == {"candidate_id": "{id}", "scope": "all", "kind": "all"}
    assert found.bulk.params == {"scope": "all", "kind": "all"}
    assert found.owner_of(result()) == "40"


def test_every_field_has_its_source() -> None:
    assert list(SOURCES["evaluation"]) == list(MODELS["evaluation"].fields)


FORM = result(
    answer("multi_choice", contents=["Low"]),
    answer("scorecard", [{"title": "Go"}]),
    answer("single_choice", "Low"),
    guest_id=21,
)


@settings(max_examples=100, deadline=None)
@given(row=spoiled(FORM) | JSON, references=JSON, content=JSON)
def test_no_json_makes_an_evaluation_raise(row: Any, references: Any, content: Any) -> None:
    kinds = ("text", "boolean", "number", "date", "single_choice", "multi_choice", "scorecard")
    answered = result(*(answer(kind, content) for kind in kinds))

    for raw in (row, answered):
        for draft in COLLECTIONS["candidate_evaluations"].expand(raw, references, context(), "40"):
            storable(draft)
