"""Events: the merged log, its filters, a record's timeline, one envelope."""

from typing import Any

import pytest

from service.core import ids, times
from service.core.events import TYPES
from service.core.store.store import Store
from tests.ops.conftest import History, Ops


async def test_the_list_merges_all_connections_newest_first_without_the_record(
    ops: Ops, history: History
) -> None:
    one, two = await history.connection(), await history.connection()
    told = [
        await history.tell(one.id, "candidate.created", "1"),
        await history.tell(two.id, "candidate.created", "1"),
        await history.tell(one.id, "candidate.updated", "1", title="Engineer"),
    ]

    listed = await ops.items("/events")

    assert sorted(e["id"] for e in listed) == sorted(told)
    newest = next(e for e in listed if e["id"] == told[2])
    assert "record" not in newest and "data" not in newest
    assert newest["changes"] == [{"path": "title", "before": None, "after": "Engineer"}]
    assert (newest["sequence"], newest["origin"], newest["model"]) == (2, "sync", "candidate")
    assert newest["record_id"] == ids.record_id(one.id, "candidate", "1")


async def test_pages_join_without_a_gap_or_a_repeat_while_the_log_grows(
    ops: Ops, history: History
) -> None:
    connections = [await history.connection() for _ in range(3)]
    told = [
        await history.tell(c.id, "candidate.created", str(n))
        for n in range(20)
        for c in connections
    ]

    found, after = [], None
    while True:
        query = {"limit": 7} | ({"after": after} if after else {})
        page = await ops.get("/events", **query)
        found += [event["id"] for event in page["items"]]
        await history.tell(connections[0].id, "job.created", str(len(found)))
        if (after := page["next_cursor"]) is None:
            break

    assert len(found) == len(set(found)) == 60
    assert set(found) == set(told)
    per_connection = [told[i::3] for i in range(3)]
    for mine in per_connection:
        assert [e for e in found if e in set(mine)] == mine[::-1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"type": "candidate.updated"}, [1]),
        ({"type": "candidate.*"}, [1, 0]),
        ({"type": "*"}, [3, 2, 1, 0]),
        ({"model": "job"}, [2]),
        ({"model": "candidate", "remote_id": "7"}, [1, 0]),
        ({"remote_id": "9"}, [2]),
        ({"since": "2026-04-21T07:00:00Z"}, [3, 2]),
        ({"since": "2026-04-21T09:00:00+02:00"}, [3, 2]),
        ({"until": "2026-04-20T08:00:00Z"}, [1, 0]),
        ({"since": "2026-04-20T08:00:00.000Z", "until": "2026-04-21T08:00:00.000Z"}, [2, 1]),
        ({"type": "job.*", "remote_id": "7"}, []),
    ],
)
async def test_all_given_filters_must_match(
    ops: Ops, history: History, query: dict[str, Any], expected: list[int]
) -> None:
    c = (await history.connection()).id
    told = [
        await history.tell(c, "candidate.created", "7", at="2026-04-19T08:00:00.000Z"),
        await history.tell(c, "candidate.updated", "7", at="2026-04-20T08:00:00.000Z"),
        await history.tell(c, "job.created", "9", at="2026-04-21T08:00:00.000Z"),
        await history.tell(c, "application.created", "8", at="2026-04-22T08:00:00.000Z"),
    ]

    assert [e["id"] for e in await ops.items("/events", **query)] == [told[i] for i in expected]


async def test_a_filter_by_connection_or_record_leaves_out_the_others(
    ops: Ops, history: History
) -> None:
    one, two = await history.connection(), await history.connection()
    mine = await history.tell(one.id, "candidate.created", "7")
    theirs = await history.tell(two.id, "candidate.created", "7")
    uid = ids.record_id(one.id, "candidate", "7")

    assert [e["id"] for e in await ops.items("/events", connection_id=two.id)] == [theirs]
    assert [e["id"] for e in await ops.items("/events", record_id=uid)] == [mine]
    assert [e["id"] for e in await ops.items("/events", record_id=uid, model="candidate")] == [mine]
    assert await ops.items("/events", record_id=uid, connection_id=two.id) == []
    assert await ops.items("/events", record_id="nobody") == []


