"""Links themselves: kept hashed, limited in time and tries, withdrawn, and shut against other sites."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import SecretStr

from service.app import create_app
from service.core.settings import Settings
from service.core.store.links import KEPT_AFTER_MS, MOST_TRIES, Link, Links
from service.core.store.store import Store
from service.core.times import now_ms
from service.setup import sent
from tests.serving import serving
from tests.setup.conftest import COMPANY, TOKEN, House, Reader, text_of

NEVER = "this-token-was-never-given-out-1"


async def test_a_token_is_kept_as_a_digest_and_forgotten_a_week_after_its_end(store: Store) -> None:
    link, token = await store.links.create(_link(expires_in_ms=60_000))

    kept = await store.pipe.call("HGETALL", f"link:{link.id}")
    assert token not in str(kept) and token not in link.id
    left = await store.pipe.call("PTTL", f"link:{link.id}")
    assert KEPT_AFTER_MS < left <= KEPT_AFTER_MS + 60_000
    assert await store.links.by_token(token) == link
    assert await store.links.by_token(token[:-1] + "2" + "x") is None


async def test_an_expired_link_says_so(house: House) -> None:
    reader = await _made(house, _link(expires_in_ms=-1))
    for answer in (await reader.look(), await reader.give(), await reader.send("finish")):
        assert answer.status_code == 410 and "expired" in text_of(answer)
    assert await house.store.connections.ids() == []


async def test_an_unknown_link_says_so_whatever_it_looks_like(house: House) -> None:
    assert len(NEVER) == 32
    for token in (NEVER, "short", "x" * 400, "%00", "a/b"):
        for method, path in (("GET", ""), ("POST", "/credentials"), ("GET", "/cancel")):
            answer = await house.http.request(method, f"{house.url}/connect/{token}{path}")
            assert answer.status_code == 404, (token, method, path)
            assert answer.headers["content-type"].startswith("text/html")
            assert "not known here" in text_of(answer)


async def test_a_withdrawn_link_opens_nothing(house: House) -> None:
    reader = await house.reader(organization_name="Acme")
    (link,) = (await house.ops("GET", "/links")).json()["items"]

    assert (await house.ops("DELETE", f"/links/{link['id']}")).status_code == 204

    assert (await reader.look()).status_code == 404
    assert (await reader.give()).status_code == 404
    assert (await house.ops("GET", f"/links/{link['id']}")).status_code == 404


async def test_a_link_whose_connection_is_gone_has_ended(house: House) -> None:
    reader = await house.reader()
    await reader.give()
    await house.ops("DELETE", f"/connections/{(await house.only()).id}")

    assert (await reader.look()).status_code == 410
    assert (await reader.send("finish")).status_code == 410


async def test_tries_are_limited(house: House) -> None:
    reader = await house.reader()
    answers = [await reader.give("wrong") for _ in range(MOST_TRIES)]
    assert {answer.status_code for answer in answers} == {422}

    spent = await reader.give()

    assert spent.status_code == 429 and "tried too often" in text_of(spent)
    assert await house.store.connections.ids() == []


async def test_a_try_is_counted_once_when_its_reply_is_lost_and_held_against_others(
    store: Store,
) -> None:
    link, token = await store.links.create(_link())
    links: Links = store.links

    assert [await links.begin(link, "one") for _ in range(3)] == ["ok"] * 3
    assert await links.begin(link, "two") == "busy"
    await links.end(link, "two")
    assert await links.begin(link, "two") == "busy"
    await links.end(link, "one", step="given")
    assert await links.begin(link, "two") == "ok"
    found = await links.by_token(token)
    assert found and (found.tries, found.step) == (2, "given")


async def test_a_link_is_used_up_once(store: Store) -> None:
    link, _ = await store.links.create(_link(connection_id="c1"))
    results = await asyncio.gather(*(store.links.finish(link) for _ in range(5)))
    (token,) = [result for result in results if result]

    assert await store.links.connection_of(token) == "c1"
    assert await store.links.connection_of("another") is None
    bare, _ = await store.links.create(_link())
    assert await store.links.finish(bare) is None


async def test_a_form_of_another_site_is_refused(house: House) -> None:
    reader = await house.reader()
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
    ):
        answer = await reader.send(
            "credentials", headers=headers, company_id=COMPANY, api_token=TOKEN
        )
        assert answer.status_code == 403, headers
    assert await house.store.connections.ids() == []


async def test_a_form_from_our_own_address_is_taken(house: House) -> None:
    reader = await house.reader()
    said = {"origin": house.url, "sec-fetch-site": "same-origin"}
    answer = await reader.send("credentials", headers=said, company_id=COMPANY, api_token=TOKEN)
    assert answer.url.params["step"] == "checks"


async def test_a_form_that_does_not_arrive_in_time_is_given_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sent, "READ_WITHIN_S", 0.05)
    url = urlsplit((await house.reader()).link)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    head = f"POST {url.path}/credentials HTTP/1.1\r\nhost: {url.netloc}\r\n"
    media = "content-type: application/x-www-form-urlencoded\r\ncontent-length: 99\r\n\r\n"
    writer.write(f"{head}{media}company_id=".encode())
    status = await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    await writer.wait_closed()
    assert status.startswith(b"HTTP/1.1 408")


async def test_what_is_no_form_of_ours_is_refused_with_a_page(house: House) -> None:
    reader = await house.reader()
    form = "application/x-www-form-urlencoded"
    for body, media, status in (
        (b"{}", "application/json", 415),
        (b"x=" + b"y" * 20_000, form, 413),
        (b"&".join(b"a%d=1" % n for n in range(50)), form, 400),
        (b"\xff\xfe", form, 400),
    ):
        url = f"{reader.link}/credentials"
        answer = await house.http.post(url, content=body, headers={"content-type": media})
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("text/html")


async def test_every_answer_is_kept_by_nobody_and_allows_nothing_from_elsewhere(
    house: House,
) -> None:
    reader = await house.reader()
    answers = [
        await reader.look(),
        await reader.give("wrong"),
        await house.http.get(f"{house.url}/connect/{NEVER}"),
        await house.http.get(f"{reader.link}/progress"),
        await house.http.get(f"{reader.link}/credentials"),
        await house.http.post(f"{reader.link}/credentials", follow_redirects=False),
    ]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy and "http" not in policy
    assert "frame-ancestors 'none'" in answers[0].headers["content-security-policy"]
    assert answers[0].headers["x-frame-options"] == "DENY"
    for page in reader.pages:
        assert not any(mark in page for mark in ("https://", "src=", "@import", "url("))


async def test_what_a_link_says_of_people_is_escaped(house: House) -> None:
    name = "<script>alert('x')</script> & \"Sons\""
    reader = await house.reader(organization_name=name)
    page = await reader.look()
    echoed = await reader.give("wrong", '"><img src=x onerror=alert(1)>')

    assert name in text_of(page)
    assert "<script>alert" not in page.text and "<img" not in echoed.text
    assert page.text.count("<script>") == 1


async def test_an_embedded_link_may_be_framed(house: House) -> None:
    page = await (await house.reader(embedded=True)).look()
    assert "frame-ancestors *" in page.headers["content-security-policy"]
    assert "x-frame-options" not in page.headers


async def test_a_new_token_lets_an_unauthorized_connection_go_on(house: House) -> None:
    await (await house.reader()).give()
    connection = await house.only()
    await house.ready(connection.id)
    await house.store.connections.note(connection.id, status="unauthorized", stops=1)

    reader = await house.reader(connection_id=connection.id)
    assert f'value="{COMPANY}" readonly' in (await reader.look()).text
    assert (await reader.give("wrong")).status_code == 422
    assert (await house.only()).status == "unauthorized"
    await reader.give()

    assert (await house.only()).status == "active"
    await house.told(connection.id, "connection.restored")


async def test_a_link_to_the_webhook_asks_for_no_token(house: House) -> None:
    await (await house.reader()).give()
    connection = await house.only()
    reader = await house.reader(connection_id=connection.id, only_webhook=True)

    page = await reader.look("access")
    assert 'name="api_token"' not in page.text and 'name="webhook_secret"' in page.text
    await reader.give("another-token")
    assert (await house.only()).api_token == connection.api_token
    assert (await reader.send("finish")).status_code == 200


async def test_a_finished_link_leads_back_with_the_result(house: House) -> None:
    reader = await house.reader(redirect_uri="http://127.0.0.1:9/back?from=us")
    page = await reader.give()
    assert "form-action 'self' http://127.0.0.1:9;" in page.headers["content-security-policy"]
    finish = house.http.build_request("POST", f"{reader.link}/finish")

    left = await house.http.send(finish, follow_redirects=False)

    where = httpx.URL(left.headers["location"])
    assert (left.status_code, where.host, where.path) == (303, "127.0.0.1", "/back")
    c = (await house.only()).id
    told = dict(where.params)
    token = told.pop("token")
    assert told == {
        "from": "us", "result": "success", "integration": "recruitee", "integrated_account_id": c,
    }  # fmt: skip
    assert await house.store.links.connection_of(token) == c


async def test_who_cancels_is_led_back_and_the_link_stays_good(house: House) -> None:
    reader = await house.reader(redirect_uri="com.example.app:/back")
    assert f"{reader.link.removeprefix(house.url)}/cancel" in (await reader.look()).text

    left = await house.http.get(f"{reader.link}/cancel", follow_redirects=False)

    assert left.headers["location"].startswith("com.example.app:/back?result=error&")
    assert (await reader.look()).status_code == 200


REFUSED: list[dict[str, Any]] = [
    {"redirect_uri": "javascript:alert(1)"},
    {"redirect_uri": "data:text/html,x"},
    {"redirect_uri": "https://a.example;script-src *"},
    {"redirect_uri": "https://user@a.example/"},
    {"redirect_uri": "https:///nowhere"},
    {"redirect_uri": "//a.example"},
    {"redirect_uri": "https://a.example/#part"},
    {"redirect_uri": "https://a.example/ \r\nx: y"},
    {"expires_in_s": 59},
    {"expires_in_s": 366 * 86_400},
    {"only_webhook": True},
    {"language": "tlh"},
    {"scopes": ["ops"]},
]


async def test_a_link_that_cannot_be_is_not_made(house: House) -> None:
    for body in REFUSED:
        answer = await house.ops("POST", "/links", body)
        assert answer.status_code == 422, (body, answer.text)
    assert (await house.ops("GET", "/links")).json()["items"] == []


async def test_a_link_of_an_unknown_connection_is_not_made(house: House) -> None:
    assert (await house.ops("POST", "/links", {"connection_id": "nobody"})).status_code == 404


async def test_links_are_listed_without_their_address_and_all_is_audited(house: House) -> None:
    reader = await house.reader(organization_name="Acme", email="ada@acme.example")
    await reader.give()
    await reader.send("secret", webhook_secret="x")
    await reader.send("finish")

    (link,) = (await house.ops("GET", "/links")).json()["items"]
    token = reader.link.rpartition("/")[2]
    assert token not in str(link) and "ada@" not in str(link)
    entries = (await house.ops("GET", f"/audit?target={link['id']}")).json()["items"]
    assert [each["action"].rpartition("/")[2] for each in entries] == [
        "finish", "secret", "credentials", "links",
    ]  # fmt: skip
    assert entries[0]["actor"] == {"kind": "link", "id": link["id"], "name": None}
    assert entries[0]["targets"]["connection_id"] == (await house.only()).id
    assert token not in str(entries) and "ada@" not in str(entries)


async def test_without_redis_the_answer_is_a_page_that_says_try_again(settings: Settings) -> None:
    away = settings.model_copy(update={"redis_url": SecretStr("unix:///nowhere/at/all")})
    async with serving(create_app(away)) as url, httpx.AsyncClient() as http:
        answer = await http.get(f"{url}/connect/{NEVER}")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert "Try again in a minute" in text_of(answer)


def _link(*, expires_in_ms: int = 60_000, **more: Any) -> Link:
    now = now_ms()
    return Link(kind="connect", created=now, expires=now + expires_in_ms, **more)


async def _made(house: House, link: Link) -> Reader:
    _, token = await house.store.links.create(link)
    return Reader(house.http, f"{house.url}/connect/{token}")
