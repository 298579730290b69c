"""Health, and the counters at a glance."""

import time
from pathlib import Path

from pydantic import SecretStr

from service.core.settings import Settings
from tests.ops.conftest import History, Ops, asking


async def test_alive_needs_no_token_and_no_redis(settings: Settings, tmp_path: Path) -> None:
    away = settings.model_copy(update={"redis_url": SecretStr(f"unix://{tmp_path}/none")})
    async with asking(away, None) as client:
        answer = await client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_ready_says_whether_a_worker_beats(settings: Settings, history: History) -> None:
    async with asking(settings, None) as client:
        without = await client.get("/readyz")
        await history.store.pipe.run("sweep", 0)
        beaten = await client.get("/readyz")

    assert (without.status_code, beaten.status_code) == (200, 200)
    assert without.json()["worker"] == {"beats": False, "swept_at": None}
    assert beaten.json()["worker"]["beats"] is True
    assert beaten.json()["redis"] == {"ok": True}


async def test_a_redis_that_is_away_is_503_within_seconds_and_says_why(
    settings: Settings, tmp_path: Path
) -> None:
    away = settings.model_copy(update={"redis_url": SecretStr(f"unix://{tmp_path}/none")})
    began = time.monotonic()
    async with asking(away, None) as client:
        answer = await client.get("/readyz")

    assert time.monotonic() - began < 5
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"]
    assert answer.json()["redis"]["ok"] is False


async def test_a_redis_that_is_full_is_not_ready_although_it_answers(
    settings: Settings, history: History
) -> None:
    config = history.store.pipe.call
    async with asking(settings, None) as client:
        await config("CONFIG", "SET", "maxmemory", "1")
        try:
            answer = await client.get("/readyz")
        finally:
            await config("CONFIG", "SET", "maxmemory", "0")

    assert answer.status_code == 503


async def test_a_redis_that_is_away_makes_the_ops_api_503(
    settings: Settings, tmp_path: Path
) -> None:
    away = settings.model_copy(update={"redis_url": SecretStr(f"unix://{tmp_path}/none")})
    async with asking(away, "test-admin-token") as client:
        answer = await client.get("/ops/v1/connections")

    assert answer.status_code == 503 and answer.headers["retry-after"]


async def test_stats_count_what_waits_and_what_is_kept(ops: Ops, history: History) -> None:
    c = (await history.connection()).id
    subscriber = await ops.post("/subscribers", {"url": "http://127.0.0.1:9/"})
    await history.tell(c, "candidate.created")
    await history.store.inbox.enqueue(c, [b"{}"])

    stats = await ops.get("/stats")

    [connection], [counted] = stats["connections"], stats["subscribers"]
    assert (connection["id"], connection["inbox"]) == (c, {"waiting": 1, "parked": 0})
    assert connection["records"]["candidate"] == 1 and connection["records"]["job"] == 0
    assert (counted["id"], counted["backlog"], counted["failure_streak"]) == (
        subscriber["id"],
        0,
        0,
    )
    assert stats["dead_letters"] == {"total": 0, "replaying": 0}
