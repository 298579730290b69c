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
| screening_questions | the template's questions, where it was read | questions_changed |
| integration_fields | `dynamic_fields`: those with a value | job.updated |
| custom_fields | those of them that the operator mapped | job.updated |
| description | description and requirements, in the editor's own form | job.updated |
| weekly_hours | the most, else the least hours a week | job.updated |
| department | the name of `department_id` | in silence: a rename is the department's event |
| remote_url, remote_updated_at | `adminapp_url`, `updated_at` | in silence |
| notes_count, attachments_count | served; at 0 nobody asks for the list | in silence |
| other counters, issues, sharing and campaign keys | not kept | never |

A field that is put together of several keys is known only where all of them were served, so that a lean
list and the job's own page never disagree about it.
"""

from service.core.unified import offer, profile
from service.core.unified.evidence import EVERY, Grade, Sources, never, of
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
from service.core.unified.models import job_posting, stage
from service.core.unified.reading import (
    UNKNOWN,
    Link,
    Raw,
    Rule,
    identifier,
    instant,
    integer,
    mapping,
    record,
    text,
)

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
    Rule("language", ("lang_code",), text),
    Rule("priority", ("priority",), text),
    Rule("number_of_openings", ("number_of_openings",), integer),
    Rule("notes_count", ("notes_count",), integer),
    Rule("attachments_count", ("attachments_count",), integer),
)
_LINKS = (Link("department_id", "department_id", "department"),)
_NEVER_SERVED: Fields = {"confidential": None, "contact_id": None}


def expand(raw: Raw, references: object, context: Context) -> list[Draft]:
    """Return a job, its stages and its posting; nothing for talent pools and Recruitee's samples."""
    remote_id = identifier(raw.get("id"))
    if remote_id is None or raw.get("kind") == "talent_pool" or raw.get("example") is True:
        return []
    fields = _fields(raw, remote_id, context)
    template = raw.get("pipeline_template")
    if isinstance(template, dict) and isinstance(template.get("stages"), list):
        fields["stage_ids"] = [context.uid(stage.NAME, i) for i, _ in stage.by_position(template)]
    own = Draft(NAME, remote_id, fields, Ref(NAME, remote_id), unmapped=offer.unmapped(raw))
    inside = stage.drafts(mapping(template), context)
    return [own, *inside, *job_posting.drafts(raw, fields, context)]


def _fields(raw: Raw, remote_id: str, context: Context) -> Fields:
    fields = record(NAME, remote_id, raw, context, _RULES, _LINKS) | _NEVER_SERVED
    dynamic = profile.dynamic(raw.get("dynamic_fields", UNKNOWN))
    fields = profile.laid_over(fields, profile.fields(dynamic, profile.DYNAMIC, context))
    located, required = offer.ids(raw, "location_ids"), offer.ids(raw, "requisition_ids")
    if located is not UNKNOWN:
        fields["location_ids"] = [context.uid("location", i) for i in located]
    if required is not UNKNOWN:
        fields["requisition_ids"] = required
    return fields | (
        offer.description(raw)
        | offer.tags(raw)
        | offer.salary(raw)
        | offer.hiring_team(raw, context)
        | _questions(fields, context)
    )


def _questions(fields: Fields, context: Context) -> Fields:
    template = fields.get("screening_question_template_id", UNKNOWN)
    if template is None:
        return {"screening_questions": []}
    known = context.questions.get(template) if isinstance(template, str) else None
    return {} if known is None else {"screening_questions": list(known)}


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
        "salary_amount_from", "salary_amount_to", "salary_currency", "salary_period", "location",
        "location_ids", "tags", "stage_ids", "hiring_team", "screening_question_template_id",
        "screening_questions", "opened_at", "closed_at", "language", "priority", "number_of_openings",
        "requisition_ids", "notes_count", "attachments_count", "remote_url", "custom_fields",
        "integration_fields", "remote_created_at", "remote_updated_at", "remote_deleted_at",
    ),
    claims=(
        Claim("closed", "status", lambda _, after: after == "CLOSED", ("closed_at",), rank=20),
        Claim("archived", "status", lambda _, after: after == "ARCHIVED", ("closed_at",), rank=20),
        Claim("unpublished", "visibility", lambda before, _: before == "PUBLIC", ("status", "opened_at"), 10),
        Claim("published", "visibility", lambda _, after: after == "PUBLIC", OPENING, rank=30),
        Claim("tags_changed", "tags", rank=40),
        Claim("stages_changed", "stage_ids", rank=50),
        Claim("questions_changed", "screening_question_template_id", takes=("screening_questions",), rank=60),
        Claim("questions_changed", "screening_questions", rank=60),
        Claim("hiring_team_changed", "hiring_team", rank=70),
    ),
    volatile=frozenset(
        {"department", "notes_count", "attachments_count", "remote_url", "remote_updated_at"}
    ),
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
        {
            "include[]": (
                "description",
                "requirements",
                "work_models",
                "salary",
                "tags",
                "dynamic_fields",
                "follower_ids",
                "location_ids",
                "requisition_ids",
            )
        },
    ),
    expand=expand,
)

