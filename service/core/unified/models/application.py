"""Application: a candidate in a job (Recruitee's placement); fetched inside its candidate.

| field | comes from | a change of it |
| --- | --- | --- |
| outcome | disqualification, else the stage's category, | hired, unhired, rejected, requalified |
| | else `hired_at` | |
| rejected_at | `disqualified_at`, else webhook, else `updated_at` | goes along with outcome |
| rejection_reason_name, hired_at, job_starts_at, | served | goes along with outcome, |
| work_location_id | | else application.updated |
| current_stage_id | `stage_id` | stage_changed |
| remote_url, remote_updated_at | the candidate's `adminapp_url`; `updated_at` | in silence |
| ratings, board position, overdue marks, `hired_in_*` | not kept: others' work | never |

A known category outranks `hired_at`: the time of a hire may outlast the hire, and leaving a hire
stage is `unhired`. Only where nobody knows the stage's category does `hired_at` decide. Placements
in talent pools are no applications.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from service.core import times
from service.core.unified import moves
from service.core.unified.model import Cause, Claim, Context, Draft, Fields, Model, Need, Ref
from service.core.unified.models.stage import categories
from service.core.unified.reading import (
    UNKNOWN,
    Link,
    Raw,
    Rule,
    identifier,
    identifiers,
    instant,
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

_RULES = (
    Rule("hired_at", ("hired_at",), instant),
    Rule("job_starts_at", ("job_starts_at",), instant),
)
_LINKS = (Link("work_location_id", "work_location_id", "location"),)


def drafts(raw: Raw, candidate_id: str, references: object, context: Context) -> list[Draft]:
    """Return the applications inside a candidate."""
    known = {i: c for i, c in context.stage_categories.items() if c} | categories(references)
    found = _placements(raw, references)
    return [_draft(p, i, job_id, candidate_id, raw, known, context) for p, i, job_id in found]


def needs(raw: Raw, references: object) -> set[Need]:
    """Return the stages whose category the answer does not have, each with a job that has it."""
    known = categories(references)
    staged = ((_stage_id(p), job_id) for p, _, job_id in _placements(raw, references))
    return {Need(stage, job_id) for stage, job_id in staged if stage and stage not in known}


def path(fields: Fields, remote: Callable[[str], str | None]) -> str | None:
    """Return where Recruitee serves one application by itself: 404 there confirms its end."""
    ids = [remote(str(fields.get(name))) for name in ("job_id", "candidate_id")]
    return "/offers/{}/candidates/{}/placement".format(*ids) if all(ids) else None


def _placements(raw: Raw, references: object) -> list[tuple[Raw, str, str]]:
    """Return (placement, its id, its job's id) for those that are in a job."""
    pools = {
        identifier(offer.get("id"))
        for offer in mappings(references)
        if offer.get("type") == "Offer" and offer.get("kind") == "talent_pool"
    }
    found = ((p, identifier(p.get("id")), _job_id(p)) for p in mappings(raw.get("placements")))
    return [(p, i, job_id) for p, i, job_id in found if i and job_id and job_id not in pools]


def _job_id(placement: Raw) -> str | None:
    # A search hit has the offer and the stage themselves in place of their ids.
    offer = mapping(placement.get("offer"))
    nested = None if offer.get("kind") == "talent_pool" else offer.get("id")
    return identifier(placement.get("offer_id", nested))


def _stage_id(placement: Raw) -> str | None:
    return identifier(placement.get("stage_id", mapping(placement.get("stage")).get("id")))


def _draft(
    placement: Raw,
    remote_id: str,
    job_id: str,
    candidate_id: str,
    candidate: Raw,
    known: dict[str, str],
    context: Context,
) -> Draft:
    fields = record(NAME, remote_id, placement, context, _RULES, _LINKS)
    fields["job_id"] = context.uid("job", job_id)
    fields["candidate_id"] = context.uid("candidate", candidate_id)
    if "stage_id" in placement or "stage" in placement:
        stage_id = _stage_id(placement)
        fields["current_stage_id"] = context.uid("stage", stage_id) if stage_id else None
    located = identifiers(placement["location_ids"]) if "location_ids" in placement else UNKNOWN
    if located is not UNKNOWN:
        fields["location_ids"] = [context.uid("location", i) for i in located]
    address = text(candidate["adminapp_url"]) if "adminapp_url" in candidate else UNKNOWN
    if address is not UNKNOWN:
        fields["remote_url"] = address
    grades = _decide(fields, placement, known)
    return Draft(NAME, remote_id, fields, Ref("candidate", candidate_id), grades)


def _decide(fields: Fields, placement: Raw, known: dict[str, str]) -> dict[str, int]:
    """Add outcome, reason and time of rejection; return the grade of that time."""
    if not _declined(placement):
        fields["outcome"] = _qualified_outcome(placement, known)
        fields |= {"rejected_at": None, "rejection_reason_name": None}
        return {}
    fields["outcome"] = "DECLINED"
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


def _qualified_outcome(placement: Raw, known: dict[str, str]) -> str:
    category = known.get(_stage_id(placement) or "")
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
    return cause.event_type != moves.MOVED or path in (*moves.HOP_FIELDS, *moves.COMPANIONS)


def _from_to(left: str, came: str) -> Callable[[object, object], bool]:
    return lambda before, after: (before, after) == (left, came)


MODEL = Model(
    name=NAME,
    fields=(
        "id", "remote_id", "outcome", "rejection_reason_name", "rejected_at", "hired_at",
        "job_starts_at", "current_stage_id", "job_id", "candidate_id", "location_ids",
        "work_location_id", "remote_url", "custom_fields", "remote_created_at", "remote_updated_at",
        "remote_deleted_at",
    ),
    claims=(
        Claim("unhired", "outcome", _from_to("HIRED", "PENDING"), moves.COMPANIONS, rank=10),
        Claim("requalified", "outcome", _from_to("DECLINED", "PENDING"), moves.COMPANIONS, rank=10),
        Claim("stage_changed", "current_stage_id", rank=20),
        Claim("hired", "outcome", lambda _, after: after == "HIRED", moves.COMPANIONS, rank=30),
        Claim("rejected", "outcome", lambda _, after: after == "DECLINED", moves.COMPANIONS, rank=30),
    ),
    volatile=frozenset({"remote_url", "remote_updated_at"}),
    derived={"rejected_at": "outcome"},
    creates=_creates,
    states=moves.states,
    hop_fields=moves.HOP_FIELDS,
    hop=moves.hop,
    claimed=moves.claimed,
    enrich=_enrich,
    tells=_tells,
    concerns=_concerns,
)  # fmt: skip
