"""Truto's platform over our own things: accounts, webhooks that are really sent, their log, our ingress."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import orjson
import pytest

from service.core import signing
from service.core.events import NAMED_ONLY, TYPES
from service.truto.platform import ABSENT
from service.truto.platform_webhooks import OURS, ours, truto
from tests.serving import Receiver, eventually, receiving, until
from tests.truto.conftest import ADMIN, SECRET, House, Json

Sdk = Callable[[str], Any]
Signed = Callable[[Json], Awaitable[tuple[int, Json]]]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Somebody's endpoint for Truto's webhooks."""
    async with receiving() as one:
        yield one


async def test_a_token_is_pinged(house: House, sdk: Sdk) -> None:
    assert await sdk(ADMIN).ping() == {"message": "pong"}
    with pytest.raises(aiohttp.ClientResponseError, match="401"):
        await sdk("wrong").ping()


async def test_accounts_are_our_connections(house: House, sdk: Sdk) -> None:
    accounts = sdk(ADMIN).integrated_accounts
    (listed,) = await accounts.list().to_array()
    shown = await accounts.get(house.connection.id)
    assert listed == shown == await accounts.get(house.connection.integration_id)
    assert (shown["id"], shown["status"]) == (house.connection.id, "active")
    assert shown["context"] == {"company_id": "5600"}
    assert shown["integration"]["name"] == "recruitee"
    said = orjson.dumps(listed).decode()
    for secret in (house.connection.hook, SECRET, "sandbox-token"):
        assert secret not in said
    with pytest.raises(aiohttp.ClientResponseError, match="404"):
        await accounts.get("x" * 24)


async def test_an_account_says_what_is_the_matter_with_it(house: House) -> None:
    other = await house.store.connections.create("1", "a-token", None, "Other")
    try:
        assert await status_of(house, other.id) == "connecting"
        await house.store.connections.note(other.id, status="unauthorized", reason="401")
        assert await status_of(house, other.id) == "needs_reauth"
        await house.store.connections.note(other.id, disabled=1)
        assert await status_of(house, other.id) == "inactive"
        pages = await house.get("/integrated-account", limit=1)
        assert (pages.json()["limit"], len(pages.json()["result"])) == (1, 1)
        after = await house.get("/integrated-account", next_cursor=pages.json()["next_cursor"])
        assert [row["id"] for row in after.json()["result"]] == [house.connection.id]

        only = await house.key("read", connection_ids=[other.id])
        seen = (await house.send("GET", "/integrated-account", key=only)).json()
        assert [row["id"] for row in seen["result"]] == [other.id]
        hidden = f"/integrated-account/{house.connection.id}"
        assert (await house.send("GET", hidden, key=only)).status_code == 404
    finally:
        await house.store.connections.remove(other)


async def test_capabilities_name_what_can_be_called(house: House) -> None:
    path = f"/integrated-account/{house.connection.id}/capabilities"
    every = (await house.get(path)).json()
    notes = next(row for row in every["proxy"] if row["resource"] == "notes")
    assert notes["methods"] == ["list", "create", "update", "delete", "pin", "unpin"]
    assert {row["resource"] for row in every["unified"]} == {
        "activities", "attachments", "candidates", "departments", "jobs", "tags", "users",
    }  # fmt: skip
    for row in every["proxy"]:
        assert row["description"]

    few = (await house.get(path, type="proxy", methods="get,create", resource="offers")).json()
    assert [row["methods"] for row in few["proxy"]] == [["get", "create"]] and list(few) == [
        "proxy"
    ]
    none = (await house.get(path, has_description="false")).json()
    assert none == {"proxy": [], "unified": []}
    assert (await house.get("/integration/recruitee/capabilities")).json() == every
    assert (await house.get("/integration/greenhouse/capabilities")).status_code == 404
    assert (await house.get(path, type="other")).status_code == 422


