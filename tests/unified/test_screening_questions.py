"""Question templates and their questions: order, words, and Kombo's format per kind."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.unified import question
from service.core.unified.model import Draft
from service.core.unified.registry import MODELS, ROOTS
from tests.unified.shapes import Json, adopted, compare, context, drafts
from tests.unified.test_properties import JSON


def asked(question_id: int, kind: str = "string", position: int = 1, **over: Any) -> Json:
    """A question inside a template."""
    return {
        "id": question_id, "position": position, "visible": True, "options": None, "required": False,
        "kind": kind, "visibility": None, "open_question_options": [],
        "translations": [{"body": f"Question {question_id}?", "lang_code": "en"}],
        "open_question_template_id": 300, "is_knockout_question": False,
    } | over  # fmt: skip


def option(option_id: int, name: str | None, position: int | None = None) -> Json:
    """A choice of a question."""
    words = [{"body": name, "lang_code": "en"}] if name else []
    return {
        "id": option_id, "position": position, "options": {}, "translations": words,
        "disqualify_reason_id": None,
    }  # fmt: skip


def template(*questions: Json, **over: Any) -> Json:
    """A template's own page."""
    return {
        "id": 300, "title": "Usual", "category": "Sea", "default": True, "custom": False, "position": 1,
        "created_at": "2026-01-01T08:00:00.000000Z", "updated_at": "2026-01-02T08:00:00.000000Z",
        "assigned_offers_count": 2, "open_questions": list(questions),
    } | over  # fmt: skip


def found(raw: Json) -> list[Draft]:
    return drafts("question_template", raw)


def form(**keys: Any) -> Any:
    """The format of one question."""
    return found(template(asked(1, **keys)))[1].fields["format"]


def test_a_template_lists_its_questions_by_place_as_jobs_show_them() -> None:
    own, *questions = found(
        template(asked(12, position=9), asked(11, position=3, required=True), asked(11, position=8))
    )

    nothing = {"precondition_question_id": None, "precondition_options": None}
    assert own.fields["questions"] == [
        {"question_id": "screening_question-11", "remote_id": "11", "index": 0, "required": False}
        | nothing,
        {"question_id": "screening_question-12", "remote_id": "12", "index": 1, "required": False}
        | nothing,
    ]
    assert [draft.remote_id for draft in questions] == ["11", "12"]
    assert (own.fields["name"], own.fields["is_default"], own.fields["is_custom"]) == (
        "Usual",
        True,
        False,
    )


def test_the_list_of_templates_leaves_the_questions_unknown() -> None:
    row = {
        k: v
        for k, v in template().items()
        if k not in ("open_questions", "created_at", "updated_at")
    }
    before = adopted(found(template(asked(11)))[0])

    (lean,) = found(row)

    assert "questions" not in lean.fields
    assert compare(before, lean).snapshot is None


def test_a_question_has_kombos_fields() -> None:
    (draft,) = found(template(asked(11, required=True, is_knockout_question=True)))[1:]

    assert draft.subject == ("screening_question", "11")
    assert draft.fields == {
        "id": "screening_question-11", "remote_id": "11", "title": "Question 11?", "description": None,
        "category": None, "is_required": True, "is_visible": True, "is_knockout": True,
        "format": {"type": "TEXT", "display_type": "SINGLE_LINE", "max_length": None},
        "question_template_id": "question_template-300", "remote_deleted_at": None,
    }  # fmt: skip


