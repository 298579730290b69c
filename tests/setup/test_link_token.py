"""Truto's link tokens: for a tenant who connects, or an account that is connected anew."""

from typing import Any

import httpx

from tests.setup.conftest import ADMIN, House, Reader


async def test_a_token_for_a_tenant_links_an_account_that_is_theirs(house: House) -> None:
    context = {"plan": "large"}
    answer = await _ask(house, {"tenant_id": "acme-1", "context": context})
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    reader = Reader(house.http, f"{house.url}/connect/{answer.json()['link_token']}")
    assert answer.json()["link"] == reader.link

    await reader.give()

    connection = await house.only()
    assert '"origin_id":"acme-1"' in connection.end_user and "large" in connection.end_user
    assert (await reader.send("finish")).status_code == 200


async def test_a_token_for_an_account_renews_it_and_keeps_its_context_if_asked_to(
    house: House,
) -> None:
    made = (await _ask(house, {"tenant_id": "t", "context": {"plan": "large"}})).json()
    await Reader(house.http, made["link"]).give()
    c = (await house.only()).id

    for keep, named in ((True, c), (False, f"recruitee:{c}")):
        body = {"integrated_account_id": named, "persist_previous_context": keep}
        answer = await _ask(house, body)
        await Reader(house.http, answer.json()["link"]).give()
        kept = await house.only()
        assert kept.id == c and '"origin_id":"t"' in kept.end_user
        assert ("large" in kept.end_user) is keep


async def test_refusals_are_in_trutos_envelope(house: House) -> None:
    for body, status in (
        ({}, 422),
        ({"tenant_id": "t", "integrated_account_id": "a"}, 422),
        ({"tenant_id": ""}, 422),
        ({"tenant_id": "t", "redirect_uri": "javascript:alert(1)"}, 422),
        ({"tenant_id": "t", "context": {"x": "y" * 5000}}, 422),
        ({"integrated_account_id": "nobody"}, 404),
    ):
        _is_refusal(await _ask(house, body), status)
    _is_refusal(await _ask(house, {"tenant_id": "t"}, await house.key("read")), 403)
    _is_refusal(await _ask(house, {"tenant_id": "t"}, "wrong"), 401)
    _is_refusal(await house.http.get(f"{house.url}/link-token"), 405)
    url, said = f"{house.url}/link-token", {"authorization": f"Bearer {ADMIN}"}
    _is_refusal(await house.http.post(url, content=b"{", headers=said), 400)


async def test_who_made_a_link_token_is_audited(house: House) -> None:
    await _ask(house, {"tenant_id": "t"})

    (link,) = (await house.ops("GET", "/links")).json()["items"]
    (entry,) = (await house.ops("GET", f"/audit?target={link['id']}")).json()["items"]
    assert (entry["action"], entry["status"]) == ("POST /link-token", 200)


async def _ask(house: House, body: Any, key: str = ADMIN) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}"}
    return await house.http.post(f"{house.url}/link-token", json=body, headers=headers)


def _is_refusal(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body.keys() == {"statusCode", "error", "message"} and body["statusCode"] == status