async def test_a_webhook_is_registered_sent_signed_and_logged(
    house: House, sdk: Sdk, receiver: Receiver
) -> None:
    api = sdk(ADMIN)
    made = await api.webhooks.create(
        {"target_url": receiver.url, "event_types": ["record:created"]}
    )
    try:
        assert (made["is_active"], made["event_types"]) == (True, ["record:created"])
        shown = await api.webhooks.get(made["id"])
        assert "secret" not in shown and shown == {k: made[k] for k in made if k != "secret"}
        assert shown in await api.webhooks.list().to_array()

        assert await api.webhooks.test(made["id"]) == {"success": True}
        await until(lambda: receiver.got)
        got = receiver.got[0]
        assert (got.event["event"], got.event["payload"]) == ("test", {"foo": "bar"})
        digest = hmac.new(made["secret"].encode(), got.body, hashlib.sha256).hexdigest()
        assert got.headers["x-truto-signature"] == f"format=sha256,v={digest}"

        tag = (await house.recruitee.post("/tags", json={"tag": {"name": "told"}})).json()["tag"]
        who = (await house.served("/candidates", limit=1))["candidates"][0]["id"]
        note = await house.send("POST", "/proxy/notes", id=who, body={"note": {"body": "Told."}})
        remote = str(note.json()["note"]["id"])
        await until(lambda: any(each.event["payload"].get("id") == remote for each in receiver.got))
        await house.recruitee.delete(f"/notes/{remote}")
        await house.recruitee.delete(f"/tags/{tag['id']}")

        async def logged() -> Any:
            lines = await api.logs.list(log_type="webhook", webhook_id=made["id"]).to_array()
            done = [line for line in lines if line["webhook_endpoint_status"] == 200]
            return done if {"test", "record:created"} <= {line["event"] for line in done} else None

        lines = await eventually(logged)
        only = await api.logs.list(log_type="webhook", event="test", limit=1).to_array()
        assert [line for line in lines if line["event"] == "test"] == only
        assert {each.event["event"] for each in receiver.got} == {"test", "record:created"}
    finally:
        assert await api.webhooks.delete(made["id"]) == {"id": made["id"]}
    assert made["id"] not in [row["id"] for row in await api.webhooks.list().to_array()]


async def test_a_webhook_is_changed_stopped_and_started(
    house: House, sdk: Sdk, receiver: Receiver
) -> None:
    api = sdk(ADMIN).webhooks
    made = await api.create({"target_url": receiver.url, "is_active": False})
    s = made["id"]
    try:
        assert (made["is_active"], made["event_types"]) == (False, [])
        refused = await house.send("POST", "/webhook/test", body={"id": s})
        assert refused.status_code == 409
        changed = await api.update(s, {"is_active": True, "event_types": ["record:deleted"]})
        assert (changed["is_active"], changed["event_types"]) == (True, ["record:deleted"])
        subscriber = await house.store.subscribers.get(s)
        assert subscriber is not None and subscriber.wanted.vendor_secret == made["secret"]
        moved = await api.update(s, {"target_url": receiver.url + "other"})
        assert moved["target_url"].endswith("/other") and moved["event_types"] == ["record:deleted"]
        assert (await api.update(s, {"event_types": []}))["event_types"] == []
        assert (await api.update(s, {"is_active": False}))["is_active"] is False
    finally:
        await api.delete(s)


async def test_a_key_for_some_accounts_registers_for_these_only(
    house: House, receiver: Receiver
) -> None:
    key = await house.key("ops", "read", connection_ids=[house.connection.id])
    made = await house.send("POST", "/webhook", key=key, body={"target_url": receiver.url})
    assert made.status_code == 200, made.text
    s = made.json()["id"]
    subscriber = await house.store.subscribers.get(s)
    assert subscriber is not None
    assert subscriber.wanted.connection_ids == (house.connection.id,)
    assert (await house.send("DELETE", f"/webhook/{s}", key=key)).status_code == 200


