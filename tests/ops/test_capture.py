"""A capture asks each endpoint in turn and shows shapes without a single value."""

from typing import Any

import orjson

from service.core.recruitee.expected import ENDPOINTS
from tests.ops.conftest import RECRUITEE_TOKEN, Ops, Recruitee

GOOD = {"company_id": "5600", "api_token": RECRUITEE_TOKEN, "webhook_secret": "s"}


async def _captured(ops: Ops) -> tuple[list[dict[str, Any]], dict[str, Any], str]:
    made = await ops.post("/connections", GOOD)
    answer = await ops.send("POST", f"/connections/{made['id']}/capture")
    assert answer.status_code == 200
    *rows, end = [orjson.loads(line) for line in answer.text.splitlines()]
    assert end["done"]["connection_id"] == made["id"]
    return rows, end["done"], answer.text


def _values(data: Any) -> set[str]:
    """Return every text of an answer that is long enough to be recognized."""
    if isinstance(data, dict):
        return set().union(*map(_values, data.values()))
    if isinstance(data, list):
        return set().union(*map(_values, data))
    return {data} if isinstance(data, str) and len(data) > 6 and " " in data else set()


async def test_every_endpoint_is_captured_with_its_shape_and_no_value(
    linked: Ops, recruitee: Recruitee
) -> None:
    rows, end, text = await _captured(linked)
    headers = {"authorization": f"Bearer {RECRUITEE_TOKEN}"}
    secret: set[str] = set()
    for path in ("/candidates", "/offers", "/admin", "/memberships", "/locations"):
        secret |= _values((await recruitee.far.get(f"/c/5600{path}", headers=headers)).json())

    by_path = {row["endpoint"]: row for row in rows}
    assert by_path.keys() == ENDPOINTS.keys()
    assert {row["status"] for row in rows} <= {"answered", "empty", "missing"}
    person = by_path["/candidates/{id}"]["shape"]["candidate"]
    assert (person["id"], person["example"]) == ("id", "flag") and person["name"].startswith(
        "text("
    )
    assert by_path["/offers/{id}/candidates/{id}/placement"]["status"] == "answered"
    assert end["answered"] == sum(row["status"] == "answered" for row in rows)
    assert len(secret) > 10 and [value for value in secret if value in text] == []


async def test_what_differs_is_told_with_each_endpoint(linked: Ops, recruitee: Recruitee) -> None:
    body = {"departments": [{"id": 1, "name": 5, "mood": "x"}]}
    fault = {"status": 200, "path_prefix": "/departments", "body": body}
    await recruitee.knobs(fail_next=[fault, {"status": 403, "path_prefix": "/roles", "body": {}}])

    rows, end, _ = await _captured(linked)

    by_path = {row["endpoint"]: row for row in rows}
    assert by_path["/departments"]["differences"] == [
        {"path": "departments[].name", "kind": "retyped", "seen": "int", "evidence": "recorded"},
        {"path": "departments[].mood", "kind": "new", "seen": "text", "evidence": None},
    ]
    assert by_path["/roles"]["status"] == "forbidden" and end["differences"] >= 2


async def test_a_refused_token_ends_the_capture(linked: Ops, recruitee: Recruitee) -> None:
    made = await linked.post("/connections", GOOD)
    await recruitee.knobs(revoked=True)

    answer = await linked.send("POST", f"/connections/{made['id']}/capture")

    row, end = [orjson.loads(line) for line in answer.text.splitlines()]
    assert (row["endpoint"], row["status"]) == ("/admin", "refused") and end["done"][
        "answered"
    ] == 0


async def test_an_unknown_connection_is_404(ops: Ops) -> None:
    await ops.refused("POST", "/connections/nobody/capture", status=404)
