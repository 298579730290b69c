"""A write under an Idempotency-Key is sent once, whatever becomes of its answer."""

from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse, Response

from service.core import ids
from service.core.store import keys
from service.core.store.connections import ACTIVE
from tests.truto.mirrored import Far
from tests.truto.mirrored import before_mirror as before_mirror
from tests.truto.mirrored import far as far

NOTE = {"note": {"id": 7, "body": "Ada is good"}, "references": [{"id": 1}], "other": {"id": "x"}}


async def write(far: Far, key: str, path: str = "/proxy/tags", **more: Any) -> httpx.Response:
    """Send a write under a key."""
    body = more.pop("body", {"tag": {"name": "x"}})
    return await far.send("POST", path, json=body, headers={"idempotency-key": key}, **more)


@pytest.mark.parametrize("path", ["/proxy/tags", "/custom/tags"])
async def test_a_repetition_is_answered_with_the_ids_and_not_sent(far: Far, path: str) -> None:
    far.mirror.answers["tags"] = lambda: JSONResponse(NOTE, 201)
    key = f"once {path}"
    made = await write(far, key, path)
    again = await write(far, key, path)
    assert (made.status_code, made.json()) == (201, NOTE)
    assert (again.status_code, again.json()) == (201, {"note": {"id": 7}})
    assert len(far.mirror.asked) == 1
    assert (await write(far, key + "2", path)).json() == NOTE


async def test_what_is_kept_is_nobodys_data_and_ends(far: Far) -> None:
    far.mirror.answers["tags"] = lambda: JSONResponse(NOTE, 201)
    await write(far, "kept")
    name = keys.passed(far.connection.id, ids.derive("passed", "admin", "", "kept"))
    kept = await far.store.pipe.call("GET", name)
    assert b"Ada" not in kept and b'"made":{"note":7}' in kept
    assert 0 < await far.store.pipe.call("TTL", name) <= 72 * 3600


async def test_what_is_kept_goes_with_its_connection(far: Far) -> None:
    other = await far.store.connections.create("5601", "another-token", None, "Other")
    await far.store.connections.note(other.id, status=ACTIVE, baseline_done=1)
    await write(far, "gone", params={"integrated_account_id": other.id})
    pattern = keys.passed(other.id, "*")
    assert (await far.store.pipe.call("SCAN", 0, "MATCH", pattern, "COUNT", 10_000))[1]
    await far.store.connections.remove(other)
    assert not (await far.store.pipe.call("SCAN", 0, "MATCH", pattern, "COUNT", 10_000))[1]


async def test_a_key_stands_for_one_request(far: Far) -> None:
    far.mirror.answers["tags"] = lambda: JSONResponse(NOTE, 201)
    await write(far, "one")
    for other in (
        {"body": {"tag": {"name": "y"}}},
        {"params": {"a": "b"}},
        {"path": "/custom/tags"},
    ):
        answer = await write(far, "one", **other)
        assert (answer.status_code, answer.json()["statusCode"]) == (422, 422)
        assert "Idempotency-Key" in answer.json()["message"]
    assert len(far.mirror.asked) == 1


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_write_whose_end_is_not_known_is_not_sent_again(far: Far, status: int) -> None:
    far.mirror.answers["tags"] = lambda: Response(status_code=status)
    key = f"lost {status}"
    assert (await write(far, key)).status_code == status
    far.mirror.answers["tags"] = lambda: JSONResponse(NOTE, 201)
    again = await write(far, key)
    assert (again.status_code, again.json()["error"]) == (409, "Conflict")
    assert len(far.mirror.asked) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429])
async def test_what_was_refused_may_be_sent_again(far: Far, status: int) -> None:
    far.mirror.answers["tags"] = lambda: Response(status_code=status, headers={"retry-after": "0"})
    key = f"refused {status}"
    assert (await write(far, key)).status_code == status
    far.mirror.answers["tags"] = lambda: JSONResponse(NOTE, 201)
    await far.store.pipe.call("DEL", keys.rate(far.connection.id))
    assert (await write(far, key)).status_code == 201
    assert len(far.mirror.asked) == 2


async def test_an_answer_without_a_body_is_repeated_without_one(far: Far) -> None:
    far.mirror.answers["tags"] = lambda: Response(status_code=204)
    for _ in range(2):
        answer = await write(far, "empty", "/custom/tags")
        assert (answer.status_code, answer.content) == (204, b"")
    assert len(far.mirror.asked) == 1


async def test_the_keys_of_two_callers_are_two(far: Far) -> None:
    far.mirror.answers["tags"] = lambda: JSONResponse(NOTE, 201)
    await write(far, "shared")
    made = await far.http.post("/ops/v1/api-keys", json={"name": "b", "scopes": ["passthrough"]})
    headers = {"authorization": f"Bearer {made.json()['key']}", "idempotency-key": "shared"}
    await far.send("POST", "/proxy/tags", json={"tag": {"name": "x"}}, headers=headers)
    assert len(far.mirror.asked) == 2


@pytest.mark.parametrize("given", ["", "x" * 201])
async def test_what_is_no_key_is_refused_unsent(far: Far, given: str) -> None:
    answer = await write(far, given)
    assert (answer.status_code, "Idempotency-Key" in answer.json()["message"]) == (422, True)
    assert not far.mirror.asked
