"""Which of Kombo's actions are covered: those that a route of ours serves."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from starlette.routing import BaseRoute, Route

SUPPORTED, UNSUPPORTED, MISSING = "SUPPORTED", "UNSUPPORTED", "NOT_IMPLEMENTED"
Served = frozenset[tuple[str, str]]
"""(method, path) of all that is served."""
_PERSON: Final = (
    "candidate.first_name candidate.last_name candidate.email_address candidate.phone_number"
    " candidate.social_links.url application.job_id application.stage_id"
    " screening_question_answers.question_id screening_question_answers.answer attachments.name"
    " attachments.content_type attachments.data_url attachments.data attachments.type source.name"
    " source.unified_key source.id gdpr_consent.expires_at"
)
_FILE: Final = (
    "attachment.name attachment.content_type attachment.data_url attachment.data attachment.type"
)
_LINK: Final = (
    "label url details.custom_field_name_prefix details.attributes.key details.attributes.value"
)


class Action(NamedTuple):
    """One of Kombo's actions: its label, what serves it, and its inputs."""

    label: str
    method: str
    path: str
    inputs: str


_CANDIDATE, _APPLICATION = "/ats/candidates/{candidate_id}", "/ats/applications/{application_id}"
ACTIONS: Final[Mapping[str, Action]] = {
    "ats_create_candidate": Action("Create candidate", "POST", "/ats/candidates", _PERSON),
    "ats_create_application": Action(
        "Create application", "POST", "/ats/jobs/{job_id}/applications", _PERSON
    ),
    "ats_add_candidate_tag": Action(
        "Add tag to candidate", "POST", f"{_CANDIDATE}/tags", "candidate_id tag.name"
    ),
    "ats_remove_candidate_tag": Action(
        "Remove tag from candidate", "DELETE", f"{_CANDIDATE}/tags", "candidate_id tag.name"
    ),
    "ats_add_application_attachment": Action(
        "Add attachment to application",
        "POST",
        f"{_APPLICATION}/attachments",
        "application_id " + _FILE,
    ),
    "ats_move_application_to_stage": Action(
        "Move application to stage", "PUT", f"{_APPLICATION}/stage", "application_id stage_id"
    ),
    "ats_reject_application": Action(
        "Reject application", "POST", f"{_APPLICATION}/reject", "application_id rejection_reason_id"
    ),
    "ats_add_application_result_link": Action(
        "Add result link to application",
        "POST",
        f"{_APPLICATION}/result-links",
        "application_id " + _LINK,
    ),
    "ats_add_application_note": Action(
        "Add note to application", "POST", f"{_APPLICATION}/notes", "application_id content"
    ),
    "ats_get_application_attachments": Action(
        "Get application attachments", "GET", f"{_APPLICATION}/attachments", "application_id"
    ),
    "ats_add_candidate_attachment": Action(
        "Add attachment to candidate",
        "POST",
        f"{_CANDIDATE}/attachments",
        "candidate_id " + _FILE,
    ),
    "ats_add_candidate_result_link": Action(
        "Add result link to candidate",
        "POST",
        f"{_CANDIDATE}/result-links",
        "candidate_id " + _LINK,
    ),
}
"""Kombo's actions for Recruitee and their inputs; one is covered when a route serves it."""


def served(routes: Iterable[BaseRoute]) -> Served:
    """Return (method, path) of all that is served."""
    plain = [route for route in routes if isinstance(route, Route)]
    return frozenset((method, route.path) for route in plain for method in route.methods or ())


def write_actions(routes: Served) -> list[dict[str, Any]]:
    """Return each action with its inputs, as an integration has them."""
    return [_action(name, action, routes) for name, action in ACTIONS.items()]


def tool_actions(routes: Served) -> list[dict[str, Any]]:
    """Return each action with its inputs, whatever an integration's scope is."""
    rows = []
    for name, action in ACTIONS.items():
        status = {"coverage_status": _status(action, routes)}
        fields = [{"id": each, **status} for each in action.inputs.split()]
        rows.append({"id": name, "label": action.label, **status, "fields": fields})
    return rows


def _action(name: str, action: Action, routes: Served) -> dict[str, Any]:
    status = _status(action, routes)
    found = {"is_available": status == SUPPORTED, "coverage_status": status}
    return {
        "id": name,
        "label": action.label,
        **found,
        "scope_config_setting": "ENABLED" if status == SUPPORTED else "DISABLED",
        "opted_out_by_customer": False,
        "fields": [{"id": each, **found} for each in action.inputs.split()],
    }


def _status(action: Action, routes: Served) -> str:
    return SUPPORTED if (action.method, action.path) in routes else MISSING
