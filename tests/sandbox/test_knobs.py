"""The knobs delay, refuse and spoil what lies under `/c/`, and nothing else."""

import time

import pytest

from tests.sandbox.conftest import Api, Clock


async def test_scripted_faults_hit_the_matching_requests_and_are_used_up(api: Api) -> None:
    fault = {"status": 503, "count": 2, "path_prefix": "/candidates", "body": {"error": ["Away"]}}
    await api.knobs(fail_next=[fault])

    statuses = [
        (await api.call("GET", path)).status_code
        for path in ("/offers", "/candidates", "/candidates", "/candidates")
    ]
    left = (await api.client.get("/sandbox/knobs")).json()["fail_next"]

    assert statuses == [200, 503, 503, 200]
    assert left == []


async def test_a_fault_may_be_for_one_method_and_lose_only_the_answer(api: Api) -> None:
    fault = {"status": 502, "method": "post", "after": True}
    await api.knobs(fail_next=[fault])

    assert (await api.call("GET", "/offers")).status_code == 200
    lost = await api.call("POST", "/candidates", {"candidate": {"name": "Was Made"}})
    made = (await api.read("/candidates", query="Was Made"))["candidates"]

    assert lost.status_code == 502
    assert len(made) == 1


@pytest.mark.parametrize(("retry_after", "header"), [(None, None), (7, "7"), (0.5, "0.5")])
async def test_429_comes_with_or_without_retry_after(
    api: Api, retry_after: float | None, header: str | None
) -> None:
    await api.knobs(rate_429=1, retry_after=retry_after)
    answer = await api.call("GET", "/offers")

    assert answer.status_code == 429
    assert answer.headers.get("retry-after") == header


async def test_errors_come_at_their_rate_and_as_html_when_told(api: Api) -> None:
    await api.knobs(error_rate=0.5, error_status=500, html_errors=True)
    answers = [await api.call("GET", "/departments") for _ in range(60)]
    failed = [one for one in answers if one.status_code == 500]

    assert 15 < len(failed) < 45
    assert failed[0].headers["content-type"].startswith("text/html")


async def test_a_body_can_be_half_or_empty_with_a_good_status(api: Api) -> None:
    whole = await api.call("GET", "/departments")
    await api.knobs(truncate=1)
    half = await api.call("GET", "/departments")
    await api.knobs(empty=1)
    empty = await api.call("GET", "/departments")

    assert (half.status_code, half.content) == (200, whole.content[: len(whole.content) // 2])
    assert (empty.status_code, empty.content) == (200, b"")
    assert empty.headers["content-length"] == "0"


async def test_latency_is_added_to_the_api_only(api: Api) -> None:
    await api.knobs(latency_ms=250)
    started = time.perf_counter()
    await api.client.get("/sandbox/knobs")
    between = time.perf_counter()
    await api.call("GET", "/departments")

    assert time.perf_counter() - between >= 0.25
    assert between - started < 0.25


async def test_reads_lag_behind_a_change_and_then_show_it(api: Api, clock: Clock) -> None:
    people = (await api.read("/candidates", qualified="true"))["candidates"]
    who, placement = next((o, p) for o in people for p in o["placements"] if p["offer_id"])
    target = await api.stage(placement["offer_id"], "offer")
    await api.knobs(lag_ms=2000)
    path = f"/placements/{placement['id']}/change_stage"
    moved = await api.call("PATCH", path, {"stage_id": target})
    made = (await api.call("POST", "/candidates", {"candidate": {"name": "Late"}})).json()

    async def shown() -> list[object]:
        full = (await api.read(f"/candidates/{who['id']}"))["candidate"]
        return [p["stage_id"] for p in full["placements"] if p["id"] == placement["id"]]

    clock.advance(1.9)
    early, absent = await shown(), await api.call("GET", f"/candidates/{made['candidate']['id']}")
    clock.advance(0.2)
    late, present = await shown(), await api.call("GET", f"/candidates/{made['candidate']['id']}")

    assert moved.json()["placement"]["stage_id"] == target
    assert early == [placement["stage_id"]] and late == [target]
    assert (absent.status_code, present.status_code) == (404, 200)


@pytest.mark.parametrize(
    "knobs", [{"error_rate": 2}, {"error_status": 404}, {"speed": 1}, {"fail_next": [{"count": 0}]}]
)
async def test_a_wrong_knob_is_refused_and_nothing_turns(
    api: Api, knobs: dict[str, object]
) -> None:
    before = (await api.client.get("/sandbox/knobs")).json()
    refused = await api.client.patch("/sandbox/knobs", json={"latency_ms": 5, **knobs})

    assert refused.status_code == 422 and refused.json()["errors"]
    assert (await api.client.get("/sandbox/knobs")).json() == before


async def test_turning_one_knob_leaves_the_others(api: Api) -> None:
    await api.knobs(latency_ms=1, hidden_candidates=[5, 6])
    await api.knobs(rate_429=0.25)
    now = (await api.client.get("/sandbox/knobs")).json()

    assert now["latency_ms"] == 1 and now["rate_429"] == 0.25
    assert sorted(now["hidden_candidates"]) == [5, 6]
