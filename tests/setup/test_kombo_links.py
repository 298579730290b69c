"""Links through Kombo's own SDK: made, followed, and asked what came of them."""

from typing import Any

import httpx
import pytest
from kombo import errors

from tests.setup.conftest import House, Reader, hook_of, text_of

WHO: dict[str, Any] = {
    "end_user_email": "ada@acme.example",
    "end_user_organization_name": "Acme",
    "end_user_origin_id": "acme-1",
}


async def test_a_link_made_by_the_sdk_leads_to_an_integration_that_receives_webhooks(
    house: House,
) -> None:
    sdk = house.sdk(await house.key("read", "act"))
    made = (await sdk.connect.create_connection_link_async(**WHO, link_type="MAGIC_LINK")).data
    assert made.static_ips is None
    reader = Reader(house.http, made.link)

    await reader.give()
    connection = await house.only()
    await house.register(hook_of(await reader.look("webhook")))
    await reader.send("secret", webhook_secret="hook-secret-that-is-pasted")
    assert (await reader.send("finish")).status_code == 200
    await house.ready(connection.id)
    await house.change()
    await house.told(connection.id, "candidate.created")

    shown = await sdk.general.get_integration_details_async(
        integration_id=connection.integration_id
    )
    user = shown.data.end_user
    assert (user.organization_name, user.creator_email, user.origin_id) == (
        "Acme", "ada@acme.example", "acme-1",
    )  # fmt: skip


async def test_the_token_of_an_embedded_link_says_what_came_of_it(house: House) -> None:
    sdk = house.sdk()
    link = (
        await sdk.connect.create_connection_link_async(**WHO, integration_tool="recruitee")
    ).data
    reader = Reader(house.http, link.link)
    assert "frame-ancestors *" in (await reader.look()).headers["content-security-policy"]
    await reader.give()
    token = _activation(await reader.send("finish"))

    found = (await sdk.connect.get_integration_by_token_async(token=token)).data

    connection = await house.only()
    assert (found.tool, found.id) == ("recruitee", connection.integration_id)
    assert found.end_user_email == WHO["end_user_email"]
    assert found.end_user_organization_name == WHO["end_user_organization_name"]
    assert found.end_user_origin_id == WHO["end_user_origin_id"]
    old = await _post(house, "/connect/activate-integration", {"token": token})
    assert old.json()["data"]["id"] == connection.integration_id
    left = await house.store.pipe.call("KEYS", "linked:*")
    assert [0 < await house.store.pipe.call("PTTL", key) <= 3_600_000 for key in left] == [True]


async def test_a_token_that_nothing_came_of_is_not_found(house: House) -> None:
    with pytest.raises(errors.KomboGeneralError) as caught:
        await house.sdk().connect.get_integration_by_token_async(token="nobody")
    assert caught.value.data.error.code == "PLATFORM.INTEGRATION_NOT_FOUND"


async def test_a_key_for_another_integration_does_not_see_what_came_of_a_link(house: House) -> None:
    other = await house.store.connections.create("1", "t", None, "Other")
    reader = Reader(
        house.http, (await house.sdk().connect.create_connection_link_async(**WHO)).data.link
    )
    await reader.give()
    token = _activation(await reader.send("finish"))

    held = await house.key("read", "act", connection_ids=[other.id])
    for call in (
        house.sdk(held).connect.get_integration_by_token_async(token=token),
        house.sdk(held).connect.create_connection_link_async(**WHO),
    ):
        with pytest.raises(errors.KomboGeneralError):
            await call


async def test_a_reconnection_link_renews_the_token_of_its_integration(house: House) -> None:
    connection = await house.store.connections.create("5600", "an-old-token", None, "Acme")
    relinked = await house.sdk().general.create_reconnection_link_async(
        integration_id=connection.integration_id, language="de", link_type="EMBEDDED"
    )
    reader = Reader(house.http, relinked.data.link)
    assert 'lang="de"' in (await reader.look()).text
    await reader.give()

    renewed = await house.only()
    assert (renewed.id, renewed.api_token.get_secret_value()) == (connection.id, "sandbox-token")


async def test_a_setup_link_is_for_what_is_left_to_set_up(house: House) -> None:
    connection = await house.store.connections.create("5600", "sandbox-token", None, "Acme")
    named, general = connection.integration_id, house.sdk().general
    made = await general.create_setup_link_async(integration_id=named, link_type="MAGIC_LINK")
    page = await Reader(house.http, made.data.link).look()
    assert "Set up the webhook" in text_of(page) and 'name="api_token"' not in page.text

    await house.store.connections.update(connection.id, secrets=["s"])
    await house.store.connections.note(connection.id, signed_seen=1)
    with pytest.raises(errors.KomboGeneralError) as caught:
        await general.create_setup_link_async(integration_id=named, link_type="MAGIC_LINK")
    assert caught.value.data.error.code == "PLATFORM.INPUT_INVALID"


async def test_what_does_not_fit_is_invalid_input(house: House) -> None:
    for changed in (
        {"end_user_email": "nobody"},
        {"end_user_email": None},
        {"end_user_organization_name": "  "},
        {"integration_tool": "greenhouse"},
        {"integration_category": "LMS"},
        {"integration_category": "CRM"},
        {"remote_environment": "sandbox"},
        {"scope_config_id": "another"},
        {"language": "tlh"},
        {"link_type": "FOREVER"},
    ):
        answer = await _post(house, "/connect/create-link", {**WHO, **changed})
        assert answer.status_code == 400, changed
        assert answer.json()["error"]["code"] == "PLATFORM.INPUT_INVALID"
    assert (await house.ops("GET", "/links")).json()["items"] == []


async def test_a_key_that_may_only_read_makes_no_link_and_who_made_one_is_audited(
    house: House,
) -> None:
    assert (await _post(house, "/connect/create-link", WHO, await house.key("read"))).status_code in (
        401, 403,
    )  # fmt: skip
    assert (await _post(house, "/connect/create-link", WHO)).status_code == 200

    (link,) = (await house.ops("GET", "/links")).json()["items"]
    (entry,) = (await house.ops("GET", f"/audit?target={link['id']}")).json()["items"]
    assert entry["action"] == "POST /v1/connect/create-link"
    lasts = await house.store.pipe.call("PTTL", f"link:{link['id']}")
    assert lasts <= (3600 + 7 * 86_400) * 1000


async def _post(
    house: House, path: str, body: Any, key: str = "test-admin-token"
) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}"}
    return await house.http.post(f"{house.url}/v1{path}", json=body, headers=headers)


def _activation(page: httpx.Response) -> str:
    return page.text.partition('data-activation-token="')[2].partition('"')[0]
