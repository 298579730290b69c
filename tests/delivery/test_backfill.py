"""Backfill: every record as it is now, once, in order with what is told live, and without holding that up."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from service.core import ids, times
from service.core.replaying.records import models_of
from service.core.settings import Settings
from service.core.store import keys
from service.core.store.connections import ACTIVE
from service.core.store.records import Write
from service.core.store.store import Store
from service.core.store.subscribers import Wanted
from service.core.unified.model import Ref, Snapshot
from tests.ops.conftest import AWAY, History, Ops, asking, settled, token_of
from tests.serving import Receiver, eventually, receiving, until
from workers.app import running
from workers.backfill import BOUNDS

URL = "http://127.0.0.1:9/hook"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings whose Recruitee is away."""
    return settings.model_copy(update={"recruitee_url": AWAY})


@pytest.fixture
async def ops(settings: Settings) -> AsyncIterator[Ops]:
    async with asking(settings, token_of(settings)) as client:
        yield Ops(client)


@pytest.fixture
async def working(settings: Settings) -> AsyncIterator[None]:
    async with running(settings):
        yield


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as started:
        yield started


@pytest.fixture
def history(store: Store) -> History:
    return History(store)


async def _adopt(store: Store, c: str, model: str, remote_id: str, **more: Any) -> None:
    """Store a record in silence, as a baseline does."""
    ref = Ref(model, remote_id)
    fields = {"id": ids.record_id(c, *ref), "remote_id": remote_id, **more.pop("fields", {})}
    write = Write(ref, 0, Snapshot(1, 0, fields, **more), "")
    await store.records.commit(c, await store.records.token(), [write], [])


async def _done(ops: Ops, backfill: dict[str, Any]) -> dict[str, Any]:
    path = f"/replays/{backfill['id']}"
    found: dict[str, Any] = await settled(ops, lambda r: r["status"] == "done", path)
    return found


