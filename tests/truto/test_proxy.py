"""The proxy asked by Truto's own client and by hand, and compared with what the sandbox holds."""

from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from tests.truto.conftest import ADMIN, House, Json

Sdk = Callable[[str], Any]
LISTS = [
    ("interview_results", "/interview/results", "interview_results"),
    ("locations", "/locations", "locations"),
    ("admins", "/admins", "admins"),
    ("candidates", "/candidates", "candidates"),
    ("offers", "/offers", "offers"),
    ("departments", "/departments", "departments"),
    ("tags", "/tags", "tags"),
    ("sources", "/sources", "sources"),
    ("offer_tags", "/offer_tags", "offer_tags"),
    ("disqualify_reasons", "/disqualify_reasons", "disqualify_reasons"),
    ("interview_events", "/interview/events", "interview_events"),
    ("interview_result_requests", "/interview/result_requests", "interview_result_requests"),
    ("pipeline_templates", "/pipeline_templates", "pipeline_templates"),
    ("talent_pools", "/talent_pools", "talent_pools"),
    ("requisitions", "/requisitions", "groups"),
    ("memberships", "/memberships", "memberships"),
    ("roles", "/roles", "roles"),
    ("teams", "/teams", "teams"),
    ("tasks", "/tasks", "tasks"),
    ("activities", "/tracking/activities", "activities"),
    ("interview_templates", "/interview/templates", "interview_templates"),
    ("question_templates", "/open_questions/template", "open_question_templates"),
    ("fieldsets", "/custom_fields/fieldsets", "fieldsets"),
    ("dynamic_fields", "/dynamic_fields", "dynamic_fields"),
]


@pytest.mark.parametrize(("resource", "path", "rows"), LISTS, ids=[row[0] for row in LISTS])
async def test_a_list_is_recruitees_array_as_it_is(
    house: House, sdk: Sdk, resource: str, path: str, rows: str
) -> None:
    there = (await house.served(path, limit=1000))[rows]

    params = {**house.account, "company_id": "5600", "limit": 1000}
    assert await sdk(ADMIN).proxy_api.list(resource, params).to_array() == there
    answer = (await house.get(f"/proxy/{resource}", limit=1000)).json()
    assert (answer["result"], answer["result_count"]) == (there, len(there))
    assert (answer["next_cursor"], answer["prev_cursor"], answer["limit"]) == (None, None, 1000)


@pytest.mark.parametrize(
    ("resource", "path", "rows", "limit"),
    [
        ("candidates", "/candidates", "candidates", 7),  # 36: the last page is short
        ("candidates", "/candidates", "candidates", 9),  # 36: the last page is empty
        ("offers", "/offers", "offers", 3),
        ("tags", "/tags", "tags", 1),
        ("interview_results", "/interview/results", "interview_results", 2),
        ("activities", "/tracking/activities", "activities", 11),  # 44: the last page is empty
    ],
)
async def test_every_page_is_walked_without_a_loss_or_a_repetition(
    house: House, sdk: Sdk, resource: str, path: str, rows: str, limit: int
) -> None:
    there = (await house.served(path, limit=1000))[rows]

    walked = sdk(ADMIN).proxy_api.list(resource, {**house.account, "limit": limit})
    assert [row["id"] for row in await walked.to_array()] == [row["id"] for row in there]
    assert len(there) > limit


async def test_recruitees_own_parameters_reach_it(house: House) -> None:
    there = await house.served("/candidates", offer_id=await offer(house), qualified="true")
    for named in ("{}", "remote_query[{}]"):
        params = {named.format("offer_id"): await offer(house), named.format("qualified"): "true"}
        answer = await house.get("/proxy/candidates", **params)
        assert answer.json()["result"] == there["candidates"]
    line = [line for line in house.sandbox.ledger.last if line["path"].endswith("/candidates")][-1]
    assert "integrated_account_id" not in line["query"] and "truto" not in line["query"]


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ("offers", "/offers"),
        ("candidates", "/candidates"),
        ("departments", "/departments"),
        ("locations", "/locations"),
        ("interview_results", "/interview/results"),
        ("pipeline_templates", "/pipeline_templates"),
    ],
)
async def test_a_get_is_recruitees_body_verbatim(
    house: House, sdk: Sdk, resource: str, path: str
) -> None:
    listed = (await house.get(f"/proxy/{resource}", limit=1)).json()["result"]
    one = str(listed[0]["id"])
    there = await house.recruitee.get(f"{path}/{one}")

    assert await sdk(ADMIN).proxy_api.get(resource, one, dict(house.account)) == there.json()
    answer = await house.get(f"/proxy/{resource}/{one}")
    assert (answer.status_code, answer.content) == (200, there.content)
    assert answer.headers["content-type"] == there.headers["content-type"]


