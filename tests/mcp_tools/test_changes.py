"""What only a change log tells, in step with what happened at Recruitee."""

from typing import Any

import orjson

from service.core import times
from service.mcp_server.pipelines import stays_of
from tests.mcp_tools.conftest import Agent, Json
from tests.mcp_tools.test_writes import Who, _person
from tests.serving import Receiver, eventually, receiving, until


async def _moved(agent: Agent) -> tuple[Who, str, str]:
    """Move somebody; returns who, and the names of the stages before and after."""
    who = await _person(agent)
    application = await agent.tell("get_single_recruitee_application_by_id", id=who.application)
    before = application["result"]["current_stage_id"]
    await agent.tell(
        "move_a_recruitee_application_by_id", id=who.application, stage_id=who.stages[4]
    )
    await agent.idle()
    names = {row["id"]: row["name"] for row in await agent.rows("list_all_recruitee_stages")}
    return who, names[before], names[who.stages[4]]


async def test_what_changed_is_told_in_order_and_again_from_where_one_stood(agent: Agent) -> None:
    start = (await agent.tell("what_changed_since", limit=250))["position"]
    who, before, after = await _moved(agent)
    page = await agent.tell("what_changed_since", next_cursor=start)
    mine = [row for row in page["result"] if row["candidate_id"] == who.candidate]
    assert [row["type"] for row in mine] == [
        "candidate.created", "application.created", "application.stage_changed",
    ]  # fmt: skip
    (change,) = mine[2]["changes"]
    assert (change["path"], change["after"]) == ("current_stage_id", who.stages[4])
    assert (change["before_name"], change["after_name"]) == (before, after)
    assert mine[2]["id"] == who.application

    later = await agent.tell("what_changed_since", next_cursor=page["position"])
    assert (later["result"], later["next_cursor"]) == ([], None)
    assert [row["event_id"] for row in await _from(agent, start)] == [
        row["event_id"] for row in page["result"] if row["type"].startswith("application.")
    ]


async def _from(agent: Agent, cursor: str) -> list[Json]:
    """Return the applications' events from a place on, read one by one."""
    found: list[Json] = []
    given: Json = {"next_cursor": cursor, "limit": 1, "types": ["application.*"]}
    while True:
        page = await agent.tell("what_changed_since", **given)
        found += page["result"]
        if page["next_cursor"] is None:
            return found
        given["next_cursor"] = page["next_cursor"]


async def test_since_an_instant_is_by_when_it_was_committed(agent: Agent) -> None:
    who, *_ = await _moved(agent)
    whole = await agent.tell("what_changed_since", since="2000-01-01T00:00:00Z", limit=250)
    assert who.candidate in {row["candidate_id"] for row in whole["result"]}
    nothing = await agent.tell("what_changed_since", since="2100-01-01T00:00:00Z")
    assert nothing["result"] == []


async def test_a_candidates_timeline_has_all_that_hangs_on_them_newest_first(
    agent: Agent,
) -> None:
    who, *_ = await _moved(agent)
    await agent.tell(
        "create_a_recruitee_note", candidate_id=who.candidate, content="Timed", visibility="public"
    )
    await agent.idle()

    async def told() -> list[Json]:
        rows = await agent.rows("candidate_timeline", id=who.candidate, limit=2)
        return rows if any(row["type"] == "note.created" for row in rows) else []

    rows = await eventually(told)
    types = [row["type"] for row in rows]
    assert set(types) >= {"candidate.created", "application.stage_changed", "note.created"}
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    assert len({row["event_id"] for row in rows}) == len(rows)


async def test_time_in_stage_tells_each_stay(agent: Agent) -> None:
    who, before, after = await _moved(agent)
    told = await agent.tell("time_in_stage", candidate_id=who.candidate)
    (row,) = told["result"]
    first, second = row["stages"]
    assert (first["stage"], first["exact"], second["stage"]) == (before, False, after)
    assert first["left_at"] == second["entered_at"] and second["exact"]
    assert {each["name"] for each in told["by_stage"]} == {before, after}
    of_job = await agent.rows("time_in_stage", job_id=who.job)
    assert who.application in {each["id"] for each in of_job}
    await agent.refuse("time_in_stage", 422)


def test_stays_follow_the_moves_by_their_sequence() -> None:
    def move(sequence: int, before: str | None, after: str) -> dict[str, Any]:
        change = {"path": "current_stage_id", "before": before, "after": after}
        return {"sequence": sequence, "timestamp": f"2026-01-0{sequence}T00:00:00Z",
                "data": {"changes": [change]}}  # fmt: skip

    moves = [move(3, "b", "c"), move(2, "a", "b")]
    stays = stays_of(moves, {"current_stage_id": "c", "remote_created_at": "2026-01-01T00:00:00Z"})
    assert [(stay.stage, stay.exact) for stay in stays] == [("a", False), ("b", True), ("c", True)]
    assert [stay.left is None for stay in stays] == [False, False, True]


