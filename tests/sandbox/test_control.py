"""The control surface shows what was asked of the sandbox, and begins it anew."""

import asyncio

import httpx

from tests.sandbox.conftest import Api


async def test_fetches_are_counted_by_path_refused_ones_included(api: Api) -> None:
    who = (await api.read("/candidates", limit=1))["candidates"][0]["id"]
    await api.read(f"/candidates/{who}")
    await api.knobs(rate_429=1)
    await api.call("GET", f"/candidates/{who}")
    state = (await api.client.get("/sandbox/state")).json()["requests"]

    assert state["total"] == 3
    assert state["by_path"][f"GET /c/5600/candidates/{who}"] == 2
    assert state["by_status"] == {"200": 2, "429": 1}


async def test_the_most_requests_at_once_are_remembered(api: Api) -> None:
    await api.knobs(latency_ms=20)
    await asyncio.gather(*(api.call("GET", "/departments") for _ in range(5)))
    state = (await api.client.get("/sandbox/state")).json()

    assert state["requests"]["most_in_flight"] == 5


async def test_the_last_requests_are_listed_in_order(api: Api) -> None:
    await api.call("GET", "/offers?limit=1")
    await api.call("GET", "/departments")
    lines = (await api.client.get("/sandbox/requests", params={"limit": 2})).json()["requests"]
    some = (await api.client.get("/sandbox/requests?path_prefix=/c/5600/off")).json()["requests"]

    assert [(one["method"], one["path"]) for one in lines] == [
        ("GET", "/c/5600/offers"), ("GET", "/c/5600/departments"),
    ]  # fmt: skip
    assert some[0]["query"] == "limit=1" and some[0]["status"] == 200


async def test_every_route_shows_the_grade_of_its_evidence(client: httpx.AsyncClient) -> None:
    shown = (await client.get("/sandbox/routes")).json()

    assert {one["grade"] for one in shown["routes"]} <= shown["grades"].keys()
    assert {
        "method": "PATCH", "path": "/c/{company}/placements/{id}/requalify", "grade": "S",
        "note": "",
    } in shown["routes"]  # fmt: skip
    assert not any("webhook" in one["path"] for one in shown["routes"])


async def test_a_reset_gives_the_same_company_again_or_another_size(api: Api) -> None:
    before = await api.read("/candidates")
    await api.call("DELETE", f"/candidates/{before['candidates'][0]['id']}")
    await api.knobs(latency_ms=1)
    await api.client.post("/sandbox/reset")
    again = await api.read("/candidates")
    bigger = await api.client.post("/sandbox/reset", json={"candidates": 100, "seed": 2})

    assert again["candidates"] == before["candidates"]
    assert (await api.client.get("/sandbox/knobs")).json()["latency_ms"] == 0
    assert bigger.json()["candidates"] == 100 and bigger.json()["seed"] == 2
    assert (await api.client.post("/sandbox/reset", json={"size": 1})).status_code == 422


async def test_webhooks_are_listed_and_removed(client: httpx.AsyncClient) -> None:
    body = {"url": "http://127.0.0.1:9/hook", "secret": "s"}
    hook = (await client.post("/sandbox/webhooks", json=body)).json()
    listed = (await client.get("/sandbox/webhooks")).json()["webhooks"]

    assert hook == {"id": 1, "url": "http://127.0.0.1:9/hook", "secret": "s", "events": None}
    assert listed == [hook]
    assert (await client.delete("/sandbox/webhooks/1")).status_code == 204
    assert (await client.delete("/sandbox/webhooks/1")).status_code == 404
    assert (await client.post("/sandbox/webhooks", json={"url": "nowhere"})).status_code == 422


async def test_a_wrong_knob_body_is_422(client: httpx.AsyncClient) -> None:
    assert (await client.patch("/sandbox/knobs", content=b"[1]")).status_code == 422
