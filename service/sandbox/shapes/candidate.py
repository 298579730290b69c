"""Shapes of candidates: lean in lists, full on their own page, sideloaded, and as a search hit."""

from service.sandbox.records import Candidate, Json, Placement, Stamp
from service.sandbox.shapes.company import FILES
from service.sandbox.shapes.placement import placement_in_candidate, placement_listed
from service.sandbox.world import Company


def adminapp_url(candidate_id: int, company: Company) -> str:
    """Return the address of a candidate in Recruitee's own web app."""
    number = company.config.company_number
    return (
        f"https://app.recruitee.com/#/dashboard/overview?candidate={candidate_id}&company={number}"
    )


def candidate_reference(one: Candidate, company: Company) -> Json:
    """Return a candidate as it is sideloaded beside a placement."""
    return {
        "id": one.id,
        "type": "Candidate",
        "name": one.name,
        "initials": one.initials,
        "title": one.title,
        "salutation": None,
        "emails": list(one.emails),
        "invalid_emails": [],
        "phones": list(one.phones),
        "photo_thumb_url": None,
        "has_avatar": False,
        "source": one.source,
        "referrer": one.referrer,
        "admin_id": one.admin_id,
        "positive_ratings": None,
        "ratings": {},
        "ratings_count": 0,
        "pending_result_request": False,
        "upcoming_event": False,
        "tasks_count": 0,
        "last_message_at": None,
        "is_hired": one.hired,
        "is_anonymous": False,
        "is_revealed": False,
        "ever_revealed_for_ids": [],
        "example": one.example,
        "viewed": one.viewed,
        "adminapp_url": adminapp_url(one.id, company),
        "created_at": one.created_at,
        "updated_at": one.updated_at,
    }


def candidate_listed(one: Candidate, company: Company) -> Json:
    """Return the lean candidate of `GET /candidates`: no tags, no fields, no links."""
    shape = candidate_reference(one, company)
    del shape["type"]
    return shape | {
        "rating_visible": True,
        "my_last_rating": None,
        "my_pending_result_request": False,
        "my_upcoming_event": False,
        "unread_notifications": False,
        "followed": False,
        "placements": [placement_listed(each, one, company) for each in one.placements],
    }


def candidate_in_full(one: Candidate, company: Company) -> Json:
    """Return a candidate's own page."""
    cv = f"{FILES}/candidates/{one.id}/{one.cv_name}" if one.cv_name else None
    return candidate_listed(one, company) | _unused() | _answers(one, company) | {
        "placements": [placement_in_candidate(each, one, company) for each in one.placements],
        "links": list(one.links),
        "social_links": list(one.social_links),
        "sources": list(one.sources),
        "tags": list(one.tags),
        "fields": list(one.fields),
        "cover_letter": one.cover_letter,
        "has_cover_letter": one.cover_letter is not None,
        "cv_url": cv,
        "cv_original_url": cv,
        "notes_count": len(company.notes[one.id]) if one.id in company.notes else 0,
        "admin_ids": [],
        "last_activity_at": one.last_activity_at,
    }  # fmt: skip


def _answers(one: Candidate, company: Company) -> Json:
    job = next((p.offer_id for p in one.placements if p.offer_id in company.offers), None)
    groups: list[Json] = []
    if one.answers and job is not None:
        offer = company.offers[job]
        groups.append(
            {
                "created_at": one.created_at,
                "offer": {"id": offer.id, "title": offer.title, "status": offer.status},
                "open_question_answers": list(one.answers),
            }
        )
    return {
        "open_question_answers": list(one.answers),
        "grouped_open_question_answers": groups,
    }


def _unused() -> Json:
    """Return the keys of the full page that the sandbox keeps at rest."""
    nothing = (
        "photo_url", "cover_letter_file_url", "cover_letter_file_original_url",
        "linkedin_job_application_id", "sourcing_origin", "sourcing_data", "online_data",
        "gdpr_expires_at", "gdpr_scheduled_to_delete_at", "gdpr_consent_request_type",
        "gdpr_consent_request_sent_at", "gdpr_consent_request_completed_at", "cv_parse_status",
    )  # fmt: skip
    counts = (
        "mailbox_messages_count", "shared_admin_count", "attachments_count", "events_count",
        "shared_container_count",
    )  # fmt: skip
    return dict.fromkeys(nothing) | dict.fromkeys(counts, 0) | {
        "cv_processing_status": "ok",
        "cover_letter_file_processing_status": "ok",
        "custom_fields": [],
        "referral_referrers_ids": [],
        "duplicates": [],
        "in_active_share": False,
        "pending_request_link": False,
        "gdpr_status": "no_consent",
        "gdpr_consent_ever_given": False,
    }  # fmt: skip


def search_hit(one: Candidate, company: Company) -> Json:
    """Return a search hit: whole seconds, labels as objects, and `disqualified_at` at last."""
    return {
        "id": one.id,
        "company_id": company.config.company_number,
        "name": one.name,
        "initials": one.initials,
        "emails": list(one.emails),
        "phones": list(one.phones),
        "source": one.source,
        "sources": [{"id": company.tag("sources", n).id, "name": n} for n in one.sources],
        "tags": [{"id": company.tag("tags", n).id, "name": n} for n in one.tags],
        "admin_id": one.admin_id,
        "assigned_admins_ids": [],
        "created_at": _seconds(one.created_at),
        "updated_at": _seconds(one.updated_at),
        "last_activity_at": _seconds(one.last_activity_at),
        "deleted": one.deleted_at is not None,
        "deleted_at": _seconds(one.deleted_at),
        "deleted_by": one.deleted_by,
        "deleted_by_name": _admin_name(one.deleted_by, company),
        "soft_deleted_at": _seconds(one.deleted_at),
        "example": one.example,
        "new": not one.viewed,
        "unread_notifications": False,
        "is_anonymous": False,
        "has_avatar": False,
        "photo_thumb_url": None,
        "positive_ratings": None,
        "rating_visible": True,
        "linkedin_job_application_id": None,
        "gdpr_status": "no_consent",
        "gdpr_expires_at": None,
        "gdpr_consent_ever_given": False,
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
        "disqualified_at": _seconds(one.disqualified_at),
        "disqualified_by": one.disqualified_by,
        "disqualified_by_name": _admin_name(one.disqualified_by, company),
        "disqualify_kind": one.disqualify_kind,
        "disqualify_reason": one.disqualify_reason,
        "is_hired": one.hired_at is not None,
        "hired_at": _seconds(one.hired_at),
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


def _seconds(instant: Stamp | None) -> str | None:
    return instant and f"{instant[:19]}Z"
