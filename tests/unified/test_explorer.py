"""The explorer: which fields there are, how full they are, and examples that give no one away."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.unified import profile
from service.core.unified.explorer import (
    Defined,
    Seen,
    dynamic_definitions,
    example_of,
    explore,
    masked,
    model_of,
    pii_of,
    profile_definitions,
    searchable_definitions,
)
from service.core.unified.options import Options
from tests.unified.shapes import context


def record(*fields: dict[str, Any]) -> dict[str, Any]:
    """A candidate's record, its profile fields read as the normalizer reads them."""
    return profile.fields(profile.profile(list(fields)), profile.PROFILE, context())


def field(kind: str, value: Any, name: str | None = None) -> dict[str, Any]:
    return {"id": 1, "kind": kind, "name": name, "values": [value], "origin": "manual"}


BORN = field("date_of_birth", {"date": "1990-01-31"})
NOTICE = field("single_line", {"text": "Anytime"}, "Notice / weeks")


def test_each_field_is_counted_in_how_many_records_it_is_filled() -> None:
    seen = explore([record(BORN, NOTICE), record(NOTICE), record()])

    assert {key: (one.filled, one.kind, one.label, one.model) for key, one in seen.items()} == {
        "profile.Notice / weeks": (2, None, "Notice / weeks", "candidate"),
        "profile.date_of_birth": (1, "date_of_birth", None, "candidate"),
    }


def test_what_recruitee_defines_is_found_before_anybody_fills_it_and_says_the_kind() -> None:
    defined = [
        *searchable_definitions(
            [
                {"name": "Notice / weeks", "search_key": "single_line_notice_weeks"},
                {"name": None},
                3,
            ]
        ),
        *profile_definitions([{"id": 1, "kind": "gender", "name": None}, {"kind": 4}, "x"]),
        *dynamic_definitions([{"id": 5, "name": "Cost centre", "type": "single_line"}]),
    ]

    seen = explore([record(NOTICE)], defined)

    assert [(one.key, one.kind, one.filled, one.defined) for one in seen.values()] == [
        ("profile.Notice / weeks", "single_line", 1, True),
        ("profile.gender", "gender", 0, True),
        ("dynamic.Cost centre", "single_line", 0, True),
    ]


@pytest.mark.parametrize(
    ("value", "shown", "hidden_whole"),
    [
        ("Alina", "A***", "***"),
        ("No", "***", "***"),
        ("+491705551234", "+49**********", "***"),
        ("0170 555 12 34", "0**********", "***"),
        ("1990-01-31", "1990-**-**", "1990-**-**"),
        ("2019-04", "2019-**", "2019-**"),
        ("2026-04-21T07:30:26.285Z", "2026-**-**", "2026-**-**"),
        ("1234-56-7890", "1*********", "***"),
        (60000, "6****", "***"),
        (True, "***", "***"),
        (7, "***", "***"),
        (["Python", "Go"], "P*** (+1)", "*** (+1)"),
        ([{"company": "Acme", "end_date": None, "title": "Cook"}], "{company: A***, title: C***}",
         "{company: ***, title: ***}"),
    ],
)  # fmt: skip
def test_an_example_is_masked(value: Any, shown: str, hidden_whole: str) -> None:
    assert masked(value) == shown
    assert masked(value, whole=True) == hidden_whole


@given(st.text(min_size=1) | st.integers() | st.from_regex(r"\+?[0-9 ./-]{3,20}", fullmatch=True))
def test_of_no_value_more_is_shown_than_a_year_or_a_dialling_code(value: str | int) -> None:
    shown = masked(value)
    left = shown.replace("*", "").replace("-", "")

    assert len(left) <= (4 if str(value).strip().startswith(("19", "20")) else 3)
    assert masked(value, whole=True) in ("***", shown)


@pytest.mark.parametrize(
    ("key", "kind", "pii"),
    [
        ("profile.date_of_birth", "date_of_birth", "sensitive"),
        ("profile.gender", "gender", "sensitive"),
        ("profile.nationality", "nationality", "sensitive"),
        ("profile.Expected salary", "single_line", "sensitive"),
        ("profile.Gehaltswunsch", None, "sensitive"),
        ("profile.address", "address", "personal"),
        ("profile.Syntax checker", "boolean", "personal"),
        ("dynamic.Cost centre", "single_line", "none"),
    ],
)
def test_what_kind_of_personal_data_a_field_is_is_guessed(key: str, kind: str, pii: str) -> None:
    assert pii_of(Options(), Seen(key, kind)) == pii


def test_what_the_operator_says_of_a_field_goes_before_the_guess() -> None:
    assert (
        pii_of(Options(pii={"profile.gender": "none"}), Seen("profile.gender", "gender")) == "none"
    )


def test_of_a_field_with_few_values_not_even_the_first_letter_is_shown() -> None:
    level = field("dropdown", {"value": "Senior"}, "Level")
    seen = explore([record(level)], [Defined("profile.Level", "dropdown", "Level")])

    assert example_of(seen["profile.Level"], "personal") == "***"
    assert example_of(Seen("profile.Level"), "personal") is None


@pytest.mark.parametrize(
    "key", ["name", "profile.", "profile. ", "custom.x", "profile.a\nb", "profile." + 200 * "x"]
)
def test_what_is_no_key_has_no_model(key: str) -> None:
    assert model_of(key) is None
