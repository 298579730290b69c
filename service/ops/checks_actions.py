"""What a token's owner may write, by the abilities of their role, and what else each write needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.core.recruitee.client import Answer, Ok
from service.core.unified.evidence import Grade
from service.core.unified.reading import mapping, mappings

DOCUMENTED, ASSUMED = Grade.DOCUMENTED, Grade.ASSUMED


@dataclass(frozen=True, slots=True)
class Role:
    """The role of a token's owner, as `GET /admin` tells it."""

    name: str | None
    admin: bool
    abilities: frozenset[str] | None  # None: not told
    requisitions: bool  # the company has them switched on


@dataclass(frozen=True, slots=True)
class Action:
    """One write: the abilities without which Recruitee refuses it, and what else it asks for."""

    name: str
    needs: tuple[str, ...]
    also: str = ""
    grade: Grade = ASSUMED
    """How it is known that these abilities are what it takes: the codes themselves are recorded."""


ACTIONS = (
    Action("create_candidate", ("manage_candidate",)),
    Action("update_candidate", ("manage_candidate",)),
    Action(
        "delete_candidate",
        ("delete_candidates",),
        "a deleted candidate can be restored",
        DOCUMENTED,
    ),
    Action(
        "create_application", ("manage_candidate",), "the job must be visible to the token's owner"
    ),
    Action("delete_application", ("manage_candidate",)),
    Action("move_stage", ("manage_candidate",), "moving a disqualified application requalifies it"),
    Action(
        "hire",
        ("manage_candidate", "manage_hired_candidates"),
        "a work location, if the job has locations",
    ),
    Action("reject", ("manage_candidate",), "a disqualify reason; the company needs at least one"),
    Action("requalify", ("manage_candidate",)),
    Action("add_tag", ("manage_candidate",), "a name that is new makes a new tag"),
    Action("remove_tag", ("manage_candidate",)),
    Action("add_source", ("manage_candidate",)),
    Action("create_note", ("view_candidates_section",)),
    Action("upload_attachment", ("manage_candidate",)),
    Action("set_custom_field", ("manage_candidate",), "a field of the candidate's profile"),
    Action("set_gdpr_expiry", ("gdpr",), "", DOCUMENTED),
    Action(
        "create_evaluation",
        ("view_candidates_section",),
        "a stage; its author is the token's owner",
    ),
    Action("schedule_interview", ("schedule_events",), "a time zone"),
    Action("create_job", ("manage_jobs",), "it starts as a draft"),
    Action("update_job", ("manage_jobs",)),
    Action("publish_job", ("manage_jobs", "publish_jobs")),
    Action("tag_job", ("manage_jobs",)),
)


def company(data: Mapping[str, Any], company_id: str) -> Mapping[str, Any]:
    """Return the company that a token was asked about, of those that its owner has."""
    known = mappings(mapping(data.get("admin")).get("companies"))
    this = [c for c in known if company_id in (str(c.get("id")), c.get("subdomain"))]
    return next(iter(this or known), {})


def role_of(answer: Answer, company_id: str) -> Role | None:
    """Read the role of the token's owner, or None where Recruitee did not answer."""
    if not isinstance(answer, Ok):
        return None
    admin = mapping(answer.data.get("admin"))
    name, abilities = admin.get("role_name"), admin.get("role_abilities")
    settings = mapping(company(answer.data, company_id).get("settings"))
    return Role(
        name if isinstance(name, str) else None,
        admin.get("role_admin") is True,
        frozenset(a for a in abilities if isinstance(a, str))
        if isinstance(abilities, list)
        else None,
        settings.get("requisitions_enabled") is True,
    )


def shown(role: Role) -> dict[str, Any]:
    """Return a role as the ops API shows it."""
    abilities = None if role.abilities is None else sorted(role.abilities)
    return {
        "name": role.name,
        "admin": role.admin,
        "abilities": abilities,
        "manages_webhooks": _may(role, ("manage_webhooks",)),
        "sees_all_jobs": _may(role, ("view_all_jobs",)),
    }


def prerequisites(role: Role | None, models: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a row per write: status (allowed, forbidden, unknown), what is missing, what else it needs."""
    return [] if role is None else [_row(action, role, models) for action in ACTIONS]


def _may(role: Role, needs: Sequence[str]) -> bool | None:
    if role.admin:
        return True
    return None if role.abilities is None else role.abilities.issuperset(needs)


def _row(action: Action, role: Role, models: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    may = _may(role, action.needs)
    lacking = sorted(set(action.needs) - (role.abilities or set())) if may is False else []
    status = {True: "allowed", False: "forbidden", None: "unknown"}[may]
    return {
        "action": action.name,
        "status": status,
        "needs": list(action.needs),
        "missing": lacking,
        "also": _also(action, role, models) or None,
        "cure": _cure(status, lacking),
        "evidence": str(action.grade),
    }


def _also(action: Action, role: Role, models: Sequence[Mapping[str, Any]]) -> str:
    if action.name == "hire" and role.requisitions:
        return f"{action.also}; an opening, since requisitions are switched on"
    reasons = [row["status"] for row in models if row["model"] == "rejection_reason"]
    if action.name == "reject" and "empty" in reasons:
        return "a disqualify reason, and the company has none: make one in Recruitee first"
    return action.also


def _cure(status: str, lacking: Sequence[str]) -> str | None:
    if status == "forbidden":
        return f"give the token owner's role {', '.join(lacking)} in Recruitee (Settings, Hiring roles)"
    return "Recruitee did not tell the role's abilities: just try" if status == "unknown" else None
