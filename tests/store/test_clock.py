"""The order in which records changed is one: whose clock is wrong, and how many write, does not matter."""

import asyncio

import pytest

from service.core import times
from service.core.settings import Settings
from service.core.store import index, keys
from service.core.store.connections import Connection
from service.core.store.listing import Row
from service.core.store.records import Committed, Write
from service.core.store.store import Store
from service.core.unified.model import Ref, Snapshot

COUNT = 60


@pytest.fixture
async def connection(store: Store) -> Connection:
    """A connection."""
    return await store.connections.create("5600", "token", "secret", "Example")


async def _put(store: Store, c: str, *names: str, version: int = 1) -> None:
    writes = [
        Write(Ref("candidate", n), version - 1, Snapshot(version, 0, {"id": n, "n": version}), "")
        for n in names
    ]
    assert await store.records.commit(c, await store.records.token(), writes, []) is Committed.DONE


async def test_a_reader_misses_nothing_of_two_workers_whose_clocks_differ(
    store: Store, settings: Settings, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, c = times.now_ms, connection.id
    # The workers' clocks are set and taken back in turns: the real one comes back at the end.
    monkeypatch.setattr(times, "now_ms", real)
    writing = True

    async def worker(own: Store, prefix: str, ahead_ms: int) -> None:
        for n in range(COUNT):
            with monkeypatch.context() as clock:
                clock.setattr(times, "now_ms", lambda: real() + ahead_ms)
                await _put(own, c, f"{prefix}{n}")

    async def reader() -> list[str]:
        seen, after = list[str](), None
        while True:
            last = not writing
            page = await index.page(store.pipe, c, "candidate", after, 3)
            seen += [row.member for row in page]
            after = page[-1] if page else after
            if last and not page:
                return seen
            await asyncio.sleep(0)

    other = Store.open(settings)
    reading = asyncio.create_task(reader())
    await asyncio.gather(worker(store, "a", 60_000), worker(other, "b", -60_000))
    writing = False
    seen = await reading
    await other.close()

    assert sorted(seen) == sorted(f"{p}{n}" for p in "ab" for n in range(COUNT))


async def test_what_is_written_later_stands_later_within_one_millisecond_and_across_models(
    store: Store, connection: Connection
) -> None:
    c, scores = connection.id, list[int]()
    for n in range(50):
        await _put(store, c, f"{99 - n}")
        (top,) = (await index.changed(store.pipe, c, [Ref("candidate", f"{99 - n}")])).values()
        scores.append(top)
    assert scores == sorted(set(scores))

    job = Write(Ref("job", "1"), 0, Snapshot(1, 0, {"id": "j"}), "")
    await store.records.commit(c, await store.records.token(), [job], [])
    assert (await index.changed(store.pipe, c, [job.ref]))[job.ref] > scores[-1]


async def test_an_index_whose_top_a_worker_with_a_fast_clock_wrote_goes_on_from_there(
    store: Store, connection: Connection
) -> None:
    c, ahead = connection.id, times.now_ms() + 3_600_000
    await store.pipe.call("ZADD", keys.index(c, "candidate"), ahead, "of-an-earlier-version")
    await _put(store, c, "1")
    page = await index.page(store.pipe, c, "candidate", Row("zzz", ahead), 10)
    assert [(row.member, row.score) for row in page] == [("1", ahead + 1)]


async def test_records_of_one_commit_come_together(store: Store, connection: Connection) -> None:
    c = connection.id
    await _put(store, c, "1", "2", "3")
    at = set((await index.changed(store.pipe, c, [Ref("candidate", n) for n in "123"])).values())
    assert len(at) == 1 and abs(at.pop() - times.now_ms()) < 5000


@pytest.mark.parametrize("whole", [True, False])
async def test_when_a_record_was_read_is_kept_for_what_is_read_whole(
    store: Store, connection: Connection, whole: bool
) -> None:
    c, ref = connection.id, Ref("candidate", "1")
    write = Write(ref, 0, Snapshot(1, 0, {"id": "1"}), "")
    asked = 1500 if whole else None
    await store.records.commit(c, await store.records.token(), [write], [], asked_ms=asked)
    found = await store.records.fetched(c, [ref])
    if not whole:
        assert found == {}
        return
    assert 1400 <= times.now_ms() - found[ref] < 6000


async def test_an_answer_that_showed_no_change_outdates_those_that_were_asked_for_earlier(
    store: Store, connection: Connection
) -> None:
    c, ref = connection.id, Ref("candidate", "1")
    await _put(store, c, "1")
    early, late = await store.records.token(), await store.records.token()
    assert await store.records.fetched(c, [ref]) == {}

    await store.records.commit(c, late, [], [], asked_ms=0, seen=[ref])
    done = await store.records.commit(
        c, early, [Write(ref, 1, Snapshot(2, 0, {"id": "1", "n": "old"}), "")], [], asked_ms=5000
    )

    assert done is Committed.STALE
    known = await store.records.load(c, [ref])
    assert known[ref].fields["n"] == 1 and await store.records.fetched(c, [ref])