@pytest.mark.parametrize("resource", ["notes", "offer_notes"])
async def test_notes_are_written_read_changed_and_removed(
    house: House, sdk: Sdk, resource: str
) -> None:
    kind = "offers" if resource == "offer_notes" else "candidates"
    where = await offer(house) if kind == "offers" else await somebody(house)
    of = {"offer_id" if kind == "offers" else "id": where}
    api = sdk(ADMIN).proxy_api

    made = await api.create(resource, {"note": {"body": "Proxied."}}, {**house.account, **of})
    note = str(made["note"]["id"])
    there = (await house.served(f"/{kind}/{where}/notes"))["notes"]
    assert made["note"]["id"] in [row["id"] for row in there]
    assert await api.list(resource, {**house.account, **of}).to_array() == there

    changed = {"note": {"body": "Changed."}}
    await api.update(resource, note, changed, dict(house.account))
    pinned = await house.send("POST", f"/proxy/{resource}/pin", body={"id": note})
    assert pinned.json()["result"]["note"]["pinned_at"], pinned.text
    there = (await house.served(f"/{kind}/{where}/notes"))["notes"]
    assert next(row["text"] for row in there if str(row["id"]) == note) == "Changed."

    await api.delete(resource, note, dict(house.account))
    there = (await house.served(f"/{kind}/{where}/notes"))["notes"]
    assert note not in [str(row["id"]) for row in there]


async def test_what_hangs_on_others_is_listed_by_its_parent(house: House) -> None:
    who, job = await somebody(house), await offer(house)
    for path, rows, resource, named in (
        (f"/candidates/{who}/attachments", "attachments", "attachments", {"candidate_id": who}),
        (f"/candidates/{who}/attachments", "attachments", "attachments", {"id": who}),
        (f"/candidates/{who}/tasks", "tasks", "candidate_tasks", {"candidate_id": who}),
        (f"/offers/{job}/attachments", "attachments", "offer_attachments", {"offer_id": job}),
        (f"/offers/{job}/placements", "stages", "placements", {"offer_id": job}),
    ):
        there = (await house.served(path))[rows]
        answer = await house.get(f"/proxy/{resource}", **named)
        assert (answer.status_code, answer.json().get("result")) == (200, there), answer.text


async def test_custom_methods_act_on_the_record_that_the_body_names(house: House) -> None:
    job = await offer(house, "published")
    closed = await house.send("POST", "/proxy/offers/close", body={"id": int(job)})
    assert closed.json()["result"]["offer"]["status"] == "closed"
    assert (await house.served(f"/offers/{job}"))["offer"]["status"] == "closed"
    await house.send("POST", "/proxy/offers/publish", id=job)
    assert (await house.served(f"/offers/{job}"))["offer"]["status"] == "published"

    found = await house.send("POST", "/proxy/candidates/search", body={"limit": 3})
    assert len(found.json()["result"]["hits"]) == 3


async def test_a_tag_is_made_renamed_and_removed(house: House, sdk: Sdk) -> None:
    api = sdk(ADMIN).proxy_api
    made = await api.create("tags", {"tag": {"name": "proxied"}}, dict(house.account))
    tag = str(made["tag"]["id"])
    await api.update("tags", tag, {"tag": {"name": "renamed"}}, dict(house.account))
    there = (await house.served("/tags"))["tags"]
    assert next(row["name"] for row in there if str(row["id"]) == tag) == "renamed"
    await api.delete("tags", tag, dict(house.account))
    assert tag not in [str(row["id"]) for row in (await house.served("/tags"))["tags"]]


async def test_what_recruitee_refuses_is_told_as_its_own_answer(house: House, sdk: Sdk) -> None:
    there = await house.recruitee.get("/candidates/900001")
    answer = (await house.get("/proxy/candidates/900001")).json()
    assert answer["statusCode"] == there.status_code == 404
    assert (answer["error"], answer["message"]) == ("Not Found", there.json()["error"][0])
    assert answer["truto_is_remote_error"] is True
    assert answer["raw_response"] == there.json()
    with pytest.raises(aiohttp.ClientResponseError, match="404"):
        await sdk(ADMIN).proxy_api.get("candidates", "900001", dict(house.account))

    wrong = await house.send("POST", "/proxy/tags", body={"tag": {"name": ""}})
    assert (wrong.status_code, wrong.json()["truto_is_remote_error"]) == (422, True)


