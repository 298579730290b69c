"""Invented answers of Recruitee in the recorded shapes, and webhooks as the pipeline hands them on."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from service.core.unified.announce import announce
from service.core.unified.model import Cause, Change, Context, Draft, Snapshot, Verdict
from service.core.unified.registry import MODELS, ROOTS

Json = dict[str, Any]

APPLIED, SCREEN, TALK, HIRED = 710, 711, 712, 719
CATEGORIES: dict[str, str | None] = {
    "710": "apply", "711": "phone_screen", "712": "interview", "719": "hire",
}  # fmt: skip
BASELINE = "2026-03-01T00:00:00.000Z"


def context(categories: Mapping[str, str | None] = CATEGORIES) -> Context:
    """Unified ids that can be read: `stage-711`."""
    return Context("conn", lambda model, remote_id: f"{model}-{remote_id}", categories)


def at(minute: int) -> str:
    """An instant on the day of the tests, which is after the baseline."""
    return f"2026-04-21T{8 + minute // 60:02}:{minute % 60:02}:00.000Z"


def placement(**over: Any) -> Json:
    """A placement inside a candidate; disqualify keys are there only when given."""
    return {
        "id": 90, "position": 1, "candidate_id": 40, "offer_id": 60, "talent_pool_id": None,
        "stage_id": APPLIED, "language": "en", "ratings": {}, "positive_ratings": None,
        "rating_visible": True, "hired_at": None, "hired_by_id": None, "hired_in_this_placement": False,
        "hired_in_other_placement": False, "job_starts_at": None, "time_to_hire": None,
        "location_ids": [31], "work_location_id": None, "department_id": None, "department_name": None,
        "overdue_at": None, "overdue_diff": None, "created_at": "2026-01-05T10:00:00.100000Z",
        "updated_at": "2026-01-05T10:00:00.100000Z",
    } | over  # fmt: skip


def candidate(*placements: Json, **over: Any) -> Json:
    """A candidate's own page."""
    return {
        "id": 40, "name": "Ines Quill", "initials": "IQ", "title": None, "salutation": None,
        "emails": ["ines@example.com"], "invalid_emails": [], "phones": ["+351555010"],
        "links": ["https://quill.example.com"],
        "social_links": ["https://www.linkedin.com/in/ines-quill"],
        "photo_url": "https://files.example.com/p?sig=1", "photo_thumb_url": None, "has_avatar": True,
        "cv_url": None, "cv_original_url": None, "cover_letter": None, "source": "career_site",
        "sources": ["Fair"], "referrer": "Board", "tags": ["senior", "go"], "fields": [],
        "grouped_open_question_answers": [], "placements": list(placements), "duplicates": [],
        "admin_id": None, "admin_ids": [], "ratings": {}, "ratings_count": 0, "notes_count": 2,
        "attachments_count": 0, "gdpr_consent_ever_given": False, "gdpr_consent_request_sent_at": None,
        "gdpr_consent_request_completed_at": None, "gdpr_status": "no_consent",
        "gdpr_expires_at": None, "gdpr_scheduled_to_delete_at": None,
        "is_anonymous": False, "is_hired": False, "example": False, "viewed": True,
        "adminapp_url": "https://app.example.com/#/c/40",
        "last_activity_at": "2026-01-06T09:00:00.000000Z",
        "created_at": "2026-01-05T09:59:00.000000Z", "updated_at": "2026-01-05T09:59:00.000000Z",
    } | over  # fmt: skip


LEAN_CANDIDATE_KEYS = (
    "id", "name", "initials", "title", "salutation", "emails", "invalid_emails", "phones",
    "photo_thumb_url", "has_avatar", "source", "referrer", "admin_id", "placements", "ratings",
    "is_anonymous", "example", "viewed", "adminapp_url", "created_at", "updated_at",
)  # fmt: skip


def lean_candidate(*placements: Json, **over: Any) -> Json:
    """A candidate in a list: no tags, links, sources, consent."""
    full = candidate(*placements, **over)
    return {key: full[key] for key in LEAN_CANDIDATE_KEYS}


def stage_reference(stage_id: int, category: str | None) -> Json:
    """A stage among an answer's references."""
    return {"type": "Stage", "id": stage_id, "name": "Step", "category": category, "group": None}


def stage(stage_id: int, position: int, category: str, **over: Any) -> Json:
    """A stage inside a job's pipeline."""
    return {
        "id": stage_id, "name": f"Step {stage_id}", "position": position, "category": category,
        "group": "active", "locked": position < 0, "placements_count": 3, "time_limit": None,
        "action_templates": [],
    } | over  # fmt: skip


