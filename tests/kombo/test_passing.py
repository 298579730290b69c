"""What a request that is passed through looks like on the wire, and what may come back of it."""

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
import redis
from pydantic import AnyHttpUrl, SecretStr
from starlette.responses import Response
from yarl import URL

from service.core import crypto
from service.core.settings import LOOPBACK, Settings
from service.core.store.connections import ACTIVE, Connection
from service.core.store.store import Store
from service.kombo.outbound import Call, Said, Unsaid, exchange
from tests.kombo.mirror import BLOB, Mirror
from tests.ops.conftest import asking
from tests.serving import eventually, serving, until

TOKEN = "a-token-that-nobody-guesses"
ADMIN = "test-admin-token"


@dataclass
class Far:
    """One instance whose Recruitee is a mirror."""

    http: httpx.AsyncClient
    store: Store
    connection: Connection
    url: str  # of the mirror
    mirror: Mirror = field(default_factory=Mirror)

    async def send(self, **body: Any) -> httpx.Response:
        """Pass a request through."""
        asked = {"method": "GET", "path": "/things"} | body
        return await self.http.post("/v1/passthrough/recruitee/v1", json=asked)

    async def told(self, **body: Any) -> dict[str, Any]:
        """Pass a request through; return what the mirror was asked."""
        answer = await self.send(**body)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()["data"]["data"]
        return told


@pytest.fixture
async def far(
    redis_server: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Far]:
    """Parametrized by settings that differ."""
    url = f"{redis_server}?db=2"
    client = redis.Redis.from_url(url)
    client.flushdb()
    client.close()
    mirror = Mirror()
    async with serving(mirror.app()) as there:
        asked: dict[str, Any] = {
            "recruitee_rate": 100_000.0,
            "allowed_networks": LOOPBACK,
            "recruitee_url": AnyHttpUrl(there),
        }
        settings = Settings(
            redis_url=SecretStr(url),
            data_dir=tmp_path,
            admin_token=SecretStr(ADMIN),
            master_key=SecretStr(crypto.new_master_key()),
            log_level="error",
            **(asked | getattr(request, "param", {})),
        )
        store = Store.open(settings)
        made = await store.connections.create("5600", TOKEN, None, "Mirrored")
        await store.connections.note(made.id, status=ACTIVE, baseline_done=1)
        async with asking(settings, ADMIN) as http:
            http.headers["x-integration-id"] = made.integration_id
            yield Far(http, store, made, there, mirror)
        await store.close()


async def test_the_token_is_added_and_never_shown(far: Far) -> None:
    answer = await far.send()
    (asked,) = far.mirror.asked
    assert asked["headers"]["authorization"] == f"Bearer {TOKEN}"
    assert (asked["path"], asked["headers"]["accept"]) == ("/c/5600/things", "application/json")
    assert TOKEN not in answer.text and "[token]" in answer.text


async def test_headers_are_sent_but_for_those_that_are_set_here(far: Far) -> None:
    refused = {
        "Authorization": "Bearer other", "Host": "example.com", "Cookie": "a=b",
        "X-Forwarded-Host": "example.com", "X-Original-URL": "/c/999", "Content-Length": "1",
        "X-HTTP-Method-Override": "DELETE", "Transfer-Encoding": "chunked",
    }  # fmt: skip
    answer = (await far.send(headers=refused | {"Accept": "text/csv", "X-Own": "1"})).json()

    sent = answer["data"]["data"]["headers"]
    assert (sent["accept"], sent["x-own"]) == ("text/csv", "1")
    assert sent["host"].startswith("127.0.0.1:") and "cookie" not in sent
    assert not {"x-forwarded-host", "x-original-url", "x-http-method-override"} & sent.keys()
    warned = " ".join(each["message"] for each in answer["warnings"])
    assert all(name.lower() in warned for name in refused)


@pytest.mark.parametrize(
    ("data", "body", "kind"),
    [
        ({"a": [1, None, 2.5]}, '{"a":[1,null,2.5]}', "application/json"),
        ([1], "[1]", "application/json"),
        ("a=1&b=2", "a=1&b=2", "text/plain; charset=utf-8"),
        ("", "", "text/plain; charset=utf-8"),
        (0, "0", "application/json"),
        (False, "false", "application/json"),
    ],
)
async def test_data_is_sent_as_json_and_a_string_as_it_is(
    far: Far, data: Any, body: str, kind: str
) -> None:
    told = await far.told(method="POST", data=data)
    assert (told["method"], told["body"]) == ("POST", body)
    assert told["headers"]["content-type"] == kind

    form = {"content-type": "application/x-www-form-urlencoded"}
    told = await far.told(method="PUT", data=data, headers=form)
    assert told["headers"]["content-type"] == form["content-type"]


async def test_nothing_is_sent_where_there_is_no_data(far: Far) -> None:
    for method in ("GET", "DELETE", "POST"):
        told = await far.told(method=method, data=None)
        assert told["body"] == "" and "transfer-encoding" not in told["headers"]


