"""Every write, called by an agent and looked for in Recruitee's own state; asked twice, done once."""

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from service.mcp_server.table import TOOLS
from tests.mcp_tools.conftest import Agent, Json
from tests.serving import eventually

FILE = {"name": "report.txt", "content_type": "text/plain",
        "data": base64.b64encode(b"A report").decode()}  # fmt: skip


@dataclass(frozen=True)
class Who:
    """A candidate made for one test, in a job, by Recruitee's ids."""

    candidate: str
    application: str
    job: str
    stages: list[str]


async def _full(agent: Agent, who: Who) -> Json:
    answer = await agent.recruitee.get(f"/candidates/{who.candidate}")
    shown: Json = answer.json()["candidate"]
    return shown


async def _rows(agent: Agent, path: str, key: str) -> list[Json]:
    rows: list[Json] = (await agent.recruitee.get(path)).json()[key]
    return rows


async def _placement(agent: Agent, who: Who) -> Json:
    rows = (await _full(agent, who))["placements"]
    return next(each for each in rows if str(each["id"]) == who.application)


async def _notes(agent: Agent, who: Who) -> str:
    return str(await _rows(agent, f"/candidates/{who.candidate}/notes", "notes"))


async def _person(agent: Agent) -> Who:
    """Make somebody with an application, and wait until it can be named."""
    number = next(agent.numbers)
    jobs = await agent.rows("list_all_recruitee_jobs", status="OPEN", visibility="PUBLIC")
    job = next(each for each in jobs if len(each["stage_ids"]) > 4)
    made = await agent.tell(
        "create_a_recruitee_candidate", name=f"Invented Person{number}", job_id=job["id"],
        emails=[f"invented{number}@example.org"],
    )  # fmt: skip
    assert made["status"] == "done", made
    candidate = made["ids"]["candidate"]

    async def there() -> list[Json]:
        result = await agent.ask("list_all_recruitee_applications", candidate_id=candidate)
        rows: list[Json] = result.get("structuredContent", {}).get("result", [])
        return rows

    (application,) = await eventually(there)
    assert application["job_id"] == job["id"]
    return Who(candidate, application["id"], job["id"], job["stage_ids"])


Case = Callable[[Agent, Who], Awaitable[Any]]
CASES: dict[str, Case] = {}


def case(name: str) -> Callable[[Case], Case]:
    """Name the tool that a case calls."""

    def named(function: Case) -> Case:
        CASES[name] = function
        return function

    return named


@case("create_a_recruitee_candidate")
async def _create(agent: Agent, who: Who) -> None:
    shown = await _full(agent, who)
    assert shown["emails"][0].startswith("invented")
    assert [str(each["offer_id"]) for each in shown["placements"]] == [who.job]


@case("update_a_recruitee_candidate_by_id")
async def _update(agent: Agent, who: Who) -> None:
    phones = ["+31612345678"]
    await agent.tell("update_a_recruitee_candidate_by_id", id=int(who.candidate), phones=phones)
    assert (await _full(agent, who))["phones"] == phones


@case("delete_a_recruitee_candidate_by_id")
async def _delete(agent: Agent, who: Who) -> None:
    await agent.tell("delete_a_recruitee_candidate_by_id", id=who.candidate)
    shown = await agent.recruitee.get(f"/candidates/{who.candidate}")
    assert shown.status_code == 404 or shown.json()["candidate"].get("deleted_at")


@case("create_a_recruitee_candidate_tag")
async def _tag(agent: Agent, who: Who) -> None:
    await agent.tell("create_a_recruitee_candidate_tag", candidate_id=who.candidate, name="By tool")
    assert "By tool" in (await _full(agent, who))["tags"]


@case("delete_a_recruitee_candidate_tag")
async def _untag(agent: Agent, who: Who) -> None:
    given = {"candidate_id": who.candidate, "name": "Off again"}
    await agent.tell("create_a_recruitee_candidate_tag", **given)
    assert "Off again" in (await _full(agent, who))["tags"]
    await agent.tell("delete_a_recruitee_candidate_tag", **given)
    assert "Off again" not in (await _full(agent, who))["tags"]


