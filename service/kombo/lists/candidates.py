"""Candidates, with their applications and tags."""

from collections.abc import Mapping, Sequence
from typing import Final

from service.core.unified.model import Fields, Ref
from service.kombo.asked import CandidatesAsked, same
from service.kombo.kept import Desk, Kept
from service.kombo.listing import Listing, Mark
from service.kombo.lists.fitting import OUTCOMES, closed, keyed
from service.kombo.lists.parts import (
    DATES,
    Shape,
    contacts,
    emails,
    framed,
    location,
    reference,
    tags,
)

OWN: Final = (
    "first_name", "last_name", "company", "title", "confidential", "source", "custom_fields",
    "remote_url", *DATES,
)  # fmt: skip
APPLICATION: Final = ("outcome", "rejection_reason_name", "rejected_at", "remote_url", *DATES)


async def show(desk: Desk, rows: Sequence[Kept]) -> list[Shape]:
    """Return candidates."""
    await desk.read_applications(row.ref.remote_id for row in rows)
    stages, jobs, named = await desk.several("stage", "job", "tag")
    return [
        keyed(framed(row, OWN))
        | contacts(row.fields)
        | {
            "location": location(row.fields.get("location")),
            "integration_fields": row.fields.get("integration_fields") or [],
            "applications": [
                _application(each, stages, jobs)
                for each in desk.families[row.ref.remote_id].applications
                if not each.deleted
            ],
            "tags": tags(desk, named, row.fields.get("tags")),
        }
        for row in rows
    ]


def _application(row: Kept, stages: Mapping[str, Fields], jobs: Mapping[str, Fields]) -> Shape:
    shown = closed(framed(row, APPLICATION), outcome=OUTCOMES)
    del shown["remote_deleted_at"]
    stage, job = row.fields.get("current_stage_id"), row.fields.get("job_id")
    return shown | {
        "current_stage": reference(stages.get(str(stage)), "name", "index"),
        "job": reference(jobs.get(str(job)), "name"),
    }


async def _fits(desk: Desk, asked: CandidatesAsked, rows: Sequence[Kept]) -> list[bool]:
    fits = [_fit(asked, row.fields) for row in rows]
    if asked.job_ids is None:
        return fits
    left = [row.ref.remote_id for row, fit in zip(rows, fits, strict=True) if fit]
    await desk.read_applications(left)
    wanted = set(asked.job_ids)
    return [
        fit and _applied(desk.families[row.ref.remote_id].applications, wanted)
        for row, fit in zip(rows, fits, strict=True)
    ]


def _applied(applications: Sequence[Kept], jobs: set[str]) -> bool:
    return any(not each.deleted and each.fields.get("job_id") in jobs for each in applications)


def _fit(asked: CandidatesAsked, candidate: Fields) -> bool:
    names = ((asked.first_name, "first_name"), (asked.last_name, "last_name"))
    named = all(
        wanted is None or same(wanted) == same(candidate.get(name) or "") for wanted, name in names
    )
    if asked.email is None or not named:
        return named
    return same(asked.email) in {same(row["email_address"]) for row in emails(candidate)}


async def _marks(desk: Desk, rows: Sequence[Kept]) -> dict[Ref, list[Mark]]:
    """Return when each candidate's applications changed."""
    await desk.read_applications(row.ref.remote_id for row in rows)
    return {
        row.ref: [
            Mark(each.changed, 1, each.ref.remote_id)
            for each in desk.families[row.ref.remote_id].applications
        ]
        for row in rows
    }


async def _moved(desk: Desk, rows: Sequence[Kept]) -> dict[Ref, list[str]]:
    return {ref: [owner] for ref, owner in (await desk.candidates_of(rows)).items()}


CANDIDATES = Listing(
    "candidates", "candidate", show, CandidatesAsked, _fits,
    {
        "email": "candidate.email_addresses", "job_ids": "application.job_id",
        "first_name": "candidate.first_name", "last_name": "candidate.last_name",
    },
    related=("application",), marks=_marks, moved=_moved,
)  # fmt: skip