async def test_a_large_body_is_sent_whole(far: Far) -> None:
    told = await far.told(method="POST", data="x" * 3_000_000)
    assert len(told["body"]) == 3_000_000


async def test_a_form_of_texts_alone_is_multipart_too(far: Far) -> None:
    part = {"name": "a[b]", "value": "é"}
    answer = (
        await far.send(
            method="POST", multipart_form_data=[part, part], headers={"Content-Type": "a/b"}
        )
    ).json()
    told = answer["data"]["data"]
    assert told["headers"]["content-type"].startswith("multipart/form-data; boundary=")
    assert told["body"].count('name="a[b]"') == 2
    assert "content-type" in answer["warnings"][0]["message"]


async def test_a_file_is_fetched_from_where_it_is(far: Far) -> None:
    large = BLOB * 400  # more than a delivery's answer may have
    far.mirror.answers["cv.pdf"] = lambda: Response(large, media_type="application/pdf")
    value = {"name": "cv.pdf", "data_url": f"{far.url}/cv.pdf"}
    told = await far.told(method="POST", multipart_form_data=[{"name": "file", "value": value}])
    assert large.decode("latin-1") in told["body"]
    assert "application/pdf" in told["body"] and 'filename="cv.pdf"' in told["body"]
    assert "authorization" not in far.mirror.asked[0]["headers"]


async def test_a_file_is_looked_for_where_a_redirect_leads(far: Far) -> None:
    far.mirror.answers["old"] = lambda: Response(status_code=302, headers={"location": "/new"})
    far.mirror.answers["new"] = lambda: Response(BLOB, media_type="image/png")
    value = {"name": "a.png", "data_url": f"{far.url}/old"}
    told = await far.told(method="POST", multipart_form_data=[{"name": "file", "value": value}])
    assert BLOB.decode("latin-1") in told["body"] and "image/png" in told["body"]


@pytest.mark.parametrize("status", [204, 404, 500])
async def test_a_file_that_is_not_there_is_named(far: Far, status: int) -> None:
    far.mirror.answers["cv.pdf"] = lambda: Response(status_code=status)
    value = {"name": "cv.pdf", "data_url": f"{far.url}/cv.pdf"}
    answer = await far.send(multipart_form_data=[{"name": "file", "value": value}])
    assert answer.status_code == 400
    assert f"answered {status}" in answer.json()["error"]["message"]
    assert len(far.mirror.asked) == 1


@pytest.mark.parametrize("far", [{"allowed_networks": ()}], indirect=True)
async def test_a_file_within_our_own_network_is_not_fetched(far: Far) -> None:
    for host in (far.url, far.url.replace("127.0.0.1", "localhost"), "http://[::ffff:127.0.0.1]"):
        value = {"name": "cv.pdf", "data_url": f"{host}/cv.pdf"}
        answer = await far.send(multipart_form_data=[{"name": "file", "value": value}])
        assert answer.status_code == 400
    assert far.mirror.asked == []


async def test_files_that_are_too_large_are_refused(far: Far) -> None:
    far.mirror.answers["big"] = lambda: Response(b"x" * (13 << 20))
    value = {"name": "big", "data_url": f"{far.url}/big"}
    answer = await far.send(multipart_form_data=[{"name": "file", "value": value}])
    assert answer.status_code == 400
    assert "larger than" in answer.json()["error"]["message"]


async def test_a_body_that_is_too_large_is_refused(far: Far) -> None:
    answer = await far.send(data="x" * (18 << 20))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "PLATFORM.INPUT_INVALID")
    assert far.mirror.asked == []


async def test_bytes_come_as_base64_when_asked_and_with_a_warning_when_not(far: Far) -> None:
    far.mirror.answers["blob"] = lambda: Response(BLOB, media_type="application/pdf")
    asked = (await far.send(path="/blob", response_as_base64=True)).json()
    assert base64.b64decode(asked["data"]["data"]) == BLOB and asked["warnings"] == []
    plain = (await far.send(path="/blob", response_as_base64=False)).json()
    assert isinstance(plain["data"]["data"], str)
    assert "response_as_base64" in plain["warnings"][0]["message"]


@pytest.mark.parametrize(
    ("body", "kind", "shown"),
    [
        (b'{"a":1}', "application/json; charset=utf-8", {"a": 1}),
        (b'{"a":1}', "application/vnd.api+json", {"a": 1}),
        (b"{broken", "application/json", "{broken"),
        (b"a,b", "text/csv", "a,b"),
        (b"", "application/json", None),
        (b"null", "application/json", None),
        (b"[" * 5000, "application/json", "[" * 5000),
    ],
)
async def test_an_answer_is_shown_as_what_it_says_that_it_is(
    far: Far, body: bytes, kind: str, shown: Any
) -> None:
    far.mirror.answers["said"] = lambda: Response(body, media_type=kind)
    answer = (await far.send(path="/said")).json()
    assert answer["data"]["data"] == shown and answer["warnings"] == []


