"""Replays: what is chosen, by whom it is received, and how it is steered."""

from collections import Counter
from typing import Any

import pytest

from service.core import ids, times
from service.core.store.replays import Item
from tests.ops.conftest import History, Ops, settled
from tests.serving import Receiver, until

URL = "http://127.0.0.1:9/hook"


async def _counts(ops: Ops, **body: Any) -> Counter[str]:
    """Return what a dry run counts, by type."""
    counted = await ops.post("/replays", {**body, "dry_run": True}, status=200)
    assert counted["total"] == sum(counted["by_subscriber"].values())
    return Counter(counted["by_type"])


@pytest.mark.usefixtures("working")
async def test_events_are_sent_again_under_their_old_ids_and_in_their_old_order(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    c = (await history.connection()).id
    told = [await history.tell(c, "candidate.created")]
    told += [await history.tell(c, "candidate.updated") for _ in range(9)]
    made = await ops.post("/subscribers", {"url": receiver.url})
    receiver.secret = made["secret"]

    replay = await ops.post("/replays", {"filter": {"types": ["candidate.*"]}}, status=202)

    done = await settled(ops, lambda r: r["status"] == "done", f"/replays/{replay['id']}")
    assert (replay["total"], done["done"], done["failed"]) == (10, 10, 0)
    assert [got.event["id"] for got in receiver.got] == told
    assert {got.headers["hirewire-replay"] for got in receiver.got} == {replay["id"]}
    assert {d["replay_id"] for d in await ops.items("/deliveries")} == {replay["id"]}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"filter": {"types": ["job.*"]}}, {"job.created": 1}),
        (
            {"filter": {"types": ["job.*", "candidate.created"]}},
            {"job.created": 1, "candidate.created": 1},
        ),
        ({"filter": {"models": ["candidate"]}}, {"candidate.created": 1, "candidate.updated": 1}),
        ({"filter": {"models": ["candidate"], "types": ["*.updated"]}}, None),
        (
            {"filter": {"models": ["candidate"], "types": ["candidate.updated"]}},
            {"candidate.updated": 1},
        ),
        (
            {"since": "2000-01-01T00:00:00Z"},
            {"candidate.created": 1, "candidate.updated": 1, "job.created": 1},
        ),
        ({"since": "2099-01-01T00:00:00Z"}, {}),
        ({"until": "2000-01-01T00:00:00Z"}, {}),
    ],
)
async def test_all_given_ones_must_match(
    ops: Ops, history: History, body: dict[str, Any], expected: dict[str, int] | None
) -> None:
    await ops.post("/subscribers", {"url": URL})
    c = (await history.connection()).id
    await history.tell(c, "candidate.created", "7")
    await history.tell(c, "candidate.updated", "7")
    await history.tell(c, "job.created", "9")

    if expected is None:
        await ops.refused("POST", "/replays", body, status=422)
    else:
        assert await _counts(ops, **body) == expected


async def test_records_connections_and_events_can_be_named(ops: Ops, history: History) -> None:
    await ops.post("/subscribers", {"url": URL})
    one, two = await history.connection(), await history.connection()
    created = await history.tell(one.id, "candidate.created", "7")
    await history.tell(two.id, "job.created", "7")
    uid = ids.record_id(one.id, "candidate", "7")

    assert await _counts(ops, filter={"record_ids": [uid]}) == {"candidate.created": 1}
    assert await _counts(ops, filter={"record_ids": ["nobody"]}) == {}
    assert await _counts(ops, filter={"connection_ids": [two.id]}) == {"job.created": 1}
    assert await _counts(ops, event_ids=[created, created]) == {"candidate.created": 1}
    assert await _counts(ops, event_ids=[created], filter={"models": ["job"]}) == {}


async def test_who_gets_it_is_who_wants_it_or_who_is_named(ops: Ops, history: History) -> None:
    jobs = await ops.post("/subscribers", {"url": URL, "event_types": ["job.*"]})
    every = await ops.post("/subscribers", {"url": URL})
    c = (await history.connection()).id
    event_id = await history.tell(c, "candidate.created")
    await history.tell(c, "job.created")

    async def by(**body: Any) -> dict[str, int]:
        found: dict[str, int] = (await ops.post("/replays", {**body, "dry_run": True}, status=200))[
            "by_subscriber"
        ]
        return found

    since = "2000-01-01T00:00:00Z"
    assert await by(since=since) == {every["id"]: 2, jobs["id"]: 1}
    assert await by(since=since, subscriber_ids=[jobs["id"]]) == {jobs["id"]: 1}
    assert await by(event_ids=[event_id]) == {every["id"]: 1}
    assert await by(event_ids=[event_id], subscriber_ids=[jobs["id"]]) == {jobs["id"]: 1}


