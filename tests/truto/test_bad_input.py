"""Bad input and refusals: a defined answer for each, always in Truto's envelope."""

import asyncio
from typing import Any

import pytest

from tests.truto.conftest import ADMIN, House, Json

CANDIDATES = "/unified/ats/candidates"
LONG = "x" * 5000


def envelope(answer: Any, status: int) -> Json:
    """Return an error's body after a look at its members."""
    assert answer.status_code == status, answer.text
    body: Json = answer.json()
    assert body["statusCode"] == status and body["error"] and body["message"]
    assert set(body) <= {
        "statusCode", "error", "message", "details", "truto_is_remote_error", "raw_response",
        "truto_error_insight",
    }  # fmt: skip
    return body


QUERIES = [
    "limit=0", "limit=-1", "limit=ten", "limit[]=5", "limit=1e3", "next_cursor=garbage",
    "next_cursor[]=a", "next_cursor=WyJ0YWdzIiwxXQ", "truto_response_format=xml",
    "truto_ignore_remote_data=perhaps", "truto_ignore_limit=2", "truto_key_by=nothing",
    "truto_exclude_fields[]=nothing", "truto_exclude_fields=name.first", "sort_by[emails]=asc",
    "sort_by[created_at]=up", "sort_by[created_at]=asc&sort_by[name]=asc", "sort_by=nothing",
    "a[=1", "a]=1", "[a]=1", "a[b]c=1", "name[gt][lt]=1", "name[foo]=1", "name[]=1&name[x]=2",
    "name=1&name[gt]=2", "emails[phone]=1", "or=1", "or[0]=1", "or[0][nothing]=1",
    "created_at[gt][]=2", f"name={LONG}", "a[b][c][d][e][f][g][h][i]=1",
    "&".join(f"id[]={n}" for n in range(201)), "id[in]=" + ",".join("1" * 1 for _ in range(1001)),
    "name[][]=1",
]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES, ids=[each[:40] for each in QUERIES])
async def test_a_query_that_cannot_be_read_is_422(house: House, query: str) -> None:
    url = f"{house.url}{CANDIDATES}?integrated_account_id={house.connection.id}&{query}"
    answer = await house.http.get(url, headers={"authorization": f"Bearer {ADMIN}"})
    body = envelope(answer, 422)
    assert body["error"] == "Unprocessable Entity" and len(body["message"]) < 300


async def test_a_cursor_of_other_filters_is_refused(house: House) -> None:
    first = (await house.get(CANDIDATES, limit=2)).json()["next_cursor"]
    for asked in ({"tags": "referral"}, {"sort_by[name]": "asc"}):
        envelope(await house.get(CANDIDATES, next_cursor=first, **asked), 422)
    envelope(await house.get("/unified/ats/jobs", next_cursor=first), 422)


async def test_the_account_is_required_and_the_answer_says_so(house: House) -> None:
    headers = {"authorization": f"Bearer {ADMIN}"}
    for query in ("", "?integrated_account_id=", "?integrated_account_id=%20"):
        answer = await house.http.get(f"{house.url}{CANDIDATES}{query}", headers=headers)
        insight = envelope(answer, 422)["truto_error_insight"]
        missing = insight["missing_required_query_parameters"]
        assert missing["value"] == ["integrated_account_id"] and missing["description"]


@pytest.mark.parametrize("prefix", ["", "recruitee:"])
async def test_an_account_is_named_by_either_id(house: House, prefix: str) -> None:
    account = prefix + house.connection.id
    answer = await house.get(CANDIDATES, limit=1, integrated_account_id=account)
    assert answer.status_code == 200


@pytest.mark.parametrize("account", ["nobody", "greenhouse:1", "x" * 500, "recruitee:"])
async def test_an_account_that_is_not_there_is_404(house: House, account: str) -> None:
    body = envelope(await house.get(CANDIDATES, integrated_account_id=account), 404)
    assert "truto_is_remote_error" not in body


