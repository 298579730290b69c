"""Custom paths: what reaches Recruitee, what is passed on of its answer, and what never leaves."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
import pytest
from starlette.responses import RedirectResponse, Response

from tests.kombo.mirror import BLOB
from tests.kombo.test_passthrough import LEADING_OUT
from tests.truto.conftest import ADMIN, House
from tests.truto.mirrored import TOKEN, Far
from tests.truto.mirrored import before_mirror as before_mirror
from tests.truto.mirrored import far as far

Sdk = Callable[[str], Any]


async def test_every_verb_of_the_client_reaches_the_sandbox(house: House, sdk: Sdk) -> None:
    api = sdk(ADMIN).custom_api
    there = await house.served("/candidates", limit=3, offset=2)
    listed = await api.get("candidates", **house.account, limit=3, offset=2)
    assert listed["candidates"] == there["candidates"]

    made = await api.post("tags", {"tag": {"name": "custom"}}, **house.account)
    tag = made["tag"]["id"]
    await api.patch(f"tags/{tag}", {"tag": {"name": "other"}}, **house.account)
    rows = (await house.served("/tags"))["tags"]
    assert next(row["name"] for row in rows if row["id"] == tag) == "other"
    await api.delete(f"tags/{tag}", **house.account)
    assert tag not in [row["id"] for row in (await house.served("/tags"))["tags"]]
    with pytest.raises(aiohttp.ClientResponseError, match="404"):
        await api.put(f"tags/{tag}", {}, **house.account)


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("candidates", "/c/5600/candidates"),
        ("candidates/", "/c/5600/candidates/"),
        ("c/5600/candidates", "/c/5600/candidates"),
        ("c/77/candidates", "/c/5600/c/77/candidates"),
        ("a%3Fb", "/c/5600/a%3Fb"),
        ("caf%C3%A9/a%20b", "/c/5600/caf%C3%A9/a%20b"),
        ("@example.com", "/c/5600/@example.com"),
        ("", "/c/5600/"),
    ],
)
async def test_a_path_is_asked_below_the_company(far: Far, path: str, asked: str) -> None:
    answer = await far.send("GET", f"/custom/{path}")
    assert answer.status_code == 200, answer.text
    assert far.told["path"] == asked


HARMLESS = {"//example.com/candidates", "/candidates?a=\n"}
"""What is below the company once it stands behind `/custom/`, or encoded in a query."""


@pytest.mark.parametrize("path", LEADING_OUT, ids=range(len(LEADING_OUT)))
async def test_a_path_that_leads_out_is_refused_unsent(far: Far, path: str) -> None:
    way, _, query = quote(path.removeprefix("/"), safe=SENT_AS_IS).partition("?")
    named = f"integrated_account_id={far.connection.id}&{query}"
    status, said = await by_hand(far, f"/custom/{way}?{named}")

    if path in HARMLESS:
        assert status == 200 and far.told["path"].startswith("/c/5600/")
    else:
        assert 400 <= status < 500 and said["statusCode"] == status
        assert not far.mirror.asked


SENT_AS_IS = "".join(chr(n) for n in range(33, 127) if chr(n) not in "#\\")


async def by_hand(far: Far, target: str) -> tuple[int, Any]:
    """Send a target as it stands, without what a client would tidy up; return status and body."""
    reader, writer = await asyncio.open_connection(far.http.base_url.host, far.http.base_url.port)
    head = f"GET {target} HTTP/1.1\r\nhost: here\r\nauthorization: Bearer {ADMIN}\r\n"
    writer.write(f"{head}connection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    start, _, body = answer.partition(b"\r\n\r\n")
    return int(start.split()[1]), orjson.loads(body)


async def test_what_is_truto_s_own_is_not_sent_on(far: Far) -> None:
    params = {"truto_ignore_limit": "true", "a[]": "1", "b": "x&y=z", "remote_query[c]": "2"}
    await far.send("GET", "/custom/things", params=params)
    assert far.told["query"] == "a%5B%5D=1&b=x%26y%3Dz&c=2"

    body = {"name": "a", "methodConfig": {"path": "/elsewhere", "method": "delete"}}
    await far.send("POST", "/custom/things", json=body)
    assert (far.told["path"], far.told["method"]) == ("/c/5600/things", "POST")
    assert orjson.loads(far.told["body"]) == {"name": "a"}


async def test_a_body_is_sent_as_it_came(far: Far) -> None:
    odd = b'{ "a" :\t1.50, "b": "\\u00e9" }'
    await far.send("PUT", "/custom/things", content=odd)
    assert (far.told["body"].encode("latin-1"), far.told["method"]) == (odd, "PUT")
    assert far.told["headers"]["content-type"] == "application/json"

    form = {"attachment[file]": ("a.bin", BLOB, "application/octet-stream")}
    await far.send("POST", "/custom/attachments", files=form)
    assert far.told["headers"]["content-type"].startswith("multipart/form-data; boundary=")
    assert BLOB in far.told["body"].encode("latin-1")


async def test_headers_of_the_caller_stay_here(far: Far) -> None:
    headers = {"x-original-url": "/c/77/admin", "cookie": "a=b", "x-other": "1"}
    answer = await far.send("GET", "/custom/things", headers=headers)
    sent = far.told["headers"]
    assert sent["authorization"] == f"Bearer {TOKEN}"
    assert not set(headers) & set(sent) and ADMIN not in str(sent)
    assert TOKEN not in answer.text and "[token]" in answer.text


async def test_an_answer_is_passed_on_as_it_is(far: Far) -> None:
    far.mirror.answers = {
        "blob": lambda: Response(BLOB, 200, media_type="application/pdf"),
        "page": lambda: Response("<p>", 200, media_type="text/html"),
        "none": lambda: Response(status_code=204),
        "made": lambda: Response(b'{"a":1.50}', 201, media_type="application/json"),
    }
    blob = await far.send("GET", "/custom/blob")
    assert (blob.content, blob.headers["content-type"]) == (BLOB, "application/pdf")
    page = await far.send("GET", "/custom/page")
    assert page.headers["content-security-policy"] == "sandbox"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert (await far.send("DELETE", "/custom/none")).status_code == 204
    made = await far.send("POST", "/custom/made", json={})
    assert (made.status_code, made.content) == (201, b'{"a":1.50}')
    assert (await far.send("DELETE", "/proxy/tags/none")).json() == {"id": "none"}


async def test_a_redirection_is_not_followed(far: Far) -> None:
    far.mirror.answers["away"] = lambda: RedirectResponse("https://example.com/", 302)
    answer = await far.send("GET", "/custom/away")
    assert (answer.status_code, answer.json()["truto_is_remote_error"]) == (502, True)
    assert "302" in answer.json()["message"] and len(far.mirror.asked) == 1


async def test_a_body_over_the_limit_is_refused(far: Far) -> None:
    answer = await far.send("POST", "/custom/things", content=b" " * (17 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["error"]) == (413, "Payload Too Large")
    assert not far.mirror.asked


async def test_an_answer_over_the_limit_is_refused(far: Far) -> None:
    far.mirror.answers["huge"] = lambda: Response(b" " * (16 * 1024 * 1024 + 1))
    answer = await far.send("POST", "/custom/huge", json={})
    assert (answer.status_code, answer.json()["statusCode"]) == (502, 502)


async def test_another_account_is_not_there(far: Far) -> None:
    for params, status in (({"integrated_account_id": "x" * 24}, 404), ({}, 422)):
        answer = await far.http.get("/custom/things", params=params)
        assert (answer.status_code, answer.json()["statusCode"]) == (status, status)
    assert not far.mirror.asked
