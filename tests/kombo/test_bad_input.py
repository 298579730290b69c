"""Input that cannot be meant, at every endpoint: Kombo's envelope, its codes, JSON, and no fault."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from kombo import errors

from tests.kombo.books import Books
from tests.kombo.conftest import ADMIN, House
from tests.kombo.test_refused import _expired

BAD, AUTH = "PLATFORM.INPUT_INVALID", "PLATFORM.AUTHENTICATION_INVALID"
GONE = "PLATFORM.INTEGRATION_NOT_FOUND"
KEYS = {"code", "title", "message", "log_url"}


def said(answer: httpx.Response, path: str) -> tuple[int, str | None]:
    """Return status and code of a refusal that Kombo's SDK can read."""
    assert answer.headers["content-type"] == "application/json", answer.text
    told = answer.json()
    assert told.keys() == {"status", "error"} and told["error"].keys() == KEYS
    assert told["status"] == "error" and told["error"]["message"]
    shape: Any = errors.KomboAtsErrorData if "/ats/" in path else errors.KomboGeneralErrorData
    shape.model_validate(told)
    code: str | None = told["error"]["code"]
    assert (told["error"]["title"] is None) == (code is None)
    return answer.status_code, code


def placed(path: str, house: House) -> str:
    """Return a path with the integration's id in its place."""
    return path.replace("{id}", house.connection.integration_id)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/force-sync", {"type": "HALF"}, 400, BAD),
        ("POST", "/force-sync", {"type": 5}, 400, BAD),
        ("POST", "/force-sync", {"type": ["FULL"]}, 400, BAD),
        ("PUT", "/integrations/{id}/enabled", {}, 400, BAD),
        ("PUT", "/integrations/{id}/enabled", {"value": "true"}, 400, BAD),
        ("PUT", "/integrations/{id}/enabled", {"value": 0}, 400, BAD),
        ("PUT", "/integrations/{id}/enabled", {"value": None}, 400, BAD),
        ("PUT", "/integrations/recruitee:x/enabled", {"value": True}, 404, GONE),
        ("DELETE", "/integrations/recruitee:x", None, 404, GONE),
        ("GET", "/integrations/recruitee:x", None, 404, GONE),
        ("GET", "/integrations/greenhouse:x", None, 404, GONE),
        ("GET", "/integrations/%00", None, 404, GONE),
        ("GET", "/integrations/%ff%fe", None, 404, GONE),
        ("GET", "/integrations/" + "x" * 3000, None, 404, GONE),
        ("GET", "/integrations/{id}/integration-fields?page_size=2001", None, 400, BAD),
        ("GET", "/integrations/{id}/integration-fields?page_size=x", None, 400, BAD),
        ("GET", "/integrations/{id}/integration-fields?cursor=x", None, 400, BAD),
        ("GET", "/integrations/{id}/custom-fields?page_size=251", None, 400, BAD),
        ("GET", "/integrations/{id}/custom-fields?cursor=", None, 400, BAD),
        (
            "PATCH",
            "/integrations/{id}/integration-fields/x",
            {"enable_passthrough": True},
            404,
            BAD,
        ),
        ("PATCH", "/integrations/{id}/integration-fields/x", {}, 400, BAD),
        ("PATCH", "/integrations/{id}/integration-fields/x", {"enable_passthrough": []}, 400, BAD),
        ("PUT", "/integrations/{id}/custom-fields/x", {"integration_field_id": None}, 404, BAD),
        ("PUT", "/integrations/{id}/custom-fields/x", {"integration_field_id": 5}, 400, BAD),
        ("PUT", "/integrations/{id}/custom-fields/x", {}, 400, BAD),
        ("GET", "/tools/crm", None, 400, BAD),
        ("GET", "/tools/%F0%9F%92%A9", None, 400, BAD),
        ("GET", "/connect/integration-by-token/x", None, 404, GONE),
    ],
)
async def test_what_a_general_endpoint_cannot_use(
    house: House, method: str, path: str, body: Any, status: int, code: str
) -> None:
    answer = await house.send(method, placed(path, house), json=body)
    found = said(answer, path)
    assert found == (status, code) or (path.startswith("/connect") and found[0] in (400, 404))


BODIES = {
    "not JSON": b"{",
    "an array": b"[1]",
    "null": b"null",
    "a text": b'"FULL"',
    "no UTF-8": b'{"type": "\xff"}',
    "a number that is none": b'{"type": NaN}',
    "nested too deep": b'{"type": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "two values": b"{}{}",
    "a form": b"type=FULL",
}


