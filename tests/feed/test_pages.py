"""Pages of the feed: in commit order per connection, nothing twice, nothing left out, nothing silent."""

import asyncio
from typing import Any

import pytest

from service.core.settings import Settings
from service.feed import cursor, routes
from tests.feed.conftest import Feed, History, Ops, holding
from tests.serving import eventually


async def test_it_begins_at_the_oldest_event_and_gives_the_very_envelopes(
    feed: Feed, ops: Ops, history: History
) -> None:
    connection = await history.connection()
    told = [await history.tell(connection.id, "candidate.created", str(n)) for n in range(3)]

    page = await feed.page()

    assert [event["id"] for event in page["events"]] == told
    assert page["events"][0] == await ops.get(f"/events/{told[0]}")
    assert page["missed"] == 0


async def test_an_empty_page_repeats_its_position_and_the_next_event_comes_after_it(
    feed: Feed, history: History
) -> None:
    connection = await history.connection()
    await history.tell(connection.id, "candidate.created")
    first = await feed.page()

    empty = await feed.page(after=first["next_cursor"])
    assert (empty["events"], empty["next_cursor"]) == ([], first["next_cursor"])

    told = await history.tell(connection.id, "candidate.updated", name="New")
    assert await feed.ids(after=empty["next_cursor"]) == [told]


async def test_at_the_head_it_waits_for_what_comes(feed: Feed, history: History) -> None:
    connection = await history.connection()
    await history.tell(connection.id, "candidate.created")

    head = await feed.page(after="now")
    told = await history.tell(connection.id, "candidate.updated", name="New")

    assert head["events"] == []
    assert await feed.ids(after=head["next_cursor"]) == [told]


async def test_without_any_connection_there_is_a_cursor_all_the_same(
    feed: Feed, history: History
) -> None:
    for after in ({}, {"after": "now"}):
        page = await feed.page(**after)
        assert page["events"] == [] and page["next_cursor"]

    connection = await history.connection()
    told = await history.tell(connection.id, "candidate.created")
    assert await feed.ids(after=page["next_cursor"]) == [told]


@pytest.mark.parametrize("limit", [1, 2, 7])
async def test_while_it_is_read_commits_to_many_logs_are_neither_skipped_nor_repeated(
    feed: Feed, history: History, limit: int
) -> None:
    connections = [await history.connection(str(n)) for n in range(4)]
    told: dict[str, list[str]] = {c.id: [] for c in connections}

    async def commit(c: str) -> None:
        for n in range(12):
            told[c].append(await history.tell(c, "candidate.created", str(n)))
            await asyncio.sleep(0)

    commits = [asyncio.create_task(commit(each.id)) for each in connections]
    got: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        ended = all(task.done() for task in commits)
        page = await feed.page(limit=limit, **after)
        got += page["events"]
        after = {"after": page["next_cursor"]}
        if ended and not page["events"]:
            break

    for c, ids in told.items():
        assert [event["id"] for event in got if event["connection_id"] == c] == ids


async def test_of_many_connections_the_idle_ones_cost_the_cursor_nothing(
    feed: Feed, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cursor, "MARGIN_MS", 5)
    connections = [await history.connection() for _ in range(cursor.NAMED + 8)]
    for each in connections:
        await history.tell(each.id, "candidate.created")
    made = await history.store.log.ago(0)

    async def later() -> bool:
        return await history.store.log.ago(0) > made + 10

    await eventually(later)
    page = await feed.page(limit=1000)
    part = await feed.page(limit=3)

    assert len(page["events"]) == len(connections)
    assert len(page["next_cursor"]) < 30
    assert len(await feed.ids(after=part["next_cursor"], limit=1000)) == len(connections) - 3
    told = [await history.tell(each.id, "job.created") for each in connections[::10]]
    assert sorted(await feed.ids(after=page["next_cursor"])) == sorted(told)


async def test_types_have_wildcards_and_unnamed_means_what_it_means_to_subscribers(
    feed: Feed, history: History
) -> None:
    connection = await history.connection()
    for event in ("candidate.created", "job.created", "activity.created", "job.updated"):
        await history.tell(connection.id, event, event)
    await history.store.records.announce(connection.id, "connection.restored", {}, "1")

    async def types(**params: Any) -> list[str]:
        return [event["type"] for event in await feed.all(limit=1, **params)]

    assert await types() == ["candidate.created", "job.created", "job.updated"]
    assert await types(types="job.*") == ["job.created", "job.updated"]
    assert await types(types="*,activity.created,connection.restored") == [
        "candidate.created", "job.created", "activity.created", "job.updated", "connection.restored",
    ]  # fmt: skip


async def test_one_connection_is_named_by_its_id_or_its_integration_id(
    feed: Feed, history: History
) -> None:
    one, two = await history.connection(), await history.connection()
    await history.tell(one.id, "candidate.created")
    told = await history.tell(two.id, "candidate.created")

    for name in (two.id, f"recruitee:{two.id}"):
        assert await feed.ids(connection_id=name) == [told]


async def test_what_was_erased_in_between_is_passed_over_and_counted(
    feed: Feed, history: History
) -> None:
    connection = await history.connection()
    told = [await history.tell(connection.id, "candidate.created", str(n)) for n in range(3)]
    await history.store.pipe.call("DEL", f"ev:{told[1]}")

    page = await feed.page()

    assert [event["id"] for event in page["events"]] == [told[0], told[2]]
    assert page["missed"] == 1
    assert (await feed.page(after=page["next_cursor"]))["missed"] == 0


