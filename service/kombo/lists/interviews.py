"""Interviews, with who interviews and the application they belong to."""

from collections.abc import Mapping, Sequence
from typing import Final

from service.core.unified.model import Fields, Ref
from service.kombo.asked import InterviewsAsked
from service.kombo.kept import Desk, Family, Kept
from service.kombo.listing import Listing, Mark
from service.kombo.lists.fitting import OUTCOMES, closed
from service.kombo.lists.parts import (
    DATES,
    Shape,
    emails,
    framed,
    location,
    picked,
    reference,
    users,
)

OWN: Final = (
    "title", "starting_at", "ending_at", "video_conferencing_url", "stage_id", *DATES,
)  # fmt: skip


async def show(desk: Desk, rows: Sequence[Kept]) -> list[Shape]:
    """Return interviews."""
    families = await desk.family_of(rows)
    jobs, people = await desk.several("job", "user")
    return [
        framed(row, OWN)
        | _belonging(families[row.ref], row, jobs)
        | {
            "location": location(row.fields.get("location")),
            "canceled": row.deleted,
            "users": users(people, row.fields.get("user_ids")),
        }
        for row in rows
    ]


def _belonging(family: Family, row: Kept, jobs: Mapping[str, Fields]) -> Shape:
    found = family.application_in(row.fields.get("job_id"))
    if found is None:
        return {"application_id": None, "application": None}
    own = picked(found.fields, ("id", "remote_id", "outcome", "rejection_reason_name"))
    shown = closed(own, outcome=OUTCOMES)
    who = family.candidate.fields if family.candidate else None
    candidate = reference(who, "first_name", "last_name")
    if candidate is not None and who is not None:
        candidate |= {"email_addresses": emails(who)}
    job = reference(jobs.get(str(found.fields.get("job_id"))), "name")
    return {
        "application_id": shown["id"],
        "application": shown | {"candidate": candidate, "job": job},
    }


async def _fits(desk: Desk, asked: InterviewsAsked, rows: Sequence[Kept]) -> list[bool]:
    return [asked.job_ids is None or row.fields.get("job_id") in asked.job_ids for row in rows]


async def _marks(desk: Desk, rows: Sequence[Kept]) -> dict[Ref, list[Mark]]:
    """Return when each interview's application changed."""
    families = await desk.family_of(rows)
    found = {row.ref: families[row.ref].application_in(row.fields.get("job_id")) for row in rows}
    return {ref: [Mark(a.changed, 1, a.ref.remote_id)] for ref, a in found.items() if a}


async def _moved(desk: Desk, rows: Sequence[Kept]) -> dict[Ref, list[str]]:
    families = await desk.family_of(rows)
    return {row.ref: [each.ref.remote_id for each in _of(families[row.ref], row)] for row in rows}


def _of(family: Family, application: Kept) -> list[Kept]:
    own = next((a for a in family.applications if a.ref == application.ref), None)
    return family.interviews_of(own) if own else []


INTERVIEWS = Listing(
    "interviews", "interview", show, InterviewsAsked, _fits, {"job_ids": "interview.job_id"},
    related=("application",), marks=_marks, moved=_moved,
)  # fmt: skip