def offer(**over: Any) -> Json:
    """A job's own page."""
    return {
        "id": 60, "guid": "k7m2p", "slug": "keeper", "title": "Lighthouse keeper", "kind": "job",
        "status": "published", "example": False, "wysiwyg_editor": "redactor",
        "description": "<p>Light</p>\n", "requirements": "<p>Stairs</p>", "description_html": None,
        "requirements_html": None, "department": "Coast", "department_id": 5, "category": "design",
        "employment_type": "fulltime_permanent", "experience": "mid_level", "education": None,
        "min_hours": 32, "max_hours": 40, "min_hours_per_week": "32", "max_hours_per_week": "40",
        "salary": {"min": "4000", "max": "5200.50", "period": "month", "currency": "EUR"},
        "remote": False, "hybrid": False, "on_site": True, "location_ids": [31],
        "location": "Ilha, Portugal", "street": "Cais 1", "city": "Ilha", "postal_code": "1000",
        "state_code": None, "state_name": None, "country_code": "PT", "hiring_manager_id": 12,
        "recruiter_id": 11, "admins": [{"id": 11}], "followers": [{"id": 13}],
        "tags": [{"id": 2, "name": "sea"}, {"id": 1, "name": "night"}], "offer_tags": ["sea", "night"],
        "open_question_template_id": 300, "pipeline_template_id": 70,
        "pipeline_template": {
            "id": 70, "title": "Usual",
            "stages": [
                stage(HIRED, 5, "hire"), stage(APPLIED, -1, "apply"), stage(SCREEN, 1, "phone_screen"),
            ],
        },
        "dynamic_fields": [], "requisition_ids": [], "lang_code": "en", "priority": None,
        "number_of_openings": None, "notes_count": 0, "attachments_count": 0,
        "candidates_count": 4, "careers_url": "https://jobs.example.com/o/keeper",
        "adminapp_url": "https://app.example.com/#/offers/keeper",
        "published_at": "2026-01-02T08:00:00.000000Z", "closed_at": None,
        "created_at": "2026-01-01T08:00:00.000000Z", "updated_at": "2026-01-02T08:00:00.000000Z",
    } | over  # fmt: skip


LEAN_OFFER_KEYS = (
    "id", "guid", "slug", "title", "kind", "status", "example", "wysiwyg_editor", "department",
    "department_id", "employment_type", "location", "street", "postal_code", "state_code", "state_name",
    "country_code", "hiring_manager_id", "recruiter_id", "followers", "pipeline_template_id",
    "pipeline_template", "careers_url", "adminapp_url", "published_at", "closed_at", "created_at",
    "updated_at",
)  # fmt: skip


def lean_offer(**over: Any) -> Json:
    """A job in a list for which nothing was included."""
    full = offer(**over)
    return {key: full[key] for key in LEAN_OFFER_KEYS}


def drafts(
    root: str, raw: Json, references: Sequence[Json] = (), known: Context | None = None
) -> list[Draft]:
    """What a root's answer comes to."""
    return ROOTS[root].expand(raw, list(references), known or context())


def person(**over: Any) -> Draft:
    """A candidate's draft."""
    return drafts("candidate", candidate(**over))[0]


def application(*references: Json, known: Context | None = None, **over: Any) -> Draft:
    """The draft of a candidate's one application."""
    return drafts("candidate", candidate(placement(**over)), references, known)[1]


def job(**over: Any) -> Draft:
    """A job's draft."""
    return drafts("job", offer(**over))[0]


def adopted(draft: Draft, *causes: Cause) -> Snapshot:
    """The snapshot of a record that was there before the baseline."""
    verdict = announce(MODELS[draft.model], draft, None, causes, context(), None, quiet=True)
    assert verdict.snapshot is not None and not verdict.changes
    return verdict.snapshot


def compare(
    before: Snapshot | None,
    draft: Draft,
    *causes: Cause,
    known: Context | None = None,
    quiet: bool = False,
    baseline_at: str = BASELINE,
) -> Verdict:
    """One announcement, after the baseline."""
    model = MODELS[draft.model]
    return announce(model, draft, before, causes, known or context(), baseline_at, quiet)


def events(verdict: Verdict | Iterable[Change]) -> list[str]:
    """The event types of a verdict, in the order they are told."""
    changes = verdict.changes if isinstance(verdict, Verdict) else verdict
    return [change.event for change in changes]


def paths(change: Change) -> dict[str, tuple[Any, Any]]:
    """Path -> (before, after)."""
    return {c["path"]: (c["before"], c["after"]) for c in change.changes}


def webhook(event_type: str, subtype: str | None = None, minute: int = 0, **over: Any) -> Cause:
    """A webhook on the candidate 40 and the job 60."""
    said: Json = {
        "event_id": 1000 + minute,
        "at": at(minute),
        "candidate_id": "40",
        "job_ids": ("60",),
    }
    return Cause("webhook", event_type=event_type, event_subtype=subtype, **(said | over))


def moved(left: int | None, came: int, minute: int, told: bool = True, **over: Any) -> Cause:
    """A move; `told`: with the stages' categories."""
    details = {
        name: {"id": str(i), "category": CATEGORIES[str(i)] if told else None}
        for name, i in (("from_stage", left), ("to_stage", came))
        if i
    }
    return webhook("candidate_moved", "stage_changed", minute, details=details, **over)


def disqualified(minute: int, reason: str | None = "No fit", **over: Any) -> Cause:
    """A disqualification."""
    details = {"disqualify_reason": reason} if reason else {}
    return webhook("candidate_moved", "disqualified", minute, details=details, **over)


def requalified(minute: int, **over: Any) -> Cause:
    """The end of a disqualification."""
    return webhook("candidate_moved", "requalified", minute, **over)


def offer_webhook(
    event_type: str, subtype: str | None = None, minute: int = 0, **details: str
) -> Cause:
    """A webhook on the job 60."""
    return webhook(event_type, subtype, minute, candidate_id=None, details=details)
