"""The line to Recruitee is cut at every point of every write: nothing is done twice, nothing unsaid."""

import base64
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from tests.actions.conftest import Acting, Json
from tests.actions.cutting import POINTS

LOOKS_S = (0.0, 0.02, 0.1)
TRIES = 4
FILE = {"name": "report.txt", "content_type": "text/plain", "type": "OTHER",
        "data": base64.b64encode(b"A report").decode()}  # fmt: skip
Count = Callable[[Acting, "Who"], Awaitable[int]]


@dataclass(frozen=True)
class Who:
    """Somebody of the company, with an application that is under way."""

    candidate: Json
    application: Json
    job: Json
    number: int


@dataclass(frozen=True)
class Case:
    """An action: how it is asked for, how many writes it makes, and what it leaves behind."""

    method: str
    path: str
    body: Callable[[Who], Json]
    writes: int
    left: Count
    """How often what the action makes is there: 1 when it was done."""
    leaves: int = 1


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
        2, _notes,
    ),
    "application": Case(
        "POST", "/ats/jobs/{job}/applications", _application, 4, _newcomers
    ),
}  # fmt: skip


async def _somebody(acting: Acting) -> list[Who]:
    """Return people with an application that is under way, each once."""
    jobs = {row["id"]: row for row in await acting.rows("jobs", statuses="OPEN")}
    found: dict[str, Who] = {}
    for row in await acting.rows("applications", outcomes="PENDING"):
        if row["job_id"] in jobs and len(jobs[row["job_id"]]["stages"]) > 1:
            who = Who(row["candidate"], row, jobs[row["job_id"]], len(found))
            found.setdefault(row["candidate"]["id"], who)
    return list(found.values())


@pytest.mark.parametrize("name", CASES)
async def test_a_write_that_is_cut_anywhere_is_done_once_and_what_is_not_done_is_said(
    acting: Acting, name: str
) -> None:
    acting.ctx.looks.after_s = LOOKS_S
    case, people = CASES[name], await _somebody(acting)
    reason = next(iter(await acting.ids("rejection-reasons")))
    points = list(itertools.product(range(1, case.writes + 1), POINTS))
    assert len(people) >= len(points)
    for who, (number, point) in zip(people, points, strict=False):
        body = _filled(case.body(who), reason)
        names = {"candidate": who.candidate["id"], "application": who.application["id"],
                 "job": who.job["id"]}  # fmt: skip
        acting.line.cut_at(number, point)
        answers = await _until_done(
            acting, case.method, case.path.format(**names), body, f"{name} {number} {point}"
        )
        assert acting.line.cuts > 0, "the line was not cut"
        acting.line.cuts = 0
        count = await case.left(acting, who)
        said = answers[-1]["warnings"]
        assert count == 1, (name, number, point, answers)
        if name == "application":
            files = await _files_of_newcomer(acting, who)
            assert files == 1 or (files == 0 and said), (number, point, answers)


async def test_whoever_sees_a_candidate_first_tells_of_them_once_as_ours(acting: Acting) -> None:
    acting.ctx.looks.after_s = LOOKS_S
    people = await _somebody(acting)
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
        if answer.status_code == 200:
            return answers
        assert answer.status_code in (502, 503, 504), answer.text
    raise AssertionError((path, key, answers))


async def _files_of_newcomer(acting: Acting, who: Who) -> int:
    mail = f"cut{who.number}@example.org"
    (one,) = [each for each in acting.sandbox.company.people.values() if mail in each.emails]
    return len(acting.sandbox.company.papers.attachments.of(one.id))


def _filled(body: Json, reason: str) -> Json:
    return {
        name: value.format(reason=reason) if isinstance(value, str) else value
        for name, value in body.items()
    }
