"""Bad input has a defined answer, in which nothing of it is repeated."""

import asyncio
from typing import Any

import pytest
from pydantic import SecretStr

from service.app import create_app
from service.core.settings import Settings
from service.mcp_server.hosts import host_fits, origin_fits
from service.mcp_server.server import BODY_MOST
from service.mcp_server.table import TOOLS
from tests.mcp_tools.conftest import ADMIN, PREVIOUS, Agent
from tests.serving import serving

MARK = "somebody@example.org"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - a setting, and nothing is bound
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"", -32700),
        (b"{", -32700),
        (b"[" * 5000, -32700),
        ([CALL], -32600),
        ("tools/list", -32600),
        ({"id": 1, "method": "tools/list"}, -32600),
        ({"jsonrpc": "1.0", "id": 1, "method": "tools/list"}, -32600),
        ({"jsonrpc": "2.0", "id": {MARK: 1}, "method": "tools/list"}, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": f"tools/{MARK}"}, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": [MARK]}, -32602),
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"cursor": {MARK: 1}}}, -32602),
        ({**CALL, "params": {"name": 5}}, -32602),
        ({**CALL, "params": {"arguments": {}}}, -32602),
        ({**CALL, "params": {"name": "list_all_recruitee_admins", "arguments": MARK}}, -32602),
        ({**CALL, "params": {"name": "list_all_recruitee_admins", "_meta": MARK}}, -32602),
    ],
)  # fmt: skip
async def test_what_is_no_message_is_refused_with_400(
    agent: Agent, message: Any, code: int
) -> None:
    said = await agent.send(message)
    assert (said.status_code, said.json()["error"]["code"]) == (400, code), said.text
    assert MARK not in said.text


@pytest.mark.parametrize("version", [PREVIOUS, ""])
async def test_an_unknown_tool_is_an_error_of_the_protocol(agent: Agent, version: str) -> None:
    message = {**CALL, "params": {"name": f"list_{MARK}", "arguments": {"id": MARK}}}
    said = await agent.send(message, mcp_protocol_version=version)
    assert said.json()["error"]["code"] == -32602
    assert MARK not in said.text


@pytest.mark.parametrize(
    ("tool", "given", "at"),
    [
        ("list_all_recruitee_admins", {"limit": 251}, "limit"),
        ("list_all_recruitee_admins", {"limit": MARK}, "limit"),
        ("list_all_recruitee_admins", {"next_cursor": MARK}, "next_cursor"),
        ("list_all_recruitee_admins", {"next_cursor": "WzEsMl0"}, "next_cursor"),
        ("list_all_recruitee_admins", {"next_cursor": "WyJhIiwxZTMwOF0"}, "next_cursor"),
        ("list_all_recruitee_admins", {MARK: 1}, "?"),
        ("list_all_recruitee_notes", {}, "id"),
        ("list_all_recruitee_notes", {"id": f"<{MARK}>"}, "id"),
        ("list_all_recruitee_candidates", {"updated_since": MARK}, "updated_since"),
        ("what_changed_since", {"types": [MARK]}, "types"),
        ("what_changed_since", {"next_cursor": "WyIwLVxuIl0"}, "next_cursor"),
        ("candidate_timeline", {"id": {"a": MARK}}, "id"),
        ("create_a_recruitee_candidate", {"name": "", "emails": [MARK]}, "name"),
        ("create_a_recruitee_attachment", {"candidate_id": 1, "file": MARK}, "file"),
        ("create_a_recruitee_interview",
         {"candidate_id": "1", "starts_at": "x", "minutes": 0, "note": MARK}, "minutes"),
        ("replay_dead_letters", {"confirm": "x", "types": ["job.*"]}, "confirm"),
        ("replay_dead_letters", {"types": [MARK]}, "types"),
        ("replay_dead_letters", {"subscriber_ids": [MARK]}, "subscriber_ids"),
        ("explain_delivery", {"event_id": MARK, "subscriber_id": "sub_1"}, "event_id"),
    ],
)  # fmt: skip
async def test_wrong_arguments_are_told_by_place_and_not_repeated(
    agent: Agent, tool: str, given: dict[str, Any], at: str
) -> None:
    refusal = await agent.refuse(tool, 422, **given)
    assert refusal["details"]["failures"][0]["at"].partition(".")[0] == at, refusal
    assert MARK not in str(refusal) and "pydantic" not in str(refusal)


async def test_what_is_not_there_is_404(agent: Agent) -> None:
    for tool in TOOLS.values():
        if tool.method == "get":
            refusal = await agent.refuse(tool.name, 404, id="999999999")
            assert refusal["message"].startswith("id: there is no such ")
    await agent.refuse("list_all_recruitee_notes", 404, id="999999999")
    await agent.refuse("candidate_timeline", 404, id="999999999")
    await agent.refuse("list_all_recruitee_admins", 404, company_id="999")
    await agent.refuse("list_all_recruitee_admins", 404, connection_id="nobodys")


