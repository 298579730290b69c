"""A company's own fields: profile fields of every kind, a job's dynamic fields, and their mapping."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.unified import profile
from service.core.unified.model import Context
from service.core.unified.reading import UNKNOWN
from service.core.unified.verbatim import verbatim
from tests.unified.shapes import (
    Json,
    adopted,
    candidate,
    compare,
    context,
    drafts,
    events,
    job,
    lean_candidate,
    lean_offer,
    offer,
    paths,
    person,
)
from tests.unified.test_properties import JSON


def field(kind: str, *values: Any, name: str | None = None, **over: Any) -> Json:
    """A profile field as a candidate's page has it."""
    return {
        "id": 345, "kind": kind, "name": name, "values": list(values), "origin": "manual",
        "fixed": None if name else True, "visible": True, "is_anonymous": False,
        "visibility": {"level": "public", "admin_ids": [], "role_ids": []},
    } | over  # fmt: skip


def value(of: Json) -> Any:
    """What one profile field says in `integration_fields`."""
    (row,) = person(fields=[of]).fields["integration_fields"]
    return row["value"]


def mapping(**keys: str) -> Context:
    """A context in which the operator mapped fields."""
    return replace(context(), custom_keys={k.replace("__", "."): v for k, v in keys.items()})


WORK = {"company": "Quill & Co", "title": "Keeper", "start_date": "2019-01", "end_date": None}
LATER = {"company": "Shore Ltd", "title": "Diver", "start_date": "2021-02", "end_date": None}
DONE = {"company": "Old Pier", "title": "Mate", "start_date": "2015-01", "end_date": "2018-12"}
SCHOOL = {"school": "Coast College", "degree": "BSc", "major": "Light"}
SPEAKS = {"language_name": "Portuguese", "level": "native"}


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        ("single_line", [{"text": "4 weeks"}], "4 weeks"),
        ("multi_line", [{"text": "<p>One\nTwo</p>"}], "<p>One\nTwo</p>"),
        ("dropdown", [{"value": "Senior"}], "Senior"),
        ("dropdown", [{"value": "Sea"}, {"value": "Land"}], ["Sea", "Land"]),
        ("boolean", [{"flag": False}], False),
        ("date_of_birth", [{"date": "1990-01-31"}], "1990-01-31"),
        ("date", [{"date": "2026-05-01"}], "2026-05-01"),
        ("number", [{"number": "12.50"}], 12.5),
        ("number", [{"value": 3}], 3),
        ("gender", [{"value": "female"}], "female"),
        ("nationality", [{"text": "PT"}], "PT"),
        (
            "salary",
            [{"amount": "60000", "currency": "EUR"}],
            {"amount": "60000", "currency": "EUR"},
        ),
        ("experience", [WORK], [WORK]),
        ("education", [SCHOOL], [SCHOOL]),
        ("language_skill", [SPEAKS], [SPEAKS]),
        ("skills", [[{"text": "Python"}, {"text": "Knots"}]], ["Python", "Knots"]),
        ("skills", [{"text": "Python"}], ["Python"]),
        ("address", [{"city": "Ilha", "street": "Cais 1"}], {"city": "Ilha", "street": "Cais 1"}),
        ("hologram", [{"beam": 1, "hue": "red"}], {"beam": 1, "hue": "red"}),
        ("hologram", [{"beam": 1}], 1),
        ("hologram", ["bare"], "bare"),
    ],
)
def test_a_field_of_every_kind_says_what_it_holds(kind: str, values: list[Any], said: Any) -> None:
    assert value(field(kind, *values, name="Any")) == said


@pytest.mark.parametrize(
    "empty",
    [
        field("education", id=None),
        field("single_line", {"text": "  "}, name="Notice"),
        field("dropdown", {"value": None}, name="Level"),
        field("skills", []),
        field("single_line", name="Notice", values=None),
    ],
    ids=["of the template", "blank", "null", "an empty list", "no values"],
)
def test_a_field_without_a_value_is_left_out(empty: Json) -> None:
    assert person(fields=[empty]).fields["integration_fields"] == []


def test_fields_have_kombos_shape_and_stand_by_key() -> None:
    fields = [field("single_line", {"text": "4 weeks"}, name="Notice"), field("education", SCHOOL)]

    assert person(fields=fields).fields["integration_fields"] == [
        {
            "id": "integration_field-profile.Notice", "key": "profile.Notice", "type": "CUSTOM",
            "value": "4 weeks", "label": "Notice",
        },
        {
            "id": "integration_field-profile.education", "key": "profile.education",
            "type": "DEFAULT", "value": [SCHOOL], "label": None,
        },
    ]  # fmt: skip


def test_fields_of_one_key_are_one_with_all_their_values() -> None:
    twice = [field("experience", WORK), field("experience", DONE, origin="parsed")]

    (row,) = person(fields=twice).fields["integration_fields"]

    assert row["value"] == [WORK, DONE]


def test_another_order_of_fields_is_no_change_and_another_value_is_one() -> None:
    notice, school = (
        field("single_line", {"text": "4 weeks"}, name="Notice"),
        field("education", SCHOOL),
    )
    before = adopted(person(fields=[notice, school]))

    assert compare(before, person(fields=[school, notice])).snapshot is None
    changed = compare(before, person(fields=[field("education", SCHOOL)]))
    assert events(changed) == ["candidate.updated"]
    assert set(paths(changed.changes[0])) == {"integration_fields"}


