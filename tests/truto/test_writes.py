"""Writes through Truto's own client: done in the sandbox, answered as reads show them, once per key."""

import base64
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import ClientResponseError

from service.core.store.connections import ACTIVE
from tests.truto.conftest import ADMIN, House, Json, Patient

Sdk = Callable[[str], Any]
PDF = b"%PDF-1.4 an invented document"


@pytest.fixture
async def someone(house: House, sdk: Sdk, request: pytest.FixtureRequest) -> Json:
    """A candidate of their own for a test."""
    name = f"Test {zlib.crc32(request.node.name.encode())}"
    body = {"name": name, "emails": [{"email": f"{name.replace(' ', '.').lower()}@example.com"}]}
    made: Json = await Patient(sdk(ADMIN).unified_api).create(
        "ats", "candidates", body, house.account
    )
    return made


async def of_sandbox(house: House, candidate: str) -> Json:
    found: Json = (await house.served(f"/candidates/{candidate}"))["candidate"]
    return found


async def read(house: House, resource: str, one: str) -> Json:
    answer = await house.get(f"/unified/ats/{resource}/{one}")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def a_job(house: House) -> str:
    rows = await house.rows("jobs", status="open")
    return str(rows[0]["id"])


async def test_a_candidate_is_created_with_an_application_tags_and_a_cv(
    house: House, sdk: Sdk
) -> None:
    job = await a_job(house)
    body = {
        "first_name": "Ines", "last_name": "Varga", "emails": [{"email": "ines.varga@example.com"}],
        "phones": [{"number": "+15555550777"}], "urls": [{"url": "https://social.example.com/in/ines"}],
        "tags": [{"name": "referral"}], "applications": [{"job": {"id": job}}],
        "attachments": [{"file_name": "cv.pdf", "attachment_type": "resume",
                         "content": base64.b64encode(PDF).decode(), "content_type": "application/pdf"}],
    }  # fmt: skip
    made = await Patient(sdk(ADMIN).unified_api).create("ats", "candidates", body, house.account)

    raw = await of_sandbox(house, made["id"])
    assert (raw["name"], raw["emails"]) == ("Ines Varga", ["ines.varga@example.com"])
    assert raw["phones"] == ["+15555550777"] and raw["tags"] == ["referral"]
    assert [str(p["offer_id"]) for p in raw["placements"]] == [job] and raw["cv_url"]
    assert [a["job"]["id"] for a in made["applications"]] == [job]
    assert [t["name"] for t in made["tags"]] == ["referral"]
    assert [a["id"] for a in made["attachments"]] == [f"cv-{made['id']}"]
    assert made == await read(house, "candidates", made["id"])


async def test_a_job_may_be_named_in_the_query_or_the_body(house: House) -> None:
    job = await a_job(house)
    for number, where in enumerate(("query", "body")):
        body = {"name": "Somebody New", "emails": [f"somebody.{number}@example.com"]}
        asked = {"job_id": job} if where == "query" else {}
        sent = body | ({"job_id": job} if where == "body" else {})
        answer = await house.send("POST", "/unified/ats/candidates", body=sent, **asked)
        assert answer.status_code == 200, answer.text
        assert [a["job"]["id"] for a in answer.json()["applications"]] == [job]


async def test_a_candidate_is_changed_and_what_cannot_be_is_said(
    house: House, someone: Json
) -> None:
    body = {"name": "Changed Name", "emails": ["new@example.com"], "phones": ["+15555550001"],
            "title": "Engineer", "tags": ["one", "two"]}  # fmt: skip
    answer = await house.send("PATCH", f"/unified/ats/candidates/{someone['id']}", body=body)
    assert answer.status_code == 200, answer.text
    raw = await of_sandbox(house, someone["id"])
    assert (raw["name"], raw["emails"], raw["phones"]) == (
        "Changed Name", ["new@example.com"], ["+15555550001"],
    )  # fmt: skip
    assert sorted(raw["tags"]) == ["one", "two"]
    assert answer.json()["name"] == "Changed Name"
    assert sorted(t["name"] for t in answer.json()["tags"]) == ["one", "two"]
    assert "title was not written" in answer.headers["hirewire-warnings"]


async def test_tags_given_stand_for_the_whole_list(house: House, sdk: Sdk, someone: Json) -> None:
    update = Patient(sdk(ADMIN).unified_api).update
    for tags in (["a", "b"], ["b", "c"], []):
        body = {"tags": [{"name": name} for name in tags]}
        found = await update("ats", "candidates", someone["id"], body, house.account)
        assert sorted(t["name"] for t in found["tags"]) == tags
        assert sorted((await of_sandbox(house, someone["id"]))["tags"]) == tags


async def test_a_tag_is_put_on_a_candidate_and_taken_off(
    house: House, sdk: Sdk, someone: Json
) -> None:
    api = Patient(sdk(ADMIN).unified_api)
    body = {"candidate": {"id": someone["id"]}, "name": "referral"}
    made = await api.create("ats", "tags", body, house.account)
    assert made["name"] == "referral" and made == await read(house, "tags", made["id"])
    assert (await of_sandbox(house, someone["id"]))["tags"] == ["referral"]

    asked = {**house.account, "candidate_id": someone["id"]}
    assert await api.delete("ats", "tags", made["id"], asked) == {"id": made["id"]}
    assert (await of_sandbox(house, someone["id"]))["tags"] == []