async def test_the_overview_counts_as_recruitee_does(agent: Agent) -> None:
    await agent.idle()
    rows = await agent.rows("list_all_recruitee_applications")
    for job in await agent.rows("pipeline_overview"):
        mine = [row for row in rows if row["job_id"] == job["job_id"]]
        ended = {o: sum(row["outcome"] == o for row in mine) for o in ("DECLINED", "HIRED")}
        assert (job["rejected"], job["hired"]) == (ended["DECLINED"], ended["HIRED"])
        assert job["under_way"] == len(mine) - sum(ended.values())
        (alone,) = await agent.rows("pipeline_overview", job_id=job["job_id"])
        assert alone == job


async def test_candidates_are_found_by_words_tags_and_sources(agent: Agent) -> None:
    who = await _person(agent)
    await agent.tell(
        "create_a_recruitee_candidate_tag", candidate_id=who.candidate, name="Rare tag"
    )
    await agent.idle()
    name = (await agent.tell("get_single_recruitee_candidate_by_id", id=who.candidate))["result"][
        "name"
    ]
    for given in (
        {"query": name.upper()},
        {"tag": "rare TAG"},
        {"query": "rare", "tag": "Rare tag"},
    ):
        rows = await agent.rows("search_candidates", **given)
        assert [row["id"] for row in rows] == [who.candidate], given
    assert await agent.rows("search_candidates", query=f"{name} nowhere") == []
    found = await agent.rows("search_candidates", source="indeed")
    assert found and all("Indeed" in row["sources"] for row in found)


async def test_consents_that_end_soon_come_soonest_first(agent: Agent) -> None:
    people = [await _person(agent) for _ in range(3)]
    now = await agent.store.log.ago(0)
    for days, who in zip((20, 10, 60), people, strict=True):
        at = _at(now, days)
        await agent.tell(
            "update_a_recruitee_candidate_consent", candidate_id=who.candidate, expires_at=at
        )
    await agent.idle()
    rows = await agent.rows("consents_expiring", within_days=30, limit=1)
    mine = [row for row in rows if row["id"] in {who.candidate for who in people}]
    assert [row["id"] for row in mine] == [people[1].candidate, people[0].candidate]
    assert 9 < mine[0]["days_left"] <= 10


def _at(now: int, days: int) -> str:
    return times.iso(now + days * 86_400_000)


async def _subscriber(agent: Agent, receiver: Receiver) -> str:
    made = await agent.ops(
        "POST", "/subscribers", {"url": receiver.url, "event_types": ["candidate.tag_added"]}
    )
    receiver.secret = made.json()["secret"]
    s: str = made.json()["id"]
    return s


async def test_a_delivery_is_explained_and_dead_letters_are_sent_again_once_confirmed(
    agent: Agent,
) -> None:
    async with receiving() as receiver:
        s = await _subscriber(agent, receiver)
        receiver.status = 500
        who = await _person(agent)
        await agent.tell(
            "create_a_recruitee_candidate_tag", candidate_id=who.candidate, name="Dead"
        )

        async def dead() -> list[Json]:
            page = await agent.ops("GET", f"/dead-letters?subscriber_id={s}")
            items: list[Json] = page.json()["items"]
            return items

        (letter,) = await eventually(dead)
        given = {"event_id": letter["event_id"], "subscriber_id": s}
        told = (await agent.tell("explain_delivery", **given))["result"]
        assert (told["outcome"], told["type"]) == ("dead", "candidate.tag_added")
        await agent.refuse("explain_delivery", 404, event_id="evt_none", subscriber_id=s)

        receiver.status = 200
        counted = await agent.tell("replay_dead_letters", subscriber_ids=[s])
        assert (counted["dry_run"], counted["total"]) == (True, 1)
        assert receiver.got == []
        operator = await agent.key("ops")
        await agent.refuse("replay_dead_letters", 404, token=operator, confirm=counted["confirm"])
        sent = await agent.tell("replay_dead_letters", confirm=counted["confirm"])
        again = await agent.tell("replay_dead_letters", confirm=counted["confirm"])
        assert sent["replay"]["id"] == again["replay"]["id"]
        await until(lambda: receiver.got)
        assert orjson.loads(receiver.got[0].body)["id"] == letter["event_id"]
        await agent.ops("DELETE", f"/subscribers/{s}")
        assert len(receiver.got) == 1
