"""Requests passed through to the sandbox by Kombo's own SDK, and compared with what it holds."""

import base64
from typing import Any

import pytest
from kombo import errors

from tests.kombo.conftest import House
from tests.serving import eventually


async def passed(house: House, method: str, path: str, api: str = "default", **more: Any) -> Any:
    """Pass a request through; return the whole answer as the SDK's models."""
    general = house.sdk().general
    return await general.send_passthrough_request_async(
        tool="recruitee", api=api, method=method, path=path, **more
    )


async def by_hand(house: House, body: Any, key: str = "test-admin-token", **more: Any) -> Any:
    """Send a body as it is; return the answer."""
    return await house.send("POST", "/passthrough/recruitee/default", key=key, json=body, **more)


async def somebody(house: House) -> int:
    """Return the id of a candidate that is listed."""
    listed = (await house.recruitee.get("/candidates", params={"limit": 1})).json()
    who: int = listed["candidates"][0]["id"]
    return who


@pytest.mark.parametrize("api", ["default", "v1"])
async def test_a_read_is_answered_as_recruitee_answers_it(house: House, api: str) -> None:
    there = (await house.recruitee.get("/tags")).json()

    answer = await passed(house, "GET", "/tags", api)
    assert (answer.data.status, answer.warnings) == (200, [])
    assert answer.data.data == there
    assert answer.data.headers["content-type"].startswith("application/json")
    assert answer.data.url.endswith("/c/5600/tags")


async def test_parameters_of_the_path_and_beside_it_are_both_asked(house: House) -> None:
    there = await house.recruitee.get("/candidates", params={"limit": 3, "offset": 2})

    answer = await passed(house, "GET", "candidates?limit=3", params={"offset": "2"})
    assert [row["id"] for row in answer.data.data["candidates"]] == [
        row["id"] for row in there.json()["candidates"]
    ]
    odd = await passed(house, "GET", "/tags?a[]=1&b=%C3%A9 ö", params={"c&d": "e=f #g"})
    assert odd.data.url.endswith("/tags?a[]=1&b=%C3%A9%20%C3%B6&c%26d=e%3Df+%23g")


async def test_what_is_written_is_there_and_seen_soon_without_a_webhook(house: House) -> None:
    who = await somebody(house)
    await house.knobs.patch("/sandbox/knobs", json={"webhook_loss": 1.0})
    try:
        answer = await passed(
            house, "POST", f"/candidates/{who}/notes", data={"note": {"body": "Passed by."}}
        )
        assert answer.data.status == 201
        made = str(answer.data.data["note"]["id"])

        async def seen() -> bool:
            return bool(await house.rows("notes", remote_ids=made))

        await eventually(seen)
        gone = await passed(house, "DELETE", f"/notes/{made}")
        assert gone.data.status == 200

        async def unseen() -> bool:
            return not await house.rows("notes", remote_ids=made)

        await eventually(unseen)
    finally:
        await house.knobs.patch("/sandbox/knobs", json={"webhook_loss": 0.0})


async def test_every_method_reaches_recruitee(house: House) -> None:
    made = await passed(house, "POST", "/tags", data={"tag": {"name": "passed"}})
    tag = made.data.data["tag"]["id"] if "tag" in made.data.data else made.data.data["id"]
    renamed = await passed(house, "PATCH", f"/tags/{tag}", data={"tag": {"name": "renamed"}})
    gone = await passed(house, "DELETE", f"/tags/{tag}")
    assert [made.data.status, renamed.data.status, gone.data.status] == [201, 200, 200]
    assert (await passed(house, "PUT", f"/tags/{tag}")).data.status == 404


async def test_what_recruitee_refuses_is_reported_with_its_status(house: House) -> None:
    answer = await passed(house, "GET", "/candidates/900001")
    there = await house.recruitee.get("/candidates/900001")

    assert (answer.data.status, answer.data.data) == (404, there.json())