async def test_a_records_events_are_paged_and_filtered_too(ops: Ops, history: History) -> None:
    c = (await history.connection()).id
    told = [await history.tell(c, "candidate.created", "7")]
    told += [await history.tell(c, "candidate.updated", "7") for _ in range(10)]
    uid = ids.record_id(c, "candidate", "7")

    every = await ops.all("/events", record_id=uid, limit=3)
    created = await ops.all("/events", record_id=uid, type="candidate.created", limit=3)

    assert [e["id"] for e in every] == told[::-1]
    assert [e["id"] for e in created] == told[:1]


async def test_a_timeline_is_found_by_either_id(ops: Ops, history: History) -> None:
    c = (await history.connection()).id
    told = [
        await history.tell(c, "candidate.created", "7"),
        await history.tell(c, "candidate.updated", "7"),
    ]
    uid = ids.record_id(c, "candidate", "7")

    for name in (uid, "7"):
        found = await ops.all(f"/records/candidate/{name}/timeline", limit=1)
        assert [e["id"] for e in found] == told[::-1]


async def test_a_timeline_of_an_ambiguous_id_asks_for_the_connection(
    ops: Ops, history: History
) -> None:
    one, two = await history.connection(), await history.connection()
    for connection in (one, two):
        await history.tell(connection.id, "candidate.created", "7")

    detail = await ops.refused("GET", "/records/candidate/7/timeline", status=422)
    found = await ops.items("/records/candidate/7/timeline", connection_id=two.id)

    assert detail.startswith("connection_id")
    assert [e["connection_id"] for e in found] == [two.id]
    await ops.refused("GET", "/records/candidate/8/timeline", status=404)
    await ops.refused("GET", "/records/dragon/7/timeline", status=404)


async def test_an_envelope_is_given_byte_for_byte(ops: Ops, history: History, store: Store) -> None:
    event_id = await history.tell((await history.connection()).id, "candidate.created")

    answer = await ops.send("GET", f"/events/{event_id}")

    assert answer.content == await store.log.body(event_id)
    assert answer.headers["content-type"] == "application/json"


async def test_an_event_whose_body_is_gone_is_not_listed(
    ops: Ops, history: History, store: Store
) -> None:
    c = (await history.connection()).id
    gone, kept = (
        await history.tell(c, "job.created", "1"),
        await history.tell(c, "job.created", "2"),
    )

    await store.pipe.call("DEL", f"ev:{gone}")

    assert [e["id"] for e in await ops.items("/events")] == [kept]


async def test_operational_events_are_listed_without_a_record(ops: Ops, history: History) -> None:
    c = (await history.connection()).id
    await history.store.records.announce(
        c, "connection.unauthorized", {"reason": "x"}, times.now_ms()
    )

    [event] = await ops.items("/events")

    assert event["type"] == "connection.unauthorized"
    assert (event["sequence"], event["model"], event["changes"]) == (None, None, [])


async def test_event_types_say_which_of_them_the_default_covers(ops: Ops) -> None:
    default = {row["type"]: row["default"] for row in await ops.items("/event-types")}

    assert list(default) == list(TYPES)
    assert default["candidate.created"] and not default["activity.created"]


@pytest.mark.parametrize(
    "query",
    [
        "type=candidate.exploded",
        "since=yesterday",
        "until=2026-04-21T25:00:00Z",
        "after=WyJ4IiwieSJd",
    ],
)
async def test_a_filter_that_makes_no_sense_is_422(ops: Ops, query: str) -> None:
    await ops.refused("GET", f"/events?{query}", status=422)
