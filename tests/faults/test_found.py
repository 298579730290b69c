"""What the long runs found, each as a small case of its own."""

import asyncio
import signal
from pathlib import Path

import pytest

from service.core import times
from service.core.settings import Settings
from service.core.store import keys
from service.core.store.condition import unsafe
from service.core.store.deliveries import Limits, Opening, Settle, opened
from service.core.store.log import Log
from service.core.store.records import Committed, Write
from service.core.store.redis import Pipe, connect
from service.core.store.store import Store
from service.core.store.subscribers import Wanted
from service.core.unified.model import Change, Ref, Snapshot
from tests.faults.processes import RedisServer
from workers.context import open_context
from workers.retention import trim
from workers.sweep import sweep

C = "connection"
JOB, STAGE = Ref("job", "60"), Ref("stage", "101")


def _write(ref: Ref, name: str) -> Write:
    return Write(ref, 0, Snapshot(1, 1, {"id": ref.remote_id, "name": name}), "")


def _change(ref: Ref) -> tuple[int, Change]:
    return 1, Change(ref.model, ref.remote_id, f"{ref.model}.updated", {}, (), (), None, ref)


async def test_a_fetch_that_is_late_for_a_shared_stage_still_tells_of_its_own_job(
    store: Store,
) -> None:
    await store.pipe.call("HSET", keys.connection(C), "id", C)
    earlier, later = 5, 6  # fetches of two jobs that have a stage in common
    await store.records.commit(C, later, [_write(STAGE, "by the other job")], [_change(STAGE)])

    writes = [_write(JOB, "news"), _write(STAGE, "late")]
    done = await store.records.commit(C, earlier, writes, [_change(JOB), _change(STAGE)])

    known = await store.records.load(C, [JOB, STAGE])
    log: Log = store.log
    told = [entry.model for entry in await log.oldest(C, "0-0", 10)]
    assert done is Committed.DONE
    assert (known[JOB].fields["name"], known[STAGE].fields["name"]) == ("news", "by the other job")
    assert told == ["stage", "job"]


def _step_limits(read: int) -> Limits:
    return Limits(lease_ms=5000, flight_ms=1000, window=500, read=read)


async def _event(store: Store, sequence: int) -> None:
    await store.pipe.call("HSET", keys.connection(C), "id", C)
    write = Write(JOB, sequence - 1, Snapshot(sequence, sequence, {"id": "60"}), "")
    change = _change(JOB)[1]
    await store.records.commit(C, sequence, [write], [(sequence, change)])


async def test_a_worker_that_ends_leaves_its_news_to_another_however_late_the_next_attempt_is(
    store: Store,
) -> None:
    made, _ = await store.subscribers.create(Wanted(url="http://127.0.0.1:1/"), None)
    await _event(store, 1)
    lease = (await store.claims.claim("out", 1, 5000)).leases[0]
    step = await store.deliveries.step(lease, _step_limits(100), 1, 0, [], [])
    read = step.reads[0]
    delivery = opened(made.id, C, read.entries[0], step.now)
    opening = Opening(C, read.start, read.entries[-1].position, [delivery])
    await store.deliveries.step(lease, _step_limits(100), 1, 0, [opening], [])
    failed = Settle(delivery.model_copy(update={"n": 1}), "retry", 36_000_000)
    await _event(store, 2)
    await store.claims.claim("out", 1, 5000)  # another worker hears of it, and cannot have the line

    await store.deliveries.step(lease, _step_limits(0), 0, 0, [], [failed])

    assert [lease.id for lease in (await store.claims.claim("out", 1, 5000)).leases] == [made.id]


async def test_a_redis_that_is_still_loading_is_not_taken_for_one_that_keeps_nothing(
    tmp_path: Path,
) -> None:
    redis = RedisServer(tmp_path)
    await redis.start()
    async with redis.client() as client:
        many = client.pipeline(transaction=False)
        for n in range(8000):  # it looks up from its loading at every 1024th
            many.set(f"key{n}", n)
        await many.execute()
    await redis.end(signal.SIGTERM)
    redis.more = ("--key-load-delay", "200")
    starting = asyncio.create_task(redis.start())
    pipe = Pipe(connect(f"unix://{redis.path}", tries=20))

    found = await unsafe(pipe)

    assert (found, starting.done()) == ([], False)
    await pipe.close()
    await redis.end(signal.SIGKILL)
    starting.cancel()


async def test_a_worker_whose_clock_is_a_year_ahead_trims_nothing_that_is_young(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await store.connections.create("5600", "token", "secret", "Example")
    change = _change(JOB)
    write = Write(JOB, 0, Snapshot(1, 1, {"id": "60"}), "")
    await store.records.commit(made.id, 1, [write], [change])
    real_ms = times.now_ms
    monkeypatch.setattr(times, "now_ms", lambda: real_ms() + 366 * 86_400_000)

    async with open_context(settings) as ctx:
        await sweep(ctx)
        await trim(ctx)

    assert len(await store.log.oldest(made.id, "0-0", 10)) == 1
