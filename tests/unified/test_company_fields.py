"""What each of the company's own lists says: departments, locations, roles, reasons, taggings."""

import pytest

from tests.unified.company_shapes import (
    UNWRITTEN,
    department,
    location,
    read,
    reason,
    role,
    tagging,
    translation,
)


def test_a_location_has_its_address_in_kombos_names() -> None:
    fields = read("locations").fields

    assert {name: fields[name] for name in ("city", "country", "raw", "state", "street_1", "zip_code")} == {
        "city": "Ilha", "country": "PT", "raw": "Portugal, Sul, Ilha, 1000, Cais 1", "state": "Sul",
        "street_1": "Cais 1", "zip_code": "1000",
    }  # fmt: skip
    assert fields["remote_created_at"] == "2026-01-01T08:00:00.000Z"


def test_translations_are_by_language_and_only_those_that_are_written() -> None:
    shuffled = [translation("da", name="Fyr"), translation("pt"), translation("xx", **UNWRITTEN)]

    found = read("locations").fields["translations"]

    assert [each["language"] for each in found] == ["da", "pt"]
    assert found[0] == {
        "language": "da", "name": "Fyr", "note": None, "city": "Ilha", "street_1": "Cais 1",
        "zip_code": "1000", "raw": "Portugal, Ilha, 1000, Cais 1",
    }  # fmt: skip
    assert read("locations", location(translations=shuffled)).fields["translations"] == found
    assert read("departments").fields["translations"] == [
        {"language": "en", "name": "Coast"},
        {"language": "pt", "name": "Costa"},
    ]
    assert read("departments", department(grouped_translations=None)).fields["translations"] == []


@pytest.mark.parametrize(
    ("name", "is_admin", "unified"),
    [
        ("Anything", True, "ADMIN"),
        ("Recruiter", True, "ADMIN"),
        ("Recruiter", False, "RECRUITER"),
        (" hiring MANAGER ", False, "HIRING_MANAGER"),
        ("Sourcer", False, "SOURCER"),
        ("Interviewer", False, "INTERVIEWER"),
        ("Recruiting coordinator", False, "COORDINATOR"),
        (None, False, None),
    ],
)
def test_roles_have_kombos_type(name: str | None, is_admin: bool, unified: str | None) -> None:
    draft = read("roles", role(name=name, admin=is_admin))

    assert (draft.fields["unified_type"], draft.fields["scope"]) == (unified, "SYSTEM")
    assert draft.unmapped == ()


@pytest.mark.parametrize("name", ["Admin", "Keeper of keys"])
def test_a_role_with_a_name_of_the_companys_own_has_no_type_and_is_counted(name: str) -> None:
    draft = read("roles", role(name=name))

    assert draft.fields["unified_type"] is None
    assert draft.unmapped == (("unified_type", name),)


def test_a_role_says_what_it_may_do() -> None:
    fields = read("roles").fields

    assert fields["abilities"] == ["gdpr", "manage_jobs"]
    assert (fields["remote_label"], fields["is_default"], fields["index"]) == ("Recruiter", True, 2)


def test_a_rejection_reason_says_what_it_sets_off() -> None:
    fields = read("rejection_reasons").fields
    odd = reason(action_templates=[{"kind": "sing"}, {"kind": None}, {}, 3, {"kind": "assign"}])

    assert (fields["actions"], fields["automation_ids"]) == (["ADD_TAGS", "SEND_EMAIL"], ["4", "9"])
    assert read("rejection_reasons", odd).fields["actions"] == ["ASSIGN", "sing"]


@pytest.mark.parametrize("name", ["tags", "sources", "job_tags"])
def test_taggings_are_names(name: str) -> None:
    assert read(name, tagging(name="  Night owl ")).fields["name"] == "Night owl"
    assert read(name, tagging(name=" ")).fields["name"] is None
    assert "name" not in read(name, tagging(name=3)).fields