@pytest.mark.parametrize("content", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/force-sync"),
        ("PUT", "/integrations/{id}/enabled"),
        ("POST", "/passthrough/recruitee/v1"),
        ("POST", "/ats/candidates"),
    ],
)
async def test_a_body_that_is_no_object(
    house: House, method: str, path: str, content: bytes
) -> None:
    answer = await house.send(method, placed(path, house), content=content)
    assert said(answer, path) == (400, BAD)


async def test_a_body_that_is_too_large_is_refused_and_the_answer_arrives(house: House) -> None:
    path = "/passthrough/recruitee/v1"
    content = b'{"path": "' + b"x" * (18 << 20) + b'"}'
    answer = await house.send("POST", path, content=content)
    assert said(answer, path) == (413, BAD)


@pytest.mark.parametrize("path", ["/force-sync", "/passthrough/recruitee/v1", "/ats/candidates"])
async def test_a_body_that_is_far_too_large_is_not_read_to_its_end(books: Books, path: str) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 400 << 20:
            sent += 1 << 20
            yield b"x" * (1 << 20)

    answer = await books.http.post(f"/v1{path}", content=endless())
    assert said(answer, path) == (413, BAD)
    assert sent < 200 << 20


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", "/check-api-key", 405),
        ("PATCH", "/force-sync", 405),
        ("GET", "/force-sync", 405),
        ("GET", "/passthrough/recruitee/v1", 405),
        ("OPTIONS", "/ats/jobs", 405),
        ("PUT", "/ats/jobs", 405),
        ("POST", "/integrations/{id}", 405),
        ("GET", "/integrations/{id}/enabled", 405),
        ("GET", "", 404),
        ("GET", "/", 404),
        ("GET", "/ats", 404),
        ("GET", "/ats/", 404),
        ("GET", "/ats//jobs", 404),
        ("GET", "/ats/jobs/", 404),
        ("GET", "/ats/Jobs", 404),
        ("GET", "/ats/jobs%2f", 404),
        ("GET", "/ats/%ff", 404),
        ("GET", "/ats/jobs%00", 404),
        ("GET", "/integrations", 404),
        ("GET", "/passthrough/recruitee", 404),
        ("POST", "/passthrough/recruitee/v1/candidates", 404),
        ("GET", "/" + "x" * 5000, 404),
    ],
)
async def test_a_path_or_method_that_is_not_served(
    house: House, method: str, path: str, status: int
) -> None:
    answer = await house.send(method, placed(path, house))
    assert said(answer, path) == (status, None)
    assert len(answer.content) < 1000


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/ats/jobs", "read"),
        ("GET", "/integrations/{id}", "read"),
        ("GET", "/integrations/{id}/integration-fields", "read"),
        ("GET", "/integrations/{id}/custom-fields", "read"),
        ("GET", "/tools/ats", "read"),
        ("POST", "/force-sync", "act"),
        ("PUT", "/integrations/{id}/enabled", "act"),
        ("PATCH", "/integrations/{id}/integration-fields/x", "act"),
        ("PUT", "/integrations/{id}/custom-fields/x", "act"),
        ("DELETE", "/integrations/{id}", "ops"),
        ("POST", "/passthrough/recruitee/v1", "passthrough"),
        ("POST", "/ats/candidates", "act"),
    ],
)
async def test_a_key_without_the_scope_is_refused_before_anything_is_read(
    house: House, method: str, path: str, scope: str
) -> None:
    others = {"read", "act", "passthrough", "feed", "ops"} - {scope}
    key = await house.key(*sorted(others))
    answer = await house.send(method, placed(path, house), key=key, content=b"{")
    assert said(answer, path) == (403, AUTH)
    assert scope in answer.json()["error"]["message"]


async def test_an_expired_key_opens_nothing(house: House) -> None:
    key = await house.key("read", "passthrough", expires_at="2099-01-01T00:00:00Z")
    await _expired(house, key)
    for method, path in (
        ("GET", "/ats/jobs"),
        ("GET", "/check-api-key"),
        ("POST", "/passthrough/recruitee/v1"),
    ):
        assert said(await house.send(method, path, key=key), path) == (401, AUTH)


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Basic YTpi", "Token x", "Bearer a b", f"Bearer {'x' * 5000}"],
)
async def test_an_authorization_that_is_none(house: House, authorization: str) -> None:
    headers = {"authorization": authorization, "x-integration-id": house.connection.integration_id}
    answer = await house.http.get(f"{house.base}/ats/jobs", headers=headers)
    status, code = said(answer, "/ats/jobs")
    assert (status, code) in ((401, AUTH), (429, "PLATFORM.RATE_LIMIT_EXCEEDED"))


