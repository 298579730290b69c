"""Connections: linked, looked at, changed and removed."""

import hashlib
import hmac
from typing import Any

import orjson
import pytest
from pydantic import AnyHttpUrl

from service.core.settings import Settings
from service.core.store.connections import ACTIVE, UNAUTHORIZED
from service.core.store.store import Store
from tests.ops.conftest import RECRUITEE_TOKEN, History, Ops, Recruitee, asking, settled, token_of
from workers.app import running

GOOD = {"company_id": "5600", "api_token": RECRUITEE_TOKEN}


async def test_a_company_is_linked_and_neither_token_nor_secret_is_ever_shown(
    linked: Ops, store: Store
) -> None:
    body = {**GOOD, "webhook_secret": "a-very-secret-secret"}
    answer = await linked.send("POST", "/connections", body)
    made = answer.json()
    shown = await linked.send("GET", f"/connections/{made['id']}")
    listed = await linked.send("GET", "/connections")

    kept = await store.connections.get(made["id"])
    assert kept
    assert answer.status_code == 201
    assert made["integration_id"] == f"recruitee:{made['id']}"
    assert made["webhook_url"] == f"http://service.test/webhooks/recruitee/{kept.hook}"
    assert (made["company_id"], made["status"]) == ("5600", "baselining")
    assert made["webhook_secret_set"] is True
    assert shown.json() == made and listed.json() == {"items": [made], "next_cursor": None}
    for text in (answer.text, shown.text, listed.text):
        assert RECRUITEE_TOKEN not in text and "a-very-secret-secret" not in text


async def test_a_connection_without_a_name_gets_the_companys(linked: Ops) -> None:
    assert (await linked.post("/connections", GOOD))["name"] == "Example Company"


async def test_a_company_id_may_be_a_number_or_a_subdomain(linked: Ops) -> None:
    number = await linked.post("/connections", {**GOOD, "company_id": 5600})
    subdomain = await linked.post("/connections", {**GOOD, "company_id": "examplecompany"})

    assert (number["company_id"], subdomain["company_id"]) == ("5600", "examplecompany")


async def test_a_token_that_recruitee_refuses_is_422_and_nothing_is_made(linked: Ops) -> None:
    detail = await linked.refused(
        "POST", "/connections", {**GOOD, "api_token": "wrong"}, status=422
    )

    assert "refused the token" in detail
    assert await linked.items("/connections") == []


async def test_a_company_that_the_token_does_not_know_is_422(linked: Ops) -> None:
    detail = await linked.refused("POST", "/connections", {**GOOD, "company_id": "777"}, status=422)

    assert "777" in detail


async def test_a_company_is_linked_also_while_recruitee_is_away(ops: Ops) -> None:
    assert (await ops.post("/connections", GOOD))["status"] == "baselining"


@pytest.mark.parametrize(
    "body",
    [
        {"company_id": "5600"},
        {**GOOD, "company_id": "a/b"},
        {**GOOD, "company_id": True},
        {**GOOD, "company_id": ""},
        {**GOOD, "api_token": "two words"},
        {**GOOD, "api_token": "line\r\nbreak"},
        {**GOOD, "api_token": ""},
        {**GOOD, "webhook_secret": ""},
        {**GOOD, "webhook_secrets": []},
        {**GOOD, "webhook_secret": "a", "webhook_secrets": ["b"]},
        {**GOOD, "wat": 1},
    ],
)
async def test_a_body_that_makes_no_sense_is_422_and_repeats_no_secret(
    ops: Ops, body: dict[str, Any]
) -> None:
    detail = await ops.refused("POST", "/connections", body, status=422)

    assert RECRUITEE_TOKEN not in detail
    assert await ops.items("/connections") == []


async def test_the_webhook_url_starts_with_the_public_url_if_there_is_one(
    settings: Settings,
) -> None:
    public = settings.model_copy(update={"public_url": AnyHttpUrl("https://hooks.example.com/in/")})
    async with asking(public, token_of(public)) as client:
        made = await Ops(client).post("/connections", GOOD)

    assert made["webhook_url"].startswith("https://hooks.example.com/in/webhooks/recruitee/")


