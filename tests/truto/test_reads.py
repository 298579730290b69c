"""Every model through Truto's own client: each record, field by field, is what the sandbox has."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.truto.conftest import ADMIN, House, Json

FIELDS = {
    "activities": "id candidate actor activity_type from to cc subject body visibility",
    "attachments": "id file_name file_url candidate application job attachment_type",
    "candidates": "id first_name last_name name company title last_interaction_at is_private can_email "
    "locations phones emails urls tags applications attachments",
    "departments": "id name parent status",
    "jobs": "id name description code requisition_id status locations job_posting_urls confidential "
    "departments teams offices hiring_managers recruiters",
    "tags": "id name",
    "users": "id first_name last_name name emails disabled access_role",
}
STATES = {
    "published": "open", "internal": "open", "closed": "closed", "draft": "draft",
    "archived": "archived",
}  # fmt: skip
Sdk = Callable[[str], Any]


def at(text: str | None) -> str | None:
    """Return an instant as it is served."""
    if text is None:
        return None
    told = datetime.fromisoformat(text)
    ms = round((told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp() * 1000)
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


async def everything(house: House, sdk: Sdk, resource: str, **params: Any) -> dict[str, Json]:
    """Return a resource's records by id, as the client's pager gives them, and as they are now."""
    now = await house.http.get(
        f"{house.url}/unified/ats/{resource}",
        params={**house.account, "limit": 1000},
        headers={"authorization": f"Bearer {ADMIN}", "cache-control": "no-cache"},
    )
    assert now.status_code == 200
    listed = sdk(ADMIN).unified_api.list("ats", resource, {**house.account, "limit": 9, **params})
    rows = await listed.to_array()
    assert len({row["id"] for row in rows}) == len(rows)
    return {row["id"]: row for row in rows}


async def everybody(house: House) -> list[Json]:
    """Return all candidates of the sandbox in full."""
    rows = (await house.served("/candidates", limit=1000))["candidates"]
    return [
        (await house.served(f"/candidates/{row['id']}"))["candidate"]
        for row in rows
        if not row.get("example")
    ]


@pytest.mark.parametrize("resource", sorted(FIELDS))
async def test_a_record_has_the_fields_of_its_model_in_a_list_and_by_itself(
    house: House, sdk: Sdk, resource: str
) -> None:
    found = await everything(house, sdk, resource)
    wanted = [*FIELDS[resource].split(), "created_at", "updated_at", "remote_data"]
    for row in found.values():
        assert list(row) == wanted
    some = next(iter(found.values()))
    alone = await sdk(ADMIN).unified_api.get("ats", resource, some["id"], dict(house.account))
    assert alone == some


async def test_departments_tags_and_users_are_those_of_the_company(house: House, sdk: Sdk) -> None:
    departments = (await house.served("/departments"))["departments"]
    found = await everything(house, sdk, "departments")
    assert {(r["id"], r["name"]) for r in found.values()} == {
        (str(each["id"]), each["name"]) for each in departments
    }
    assert {r["status"] for r in found.values()} == {"active"}
    tags = (await house.served("/tags", limit=1000))["tags"]
    known = await everything(house, sdk, "tags")
    assert {(r["id"], r["name"]) for r in known.values()} == {
        (str(each["id"]), each["name"]) for each in tags
    }


async def test_users_are_the_members_with_role_and_address(house: House, sdk: Sdk) -> None:
    served = await house.served("/memberships", limit=1000)
    people = {each["id"]: each for each in served["references"] if each["type"] == "Admin"}
    found = await everything(house, sdk, "users")
    assert set(found) == {str(each["admin_id"]) for each in served["memberships"]}
    for each in served["memberships"]:
        user, person = found[str(each["admin_id"])], people[each["admin_id"]]
        assert (user["first_name"], user["last_name"]) == (
            person["first_name"], person["last_name"],
        )  # fmt: skip
        assert user["name"] == f"{person['first_name']} {person['last_name']}"
        assert user["emails"] == [{"email": person["email"], "type": None, "is_primary": True}]
        assert user["disabled"] is not each["is_active"]
        assert user["access_role"] == each["role"]


async def test_jobs_are_the_offers_with_their_teams_and_places(house: House, sdk: Sdk) -> None:
    found = await everything(house, sdk, "jobs")
    members = (await house.served("/memberships", limit=1000))["references"]
    people = {
        m["id"]: f"{m['first_name']} {m['last_name']}" for m in members if m["type"] == "Admin"
    }
    places = {p["id"]: p["name"] for p in (await house.served("/locations"))["locations"]}
    assert len(found) > 5
    for row in found.values():
        offer = (await house.served(f"/offers/{row['id']}"))["offer"]
        assert row["name"] == offer["title"] and row["code"] == offer["guid"]
        assert row["status"] == STATES[offer["status"]]
        assert (row["created_at"], row["updated_at"]) == (
            at(offer["created_at"]), at(offer["updated_at"]),
        )  # fmt: skip
        assert [(d["id"], d["name"]) for d in row["departments"]] == (
            [(str(offer["department_id"]), offer["department"])] if offer["department_id"] else []
        )
        assert {(o["id"], o["name"]) for o in row["offices"]} == {
            (str(each), places[each]) for each in offer["location_ids"]
        }
        for role in ("hiring_manager", "recruiter"):
            one = offer[f"{role}_id"]
            assert row[f"{role}s"] == ([{"id": str(one), "name": people[one]}] if one else [])
        assert [u["url"] for u in row["job_posting_urls"]] == [
            url for url in (offer["careers_url"],) if url
        ]


async def test_candidates_are_the_sandbox_s_with_everything_on_them(house: House, sdk: Sdk) -> None:
    found = await everything(house, sdk, "candidates")
    known = {str(each["id"]): each for each in await everybody(house)}
    tags = {t["name"]: str(t["id"]) for t in (await house.served("/tags", limit=1000))["tags"]}
    assert found.keys() == known.keys()
    for one, row in found.items():
        raw = known[one]
        if not raw["is_anonymous"]:
            assert row["name"] == raw["name"]
            assert [e["email"] for e in row["emails"]] == raw["emails"]
            assert [p["number"] for p in row["phones"]] == raw["phones"]
            assert [u["url"] for u in row["urls"]] == [*raw["social_links"], *raw["links"]]
        assert {(t["id"], t["name"]) for t in row["tags"]} == {
            (tags[name], name) for name in raw["tags"]
        }
        assert row["created_at"] == at(raw["created_at"])
        # No webhook tells of every activity.
        assert "" < row["last_interaction_at"] <= str(at(raw["last_activity_at"]))


async def test_a_candidate_s_applications_are_their_placements(house: House, sdk: Sdk) -> None:
    found = await everything(house, sdk, "candidates")
    jobs = (await house.served("/offers", limit=1000))["offers"]
    real = {each["id"] for each in jobs if each["kind"] == "job"}
    sources = {s["name"]: str(s["id"]) for s in (await house.served("/sources"))["sources"]}
    counted = 0
    for raw in await everybody(house):
        row = found[str(raw["id"])]
        placed = {str(p["id"]): p for p in raw["placements"] if p["offer_id"] in real}
        assert {each["id"] for each in row["applications"]} == set(placed)
        for each in row["applications"]:
            one = placed[each["id"]]
            assert each["candidate"] == {"id": row["id"]}
            assert each["job"] == {"id": str(one["offer_id"])}
            assert each["applied_at"] == at(one["created_at"])
            assert each["current_stage"]["id"] == str(one["stage_id"])
            assert (each["rejected_at"] is not None) == bool(one.get("disqualify_reason"))
            assert each["reject_reason"] == one.get("disqualify_reason")
            named = next(iter(raw["sources"]), None) or raw["referrer"] or raw["source"]
            assert each["source"] == {"id": sources.get(named), "name": named}
            counted += 1
    assert counted > 20


async def test_attachments_are_the_lists_and_the_papers_of_the_profile(
    house: House, sdk: Sdk
) -> None:
    found = await everything(house, sdk, "attachments")
    expected: dict[str, tuple[str | None, str]] = {}
    for raw in await everybody(house):
        one = str(raw["id"])
        if raw["cv_original_url"] or raw["cv_url"]:
            expected[f"cv-{one}"] = (one, "resume")
        if raw["cover_letter_file_url"] or raw["cover_letter"]:
            expected[f"letter-{one}"] = (one, "cover_letter")
        listed = (await house.served(f"/candidates/{one}/attachments"))["attachments"]
        expected |= {str(each["id"]): (one, "other") for each in listed}
    for offer in (await house.served("/offers", limit=1000))["offers"]:
        listed = (await house.served(f"/offers/{offer['id']}/attachments"))["attachments"]
        expected |= {str(each["id"]): (None, "other") for each in listed}
    shown = {
        one: ((row["candidate"] or {}).get("id"), row["attachment_type"])
        for one, row in found.items()
    }
    assert shown == expected


async def test_activities_are_the_public_notes_on_candidates(house: House, sdk: Sdk) -> None:
    found = await everything(house, sdk, "activities")
    notes: dict[str, tuple[str, Json]] = {}
    for raw in await everybody(house):
        listed = (await house.served(f"/candidates/{raw['id']}/notes"))["notes"]
        for note in (each for one in listed for each in (one, *one["replies"])):
            if note["visibility"]["level"] == "public":
                notes[str(note["id"])] = (str(raw["id"]), note)
    assert notes and notes.keys() == found.keys()
    for one, (candidate, note) in notes.items():
        row = found[one]
        assert row["candidate"] == {"id": candidate} and row["body"] == note["body_html"]
        assert row["actor"] == {"id": str(note["admin_id"]), "type": "user"}
        assert row["activity_type"] == "note" and row["visibility"] == "public"
        assert row["created_at"] == at(note["created_at"])