async def test_a_form_with_a_file_arrives_whole(house: House) -> None:
    who = await somebody(house)
    content = bytes(range(256)) * 1024
    answer = await passed(
        house,
        "POST",
        "/attachments",
        multipart_form_data=[
            {"name": "attachment[candidate_id]", "value": str(who)},
            {
                "name": "attachment[file]",
                "value": {
                    "name": "photo of añ.png",
                    "content_type": "image/png",
                    "data": base64.b64encode(content).decode(),
                },
            },
        ],
    )
    assert answer.data.status == 201, answer.data.data
    made = answer.data.data["attachment"]["id"]
    assert house.sandbox.company.files.content("attachments", made) == content
    assert (await passed(house, "DELETE", f"/attachments/{made}")).data.status == 200


async def test_the_scope_is_its_own(house: House) -> None:
    body = {"method": "GET", "path": "/tags"}
    without = await by_hand(house, body, await house.key("read", "act", "feed", "ops"))
    alone = await by_hand(house, body, await house.key("passthrough"))
    assert (without.status_code, without.json()["error"]["code"]) == (
        403,
        "PLATFORM.AUTHENTICATION_INVALID",
    )
    assert alone.status_code == 200
    assert alone.headers["ratelimit-limit"] == "1000"
    assert alone.headers["concurrency-limit"] == "30"
    assert alone.headers["concurrency-remaining"] == "29"


async def test_the_audit_says_what_was_called_and_nobodys_name(house: House) -> None:
    await by_hand(
        house,
        {
            "method": "GET",
            "path": "/candidates/ada%40example.com/notes?query=Ada",
            "params": {"email": "ada@example.com"},
        },
    )
    (entry,) = await house.store.audit.newest("+", 1)
    assert (entry.action, entry.status) == ("POST /v1/passthrough/{tool}/{api}", 200)
    assert entry.targets["call"] == "GET /candidates/{id}/notes"
    assert entry.targets["answered"] == "404"
    assert "ada" not in entry.model_dump_json().lower()


LEADING_OUT = [
    "../c/elsewhere/candidates",
    "/candidates/../../elsewhere/candidates",
    "/candidates/..",
    "/./candidates",
    "/%2e%2e/elsewhere/candidates",
    "/%2E./elsewhere/candidates",
    "/..%2felsewhere%2fcandidates",
    "/candidates%2f..%2f..%2felsewhere",
    "/%252e%252e/elsewhere/candidates",
    "/%25252525252e%25252525252e/elsewhere",
    "/..%5celsewhere",
    "/..\\elsewhere\\candidates",
    "/..;/elsewhere/candidates",
    "/..;a=b/elsewhere/candidates",
    "/%2e%2e%3b/elsewhere/candidates",
    "/\uff0e\uff0e/elsewhere/candidates",
    "/\u2025/elsewhere/candidates",
    "/%e2%80%a5/elsewhere/candidates",
    "/ ../elsewhere",
    "/..%20/elsewhere",
    "/..%00/elsewhere",
    "/candidates\x00/..",
    "/candidates\r\nHost: example.com",
    "/candidates#/../..",
    "//example.com/candidates",
    "///example.com/candidates",
    "/candidates//1",
    "https://example.com/candidates",
    "https:/example.com/candidates/..",
    "https://api.recruitee.com/c/elsewhere/candidates",
    "http:\\\\example.com",
    "/candidates?a=\n",
    "/" + "x" * 9000,
]


@pytest.mark.parametrize("path", LEADING_OUT, ids=range(len(LEADING_OUT)))
async def test_a_path_that_leads_out_of_the_company_is_refused_unsent(
    house: House, path: str
) -> None:
    before = {id(line) for line in house.sandbox.ledger.last}
    answer = await by_hand(house, {"method": "GET", "path": path})

    # Only what was asked since: the company is shared, and its worker asks on.
    asked = [line["path"] for line in house.sandbox.ledger.last if id(line) not in before]
    strange = [each for each in asked if not each.startswith("/c/5600/") or "elsewhere" in each]
    assert strange == []
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "PLATFORM.INPUT_INVALID")
    assert "path" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("", "/c/5600/"),
        ("/", "/c/5600/"),
        ("candidates", "/c/5600/candidates"),
        ("/candidates/", "/c/5600/candidates/"),
        ("c/77/candidates", "/c/5600/c/77/candidates"),
        ("@example.com", "/c/5600/@example.com"),
        (":80@example.com", "/c/5600/:80@example.com"),
        ("/.../x..y/..z", "/c/5600/.../x..y/..z"),
        ("/a b/é%20", "/c/5600/a%20b/%C3%A9%20"),
        ("/a%3Fb", "/c/5600/a%3Fb"),
        ("?a=../..&b=//x", "/c/5600/?a=../..&b=//x"),
    ],
)
async def test_an_odd_path_stays_below_the_company(house: House, path: str, told: str) -> None:
    answer = await by_hand(house, {"method": "GET", "path": path})
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["url"].partition("/c/5600/")[1:] == (
        "/c/5600/",
        told.removeprefix("/c/5600/"),
    )


