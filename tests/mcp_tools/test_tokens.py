"""Addresses with a token: for one company and some tools, until they expire or are taken back."""

import logging
from typing import Any

import httpx
import pytest
from pydantic import AnyHttpUrl

from service.app import create_app
from service.core import times
from service.core.settings import Settings
from service.core.store.mcp_tokens import RATE, McpToken
from service.mcp_server.table import TOOLS
from tests.mcp_tools.conftest import ADMIN, Agent, Json
from tests.serving import serving

READ = "list_all_recruitee_tags"
WRITE = "create_a_recruitee_candidate_tag"


async def _made(agent: Agent, **config: Any) -> Json:
    body = {"name": "Agent's", "connection_id": agent.connection.id, "config": config}
    answer = await agent.ops("POST", "/mcp-tokens", body)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


async def _plain(agent: Agent, made: Json, method: str, **params: Any) -> httpx.Response:
    """Send what Truto's SDK sends: no `jsonrpc`, an id at times, nothing but the address."""
    body: Json = {"method": method, **({"params": params} if params else {})}
    body |= {} if method == "initialize" else {"id": 1}
    headers = {"content-type": "application/json", "accept": "application/json"}
    return await agent.http.post(made["url"], json=body, headers=headers)


async def test_trutos_sdk_is_served_although_it_sends_no_jsonrpc(agent: Agent) -> None:
    made = await _made(agent, methods=["read"])
    assert made["url"] == f"{agent.url}/mcp/{made['token']}"
    hello = {"protocolVersion": "2024-11-05", "capabilities": {},
             "clientInfo": {"name": "t", "version": "1"}}  # fmt: skip
    said = await _plain(agent, made, "initialize", **hello)
    assert said.json()["result"]["protocolVersion"] == "2024-11-05"
    listed = (await _plain(agent, made, "tools/list")).json()["result"]["tools"]
    assert [tool["name"] for tool in listed] == [
        t.name for t in TOOLS.values() if t.needs == "read"
    ]
    called = await _plain(agent, made, "tools/call", name=READ, arguments={})
    assert called.json()["result"]["structuredContent"]["result"]


async def test_a_token_opens_its_tools_and_no_others(agent: Agent) -> None:
    made = await _made(agent, methods=["read", WRITE], tags=["company", "candidates"])
    assert set(made["tools"]) > {READ, WRITE, "search_candidates"}
    assert not {"list_all_recruitee_jobs", "create_a_recruitee_note"} & set(made["tools"])
    path = f"/mcp/{made['token']}"
    assert not (await agent.ask(READ, path=path, token=""))["isError"]
    refusal = await agent.refuse("list_all_recruitee_jobs", 403, path=path, token="")
    assert refusal["message"] == "this MCP token is not for this tool"
    # Tools for operators are named, or not given.
    wide = await _made(agent)
    await agent.refuse(
        "explain_delivery", 403, path=f"/mcp/{wide['token']}", token="", event_id="e",
        subscriber_id="s",
    )  # fmt: skip
    named = await _made(agent, methods=["explain_delivery"])
    await agent.refuse(
        "explain_delivery", 404, path=f"/mcp/{named['token']}", token="", event_id="e",
        subscriber_id="s",
    )  # fmt: skip


async def test_a_token_may_need_a_key_besides_which_narrows_it(agent: Agent) -> None:
    made = await _made(agent, methods=["read", "write"], require_api_token_auth=True)
    path, listing = f"/mcp/{made['token']}", {"method": "tools/list"}
    assert (await agent.send(listing, path, authorization="")).status_code == 401
    assert (await agent.send(listing, path, authorization="Bearer wrong")).status_code == 401
    reader = await agent.key("read")
    assert not (await agent.ask(READ, path=path, token=reader))["isError"]
    given = {"candidate_id": "1", "name": "x"}
    refusal = await agent.refuse(WRITE, 403, path=path, token=reader, **given)
    assert refusal["message"] == "this key lacks the scope act"
    elsewhere = await agent.store.connections.create("78", "t", None, "Elsewhere")
    other = await agent.key("read", connection_ids=[elsewhere.id])
    await agent.store.connections.remove(elsewhere)
    said = await agent.send(listing, path, authorization=f"Bearer {other}")
    assert said.status_code == 403


