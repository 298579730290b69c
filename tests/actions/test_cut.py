"""The line to Recruitee is cut at every point of every write: nothing is done twice, nothing unsaid."""

import base64
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from tests.actions.conftest import Acting, Json
from tests.actions.cutting import POINTS
from tests.actions.people import Who, somebody

LOOKS_S = (0.0, 0.02, 0.1)
TRIES = 4
FILE = {"name": "report.txt", "content_type": "text/plain", "type": "OTHER",
        "data": base64.b64encode(b"A report").decode()}  # fmt: skip
Count = Callable[[Acting, Who], Awaitable[int]]


@dataclass(frozen=True)
class Case:
    """An action: how it is asked for, how many writes it makes, and what it leaves behind."""

    method: str
    path: str
    body: Callable[[Who], Json]
    writes: int
    left: Count
    """How often what the action makes is there: 1 when it was done."""


async def _notes(acting: Acting, who: Who) -> int:
    answer = await acting.recruitee.get(f"/candidates/{who.candidate['remote_id']}/notes")
    return sum(f"Words {who.number}" in str(note["body"]) for note in answer.json()["notes"])


async def _files(acting: Acting, who: Who) -> int:
    answer = await acting.recruitee.get(f"/candidates/{who.candidate['remote_id']}/attachments")
    return sum(row["filename"] == "report.txt" for row in answer.json()["attachments"])


async def _in_full(acting: Acting, who: Who) -> Json:
    answer = await acting.recruitee.get(f"/candidates/{who.candidate['remote_id']}")
    shown: Json = answer.json()["candidate"]
    return shown


async def _tags(acting: Acting, who: Who) -> int:
    shown = await _in_full(acting, who)
    return sum(str(tag) == f"Tag {who.number}" for tag in shown["tags"])


async def _rejected(acting: Acting, who: Who) -> int:
    shown = await _in_full(acting, who)
    return sum(
        str(each["id"]) == who.application["remote_id"] and each.get("disqualify_kind") == "admin"
        for each in shown["placements"]
    )


async def _results(acting: Acting, who: Who) -> int:
    """Count the notes; each has to have its field beside it, once."""
    notes, fields = (
        await _notes(acting, who),
        await _fields(acting, who, f"Test Score {who.number}"),
    )
    return notes if notes == fields else -fields


async def _fields(acting: Acting, who: Who, name: str) -> int:
    shown = await _in_full(acting, who)
    return sum(each.get("name") == name for each in shown["fields"])


async def _sizes(acting: Acting, who: Who) -> int:
    return await _fields(acting, who, f"Size {who.number}")


async def _moves(acting: Acting, who: Who) -> int:
    shown = await _in_full(acting, who)
    stage = who.job["stages"][-2]["remote_id"]
    return sum(str(each["stage_id"]) == stage for each in shown["placements"])


async def _placements(acting: Acting, who: Who) -> int:
    shown = await _in_full(acting, who)
    return len(shown["placements"]) - 1


async def _consents(acting: Acting, who: Who) -> int:
    shown = await _in_full(acting, who)
    return int(str(shown["gdpr_expires_at"]).startswith(f"2031-01-{who.number + 1:02}"))


async def _meetings(acting: Acting, who: Who) -> int:
    rows = acting.sandbox.company.papers.interviews.of(who.id)
    mine = [row for row in rows if row.note == f"Words {who.number}"]
    return sum(row.scheduled for row in mine) if len(mine) < 2 else len(mine)


async def _newcomers(acting: Acting, who: Who) -> int:
    mail = f"cut{who.number}@example.org"
    return sum(mail in each.emails for each in acting.sandbox.company.people.values())


async def _ratings(acting: Acting, who: Who) -> int:
    rows = acting.sandbox.company.papers.evaluations.of(int(who.candidate["remote_id"]))
    return sum(
        row.rating_note is not None and f"Rated {who.number}" in row.rating_note for row in rows
    )


def _application(who: Who) -> Json:
    mail = f"cut{who.number}@example.org"
    return {
        "candidate": {"first_name": "Cut", "last_name": str(who.number), "email_address": mail},
        "stage_id": who.job["stages"][1]["id"],
        "attachments": [FILE],
        "gdpr_consent": {"expires_at": "2027-01-01"},
    }  # fmt: skip


