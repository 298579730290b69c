"""What a replay selects, chunk by chunk: what is missing, whose it is, how far it is, how fast it goes."""

import asyncio
from typing import Any

import pytest

from service.core import ids, times
from service.core.recruitee import webhook
from service.core.replaying import selection
from service.core.replaying.query import Query
from service.core.settings import Settings
from service.core.store import keys
from service.core.store.dead_letters import DeadLetter
from service.core.store.replays import Bounds, Item
from service.core.store.store import Store
from service.core.unified.model import Cause
from tests.ops.conftest import History, Ops, settled
from tests.serving import Receiver, eventually, until
from workers.app import running
from workers.replay import BATCH, MOST_DUE

MANY = 100_000
URL = "http://127.0.0.1:9/hook"
FILL = b"""
local s, body, at = ARGV[1], ARGV[2], redis.call('TIME')[1] * 1000 - 3600000
for i = 1, tonumber(ARGV[3]) do
  local e, d = string.format('evt_%020d', i), string.format('dlt_%020d', i)
  redis.call('SET', 'ev:' .. e, string.format(body, i, i), 'EX', 600)
  redis.call('SET', 'dlt:' .. d, string.format(
    '{"id":"%s","kind":"delivery","reason":"500","failed_at":%.0f,"connection_id":"c","type":"job.created",'
    .. '"delivery_id":"dlv_%s","event_id":"%s","subscriber_id":"%s"}',
    d, at + math.floor(i / 7), d, e, s), 'EX', 600)
  redis.call('ZADD', 'dead', at + math.floor(i / 7), d)
end
"""
BODY = (
    b'{"id":"evt_x","type":"job.created","timestamp":"2026-01-01T00:00:00Z","connection_id":"c",'
    b'"data":{"model":"job","id":"j","remote_id":"%d","subject":{"model":"job","remote_id":"%d"}}}'
)


async def _fill(store: Store, s: str, count: int) -> None:
    await store.pipe.call("EVAL", FILL, 0, s, BODY, count)


async def _counted(ops: Ops, **body: Any) -> dict[str, int]:
    found = await ops.post("/replays", {**body, "dry_run": True}, status=200)
    assert found["complete"] is True
    by: dict[str, int] = found["by_subscriber"]
    return by


def _rss_mb() -> float:
    with open("/proc/self/statm", encoding="ascii") as pages:
        return int(pages.read().split()[1]) * 4096 / 1e6


async def test_what_a_subscriber_received_is_not_missing_and_all_else_is(
    ops: Ops, history: History, receiver: Receiver, settings: Settings
) -> None:
    c = (await history.connection()).id
    before = await history.tell(c, "job.created", "1")
    made = await ops.post("/subscribers", {"url": receiver.url, "retry_schedule": [0]})
    receiver.answers = [200, 500]
    async with running(settings):
        received = await history.tell(c, "job.updated", "2")
        await until(lambda: len(receiver.tried) == 1)
        dead = await history.tell(c, "job.updated", "3")
        await settled(ops, lambda page: len(page["items"]) == 1, "/dead-letters")
        await ops.send("DELETE", f"/dead-letters/{(await ops.items('/dead-letters'))[0]['id']}")
        missing = {"missing": True, "subscriber_ids": [made["id"]]}
        assert await _counted(ops, **missing) == {made["id"]: 2}

        replay = await ops.post("/replays", missing, status=202)
        await settled(ops, lambda r: r["status"] == "done", f"/replays/{replay['id']}")

        again = [got.event["id"] for got in receiver.got if "hirewire-replay" in got.headers]
        assert sorted(again) == sorted([before, dead]) and received not in again
        assert await _counted(ops, **missing) == {}


async def test_what_a_subscriber_has_yet_to_read_is_not_missing(ops: Ops, history: History) -> None:
    c = (await history.connection()).id
    await history.tell(c, "job.created", "1")
    made = await ops.post("/subscribers", {"url": URL})
    await ops.post(f"/subscribers/{made['id']}/pause", status=200)
    await history.tell(c, "job.updated", "1")

    assert await _counted(ops, missing=True) == {made["id"]: 1}
    assert await _counted(ops, since="2000-01-01T00:00:00Z") == {made["id"]: 2}


