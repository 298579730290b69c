"""What is covered of Kombo's models, actions and fields: read off the table of unified fields.

A field is SUPPORTED where a unified field with a source stands behind it, UNSUPPORTED where Recruitee has
no such fact, NOT_IMPLEMENTED where we do not serve it (yet).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from service.core.unified.options import Options
from service.core.unified.registry import SOURCES
from service.kombo.coverage_actions import MISSING, UNSUPPORTED, Served, tool_actions
from service.kombo.coverage_actions import SUPPORTED as SUPPORTED

JOINED: Final = "+"
"""Marks a field that is joined on read, or made by us: it has no source of its own."""


class ReadModel(NamedTuple):
    """One of Kombo's models: its id, its label, ours, and its fields (`field=ours` where ours differs)."""

    id: str
    label: str
    model: str | None
    fields: str


FRAME: Final = "id remote_id changed_at+ remote_deleted_at+ "
DATED: Final = FRAME + "remote_created_at remote_updated_at "
READ: Final = (
    ReadModel(
        "ats_users", "Users", "user", FRAME + "first_name last_name email status system_roles"
    ),
    ReadModel("ats_roles", "Roles", "role", FRAME + "remote_label scope unified_type"),
    ReadModel(
        "ats_jobs",
        "Jobs",
        "job",
        DATED + "name job_code description confidential contact_id category department post_url"
        " experience_level employment_type status visibility remote_work_status weekly_hours"
        " salary_amount salary_amount_from salary_amount_to salary_currency salary_period location"
        " custom_fields integration_fields opened_at closed_at remote_url",
    ),
    ReadModel(
        "ats_job_postings",
        "Job postings",
        "job_posting",
        FRAME + "job_id title description_html status visibility url",
    ),
    ReadModel(
        "ats_candidates",
        "Candidates",
        "candidate",
        DATED
        + "first_name last_name company title confidential source phone_numbers email_addresses"
        " social_media location custom_fields integration_fields remote_url",
    ),
    ReadModel(
        "ats_application_stages", "Application stages", "stage", FRAME + "name status custom_fields"
    ),
    ReadModel(
        "ats_applications",
        "Applications",
        "application",
        DATED + "outcome rejection_reason_name rejected_at current_stage_id job_id candidate_id"
        " screening_question_answers custom_fields integration_fields remote_url",
    ),
    ReadModel(
        "ats_screening_questions",
        "Screening questions",
        "screening_question",
        # Embedded in their job, whose own times tell of them.
        "id remote_id changed_at- remote_deleted_at- title description category format",
    ),
    ReadModel("ats_tags", "Tags", "tag", FRAME + "name"),
    ReadModel(
        "ats_interviews",
        "Interviews",
        "interview",
        DATED
        + "title starting_at ending_at location video_conferencing_url application_id stage_id"
        " canceled",
    ),
    ReadModel("ats_rejection_reasons", "Rejection reasons", "rejection_reason", FRAME + "name"),
    ReadModel(
        "ats_offers",
        "Offers",
        None,
        "id remote_id changed_at remote_deleted_at status employment_start_date application_id",
    ),
    ReadModel(
        "ats_notes",
        "Notes",
        "note",
        DATED + "candidate_id application_id author_id title content_html is_private",
    ),
    ReadModel(
        "ats_scorecards",
        "Scorecards",
        "evaluation",
        DATED + "candidate_id application_id interview_id author_id responses",
    ),
    ReadModel(
        "ats_attachments",
        "Attachments",
        "attachment",
        DATED + "candidate_id application_id type file_name",
    ),
    ReadModel(
        "ats_join_candidates_tags",
        "Candidate tags",
        "candidate",
        "candidate_id=id tag_id=tags id- changed_at- remote_deleted_at-",
    ),
    ReadModel(
        "ats_join_jobs_application_stages",
        "Job-specific application stages",
        "job",
        "index=stage_ids job_id=id stage_id=stage_ids id- changed_at- remote_deleted_at-",
    ),
    ReadModel(
        "ats_join_jobs_screening_questions",
        "Job-specific screening questions",
        "job",
        "index=screening_questions required=screening_questions job_id=id"
        " question_id=screening_questions id- changed_at- remote_deleted_at- precondition_question_id-"
        " precondition_options-",
    ),
    ReadModel(
        "ats_join_jobs_users",
        "Job hiring team members",
        "job",
        "roles=hiring_team job_id=id user_id=hiring_team id- changed_at- remote_deleted_at-",
    ),
    ReadModel(
        "ats_join_user_job_role_assignments",
        "Job roles of users",
        "job",
        "job_id=id user_id=hiring_team role_id=hiring_team id- changed_at- remote_deleted_at-",
    ),
    ReadModel(
        "ats_join_interviews_users",
        "Interviewers",
        "interview",
        "interview_id=id user_id=user_ids id- changed_at- remote_deleted_at-",
    ),
    ReadModel(
        "ats_join_users_roles",
        "System roles of users",
        "user",
        "user_id=id role_id=role_id id- changed_at- remote_deleted_at-",
    ),
)
RAW: Final = "remote_data"
SERVED_RAW: Final = frozenset(
    {"ats_users", "ats_roles", "ats_jobs", "ats_candidates", "ats_applications", "ats_tags"}
    | {"ats_interviews", "ats_rejection_reasons", "ats_notes", "ats_scorecards", "ats_attachments"}
)
"""Models whose `remote_data` is shown: those that Recruitee serves one by one or in a list of their own."""
FEATURES: Final[Mapping[str, tuple[str, str]]] = {
    "custom_field_explorer": ("Custom field explorer", SUPPORTED),
    "delta_syncs": ("Delta syncs", SUPPORTED),
    "webhook_subscriptions": ("Webhook subscriptions", SUPPORTED),
    "api_passthrough": ("API passthrough", SUPPORTED),
    "eeo_questions": ("EEO questions", UNSUPPORTED),
}