async def test_a_document_is_put_to_a_candidate_and_read_back(
    house: House, sdk: Sdk, someone: Json
) -> None:
    body = {
        "candidate_id": someone["id"], "file_name": "result.pdf", "attachment_type": "other",
        "content": base64.b64encode(PDF).decode(), "content_type": "application/pdf",
    }  # fmt: skip
    made = await Patient(sdk(ADMIN).unified_api).create("ats", "attachments", body, house.account)
    served = (await house.served(f"/candidates/{someone['id']}/attachments"))["attachments"]
    assert [(str(a["id"]), a["filename"]) for a in served] == [(made["id"], "result.pdf")]
    assert made["candidate"] == {"id": someone["id"]} and made["attachment_type"] == "other"
    headers = {"authorization": f"Bearer {ADMIN}"}
    got = await house.http.get(made["file_url"], headers=headers)
    assert got.status_code == 200 and got.content == PDF


async def test_a_note_is_an_activity(house: House, sdk: Sdk, someone: Json) -> None:
    body = {"candidate_id": someone["id"], "body": "Called, <b>friendly</b>.\nWill call again."}
    made = await Patient(sdk(ADMIN).unified_api).create("ats", "activities", body, house.account)
    (note,) = (await house.served(f"/candidates/{someone['id']}/notes"))["notes"]
    assert made["id"] == str(note["id"]) and made["body"] == note["body_html"]
    assert "&lt;b&gt;friendly" in made["body"]  # text is no markup
    assert made["candidate"] == {"id": someone["id"]} and made["activity_type"] == "note"
    assert made == await read(house, "activities", made["id"])


async def test_a_private_note_is_answered_though_no_read_shows_it(
    house: House, someone: Json
) -> None:
    body = {"candidate_id": int(someone["id"]), "body": "Between us", "visibility": "private"}
    answer = await house.send("POST", "/unified/ats/activities", body=body)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert (made["body"], made["visibility"]) == ("Between us", "private")
    hidden = await house.get(f"/unified/ats/activities/{made['id']}")
    assert hidden.status_code == 404


async def test_a_candidate_is_deleted(house: House, sdk: Sdk, someone: Json) -> None:
    api = Patient(sdk(ADMIN).unified_api)
    done = await api.delete("ats", "candidates", someone["id"], house.account)
    assert done == {"id": someone["id"]}
    rows = (await house.served("/candidates", limit=1000))["candidates"]
    assert someone["id"] not in {str(each["id"]) for each in rows}
    with pytest.raises(ClientResponseError) as error:
        await api.get("ats", "candidates", someone["id"], house.account)
    assert error.value.status == 404


async def test_the_same_key_is_the_same_answer_and_one_note(house: House, someone: Json) -> None:
    body = {"candidate_id": someone["id"], "body": "Once"}
    headers = {"authorization": f"Bearer {ADMIN}", "idempotency-key": f"note-{someone['id']}"}
    url = f"{house.url}/unified/ats/activities"
    first, second = [
        await house.http.post(url, json=body, params=house.account, headers=headers)
        for _ in range(2)
    ]
    assert first.status_code == second.status_code == 200 and first.json() == second.json()
    assert len((await house.served(f"/candidates/{someone['id']}/notes"))["notes"]) == 1

    body["body"] = "Another"
    other = await house.http.post(url, json=body, params=house.account, headers=headers)
    assert other.status_code == 409 and "Idempotency-Key" in other.json()["message"]


async def test_what_recruitee_refuses_is_said_to_be_recruitee_s(house: House) -> None:
    answer = await house.send(
        "POST", "/unified/ats/candidates", body={"name": "Nobody", "emails": ["n@example.com"]},
        job_id="999999999",
    )  # fmt: skip
    body = answer.json()
    assert answer.status_code == 404 and body["statusCode"] == 404
    assert body["truto_is_remote_error"] is True and "raw_response" in body
    assert "remote_error" in body["truto_error_insight"]


async def test_a_token_that_recruitee_refuses_is_401_of_recruitee_s(
    house: House, someone: Json
) -> None:
    await house.store.connections.note(house.connection.id, status="unauthorized")
    try:
        body = {"candidate_id": someone["id"], "body": "x"}
        answer = await house.send("POST", "/unified/ats/activities", body=body)
    finally:
        await house.store.connections.note(house.connection.id, status=ACTIVE)
    assert answer.status_code == 401 and answer.json()["truto_is_remote_error"] is True


async def test_what_the_token_may_not_do_is_403_of_recruitee_s(house: House, someone: Json) -> None:
    await house.knobs.patch(
        "/sandbox/knobs", json={"forbidden": [f"/candidates/{someone['id']}/notes"]}
    )
    try:
        body = {"candidate_id": someone["id"], "body": "x"}
        answer = await house.send("POST", "/unified/ats/activities", body=body)
    finally:
        await house.knobs.patch("/sandbox/knobs", json={"forbidden": []})
    said = answer.json()
    assert answer.status_code == 403 and said["truto_is_remote_error"] is True
    assert said["raw_response"]["error"] in said["message"]


async def test_a_write_is_in_the_audit_without_anybody_s_words(house: House, someone: Json) -> None:
    await house.send("POST", "/unified/ats/activities",
                     body={"candidate_id": someone["id"], "body": "a secret"})  # fmt: skip
    headers = {"authorization": f"Bearer {ADMIN}"}
    said = await house.http.get(f"{house.url}/ops/v1/audit", headers=headers)
    entries = [e for e in said.json()["items"] if e["action"] == "POST /unified/ats/activities"]
    assert entries and entries[0]["targets"]["connection_id"] == house.connection.id
    assert "a secret" not in said.text
