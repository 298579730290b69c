"""Users: a membership and its person make one; who vanishes becomes INACTIVE."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.unified.registry import COLLECTIONS, MODELS
from tests.unified.company_shapes import admin, drafts, membership, read
from tests.unified.shapes import adopted, compare, events, paths
from tests.unified.test_properties import JSON


def test_a_membership_and_its_person_are_one_user_by_the_persons_id() -> None:
    others = [admin(id=801, first_name="Other"), admin(type="Guest", first_name="Guest")]

    draft = read("users", references=[*others, admin()])

    assert draft.remote_id == "11"
    assert draft.fields == {
        "id": "user-11", "remote_id": "11", "first_name": "Mara", "last_name": "Voss",
        "email": "mara@example.com", "status": "ACTIVE",
        "system_roles": [
            {
                "remote_id": "21", "remote_label": "Recruiter", "scope": "SYSTEM",
                "unified_type": "RECRUITER",
            },
        ],
        "role_id": "role-21", "is_admin": False, "is_hiring_manager": False, "is_recruiter": True,
        "is_approver": False, "two_factor_auth_enabled": True, "timezone": "Europe/Lisbon",
        "anonymized_at": None, "job_ids": ["job-60", "job-61"],
        "remote_created_at": "2026-01-03T08:00:00.500Z", "remote_deleted_at": None,
    }  # fmt: skip


def test_a_person_who_is_not_among_the_references_keeps_the_name_we_had() -> None:
    before = adopted(read("users", references=[admin()]))

    verdict = compare(before, read("users", membership(is_recruiter=False)))

    assert verdict.snapshot is not None and verdict.snapshot.fields["first_name"] == "Mara"
    assert paths(verdict.changes[0]) == {"is_recruiter": (True, False)}


@pytest.mark.parametrize(
    ("served", "status"), [(True, "ACTIVE"), (False, "INACTIVE"), (None, None)]
)
def test_whether_a_user_is_active(served: bool | None, status: str | None) -> None:
    assert read("users", membership(is_active=served)).fields["status"] == status


@pytest.mark.parametrize("odd", ["yes", 1, [], {}], ids=repr)
def test_an_activity_that_is_no_boolean_is_unknown(odd: object) -> None:
    assert "status" not in read("users", membership(is_active=odd)).fields


def test_a_user_who_vanishes_becomes_inactive_and_comes_back_by_being_listed() -> None:
    ended = COLLECTIONS["users"].ended
    assert ended is not None
    before = adopted(read("users", references=[admin()]))
    fields = ended(before.fields)

    assert fields == before.fields | {"status": "INACTIVE"}
    assert before.fields["status"] == "ACTIVE" and ended(fields) == fields


def test_a_role_and_its_users_jobs_are_told_of_once() -> None:
    before = adopted(read("users", references=[admin()]))
    other = membership(role_id=22, role="Boss", role_admin=True, offer_ids=[60])

    verdict = compare(before, read("users", other, [admin()]))

    assert events(verdict) == ["user.updated"]
    assert paths(verdict.changes[0]) == {
        "role_id": ("role-21", "role-22"),
        "is_admin": (False, True),
    }
    assert verdict.changes[0].record["job_ids"] == ["job-60"]
    assert verdict.changes[0].record["system_roles"][0]["unified_type"] == "ADMIN"


def test_a_renamed_role_is_no_news_of_its_users() -> None:
    before = adopted(read("users"))

    assert not events(compare(before, read("users", membership(role="Talent scout"))))


def test_a_user_without_a_role_has_none() -> None:
    fields = read("users", membership(role_id=None, role=None)).fields

    assert (fields["system_roles"], fields["role_id"]) == ([], None)


def listed_admin(**over: Any) -> dict[str, Any]:
    """A row of `/admins`."""
    return {key: value for key, value in admin().items() if key != "type"} | over


def test_the_list_of_active_users_says_what_it_knows_and_no_more() -> None:
    fields = read("users", listed_admin(created_at="2020-01-01T00:00:00Z")).fields

    known = {"first_name": "Mara", "email": "mara@example.com", "status": "ACTIVE", "id": "user-11"}
    assert known.items() <= fields.items()
    assert not fields.keys() & {"role_id", "system_roles", "job_ids", "remote_created_at"}


def test_the_fallback_changes_nothing_of_a_user_that_it_says_no_more_of() -> None:
    before = adopted(read("users", references=[admin()]))

    assert not events(compare(before, read("users", listed_admin())))
    fallback = COLLECTIONS["users"].fallback
    assert fallback is not None and (fallback.path, fallback.key) == ("/admins", "admins")


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        ({"role_id": 21, "role_name": "Recruiter", "role_admin": True}, {"role_id": "role-21"}),
        ({"membership": membership(is_active=False)}, {"status": "INACTIVE", "remote_id": "11"}),
        ({"membership": membership(offer_ids=[7])}, {"job_ids": ["job-7"]}),
        ({"membership": 3}, {"status": "ACTIVE"}),
        ({"anonymized_at": "2026-02-01T00:00:00Z"}, {"status": "INACTIVE"}),
    ],
    ids=["role", "inactive", "jobs", "no membership", "anonymized"],
)
def test_the_list_of_active_users_may_say_more(
    over: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert expected.items() <= read("users", listed_admin(**over)).fields.items()


def test_a_whole_name_is_split_where_its_parts_are_not_served() -> None:
    row = {"id": 11, "name": "Mara Voss", "email": "mara@example.com", "role": "Recruiter"}

    fields = read("users", row).fields

    assert (fields["first_name"], fields["last_name"]) == ("Mara", "Voss")


def test_a_membership_that_lost_its_admin_is_not_taken_for_the_user_of_its_own_id() -> None:
    row = membership()
    del row["admin_id"]

    assert drafts("users", row, [admin()]) == []


@settings(max_examples=100, deadline=None)
@given(keys=st.sets(st.sampled_from(sorted(admin()))), odd=JSON, inside=JSON)
def test_no_row_of_admins_raises(keys: set[str], odd: Any, inside: Any) -> None:
    row = listed_admin(membership=inside) | dict.fromkeys(keys, odd)

    for draft in drafts("users", row):
        assert set(draft.fields) <= set(MODELS["user"].fields)
