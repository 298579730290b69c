"""The connection check: token, role, models, writes, webhook state and the drift report."""

import hashlib
import hmac
from typing import Any

import orjson

from service.core.recruitee.client import Ok
from service.core.store.store import Store
from service.core.unified.model import Ref
from service.core.unified.registry import MODELS
from service.ops.checks_actions import prerequisites, role_of, shown
from tests.ops.conftest import RECRUITEE_TOKEN, Ops, Recruitee, settled
from tests.serving import eventually
from workers.app import running

GOOD = {"company_id": "5600", "api_token": RECRUITEE_TOKEN, "webhook_secret": "s"}
FORBIDDEN = {"error": ["Forbidden"]}


def _refusing(path: str, status: int = 403, count: int = 1) -> dict[str, Any]:
    return {"status": status, "path_prefix": path, "body": FORBIDDEN, "count": count}


async def test_every_model_is_tried_and_all_is_well_for_an_administrator(linked: Ops) -> None:
    made = await linked.post("/connections", GOOD)

    found = await linked.get(f"/connections/{made['id']}/check")

    rows = {row["model"]: row["status"] for row in found["models"]}
    assert [row for row in found["models"] if row["status"] not in ("allowed", "empty")] == []
    assert (found["ok"], found["token"]) == (True, "ok")
    assert rows.keys() == MODELS.keys() and set(rows.values()) <= {"allowed", "empty"}
    assert rows["candidate"] == rows["job"] == rows["application"] == "allowed"
    assert found["role"]["name"] and found["role"]["abilities"] is not None
    assert {row["status"] for row in found["actions"]} <= {"allowed", "forbidden"}


async def test_a_list_that_the_role_may_not_read_is_forbidden_with_the_cure(
    linked: Ops, recruitee: Recruitee
) -> None:
    made = await linked.post("/connections", GOOD)
    await recruitee.knobs(fail_next=[_refusing("/offers")])

    found = await linked.get(f"/connections/{made['id']}/check")

    rows = {row["model"]: row for row in found["models"]}
    assert found["ok"] is False
    assert rows["job"]["status"] == "forbidden" and "administrator" in rows["job"]["cure"]
    assert rows["stage"]["status"] == "forbidden"
    assert rows["candidate"] == {
        "model": "candidate", "path": "/candidates", "status": "allowed", "cure": None,
    }  # fmt: skip


async def test_records_that_are_listed_and_cannot_be_opened_are_told(
    linked: Ops, recruitee: Recruitee
) -> None:
    made = await linked.post("/connections", GOOD)
    await recruitee.knobs(fail_next=[_refusing("/candidates/")])

    found = await linked.get(f"/connections/{made['id']}/check")

    (row,) = [row for row in found["models"] if row["model"] == "candidate"]
    assert row["status"] == "forbidden" and "/candidates/{id}" in row["cure"]


async def test_what_can_be_read_in_another_way_is_allowed_and_says_what_is_lost(
    linked: Ops, recruitee: Recruitee
) -> None:
    made = await linked.post("/connections", GOOD)
    await recruitee.knobs(fail_next=[_refusing("/memberships")])

    found = await linked.get(f"/connections/{made['id']}/check")

    (row,) = [row for row in found["models"] if row["model"] == "user"]
    assert row["status"] == "allowed" and "/admins" in row["cure"] and "right" in row["cure"]


async def test_a_list_that_fails_is_failed_with_the_cure(linked: Ops, recruitee: Recruitee) -> None:
    made = await linked.post("/connections", GOOD)
    away, refused = _refusing("/departments", 503), _refusing("/locations", 422)
    await recruitee.knobs(fail_next=[away, refused, _refusing("/roles", 404)])

    found = await linked.get(f"/connections/{made['id']}/check")

    rows = {row["model"]: row for row in found["models"]}
    assert {rows[name]["status"] for name in ("department", "location", "role")} == {"failed"}
    assert "try again" in rows["department"]["cure"] and "422" in rows["location"]["cure"]


async def test_a_token_that_is_refused_is_said_and_nothing_else_is_asked(
    linked: Ops, recruitee: Recruitee
) -> None:
    made = await linked.post("/connections", GOOD)

    await recruitee.knobs(revoked=True)
    found = await linked.get(f"/connections/{made['id']}/check")

    assert (found["ok"], found["token"], found["models"]) == (False, "refused", [])
    assert (found["role"], found["actions"]) == (None, [])


async def test_recruitee_being_away_and_a_missing_secret_are_said(ops: Ops) -> None:
    made = await ops.post("/connections", {**GOOD, "webhook_secret": None})

    found = await ops.get(f"/connections/{made['id']}/check")

    assert (found["ok"], found["token"]) == (False, "unreachable")
    assert "401" in found["webhook"]["cure"]
    assert "cannot be created by API" in found["webhook"]["note"]