@pytest.mark.usefixtures("working")
async def test_dead_letters_are_chosen_by_their_last_status_and_go_to_their_own_subscriber(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    receiver.answers = [500, 404]
    failing = await ops.post(
        "/subscribers", {"url": receiver.url, "retry_schedule": [0], "concurrency": 1}
    )
    receiver.secret = failing["secret"]
    other = await ops.post("/subscribers", {"url": URL, "event_types": ["connection.restored"]})
    c = (await history.connection()).id
    first = await history.tell(c, "candidate.created")
    await until(lambda: len(receiver.tried) == 1)
    await history.tell(c, "job.created")
    await settled(ops, lambda page: len(page["items"]) == 2, "/dead-letters")

    assert await _counts(ops, filter={"http_status": [500]}) == {"candidate.created": 1}
    assert await _counts(ops, filter={"http_status": 404, "models": ["job"]}) == {"job.created": 1}
    assert await _counts(ops, filter={"http_status": 404, "models": ["candidate"]}) == {}
    assert await _counts(ops, filter={"http_status": [500]}, subscriber_ids=[other["id"]]) == {}

    replay = await ops.post("/replays", {"filter": {"http_status": [500, 404]}}, status=202)
    done = await settled(ops, lambda r: r["status"] == "done", f"/replays/{replay['id']}")
    assert (done["total"], done["done"]) == (2, 2)
    assert first in {got.event["id"] for got in receiver.got}
    assert await ops.items("/dead-letters") == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"filter": {}},
        {"subscriber_ids": ["sub_x"]},
        {"dry_run": True},
        {"since": "yesterday"},
        {"filter": {"types": ["candidate.exploded"]}},
        {"filter": {"models": ["dragon"]}},
        {"filter": {"wat": 1}},
        {"event_ids": []},
        {"event_ids": ["evt_nobody"]},
        {"dead_letter_ids": ["dlt_nobody"]},
        {"since": "2026-01-01T00:00:00Z", "subscriber_ids": ["sub_nobody"]},
        {"since": "2026-01-01T00:00:00Z", "rate": 0},
        {"since": "2026-01-01T00:00:00Z", "rate": "5"},
        {"since": "2026-01-01T00:00:00Z", "missing": "yes"},
        {"filter": {"kind": "lost"}},
        {"since": "2026-01-01T00:00:00Z", "dry_run": "yes"},
    ],
)
async def test_what_makes_no_sense_is_422_and_begins_nothing(
    ops: Ops, body: dict[str, Any]
) -> None:
    await ops.refused("POST", "/replays", body, status=422)

    assert await ops.items("/replays") == []


async def test_a_replay_of_nothing_is_done_at_once(ops: Ops) -> None:
    replay = await ops.post("/replays", {"since": "2000-01-01T00:00:00Z"}, status=202)

    assert (replay["status"], replay["total"]) == ("done", 0)
    assert await ops.items("/replays") == [replay]


async def test_a_running_replay_is_paused_resumed_and_canceled_and_then_stays_so(
    ops: Ops, history: History
) -> None:
    made = await history.store.replays.create([Item("evt_x", "sub_x", "dlt_x")], times.now_ms())
    path = f"/replays/{made.id}"

    assert (await ops.post(path + "/pause", status=200))["status"] == "paused"
    assert (await ops.post(path + "/resume", status=200))["status"] == "running"
    assert (await ops.post(path + "/cancel", status=200))["status"] == "canceled"

    assert "canceled" in await ops.refused("POST", path + "/resume", status=409)
    assert "canceled" in await ops.refused("POST", path + "/pause", status=409)
    assert await history.store.dead_letters.replaying("dlt_x") is None


async def test_a_replay_that_is_done_is_not_steered_any_more(ops: Ops) -> None:
    made = await ops.post("/replays", {"since": "2000-01-01T00:00:00Z"}, status=202)

    for action in ("pause", "resume", "cancel"):
        assert "done" in await ops.refused("POST", f"/replays/{made['id']}/{action}", status=409)


async def test_one_whose_last_delivery_was_settled_while_it_paused_is_done_when_resumed(
    ops: Ops, history: History
) -> None:
    made = await history.store.replays.create([Item("evt_x", "sub_x")], times.now_ms())
    path = f"/replays/{made.id}"
    await ops.post(path + "/pause", status=200)
    await history.store.pipe.call("DEL", f"rplq:{made.id}")
    await history.store.pipe.call("HSET", f"rpl:{made.id}", "done", 1)

    assert (await ops.post(path + "/resume", status=200))["status"] == "done"


@pytest.mark.usefixtures("working")
async def test_what_cannot_be_sent_any_more_is_counted_as_failed(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    made = await ops.post("/subscribers", {"url": receiver.url, "event_types": ["job.created"]})
    receiver.secret = made["secret"]
    c = (await history.connection()).id
    event_id = await history.tell(c, "candidate.created")
    items = [Item("evt_gone", made["id"]), Item(event_id, "sub_gone"), Item(event_id, made["id"])]

    replay = await history.store.replays.create(items, times.now_ms())

    done = await settled(ops, lambda r: r["status"] == "done", f"/replays/{replay.id}")
    assert (done["done"], done["failed"]) == (1, 2)
