"""The audit: every call that changes something is written down, whoever made it and however it ended."""

import re

from pydantic import SecretStr

from service.core.settings import Settings
from service.core.store.audit import Entry
from service.core.store.store import Store
from service.ops.endpoint import READS
from service.ops.routes import _table
from tests.ops.conftest import History, Ops, asking
from tests.ops.test_api_keys import holding, key

URL = "http://127.0.0.1:9/"


async def test_who_did_what_to_what_and_how_it_ended_is_listed_newest_first(
    ops: Ops, settings: Settings
) -> None:
    made = await ops.post("/subscribers", {"url": URL})
    await ops.post(f"/subscribers/{made['id']}/pause", status=200)
    held = await key(ops, "ops")
    async with holding(settings, held) as other:
        await other.refused("DELETE", "/dead-letters/dlt_nobody", status=404)
    await ops.get("/subscribers")

    newest, second, third, first = await ops.items("/audit")

    assert newest["actor"] == {"kind": "key", "id": held["id"], "name": "a key"}
    assert newest["action"] == "DELETE /dead-letters/{id}"
    assert newest["targets"] == {"id": "dlt_nobody"}
    assert (newest["outcome"], newest["status"]) == ("refused", 404)
    assert (second["action"], second["targets"]) == ("POST /api-keys", {"id": held["id"]})
    assert third["action"] == "POST /subscribers/{id}/pause"
    assert third["actor"] == {"kind": "admin", "id": None, "name": None}
    assert first["targets"] == {"id": made["id"]}
    assert (first["outcome"], first["status"]) == ("done", 201)


async def test_every_route_that_changes_something_is_audited(ops: Ops) -> None:
    changing = [
        (method, route.path)
        for route in _table()
        for method in sorted((route.methods or set()) - {*READS})
    ]
    for method, path in changing:
        answer = await ops.send(method, re.sub(r"\{[^}]+\}", "nobody", path), {})
        assert answer.status_code < 500, (method, path)

    written = {each["action"] for each in await ops.all("/audit")}

    assert {f"{method} {path.replace(':path', '')}" for method, path in changing} == written


async def test_no_secret_and_nothing_of_a_person_is_written(
    ops: Ops, history: History, store: Store
) -> None:
    connection = await history.connection()
    body = {"name": "Ada Lovelace", "webhook_secret": "hush-hush-hush"}
    await ops.send("PATCH", f"/connections/{connection.id}", body)
    made = await ops.post("/subscribers", {"url": URL})

    held = str(await store.pipe.call("XRANGE", "audit", "-", "+"))

    assert connection.id in held and made["id"] in held
    for secret in ("Lovelace", "hush", made["secret"], URL):
        assert secret not in held


async def test_entries_are_chosen_by_actor_action_target_outcome_and_time(
    ops: Ops, store: Store
) -> None:
    for n, status in enumerate((200, 404, 503)):
        entry = Entry(
            actor="key", actor_id=f"key_{n}", action=f"POST /things/{n}", targets={"id": f"t{n}"},
            status=status,
        )  # fmt: skip
        await store.audit.write(entry)
    (last,) = await ops.items("/audit", limit=1)

    for query, ids in {
        ("actor", "key_1"): ["t1"],
        ("actor", "key"): ["t2", "t1", "t0"],
        ("action", "things/0"): ["t0"],
        ("target", "t2"): ["t2"],
        ("outcome", "failed"): ["t2"],
        ("since", last["at"]): ["t2"],
    }.items():
        found = await ops.all("/audit", **dict([query]), limit=2)
        assert [each["targets"]["id"] for each in found][: len(ids)] == ids
    assert await ops.all("/audit", until="2020-01-01T00:00:00Z") == []


async def test_an_entry_that_is_written_twice_is_there_once(store: Store) -> None:
    for _ in range(2):
        await store.pipe.run(
            "audit", "drawn-once", 1000, 100, b'{"actor":"admin","action":"x","status":200}'
        )

    assert len(await store.audit.newest("+", 10)) == 1


async def test_what_a_wrong_token_asks_for_is_not_audited(settings: Settings, store: Store) -> None:
    wrong = settings.model_copy(update={"admin_token": SecretStr("another-token")})
    async with asking(wrong, "test-admin-token") as client:
        assert (await client.post("/ops/v1/subscribers", json={})).status_code == 401

    assert await store.audit.newest("+", 10) == []
