"""Read Recruitee's activity feed: which records an entry gives cause to look at, and nothing else of it.

The names of the events come from the list of subscriptions in the vendor's endpoint documentation; the
shape of an entry is known from somebody's warehouse. So only ids are trusted, and an event that we have
never heard of is a hint to look at whatever it names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from service.core import times
from service.core.unified.model import Cause
from service.core.unified.reading import identifier, mapping, text
from service.core.unified.registry import COLLECTIONS

PATH: Final = "/tracking/activities"
KEY: Final = "activities"

PIPELINES, NEWCOMERS, ALL = "pipelines", "newcomers", "all"
"""Wider looks: at one job of each pipeline; at who came lately; at everything (a reconcile)."""
WIDER: Final = frozenset({PIPELINES, NEWCOMERS, ALL})

_PERSON = (
    "candidate", "candidate_notes", "candidate_attachments", "candidate_interviews",
    "candidate_evaluations",
)  # fmt: skip
LOOKS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("candidate_merge", _PERSON),  # what the other one had is this one's now
    ("candidate_note_", ("candidate_notes",)),
    ("candidate_attachment_", ("candidate_attachments", "candidate")),  # a CV is the candidate's own
    ("candidate_overdue", ()),
    ("candidate_", ("candidate",)),
    ("followed_candidates", ("candidate",)),
    ("placement_", ("candidate",)),
    ("gdpr_", ("candidate",)),
    ("assignment_", ("candidate", "job")),
    ("interview_event_request_sent", ()),
    ("interview_event_", ("candidate_interviews",)),
    ("interview_requested_event_add", ("candidate_interviews",)),
    ("interview_requested_result_add", ("candidate_evaluations",)),
    ("interview_result_request", ()),  # asked for, not given
    ("interview_result_", ("candidate_evaluations",)),
    ("event_reminder_sent", ()),
    ("note_", ("candidate_notes", "job_notes")),
    ("share_note_add", ("candidate_notes",)),
    ("share_result_add", ("candidate_evaluations",)),
    ("share_attachment_upload", ("candidate_attachments",)),
    ("share_", ()),
    ("mailbox_attachment_converted", ("candidate_attachments",)),
    ("mailbox_thread_converted", ("candidate",)),
    ("mailbox_", ()),
    ("job_note_", ("job_notes",)),
    ("job_attachment_", ("job_attachments",)),
    ("job_candidate_hired", ("candidate",)),
    ("job_campaign_", ()),
    ("job_overdue_candidates", ()),
    ("job_expiring_candidates", ()),
    ("job_submit_to_job_boards", ()),
    ("job_offer_template_inserted", ()),
    ("job_", ("job",)),
    ("stage_", ("job",)),
    ("disqualify_reason_", ("rejection_reasons",)),
    ("tag_", ("tags",)),
    ("location_assigned_job_", ("locations", "job")),
    ("location", ("locations",)),
    ("member_", ("users",)),
    ("role_", ("roles",)),
    ("import_finish", (NEWCOMERS,)),
    ("import_", (ALL,)),  # taken back: whom it took along it does not say
    ("requisition", ()), ("task_", ()), ("offer_letter_", ()), ("offer_template_", ()),
    ("screening_", ()), ("matching_", ()), ("referral_", ()), ("texting_", ()), ("whatsapp_", ()),
)  # fmt: skip
"""What the events that begin so give cause to look at: the first row that fits counts. Mails, tasks,
requisitions and the like change no record that is kept."""
UNKNOWN: Final = ("candidate", "job")


class Look(NamedTuple):
    """What an entry gives cause to look at."""

    roots: tuple[str, ...]  # as the inbox names them
    wider: frozenset[str] = frozenset()  # of WIDER


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: what it says, and what it gives cause to look at."""

    id: int
    event: str
    cause: Cause
    look: Look
    raw: Mapping[str, Any]


def read(raw: object) -> Entry | None:
    """Return an entry; None for a row without an id."""
    row = mapping(raw)
    remote_id = identifier(row.get("id"))
    if remote_id is None:
        return None
    said = text(row.get("event"))
    event = said if isinstance(said, str) else ""
    candidate, job = identifier(row.get("candidate_id")), identifier(row.get("offer_id"))
    at = times.canonical(row.get("created_at"))
    jobs = (job,) if job else ()
    cause = Cause("activity", int(remote_id), event or None, None, at, candidate, jobs)
    return Entry(int(remote_id), event, cause, look(event, candidate, job), row)


def looks_of(event: str) -> tuple[str, ...] | None:
    """Return what an event is about, none of it at all, or None for one that we have never heard of."""
    return next((looks for beginning, looks in LOOKS if event.startswith(beginning)), None)


def look(event: str, candidate: str | None, job: str | None) -> Look:
    """Return what an event with these remote ids gives cause to look at."""
    known = looks_of(event)
    names = UNKNOWN if known is None else known
    wider = WIDER & set(names)
    if event.startswith("stage_") and job is None:
        wider |= {PIPELINES}
    roots = (_root(name, candidate, job) for name in names if name not in WIDER)
    return Look(tuple(root for root in roots if root), wider)


def in_order(rows: Iterable[object]) -> list[Entry]:
    """Return the entries of a page by rising id, each once."""
    entries = (read(row) for row in rows)
    found = {entry.id: entry for entry in entries if entry is not None}
    return [found[number] for number in sorted(found)]


def newest(entries: Iterable[Entry]) -> int:
    """Return the highest id of entries; 0 for none."""
    return max((entry.id for entry in entries), default=0)


def _root(name: str, candidate: str | None, job: str | None) -> str | None:
    """Return a root with its owner's id; the company's lists have none."""
    owner = COLLECTIONS[name].owner if name in COLLECTIONS else name
    if owner is None:
        return f"{name}:0"
    number = candidate if owner == "candidate" else job
    return f"{name}:{number}" if number else None
