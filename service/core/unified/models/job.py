"""Job: Recruitee's offer of kind `job`; fetched by itself, with its pipeline's stages inside.

| field | comes from | a change of it |
| --- | --- | --- |
| status, visibility | `status`, by `offer.STATUSES` | published, unpublished, closed, archived, |
| | | else job.updated |
| opened_at, closed_at | `published_at`, `closed_at` | goes along with those, else job.updated |
| tags | names, sorted | tags_changed |
| stage_ids | the pipeline's stages, by position | stages_changed |
| hiring_team | followers, admins, hiring manager, recruiter | hiring_team_changed |
| screening_question_template_id | `open_question_template_id` | questions_changed |
| description | description and requirements, in the editor's own form | job.updated |
| weekly_hours | the most, else the least hours a week | job.updated |
| department | the name of `department_id` | in silence: a rename is the department's event |
| remote_url, remote_updated_at | `adminapp_url`, `updated_at` | in silence |
| counters, issues, sharing and campaign keys | not kept | never |

A field that is put together of several keys is known only where all of them were served, so that a lean
list and the job's own page never disagree about it.
"""

from service.core.unified import offer
from service.core.unified.model import (
    Cause,
    Claim,
    Context,
    Draft,
    Fields,
    Listing,
    Model,
    Ref,
    Root,
)
from service.core.unified.models import stage
from service.core.unified.reading import Link, Raw, Rule, identifier, instant, mapping, record, text

NAME = "job"
OPENING = ("status", "opened_at", "closed_at")  # what changes along with a publication

_RULES = (
    Rule("name", ("title",), text),
    Rule("job_code", ("guid",), text),
    Rule("category", ("category",), text),
    Rule("department", ("department",), text),
    Rule("post_url", ("careers_url",), text),
    Rule("experience_level", ("experience",), text),
    Rule("education", ("education",), text),
    Rule("employment_type", ("employment_type",), offer.employment_type),
    Rule("status", ("status",), offer.status),
    Rule("visibility", ("status",), offer.visibility),
    Rule("remote_work_status", ("remote", "hybrid", "on_site"), offer.work_model),
    Rule("weekly_hours", ("max_hours_per_week", "min_hours_per_week"), offer.weekly_hours),
    Rule("location", tuple(offer.LOCATION), offer.location),
    Rule("screening_question_template_id", ("open_question_template_id",), identifier),
    Rule("opened_at", ("published_at",), instant),
    Rule("closed_at", ("closed_at",), instant),
    Rule("remote_url", ("adminapp_url",), text),
)
_LINKS = (Link("department_id", "department_id", "department"),)
_NEVER_SERVED: Fields = {"confidential": None, "contact_id": None}


def expand(raw: Raw, references: object, context: Context) -> list[Draft]:
    """Return a job and its stages; nothing for talent pools and Recruitee's sample jobs."""
    remote_id = identifier(raw.get("id"))
    if remote_id is None or raw.get("kind") == "talent_pool" or raw.get("example") is True:
        return []
    fields = record(NAME, remote_id, raw, context, _RULES, _LINKS) | _NEVER_SERVED
    fields |= (
        offer.description(raw)
        | offer.tags(raw)
        | offer.salary(raw)
        | offer.hiring_team(raw, context)
    )
    template = raw.get("pipeline_template")
    if isinstance(template, dict) and isinstance(template.get("stages"), list):
        fields["stage_ids"] = [context.uid(stage.NAME, i) for i, _ in stage.by_position(template)]
    own = Draft(NAME, remote_id, fields, Ref(NAME, remote_id))
    return [own, *stage.drafts(mapping(template), context)]


def _concerns(cause: Cause, fields: Fields, context: Context) -> bool:
    # A candidate's webhook names its job too, and says nothing of it.
    return cause.candidate_id is None and (
        not cause.job_ids or fields["remote_id"] in cause.job_ids
    )


def _creates(cause: Cause, fields: Fields) -> bool:
    return cause.event_type == "job_add"


def _states(cause: Cause, fields: Fields, context: Context) -> Fields:
    public = fields.get("visibility") == "PUBLIC"
    match cause.event_type, cause.event_subtype:
        case "offer_published", _:
            return {"visibility": None} if public else {}
        case "offer_unpublished", _:
            return {} if public else {"visibility": "PUBLIC"}
        case "offer_updated", "status_changed":
            return {"status": None, "visibility": None} if public else {"status": None}
        case "offer_updated", "tags_changed":
            return {"tags": None}
    return {}


def _claimed(cause: Cause, fields: Fields, context: Context) -> Fields:
    if cause.event_type not in ("offer_published", "offer_unpublished", "offer_updated"):
        return {}
    usual = "published" if cause.event_type == "offer_published" else None
    told = cause.details.get("status", usual)
    if not isinstance(told, str) or told not in offer.STATUSES:
        return {}
    status, visibility = offer.STATUSES[told]
    return {"status": status, "visibility": visibility}


MODEL = Model(
    name=NAME,
    fields=(
        "id", "remote_id", "name", "job_code", "description", "confidential", "contact_id", "category",
        "department", "department_id", "post_url", "experience_level", "education", "employment_type",
        "status", "visibility", "remote_work_status", "weekly_hours", "salary_amount",
        "salary_amount_from", "salary_amount_to", "salary_currency", "salary_period", "location", "tags",
        "stage_ids", "hiring_team", "screening_question_template_id", "opened_at", "closed_at",
        "remote_url", "custom_fields", "remote_created_at", "remote_updated_at", "remote_deleted_at",
    ),
    claims=(
        Claim("closed", "status", lambda _, after: after == "CLOSED", ("closed_at",), rank=20),
        Claim("archived", "status", lambda _, after: after == "ARCHIVED", ("closed_at",), rank=20),
        Claim("unpublished", "visibility", lambda before, _: before == "PUBLIC", ("status", "opened_at"), 10),
        Claim("published", "visibility", lambda _, after: after == "PUBLIC", OPENING, rank=30),
        Claim("tags_changed", "tags", rank=40),
        Claim("stages_changed", "stage_ids", rank=50),
        Claim("questions_changed", "screening_question_template_id", rank=60),
        Claim("hiring_team_changed", "hiring_team", rank=70),
    ),
    volatile=frozenset({"department", "remote_url", "remote_updated_at"}),
    creates=_creates,
    states=_states,
    claimed=_claimed,
    concerns=_concerns,
)  # fmt: skip

ROOT = Root(
    name=NAME,
    path="/offers/{id}",
    key="offer",
    listing=Listing(
        "/offers",
        "offers",
        "page",
        1000,
        # Without these a list leaves out the keys, and the fields stay unknown.
        {"include[]": ("description", "requirements", "work_models", "salary", "tags")},
    ),
    expand=expand,
)