async def test_who_is_not_known_is_401_and_who_may_not_is_403(house: House) -> None:
    for key in (None, "wrong"):
        envelope(await house.send("GET", CANDIDATES, key=key), 401)
    reader = await house.key("read")
    body = envelope(
        await house.send("POST", "/unified/ats/activities", key=reader, body={"body": "x"}), 403
    )
    assert body["truto_error_insight"]["forbidden_error"]["value"] == {"missing_scopes": ["act"]}
    writer = await house.key("act")
    envelope(await house.send("GET", CANDIDATES, key=writer), 403)
    other = await house.store.connections.create("1", "a-token", None, "New")
    try:
        stranger = await house.key("read", connection_ids=[other.id])
        envelope(await house.send("GET", CANDIDATES, key=stranger), 404)
    finally:
        await house.store.connections.remove(other)


async def test_a_key_s_rate_is_told_as_truto_tells_one(house: House) -> None:
    key = await house.key("read")
    answer = await house.send("GET", CANDIDATES, key=key, limit=1)
    limit, _, window = answer.headers["ratelimit-limit"].partition(";")
    assert int(limit) > 0 and window == "w=60"
    assert int(answer.headers["ratelimit-remaining"]) < int(limit)
    assert int(answer.headers["ratelimit-reset"]) > 0


async def test_a_key_beyond_its_rate_is_429_with_when_to_come_back(house: House) -> None:
    key = await house.key("read", rate_per_minute=1)
    await house.send("GET", CANDIDATES, key=key, limit=1)
    answer = await house.send("GET", CANDIDATES, key=key, limit=1)
    body = envelope(answer, 429)
    assert "rate_limit_error" in body["truto_error_insight"]
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/unified", 404), ("GET", "/unified/ats", 404), ("GET", "/unified/hris/employees", 404),
        ("GET", "/unified/ats/offers", 404), ("GET", "/unified/ats/candidates/0", 404),
        ("GET", "/unified/ats/candidates/none", 404), ("GET", "/unified/ats/jobs/a%00b", 404),
        ("GET", "/unified/ats/jobs/..%2F..%2Fops", 404), ("GET", "/unified/ats/users/" + "1" * 300, 404),
        ("POST", "/unified/ats/jobs", 405), ("PATCH", "/unified/ats/tags/1", 405),
        ("DELETE", "/unified/ats/candidates", 405), ("PUT", "/unified/ats/candidates/1", 405),
        ("GET", "/batch-request", 405), ("POST", "/unified/ats/candidates/1/reject", 404),
    ],
)  # fmt: skip
async def test_what_is_not_served_is_said_in_the_envelope(
    house: House, method: str, path: str, status: int
) -> None:
    answer = await house.send(method, path)
    envelope(answer, status)
    if status == 405:
        assert "GET" in answer.headers["allow"] or path == "/batch-request"


BODIES: list[tuple[str, Any, str]] = [
    ("candidates", {}, "name"),
    ("candidates", {"emails": ["a@example.com"]}, "name"),
    ("candidates", {"name": "A", "emails": ["nothing"]}, "emails.0.email"),
    ("candidates", {"name": "A", "emails": "a@example.com"}, "emails"),
    ("candidates", {"name": "x" * 1001}, "name"),
    ("candidates", {"name": "A", "urls": ["javascript:alert(1)"]}, "urls.0.url"),
    ("candidates", {"name": "A", "job_id": "one"}, "job_id"),
    ("candidates", {"name": "A", "attachments": [{"file_name": "x.pdf"}]}, "file_url"),
    ("candidates", {"name": "A", "tags": [{"name": ""}]}, "tags.0.name"),
    ("tags", {"name": "x"}, "candidate_id"),
    ("tags", {"candidate_id": "1"}, "name"),
    ("attachments", {"candidate_id": "1"}, "file_name"),
    ("attachments", {"candidate_id": "ONE", "file_name": "x", "content": "QQ=="}, "candidate_id"),
    ("activities", {"body": "x"}, "candidate_id"),
    ("activities", {"candidate_id": "1"}, "body"),
    ("activities", {"candidate_id": "1", "body": "x", "activity_type": "email"}, "activity_type"),
    ("activities", {"candidate_id": "1", "body": "x", "visibility": "secret"}, "visibility"),
    ("activities", ["x"], "object"),
]  # fmt: skip