async def test_headers_that_come_twice_are_a_list_and_those_of_the_wire_are_gone(far: Far) -> None:
    def twice() -> Response:
        said = Response("{}", headers={"x-one": "1", "link": "a", "connection": "close"})
        said.headers.append("link", "b")
        said.set_cookie("a", "b")
        return said

    far.mirror.answers["twice"] = twice
    headers = (await far.send(path="/twice")).json()["data"]["headers"]
    assert (headers["x-one"], headers["link"]) == ("1", ["a", "b"])
    assert not {"connection", "set-cookie", "transfer-encoding"} & headers.keys()


@pytest.mark.parametrize("status", [201, 302, 401, 422, 500])
async def test_any_status_is_reported(far: Far, status: int) -> None:
    far.mirror.answers["said"] = lambda: Response(
        "{}", status, headers={"location": f"{far.url}/elsewhere"}
    )
    answer = await far.send(path="/said")
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, status)
    assert len(far.mirror.asked) == 1


async def test_an_answer_that_is_too_large_is_not_read_to_its_end(far: Far) -> None:
    far.mirror.answers["big"] = lambda: Response(b"x" * (17 << 20))
    answer = await far.send(path="/big")
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "PLATFORM.UNKNOWN_ERROR")
    assert "16 MiB" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "far", [{"recruitee_url": AnyHttpUrl("http://127.0.0.1:9")}], indirect=True
)
async def test_a_recruitee_that_is_away_is_said_in_the_envelope(far: Far) -> None:
    answer = await far.send()
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "PLATFORM.UNKNOWN_ERROR")


async def test_an_answer_that_never_comes_is_given_up(far: Far) -> None:
    call = Call("GET", URL(f"{far.url}/held"), {}, None)
    async with aiohttp.ClientSession() as session:
        said = await exchange(session, call, within_s=0.2)
        assert isinstance(said, Unsaid) and said.late
        far.mirror.gate.set()
        assert isinstance(await exchange(session, call), Said)


@pytest.mark.parametrize("far", [{"recruitee_rate": 10.0}], indirect=True)
async def test_requests_wait_for_their_turn_and_those_too_far_back_take_none(far: Far) -> None:
    records, c = far.store.records, far.connection.id
    assert (await far.send()).status_code == 200
    for _ in range(60):
        await records.turn(c, 10.0, 1)
    ahead = await records.ahead(c)
    answer = await far.send()
    assert (answer.status_code, answer.json()["error"]["code"]) == (
        429,
        "PLATFORM.RATE_LIMIT_EXCEEDED",
    )
    assert 1 <= int(answer.headers["retry-after"]) <= 6
    assert await records.ahead(c) <= ahead
    assert len(far.mirror.asked) == 1


async def test_when_recruitee_has_too_many_all_requests_wait(far: Far) -> None:
    far.mirror.answers["busy"] = lambda: Response("{}", 429, headers={"retry-after": "30"})
    assert (await far.send(path="/busy")).json()["data"]["status"] == 429
    assert await far.store.records.ahead(far.connection.id) > 20
    assert (await far.send()).status_code == 429
    assert len(far.mirror.asked) == 1


async def test_calls_under_way_are_counted_and_bounded(far: Far) -> None:
    sent = [asyncio.create_task(far.send(path="/held")) for _ in range(4)]
    await until(lambda: far.mirror.in_flight == 4)
    more = [asyncio.create_task(far.send(path="/held")) for _ in range(26)]

    async def full() -> bool:
        return int(await far.store.pipe.call("ZCARD", f"calls:{far.connection.id}")) == 30

    await eventually(full)
    answer = await far.send()
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (429, "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED")
    assert (answer.headers["concurrency-limit"], answer.headers["concurrency-remaining"]) == (
        "30",
        "0",
    )
    far.mirror.gate.set()
    answers = await asyncio.gather(*sent, *more)
    assert [each.status_code for each in answers] == [200] * 30
    assert far.mirror.most_in_flight == 4
    assert {int(each.headers["concurrency-remaining"]) for each in answers} == set(range(30))
    assert (await far.send()).headers["concurrency-remaining"] == "29"


async def test_places_of_a_process_that_died_are_free_again(far: Far) -> None:
    calls = f"calls:{far.connection.id}"
    for n in range(30):
        await far.store.pipe.call("ZADD", calls, 1, f"old-{n}")
    assert (await far.send()).status_code == 200


async def test_an_integration_that_is_switched_off_passes_nothing(far: Far) -> None:
    named = far.connection.integration_id
    answer = await far.http.put(f"/v1/integrations/{named}/enabled", json={"value": False})
    assert answer.json() == {"status": "success", "data": {}}
    answer = await far.send()
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, None)
    assert far.mirror.asked == []
    await far.http.post(f"/v1/integrations/{named}/enabled", json={"value": True})
    assert (await far.send()).status_code == 200
