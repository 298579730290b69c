"""Recruitee at its worst: reads are tried again within bounds, writes are sent once, and no token is told."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.responses import JSONResponse, Response

from tests.serving import until
from tests.truto.mirrored import TOKEN, Far, mirrored
from tests.truto.mirrored import before_mirror as before_mirror
from tests.truto.mirrored import far as far


def first(*answers: Response) -> Callable[[], Response]:
    """Return what gives these answers in turn, then a list of tags."""
    left = list(answers)
    return lambda: left.pop(0) if left else JSONResponse({"tags": [{"id": 1}]})


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_read_is_tried_again(far: Far, status: int) -> None:
    far.mirror.answers["tags"] = first(JSONResponse({}, status))
    answer = await far.send("GET", "/proxy/tags")
    assert (answer.status_code, answer.json()["result"]) == (200, [{"id": 1}])
    assert len(far.mirror.asked) == 2


async def test_a_read_is_given_up_with_recruitees_last_word(far: Far) -> None:
    far.mirror.answers["tags"] = lambda: JSONResponse({"error": ["Down"]}, 503)
    answer = (await far.send("GET", "/proxy/tags")).json()
    assert (answer["statusCode"], answer["truto_is_remote_error"]) == (503, True)
    assert (answer["message"], answer["raw_response"]) == ("Down", {"error": ["Down"]})
    assert len(far.mirror.asked) == 3


@pytest.mark.parametrize("status", [400, 403, 404, 422, 501])
async def test_what_would_not_help_is_not_tried_again(far: Far, status: int) -> None:
    far.mirror.answers["tags"] = first(JSONResponse({}, status))
    answer = await far.send("GET", "/proxy/tags")
    assert (answer.status_code, answer.json()["truto_is_remote_error"]) == (status, True)
    assert len(far.mirror.asked) == 1


async def test_a_long_retry_after_is_told_and_not_waited_for(far: Far) -> None:
    busy = {"retry-after": "30", "x-ratelimit-limit": "9"}
    far.mirror.answers["tags"] = first(JSONResponse({"error": "Slow"}, 429, headers=busy))
    answer = await far.send("GET", "/proxy/tags")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
    assert "rate_limit_error" in answer.json()["truto_error_insight"]
    # The connection's line is held, for whoever asks next.
    held = await far.send("GET", "/proxy/sources")
    assert held.status_code == 429 and 25 <= int(held.headers["retry-after"]) <= 30
    assert len(far.mirror.asked) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/proxy/tags"),
        ("PATCH", "/proxy/tags/tags"),
        ("DELETE", "/proxy/tags/tags"),
        ("POST", "/custom/tags"),
        ("PUT", "/custom/tags"),
    ],
)
@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_write_is_never_repeated(far: Far, method: str, path: str, status: int) -> None:
    far.mirror.answers["tags"] = first(JSONResponse({"error": "No"}, status))
    answer = await far.send(method, path, json={"tag": {"name": "x"}})
    assert (answer.status_code, answer.json()["truto_is_remote_error"]) == (status, True)
    assert len(far.mirror.asked) == 1


async def test_no_refusal_repeats_the_token(far: Far) -> None:
    told = {"error": f"Bearer {TOKEN} is bad", "errors": []}
    for body in (
        JSONResponse(told, 422),
        Response(f"<p>{TOKEN}</p>", 422, {"x-request-id": TOKEN}),
    ):
        far.mirror.answers["tags"] = first(body)
        answer = await far.send("GET", "/proxy/tags")
        assert TOKEN not in answer.text and TOKEN not in str(answer.headers)
        assert "[token]" in answer.text


async def test_a_rate_is_told_in_trutos_headers_when_recruitee_tells_one(far: Far) -> None:
    rate = {"x-ratelimit-limit": "110", "x-ratelimit-remaining": "7", "x-ratelimit-reset": "3"}
    far.mirror.answers["tags"] = lambda: JSONResponse({"tag": {}}, headers=rate)
    answer = await far.send("POST", "/proxy/tags", json={})
    said = [answer.headers[f"ratelimit-{name}"] for name in ("limit", "remaining", "reset")]
    assert said == ["110", "7", "3"]


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b"", b"<html>", b'{"tags": {}}', b'{"tags": null}', b'{"other": []}']
)
async def test_a_list_that_is_none_is_no_list(far: Far, body: bytes) -> None:
    far.mirror.answers["tags"] = lambda: Response(body, media_type="application/json")
    answer = await far.send("GET", "/proxy/tags")
    assert (answer.status_code, answer.json()["truto_is_remote_error"]) == (502, True)
    assert "tags" in answer.json()["message"]


async def test_at_most_four_are_on_the_wire_and_the_rest_wait_their_turn(far: Far) -> None:
    far.mirror.answers["held"] = lambda: JSONResponse({})
    sent = [asyncio.create_task(far.send("GET", "/custom/held")) for _ in range(6)]
    await until(lambda: far.mirror.in_flight == 4)
    far.mirror.gate.set()
    answers = await asyncio.gather(*sent)
    assert [answer.status_code for answer in answers] == [200] * 6
    assert (far.mirror.most_in_flight, answers[0].headers["concurrency-limit"]) == (4, "30")


async def test_a_rate_that_is_used_up_answers_429_unsent(redis_server: str, tmp_path: Path) -> None:
    async with mirrored(redis_server, tmp_path, rate=0.1, db=4) as slow:
        answers = [await slow.send("GET", "/custom/things") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert int(answers[2].headers["retry-after"]) >= 9
        assert answers[2].json()["error"] == "Too Many Requests"
        assert len(slow.mirror.asked) == 2