FINE = {"method": "GET", "path": "/tags"}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "method"),
        ({"method": "GET"}, "path"),
        (FINE | {"method": "get"}, "method"),
        (FINE | {"method": "CONNECT"}, "method"),
        (FINE | {"path": 5}, "path"),
        (FINE | {"params": {"limit": 3}}, "params"),
        (FINE | {"params": ["limit"]}, "params"),
        (FINE | {"params": {"a": "\x00"}}, "params"),
        (FINE | {"params": {str(n): "" for n in range(201)}}, "params"),
        (FINE | {"headers": {"x-a": 3}}, "headers"),
        (FINE | {"headers": {"x-a": "b\r\nx-c: d"}}, "headers.x-a"),
        (FINE | {"headers": {"x a": "b"}}, "headers.x a"),
        (FINE | {"headers": {f"x-{n}": "" for n in range(51)}}, "headers"),
        (FINE | {"response_as_base64": "perhaps"}, "response_as_base64"),
        (FINE | {"api_options": {"a": 1}}, "api_options"),
        (FINE | {"multipart_form_data": [{"name": "a"}]}, "multipart_form_data"),
        (FINE | {"multipart_form_data": [{"name": "a\n", "value": "b"}]}, "multipart_form_data"),
        (FINE | {"multipart_form_data": [{"name": "a", "value": {"name": "b"}}]}, "value"),
        (
            FINE | {"multipart_form_data": [{"name": "a", "value": {"name": "b", "data": "AA=="}}]},
            "content_type",
        ),
        (
            FINE | {"data": {}, "multipart_form_data": [{"name": "a", "value": "b"}]},
            "data",
        ),
        (
            FINE
            | {
                "multipart_form_data": [
                    {"name": "a", "value": {"name": "b", "data": "%", "content_type": "a/b"}}
                ]
            },
            "base64",
        ),
        (
            FINE
            | {
                "multipart_form_data": [
                    {"name": "a", "value": {"name": "b", "data_url": "file:///etc/passwd"}}
                ]
            },
            "data_url",
        ),
        (
            FINE
            | {
                "multipart_form_data": [
                    {"name": "a", "value": {"name": "b", "data_url": "http://169.254.169.254/"}}
                ]
            },
            "data_url",
        ),
    ],
)
async def test_a_body_that_does_not_fit_is_refused_by_name(
    house: House, body: Any, named: str
) -> None:
    answer = await by_hand(house, body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "PLATFORM.INPUT_INVALID")
    assert named in error["message"]


async def test_another_tool_api_or_integration_is_not_there(house: House) -> None:
    for path in ("/passthrough/greenhouse/v1", "/passthrough/recruitee/v2"):
        answer = await house.send("POST", path, json=FINE)
        assert (answer.status_code, answer.json()["error"]["code"]) == (
            404,
            "PLATFORM.INPUT_INVALID",
        )
    other = await house.store.connections.create("1", "a-token", None, "Other")
    try:
        key = await house.key("passthrough", connection_ids=[house.connection.id])
        with pytest.raises(errors.KomboGeneralError) as caught:
            await house.sdk(key, other.integration_id).general.send_passthrough_request_async(
                tool="recruitee", api="v1", method="GET", path="/tags"
            )
        assert caught.value.data.error.code == "PLATFORM.INTEGRATION_NOT_FOUND"
    finally:
        await house.store.connections.remove(other)
