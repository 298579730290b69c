"""What it costs when a token may not read a model or make a write: one total table, in a reader's words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from service.ops.checks_models import GOOD

COSTS: Final[Mapping[str, tuple[str, str]]] = {
    "candidate": ("Candidates", "Nobody who applies is seen: no candidates, applications or their changes."),
    "application": ("Applications", "No stage moves, hires, rejections or new applications."),
    "job": ("Jobs", "No jobs, and applications without the job that they are for."),
    "job_posting": ("Job postings", "No public addresses of jobs."),
    "job_tag": ("Job tags", "Jobs come without their tags."),
    "stage": ("Pipeline stages", "Moves are told without the stages' names."),
    "screening_question": ("Questions", "Jobs come without questions, applications without answers."),
    "question_template": ("Question templates", "Screening questions that several jobs share are missing."),
    "interview": ("Interviews", "No interview is told when it is scheduled, moved or canceled."),
    "evaluation": ("Evaluations", "No scorecards or ratings of interviewers."),
    "note": ("Notes", "No notes on candidates."),
    "attachment": ("Files", "No CVs or other files of candidates."),
    "rejection_reason": ("Disqualify reasons", "Rejections are told without their reason."),
    "user": ("Team members", "Changes are told without the names of who did them."),
    "role": ("Roles", "Team members come without their role."),
    "department": ("Departments", "Jobs come without their department."),
    "location": ("Locations", "Jobs come without their location."),
    "source": ("Sources", "It is not known where candidates come from."),
    "tag": ("Candidate tags", "Candidates come without their tags."),
    "activity": ("Activity feed", "Changes that no webhook tells are found hours later instead of seconds."),
}  # fmt: skip
"""Model -> (what people call it, what is missing without it)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How one model or write came out; `status` is good, warn (try again) or bad (not permitted)."""

    label: str
    status: str
    cost: str
    cure: str


def readable(report: Mapping[str, Any]) -> list[Finding]:
    """Return one finding per model, the worst of its ways of reading."""
    worst: dict[str, Mapping[str, Any]] = {}
    for row in report.get("models") or ():
        before = worst.get(row["model"])
        if before is None or _rank(row) > _rank(before):
            worst[row["model"]] = row
    return [_finding(row) for row in worst.values()]


def unwritable(report: Mapping[str, Any]) -> list[Finding]:
    """Return a finding per write that the token's owner may not make."""
    refused: Iterable[Mapping[str, Any]] = report.get("actions") or ()
    return [
        Finding(str(row["action"]).replace("_", " ").capitalize(), "bad", "", row["cure"] or "")
        for row in refused
        if row["status"] == "forbidden"
    ]


def _finding(row: Mapping[str, Any]) -> Finding:
    label, cost = COSTS.get(row["model"], (row["model"].replace("_", " ").capitalize(), ""))
    status = ("good", "warn", "bad")[_rank(row)]
    return Finding(label, status, "" if status == "good" else cost, row["cure"] or "")


def _rank(row: Mapping[str, Any]) -> int:
    if row["status"] in GOOD:
        return 0
    return 2 if row["status"] == "forbidden" else 1