@case("create_a_recruitee_note")
async def _note(agent: Agent, who: Who) -> None:
    await agent.tell(
        "create_a_recruitee_note", candidate_id=who.candidate, content="Said by an agent",
        visibility="public",
    )  # fmt: skip
    assert "Said by an agent" in await _notes(agent, who)

    async def kept() -> bool:
        rows = await agent.rows("list_all_recruitee_notes", id=who.candidate)
        return any("Said by an agent" in str(row["body"]) for row in rows)

    await eventually(kept)


@case("create_a_recruitee_attachment")
async def _attach(agent: Agent, who: Who) -> None:
    await agent.tell("create_a_recruitee_attachment", candidate_id=who.candidate, file=FILE)
    rows = await _rows(agent, f"/candidates/{who.candidate}/attachments", "attachments")
    assert [row["filename"] for row in rows] == ["report.txt"]


@case("create_a_recruitee_result_link")
async def _result_link(agent: Agent, who: Who) -> None:
    await agent.tell(
        "create_a_recruitee_result_link", candidate_id=who.candidate, label="Assessment",
        url="https://example.org/r", attributes=[{"key": "Score", "value": "7"}], prefix="Test",
    )  # fmt: skip
    assert "https://example.org/r" in await _notes(agent, who)


@case("update_a_recruitee_candidate_custom_field")
async def _field(agent: Agent, who: Who) -> None:
    await agent.tell(
        "update_a_recruitee_candidate_custom_field", candidate_id=who.candidate, name="Shoe size",
        values=[{"text": "44"}],
    )  # fmt: skip
    fields = (await _full(agent, who))["fields"]
    assert [each["values"] for each in fields if each.get("name") == "Shoe size"] == [
        [{"text": "44"}]
    ]


@case("update_a_recruitee_candidate_consent")
async def _consent(agent: Agent, who: Who) -> None:
    await agent.tell(
        "update_a_recruitee_candidate_consent", candidate_id=who.candidate, expires_at="2027-02-03"
    )
    assert (await _full(agent, who))["gdpr_expires_at"].startswith("2027-02-03")


@case("create_a_recruitee_application")
async def _assign(agent: Agent, who: Who) -> None:
    jobs = await agent.rows("list_all_recruitee_jobs", status="OPEN")
    other = next(each["id"] for each in jobs if each["id"] != who.job)
    await agent.tell("create_a_recruitee_application", candidate_id=who.candidate, job_id=other)
    placed = {str(each["offer_id"]) for each in (await _full(agent, who))["placements"]}
    assert placed == {who.job, other}


@case("move_a_recruitee_application_by_id")
async def _move(agent: Agent, who: Who) -> None:
    to = who.stages[4]
    await agent.tell("move_a_recruitee_application_by_id", id=who.application, stage_id=to)
    assert str((await _placement(agent, who))["stage_id"]) == to


@case("reject_a_recruitee_application_by_id")
async def _reject(agent: Agent, who: Who) -> None:
    (reason, *_) = await agent.rows("list_all_recruitee_rejection_reasons")
    await agent.tell(
        "reject_a_recruitee_application_by_id", id=who.application,
        rejection_reason_id=reason["unified_id"],
    )  # fmt: skip
    assert (await _placement(agent, who)).get("disqualify_kind") == "admin"


@case("unreject_a_recruitee_application_by_id")
async def _unreject(agent: Agent, who: Who) -> None:
    await _reject(agent, who)
    await agent.tell("unreject_a_recruitee_application_by_id", id=who.application)
    assert not (await _placement(agent, who)).get("disqualify_kind")


@case("delete_a_recruitee_application_by_id")
async def _unassign(agent: Agent, who: Who) -> None:
    await agent.tell("delete_a_recruitee_application_by_id", id=who.application)
    assert (await _full(agent, who))["placements"] == []