async def test_a_connection_says_what_of_its_webhook_was_seen(linked: Ops) -> None:
    made = await linked.post("/connections", GOOD)
    path = made["webhook_url"].removeprefix("http://service.test")

    before = (await linked.get(f"/connections/{made['id']}/check"))["webhook"]
    await linked.http.post(path, json={"test": True})
    tested = (await linked.get(f"/connections/{made['id']}/check"))["webhook"]
    await _told(linked, path, {"id": 1, "payload": {"offer": {"id": 1}}})
    first = await linked.get(f"/connections/{made['id']}")
    await _told(linked, path, {"id": 2, "payload": {"offer": {"id": 1}}})
    signed = (await linked.get(f"/connections/{made['id']}/check"))["webhook"]

    assert (before["test_seen_at"], before["signed_seen_at"], tested["signed_seen_at"]) == 3 * (
        None,
    )
    assert tested["test_seen_at"] and "move a candidate" in tested["next"]
    assert first["signed_seen_at"] == signed["signed_seen_at"] and signed["next"] is None


async def _told(ops: Ops, path: str, body: dict[str, Any]) -> None:
    raw = orjson.dumps({"event_type": "hint", **body})
    headers = {"x-recruitee-signature": hmac.new(b"s", raw, hashlib.sha256).hexdigest()}
    answer = await ops.http.post(path, content=raw, headers=headers)
    assert answer.json() == {"status": "accepted"}


def _admin(**changed: Any) -> Ok:
    settings = {"requisitions_enabled": True}
    company = {"id": 5600, "subdomain": "example", "name": "Example", "settings": settings}
    admin = {"role_name": "Recruiter", "role_admin": False, "companies": [company], **changed}
    return Ok({"admin": admin})


def _writes(answer: Ok, models: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["action"]: row for row in prerequisites(role_of(answer, "5600"), models)}


def test_a_write_is_allowed_by_the_abilities_of_the_role() -> None:
    told = _writes(_admin(role_abilities=["manage_candidate", "manage_jobs"]), [])

    assert told["reject"]["status"] == "allowed" and told["create_job"]["status"] == "allowed"
    assert told["publish_job"]["status"] == "forbidden"
    assert told["publish_job"]["missing"] == ["publish_jobs"]
    assert "publish_jobs" in told["publish_job"]["cure"]
    assert told["delete_candidate"]["evidence"] == "documented"


def test_an_administrator_may_all_and_of_a_role_without_abilities_nothing_is_known() -> None:
    every = _writes(_admin(role_admin=True), [])
    unknown = _writes(_admin(role_abilities="all"), [])

    assert {row["status"] for row in every.values()} == {"allowed"}
    assert {row["status"] for row in unknown.values()} == {"unknown"}


def test_a_write_says_what_else_it_needs_of_this_company() -> None:
    none = [{"model": "rejection_reason", "status": "empty"}]
    told = _writes(_admin(role_admin=True), none)

    assert "an opening" in told["hire"]["also"] and "make one" in told["reject"]["also"]


def test_a_role_of_another_shape_is_read_as_far_as_it_goes() -> None:
    role = role_of(Ok({"admin": {"role_name": 7, "companies": "none"}}), "5600")

    assert role is not None and shown(role) == {
        "name": None, "admin": False, "abilities": None, "manages_webhooks": None, "sees_all_jobs": None,
    }  # fmt: skip


async def test_live_answers_that_miss_add_and_retype_keys_are_told_and_nothing_is_lost(
    linked: Ops, recruitee: Recruitee, store: Store
) -> None:
    made = await linked.post("/connections", GOOD)
    async with running(recruitee.settings):
        await settled(linked, lambda c: c["status"] == "active", f"/connections/{made['id']}")
        person = (await _asked(recruitee, "/candidates"))["candidates"][0]["id"]
        answer = await _asked(recruitee, path := f"/candidates/{person}")
        ref = Ref("candidate", str(person))
        before = (await store.records.load(made["id"], [ref]))[ref]
        answer["candidate"] |= {"vibe": "very secret", "phones": "none", "name": "Nova Renamed"}
        answer["candidate"].pop("emails")
        fault = {"status": 200, "path_prefix": path, "body": answer, "count": 1000}
        await recruitee.knobs(fail_next=[fault])
        hook = made["webhook_url"].removeprefix("http://service.test")
        await _told(linked, hook, {"id": 9, "payload": {"candidate": {"id": person}}})

        async def renamed() -> bool:
            known = await store.records.load(made["id"], [ref])
            return bool(known[ref].fields["name"] == "Nova Renamed")

        await eventually(renamed)
    after = (await store.records.load(made["id"], [ref]))[ref]
    await recruitee.knobs(fail_next=[])
    found = (await linked.get(f"/connections/{made['id']}/check"))["drift"]
    doctor = {f["name"]: f for f in (await linked.get("/doctor"))["findings"]}

    assert after.fields["email_addresses"] == before.fields["email_addresses"] != []
    assert after.fields["phone_numbers"] == before.fields["phone_numbers"]
    rows = {e["endpoint"]: e["differences"] for e in found["endpoints"]}
    told = {(d["kind"], d["path"], d["seen"], d["evidence"]) for d in rows["/candidates/{id}"]}
    assert told == {
        ("missing", "candidate.emails", None, "recorded"),
        ("retyped", "candidate.phones", "text", "recorded"),
        ("new", "candidate.vibe", "text", None),
    }
    assert "very secret" not in str(found) and found["wrong"] == 2
    assert doctor["drift"]["level"] == "warning" and made["id"] in doctor["drift"]["text"]


async def _asked(recruitee: Recruitee, path: str) -> Any:
    headers = {"authorization": f"Bearer {RECRUITEE_TOKEN}"}
    return (await recruitee.far.get(f"/c/5600{path}", headers=headers)).json()
