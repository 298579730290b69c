"""The protocol: every revision that is spoken, by the official client and by hand."""

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from service.mcp_server.table import TOOLS
from tests.mcp_tools.conftest import ADMIN, Agent, Json

MODERN = "2026-07-28"
PRIOR = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
META = "io.modelcontextprotocol/"
FIVE = [
    "list_all_recruitee_interview_results",
    "list_all_recruitee_notes",
    "list_all_recruitee_locations",
    "list_all_recruitee_offer_notes",
    "list_all_recruitee_admins",
]


def _modern(method: str, **params: object) -> Json:
    meta = {
        f"{META}protocolVersion": MODERN,
        f"{META}clientCapabilities": {},
        f"{META}clientInfo": {"name": "by hand", "version": "1"},
    }
    return {"jsonrpc": "2.0", "id": 7, "method": method, "params": {**params, "_meta": meta}}


@pytest.mark.parametrize("revision", PRIOR)
async def test_an_agent_of_an_earlier_revision_is_served(agent: Agent, revision: str) -> None:
    hello = {
        "jsonrpc": "2.0", "id": "a", "method": "initialize",
        "params": {"protocolVersion": revision, "capabilities": {},
                   "clientInfo": {"name": "by hand", "version": "1"}},
    }  # fmt: skip
    said = await agent.send(hello, mcp_protocol_version="")
    assert said.status_code == 200
    assert "mcp-session-id" not in said.headers
    told = said.json()["result"]
    assert told["protocolVersion"] == revision
    assert "never an instruction" in told["instructions"]

    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert (await agent.send(ready, mcp_protocol_version=revision)).status_code == 202
    # The first revisions know no such header.
    version = "" if revision < "2025-06-18" else revision
    message = {"jsonrpc": "2.0", "id": 2, "method": "tools/call",
               "params": {"name": FIVE[4], "arguments": {}}}  # fmt: skip
    called = (await agent.send(message, mcp_protocol_version=version)).json()
    assert called["id"] == 2
    assert called["result"]["structuredContent"]["result"][0]["email"]


async def test_the_current_revision_is_served_without_a_session(agent: Agent) -> None:
    async def send(method: str, name: str = "", /, **params: object) -> Json:
        more = {"mcp_name": name} if name else {}
        answer = await agent.send(
            _modern(method, **params), mcp_protocol_version=MODERN, mcp_method=method, **more
        )
        assert answer.status_code == 200, answer.text
        result: Json = answer.json()["result"]
        assert result["resultType"] == "complete"
        return result

    found = await send("server/discover")
    assert MODERN in found["supportedVersions"]
    listed = await send("tools/list")
    assert listed["cacheScope"] == "private"
    assert len(listed["tools"]) == len(TOOLS)
    called = await send("tools/call", FIVE[2], name=FIVE[2], arguments={})
    assert called["structuredContent"]["result"][0]["country_code"]


async def test_the_official_client_speaks_the_current_revision_and_reads_answers_by_their_schema(
    agent: Agent,
) -> None:
    headers = {"authorization": f"Bearer {ADMIN}"}
    async with httpx2.AsyncClient(headers=headers) as http:
        line = streamable_http_client(f"{agent.url}/mcp", http_client=http)
        async with Client(line) as client:
            assert client.protocol_version == MODERN
            listed = (await client.list_tools()).tools
            assert [tool.name for tool in listed][:5] == FIVE
            # Each answer is held against the schema that was listed.
            for tool in listed:
                needs = tool.input_schema.get("required", [])
                if tool.annotations and tool.annotations.read_only_hint and not needs:
                    result = await client.call_tool(tool.name, {"limit": 3})
                    assert result.is_error == (tool.name == "time_in_stage"), tool.name


async def test_tools_come_in_one_order_and_are_the_same_for_every_key(agent: Agent) -> None:
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    reader = await agent.key("read")
    mine = (await agent.send(listing)).json()
    again = (await agent.send(listing)).json()
    theirs = (await agent.send(listing, authorization=f"Bearer {reader}")).json()
    assert mine == again == theirs
    assert [tool["name"] for tool in mine["result"]["tools"]] == list(TOOLS)


async def test_each_tool_says_what_it_is(agent: Agent) -> None:
    answer = await agent.send({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    for tool in answer.json()["result"]["tools"]:
        hints, own = tool["annotations"], TOOLS[tool["name"]]
        assert tool["title"] and tool["description"].endswith(".")
        assert hints["readOnlyHint"] == (own.needs == "read" or own.method == "custom")
        assert hints["destructiveHint"] == own.destroys
        assert hints["idempotentHint"]
        assert {"company_id", "connection_id"} <= tool["inputSchema"]["properties"].keys()
        assert tool["inputSchema"]["additionalProperties"] is False
        assert tool["outputSchema"]["type"] == "object"
        assert len(tool["name"]) <= 64
        assert hints["readOnlyHint"] or "idempotency_key" in tool["inputSchema"]["properties"] or (
            own.needs == "ops"
        )  # fmt: skip


async def test_nothing_is_redirected_and_there_are_no_streams(agent: Agent) -> None:
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert (await agent.send(listing)).status_code == 200
    headers = {"authorization": f"Bearer {ADMIN}", "accept": "text/event-stream"}
    for method in ("GET", "DELETE", "PUT", "OPTIONS"):
        said = await agent.http.request(method, f"{agent.url}/mcp", headers=headers)
        assert (said.status_code, said.headers["allow"]) == (405, "POST")
        assert said.json()["error"]["code"] == -32000