async def test_a_subject_is_chosen_with_all_that_belongs_to_it(ops: Ops, history: History) -> None:
    made = await ops.post("/subscribers", {"url": URL})
    c = (await history.connection()).id
    await history.tell(c, "candidate.created", "7")
    await history.tell(c, "job.created", "7")

    subject = ids.record_id(c, "candidate", "7")

    assert await _counted(ops, filter={"subject_ids": [subject]}) == {made["id"]: 1}
    assert await _counted(ops, filter={"subject_ids": ["nobody"]}) == {}


async def test_content_filters_choose_what_is_replayed(ops: Ops, history: History) -> None:
    condition = {"eq": {"data.record.id": "nothing"}}
    made = await ops.post("/subscribers", {"url": URL, "conditions": condition})
    every = await ops.post("/subscribers", {"url": URL})
    c = (await history.connection()).id
    event_id = await history.tell(c, "job.created", "7")

    assert await _counted(ops, since="2000-01-01T00:00:00Z") == {every["id"]: 1}
    named = {"event_ids": [event_id], "subscriber_ids": [made["id"]]}
    assert await _counted(ops, **named) == {made["id"]: 1}


async def test_only_what_was_told_before_it_began_is_replayed(
    ops: Ops, history: History, settings: Settings
) -> None:
    made = await ops.post("/subscribers", {"url": URL})
    await ops.post(f"/subscribers/{made['id']}/pause", status=200)
    c = (await history.connection()).id
    await history.tell(c, "job.created", "7")
    query = Query(source="log", connections=(c,), until=await history.store.log.ago(0))
    await eventually(lambda: _later(history.store, query.until or 0))
    await history.tell(c, "job.updated", "7")

    chosen = [one async for chunk in selection.all_chosen(history.store, query) for one in chunk]

    assert [one.type for one in chosen] == ["job.created"]


async def _later(store: Store, ms: int) -> bool:
    return await store.log.ago(0) > ms


@pytest.mark.usefixtures("working")
async def test_inbound_dead_letters_go_back_into_the_inbox_in_bulk(
    ops: Ops, history: History
) -> None:
    c = (await history.connection()).id
    for n in range(5):
        await _bury(history.store, c, f"job:{n}")
    await history.store.dead_letters.quarantine(c, "not JSON", "", b"<nothing>", times.now_ms())
    inbound = {"filter": {"kind": "inbound"}}
    counted = await ops.post("/replays", {**inbound, "dry_run": True}, status=200)
    assert counted["by_type"] == {"offer_updated": 5, "inbound": 1}

    replay = await ops.post("/replays", inbound, status=202)

    done = await settled(ops, lambda r: r["status"] == "done", f"/replays/{replay['id']}")
    assert (done["total"], done["done"], done["failed"]) == (6, 5, 1)
    [left] = await ops.items("/dead-letters")
    assert (left["reason"], left["status"]) == ("not JSON", "dead")


async def _bury(store: Store, c: str, root: str) -> None:
    entry = webhook.entry(root, Cause("webhook", 1, "offer_updated"))
    dead = DeadLetter(
        id=ids.inbound_dead_letter_id(c, root), kind="inbound", reason="gave up after 72 h",
        failed_at=times.now_ms(), connection_id=c, type="offer_updated", root=root,
        entries=(entry.decode(),),
    )  # fmt: skip
    await store.pipe.call("SET", keys.dead_letter(dead.id), dead.model_dump_json(), "EX", 60)
    await store.pipe.call("ZADD", "dead", dead.failed_at, dead.id)


