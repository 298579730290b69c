"""Applications, with their candidate, job, stage and interviews."""

from collections.abc import Mapping, Sequence
from typing import Final

from service.core.unified.model import Fields, Ref
from service.kombo.asked import ApplicationsAsked
from service.kombo.kept import Desk, Family, Kept
from service.kombo.listing import Listing, Mark
from service.kombo.lists.fitting import OUTCOMES, answers, closed, keyed, staged
from service.kombo.lists.jobs import made_since
from service.kombo.lists.parts import (
    DATES,
    Shape,
    contacts,
    framed,
    location,
    picked,
    reference,
    stage,
    tags,
)

OWN: Final = (
    "outcome", "rejection_reason_name", "rejected_at", "current_stage_id", "job_id", "candidate_id",
    "custom_fields", "remote_url", *DATES,
)  # fmt: skip
CANDIDATE: Final = ("first_name", "last_name", "source", "remote_url")
INTERVIEW: Final = ("id", "remote_id", "title", "starting_at", "ending_at")


async def show(desk: Desk, rows: Sequence[Kept]) -> list[Shape]:
    """Return applications."""
    families = await desk.family_of(rows)
    stages, jobs, named = await desk.several("stage", "job", "tag")
    return [
        keyed(closed(framed(row, OWN), outcome=OUTCOMES))
        | {
            "screening_question_answers": answers(row.fields.get("screening_question_answers")),
            "integration_fields": row.fields.get("integration_fields") or [],
            "candidate": _candidate(desk, families[row.ref].candidate, named),
            "current_stage": staged(stage(stages.get(str(row.fields.get("current_stage_id"))))),
            "job": reference(jobs.get(str(row.fields.get("job_id"))), "name"),
            "interviews": _interviews(families[row.ref], row),
            "offers": [],
        }
        for row in rows
    ]


def _candidate(desk: Desk, row: Kept | None, table: Mapping[str, Fields]) -> Shape | None:
    shown = reference(row.fields, *CANDIDATE) if row else None
    if row is None or shown is None:
        return None
    return shown | contacts(row.fields) | {"tags": tags(desk, table, row.fields.get("tags"))}


def _interviews(family: Family, application: Kept) -> list[Shape]:
    own = next((a for a in family.applications if a.ref == application.ref), application)
    return [
        picked(each.fields, INTERVIEW)
        | {"canceled": each.deleted, "location": location(each.fields.get("location"))}
        for each in family.interviews_of(own)
        if not each.deleted
    ]


async def _fits(desk: Desk, asked: ApplicationsAsked, rows: Sequence[Kept]) -> list[bool]:
    jobs = None if asked.job_ids is None else set(asked.job_ids)
    if asked.job_remote_ids is not None:
        wanted = set(asked.job_remote_ids)
        table = await desk.table("job")
        named = {uid for uid, job in table.items() if job.get("remote_id") in wanted}
        jobs = named if jobs is None else jobs & named
    return [_fit(asked, row.fields, jobs) for row in rows]


def _fit(asked: ApplicationsAsked, application: Fields, jobs: set[str] | None) -> bool:
    among = (
        (asked.outcomes, "outcome"),
        (asked.outcome and (asked.outcome,), "outcome"),
        (asked.current_stage_ids, "current_stage_id"),
        (jobs, "job_id"),
    )
    fits = all(wanted is None or application.get(name) in wanted for wanted, name in among)
    return fits and made_since(application, asked.remote_created_after)


async def _marks(desk: Desk, rows: Sequence[Kept]) -> dict[Ref, list[Mark]]:
    """Return when each application's candidate and its interviews changed."""
    families = await desk.family_of(rows)
    return {row.ref: _marks_of(families[row.ref], row.ref) for row in rows}


def _marks_of(family: Family, ref: Ref) -> list[Mark]:
    own = next((each for each in family.applications if each.ref == ref), None)
    who = family.candidate
    marks = [Mark(who.changed, 1, who.ref.remote_id)] if who else []
    met = family.interviews_of(own) if own else []
    return [*marks, *(Mark(each.changed, 2, each.ref.remote_id) for each in met)]


async def _moved(desk: Desk, rows: Sequence[Kept]) -> dict[Ref, list[str]]:
    families = await desk.family_of(rows)
    return {row.ref: [a.ref.remote_id for a in _told(row, families[row.ref])] for row in rows}


def _told(row: Kept, family: Family) -> Sequence[Kept]:
    if row.ref.model == "candidate":
        return family.applications
    found = family.application_in(row.fields.get("job_id"))
    return [found] if found else []


APPLICATIONS = Listing(
    "applications", "application", show, ApplicationsAsked, _fits,
    {
        "outcomes": "application.outcome", "outcome": "application.outcome",
        "current_stage_ids": "application.current_stage_id",
        "remote_created_after": "application.remote_created_at",
    },
    related=("candidate", "interview"), marks=_marks, moved=_moved,
)  # fmt: skip
