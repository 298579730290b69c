"""Shapes of placements: which keys come depends on where the placement stands."""

from service.sandbox.persons import Candidate, Placement
from service.sandbox.records import Json
from service.sandbox.world import Company


def placement_alone(one: Placement) -> Json:
    """Return a placement as the actions on it answer."""
    return _listed_keys(one) | {
        "location_ids": list(one.location_ids),
        "work_location_id": one.work_location_id,
        "time_to_hire": None,
    }


def placement_moved(one: Placement) -> Json:
    """Return a placement as `change_stage` answers: the disqualify keys are there, null."""
    return placement_alone(one) | {
        "opening_id": None,
        "disqualify_kind": one.disqualify_kind,
        "disqualify_reason": one.disqualify_reason,
    }


def placement_removed(one: Placement) -> Json:
    """Return a placement as its deletion answers."""
    return placement_alone(one) | {"opening_id": None}


def placement_listed(one: Placement, who: Candidate, company: Company) -> Json:
    """Return a placement inside a listed candidate."""
    department_id = _department_id(one, company)
    department = company.departments.get(department_id or 0)
    return _listed_keys(one) | _hires(one, who) | {
        "rating_visible": True,
        "department_id": department_id,
        "department_name": department.name if department else None,
    }  # fmt: skip


def placement_in_candidate(one: Placement, who: Candidate, company: Company) -> Json:
    """Return a placement inside a candidate's own page: all keys that were ever seen there."""
    return placement_listed(one, who, company) | placement_alone(one)


def placement_with_candidate(one: Placement, who: Candidate, company: Company) -> Json:
    """Return a placement inside its stage's group, with a compact candidate."""
    return placement_alone(one) | _hires(one, who) | {
        "rating_visible": True,
        "candidate": {
            "id": who.id,
            "name": who.shown_name,
            "initials": who.initials,
            "emails": [] if who.anonymous else list(who.emails),
            "has_avatar": False,
            "photo_thumb_url": None,
            "created_at": who.created_at,
            "updated_at": who.updated_at,
            "last_activity_at": who.last_activity_at,
            "is_hired": who.hired,
            "is_anonymous": who.anonymous,
            "positive_ratings": None,
            "rating_visible": True,
            "ratings": {},
            "notes_count": company.papers.notes.count(who.id),
            "tasks_count": company.papers.tasks.count(who.id),
            "followed": False,
            "viewed": who.viewed,
            "unread_notifications": False,
            "linkedin_job_application_id": None,
            "my_pending_result_request": False,
            "pending_result_request": False,
            "upcoming_event_starts_at": None,
            "upcoming_event_mine": False,
        },
    }  # fmt: skip


def placement_page(one: Placement, who: Candidate, company: Company) -> Json:
    """Return the placement of one candidate in one job, with links and tag names."""
    shape = placement_with_candidate(one, who, company)
    shape["candidate"] |= {"social_links": list(who.social_links), "tag_names": list(who.tags)}
    return shape


def _listed_keys(one: Placement) -> Json:
    shape: Json = {
        "id": one.id,
        "candidate_id": one.candidate_id,
        "offer_id": one.offer_id,
        "talent_pool_id": one.pool_id,
        "stage_id": one.stage_id,
        "position": one.position,
        "language": None,
        "positive_ratings": None,
        "ratings": {},
        "hired_at": one.hired_at,
        "hired_by_id": one.hired_by_id,
        "job_starts_at": one.job_starts_at,
        "overdue_at": None,
        "overdue_diff": None,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
    }
    if one.disqualified:
        shape["disqualify_kind"] = one.disqualify_kind
        shape["disqualify_reason"] = one.disqualify_reason
    return shape


def _hires(one: Placement, who: Candidate) -> Json:
    """Say where the candidate was hired; "this placement" stays false, as seen on a live tenant."""
    elsewhere = any(other.hired_at for other in who.placements if other.id != one.id)
    return {"hired_in_other_placement": elsewhere, "hired_in_this_placement": False}


def _department_id(one: Placement, company: Company) -> int | None:
    offer = company.offers.get(one.offer_id or 0)
    return offer.department_id if offer else None


def placement_hired(one: Placement, who: Candidate, company: Company) -> Json:
    """Return a placement as the details of its hire show it."""
    page = placement_page(one, who, company)
    kept = ("id", "name", "emails", "has_avatar", "initials", "photo_thumb_url", "created_at",
            "updated_at", "is_hired", "positive_ratings", "rating_visible", "ratings",
            "notes_count", "followed", "last_activity_at", "is_anonymous", "social_links",
            "tasks_count", "viewed", "tag_names")  # fmt: skip
    department_id = _department_id(one, company)
    department = company.departments.get(department_id or 0)
    unseen = ("hired_in_other_placement", "hired_in_this_placement")
    shape = {key: value for key, value in page.items() if key not in unseen}
    return shape | {
        "candidate": {key: page["candidate"][key] for key in kept},
        "department_id": department_id,
        "department_name": department.name if department else None,
        "evaluators_count": company.papers.evaluations.count(who.id),
    }
