"""A deleted candidate ends at once with all that was its own; when it is back, so is that."""

from typing import Any

from service.core.recruitee.webhook import entry
from service.core.unified.model import Cause
from tests.line.conftest import Line
from tests.serving import eventually

WHEN = {"starts_at": "2027-01-05T10:00:00Z", "duration": 60}
LISTS = (
    "candidate_notes",
    "candidate_interviews",
    "candidate_evaluations",
    "candidate_attachments",
)


async def _look(line: Line, c: str, *roots: str) -> None:
    await line.store.inbox.enqueue(c, [entry(root, Cause(origin="activity")) for root in roots])
    await _worked_off(line, c)


async def _worked_off(line: Line, c: str) -> None:
    async def empty() -> bool:
        return await line.store.inbox.depth(c) == (0, 0)

    await eventually(empty)


async def _somebody(line: Line) -> str:
    """Return a candidate with a job, a note, an interview and an evaluation."""
    jobs = (await line.recruitee.get("/offers", params={"statuses": "published"})).json()["offers"]
    told = {"candidate": {"name": "Ada Example", "emails": ["ada@example.com"]}}
    made = await line.recruitee.post(f"/offers/{jobs[0]['id']}/candidates", json=told)
    who = str(made.json()["candidate"]["id"])
    stage = made.json()["candidate"]["placements"][0]["stage_id"]
    note = {"note": {"body": "<p>Good</p>", "visibility": {"level": "public"}}}
    event = {"interview_event": {"kind": "meeting", "timezone": "Europe/Berlin"} | WHEN}
    result = {"interview_result": {"rating": "yes", "stage_id": stage}}
    for path, body in (
        (f"/candidates/{who}/notes", note),
        (f"/interview/candidates/{who}/events", event),
        (f"/interview/candidates/{who}/results", result),
    ):
        answer = await line.recruitee.post(path, json=body)
        assert answer.is_success, (path, answer.text)
    return who


def _said(line: Line, since: int) -> list[tuple[str, str]]:
    return [
        (got.event["type"], got.event["data"]["remote_id"]) for got in line.receiver.got[since:]
    ]


async def test_a_deletion_ends_all_that_was_the_candidates_in_one_commit_and_its_return_brings_it_back(
    line: Line,
) -> None:
    c = (await line.connect(deep=False)).id
    await line.subscribe()
    who = await _somebody(line)
    roots = [f"candidate:{who}", *(f"{name}:{who}" for name in LISTS)]
    await _look(line, c, *roots)
    made = [
        await line.receiver.have(t)
        for t in (
            "application.created",
            "note.created",
            "interview.scheduled",
            "evaluation.created",
        )
    ]
    before = len(line.receiver.got)

    (await line.recruitee.delete(f"/candidates/{who}")).raise_for_status()
    for event_type in (
        "application.deleted",
        "note.deleted",
        "interview.canceled",
        "evaluation.deleted",
    ):
        await line.receiver.have(event_type)
    ends = _said(line, before)
    assert ends[0] == ("candidate.deleted", who)
    assert sorted(ends[1:]) == sorted(
        (_end(event["type"]), event["data"]["remote_id"]) for event in made
    )
    assert len(await _positions(line, c, {event for event, _ in ends})) == 1

    before = len(line.receiver.got)
    (await line.recruitee.post(f"/candidates/{who}/retrieve")).raise_for_status()
    await _look(line, c, f"candidate:{who}")
    await line.receiver.have("candidate.restored")
    for event_type in ("application.restored",):
        await line.receiver.have(event_type)
    for event_type in ("note.created", "interview.scheduled", "evaluation.created"):
        await line.receiver.have(event_type, 2)
    back: list[dict[str, Any]] = [got.event for got in line.receiver.got[before:]]
    assert back[0]["type"] == "candidate.restored" and back[0]["data"]["remote_id"] == who
    assert {event["data"]["remote_id"] for event in made} <= {e["data"]["remote_id"] for e in back}
    assert all(event["sequence"] > 2 for event in back if event["data"]["model"] != "stage")


def _end(event_type: str) -> str:
    return {
        "application.created": "application.deleted",
        "note.created": "note.deleted",
        "interview.scheduled": "interview.canceled",
        "evaluation.created": "evaluation.deleted",
    }[event_type]


async def _positions(line: Line, c: str, types: set[str]) -> set[str]:
    """Return the milliseconds at which events of these types were committed."""
    entries = await line.store.log.oldest(c, "0-0", 1000)
    return {entry.position.partition("-")[0] for entry in entries if entry.type in types}
