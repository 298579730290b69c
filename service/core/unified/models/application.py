"""Application: a candidate in a job (Recruitee's placement); fetched inside its candidate.

| field | comes from | a change of it |
| --- | --- | --- |
| outcome | disqualification, else the stage's category, | hired, unhired, rejected, requalified |
| | else `hired_at` | |
| rejected_at | `disqualified_at`, else webhook, else `updated_at` | goes along with outcome |
| rejection_reason_name, hired_at, job_starts_at, | served | goes along with outcome, |
| work_location_id, opening_id | | else application.updated |
| rejection_kind, hired_by_id, time_to_hire | served | in silence: the outcome tells of them |
| screening_question_answers | the candidate's answers for this job | application.updated |
| current_stage_id | `stage_id` | stage_changed |
| remote_url, remote_updated_at | the candidate's `adminapp_url`; `updated_at` | in silence |
| custom_fields, integration_fields | nothing: a placement has no fields of its own | never |
| ratings, board position, overdue marks, `hired_in_*` | not kept: others' work | never |

A known category outranks `hired_at`: the time of a hire may outlast the hire, and leaving a hire
stage is `unhired`. Only where nobody knows the stage's category does `hired_at` decide. Placements
in talent pools are no applications.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from service.core import times
from service.core.unified import moves
from service.core.unified.evidence import EVERY, Grade, Sources, never, of
from service.core.unified.model import Cause, Claim, Context, Draft, Fields, Model, Need, Ref
from service.core.unified.models.stage import described
from service.core.unified.question import answers_by_job
from service.core.unified.reading import (
    UNKNOWN,
    Link,
    Missing,
    Raw,
    Rule,
    identifier,
    identifiers,
    instant,
    integer,
    mapping,
    mappings,
    record,
    text,
)  # fmt: skip

NAME = "application"
ASSIGNED = frozenset({"candidate_assigned", "candidate_offer_assign"})
PLACED = ASSIGNED | {moves.MOVED, "candidate_offer_remove", *moves.FED}
"""Webhooks and feed entries that are about a candidate's applications and not about the person."""
BORN = frozenset(
    {"new_candidate", "candidate_created", "candidate_add", "candidate_apply", "candidate_referred"}
)
SERVED, TOLD, GUESSED = 2, 1, 0
"""Grades of `rejected_at`: in the answer, by the webhook's time, by the placement's own update."""

LEFT_OPEN = ("rejection_kind", "hired_by_id", "opening_id", "time_to_hire")
"""What a webhook of an outcome does not say and the answer does."""
ALONG = (*moves.COMPANIONS, "opening_id")
"""What changes along with an outcome, and is told with it."""

_RULES = (
    Rule("hired_at", ("hired_at",), instant),
    Rule("job_starts_at", ("job_starts_at",), instant),
    Rule("time_to_hire", ("time_to_hire",), integer),
    Rule("language", ("language",), text),
)
_LINKS = (
    Link("work_location_id", "work_location_id", "location"),
    Link("hired_by_id", "hired_by_id", "user"),
)
_NEVER_SERVED: Fields = {"integration_fields": []}


def drafts(raw: Raw, candidate_id: str, references: object, context: Context) -> list[Draft]:
    """Return the applications inside a candidate."""
    found = _placements(raw, references)
    if not found:
        return []
    shared = _shared(raw, candidate_id, references, context)
    return [_draft(p, i, job_id, shared) for p, i, job_id in found]


def _shared(raw: Raw, candidate_id: str, references: object, context: Context) -> "_Shared":
    address = text(raw.get("adminapp_url", UNKNOWN))
    own: Fields = {"candidate_id": context.uid("candidate", candidate_id)}
    if address is not UNKNOWN:
        own["remote_url"] = address
    answers = answers_by_job(raw.get("grouped_open_question_answers", UNKNOWN))
    return _Shared(candidate_id, own, described(references).categories, answers, context)


def needs(raw: Raw, references: object) -> set[Need]:
    """Return the stages whose category the answer does not have, each with a job that has it."""
    known = described(references).categories
    staged = ((_stage_id(p), job_id) for p, _, job_id in _placements(raw, references))
    return {Need(stage, job_id) for stage, job_id in staged if stage and stage not in known}


def path(fields: Fields, remote: Callable[[str], str | None]) -> str | None:
    """Return where Recruitee serves one application by itself: 404 there confirms its end."""
    ids = [remote(str(fields.get(name))) for name in ("job_id", "candidate_id")]
    return "/offers/{}/candidates/{}/placement".format(*ids) if all(ids) else None


