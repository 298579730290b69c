"""Every read, held against Recruitee's own state: complete, by Recruitee's ids, in pages."""

from collections.abc import Mapping

import pytest

from service.core import times
from service.mcp_server.nouns import NOUNS
from service.mcp_server.table import OTHERWISE, TOOLS
from tests.mcp_tools.conftest import Agent, Json
from tests.serving import eventually

# Recruitee's list -> the tool that tells the same.
SAME: Mapping[str, tuple[str, str]] = {
    "list_all_recruitee_candidates": ("/candidates?limit=10000", "candidates"),
    "list_all_recruitee_jobs": ("/offers?scope=all&limit=1000", "offers"),
    "list_all_recruitee_departments": ("/departments", "departments"),
    "list_all_recruitee_locations": ("/locations?scope=all", "locations"),
    "list_all_recruitee_sources": ("/sources", "sources"),
    "list_all_recruitee_roles": ("/roles", "roles"),
    "list_all_recruitee_rejection_reasons": ("/disqualify_reasons", "disqualify_reasons"),
    "list_all_recruitee_interviews": ("/interview/events?scope=all", "interview_events"),
    "list_all_recruitee_evaluations": (
        "/interview/results?scope=all&kind=all", "interview_results",
    ),
    "list_all_recruitee_interview_results": (
        "/interview/results?scope=all&kind=all", "interview_results",
    ),
}  # fmt: skip
LISTS = [tool.name for tool in TOOLS.values() if tool.method == "list"]


async def _theirs(agent: Agent, path: str, key: str) -> list[Json]:
    answer = await agent.recruitee.get(path)
    rows: list[Json] = answer.json()[key]
    return rows


async def _noted(agent: Agent) -> Json:
    """Write a note on somebody; returns it as the tool tells it."""
    who = (await agent.rows("list_all_recruitee_candidates"))[0]["id"]
    given = {"candidate_id": who, "content": "A note", "visibility": "public"}
    made = await agent.tell("create_a_recruitee_note", **given, idempotency_key=f"{agent.numbers}")

    async def kept() -> list[Json]:
        rows = await agent.rows("list_all_recruitee_notes", id=who)
        return [row for row in rows if row["id"] == made["ids"]["note"]]

    (note,) = await eventually(kept)
    return dict(note)


async def _noted_offer(agent: Agent) -> Json:
    """Write a note with a reply on an offer at Recruitee, of which no webhook tells; returns it."""
    offer = (await agent.rows("list_all_recruitee_jobs"))[0]["id"]
    note: Json = {"body": "<p>A note</p>", "visibility": {"level": "public"}}
    path = f"/offers/{offer}/notes"
    made = (await agent.recruitee.post(path, json={"note": note})).json()["note"]
    reply = {**note, "body": "<p>A reply</p>", "reply_to_id": made["id"]}
    (await agent.recruitee.post(path, json={"note": reply})).raise_for_status()
    await agent.ops("POST", f"/connections/{agent.connection.id}/sync")

    async def kept() -> list[Json]:
        rows = await agent.rows("list_all_recruitee_offer_notes", offer_id=offer)
        return [row for row in rows if row["replies"]]

    (row,) = await eventually(kept, 20)
    return dict(row)


@pytest.mark.parametrize("name", sorted(SAME))
async def test_a_list_is_what_recruitee_has(agent: Agent, name: str) -> None:
    await agent.idle()
    rows = await agent.rows(name)
    # Recruitee's own sample is nobody, and is left out.
    theirs = [e for e in await _theirs(agent, *SAME[name]) if e.get("name") != "Sample Candidate"]
    assert {row["id"] for row in rows} == {str(each["id"]) for each in theirs}
    assert len(rows) == len(theirs) > 0


async def test_every_list_tells_its_fields_in_pages_of_any_size(agent: Agent) -> None:
    for name in LISTS:
        given = _needed(name, await agent.rows("list_all_recruitee_candidates"),
                        await agent.rows("list_all_recruitee_jobs"))  # fmt: skip
        whole = await agent.rows(name, **given)
        paged = await agent.rows(name, **given, limit=2)
        assert paged == whole, name
        fields = set(TOOLS[name].answers.model_json_schema()["$defs"].popitem()[1]["properties"])
        assert all(row.keys() <= fields for row in whole), name