async def test_the_integration_is_named_once(house: House) -> None:
    named = house.connection.integration_id
    for headers in (
        [("x-integration-id", named), ("x-integration-id", named)],
        [("x-integration-id", "")],
        [],
    ):
        answer = await house.http.get(
            f"{house.base}/ats/jobs", headers=[("authorization", f"Bearer {ADMIN}"), *headers]
        )
        assert said(answer, "/ats/jobs") == (400, BAD)
    odd = [("authorization", f"Bearer {ADMIN}"), ("x-integration-id", "é".encode("latin-1"))]
    answer = await house.http.get(f"{house.base}/ats/jobs", headers=odd)  # type: ignore[arg-type]
    assert said(answer, "/ats/jobs") == (404, GONE)


@pytest.mark.parametrize(
    "query",
    [
        "cursor=" + "x" * 5000,
        "cursor=%00",
        "cursor=%ff%fe",
        "cursor=eyJhIjoxfQ",
        "page_size=",
        "page_size=-1",
        "page_size=1e2",
        "page_size=3.5",
        "page_size=%D9%A3%D9%A3%D9%A3",
        "page_size=99999999999999999999999",
        "page_size=3&page_size=4",
        "updated_after=2020-13-01",
        "updated_after=2020-01-01T25:00:00Z",
        "updated_after=9999999999",
        "updated_after=0000-00-00",
        "include_deleted=1",
        "include_deleted=true&include_deleted=false",
        "remote_created_after=now",
    ],
)
async def test_a_query_that_cannot_be_meant(house: House, query: str) -> None:
    path = f"/ats/jobs?{query}"
    assert said(await house.send("GET", path), path) == (400, BAD)


@pytest.mark.parametrize(
    "query",
    [
        "ids=" + ",".join("x" * 24 for _ in range(200)),
        "ids=%00,%ff",
        "remote_ids=" + ",".join(map(str, range(1000))),
        "name_contains=%5B%28%2A",
        "page_size=250.0",
        "updated_after=2020-01-01T00:00:00.123456Z",
        "updated_after=0001-01-01",
        "updated_after=9999-12-31T23:59:59.999Z",
        "include_deleted=TRUE",
        "a=%&b=%zz",
        "ids",
    ],
)
async def test_a_query_that_is_odd_and_meant_is_answered(house: House, query: str) -> None:
    answer = await house.send("GET", f"/ats/jobs?{query}")
    assert (answer.status_code, answer.json()["status"]) == (200, "success"), answer.text


async def test_who_guesses_keys_is_held_off_and_who_has_one_is_not(books: Books) -> None:
    wrong = {"authorization": "Bearer guessed"}
    assert (await books.http.get("/v1/ats/jobs")).status_code == 200
    statuses = [
        said(await books.http.get("/v1/ats/jobs", headers=wrong), "/ats/")[0] for _ in range(21)
    ]
    assert statuses == [401] * 20 + [429]
    answer = await books.http.get("/v1/check-api-key", headers=wrong)
    assert said(answer, "/check-api-key") == (429, "PLATFORM.RATE_LIMIT_EXCEEDED")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert (await books.http.get("/v1/ats/jobs")).status_code == 200


async def test_the_rate_is_told_with_every_answer_to_a_key(house: House) -> None:
    key = await house.key("read", rate_per_minute=50)
    left = []
    for method, path in (
        ("GET", "/ats/jobs"),
        ("GET", "/check-api-key"),
        ("GET", "/ats/jobs?page_size=0"),
        ("POST", "/force-sync"),
        ("GET", "/integrations/recruitee:x"),
    ):
        headers = (await house.send(method, path, key=key)).headers
        assert headers["ratelimit-limit"] == "50"
        assert 1 <= int(headers["ratelimit-reset"]) <= 60
        assert "concurrency-limit" not in headers
        left.append(int(headers["ratelimit-remaining"]))
    assert left == [49, 48, 47, 46, 45]