@case("create_a_recruitee_evaluation")
async def _evaluate(agent: Agent, who: Who) -> None:
    await agent.tell(
        "create_a_recruitee_evaluation", candidate_id=who.candidate, job_id=who.job,
        stage_id=who.stages[4], rating="yes", note="Rated by an agent",
    )  # fmt: skip
    path = f"/interview/results?candidate_id={who.candidate}&scope=all&kind=all"
    (row,) = await _rows(agent, path, "interview_results")
    assert row["rating"] == "yes"
    assert "Rated by an agent" in row["rating_note"]


async def _interviews(agent: Agent, who: Who) -> list[Json]:
    path = f"/interview/events?candidate_id={who.candidate}"
    return await _rows(agent, path, "interview_events")


@case("create_a_recruitee_interview")
async def _interview(agent: Agent, who: Who) -> None:
    await agent.tell(
        "create_a_recruitee_interview", candidate_id=who.candidate, job_id=who.job,
        starts_at="2027-03-01T09:00:00Z", minutes=45, note="By an agent",
    )  # fmt: skip
    (row,) = await _interviews(agent, who)
    assert (row["duration"], row["starts_at"][:16]) == (45, "2027-03-01T09:00")


@case("update_a_recruitee_interview_by_id")
async def _interview_again(agent: Agent, who: Who) -> None:
    await _interview(agent, who)
    (row,) = await _interviews(agent, who)
    await agent.tell(
        "update_a_recruitee_interview_by_id", id=row["id"], candidate_id=who.candidate,
        starts_at="2027-03-02T10:00:00Z", minutes=30,
    )  # fmt: skip
    (row,) = await _interviews(agent, who)
    assert (row["duration"], row["starts_at"][:16]) == (30, "2027-03-02T10:00")


def test_every_write_has_a_case() -> None:
    assert set(CASES) == {tool.name for tool in TOOLS.values() if tool.needs == "act"}


@pytest.mark.parametrize("name", list(CASES))
async def test_a_write_is_in_recruitees_state(agent: Agent, name: str) -> None:
    await CASES[name](agent, await _person(agent))


async def test_the_same_key_is_the_same_write_and_another_one_under_it_is_refused(
    agent: Agent,
) -> None:
    who = await _person(agent)
    given = {"candidate_id": who.candidate, "content": "Once", "idempotency_key": who.candidate}
    first = await agent.tell("create_a_recruitee_note", **given)
    again = await agent.tell("create_a_recruitee_note", **given)
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert first["action_id"] == again["action_id"]
    rows = await _rows(agent, f"/candidates/{who.candidate}/notes", "notes")
    assert sum("Once" in str(row["body"]) for row in rows) == 1
    await agent.refuse("create_a_recruitee_note", 409, **{**given, "content": "Twice"})


async def test_without_a_key_what_adds_something_is_done_once(agent: Agent) -> None:
    who = await _person(agent)
    for _ in range(2):
        await agent.tell("create_a_recruitee_note", candidate_id=who.candidate, content="Derived")
    rows = await _rows(agent, f"/candidates/{who.candidate}/notes", "notes")
    assert sum("Derived" in str(row["body"]) for row in rows) == 1


async def test_a_write_is_in_the_audit_and_names_nobody(agent: Agent) -> None:
    who = await _person(agent)
    await agent.tell("create_a_recruitee_candidate_tag", candidate_id=who.candidate, name="Audited")
    (last, *_) = (await agent.ops("GET", "/audit?limit=1")).json()["items"]
    assert last["action"] == "MCP create_a_recruitee_candidate_tag"
    assert last["targets"] == {"connection_id": agent.connection.id}


async def test_what_recruitee_refuses_is_said_without_quoting_anybody(agent: Agent) -> None:
    who = await _person(agent)
    refused = await agent.refuse(
        "create_a_recruitee_evaluation", 422, candidate_id=who.candidate, job_id=who.job,
        stage_id=who.stages[4], rating="somebody@example.org",
    )  # fmt: skip
    assert "somebody@example.org" not in str(refused)
    missing = await agent.refuse(
        "move_a_recruitee_application_by_id", 404, id="999999", stage_id=who.stages[4]
    )
    assert missing["message"] == "id: there is no such application"
