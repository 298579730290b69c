"""Batches: calls in the order of their needs, with what others answered, within bounds."""

from collections.abc import Callable
from functools import reduce
from typing import Any

import orjson
import pytest

from tests.truto.conftest import ADMIN, House, Json

Sdk = Callable[[str], Any]
DEEP: Json = reduce(lambda inner, _: {"a": inner}, range(40), {})


async def sent(house: House, *resources: Json, **more: Any) -> Json:
    body = {**house.account, "resources": list(resources), **more}
    answer = await house.send("POST", "/batch-request", body=body)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def test_the_client_s_batch_answers_each_resource(house: House, sdk: Sdk) -> None:
    some = (await house.rows("candidates"))[0]
    body = {
        **house.account,
        "resources": [
            {"resource": "ats/departments", "method": "list", "query": {"limit": 3}},
            {"resource": "ats/candidates", "method": "get", "id": some["id"]},
        ],
    }
    found = await sdk(ADMIN).batch_requests.create(body)
    departments = (await house.rows("departments"))[:3]
    assert found["result"] == {"ats/departments": departments, "ats/candidates": [some]}
    assert found["errors"] == {}


async def test_a_call_waits_for_what_it_depends_on_and_names_its_answer(house: House) -> None:
    found = await sent(
        house,
        {"resource": "ats/activities", "method": "create", "depends_on": ["ats/candidates"],
         "body": {"candidate_id": "{{resources.ats/candidates.id}}",
                  "body": "{{args.greeting}}, {{resources.ats/candidates.0.name}}"}},
        {"resource": "ats/candidates", "method": "create", "persist": False,
         "body": {"name": "Batch Person", "emails": ["batch.person@example.com"]}},
        args={"greeting": "Hello"},
    )  # fmt: skip
    assert found["errors"] == {} and list(found["result"]) == ["ats/activities"]
    (note,) = found["result"]["ats/activities"]
    assert note["body"] == "<p>Hello, Batch Person</p>"
    served = (await house.served(f"/candidates/{note['candidate']['id']}/notes"))["notes"]
    assert [str(each["id"]) for each in served] == [note["id"]]


async def test_a_plain_name_is_one_of_the_proxy_s(house: House) -> None:
    found = await sent(house, {"resource": "admins"}, {"resource": "ats/users"})
    assert found["errors"] == {}
    people = {str(each["id"]) for each in found["result"]["admins"]}
    assert people and people <= {row["id"] for row in found["result"]["ats/users"]}


async def test_a_loop_makes_a_call_for_each_record(house: House) -> None:
    found = await sent(
        house,
        {"resource": "ats/jobs", "query": {"limit": 3}},
        {"resource": "ats/candidates", "loop_on": "{{resources.ats/jobs}}",
         "query": {"job_id": "{{resources.ats/jobs.id}}", "truto_ignore_limit": True}},
    )  # fmt: skip
    jobs = [row["id"] for row in found["result"]["ats/jobs"]]
    expected = [row["id"] for job in jobs for row in await house.rows("candidates", job_id=job)]
    assert [row["id"] for row in found["result"]["ats/candidates"]] == expected


async def test_what_fails_is_said_and_what_depends_on_it_is_not_tried(house: House) -> None:
    found = await sent(
        house,
        {"resource": "ats/candidates", "method": "get", "id": "999999999"},
        {"resource": "ats/activities", "method": "create", "depends_on": "ats/candidates",
         "body": {"candidate_id": "1", "body": "x"}},
        {"resource": "ats/tags", "query": {"limit": 1}},
        {"resource": "ats/users", "method": "get", "id": "{{args.nobody}}"},
        {"resource": "ats/attachments", "method": "download"},
        {"resource": "ats/departments", "method": "get", "id": "../../../ops/v1/stats"},
        {"resource": "ats/jobs", "query": {"name": ["{{args.much}}"] * 300}},
        args={"much": "x" * 1000},
    )  # fmt: skip
    statuses = {name: [e["statusCode"] for e in errors] for name, errors in found["errors"].items()}
    assert statuses == {
        "ats/candidates": [404], "ats/activities": [424], "ats/users": [422],
        "ats/attachments": [422], "ats/departments": [404], "ats/jobs": [422],
    }  # fmt: skip
    assert len(found["result"]["ats/tags"]) == 1


async def test_a_batch_does_no_more_than_its_key_may(house: House) -> None:
    key = await house.key("read")
    body = {
        **house.account,
        "resources": [
            {"resource": "ats/tags", "query": {"limit": 1}},
            {"resource": "ats/activities", "method": "create",
             "body": {"candidate_id": "1", "body": "x"}},
        ],
    }  # fmt: skip
    answer = await house.send("POST", "/batch-request", key=key, body=body)
    (error,) = answer.json()["errors"]["ats/activities"]
    assert error["statusCode"] == 403 and len(answer.json()["result"]["ats/tags"]) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "resources"),
        ({"resources": []}, "resources"),
        ({"resources": [{"resource": "ats/tags"}] * 51}, "resources"),
        ({"resources": [{"resource": "../ops/v1"}]}, "resources.0.resource"),
        ({"resources": [{"resource": "ats/tags", "query": DEEP}]}, "nested deeper"),
        ({"resources": [{"resource": "ats/tags"}], "args": DEEP}, "nested deeper"),
        ({"resources": [{"resource": "ats/tags", "depends_on": "ats/x"}]}, "not in the batch"),
        ({"resources": [{"resource": "ats/tags", "depends_on": "ats/users"},
                        {"resource": "ats/users", "depends_on": "ats/tags"}]}, "circle"),
        ({"resources": [{"resource": "ats/tags", "depends_on": "ats/tags"}]}, "circle"),
        ({"resources": [{"resource": "ats/activities", "method": "create",
                         "body": {"candidate_id": "CANDIDATE", "body": "x"}},
                        {"resource": "ats/tags", "depends_on": "ats/tags"}]}, "circle"),
    ],
)  # fmt: skip
async def test_a_batch_that_cannot_be_is_refused(house: House, body: Json, said: str) -> None:
    some = (await house.rows("candidates", limit=1000))[0]["id"]
    text = orjson.dumps({**house.account, **body}).replace(b"CANDIDATE", some.encode())
    before = (await house.served(f"/candidates/{some}/notes"))["notes"]
    answer = await house.send("POST", "/batch-request", body=orjson.loads(text))
    assert answer.status_code == 422 and said in answer.text, answer.text
    assert (await house.served(f"/candidates/{some}/notes"))["notes"] == before


async def test_a_loop_ends_at_the_bound_and_says_what_was_not_done(house: House) -> None:
    found = await sent(
        house,
        *({"resource": f"ats/{name}", "query": {"truto_ignore_limit": True}}
          for name in ("candidates", "attachments")),
        *({"resource": "ats/tags", "loop_on": "ats/candidates", "query": {"limit": 1}}
          for _ in range(8)),
    )  # fmt: skip
    made = len(found["result"]["ats/tags"])
    (error, *_) = found["errors"]["ats/tags"]
    assert made == 198 and error["statusCode"] == 422 and "not made" in error["message"]