@pytest.mark.usefixtures("working")
async def test_no_more_leave_in_a_second_than_the_rate_says(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    await ops.post("/subscribers", {"url": receiver.url})
    c = (await history.connection()).id
    for n in range(8):
        await history.tell(c, "job.created", str(n))
    await until(lambda: len(receiver.got) == 8)
    loop = asyncio.get_running_loop()
    began = loop.time()

    replay = await ops.post("/replays", {"filter": {"types": ["job.*"]}, "rate": 20}, status=202)

    await settled(ops, lambda r: r["status"] == "done", f"/replays/{replay['id']}")
    assert replay["rate"] == 20
    assert loop.time() - began >= 6 / 20  # two leave at once, the others 50 ms apart


async def test_a_hundred_thousand_dead_letters_are_selected_without_being_held(
    ops: Ops, history: History, settings: Settings
) -> None:
    made = await ops.post("/subscribers", {"url": URL})
    await ops.post(f"/subscribers/{made['id']}/pause", status=200)
    await _fill(history.store, made["id"], MANY)
    loop, before, most = asyncio.get_running_loop(), _rss_mb(), 0.0
    async with running(settings):
        began = loop.time()
        replay = await ops.post("/replays", {"filter": {"kind": "delivery"}}, status=202)
        assert replay["selecting"] and replay["total"] is None and replay["selected"] < MANY
        path = f"/replays/{replay['id']}"
        while (now := await ops.get(path))["selecting"]:
            assert loop.time() - began < 30
            most = max(most, _rss_mb())
            await asyncio.sleep(0.1)

    assert now["total"] == MANY
    assert await history.store.pipe.call("HLEN", "replaying") == MANY
    # What cannot be sent yet stays a row: the line of a subscriber that is paused is not filled with it.
    line = keys.replay_line(made["id"])
    assert await history.store.pipe.call("HLEN", keys.open_deliveries(line)) <= MOST_DUE + BATCH
    assert most - before < 60

    assert (await ops.post(path + "/cancel", status=200))["status"] == "canceled"
    left = await history.store.pipe.call("HLEN", "replaying")
    assert left == await history.store.pipe.call("HLEN", keys.open_deliveries(line))


async def test_two_that_select_at_once_choose_everything_once(ops: Ops, history: History) -> None:
    made = await ops.post("/subscribers", {"url": URL})
    await _fill(history.store, made["id"], 3000)
    store, query = history.store, Query(source="letters", until=times.now_ms())
    replay = await store.replays.begin(query.model_dump_json().encode(), times.now_ms())

    async def select() -> None:
        chosen, now = await selection.opened(store, query), await store.replays.get(replay.id)
        while now is not None and now.selecting:
            now = await selection.go_on(store, chosen, now)

    await asyncio.gather(select(), select(), select())

    found = await store.replays.get(replay.id)
    assert found and (found.total, found.selecting) == (3000, False)
    _, items = await store.replays.items(replay.id, 5000)
    letters = [item.dead_letter_id for item in items]
    assert len(letters) == 3000 and letters == sorted(letters)


async def test_what_is_sent_twice_to_redis_is_done_once(ops: Ops, history: History) -> None:
    store, c = history.store, (await history.connection()).id
    made = await ops.post("/subscribers", {"url": URL})
    await _fill(store, made["id"], 2)
    event_id = await history.tell(c, "job.created", "7")
    r = "rpl_once"
    begin = (r, 60, 1, 0, b'{"source":"letters"}', "", "kind", "replay", "rate", 1)
    assert [await store.pipe.run("begin_replay", *begin) for _ in range(2)] == [1, 0]
    letters = [Item("evt_x", made["id"], f"dlt_{n:020d}") for n in (1, 2, 3)]
    for _ in range(2):
        await store.replays.select(r, "", "[1]", letters, ended=False)
    last = [Item(event_id, made["id"])]
    assert await store.replays.select(r, "[1]", "[2]", last, ended=True)
    assert not await store.replays.select(r, "[1]", "[2]", last, ended=True)

    found = await store.replays.get(r)

    # One of the dead letters is none; the rate lets one leave at a time.
    assert found and (found.total, found.selecting, found.rate) == (3, False, 1)
    bounds = Bounds(10, 10)
    some = await store.replays.next(r, 9, bounds)
    assert (some.length, [Item(*row) for row in some.rows]) == (3, letters[:1])
    for _ in range(2):
        assert await store.replays.open(r, some.length, [], [], letters[:1])
    after = await store.replays.next(r, 9, bounds)
    assert (after.length, after.rows) == (2, []) and 0 < after.wait_ms <= 1000
    assert [await store.dead_letters.discard(letters[0].dead_letter_id) for _ in range(2)] == [0, 0]
    assert await store.dead_letters.get(letters[0].dead_letter_id) is None
    assert await store.dead_letters.discard(letters[1].dead_letter_id) == 0
    assert await store.replays.move(r, "canceled", "running")
    assert [await store.dead_letters.discard(letters[1].dead_letter_id) for _ in range(2)] == [1, 0]


async def test_a_replay_that_is_paused_while_it_selects_goes_on_where_it_was(
    ops: Ops, history: History, settings: Settings
) -> None:
    made = await ops.post("/subscribers", {"url": URL})
    await ops.post(f"/subscribers/{made['id']}/pause", status=200)
    await _fill(history.store, made["id"], 4000)
    replay = await ops.post("/replays", {"filter": {"kind": "delivery"}}, status=202)
    path = f"/replays/{replay['id']}"
    paused = await ops.post(path + "/pause", status=200)
    async with running(settings):
        await eventually(lambda: _idle(history.store))
        assert await ops.get(path) == paused and paused["selecting"]

        await ops.post(path + "/resume", status=200)
        done = await settled(ops, lambda r: not r["selecting"], path)

    assert (done["total"], done["status"]) == (4000, "running")


async def _idle(store: Store) -> bool:
    return not await store.pipe.call("EXISTS", "ready:rpl")


async def test_what_another_replay_sends_is_left_to_it(ops: Ops, history: History) -> None:
    made = await ops.post("/subscribers", {"url": URL})
    await _fill(history.store, made["id"], 100)
    first = await ops.post(
        "/replays", {"filter": {"types": ["job.*"], "kind": "delivery"}}, status=202
    )
    second = await ops.post("/replays", {"filter": {"kind": "delivery"}}, status=202)

    assert (first["total"], first["status"]) == (100, "running")
    assert (second["total"], second["status"]) == (0, "done")


async def test_a_replay_waits_when_a_line_is_full_but_for_nobody_else(
    ops: Ops, history: History, receiver: Receiver, settings: Settings
) -> None:
    store = history.store
    away = await ops.post("/subscribers", {"url": URL})
    await ops.post(f"/subscribers/{away['id']}/pause", status=200)
    here = await ops.post("/subscribers", {"url": receiver.url})
    c = (await history.connection()).id
    events = [await history.tell(c, "job.created", str(n)) for n in range(3)]
    full = {f"dlv_{n}": 0 for n in range(MOST_DUE)}
    line = keys.due(keys.replay_line(away["id"]))
    await store.pipe.call("ZADD", line, *(part for d, at in full.items() for part in (at, d)))
    async with running(settings):
        alone = await ops.post(
            "/replays", {"event_ids": events, "subscriber_ids": [away["id"]]}, status=202
        )
        both = {"event_ids": events, "subscriber_ids": [away["id"], here["id"]]}
        await ops.post("/replays", both, status=202)
        await until(lambda: sum("hirewire-replay" in g.headers for g in receiver.got) == 3)
        assert await store.pipe.call("LLEN", keys.replay_queue(alone["id"])) == 3

        await store.pipe.call("ZREM", line, *full)
        await store.replays.wake(alone["id"])
        await eventually(lambda: _opened(store, alone["id"]))


async def _opened(store: Store, r: str) -> bool:
    return not await store.pipe.call("LLEN", keys.replay_queue(r))


async def test_dead_letters_are_discarded_in_bulk_but_those_that_are_sent_again(
    ops: Ops, history: History
) -> None:
    made = await ops.post("/subscribers", {"url": URL})
    other = await ops.post("/subscribers", {"url": URL})
    await _fill(history.store, made["id"], 1000)
    [kept] = await ops.items("/dead-letters", limit=1)
    await ops.post("/replays", {"dead_letter_ids": [kept["id"]]}, status=202)

    async def discarded(**body: Any) -> Any:
        return await ops.post("/dead-letters/discard", body, status=200)

    await ops.refused("POST", "/dead-letters/discard", {}, status=422)
    assert (await discarded(subscriber_ids=[other["id"]]))["discarded"] == 0
    assert (await discarded(subscriber_ids=[made["id"]], dry_run=True))["total"] == 999
    assert await discarded(filter={"types": ["job.*"]}) == {"discarded": 999, "complete": True}
    assert [d["id"] for d in await ops.items("/dead-letters")] == [kept["id"]]
