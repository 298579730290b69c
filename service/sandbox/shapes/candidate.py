"""Shapes of candidates: lean in lists, full on their own page, sideloaded."""

from service.sandbox.instants import micros, micros_of
from service.sandbox.persons import Candidate
from service.sandbox.records import Json
from service.sandbox.shapes.placement import placement_in_candidate, placement_listed
from service.sandbox.shapes.ratings import ratings
from service.sandbox.world import Company


def adminapp_url(candidate_id: int, company: Company) -> str:
    """Return the address of a candidate in Recruitee's own web app."""
    number = company.config.company_number
    return (
        f"https://app.recruitee.com/#/dashboard/overview?candidate={candidate_id}&company={number}"
    )


def candidate_reference(one: Candidate, company: Company) -> Json:
    """Return a candidate as it is sideloaded beside a placement."""
    papers, masked = company.papers, one.anonymous
    return {
        "id": one.id,
        "type": "Candidate",
        "name": one.shown_name,
        "initials": one.initials,
        "title": one.title,
        "salutation": one.salutation,
        "emails": [] if masked else list(one.emails),
        "invalid_emails": [],
        "phones": [] if masked else list(one.phones),
        "photo_thumb_url": None,
        "has_avatar": False,
        "source": one.source,
        "referrer": one.referrer,
        "admin_id": one.admin_id,
        **ratings(one, company),
        "pending_result_request": False,
        "upcoming_event": False,
        "tasks_count": papers.tasks.count(one.id),
        "last_message_at": None,
        "is_hired": one.hired,
        "is_anonymous": masked,
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
        "followed": company.owner_id in one.follower_ids,
        "placements": [placement_listed(each, one, company) for each in one.placements],
    }


def candidate_in_full(one: Candidate, company: Company) -> Json:
    """Return a candidate's own page."""
    parts = (_unused(), _files(one, company), _answers(one, company), gdpr(one, company),
             _counts(one, company))  # fmt: skip
    shape = candidate_listed(one, company) | {
        "placements": [placement_in_candidate(each, one, company) for each in one.placements],
        "links": [] if one.anonymous else list(one.links),
        "social_links": [] if one.anonymous else list(one.social_links),
        "sources": list(one.sources),
        "tags": list(one.tags),
        "fields": list(one.fields),
        "cover_letter": one.cover_letter,
        "has_cover_letter": one.cover_letter is not None or one.cover_letter_file is not None,
        "admin_ids": list(one.follower_ids),
        "duplicates": _duplicates(one, company),
        "last_activity_at": one.last_activity_at,
    }
    for part in parts:
        shape |= part
    return shape


def _duplicates(one: Candidate, company: Company) -> list[int]:
    """Return the ids of those with the same address."""
    same = (who for mail in one.emails for who in company.people.with_email(mail))
    return sorted({who.id for who in same if who.id != one.id and not who.deleted_at})


def _files(one: Candidate, company: Company) -> Json:
    files = company.files
    cv = files.url("cvs", one.id, one.cv_name) if one.cv_name else None
    name = one.cover_letter_file
    letter = files.url("cover_letters", one.id, name) if name else None
    return {
        "cv_url": cv,
        "cv_original_url": cv,
        "cv_parse_status": one.cv_parse_status,
        "cv_processing_status": "ok",
        "cover_letter_file_url": letter,
        "cover_letter_file_original_url": letter,
        "cover_letter_file_processing_status": "ok",
    }


def _counts(one: Candidate, company: Company) -> Json:
    papers = company.papers
    return {
        "notes_count": papers.notes.count(one.id),
        "attachments_count": papers.attachments.count(one.id),
        "events_count": papers.interviews.count(one.id),
        "mailbox_messages_count": 0,
        "shared_admin_count": 0,
        "shared_container_count": 0,
    }


def _answers(one: Candidate, company: Company) -> Json:
    """Return the answers flat and by application; a job that is gone keeps no group."""
    groups: list[Json] = []
    for group in one.answers:
        offer = company.offers.get(group["offer_id"])
        shown = [_answer(each, company) for each in group["answers"]]
        if offer:
            job = {"id": offer.id, "title": offer.title, "status": offer.status}
            groups.append({"created_at": group["created_at"], "offer": job,
                           "open_question_answers": shown})  # fmt: skip
    return {
        "open_question_answers": [
            _answer(each, company) for group in one.answers for each in group["answers"]
        ],
        "grouped_open_question_answers": groups,
    }


def _answer(one: Json, company: Company) -> Json:
    if "file_name" not in one:
        return one
    shape = {key: value for key, value in one.items() if key != "file_name"}
    return {**shape, "file_url": company.files.url("answers", one["id"], one["file_name"])}


def gdpr_status(one: Candidate, company: Company) -> str:
    """Return `no_consent`, `expired`, or `consent_given`, the last of which is assumed."""
    if one.gdpr_expires_at and micros(one.gdpr_expires_at) <= micros_of(company.config.clock()):
        return "expired"
    return "consent_given" if one.gdpr_consent_given else "no_consent"


def gdpr(one: Candidate, company: Company) -> Json:
    """Return the keys about consent that a candidate's page has."""
    return {
        "gdpr_status": gdpr_status(one, company),
        "gdpr_expires_at": one.gdpr_expires_at,
        "gdpr_scheduled_to_delete_at": one.gdpr_scheduled_to_delete_at,
        "gdpr_consent_ever_given": one.gdpr_consent_given,
        "gdpr_consent_request_type": None,
        "gdpr_consent_request_sent_at": None,
        "gdpr_consent_request_completed_at": None,
    }


def _unused() -> Json:
    """Return the keys of the full page that the sandbox keeps at rest."""
    nothing = ("photo_url", "linkedin_job_application_id", "sourcing_origin", "sourcing_data",
               "online_data")  # fmt: skip
    return dict.fromkeys(nothing) | {
        "custom_fields": [],
        "referral_referrers_ids": [],
        "in_active_share": False,
        "pending_request_link": False,
    }


def duplicate(one: Candidate, company: Company) -> Json:
    """Return a candidate as the list of duplicates shows it."""
    full = candidate_in_full(one, company)
    kept = (
        "id", "name", "fields", "source", "admin_id", "emails", "has_avatar", "initials",
        "photo_thumb_url", "referrer", "created_at", "updated_at", "cv_original_url", "cv_url",
        "placements", "referral_referrers_ids", "sourcing_origin", "custom_fields", "phones",
    )  # fmt: skip
    return {key: full[key] for key in kept} | {"cv_created_at": None}
