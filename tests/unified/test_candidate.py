"""Candidates: what Recruitee's JSON says of a person."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nameparser import HumanName

from service.core.unified.announce import lagging
from service.core.unified.person import split_name
from service.core.unified.registry import MODELS, ROOTS
from tests.unified import shapes
from tests.unified.shapes import (
    adopted,
    candidate,
    compare,
    drafts,
    events,
    lean_candidate,
    paths,
    person,
)


def test_a_candidate_has_kombos_fields_and_what_kombo_lacks() -> None:
    fields = person().fields

    assert fields["id"] == "candidate-40" and fields["remote_id"] == "40"
    assert (fields["first_name"], fields["last_name"]) == ("Ines", "Quill")
    assert fields["email_addresses"] == [{"email_address": "ines@example.com", "type": None}]
    assert fields["phone_numbers"] == [{"phone_number": "+351555010", "type": None}]
    assert fields["social_media"] == [
        {"link": "https://www.linkedin.com/in/ines-quill", "type": "LINKEDIN", "username": None},
        {"link": "https://quill.example.com", "type": None, "username": None},
    ]
    assert fields["tags"] == ["go", "senior"]
    assert fields["remote_created_at"] == "2026-01-05T09:59:00.000Z"
    assert (
        fields["company"] is None and fields["custom_fields"] is None and fields["location"] is None
    )
    assert person().subject == ("candidate", "40")


def test_a_lean_list_object_leaves_fields_unknown_and_never_null() -> None:
    fields = drafts("candidate", lean_candidate())[0].fields

    absent = {
        "tags",
        "source",
        "social_media",
        "gdpr_status",
        "gdpr_expires_at",
        "last_activity_at",
    }
    assert absent.isdisjoint(fields)
    assert fields["email_addresses"] and fields["first_name"] == "Ines"


def test_a_candidate_names_who_made_it_follows_it_and_where_it_came_from() -> None:
    fields = person(admin_id=11, admin_ids=[13, 12], sources=["Fair", "Board"]).fields

    assert fields["created_by_id"] == "user-11"
    assert fields["follower_ids"] == ["user-12", "user-13"]
    assert (fields["source"], fields["sources"]) == ("Fair", ["Fair", "Board"])
    assert (fields["referrer"], fields["origin"]) == ("Board", "career_site")


def test_a_search_hits_sources_are_understood() -> None:
    fields = person(sources=[{"id": 4, "name": "Fair"}, {"id": 2, "name": "Board"}]).fields

    assert (fields["source"], fields["sources"]) == ("Fair", ["Fair", "Board"])


WORK = {"id": 3, "kind": "experience", "name": None, "values": [{"company": "Quill & Co"}]}


def test_an_anonymous_candidate_stays_masked() -> None:
    before = adopted(person(fields=[WORK]))
    raw = candidate(is_anonymous=True, name="Candidate 40", emails=[], phones=None)
    left_out = ("fields", "links", "social_links", "salutation")

    masked = drafts("candidate", {k: v for k, v in raw.items() if k not in left_out})[0]
    verdict = compare(before, masked)

    assert verdict.snapshot is not None
    fields = verdict.snapshot.fields
    assert fields["name"] == "Candidate 40"
    assert fields["first_name"] is None and fields["last_name"] is None
    for name in ("email_addresses", "phone_numbers", "social_media", "integration_fields"):
        assert fields[name] == [], name
    assert fields["company"] is None and "Quill" not in str(fields)


def test_an_anonymous_candidate_in_a_lean_list_loses_nothing() -> None:
    masked = {"is_anonymous": True, "name": "Candidate 40"}
    before = adopted(person(**masked, fields=[WORK]))

    assert compare(before, drafts("candidate", lean_candidate(**masked))[0]).snapshot is None


NAMES = st.text(st.characters(categories=["L"]), min_size=1, max_size=12) | st.sampled_from(
    ["Dr", "de", "van", "Jr", "Prince", "MD", "und", "Abdul", "Mc", "Anna", "Quill", "Ma"]
)


@given(first=NAMES, last=NAMES)
def test_two_plain_words_are_split_as_the_parser_would(first: str, last: str) -> None:
    parsed = HumanName(f"{first} {last}")

    if parsed.first and parsed.last:
        names = " ".join(part for part in (parsed.first, parsed.middle) if part)
        assert split_name(f"{first} {last}") == (names, parsed.last)


def test_a_lean_list_after_the_full_page_changes_nothing() -> None:
    before = adopted(person())

    verdict = compare(before, drafts("candidate", lean_candidate())[0])

    assert verdict.snapshot is None


@pytest.mark.parametrize(
    ("keys", "source"),
    [
        ({"sources": ["Fair", "Other"]}, "Fair"),
        ({"sources": []}, "Board"),
        ({"sources": [], "referrer": None}, "career_site"),
        ({"sources": None, "referrer": "", "source": None}, None),
    ],
    ids=["tag", "referrer", "how it was made", "none"],
)
def test_a_source_is_the_first_tag_then_the_referrer_then_how_it_was_made(
    keys: dict[str, Any], source: str | None
) -> None:
    assert person(**keys).fields["source"] == source


def test_a_sample_candidate_gives_no_records_at_all() -> None:
    raw = candidate(shapes.placement(), example=True)

    assert drafts("candidate", raw) == []
    assert ROOTS["candidate"].needs(raw, []) == set()


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Ines Quill", "Ines", "Quill"),
        ("Mary Jane Watson", "Mary Jane", "Watson"),
        ("Juan de la Vega", "Juan", "de la Vega"),
        ("Dr. Anna Schmidt", "Anna", "Schmidt"),
        ("Dr. Schmidt", None, "Schmidt"),
        ("Dean Porter", "Dean", "Porter"),
        ("Prince", "Prince", None),
        ("  Ines   Quill ", "Ines", "Quill"),
        ("", None, None),
        ("  ", None, None),
    ],
)
def test_a_name_is_split(name: str, first: str | None, last: str | None) -> None:
    assert split_name(name) == (first, last)


def test_each_tag_that_comes_or_goes_is_an_event_of_its_own() -> None:
    verdict = compare(adopted(person()), person(tags=["go", "remote", "a.b"]))

    assert events(verdict) == [
        "candidate.tag_removed",
        "candidate.tag_added",
        "candidate.tag_added",
    ]
    assert [paths(change) for change in verdict.changes] == [
        {"tags.senior": ("senior", None)},
        {"tags.a.b": (None, "a.b")},
        {"tags.remote": (None, "remote")},
    ]


def test_what_moves_with_everything_is_kept_current_in_silence() -> None:
    newer = person(
        last_activity_at="2026-04-21T08:00:00Z",
        updated_at="2026-04-21T08:00:00Z",
        adminapp_url="https://x.example",
    )

    verdict = compare(adopted(person()), newer)

    assert verdict.changes == ()
    assert verdict.snapshot is not None
    assert verdict.snapshot.fields["last_activity_at"] == "2026-04-21T08:00:00.000Z"
    assert verdict.snapshot.version == 2 and verdict.snapshot.sequence == 0


def test_urls_that_expire_are_not_kept() -> None:
    assert not [value for value in person().fields.values() if "sig=" in str(value)]


@pytest.mark.parametrize("value", [5, True, {"a": 1}, [1], 1.5], ids=str)
def test_a_value_of_a_wrong_type_is_unknown(value: object) -> None:
    fields = person(name=value, gdpr_expires_at=value).fields

    assert "name" not in fields and "first_name" not in fields and "gdpr_expires_at" not in fields


@pytest.mark.parametrize("bad", [None, 0, -1, True, "x", 2**63, "", [], {}], ids=str)
def test_an_object_without_an_id_gives_no_record(bad: object) -> None:
    assert drafts("candidate", candidate(id=bad)) == []


def test_a_deleted_webhook_makes_a_fetch_that_still_shows_the_candidate_lag() -> None:
    cause = shapes.webhook("candidate_deleted", minute=5)

    assert lagging(MODELS["candidate"], person(), [cause], shapes.context())