_SALARY = "decimal from text"
_ROWS = {
    **EVERY,
    "name": of("title"),
    "job_code": of("guid", Grade.ASSUMED, "Recruitee's short code; it has no requisition code"),
    "description": of(
        ("description_html", "description", "requirements_html", "requirements"),
        how="description, then requirements, each in the form of the job's editor; unchanged HTML",
    ),
    "confidential": never("Recruitee has no confidential jobs; Kombo has given the field up"),
    "contact_id": never("Kombo has given the field up; the hiring team says who is responsible"),
    "category": of("category"),
    "department": of("department"),
    "department_id": of("department_id", how="the department's unified id"),
    "post_url": of("careers_url"),
    "experience_level": of("experience", how="in Recruitee's words"),
    "education": of("education", how="in Recruitee's words"),
    "employment_type": of("employment_type", how="mapped; one we do not know passes through"),
    "status": of("status", how="mapped; one we do not know passes through"),
    "visibility": of("status", how="mapped; null, and counted, for one we do not know"),
    "remote_work_status": of(("remote", "hybrid", "on_site"), how="several at once are HYBRID"),
    "weekly_hours": of(
        ("max_hours_per_week", "min_hours_per_week"), how="the most, else the least"
    ),
    "salary_amount": of(("salary.min", "salary.max"), how="where both are the same"),
    "salary_amount_from": of("salary.min", how=_SALARY),
    "salary_amount_to": of("salary.max", how=_SALARY),
    "salary_currency": of("salary.currency"),
    "salary_period": of("salary.period", how="mapped; one we do not know passes through"),
    "location": of(tuple(offer.LOCATION), how="the primary location"),
    "location_ids": of("location_ids[]", how="the locations' unified ids"),
    "tags": of(("tags[].name", "offer_tags[]"), how="names, sorted"),
    "stage_ids": of("pipeline_template.stages[]", how="the stages' unified ids, by position"),
    "hiring_team": of(
        ("hiring_manager_id", "recruiter_id", "admins[]", "followers[]"),
        how="[{user_id, roles}]; roles HIRING_MANAGER, RECRUITER, MEMBER, FOLLOWER",
    ),
    "screening_question_template_id": of("open_question_template_id", how="remote id"),
    "screening_questions": of(
        "open_question_template_id", how="the template's questions, by place"
    ),
    "opened_at": of("published_at", how="RFC 3339, UTC"),
    "closed_at": of("closed_at", how="RFC 3339, UTC"),
    "language": of("lang_code"),
    "priority": of("priority"),
    "number_of_openings": of("number_of_openings"),
    "requisition_ids": of(
        "requisition_ids[]", Grade.DOCUMENTED, "remote ids; asked for in lists only"
    ),
    "notes_count": of("notes_count"),
    "attachments_count": of("attachments_count"),
    "remote_url": of("adminapp_url"),
    "custom_fields": of("dynamic_fields[]", Grade.ASSUMED, "those that the operator mapped"),
    "integration_fields": of(
        "dynamic_fields[]", Grade.ASSUMED, "those with a value, by key; `dynamic.<name>`"
    ),
}
SOURCES: Sources = {name: _ROWS[name] for name in MODEL.fields}