@pytest.mark.parametrize(("resource", "body", "said"), BODIES)
async def test_a_body_that_does_not_fit_is_422_and_nothing_is_sent(
    house: House, resource: str, body: Any, said: str
) -> None:
    before = await writes(house)
    answer = await house.send("POST", f"/unified/ats/{resource}", body=body)
    shown = envelope(answer, 422)
    assert said in shown["message"]
    assert await writes(house) == before


async def test_what_is_missing_in_a_body_is_in_the_insight(house: House) -> None:
    answer = await house.send("POST", "/unified/ats/activities", body={"candidate_id": "1"})
    insight = envelope(answer, 422)["truto_error_insight"]
    assert insight["missing_required_body_fields"]["value"] == ["body"]


async def test_a_body_that_is_no_json_or_too_large_is_refused(house: House) -> None:
    headers = {"authorization": f"Bearer {ADMIN}"}
    url = f"{house.url}/unified/ats/activities"
    broken = await house.http.post(url, content=b"{", params=house.account, headers=headers)
    envelope(broken, 400)
    head = (
        f"POST /unified/ats/activities?integrated_account_id={house.connection.id} HTTP/1.1\r\n"
        f"host: x\r\nauthorization: Bearer {ADMIN}\r\ncontent-length: 20000001\r\n\r\n"
    )
    host, _, port = house.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(head.encode())
    said = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    await writer.wait_closed()
    assert said.startswith(b"HTTP/1.1 413 ") and b'"statusCode":413' in said


async def test_writes_about_somebody_who_is_not_there_are_404(house: House) -> None:
    before = await writes(house)
    body = {"candidate_id": "999999999", "body": "x"}
    envelope(await house.send("POST", "/unified/ats/activities", body=body), 404)
    envelope(await house.send("PATCH", f"{CANDIDATES}/999999999", body={"name": "A"}), 404)
    envelope(await house.send("DELETE", f"{CANDIDATES}/999999999"), 404)
    envelope(await house.send("DELETE", "/unified/ats/tags/1", candidate_id="999999999"), 404)
    envelope(await house.send("DELETE", "/unified/ats/tags/1"), 422)
    assert await writes(house) == before


async def test_a_change_of_nothing_is_refused(house: House) -> None:
    some = (await house.rows("candidates"))[0]["id"]
    answer = await house.send("PATCH", f"{CANDIDATES}/{some}", body={"title": "Engineer"})
    assert "title was not written" in str(envelope(answer, 422)["details"]["failures"])
    half = await house.send("PATCH", f"{CANDIDATES}/{some}", body={"first_name": "A"})
    assert "first_name" in envelope(half, 422)["message"]


async def test_a_model_that_is_out_of_scope_is_403(house: House) -> None:
    c, before = house.connection.id, house.connection.options
    scope = before.scope.model_copy(update={"models": ("candidate",)})
    narrowed = before.model_copy(update={"scope": scope})
    await house.store.connections.update(c, options=narrowed)
    try:
        body = envelope(await house.get("/unified/ats/jobs"), 403)
        assert "forbidden_error" in body["truto_error_insight"]
        assert (await house.get(CANDIDATES, limit=1)).status_code == 200
    finally:
        await house.store.connections.update(c, options=before)


async def test_a_connection_that_is_still_read_is_503_with_when_to_come_back(house: House) -> None:
    made = await house.store.connections.create("1", "a-token", None, "New")
    try:
        answer = await house.get(CANDIDATES, integrated_account_id=made.id)
        envelope(answer, 503)
        assert answer.headers["retry-after"] == "5"
    finally:
        await house.store.connections.remove(made)


async def writes(house: House) -> int:
    """Return how many writes the sandbox was asked for."""
    said = await house.knobs.get("/sandbox/requests", params={"limit": 1000})
    return sum(1 for each in said.json()["requests"] if each["method"] not in ("GET", "HEAD"))