BOAT, FOOT = option(21, "By boat", 2), option(22, "On foot", 1)
CHOICES = [
    {"id": "question_option-22", "name": "On foot", "remote_id": "22"},
    {"id": "question_option-21", "name": "By boat", "remote_id": "21"},
]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (
            {"kind": "string", "options": {"length": 120}},
            {"type": "TEXT", "display_type": "SINGLE_LINE", "max_length": 120},
        ),
        ({"kind": "text"}, {"type": "TEXT", "display_type": "MULTI_LINE", "max_length": None}),
        ({"kind": "boolean"}, {"type": "BOOLEAN"}),
        ({"kind": "legal"}, {"type": "BOOLEAN"}),
        (
            {"kind": "single_choice", "open_question_options": [BOAT, FOOT]},
            {"type": "SINGLE_SELECT", "options": CHOICES, "display_type": None},
        ),
        (
            {"kind": "multi_choice", "open_question_options": [BOAT, FOOT]},
            {"type": "MULTI_SELECT", "options": CHOICES},
        ),
        ({"kind": "date"}, {"type": "DATE"}),
        ({"kind": "number"}, {"type": "NUMBER", "display_type": "FIELD", "min": None, "max": None}),
        ({"kind": "salary"}, {"type": "NUMBER", "display_type": "FIELD", "min": None, "max": None}),
        ({"kind": "file"}, {"type": "FILE", "accepted_mime_types": None, "max_file_size_bytes": None}),
        ({"kind": "video"}, {"type": "FILE", "accepted_mime_types": None, "max_file_size_bytes": None}),
        ({"kind": "infobox"}, {"type": "INFORMATION"}),
    ],
)  # fmt: skip
def test_a_question_of_every_kind_has_its_format(keys: Json, told: Json) -> None:
    assert form(**keys) == told


def test_a_kind_we_do_not_know_is_passed_along_and_counted() -> None:
    (draft,) = found(template(asked(11, kind="hologram")))[1:]

    assert draft.fields["format"]["type"] == "UNKNOWN"
    assert draft.fields["format"]["raw_question"]["kind"] == "hologram"
    assert draft.unmapped == (("format", "hologram"),)
    assert all(found(template(asked(1, kind=kind)))[1].unmapped == () for kind in question.KINDS)


@pytest.mark.parametrize(
    ("over", "title"),
    [
        ({"translations": [{"body": "Warum?", "lang_code": "de"}, {"body": "Why?"}]}, "Warum?"),
        ({"translations": [{"body": " ", "lang_code": "de"}, {"body": "Why?"}]}, "Why?"),
        ({"body": "Why?", "translations": {"en": {"body": "No"}}}, "Why?"),
        ({"translations": None}, None),
    ],
)
def test_a_question_has_the_words_of_the_first_language_that_has_any(
    over: Json, title: str | None
) -> None:
    assert found(template(asked(11, **over)))[1].fields["title"] == title


@pytest.mark.parametrize("name", ["question_template", "screening_question"])
def test_no_event_tells_of_a_template_or_a_question(name: str) -> None:
    before = adopted(next(d for d in found(template(asked(11))) if d.model == name))
    after = next(
        d
        for d in found(template(asked(11, kind="text"), asked(12), title="New"))
        if d.model == name
    )

    verdict = compare(before, after)

    assert verdict.changes == () and verdict.snapshot is not None
    assert MODELS[name].silent


def test_a_template_is_fetched_by_itself_and_listed_whole() -> None:
    root = ROOTS["question_template"]

    assert (root.path, root.key) == ("/open_questions/template/{id}", "open_question_template")
    assert (root.listing.path, root.listing.style) == ("/open_questions/template", "none")


@settings(max_examples=120, deadline=None)
@given(
    questions=st.lists(
        st.dictionaries(st.sampled_from(sorted(asked(1))), JSON | st.just([BOAT])), max_size=3
    ) | JSON,
    kind=st.sampled_from([*question.KINDS, "hologram"]),
    over=st.dictionaries(st.sampled_from(sorted(template())), JSON, max_size=3),
)  # fmt: skip
def test_no_json_makes_a_template_raise_or_give_what_cannot_be_stored(
    questions: Any, kind: str, over: Json
) -> None:
    spoiled = template(asked(7, kind=kind)) | {"open_questions": questions} | over

    for draft in ROOTS["question_template"].expand(spoiled, [], context()):
        assert set(draft.fields) <= set(MODELS[draft.model].fields)
        assert orjson.loads(orjson.dumps(draft.fields)) == draft.fields
