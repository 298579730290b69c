"""Shapes of search hits, full and quick: whole seconds, labels as objects."""

from service.sandbox.instants import seconds
from service.sandbox.persons import Candidate, Placement
from service.sandbox.records import Json
from service.sandbox.shapes.candidate import gdpr_status
from service.sandbox.shapes.ratings import ratings
from service.sandbox.world import Company


def search_hit(one: Candidate, company: Company) -> Json:
    """Return a search hit: whole seconds, labels as objects, and `disqualified_at` at last."""
    return {
        "id": one.id,
        "company_id": company.config.company_number,
        "name": one.shown_name,
        "initials": one.initials,
        "emails": [] if one.anonymous else list(one.emails),
        "phones": [] if one.anonymous else list(one.phones),
        "source": one.source,
        "sources": [{"id": company.tag("sources", n).id, "name": n} for n in one.sources],
        "tags": [{"id": company.tag("tags", n).id, "name": n} for n in one.tags],
        "admin_id": one.admin_id,
        "assigned_admins_ids": list(one.follower_ids),
        "created_at": seconds(one.created_at),
        "updated_at": seconds(one.updated_at),
        "last_activity_at": seconds(one.last_activity_at),
        "deleted": one.deleted_at is not None,
        "deleted_at": seconds(one.deleted_at),
        "deleted_by": one.deleted_by,
        "deleted_by_name": _admin_name(one.deleted_by, company),
        "soft_deleted_at": seconds(one.deleted_at),
        "example": one.example,
        "new": not one.viewed,
        "unread_notifications": False,
        "is_anonymous": one.anonymous,
        "has_avatar": False,
        "photo_thumb_url": None,
        "positive_ratings": ratings(one, company)["positive_ratings"],
        "rating_visible": True,
        "linkedin_job_application_id": None,
        "gdpr_status": gdpr_status(one, company),
        "gdpr_expires_at": seconds(one.gdpr_expires_at),
        "gdpr_consent_ever_given": one.gdpr_consent_given,
        "gdpr_uncompleted_change_request_created_at": None,
        "gdpr_uncompleted_removal_request_created_at": None,
        "placements": [_placement_hit(each, company) for each in one.placements],
        "highlight": None,
    }


def _placement_hit(one: Placement, company: Company) -> Json:
    stage = company.stages.get(one.stage_id or 0)
    return {
        "id": one.id,
        "offer": _place_of(one, company),
        "stage": stage and {"id": stage.id, "name": stage.name, "time_limit": None},
        "disqualified": one.disqualified,
        "disqualified_at": seconds(one.disqualified_at),
        "disqualified_by": one.disqualified_by,
        "disqualified_by_name": _admin_name(one.disqualified_by, company),
        "disqualify_kind": one.disqualify_kind,
        "disqualify_reason": one.disqualify_reason,
        "is_hired": one.hired_at is not None,
        "hired_at": seconds(one.hired_at),
        "job_starts_at": one.job_starts_at,
        "eeo_data_status": None,
        "overdue_at": None,
        "overdue_diff": None,
        "positive_ratings": None,
        "rating_visible": True,
    }


def _place_of(one: Placement, company: Company) -> Json | None:
    """Return the job or pool of a hit; a pool as an offer of the old kind is assumed."""
    job, pool = company.offers.get(one.offer_id or 0), company.pools.get(one.pool_id or 0)
    found = job or pool
    if found is None:
        return None
    kind = "job" if job else "talent_pool"
    return {
        "id": found.id,
        "kind": kind,
        "slug": found.slug,
        "status": found.status,
        "title": found.title,
    }


def _admin_name(admin_id: int | None, company: Company) -> str | None:
    found = company.admins.get(admin_id or 0)
    return f"{found.first_name} {found.last_name}" if found else None


def quick_hit(one: Candidate, company: Company, text: str) -> Json:
    """Return a hit of the quick search."""
    offers = (company.offers.get(each.offer_id or 0) for each in one.placements)
    return {
        "id": one.id,
        "name": one.shown_name,
        "title": one.title,
        "company_id": company.config.company_number,
        "emails": [] if one.anonymous else list(one.emails),
        "phones": [] if one.anonymous else list(one.phones),
        "has_avatar": False,
        "initials": one.initials,
        "photo_thumb_url": None,
        "offers": [{"id": o.id, "title": o.title, "slug": o.slug} for o in offers if o],
        "highlight": {"name": [f"<em>{text}</em>"]},
        "is_hired": one.hired,
        "salutation": one.salutation,
        "last_activity_at": seconds(one.last_activity_at),
        "is_anonymous": one.anonymous,
        "viewed": one.viewed,
        "assigned_admins_ids": list(one.follower_ids),
        "deleted": one.deleted_at is not None,
        "importance": 1,
        "score": 1000.0,
    }