async def test_other_subscribers_are_no_webhooks_of_trutos(
    house: House, receiver: Receiver
) -> None:
    auth = {"authorization": f"Bearer {ADMIN}"}
    made = await house.http.post(
        f"{house.url}/ops/v1/subscribers", json={"url": receiver.url}, headers=auth
    )
    s = made.json()["id"]
    assert s not in [row["id"] for row in (await house.get("/webhook")).json()["result"]]
    for method, path, body in (
        ("GET", f"/webhook/{s}", None),
        ("PATCH", f"/webhook/{s}", {}),
        ("DELETE", f"/webhook/{s}", None),
        ("POST", "/webhook/test", {"id": s}),
    ):
        assert (await house.send(method, path, body=body)).status_code == 404
    await house.store.subscribers.remove(s)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "target_url"),
        ({"target_url": 5}, "target_url"),
        ({"target_url": "http://169.254.169.254/"}, "url"),
        ({"target_url": "ftp://example.com/"}, "url"),
        ({"target_url": "https://example.com/", "is_active": "yes"}, "is_active"),
        ({"target_url": "https://example.com/", "event_types": "record:created"}, "event_types"),
        (
            {"target_url": "https://example.com/", "event_types": ["sync_job_run:failed"]},
            "sync_job",
        ),
        ({"target_url": "https://example.com/", "event_types": ["candidate.created"]}, "candidate"),
    ],
)
async def test_a_webhook_that_does_not_fit_is_refused(house: House, body: Json, named: str) -> None:
    answer = await house.send("POST", "/webhook", body=body)
    assert (answer.status_code, answer.json()["error"]) == (422, "Unprocessable Entity")
    assert named in answer.json()["message"]


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("/log", {}, 422),
        ("/log", {"log_type": "mcp"}, 422),
        ("/log", {"log_type": "webhook", "event": "nothing"}, 422),
        ("/log", {"log_type": "webhook", "webhook_id": "sub_none"}, 404),
        ("/log", {"log_type": "webhook", "next_cursor": "x"}, 422),
        ("/webhook", {"next_cursor": "x"}, 422),
        ("/webhook", {"limit": "x"}, 422),
        ("/webhook/sub_none", {}, 404),
        ("/integrated-account", {"next_cursor": "W10"}, 422),
        ("/integrated-account/x/mcp/y/z", {}, 404),
    ],
)
async def test_a_platform_question_that_does_not_fit_is_refused(
    house: House, path: str, params: Json, status: int
) -> None:
    answer = await house.get(path, **params)
    assert (answer.status_code, answer.json()["statusCode"]) == (status, status)


def test_trutos_events_divide_ours_and_lead_back() -> None:
    told = [each for name in OURS for each in OURS[name]]
    assert sorted(told) == sorted(set(TYPES) - set(NAMED_ONLY))
    for names in ([], ["record:deleted"], ["record:created", "record:updated"]):
        assert truto(ours(names)) == names
    assert ours(None) == ("*",) and truto(("note.*", "candidate.created")) == [
        "candidate.created", "note.*",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ABSENT)
async def test_what_is_not_served_says_so(house: House, name: str) -> None:
    for method, path in (("GET", f"/{name}"), ("POST", f"/{name}"), ("PATCH", f"/{name}/a")):
        answer = await house.send(method, path)
        assert (answer.status_code, answer.json()["error"]) == (404, "Not Found")
        assert name in answer.json()["message"]
    assert (await house.send("GET", f"/{name}", key=None)).status_code == 401


async def test_the_client_drives_our_ingress(house: House, sdk: Sdk) -> None:
    process = sdk(ADMIN).integrated_account_webhooks.process
    who = (await house.served("/candidates", limit=1))["candidates"][0]["id"]
    hook = webhook(910_001, who)
    assert await process(house.connection.id, hook) == {"status": "accepted"}
    assert await process(house.connection.integration_id, hook) == {"status": "duplicate"}
    assert await process(house.connection.id, {"test": True}) == {"status": "test"}