def _placements(raw: Raw, references: object) -> list[tuple[Raw, str, str]]:
    """Return (placement, its id, its job's id) for those that are in a job."""
    pools = described(references).pools
    found = ((p, identifier(p.get("id")), _job_id(p)) for p in mappings(raw.get("placements")))
    return [(p, i, job_id) for p, i, job_id in found if i and job_id and job_id not in pools]


def _job_id(placement: Raw) -> str | None:
    # A search hit has the offer and the stage themselves in place of their ids.
    offer = mapping(placement.get("offer"))
    nested = None if offer.get("kind") == "talent_pool" else offer.get("id")
    return identifier(placement.get("offer_id", nested))


def _stage_id(placement: Raw) -> str | None:
    return identifier(placement.get("stage_id", mapping(placement.get("stage")).get("id")))


class _Shared(NamedTuple):
    """What all applications of one answer have in common."""

    candidate_id: str
    own: Fields
    explained: Mapping[str, str]  # categories of the stages that the answer itself describes
    answers: dict[str, list[Fields]] | Missing
    context: Context


def _draft(placement: Raw, remote_id: str, job_id: str, shared: _Shared) -> Draft:
    context = shared.context
    fields = record(NAME, remote_id, placement, context, _RULES, _LINKS)
    fields |= shared.own | _NEVER_SERVED
    fields["job_id"] = context.uid("job", job_id)
    if "stage_id" in placement or "stage" in placement:
        stage_id = _stage_id(placement)
        fields["current_stage_id"] = context.uid("stage", stage_id) if stage_id else None
    located = identifiers(placement.get("location_ids", UNKNOWN))
    if located is not UNKNOWN:
        fields["location_ids"] = [context.uid("location", i) for i in located]
    if shared.answers is not UNKNOWN:
        fields["screening_question_answers"] = shared.answers.get(job_id, [])
    grades = _decide(fields, placement, shared)
    if "opening_id" in placement or fields["outcome"] != "HIRED":
        # Recruitee leaves the key out where it does not apply.
        fields["opening_id"] = identifier(placement.get("opening_id"))
    return Draft(NAME, remote_id, fields, Ref("candidate", shared.candidate_id), grades)


def _decide(fields: Fields, placement: Raw, shared: _Shared) -> dict[str, int]:
    """Add outcome, reason and time of rejection; return the grade of that time."""
    if not _declined(placement):
        fields["outcome"] = _qualified_outcome(placement, shared)
        fields |= {"rejected_at": None, "rejection_reason_name": None, "rejection_kind": None}
        return {}
    fields["outcome"] = "DECLINED"
    kind = text(placement.get("disqualify_kind", UNKNOWN))
    if kind is not UNKNOWN:
        fields["rejection_kind"] = kind
    reason = text(placement.get("disqualify_reason", UNKNOWN))
    if reason is not UNKNOWN:
        fields["rejection_reason_name"] = reason
    served = times.canonical(placement.get("disqualified_at"))
    if rejected_at := served or fields.get("remote_updated_at"):
        fields["rejected_at"] = rejected_at
    return {"rejected_at": SERVED if served else GUESSED}


def _declined(placement: Raw) -> bool:
    signs = ("disqualify_kind", "disqualify_reason", "disqualified_at")
    named = any(isinstance(text(placement.get(sign)), str) for sign in signs)
    return named or placement.get("disqualified") is True


def _qualified_outcome(placement: Raw, shared: _Shared) -> str:
    stage_id = _stage_id(placement) or ""
    category = shared.explained.get(stage_id) or shared.context.stage_categories.get(stage_id)
    hired = category == moves.HIRE if category else instant(placement.get("hired_at")) is not None
    return "HIRED" if hired else "PENDING"


def _enrich(draft: Draft, causes: Sequence[Cause]) -> Draft:
    """Date a rejection by its webhook where the answer does not."""
    at = moves.rejection_time(causes)
    served = draft.grades.get("rejected_at") == SERVED
    if at is None or served or draft.fields.get("outcome") != "DECLINED":
        return draft
    fields = draft.fields | {"rejected_at": at}
    return replace(draft, fields=fields, grades={**draft.grades, "rejected_at": TOLD})


def _hop(fields: Fields, cause: Cause, context: Context) -> Fields | None:
    """Return an application after a webhook; of what else goes along with an outcome it says little."""
    after = moves.hop(fields, cause, context)
    if after is None or after is fields or after.get("outcome") == fields.get("outcome"):
        return after
    after = {name: value for name, value in after.items() if name not in LEFT_OPEN}
    return after if after.get("outcome") == "DECLINED" else after | {"rejection_kind": None}