async def test_a_company_is_named_by_its_id_or_the_connections(agent: Agent) -> None:
    for given in (
        {"company_id": 5600}, {"company_id": "5600"}, {"connection_id": agent.connection.id},
        {"connection_id": agent.connection.integration_id},
    ):  # fmt: skip
        assert (await agent.tell("list_all_recruitee_admins", **given))["result"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "evil.example:8787"}, 421),
        ({"host": "localhost.evil.example"}, 421),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1.evil.example"}, 403),
        ({"authorization": ""}, 401),
        ({"authorization": "Bearer wrong"}, 401),
        ({"authorization": "Basic YTpi"}, 401),
    ],
)
async def test_a_foreign_host_or_page_or_nobody_is_turned_away(
    agent: Agent, headers: dict[str, str], status: int
) -> None:
    said = await agent.send({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, **headers)
    assert said.status_code == status, said.text
    assert said.json()["error"]["message"]
    assert ("www-authenticate" in said.headers) == (status == 401)


async def test_a_message_that_is_too_large_is_refused_before_it_is_read(agent: Agent) -> None:
    host, _, port = agent.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    lines = ["POST /mcp HTTP/1.1", f"host: {host}", f"authorization: Bearer {ADMIN}",
             f"content-length: {BODY_MOST + 1}", "", ""]  # fmt: skip
    writer.write("\r\n".join(lines).encode())
    async with asyncio.timeout(10):
        said = await reader.read()
    writer.close()
    assert said.startswith(b"HTTP/1.1 413")
    assert b"21 MB at most" in said


async def test_without_its_store_the_door_says_so(agent: Agent, settings: Settings) -> None:
    key = await agent.key("read")
    away = settings.model_copy(update={"redis_url": SecretStr("unix:///nowhere/redis")})
    async with serving(create_app(away)) as url:
        headers = {"authorization": f"Bearer {key}"}
        said = await agent.http.post(f"{url}/mcp", json=CALL, headers=headers)
    assert (said.status_code, said.headers["retry-after"]) == (503, "2")
    assert "try again" in said.json()["error"]["message"]


async def test_our_own_hosts_and_pages_are_let_in(agent: Agent) -> None:
    port = agent.url.rpartition(":")[2]
    for headers in ({"host": f"localhost:{port}"}, {"origin": "http://localhost:6274"}):
        listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        assert (await agent.send(listing, **headers)).status_code == 200


@pytest.mark.parametrize(
    ("bound", "public", "host", "fits"),
    [
        ("127.0.0.1", None, "127.0.0.1:8787", True),
        ("127.0.0.1", None, "[::1]:8787", True),
        ("127.0.0.1", None, "10.0.0.7", False),
        ("127.0.0.1", "https://hooks.example.com/x", "hooks.example.com", True),
        ("127.0.0.1", "https://hooks.example.com", "hooks.example.com.", True),
        (EVERYWHERE, None, "10.0.0.7:8787", True),
        (EVERYWHERE, None, "intranet", False),
        ("intranet", None, "intranet:8787", True),
        (EVERYWHERE, "https://hooks.example.com", "evil@hooks.example.com", False),
        (EVERYWHERE, "https://hooks.example.com", "hooks.example.com:x", False),
        (EVERYWHERE, "https://hooks.example.com", "", False),
    ],
)
def test_a_host_fits_when_it_is_ours(bound: str, public: Any, host: str, fits: bool) -> None:
    settings = Settings(host=bound, public_url=public)
    assert host_fits(settings, host) is fits
    assert origin_fits(settings, f"https://{host}") is fits
    assert not origin_fits(settings, host)


async def test_a_key_that_lacks_a_scope_sees_the_tools_and_may_not_call_them(
    agent: Agent,
) -> None:
    reader, writer, feeder = [await agent.key(s) for s in ("read", "act", "feed")]
    named = {"read": "list_all_recruitee_tags", "act": "create_a_recruitee_candidate_tag",
             "ops": "explain_delivery"}  # fmt: skip
    for token, may in ((reader, {"read"}), (writer, {"act"}), (feeder, set())):
        for scope, tool in named.items():
            result = await agent.ask(tool, token=token)
            text = result["content"][0]["text"]
            assert (f"lacks the scope {scope}" in text) == (scope not in may), text


async def test_a_key_for_another_connection_sees_no_company(agent: Agent) -> None:
    other = await agent.store.connections.create("77", "t", None, "Other")
    try:
        several = await agent.refuse("list_all_recruitee_admins", 422)
        assert {each["company_id"] for each in several["connections"]} == {"77", "5600"}
        await agent.refuse("list_all_recruitee_admins", 409, company_id="77")
        token = await agent.key("read", connection_ids=[other.id])
        await agent.refuse("list_all_recruitee_admins", 404, token=token, company_id="5600")
        await agent.refuse("list_all_recruitee_admins", 409, token=token)
    finally:
        await agent.store.connections.remove(other)