CASES = {
    "note": Case(
        "POST", "/ats/applications/{application}/notes",
        lambda who: {"content": f"Words {who.number}", "content_type": "PLAIN_TEXT"}, 1, _notes,
    ),
    "tag": Case(
        "POST", "/ats/candidates/{candidate}/tags",
        lambda who: {"tag": {"name": f"Tag {who.number}"}}, 1, _tags,
    ),
    "attachment": Case(
        "POST", "/ats/candidates/{candidate}/attachments", lambda who: {"attachment": FILE}, 1, _files,
    ),
    "rejection": Case(
        "POST", "/ats/applications/{application}/reject",
        lambda who: {"rejection_reason_id": "remote:{reason}", "note": f"Words {who.number}"}, 2,
        _rejected,
    ),
    "rating": Case(
        "POST", "/ats/candidates/{candidate}/scorecards",
        lambda who: {"application_id": who.application["id"], "rating": "yes",
                     "stage_id": who.job["stages"][1]["id"], "note": f"Rated {who.number}"},
        1, _ratings,
    ),
    "result link": Case(
        "POST", "/ats/candidates/{candidate}/result-links",
        lambda who: {"label": f"Words {who.number}", "url": "https://example.org/r",
                     "details": {"custom_field_name_prefix": "Test",
                                 "attributes": [{"key": f"Score {who.number}", "value": "7"}]}},
        2, _results,
    ),
    "custom field": Case(
        "PUT", "/ats/candidates/{candidate}/custom-fields/Size {number}",
        lambda who: {"value": "43"}, 1, _sizes,
    ),
    "move": Case(
        "PUT", "/ats/applications/{application}/stage",
        lambda who: {"stage_id": who.job["stages"][-2]["id"]}, 1, _moves,
    ),
    "assignment": Case(
        "POST", "/ats/candidates/{candidate}/applications", lambda who: {"job_id": "{other}"}, 1,
        _placements,
    ),
    "consent": Case(
        "PUT", "/ats/candidates/{candidate}/gdpr-consent",
        lambda who: {"expires_at": f"2031-01-{who.number + 1:02}"}, 1, _consents,
    ),
    "interview": Case(
        "POST", "/ats/applications/{application}/interviews",
        lambda who: {"title": f"Words {who.number}", "interviewer_user_ids": [],
                     "start_time": "2026-12-01T09:00:00Z", "end_time": "2026-12-01T09:45:00Z"},
        2, _meetings,
    ),
    "application": Case(
        "POST", "/ats/jobs/{job}/applications", _application, 4, _newcomers
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
async def test_a_write_that_is_cut_anywhere_is_done_once_and_what_is_not_done_is_said(
    acting: Acting, name: str
) -> None:
    acting.ctx.looks.after_s = LOOKS_S
    case, people = CASES[name], await somebody(acting)
    reason = next(iter(await acting.ids("rejection-reasons")))
    jobs = [row["id"] for row in await acting.rows("jobs", statuses="OPEN")]
    points = list(itertools.product(range(1, case.writes + 1), POINTS))
    assert len(people) >= len(points)
    for who, (number, point) in zip(people, points, strict=False):
        other = next(job for job in jobs if job != who.job["id"])
        body = _filled(case.body(who), reason=reason, other=other)
        names = {"candidate": who.candidate["id"], "application": who.application["id"],
                 "job": who.job["id"], "number": str(who.number)}  # fmt: skip
        acting.line.cut_at(number, point)
        answers = await _until_done(
            acting, case.method, case.path.format(**names), body, f"{name} {number} {point}"
        )
        assert acting.line.cuts > 0, "the line was not cut"
        acting.line.cuts = 0
        count = await case.left(acting, who)
        assert count == 1, (name, number, point, answers)
        if name == "application":
            assert await _files_of_newcomer(acting, who) == 1, (number, point, answers)


async def test_whoever_sees_a_candidate_first_tells_of_them_once_as_ours(acting: Acting) -> None:
    acting.ctx.looks.after_s = LOOKS_S
    people = await somebody(acting)
    for who, point in zip(people, POINTS, strict=False):
        acting.line.cut_at(1, point)
        path = f"/ats/jobs/{who.job['id']}/applications"
        await _until_done(acting, "POST", path, _application(who), f"{who.number}")
    await acting.idle()
    told = [each for each in await acting.told() if each["type"].endswith(".created")]
    people_told = [e["data"]["remote_id"] for e in told if e["type"] == "candidate.created"]
    assert len(people_told) == len(POINTS) == len(set(people_told))
    assert {each["origin"] for each in told} == {"action"}


async def _until_done(acting: Acting, method: str, path: str, body: Json, key: str) -> list[Json]:
    """Ask with one key until it is done, as a caller would; returns all answers."""
    answers: list[Json] = []
    for _ in range(TRIES):
        answer = await acting.send(method, path, body, idempotency_key=key)
        answers.append(answer.json())
        if answer.status_code == 200 and "look once more" not in answer.text:
            return answers
        assert answer.status_code in (200, 502, 503, 504), answer.text
    raise AssertionError((path, key, answers))


async def _files_of_newcomer(acting: Acting, who: Who) -> int:
    mail = f"cut{who.number}@example.org"
    (one,) = [each for each in acting.sandbox.company.people.values() if mail in each.emails]
    return len(acting.sandbox.company.papers.attachments.of(one.id))


def _filled(body: Json, **ids: str) -> Json:
    return {
        name: value.format(**ids) if isinstance(value, str) else value
        for name, value in body.items()
    }