def _needed(name: str, people: list[Json], jobs: list[Json]) -> Json:
    if name == "list_all_recruitee_notes":
        return {"id": people[0]["id"]}
    return {"offer_id": jobs[0]["id"]} if name == "list_all_recruitee_offer_notes" else {}


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.model)
async def test_one_is_had_by_recruitees_id_and_by_ours(agent: Agent, noun: object) -> None:
    one, many, model = noun.one, noun.many, noun.model  # type: ignore[attr-defined]  # a Noun
    if model == "note":
        row = await _noted(agent)
    else:
        (row, *_) = await agent.rows(f"list_all_recruitee_{many}")
    name = f"get_single_recruitee_{one}_by_id"
    found = (await agent.tell(name, id=row["id"]))["result"]
    assert found["id"] == row["id"]
    assert (await agent.tell(name, id=found["unified_id"]))["result"] == found


async def test_tags_are_those_of_the_last_look(agent: Agent) -> None:
    rows = {row["id"]: row["name"] for row in await agent.rows("list_all_recruitee_tags")}
    theirs = {str(e["id"]): e["name"] for e in await _theirs(agent, "/tags", "tags")}
    assert rows and rows.items() <= theirs.items()


async def test_records_name_each_other_by_recruitees_ids(agent: Agent) -> None:
    await agent.idle()
    people = {
        str(p["id"]): p for p in await _theirs(agent, "/candidates?limit=10000", "candidates")
    }
    rows = await agent.rows("list_all_recruitee_applications")
    for row in rows:
        places = {str(p["id"]): p for p in people[row["candidate_id"]]["placements"]}
        place = places[row["id"]]
        assert row["job_id"] == str(place["offer_id"])
        assert row["current_stage_id"] == str(place["stage_id"])
    one = rows[0]
    for name in ("candidate_id", "job_id", "current_stage_id", "outcome"):
        some = await agent.rows("list_all_recruitee_applications", **{name: one[name]})
        assert [r["id"] for r in some if r[name] != one[name]] == []
        assert sorted(r["id"] for r in some) == sorted(
            r["id"] for r in rows if r[name] == one[name]
        )


async def test_the_five_tell_what_their_page_promises(agent: Agent) -> None:
    note = await _noted(agent)
    assert "A note" in note["body"] and note["visibility"]["level"] == "public"
    assert {"admin_id", "created_at", "attachments"} <= note.keys()
    offer = await _noted_offer(agent)
    assert [reply["body"] for reply in offer["replies"]] == ["<p>A reply</p>"]
    assert {"text", "admin_id", "updated_at", "visibility", "reactions", "offer_id"} <= offer.keys()

    place = (await agent.rows("list_all_recruitee_locations"))[0]
    theirs = {str(e["id"]): e for e in await _theirs(agent, "/locations?scope=all", "locations")}
    for name in ("name", "country_code", "state_name", "state_code", "city", "full_address",
                 "lang_code", "archived_at"):  # fmt: skip
        assert place[name] == theirs[place["id"]][name]
    result = (await agent.rows("list_all_recruitee_interview_results"))[0]
    rated = {str(e["id"]): e for e in await _theirs(agent, *SAME[LISTS[0]])}[result["id"]]
    for name in ("candidate_id", "admin_id", "offer_id", "stage_id"):
        assert result[name] == str(rated[name])
    assert (result["rating"], result["kind"]) == (rated["rating"], rated["kind"])
    admin = (await agent.rows("list_all_recruitee_admins"))[0]
    assert admin["name"].split()[0] in admin["email"].title()
    assert admin["role"]


async def test_recruitees_own_words_are_understood(agent: Agent) -> None:
    assert set(OTHERWISE.values()) <= TOOLS.keys()
    jobs = await agent.rows("list_all_recruitee_jobs")
    assert await agent.rows("list_all_recruitee_offers") == jobs


async def test_what_changed_since_narrows_a_list(agent: Agent) -> None:
    await agent.idle()
    (first, *_) = rows = await agent.rows("list_all_recruitee_candidates")
    now = (await agent.store.log.ago(0)) // 1000 * 1000
    await agent.tell("create_a_recruitee_candidate_tag", candidate_id=first["id"], name="Narrowed")
    await agent.idle()
    since = "2000-01-01T00:00:00Z"
    assert len(await agent.rows("list_all_recruitee_candidates", updated_since=since)) == len(rows)
    since = times.iso(now)
    some = await agent.rows("list_all_recruitee_candidates", updated_since=since)
    assert first["id"] in {row["id"] for row in some}
    assert len(some) < len(rows)