async def test_a_signed_webhook_needs_no_token(house: House) -> None:
    body = orjson.dumps(webhook(910_002, 1))
    path = f"{house.url}/integrated-account-webhook/{house.connection.id}"

    async def sent(secret: str, to: str = path) -> tuple[int, Json]:
        header = {"x-recruitee-signature": signing.recruitee_signature(secret, body)}
        answer = await house.http.post(to, content=body, headers=header)
        return answer.status_code, answer.json()

    assert await sent(SECRET) == (200, {"status": "accepted"})
    status, said = await sent("wrong")
    assert (status, said["statusCode"], said["error"]) == (401, 401, "Unauthorized")
    assert (await sent(SECRET, path + "x"))[0] == 404
    assert (await house.http.post(path, content=body)).status_code == 401
    read_only = await house.key("read")
    refused = await house.send("POST", path.removeprefix(house.url), key=read_only, body={})
    assert refused.status_code == 403


async def test_a_webhook_over_the_limit_or_without_a_secret_is_refused(house: House) -> None:
    path = f"/integrated-account-webhook/{house.connection.id}"
    huge = await house.send("POST", path, body={"a": "x" * 1024 * 1024})
    assert (huge.status_code, huge.json()["statusCode"]) == (413, 413)
    other = await house.store.connections.create("1", "a-token", None, "Other")
    answer = await house.send("POST", f"/integrated-account-webhook/{other.id}", body={})
    assert (answer.status_code, "secret" in answer.json()["message"]) == (409, True)
    await house.store.connections.remove(other)
    assert (await house.get(path)).status_code == 405


async def status_of(house: House, c: str) -> str:
    """Return an account's status as it is shown."""
    return str((await house.get(f"/integrated-account/{c}")).json()["status"])


def webhook(number: int, candidate_id: int) -> Json:
    """Return a webhook of Recruitee's about a candidate."""
    return {
        "id": number, "attempt_count": 1, "created_at": "2026-11-22T07:00:00.000000Z",
        "event_type": "candidate_moved", "event_subtype": "stage_changed", "level": "info",
        "payload": {"candidate": {"id": candidate_id}},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "cure"),
    [
        ("POST", "/integrated-account", "/link-token"),
        ("PATCH", "/integrated-account/{c}", "/ops/v1/connections"),
        ("DELETE", "/integrated-account/{c}", "/ops/v1/connections"),
        ("POST", "/integrated-account/token", "/ops/v1/api-keys"),
        ("POST", "/integrated-account/refresh-credentials", "do not expire"),
        ("POST", "/integrated-account/run-post-install-actions", "none"),
    ],
)
async def test_what_cannot_be_done_with_an_account_names_what_can(
    house: House, method: str, path: str, cure: str
) -> None:
    answer = await house.send(method, path.format(c=house.connection.id), body={})
    assert (answer.status_code, answer.json()["statusCode"]) == (404, 404)
    assert cure in answer.json()["message"]
    assert await house.store.connections.get(house.connection.id)


async def test_an_accounts_mcp_tokens_are_made_listed_and_taken_back(
    house: House, sdk: Sdk
) -> None:
    path = f"/integrated-account/{house.connection.id}/mcp"
    asked = {"name": "an agent", "config": {"methods": ["read"]}, "unknown": 1}
    made = (await house.send("POST", path, body=asked)).json()
    assert made["url"] == f"{house.url}/mcp/{made['token']}"
    assert made["integrated_account_id"] == house.connection.id
    tools = await sdk(ADMIN).mcp.list_tools(made["token"])
    named = {tool["name"] for tool in tools["result"]["tools"]}
    assert "list_all_recruitee_notes" in named

    left = await house.get(f"/integrated-account/{house.connection.id}/tools", methods="read")
    assert {tool["name"] for tool in left.json()} == named
    one = f"{path}/{made['id']}"
    shown = {name: made[name] for name in made if name not in ("token", "url")}
    assert (await house.get(one)).json() == shown
    assert (await house.get(path)).json()["result"] == [shown]
    assert (await house.send("DELETE", one)).json() == {"id": made["id"]}
    assert (await house.get(one)).status_code == 404
    nothing = await house.send("POST", path, body={"name": "a", "config": {"tags": ["none"]}})
    assert (nothing.status_code, nothing.json()["error"]) == (400, "Bad Request")
    assert (await house.send("POST", path, body={})).status_code == 422
