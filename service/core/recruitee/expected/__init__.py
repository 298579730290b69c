"""What each endpoint of Recruitee's API is expected to answer: the keys we read or know, their types.

Reconstructed from what is public and never captured from a live company: `Key.grade` says how each is
known. `drift` holds live answers against this, and `hirewire connections capture` shows the difference.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from service.core.recruitee.expected import company, happenings, jobs, people
from service.core.recruitee.expected.shapes import (
    Key,
    Kind,
    Shape,
    each,
    graded,
    keys,
    lean,
    one,
    references,
)
from service.core.unified.evidence import Grade

__all__ = ["ENDPOINTS", "Endpoint", "Key", "Kind", "Shape", "template"]

Params = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint that we read, named by its path below the company, `{id}` in place of ids."""

    path: str
    answer: Shape
    params: Params = field(default_factory=dict)
    """What it is asked with where it is tried; a tuple is sent once per value."""
    limited: bool = True  # takes `limit`


def template(path: str) -> str:
    """Return `/candidates/{id}/notes` for `/candidates/3331/notes`."""
    return "/".join("{id}" if part.isdigit() else part for part in path.split("/"))


_REFERENCES = references(
    {
        "Admin": company.ADMIN,
        "Candidate": lean(people.CANDIDATE, "id name"),
        "Offer": lean(jobs.OFFER, "id title kind"),
        "Stage": lean(jobs.STAGE, "id name category"),
        "Placement": lean(people.PLACEMENT, "id"),
        "TalentPool": lean(company.TALENT_POOL, "id title") | keys(text="department"),
        "Guest": keys(
            id="id!",
            text="name email initials",
            flag="has_avatar recruiter",
            instant="created_at updated_at",
        ),
        "InterviewEvent": lean(happenings.INTERVIEW, "id"),
        "InterviewTemplate": keys(
            id="id!", int="position", text="name category kind token info_title info_description"
        ),
        "ReferralReward": keys(id="id!"),
        "ImportCandidate": keys(id="id!"),
    }
)


def _rows(key: str, shape: Shape, grade: Grade = Grade.RECORDED) -> Shape:
    return each({key + "!": shape}, grade) | one({"meta": company.META}) | _REFERENCES


def _single(key: str, shape: Shape) -> Shape:
    return one({key + "!": shape}) | _REFERENCES


_OFFERS: Params = {
    "include[]": (
        "description", "requirements", "highlight", "work_models", "salary", "dynamic_fields",
        "follower_ids", "location_ids", "tags",
    )
}  # fmt: skip
_ALL: Params = {"scope": "all", "status": "all"}
_EVERY_KIND: Params = {"scope": "all", "kind": "all"}
_NEWEST: Params = {"sort_by": "updated_at_desc"}

_ATTACHMENTS = _rows("attachments", people.ATTACHMENT) | keys(flag="hidden_attachments_exist")

_TABLE = (
    Endpoint("/admin", _single("admin", company.WHOAMI), limited=False),
    Endpoint("/memberships", _rows("memberships", company.MEMBERSHIP)),
    Endpoint(
        "/admins",
        _rows("admins", graded(company.ADMIN, Grade.ASSUMED), Grade.OBSERVED),
        limited=False,
    ),
    Endpoint("/roles", _rows("roles", company.ROLE)),
    Endpoint("/departments", _rows("departments", company.DEPARTMENT), limited=False),
    Endpoint("/locations", _rows("locations", company.LOCATION_IN_FULL)),
    Endpoint("/locations/{id}", _single("location", company.LOCATION_IN_FULL), limited=False),
    Endpoint("/tags", _rows("tags", company.LABEL)),
    Endpoint("/sources", _rows("sources", company.LABEL)),
    Endpoint("/offer_tags", _rows("offer_tags", company.OFFER_LABEL)),
    Endpoint("/disqualify_reasons", _rows("disqualify_reasons", company.REASON), limited=False),
    Endpoint("/talent_pools", _rows("talent_pools", company.TALENT_POOL)),
    Endpoint("/talent_pools/{id}", _single("talent_pool", company.TALENT_POOL), limited=False),
    Endpoint(
        "/pipeline_templates", _rows("pipeline_templates", jobs.PIPELINE_LISTED), limited=False
    ),
    Endpoint(
        "/pipeline_templates/{id}", _single("pipeline_template", jobs.PIPELINE), limited=False
    ),
    Endpoint(
        "/open_questions/template",
        _rows("open_question_templates", jobs.QUESTIONS_LISTED),
        limited=False,
    ),
    Endpoint(
        "/open_questions/template/{id}",
        _single("open_question_template", jobs.QUESTIONS),
        limited=False,
    ),
    Endpoint("/custom_fields/fieldsets", _rows("fieldsets", jobs.FIELDSET), limited=False),
    Endpoint("/custom_fields/fieldsets/{id}", _single("fieldset", jobs.FIELDSET), limited=False),
    Endpoint("/custom_fields/fields/searchable", _rows("fields", jobs.SEARCHABLE), limited=False),
    Endpoint("/dynamic_fields", _rows("dynamic_fields", jobs.DYNAMIC_FIELD), limited=False),
    Endpoint(
        "/candidates", _rows("candidates", people.CANDIDATE_LISTED) | keys(instant="generated_at")
    ),
    Endpoint("/offers", _rows("offers", jobs.OFFER_LISTED), _OFFERS),
    Endpoint("/offers/{id}", _single("offer", jobs.OFFER), limited=False),
    Endpoint("/offers/{id}/placements", each({"stages!": people.GROUP}), limited=False),
    Endpoint("/offers/{id}/notes", _rows("notes", people.OFFER_NOTE), limited=False),
    Endpoint(
        "/offers/{id}/open_question_templates/{id}",
        _single("open_question_template", jobs.QUESTIONS),
        limited=False,
    ),
    Endpoint("/candidates/{id}", _single("candidate", people.CANDIDATE), limited=False),
    Endpoint("/candidates/{id}/notes", _rows("notes", people.NOTE), limited=False),
    Endpoint("/candidates/{id}/attachments", _ATTACHMENTS, limited=False),
    Endpoint("/offers/{id}/attachments", _ATTACHMENTS, limited=False),
    Endpoint(
        "/offers/{id}/candidates/{id}/placement",
        _single("placement", people.PLACEMENT_ALONE),
        limited=False,
    ),
    Endpoint(
        "/search/new/candidates",
        each({"hits!": people.HIT}) | keys(int="total!", any="aggregations"),
        _NEWEST,
    ),
    Endpoint("/interview/events", _rows("interview_events", happenings.INTERVIEW), _ALL),
    Endpoint(
        "/interview/results",
        _rows("interview_results", happenings.RESULT)
        | each({"hidden_results_preview": happenings.HIDDEN_RESULT}),
        _EVERY_KIND,
    ),
    Endpoint(
        "/interview/events/{id}", _single("interview_event", happenings.INTERVIEW), limited=False
    ),
    Endpoint(
        "/interview/results/{id}", _single("interview_result", happenings.RESULT), limited=False
    ),
    Endpoint("/tracking/activities", _rows("activities", happenings.ACTIVITY, Grade.CLIENT)),
)
ENDPOINTS: Mapping[str, Endpoint] = MappingProxyType({row.path: row for row in _TABLE})