def status_of(read: ReadModel, field: str) -> str:
    """Return whether a field is covered."""
    name, _, ours = field.partition("=")
    if name.endswith("-"):
        return UNSUPPORTED
    if read.model is None:
        return UNSUPPORTED
    if name.endswith(JOINED):
        return SUPPORTED
    source = SOURCES[read.model].get(ours or name)
    return MISSING if source is None else UNSUPPORTED if source.missing else SUPPORTED


def read_models(options: Options) -> list[dict[str, Any]]:
    """Return each model with its fields, as an integration of this scope has them."""
    return [_of_integration(read, options) for read in READ]


def of_tool(routes: Served) -> dict[str, Any]:
    """Return what is covered whatever an integration's scope is."""
    return {
        "read_models": [
            {
                "id": read.id,
                "label": read.label,
                "coverage_status": _model_status(read),
                "fields": [
                    {"id": each, "coverage_status": status} for each, status in _fields(read)
                ],
            }
            for read in READ
        ],
        "write_actions": tool_actions(routes),
        "features": [
            {"id": name, "label": label, "coverage_status": status}
            for name, (label, status) in FEATURES.items()
        ],
    }


def _of_integration(read: ReadModel, options: Options) -> dict[str, Any]:
    on = read.model is not None and options.tells(read.model)
    hidden = options.hidden(read.model) if read.model else frozenset()
    own = [
        _field(name_of(each), status_of(read, each), on=on and _ours(each) not in hidden)
        for each in read.fields.split()
    ]
    return {
        "id": read.id,
        "label": read.label,
        "is_available": on and _model_status(read) == SUPPORTED,
        "coverage_status": _model_status(read),
        "scope_config_setting": "ENABLED" if on else "DISABLED",
        "opted_out_by_customer": False,
        "fields": [*own, _field(RAW, raw_status(read), on=on and options.remote_data)],
    }


def _field(name: str, status: str, *, on: bool) -> dict[str, Any]:
    return {
        "id": name,
        "is_available": on and status == SUPPORTED,
        "coverage_status": status,
        "scope_config_setting": "ENABLED" if on else "DISABLED",
        "opted_out_by_customer": False,
    }


def _fields(read: ReadModel) -> Iterator[tuple[str, str]]:
    yield from ((name_of(each), status_of(read, each)) for each in read.fields.split())
    yield RAW, raw_status(read)


def raw_status(read: ReadModel) -> str:
    """Return whether what Recruitee serves of a record is shown: as it is where it serves it as such."""
    return SUPPORTED if read.id in SERVED_RAW else UNSUPPORTED


def _model_status(read: ReadModel) -> str:
    return SUPPORTED if read.model else UNSUPPORTED


def name_of(field: str) -> str:
    """Return the name that Kombo gives a field."""
    return field.partition("=")[0].rstrip("+-")


def _ours(field: str) -> str:
    return field.partition("=")[2] or name_of(field)