def test_a_lean_list_leaves_a_candidates_fields_unknown() -> None:
    known = mapping(profile__Notice="notice")
    full = candidate(fields=[field("single_line", {"text": "4 weeks"}, name="Notice")])
    before = adopted(drafts("candidate", full, known=known)[0])

    lean = drafts("candidate", lean_candidate(), known=known)[0]

    assert not {"integration_fields", "custom_fields", "location", "company"} & set(lean.fields)
    assert compare(before, lean).snapshot is None


def test_custom_fields_are_what_the_operator_mapped() -> None:
    known = mapping(profile__Notice="notice_period", profile__Level="level", dynamic__Grade="grade")
    full = candidate(fields=[field("single_line", {"text": "4 weeks"}, name="Notice")])

    fields = drafts("candidate", full, known=known)[0].fields

    assert fields["custom_fields"] == {"level": None, "notice_period": "4 weeks"}
    assert person().fields["custom_fields"] is None


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (
            {"street": "Cais 1", "city": "Ilha", "postal_code": "1000", "country_code": "PT"},
            {"street_1": "Cais 1", "city": "Ilha", "zip_code": "1000", "country": "PT"},
        ),
        ({"text": "Cais 1, Ilha"}, {"raw": "Cais 1, Ilha"}),
        ("Cais 1, Ilha", {"raw": "Cais 1, Ilha"}),
        ({"full_address": "Ilha", "state": "Azores"}, {"raw": "Ilha", "state": "Azores"}),
        ({"planet": "Mars"}, {"raw": "Mars"}),
        ({"planet": "Mars", "city": 4}, None),
    ],
)
def test_an_address_is_the_candidates_location(value: Any, place: dict[str, str] | None) -> None:
    told = person(fields=[field("address", value)]).fields["location"]

    assert told == (dict.fromkeys(profile.ADDRESS) | place if place else None)


def test_the_company_is_that_of_the_first_experience_without_an_end() -> None:
    assert person(fields=[field("experience", DONE, WORK, LATER)]).fields["company"] == "Quill & Co"
    assert person(fields=[field("experience", DONE)]).fields["company"] is None
    assert person(fields=[field("experience", {"title": "Mate"})]).fields["company"] is None


def dynamic(kind: str, said: Any, name: str = "Grade", key: str = "value") -> Json:
    """A dynamic field as a job may have it: only the definition was ever captured."""
    return {"id": 50, "name": name, "type": kind, "required": True, key: said}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (dynamic("single_line", "G7"), "G7"),
        (dynamic("single_line", [{"text": "G7"}], key="values"), "G7"),
        (dynamic("dropdown", {"value": "G7"}), "G7"),
        (dynamic("number", "7.5"), 7.5),
        (dynamic("boolean", False), False),
        (dynamic("single_line", "G7", key="content"), "G7"),
        (dynamic("multi_select", ["A", "B"], key="values"), ["A", "B"]),
    ],
)
def test_a_jobs_dynamic_field_says_what_it_holds(row: Json, said: Any) -> None:
    (told,) = job(dynamic_fields=[row]).fields["integration_fields"]

    assert told == {
        "id": "integration_field-dynamic.Grade", "key": "dynamic.Grade", "type": "CUSTOM",
        "value": said, "label": "Grade",
    }  # fmt: skip


def test_a_jobs_custom_fields_are_mapped_and_lean_lists_leave_them_alone() -> None:
    known = mapping(dynamic__Grade="grade", profile__Notice="notice")
    full = drafts("job", offer(dynamic_fields=[dynamic("single_line", "G7")]), known=known)[0]

    lean = drafts("job", lean_offer(), known=known)[0]

    assert full.fields["custom_fields"] == {"grade": "G7"}
    assert "custom_fields" not in lean.fields and "integration_fields" not in lean.fields
    assert compare(adopted(full), lean).snapshot is None


ROWS = st.lists(
    st.dictionaries(
        st.sampled_from(["id", "kind", "type", "name", "values", "value", "content", "fixed"]),
        JSON | st.sampled_from(["address", "experience", "skills", "number", "dropdown"]),
    )
)


@settings(max_examples=120, deadline=None)
@given(rows=ROWS | JSON)
def test_no_json_makes_fields_raise_or_give_what_cannot_be_stored(rows: Any) -> None:
    for filled, prefix in (
        (profile.profile(rows), profile.PROFILE),
        (profile.dynamic(rows), profile.DYNAMIC),
    ):
        told = profile.fields(filled, prefix, mapping(profile__address="a", dynamic__x="b"))
        assert orjson.loads(orjson.dumps(told)) == told
        if filled is UNKNOWN:
            assert told == {}
            continue
        keys = [row["key"] for row in told["integration_fields"]]
        assert keys == sorted(set(keys)) and all(key.startswith(prefix) for key in keys)
        profile.location(filled)
        profile.company(filled)


@given(value=JSON)
def test_json_is_kept_as_it_is_as_far_as_it_can_be_written(value: Any) -> None:
    kept = verbatim(value)

    assert orjson.loads(orjson.dumps(kept)) == kept == verbatim(kept)
    if value is None or isinstance(value, bool) or (isinstance(value, str) and value.isascii()):
        assert kept == value


def test_what_is_nested_without_end_is_cut() -> None:
    endless: Any = []
    for _ in range(3000):
        endless = [endless]

    assert str(verbatim(endless)).count("[") == 8
