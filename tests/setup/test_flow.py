"""The whole way by plain forms: access, checks, webhook, finish; and what goes wrong on it."""

import asyncio
from typing import Any

import pytest

from tests.setup.conftest import COMPANY, SECRET, TOKEN, House, hook_of, text_of


async def test_a_link_leads_to_a_connection_that_receives_webhooks(house: House) -> None:
    reader = await house.reader(organization_name="Acme")
    first = await reader.look()
    assert "Acme" in text_of(first) and 'name="api_token"' in first.text

    checked = await reader.give()
    assert checked.url.params["step"] == "checks"
    assert "Everything can be read." in text_of(checked)
    connection = await house.only()
    assert (connection.company_id, connection.name) == (COMPANY, "Acme")

    page = await reader.look("webhook")
    assert "Finish without webhook" in text_of(page)
    assert hook_of(page) == f"{house.url}/webhooks/recruitee/{connection.hook}"
    await house.register(hook_of(page))
    page = await reader.send("secret", webhook_secret=f"  {SECRET} ")
    assert "Test request arrived" in text_of(page) and "Webhook secret set" in text_of(page)
    done = await reader.send("finish")
    assert "Recruitee is connected" in text_of(done)

    await house.ready(connection.id)
    await house.change()
    await house.told(connection.id, "candidate.created")
    assert (await house.only()).signed_seen


async def test_what_is_pasted_is_in_no_page_no_log_and_nowhere_plain_in_the_store(
    house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    reader = await house.reader()
    await reader.give("a-token-that-is-refused")
    await reader.give()
    await reader.send("secret", webhook_secret=SECRET)
    await reader.look("webhook")
    await reader.send("finish")

    kept = await _everything(house)
    said = "".join(capfd.readouterr())
    for secret in (TOKEN, SECRET, "a-token-that-is-refused"):
        assert all(secret not in page for page in reader.pages)
        assert secret not in kept and secret not in said
    assert reader.link.rpartition("/")[2] not in kept + said


async def test_a_token_that_recruitee_refuses_links_nothing_and_may_be_tried_again(
    house: House,
) -> None:
    reader = await house.reader()

    refused = await reader.give("wrong")

    assert refused.status_code == 422
    assert "Recruitee refuses this token" in text_of(refused)
    assert f'value="{COMPANY}"' in refused.text and "wrong" not in text_of(refused)
    assert await house.store.connections.ids() == []
    assert (await reader.give()).url.params["step"] == "checks"


async def test_what_cannot_be_right_is_said_before_anybody_is_asked(house: House) -> None:
    reader = await house.reader()
    company, token = "The company is a number", "This is no API token"
    for given, says in (
        (("", TOKEN), company),
        (("a b", TOKEN), company),
        (("../5600", TOKEN), company),
        ((COMPANY, ""), token),
        ((COMPANY, "two words"), token),
        ((COMPANY, "gr\u00fcn"), token),
    ):
        answer = await reader.give(given[1], given[0])
        assert answer.status_code == 422 and says in text_of(answer), given
    asked = (await house.far.get("/sandbox/state")).json()["requests"]["by_path"]
    assert not any(path.startswith("/c/") for path in asked)


async def test_recruitee_that_is_away_is_said_and_links_nothing(house: House) -> None:
    reader = await house.reader()
    await house.knobs(fail_next=[{"status": 503, "path_prefix": "/admin", "count": 1}])

    answer = await reader.give()

    assert answer.status_code == 503 and "does not answer just now" in text_of(answer)
    assert await house.store.connections.ids() == []


async def test_each_missing_permission_is_shown_with_what_it_costs_and_its_cure(
    house: House,
) -> None:
    await house.knobs(forbidden=["/interview/events"])
    reader = await house.reader()

    page = text_of(await reader.give())

    assert "Some things may not be read" in page
    assert "Interviews Not permitted No interview is told" in page
    assert "To change it: the token's owner lacks the right" in page
    await house.knobs(forbidden=[])
    again = text_of(await reader.send("check"))
    assert "Everything can be read." in again and "Not permitted" not in again


async def test_another_token_is_for_the_same_connection(house: House) -> None:
    reader = await house.reader()
    await reader.give()
    before = await house.only()

    again = await reader.look("access")
    assert f'value="{COMPANY}" readonly' in again.text
    # Whatever a form says, the company stays.
    assert (await reader.give(company="1")).url.params["step"] == "checks"

    after = await house.only()
    assert (after.id, after.company_id) == (before.id, COMPANY)


async def test_two_who_send_at_once_link_one_company(house: House) -> None:
    reader = await house.reader()
    await house.knobs(latency_ms=20)

    answers = await asyncio.gather(*(reader.give() for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert len(await house.store.connections.ids()) == 1


async def test_steps_cannot_be_skipped(house: House) -> None:
    reader = await house.reader()
    for step in ("checks", "webhook", "nonsense"):
        assert 'name="api_token"' in (await reader.look(step)).text
    for action, fields in _FORMS:
        if action != "credentials":
            assert 'name="api_token"' in (await reader.send(action, **fields)).text
    assert await house.store.connections.ids() == []


async def test_a_secret_that_is_none_is_refused(house: House) -> None:
    reader = await house.reader()
    await reader.give()
    for secret in ("", "   ", "x" * 513):
        answer = await reader.send("secret", webhook_secret=secret)
        assert answer.status_code == 422 and "no webhook secret" in text_of(answer)
    assert (await house.only()).secrets == ()


async def test_a_finished_link_is_used_up(house: House) -> None:
    reader = await house.reader()
    await reader.give()
    assert (await reader.send("finish")).status_code == 200

    for action, fields in _FORMS:
        assert (await reader.send(action, **fields)).status_code == 410, action
    page = await reader.look("webhook")
    assert page.status_code == 410 and "used already" in text_of(page)
    assert (await house.http.get(f"{reader.link}/progress")).status_code == 410
    (link,) = (await house.ops("GET", "/links")).json()["items"]
    assert (link["status"], link["connection_id"]) == ("done", (await house.only()).id)


async def test_what_was_seen_of_the_webhook_is_told_as_it_arrives(house: House) -> None:
    reader = await house.reader()
    await reader.give()

    async def seen() -> Any:
        return (await house.http.get(f"{reader.link}/progress")).json()

    nothing = {"test_seen": False, "secret_set": False, "signed_seen": False}
    assert await seen() == nothing
    connection = await house.only()
    await house.register(f"{house.url}/webhooks/recruitee/{connection.hook}")
    assert await seen() == {**nothing, "test_seen": True}
    assert connection.hook not in str(await seen())


_FORMS: list[tuple[str, dict[str, str]]] = [
    ("credentials", {"company_id": COMPANY, "api_token": TOKEN}),
    ("check", {}),
    ("secret", {"webhook_secret": SECRET}),
    ("finish", {}),
]


async def _everything(house: House) -> str:
    pipe = house.store.pipe
    found = []
    for key in await pipe.call("KEYS", "*"):
        kind = await pipe.call("TYPE", key)
        match kind if isinstance(kind, str) else kind.decode():
            case "string":
                value = await pipe.call("GET", key)
            case "hash":
                value = await pipe.call("HGETALL", key)
            case "stream":
                value = await pipe.call("XRANGE", key, "-", "+")
            case "zset":
                value = await pipe.call("ZRANGE", key, 0, -1)
            case _:
                value = key
        found.append(f"{key} {value}")
    return "\n".join(found)
