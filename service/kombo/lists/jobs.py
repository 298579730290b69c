"""Jobs, with their stages, questions, posting and hiring team."""

from collections.abc import Mapping, Sequence
from typing import Final

from service.core import times
from service.core.store import index
from service.core.unified.model import Fields, Ref
from service.kombo.asked import JobsAsked, same
from service.kombo.kept import Desk, Kept
from service.kombo.listing import Listing, Mark
from service.kombo.lists.fitting import (
    CATEGORIES,
    POSTED,
    SEEN_BY,
    closed,
    format_of,
    keyed,
    preconditions,
    staged,
)
from service.kombo.lists.parts import DATES, Shape, framed, location, mappings, picked, stage, user

QUESTION: Final = "screening_question"
TEAM: Final[Mapping[str, str | None]] = {
    "HIRING_MANAGER": "HIRING_MANAGER", "RECRUITER": "RECRUITER", "MEMBER": None, "FOLLOWER": None,
}  # fmt: skip
"""Our roles in a hiring team -> Kombo's; those without a word there are told by their label."""
OWN: Final = (
    "name", "job_code", "description", "confidential", "contact_id", "category", "department",
    "post_url", "experience_level", "employment_type", "status", "visibility", "remote_work_status",
    "weekly_hours", "salary_amount", "salary_amount_from", "salary_amount_to", "salary_currency",
    "salary_period", "opened_at", "closed_at", "remote_url", "custom_fields", *DATES,
)  # fmt: skip
POSTING: Final = ("title", "description_html", "status", "visibility", "url")


async def show(desk: Desk, rows: Sequence[Kept]) -> list[Shape]:
    """Return jobs."""
    stages, people = await desk.several("stage", "user")
    inside = await desk.kept(ref for row in rows for ref in _inside(row))
    return [
        keyed(framed(row, OWN))
        | {
            "location": location(row.fields.get("location")),
            "integration_fields": row.fields.get("integration_fields") or [],
            "stages": _stages(row.fields, stages),
            "screening_questions": _questions(row.fields, inside),
            "job_postings": _postings(row, inside),
            "hiring_team": _team(row.fields, people),
        }
        for row in rows
    ]


def _inside(row: Kept) -> list[Ref]:
    asked = mappings(row.fields.get("screening_questions"))
    questions = [Ref(QUESTION, str(each.get("remote_id"))) for each in asked]
    return [*questions, Ref("job_posting", row.ref.remote_id)]


def _stages(job: Fields, table: Mapping[str, Fields]) -> list[Shape]:
    named = job.get("stage_ids") or []
    known = (staged(stage(table.get(uid) or {"id": uid})) for uid in named)
    return [each for each in known if each]


def _questions(job: Fields, inside: Mapping[Ref, Kept]) -> list[Shape]:
    asked = mappings(job.get("screening_questions"))
    refs = [(each, Ref(QUESTION, str(each.get("remote_id")))) for each in asked]
    return [_question(each, inside[ref].fields) for each, ref in refs if ref in inside]


def _question(asked: Mapping[str, object], question: Fields) -> Shape:
    own = picked(question, ("id", "remote_id", "title", "description", "category"))
    return (
        closed(own, category=CATEGORIES)
        | picked(asked, ("index", "required", "precondition_question_id"))
        | {
            "format": format_of(question.get("format")),
            "precondition_options": preconditions(asked.get("precondition_options")),
            "remote_data": None,
        }
    )


def _postings(row: Kept, inside: Mapping[Ref, Kept]) -> list[Shape]:
    found = inside.get(Ref("job_posting", row.ref.remote_id))
    if found is None or found.deleted:
        return []
    shown = picked(found.fields, ("id", "remote_id", *POSTING)) | {"remote_data": None}
    return [closed(shown, status=POSTED, visibility=SEEN_BY)]


def _team(job: Fields, people: Mapping[str, Fields]) -> list[Shape]:
    return [_member(each, people) for each in mappings(job.get("hiring_team"))]


def _member(member: Mapping[str, object], people: Mapping[str, Fields]) -> Shape:
    uid, roles = str(member.get("user_id")), member.get("roles")
    named = [role for role in roles if role in TEAM] if isinstance(roles, list) else []
    return (user(people.get(uid) or {"id": uid}) or {}) | {
        "hiring_team_roles": [TEAM[role] for role in named if TEAM[role]],
        "job_roles": [
            {
                "remote_id": None,
                "remote_label": role.replace("_", " ").capitalize(),
                "unified_type": TEAM[role],
                "scope": "JOB",
            }
            for role in named
        ],
    }


async def _fits(desk: Desk, asked: JobsAsked, rows: Sequence[Kept]) -> list[bool]:
    return [_fit(asked, row.fields) for row in rows]


def _fit(asked: JobsAsked, job: Fields) -> bool:
    among = (
        (asked.job_codes, "job_code"),
        (asked.statuses, "status"),
        (_one(asked.status), "status"),
        (asked.employment_types, "employment_type"),
        (asked.visibilities, "visibility"),
        (_one(asked.post_url), "post_url"),
    )
    return (
        all(wanted is None or job.get(name) in wanted for wanted, name in among)
        and made_since(job, asked.remote_created_after)
        and (asked.name_contains is None or same(asked.name_contains) in same(_name(job)))
    )


def _one(wanted: str | None) -> tuple[str] | None:
    return None if wanted is None else (wanted,)


def _name(job: Fields) -> str:
    name = job.get("name")
    return name if isinstance(name, str) else ""


def made_since(fields: Fields, day: int | None) -> bool:
    """Say whether a record was made on a day (ms) or after it."""
    made = times.parse(fields.get("remote_created_at"))
    return day is None or (made is not None and made >= day)


async def _marks(desk: Desk, rows: Sequence[Kept]) -> dict[Ref, list[Mark]]:
    """Return when the questions and the posting of each job changed."""
    inside = {row.ref: _inside(row) for row in rows}
    wanted = list({ref for refs in inside.values() for ref in refs})
    changed = await index.changed(desk.store.pipe, desk.c, wanted)
    return {
        job: [Mark(changed[ref], 1, ref.remote_id) for ref in refs if ref in changed]
        for job, refs in inside.items()
    }


JOBS = Listing(
    "jobs", "job", show, JobsAsked, _fits,
    {
        "job_codes": "job.job_code", "post_url": "job.post_url", "statuses": "job.status",
        "status": "job.status", "employment_types": "job.employment_type",
        "visibilities": "job.visibility", "remote_created_after": "job.remote_created_at",
        "name_contains": "job.name",
    },
    related=(QUESTION,), marks=_marks,
)  # fmt: skip