@pytest.mark.parametrize(
    ("method", "path", "params", "status", "named"),
    [
        ("GET", "/proxy/nothing", {}, 404, "there is no resource nothing"),
        ("GET", "/proxy/Candidates", {}, 404, "there is no resource Candidates"),
        ("GET", "/proxy/notes", {}, 422, "id"),
        ("GET", "/proxy/offer_notes", {}, 422, "offer_id"),
        ("GET", "/proxy/attachments", {}, 422, "candidate_id"),
        ("POST", "/proxy/interview_results", {}, 422, "candidate_id"),
        ("POST", "/proxy/offers/close", {}, 422, "id"),
        ("GET", "/proxy/notes/5", {}, 405, "notes has no get"),
        ("DELETE", "/proxy/admins/5", {}, 405, "admins has no delete"),
        ("POST", "/proxy/admins", {}, 405, "admins has no create"),
        ("POST", "/proxy/offers/destroy", {}, 404, "offers has no method destroy"),
        ("GET", "/proxy/tags", {"company_id": "77"}, 422, "company_id"),
        ("GET", "/proxy/tags", {"remote_query[company_id]": "77"}, 422, "company_id"),
        ("GET", "/proxy/tags", {"limit": "none"}, 422, "limit"),
        ("GET", "/proxy/tags", {"limit": "0"}, 422, "limit"),
        ("GET", "/proxy/tags", {"next_cursor": "x"}, 422, "next_cursor"),
        ("GET", "/proxy/tags", {"a\n": "x"}, 400, "params"),
        ("GET", "/proxy/tags", {"a": "x" * 5000}, 422, "a"),
        ("GET", "/proxy/tags", {f"a{n}": "" for n in range(200)}, 422, "200"),
        ("GET", "/proxy/notes", {"id": "../admin"}, 422, "id"),
        ("GET", "/proxy/notes", {"id": "5/../../admin"}, 422, "id"),
        ("GET", "/proxy/offers/..%2fadmin", {}, 404, ""),
        ("GET", "/proxy/offers/a%20b", {}, 422, "id"),
        ("PATCH", "/proxy/offers", {}, 405, ""),
        ("GET", "/proxy", {}, 404, ""),
        ("GET", "/proxy/", {}, 404, ""),
    ],
)
async def test_what_does_not_fit_is_refused_in_our_own_name(
    house: House, method: str, path: str, params: Json, status: int, named: str
) -> None:
    answer = await house.send(method, path, **params)
    said = answer.json()
    assert (answer.status_code, said["statusCode"]) == (status, status)
    assert named in said["message"]
    assert "truto_is_remote_error" not in said


async def test_what_is_required_is_named_in_the_insight(house: House) -> None:
    said = (await house.get("/proxy/offer_notes")).json()
    insight = said["truto_error_insight"]["missing_required_query_parameters"]
    assert insight["value"] == ["offer_id"]


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b"[1]", 422), (b'"x"', 422)])
async def test_a_body_that_is_no_object_is_refused(house: House, body: bytes, status: int) -> None:
    headers = {"authorization": f"Bearer {ADMIN}"}
    answer = await house.http.post(
        f"{house.url}/proxy/tags", content=body, headers=headers, params=house.account
    )
    assert (answer.status_code, answer.json()["statusCode"]) == (status, status)


async def test_the_scope_is_that_of_passing_through(house: House) -> None:
    plain = await house.key("read", "act", "feed", "ops")
    alone = await house.key("passthrough")
    for path in ("/proxy/tags", "/custom/tags"):
        refused = await house.send("GET", path, key=plain)
        insight = refused.json()["truto_error_insight"]["forbidden_error"]
        assert (refused.status_code, insight["value"]) == (403, {"missing_scopes": ["passthrough"]})
        assert (await house.send("GET", path, key=alone)).status_code == 200
        assert (await house.send("GET", path, key=None)).status_code == 401


async def test_the_audit_says_what_was_called_and_nobodys_name(house: House) -> None:
    await house.get("/custom/candidates/ada%40example.com/notes", query="Ada")
    (entry,) = await house.store.audit.newest("+", 1)
    assert (entry.action, entry.targets["call"]) == (
        "GET /custom/{path:path}",
        "GET /candidates/{id}/notes",
    )
    assert entry.targets["answered"] == "404" and "ada" not in entry.model_dump_json().lower()
    await house.get("/proxy/ada@example.com/ada@example.com")
    (entry,) = await house.store.audit.newest("+", 1)
    assert entry.targets["resource"] == "{resource}" and "ada" not in entry.model_dump_json()


async def somebody(house: House) -> str:
    """Return the id of a candidate that is listed."""
    return str((await house.served("/candidates", limit=1))["candidates"][0]["id"])


async def offer(house: House, status: str = "published") -> str:
    """Return the id of a job of a status."""
    offers: list[Json] = (await house.served("/offers"))["offers"]
    return str(next(row["id"] for row in offers if row["status"] == status))
