"""Read Recruitee's activity feed: which records an entry gives cause to look at, and nothing else of it.

The names of the events come from the list of subscriptions in the vendor's endpoint documentation; the
shape of an entry is known from somebody's warehouse. So only ids are trusted, and an event that we have
never heard of is a hint to look at whatever it names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from service.core import times
from service.core.unified.model import Cause
from service.core.unified.reading import identifier, mapping, text

PATH: Final = "/tracking/activities"
KEY: Final = "activities"

CANDIDATE, JOB, COMPANY = "candidate", "job", "company"
LOOKS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("candidate_note", ("candidate_notes",)),
    ("candidate_attachment", ("candidate_attachments", "candidate")),
    ("interview_event", ("candidate_interviews",)),
    ("interview_result", ("candidate_evaluations",)),
    ("job_note", ("job_notes",)),
    ("job_attachment", ("job_attachments",)),
    ("note_", ("candidate_notes", "job_notes")),
    ("candidate_", ("candidate",)),
    ("gdpr_", ("candidate",)),
    ("assignment_", ("candidate",)),
    ("job_", ("job",)),
    ("stage_", ("job",)),
    ("disqualify_reason_", ("rejection_reasons",)),
    ("tag_", ("tags",)),
    ("location", ("locations",)),
    ("member_", ("users",)),
    ("role_", ("roles",)),
    ("mailbox_", ()), ("texting_", ()), ("requisition", ()), ("task_", ()), ("share_", ()),
    ("offer_letter_", ()), ("screening_", ()), ("import_", ()), ("referral_", ()),
    ("offer_template_", ()), ("hris_", ()),
)  # fmt: skip
"""What the events that begin so give cause to look at: the first row that fits counts. Mails, tasks,
requisitions and the like change no record that is kept."""
OWNED: Final = {
    "candidate": CANDIDATE, "candidate_notes": CANDIDATE, "candidate_attachments": CANDIDATE,
    "candidate_interviews": CANDIDATE, "candidate_evaluations": CANDIDATE,
    "job": JOB, "job_notes": JOB, "job_attachments": JOB,
}  # fmt: skip
"""Whose id names a root; the company's lists have none."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: what it says, and the roots it gives cause to look at."""

    id: int
    event: str
    at: str | None
    cause: Cause
    roots: tuple[str, ...]
    raw: Mapping[str, Any]
    every_job: bool = False  # of stages that name no job: any pipeline may have changed


def read(raw: Mapping[str, Any]) -> Entry | None:
    """Return an entry; None for a row without an id."""
    row = mapping(raw)
    remote_id = identifier(row.get("id"))
    if remote_id is None:
        return None
    event = text(row.get("event"))
    name = event if isinstance(event, str) else ""
    candidate, job = identifier(row.get("candidate_id")), identifier(row.get("offer_id"))
    at = times.canonical(row.get("created_at"))
    cause = Cause(
        "activity", int(remote_id), name or None, None, at, candidate, (job,) if job else ()
    )
    roots = tuple(roots_of(name, candidate, job))
    pipeline = name.startswith("stage_") and job is None
    return Entry(int(remote_id), name, at, cause, roots, row, pipeline)


def roots_of(event: str, candidate: str | None, job: str | None) -> list[str]:
    """Return what an event gives cause to look at, as the inbox names it."""
    ids = {CANDIDATE: candidate, JOB: job}
    looks = next((looks for prefix, looks in LOOKS if event.startswith(prefix)), None)
    if looks is None:
        looks = ("candidate",) if candidate else ("job",)
    roots = []
    for name in looks:
        owner = OWNED.get(name)
        if owner is None:
            roots.append(f"{name}:0")
        elif ids[owner] is not None:
            roots.append(f"{name}:{ids[owner]}")
    return roots


def newest(entries: Sequence[Entry]) -> int:
    """Return the highest id of entries; 0 for none."""
    return max((entry.id for entry in entries), default=0)