async def test_several_webhook_secrets_are_live_at_once_and_one_replaces_them(ops: Ops) -> None:
    made = await ops.post("/connections", {**GOOD, "webhook_secrets": ["old", "new"]})
    path = made["webhook_url"].removeprefix("http://service.test")

    async def taken(secret: str, number: int) -> int:
        body = orjson.dumps(
            {"id": number, "event_type": "offer_updated", "payload": {"offer": {"id": 1}}}
        )
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"x-recruitee-signature": signature}
        return (await ops.http.post(path, content=body, headers=headers)).status_code

    both = [await taken("old", 1), await taken("new", 2)]
    await ops.send("PATCH", f"/connections/{made['id']}", {"webhook_secret": "newest"})

    assert both == [200, 200]
    await settled(ops, lambda c: c["inbox"]["waiting"] == 2, f"/connections/{made['id']}")
    newest = await taken("newest", 3)
    assert newest == 200


async def test_a_change_leaves_what_it_does_not_name(ops: Ops) -> None:
    made = await ops.post("/connections", {**GOOD, "name": "First", "webhook_secret": "s"})

    answer = await ops.send("PATCH", f"/connections/{made['id']}", {"name": "Second"})

    assert answer.status_code == 200
    assert answer.json() == {**made, "name": "Second"}


async def test_a_new_token_that_is_refused_is_not_kept(linked: Ops, store: Store) -> None:
    made = await linked.post("/connections", GOOD)
    path = f"/connections/{made['id']}"

    await linked.refused("PATCH", path, {"api_token": "wrong"}, status=422)

    kept = await store.connections.get(made["id"])
    assert kept and kept.api_token.get_secret_value() == RECRUITEE_TOKEN


async def test_a_new_token_that_works_restores_an_unauthorized_connection_and_says_so_once(
    linked: Ops, history: History
) -> None:
    made = await history.connection()
    await history.store.connections.note(
        made.id, status=UNAUTHORIZED, reason="refused", baseline_done=1
    )

    body = {"api_token": RECRUITEE_TOKEN}
    first = await linked.send("PATCH", f"/connections/{made.id}", body)
    await linked.send("PATCH", f"/connections/{made.id}", body)

    assert (first.json()["status"], first.json()["reason"]) == ("active", None)
    told = await linked.items("/events", type="connection.restored")
    assert [event["connection_id"] for event in told] == [made.id]


async def test_a_check_restores_as_well_and_one_that_was_never_read_goes_on_baselining(
    linked: Ops, store: Store
) -> None:
    made = await linked.post("/connections", GOOD)
    await store.connections.note(made["id"], status=UNAUTHORIZED)

    await linked.get(f"/connections/{made['id']}/check")

    assert (await linked.get(f"/connections/{made['id']}"))["status"] == "baselining"


async def test_a_removed_connection_is_gone_and_so_is_its_hook(ops: Ops) -> None:
    made = await ops.post("/connections", {**GOOD, "webhook_secret": "s"})
    path = made["webhook_url"].removeprefix("http://service.test")

    answer = await ops.send("DELETE", f"/connections/{made['id']}")

    assert (answer.status_code, answer.content) == (204, b"")
    await ops.refused("GET", f"/connections/{made['id']}", status=404)
    assert (await ops.http.post(path, json={"test": True})).status_code == 404


async def test_a_sync_reads_everything_again_and_the_connection_is_active_in_the_end(
    recruitee: Recruitee, linked: Ops
) -> None:
    async with running(recruitee.settings):
        made = await linked.post("/connections", GOOD)
        path = f"/connections/{made['id']}"
        first = await settled(linked, lambda c: c["status"] == ACTIVE, path)

        before = await settled(linked, lambda c: c["sync"]["done_at"] is not None, path)
        answer = await linked.post(path + "/sync", status=202)
        again = await settled(
            linked,
            lambda c: c["sync"]["done_at"] not in (None, before["sync"]["done_at"]),
            path,
        )

    assert (answer["status"], answer["emit"], answer["deep"]) == ("running", False, True)
    assert again["status"] == ACTIVE
    assert first["baseline"]["read"]["candidate"] == again["baseline"]["read"]["candidate"] == 3
    assert again["baseline"]["began_at"] == first["baseline"]["began_at"]


async def test_a_sync_of_an_unauthorized_connection_is_409(ops: Ops, history: History) -> None:
    made = await history.connection()
    await history.store.connections.note(made.id, status=UNAUTHORIZED)

    await ops.refused("POST", f"/connections/{made.id}/sync", status=409)
