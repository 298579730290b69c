"""`Cache-Control: max-age=N` on reads: what is older is read again first, in the rate, once for many."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from service.kombo.fresh import STALE
from tests.kombo.books import Books
from tests.kombo.conftest import House

NOW = {"cache-control": "max-age=0"}


@pytest.fixture
async def deaf(house: House) -> AsyncIterator[House]:
    """The company, with no webhook getting through."""
    await house.knobs.patch("/sandbox/knobs", json={"webhook_loss": 1.0})
    yield house
    await house.knobs.patch(
        "/sandbox/knobs", json={"webhook_loss": 0.0, "latency_ms": 0, "hidden_candidates": []}
    )


async def _a_candidate(house: House, at: int = 0) -> dict[str, Any]:
    return (await house.rows("candidates"))[at]


async def _rename(house: House, remote_id: str, name: str) -> None:
    body = {"candidate": {"name": name}}
    answer = await house.recruitee.patch(f"/candidates/{remote_id}", json=body)
    answer.raise_for_status()


async def _asked(house: House, path: str) -> int:
    """Return how often Recruitee was asked for just this path."""
    asked: dict[str, str | int] = {"path_prefix": f"/c/5600{path}", "limit": 1000}
    lines = (await house.knobs.get("/sandbox/requests", params=asked)).json()["requests"]
    return sum(f"/c/5600{path}" == line["path"] and line["method"] == "GET" for line in lines)


async def test_a_record_is_read_anew_for_who_takes_it_no_older_than_now(deaf: House) -> None:
    who = await _a_candidate(deaf)
    await _rename(deaf, who["remote_id"], "Nadia Fresh")

    as_kept = await deaf.sdk().ats.get_candidates_async(ids=[who["id"]])
    anew = await deaf.sdk().ats.get_candidates_async(ids=[who["id"]], http_headers=NOW)

    assert as_kept.result.data.results[0].first_name == who["first_name"]
    assert anew.result.data.results[0].first_name == "Nadia"


async def test_what_is_young_enough_is_not_asked_for(deaf: House) -> None:
    who = await _a_candidate(deaf, 1)
    path = f"/candidates/{who['remote_id']}"
    first = await deaf.send("GET", "/ats/candidates", params={"ids": who["id"]})
    before = await _asked(deaf, path)

    answer = await _with_age(deaf, "candidates", 3600, ids=who["id"])

    assert int(first.headers["age"]) < 3600
    assert (answer.headers[STALE], await _asked(deaf, path)) == ("0", before)
    await _with_age(deaf, "candidates", 0, ids=who["id"])
    assert await _asked(deaf, path) == before + 1


async def test_the_age_is_that_of_the_oldest_record_shown(deaf: House) -> None:
    rows = await deaf.rows("candidates")
    young, old = rows[2], rows[3]
    ref = ("candidate", old["remote_id"])
    key = f"rec:{deaf.connection.id}:{ref[0]}:{ref[1]}"
    token, _, at = (await deaf.store.pipe.call("HGET", key, "t")).decode().partition(":")
    await deaf.store.pipe.call("HSET", key, "t", f"{token}:{int(at) - 7_200_000}")
    await _with_age(deaf, "candidates", 0, ids=young["id"])

    both = await deaf.get("/ats/candidates", ids=f"{young['id']},{old['id']}")
    one = await deaf.get("/ats/candidates", ids=young["id"])

    assert int(both.headers["age"]) >= 7200 and int(one.headers["age"]) < 60


async def test_a_read_that_shows_no_change_makes_a_record_younger(deaf: House) -> None:
    who = await _a_candidate(deaf, 4)
    ref = ("candidate", who["remote_id"])
    key = f"rec:{deaf.connection.id}:{ref[0]}:{ref[1]}"
    before = await deaf.store.pipe.call("HMGET", key, "v", "t")

    await _with_age(deaf, "candidates", 0, ids=who["id"])

    after = await deaf.store.pipe.call("HMGET", key, "v", "t")
    assert after[0] == before[0] and after[1] != before[1]


@pytest.mark.parametrize(
    ("path", "recruitee"), [("users", "/memberships"), ("rejection-reasons", "/disqualify_reasons")]
)
async def test_a_small_list_is_read_with_one_request(
    deaf: House, path: str, recruitee: str
) -> None:
    before = await _asked(deaf, recruitee)
    answer = await _with_age(deaf, path, 0)

    assert answer.headers[STALE] == "0" and len(answer.json()["data"]["results"]) > 1
    assert await _asked(deaf, recruitee) == before + 1


@pytest.mark.parametrize(
    "path", ["applications", "interviews", "notes", "scorecards", "attachments", "jobs",
             "application-stages"]
)  # fmt: skip
async def test_what_hangs_on_another_record_is_read_with_that(deaf: House, path: str) -> None:
    answer = await _with_age(deaf, path, 0, page_size=2)
    assert (answer.headers[STALE], "warning" in answer.headers) == ("0", False)


async def test_many_who_wait_for_the_same_make_few_requests(deaf: House) -> None:
    who = await _a_candidate(deaf, 5)
    await deaf.knobs.patch("/sandbox/knobs", json={"latency_ms": 100})
    path = f"/candidates/{who['remote_id']}"
    before = await _asked(deaf, path)

    answers = await asyncio.gather(
        *(_with_age(deaf, "candidates", 0, ids=who["id"]) for _ in range(25))
    )

    assert {answer.headers[STALE] for answer in answers} == {"0"}
    assert await _asked(deaf, path) - before <= 3


async def test_the_wait_ends_and_the_answer_says_that_it_is_stale(deaf: House) -> None:
    who = await _a_candidate(deaf, 6)
    await deaf.knobs.patch("/sandbox/knobs", json={"latency_ms": 3000})

    async with asyncio.timeout(2.5):
        answer = await _with_age(deaf, "candidates", 0, prefer="wait=1", ids=who["id"])

    assert answer.status_code == 200
    assert (answer.headers[STALE], answer.headers["warning"][:3]) == ("1", "110")
    assert answer.json()["data"]["results"][0]["id"] == who["id"]


async def test_nobody_waits_for_what_recruitee_does_not_show(deaf: House) -> None:
    who = await _a_candidate(deaf, 7)
    hidden = [int(who["remote_id"])]
    await deaf.knobs.patch("/sandbox/knobs", json={"hidden_candidates": hidden, "latency_ms": 0})

    async with asyncio.timeout(5):
        answer = await _with_age(deaf, "candidates", 0, prefer="wait=30", ids=who["id"])

    assert answer.headers[STALE] == "1"


async def test_a_candidate_that_nobody_told_of_is_found_by_its_own_id(deaf: House) -> None:
    body = {"candidate": {"name": "Ola Unseen", "emails": ["ola@example.org"]}}
    made = (await deaf.recruitee.post("/candidates", json=body)).json()["candidate"]["id"]

    unasked = await deaf.get("/ats/candidates", remote_ids=str(made))
    answer = await _with_age(deaf, "candidates", 0, remote_ids=str(made))
    nobody = await _with_age(deaf, "candidates", 0, prefer="wait=30", remote_ids="999999999")

    assert unasked.json()["data"]["results"] == []
    assert [row["first_name"] for row in answer.json()["data"]["results"]] == ["Ola"]
    assert nobody.json()["data"]["results"] == []


@pytest.mark.parametrize("said", ["max-age=x", "max-age=-1", "private", "max-age", ""])
async def test_a_header_that_sets_no_age_changes_nothing(house: House, said: str) -> None:
    headers = {"cache-control": said, "authorization": "Bearer test-admin-token"}
    headers["x-integration-id"] = house.connection.integration_id
    answer = await house.http.get(f"{house.base}/ats/candidates?page_size=1", headers=headers)
    assert answer.status_code == 200 and STALE not in answer.headers


async def test_readers_leave_half_of_the_rate_to_webhooks(books: Books) -> None:
    """Nobody works here: at four requests a second twenty looks are let in, and the others say so."""
    await books.store.pipe.call(
        "SET", f"looks:{books.c}", 499_995, "EX", 60
    )  # of 100,000/s x 10 s / 2
    for n in range(12):
        await books.person(str(n + 1), 1000 + n)
    headers = {"cache-control": "no-cache", "prefer": "wait=0"}

    answer = await books.http.get("/v1/ats/candidates", headers=headers)
    again = await books.http.get("/v1/ats/candidates", headers=headers)

    assert answer.headers[STALE] == again.headers[STALE] == "12"
    assert (await books.store.inbox.depth(books.c))[0] <= 5


async def _with_age(house: House, path: str, age: int, prefer: str = "", **asked: Any) -> Any:
    headers = {
        "cache-control": f"max-age={age}", "prefer": prefer,
        "authorization": "Bearer test-admin-token",
        "x-integration-id": house.connection.integration_id,
    }  # fmt: skip
    return await house.http.get(f"{house.base}/ats/{path}", params=asked, headers=headers)