async def test_a_token_that_is_unknown_expired_or_taken_back_opens_nothing(agent: Agent) -> None:
    made = await _made(agent, methods=["read"])
    path, listing = f"/mcp/{made['token']}", {"method": "tools/list"}
    assert (await agent.send(listing, path, authorization="")).status_code == 200
    assert (await agent.ops("DELETE", f"/mcp-tokens/{made['id']}")).status_code == 204
    soon = McpToken(
        id="", name="n", connection_id=agent.connection.id, scopes=("read",), created=1,
        expires=times.now_ms() - 1,
    )  # fmt: skip
    _, expired = await agent.store.mcp_tokens.create(soon)
    for gone in (path, f"/mcp/{expired}", "/mcp/hwm_nobodys", "/mcp/a%0Ab", "/mcp/a/b"):
        said = await agent.send(listing, gone, authorization="")
        assert said.status_code == 401, gone
        assert "token" not in said.headers.get("www-authenticate", "")
        assert made["token"] not in said.text
    assert (await agent.ops("GET", f"/mcp-tokens/{made['id']}")).status_code == 404


async def test_a_token_is_shown_once_and_kept_as_a_digest_alone(agent: Agent) -> None:
    made = await _made(agent, methods=["read"])
    shown = (await agent.ops("GET", f"/mcp-tokens/{made['id']}")).json()
    assert "token" not in shown and "url" not in shown
    listed = (await agent.ops("GET", "/mcp-tokens")).json()["items"]
    assert shown in listed
    for key in await agent.store.pipe.call("KEYS", "mcptok*"):
        assert made["token"].encode() not in key
        if await agent.store.pipe.call("TYPE", key) == b"hash":
            assert made["token"] not in str(await agent.store.pipe.call("HGETALL", key))


async def test_a_token_is_no_key_for_anything_else(agent: Agent) -> None:
    made = await _made(agent, methods=["read"])
    for path in ("/ops/v1/connections", "/v1/ats/candidates", "/v1/events"):
        said = await agent.http.get(
            f"{agent.url}{path}", headers={"authorization": f"Bearer {made['token']}"}
        )
        assert said.status_code == 401
    bearer = await agent.send({"method": "tools/list"}, authorization=f"Bearer {made['token']}")
    assert bearer.status_code == 401


async def test_a_token_may_ask_so_often_in_a_minute(agent: Agent) -> None:
    made = await _made(agent, methods=["read"])
    await agent.store.pipe.call("SET", f"mcpused:{made['id']}", RATE, "EX", 60)
    said = await agent.send({"method": "tools/list"}, f"/mcp/{made['token']}", authorization="")
    assert (said.status_code, said.headers["retry-after"]) == (429, "60")


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"name": ""}, 422),
        ({"connection_id": "1" * 24}, 422),
        ({"config": {"methods": ["anything"]}}, 422),
        ({"config": {"tags": ["nothing has it"]}}, 400),
        ({"config": {"require_api_token_auth": "yes"}}, 422),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 422),
    ],
)
async def test_a_token_that_would_open_nothing_is_not_made(
    agent: Agent, wrong: Json, status: int
) -> None:
    body = {"name": "n", "connection_id": agent.connection.id, **wrong}
    assert (await agent.ops("POST", "/mcp-tokens", body)).status_code == status


async def test_nobody_gives_what_they_do_not_have(agent: Agent) -> None:
    operator = await agent.key("ops", "read")
    body = {"name": "n", "connection_id": agent.connection.id, "config": {"methods": ["write"]}}
    said = await agent.http.post(
        f"{agent.url}/ops/v1/mcp-tokens", json=body,
        headers={"authorization": f"Bearer {operator}"},
    )  # fmt: skip
    assert said.status_code == 403
    assert "act" in said.json()["detail"]


async def test_no_log_has_a_token(
    agent: Agent, caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    made = await _made(agent, methods=["read"])
    with caplog.at_level(logging.DEBUG):
        path = f"/mcp/{made['token']}"
        await agent.ask(READ, path=path, token="")
        await agent.send(b"{", path, authorization="")
    # The test's own client says what it asks for; what we and the SDK say is looked at.
    said = [r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "httpcore"))]
    assert made["token"] not in str(said) + "".join(capfd.readouterr())


async def test_metadata_is_served_where_an_issuer_is_set_and_only_there(
    agent: Agent, settings: Settings
) -> None:
    path = "/.well-known/oauth-protected-resource"
    assert (await agent.http.get(f"{agent.url}{path}/mcp")).status_code == 404
    changed = {"mcp_issuer": AnyHttpUrl("https://login.example.com")}
    async with serving(create_app(settings.model_copy(update=changed))) as url:
        for at in (path, f"{path}/mcp"):
            said = (await agent.http.get(f"{url}{at}")).json()
            assert said["resource"] == f"{url}/mcp"
            assert said["authorization_servers"] == ["https://login.example.com"]
        refused = await agent.http.post(f"{url}/mcp", json={})
        assert refused.status_code == 401
        assert f'resource_metadata="{url}{path}/mcp"' in refused.headers["www-authenticate"]
        admitted = await agent.http.post(
            f"{url}/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
            headers={"authorization": f"Bearer {ADMIN}"},
        )  # fmt: skip
        assert admitted.status_code == 200