def _concerns(cause: Cause, fields: Fields, context: Context) -> bool:
    if cause.candidate_id is None:
        return not cause.job_ids
    jobs = {context.uid("job", job_id) for job_id in cause.job_ids}
    mine = context.uid("candidate", cause.candidate_id) == fields["candidate_id"]
    return mine and (not jobs or fields["job_id"] in jobs)


def _creates(cause: Cause, fields: Fields) -> bool:
    # An assignment that names no job is one to a talent pool.
    return cause.event_type in BORN or (cause.event_type in ASSIGNED and bool(cause.job_ids))


def _tells(cause: Cause, path: str) -> bool:
    return cause.event_type != moves.MOVED or path in (*moves.HOP_FIELDS, *ALONG)


def _from_to(left: str, came: str) -> Callable[[object, object], bool]:
    return lambda before, after: (before, after) == (left, came)


MODEL = Model(
    name=NAME,
    fields=(
        "id", "remote_id", "outcome", "rejection_reason_name", "rejection_kind", "rejected_at",
        "hired_at", "hired_by_id", "job_starts_at", "time_to_hire", "opening_id", "current_stage_id",
        "job_id", "candidate_id", "location_ids", "work_location_id", "language",
        "screening_question_answers", "remote_url", "custom_fields", "integration_fields",
        "remote_created_at", "remote_updated_at", "remote_deleted_at",
    ),
    claims=(
        Claim("unhired", "outcome", _from_to("HIRED", "PENDING"), ALONG, rank=10),
        Claim("requalified", "outcome", _from_to("DECLINED", "PENDING"), ALONG, rank=10),
        Claim("stage_changed", "current_stage_id", rank=20),
        Claim("hired", "outcome", lambda _, after: after == "HIRED", ALONG, rank=30),
        Claim("rejected", "outcome", lambda _, after: after == "DECLINED", ALONG, rank=30),
    ),
    volatile=frozenset(
        {"rejection_kind", "hired_by_id", "time_to_hire", "remote_url", "remote_updated_at"}
    ),
    derived={"rejected_at": "outcome"},
    creates=_creates,
    states=moves.states,
    hop_fields=moves.HOP_FIELDS,
    hop=_hop,
    claimed=moves.claimed,
    enrich=_enrich,
    tells=_tells,
    concerns=_concerns,
)  # fmt: skip

_ROWS = {
    **EVERY,
    "remote_id": of("placements[].id"),
    "outcome": of(
        ("placements[].disqualify_kind", "placements[].stage_id", "placements[].hired_at"),
        how="DECLINED if disqualified, HIRED in a stage of category `hire`, else PENDING",
    ),
    "rejection_reason_name": of("placements[].disqualify_reason"),
    "rejection_kind": of("placements[].disqualify_kind", how="who rejected, in Recruitee's words"),
    "rejected_at": of(
        ("placements[].disqualified_at", "webhook created_at", "placements[].updated_at"),
        Grade.CLIENT,
        "the best that there is; a better one corrects it in silence",
    ),
    "hired_at": of("placements[].hired_at", how="RFC 3339, UTC"),
    "hired_by_id": of("placements[].hired_by_id", how="the user's unified id"),
    "job_starts_at": of("placements[].job_starts_at", how="RFC 3339, UTC"),
    "time_to_hire": of("placements[].time_to_hire"),
    "opening_id": of("placements[].opening_id", how="remote id; null where the key is left out"),
    "current_stage_id": of("placements[].stage_id", how="the stage's unified id"),
    "job_id": of("placements[].offer_id", how="the job's unified id; talent pools are left out"),
    "candidate_id": of("id", how="the candidate's unified id"),
    "location_ids": of("placements[].location_ids[]", how="the locations' unified ids"),
    "work_location_id": of("placements[].work_location_id", how="the location's unified id"),
    "language": of("placements[].language"),
    "screening_question_answers": of(
        "grouped_open_question_answers[]", Grade.CLIENT, "the groups of this job, oldest first"
    ),
    "remote_url": of("adminapp_url", how="the candidate's"),
    "custom_fields": never("Recruitee's fields belong to the candidate and the job"),
    "integration_fields": never("Recruitee's fields belong to the candidate and the job"),
    "remote_created_at": of("placements[].created_at", how="RFC 3339, UTC"),
    "remote_updated_at": of("placements[].updated_at", how="RFC 3339, UTC"),
}
SOURCES: Sources = {name: _ROWS[name] for name in MODEL.fields}
