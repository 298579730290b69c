"""Answers to screening questions: which application they belong to, and their shape per kind."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.unified import question
from service.core.unified.reading import UNKNOWN
from tests.unified.shapes import (
    Json,
    adopted,
    candidate,
    compare,
    drafts,
    events,
    lean_candidate,
    paths,
    placement,
)
from tests.unified.test_properties import JSON


def said(kind: str, **keys: Any) -> Json:
    """One answer as a candidate's page has it."""
    return {"id": 901, "kind": kind, "question": "How far?", **keys}


def group(offer_id: int | None, *answers: Json, at: str = "2026-01-05T10:00:00Z") -> Json:
    """The answers that came with one application."""
    return {
        "created_at": at,
        "offer": {"id": offer_id, "title": "Keeper"},
        "open_question_answers": list(answers),
    }


def shown(*groups: Json, offer_id: int = 60) -> list[Json]:
    """The answers of the candidate's application in a job."""
    raw = candidate(
        placement(), placement(id=91, offer_id=61), grouped_open_question_answers=list(groups)
    )
    applications = {
        d.fields["job_id"]: d for d in drafts("candidate", raw) if d.model == "application"
    }
    answers: list[Json] = applications[f"job-{offer_id}"].fields["screening_question_answers"]
    return answers


@pytest.mark.parametrize(
    ("answer", "type_", "told"),
    [
        (said("string", content="Ilha"), "TEXT", {"content": "Ilha"}),
        (said("text", content="<p>Far\nout</p>"), "TEXT", {"content": "<p>Far\nout</p>"}),
        (said("string", content=None), "TEXT", {"content": None}),
        (said("boolean", flag=True), "BOOLEAN", {"checked": True}),
        (said("legal", flag=False), "BOOLEAN", {"checked": False}),
        (said("boolean", content="Yes"), "BOOLEAN", {"checked": True}),
        (said("boolean", content="perhaps"), "UNKNOWN", {"raw": "perhaps"}),
        (said("single_choice", content="Boat"), "SINGLE_SELECT", {"choice": "Boat"}),
        (said("single_choice", content=["Boat"]), "SINGLE_SELECT", {"choice": "Boat"}),
        (said("single_choice", multi_content=["Boat"]), "SINGLE_SELECT", {"choice": "Boat"}),
        (said("dropdown", content=None), "SINGLE_SELECT", {"choice": None}),
        (said("multi_choice", multi_content=["Boat", "Foot"]), "MULTI_SELECT", {"choices": ["Boat", "Foot"]}),
        (said("multi_choice", content="Boat"), "MULTI_SELECT", {"choices": ["Boat"]}),
        (said("number", content="7.5"), "NUMBER", {"number": 7.5}),
        (said("number", content="many"), "UNKNOWN", {"raw": "many"}),
        (
            said("salary", content="60000", open_question_options={"currency": "EUR"}),
            "NUMBER",
            {"number": 60000, "currency": "EUR"},
        ),
        (said("salary", content="60k"), "UNKNOWN", {"raw": "60k"}),
        (said("date", content="2026-05-01"), "DATE", {"date": "2026-05-01T00:00:00.000Z"}),
        (said("date", content="soon"), "UNKNOWN", {"raw": "soon"}),
        (
            said("file", filename="map.pdf", file_url="https://files.example.com/m?sig=1"),
            "UNKNOWN",
            {"raw": '{"filename":"map.pdf"}'},
        ),
        (said("video", video_url="https://files.example.com/v?sig=1"), "UNKNOWN", {"raw": None}),
        (said("hologram", beam=[1, {"hue": "red"}]), "UNKNOWN", {"raw": '{"beam":[1,{"hue":"red"}]}'}),
        (said("hologram", content="bright"), "UNKNOWN", {"raw": "bright"}),
    ],
)  # fmt: skip
def test_an_answer_has_the_key_of_its_type(answer: Json, type_: str, told: Json) -> None:
    (one,) = shown(group(60, answer))

    assert one == {
        "answer": told,
        "question": {"remote_id": None, "title": "How far?", "type": type_},
    }


def test_an_answer_names_its_question_where_recruitee_does() -> None:
    (one,) = shown(group(60, said("string", content="Ilha", open_question_id=176)))

    assert one["question"]["remote_id"] == "176"


def test_answers_belong_to_the_application_in_the_job_they_were_given_for() -> None:
    groups = group(60, said("string", content="here")), group(61, said("string", content="there"))

    assert [one["answer"]["content"] for one in shown(*groups)] == ["here"]
    assert [one["answer"]["content"] for one in shown(*groups, offer_id=61)] == ["there"]
    assert shown(group(62, said("string", content="elsewhere"))) == []


def test_answers_of_a_second_application_stand_after_the_first() -> None:
    later = group(60, said("string", content="now", id=902), at="2026-03-01T10:00:00Z")
    first = group(60, said("string", content="then"))

    assert [one["answer"]["content"] for one in shown(later, first)] == ["then", "now"]


def test_what_is_only_displayed_and_what_names_no_job_is_no_answer() -> None:
    assert shown(group(60, said("infobox", content="Welcome")), group(None, said("string"))) == []


def test_a_lean_list_leaves_the_answers_unknown() -> None:
    raw = candidate(
        placement(), grouped_open_question_answers=[group(60, said("string", content="x"))]
    )
    before = adopted(drafts("candidate", raw)[1])

    lean = drafts("candidate", lean_candidate(placement()))[1]

    assert "screening_question_answers" not in lean.fields
    assert compare(before, lean).snapshot is None


def test_a_new_answer_is_an_update_of_the_application() -> None:
    raw = candidate(
        placement(), grouped_open_question_answers=[group(60, said("string", content="x"))]
    )

    verdict = compare(
        adopted(drafts("candidate", candidate(placement()))[1]), drafts("candidate", raw)[1]
    )

    assert events(verdict) == ["application.updated"]
    assert set(paths(verdict.changes[0])) == {"screening_question_answers"}


TYPES = {"TEXT": "content", "BOOLEAN": "checked", "SINGLE_SELECT": "choice", "MULTI_SELECT": "choices",
         "NUMBER": "number", "DATE": "date", "UNKNOWN": "raw"}  # fmt: skip
ANSWERS = st.dictionaries(
    st.sampled_from(
        ["id", "content", "flag", "multi_content", "question", "open_question_id", "x"]
    ),
    JSON,
)


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from([*question.KINDS, "hologram", None, 4]), keys=ANSWERS)
def test_whatever_an_answer_says_it_is_of_a_type_and_has_the_key_of_that_type(
    kind: object, keys: Json
) -> None:
    told = question.answer_of({**keys, "kind": kind})

    assert TYPES[told["question"]["type"]] in told["answer"]
    assert isinstance(told["question"]["title"], str)
    assert orjson.loads(orjson.dumps(told)) == told


@settings(max_examples=80, deadline=None)
@given(groups=st.lists(st.dictionaries(
    st.sampled_from(["created_at", "offer", "offer_id", "open_question_answers"]), JSON)) | JSON)  # fmt: skip
def test_no_json_in_place_of_answers_raises(groups: Any) -> None:
    found = question.answers_by_job(groups)

    assert found is UNKNOWN or all(key.isdigit() for key in found)