async def test_what_the_log_has_lost_since_the_cursor_is_counted_exactly(
    feed: Feed, history: History
) -> None:
    connection, quiet = await history.connection(), await history.connection()
    for n in range(2):
        await history.tell(connection.id, "candidate.created", str(n))
    await history.tell(quiet.id, "candidate.created")
    first = await feed.page(limit=2)
    told = [await history.tell(connection.id, "candidate.created", str(n)) for n in range(2, 7)]
    seen = sum(event["connection_id"] == connection.id for event in first["events"])

    await history.store.pipe.call("XTRIM", f"log:{connection.id}", "MAXLEN", 2)
    page = await feed.page(after=first["next_cursor"])

    assert page["missed"] == 7 - seen - 2
    assert [e["id"] for e in page["events"] if e["connection_id"] == connection.id] == told[-2:]

    await history.store.pipe.call("XTRIM", f"log:{connection.id}", "MAXLEN", 0)
    emptied = await feed.page(after=first["next_cursor"], connection_id=connection.id)
    assert (emptied["events"], emptied["missed"]) == ([], 7 - seen)
    settled = await feed.page(after=emptied["next_cursor"], connection_id=connection.id)
    assert settled["missed"] == 0


async def test_who_begins_at_the_oldest_has_missed_nothing(feed: Feed, history: History) -> None:
    connection = await history.connection()
    for n in range(4):
        await history.tell(connection.id, "candidate.created", str(n))
    await history.store.pipe.call("XTRIM", f"log:{connection.id}", "MAXLEN", 1)

    page = await feed.page()

    assert (len(page["events"]), page["missed"]) == (1, 0)


async def test_an_empty_page_over_much_that_was_not_asked_for_moves_on(
    feed: Feed, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "RESCANNED", 3)
    connection = await history.connection()
    await history.tell(connection.id, "candidate.created", "1")
    start = (await feed.page(limit=1))["next_cursor"]

    for n, moves in ((2, False), (1, True)):
        for _ in range(n):
            await history.tell(connection.id, "candidate.updated", "1", name=str(n))
        page = await feed.page(after=start, types="job.*")
        assert (page["next_cursor"] != start) is moves


@pytest.mark.parametrize(
    "query",
    [
        {"after": "nonsense"},
        {"after": "AQ"},
        {"after": "!"},
        {"after": "é"},
        {"types": "nobody.*"},
        {"types": "candidate.created,"},
        {"connection_id": "nobody"},
        {"subscriber_id": "sub_nobody"},
        {"limit": 0},
        {"limit": 1001},
        {"consumer": "with space"},
        {"wat": 1},
    ],
    ids=str,
)
async def test_a_query_that_makes_no_sense_is_422(feed: Feed, query: dict[str, Any]) -> None:
    await feed.refused(422, **query)


async def test_a_cursor_that_was_cut_or_changed_is_refused(feed: Feed, history: History) -> None:
    connection = await history.connection()
    await history.tell(connection.id, "candidate.created")
    good = (await feed.page())["next_cursor"]

    for wrong in (good[:-1], good[:-4], good[1:], good[:8] + "x" + good[9:]):
        if wrong != good:
            await feed.refused(422, after=wrong)


async def test_a_reader_bound_to_a_subscriber_sees_what_that_one_gets(
    feed: Feed, ops: Ops, history: History, settings: Settings
) -> None:
    connection = await history.connection()
    made = await ops.post(
        "/subscribers",
        {
            "url": "http://127.0.0.1:9/",
            "event_types": ["candidate.*"],
            "ignore": ["title"],
            "redact": [{"path": "candidate.first_name", "how": "mask"}],
        },
    )
    told = await history.tell(connection.id, "candidate.updated", "1", first_name="Ada")
    await history.tell(connection.id, "candidate.updated", "1", title="Engineer")
    await history.tell(connection.id, "job.created", "9")

    page = await feed.page(subscriber_id=made["id"])
    assert [event["id"] for event in page["events"]] == [told]
    (change,) = page["events"][0]["data"]["changes"]
    assert change["path"] == "first_name" and change["after"] not in (None, "Ada")

    async with holding(settings, ops, subscriber_id=made["id"]) as bound:
        assert (await bound.page())["events"] == page["events"]
        other = (await ops.post("/subscribers", {"url": "http://127.0.0.1:9/"}))["id"]
        await bound.refused(403, subscriber_id=other)


async def test_who_has_no_feed_scope_is_refused_before_anything_is_read(
    feed: Feed, ops: Ops, settings: Settings
) -> None:
    for path in ("/v1/events", "/v1/events/stream", "/v1/events/ack"):
        method = "POST" if path.endswith("ack") else "GET"
        answer = await feed.http.request(method, path, headers={"authorization": "Bearer x"})
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/ats/nothing", "/v1/events/", "/v1/events/x"])
async def test_all_else_below_v1_is_a_404_in_kombos_envelope(feed: Feed, path: str) -> None:
    answer = await feed.http.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"
    said = answer.json()
    assert said["status"] == "error"
    assert said["error"].keys() == {"code", "title", "message", "log_url"}
    assert said["error"]["code"] is None and path in said["error"]["message"]