@pytest.mark.usefixtures("working")
async def test_a_new_subscriber_is_sent_all_that_it_wants_as_it_is_now(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    c = (await history.connection()).id
    at = "2026-02-03T04:05:06.000Z"
    await _adopt(history.store, c, "candidate", "7", fields={"remote_updated_at": at})
    await _adopt(history.store, c, "candidate", "8", deleted=True)
    await _adopt(history.store, c, "source", "1")  # a silent model
    await _adopt(history.store, c, "interview", "3")
    await history.tell(c, "job.created", "9")
    await history.tell(c, "job.updated", "9")

    made = await ops.post("/subscribers", {"url": receiver.url, "backfill": True})
    receiver.secret = made["secret"]

    done = await _done(ops, made["backfill"])
    assert (done["kind"], done["total"], done["done"], done["failed"]) == ("backfill", 3, 3, 0)
    assert done["subscriber_id"] == made["id"]
    told = {got.event["type"]: got.event for got in receiver.got}
    assert set(told) == {"candidate.created", "job.created", "interview.scheduled"}
    first = told["candidate.created"]
    assert (first["origin"], first["sequence"], first["timestamp"]) == ("sync", 0, at)
    assert first["causes"] == first["data"]["changes"] == []
    assert first["data"]["record"]["remote_id"] == first["data"]["remote_id"] == "7"
    assert (
        first["data"]["subject"]["id"] == first["data"]["id"] == ids.record_id(c, "candidate", "7")
    )
    assert told["job.created"]["sequence"] == 2
    assert {g.headers["hirewire-replay"] for g in receiver.got} == {done["id"]}


def test_what_others_hang_on_goes_first_and_what_nobody_asked_for_does_not_go() -> None:
    assert models_of(Wanted(url=URL))[:3] == ("job", "candidate", "application")
    assert {"activity", "source"}.isdisjoint(models_of(Wanted(url=URL)))
    assert models_of(Wanted(url=URL, event_types=("activity.*", "job.updated"))) == ("activity",)


@pytest.mark.usefixtures("working")
async def test_its_filters_apply(ops: Ops, history: History, receiver: Receiver) -> None:
    one, two = (await history.connection()).id, (await history.connection()).id
    for c in (one, two):
        for remote_id in ("1", "2"):
            await _adopt(history.store, c, "candidate", remote_id)
            await _adopt(history.store, c, "job", remote_id)
    wanted = {
        "url": receiver.url,
        "event_types": ["job.*"],
        "connection_ids": [two],
        "conditions": {"eq": {"data.record.remote_id": "2"}},
    }
    made = await ops.post("/subscribers", wanted)
    path = f"/subscribers/{made['id']}/backfill"

    counted = await ops.post(path, {"dry_run": True}, status=200)
    done = await _done(ops, await ops.post(path, status=202))

    assert (counted["total"], counted["by_type"]) == (1, {"job.created": 1})
    assert (done["total"], done["done"]) == (1, 1)
    [got] = receiver.got
    assert (got.event["connection_id"], got.event["data"]["remote_id"]) == (two, "2")


@pytest.mark.usefixtures("working")
async def test_the_same_state_again_is_the_same_event(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    c = (await history.connection()).id
    for n in range(3):
        await _adopt(history.store, c, "candidate", str(n))
    made = await ops.post("/subscribers", {"url": receiver.url})
    path = f"/subscribers/{made['id']}/backfill"

    await _done(ops, await ops.post(path, status=202))
    await _done(ops, await ops.post(path, status=202))

    bodies = [got.body for got in receiver.got]
    assert len(bodies) == 6 and sorted(bodies[:3]) == sorted(bodies[3:])


async def test_no_state_comes_after_a_newer_live_event(
    ops: Ops, history: History, receiver: Receiver, settings: Settings
) -> None:
    c = (await history.connection()).id
    people = [str(n) for n in range(30)]
    for person in people:
        await history.tell(c, "candidate.created", person)
    receiver.answers = [500, 200, 200, 200, 200] * 20
    schedule = [0, *[0.02] * 9]
    wanted = {"url": receiver.url, "backfill": True, "retry_schedule": schedule}
    made = await ops.post("/subscribers", wanted)

    async def edit() -> None:
        for person in people * 2:
            await history.tell(c, "candidate.updated", person)
            await asyncio.sleep(0)

    async with running(settings), running(settings):
        await asyncio.gather(edit(), _done(ops, made["backfill"]))
        await until(lambda: sum("hirewire-replay" not in g.headers for g in receiver.got) == 60)

    for person in people:
        told = [g for g in receiver.got if g.event["data"]["remote_id"] == person]
        sent = [g.event["sequence"] for g in told]
        for k, got in enumerate(told):
            if "hirewire-replay" in got.headers:
                assert all(sequence <= sent[k] for sequence in sent[:k]), sent
        assert [
            s for s, g in zip(sent, told, strict=True) if "hirewire-replay" not in g.headers
        ] == [2, 3]


async def test_a_record_that_changed_since_it_was_rendered_is_rendered_anew(
    ops: Ops, history: History
) -> None:
    store, c = history.store, (await history.connection()).id
    await history.tell(c, "candidate.created", "7")
    made = await ops.post("/subscribers", {"url": URL, "backfill": True})
    r, s = made["backfill"]["id"], made["id"]
    row = ("dlv_1", "lane", b'{"n":0}', "evt_1", b"{}", c, "candidate", "7", 1, "dlv_live")
    await history.tell(c, "candidate.updated", "7")

    assert await store.replays.open_kept(r, 1, s, [row]) == 0
    now = (*row[:8], 2, row[9])
    assert await store.replays.open_kept(r, 1, s, [now]) == 1
    # Sent twice it is opened once.
    assert await store.replays.open_kept(r, 1, s, [now]) == 0
    assert await store.deliveries.backlog(s) == 1


@pytest.mark.usefixtures("working")
async def test_a_state_that_is_told_live_meanwhile_is_not_sent_besides(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    c = (await history.connection()).id
    made = await ops.post("/subscribers", {"url": receiver.url})
    store, s = history.store, made["id"]
    query = b'{"source":"records","connections":["%s"],"models":["job"],"subscriber_ids":["%s"]}'
    replay = await store.replays.begin(
        query.replace(b"%s", c.encode(), 1).replace(b"%s", s.encode()), times.now_ms(), kind="backfill",
        subscriber=s, head_start_ms=60_000,
    )  # fmt: skip
    await history.tell(c, "job.created", "9")
    await until(lambda: len(receiver.got) == 1)
    await store.replays.wake(replay.id)

    done = await _done(ops, {"id": replay.id})

    assert (done["total"], done["done"], len(receiver.got)) == (1, 1, 1)


@pytest.mark.usefixtures("working")
async def test_what_a_connection_has_is_sent_once_its_baseline_is_done(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    store = history.store
    c = (await store.connections.create("5600", "a-token", "a-secret", "New")).id
    made = await ops.post("/subscribers", {"url": receiver.url, "backfill": True})
    assert made["backfill"]["selecting"] and made["backfill"]["total"] is None
    await _adopt(store, c, "job", "9")

    await store.connections.wake(c, ACTIVE)

    done = await _done(ops, made["backfill"])
    assert (done["total"], receiver.types) == (1, ["job.created"])


async def test_few_stand_in_the_way_of_live_events_and_bodies_go_once_they_were_received(
    ops: Ops, history: History, receiver: Receiver, settings: Settings
) -> None:
    store, c = history.store, (await history.connection()).id
    for n in range(200):
        await _adopt(store, c, "candidate", str(n))
    made = await ops.post("/subscribers", {"url": receiver.url, "backfill": True})
    s, r = made["id"], made["backfill"]["id"]
    await ops.post(f"/subscribers/{s}/pause", status=200)
    async with running(settings):
        await eventually(lambda: _stands(store, s))
        await ops.post(f"/subscribers/{s}/resume", status=200)
        await store.replays.wake(r)
        await _done(ops, made["backfill"])

    assert len(receiver.got) == 200
    lives = [await store.pipe.call("TTL", keys.event(g.event["id"])) for g in receiver.got]
    assert sum(0 < int(life) <= 3600 for life in lives) >= 200 - BOUNDS.open


async def _stands(store: Store, s: str) -> bool:
    open_ = int(await store.pipe.call("HLEN", keys.open_deliveries(s)))
    assert open_ <= BOUNDS.due
    return open_ == BOUNDS.due and not await store.pipe.call("HLEN", "lease:rpl")


async def test_it_is_paused_resumed_and_canceled_like_any_replay(
    ops: Ops, history: History
) -> None:
    c = (await history.connection()).id
    await _adopt(history.store, c, "job", "9")
    made = await ops.post("/subscribers", {"url": URL, "backfill": True})
    path = f"/replays/{made['backfill']['id']}"
    assert made["backfill"]["total"] == 1

    for action, status in (("pause", "paused"), ("resume", "running"), ("cancel", "canceled")):
        assert (await ops.post(f"{path}/{action}", status=200))["status"] == status
    assert [r["kind"] for r in await ops.items("/replays")] == ["backfill"]


async def test_what_makes_no_sense_is_refused(ops: Ops) -> None:
    kombo = {"url": URL, "format": "kombo", "vendor_secret": "a-secret", "backfill": True}
    await ops.refused("POST", "/subscribers", kombo, status=422)
    await ops.refused("POST", "/subscribers", {"url": URL, "backfill": "yes"}, status=422)
    assert await ops.items("/subscribers") == []
    made = await ops.post("/subscribers", {"url": URL})
    await ops.refused("POST", f"/subscribers/{made['id']}/backfill", {"rate": 0}, status=422)
    await ops.refused("POST", "/subscribers/sub_nobody/backfill", status=404)
