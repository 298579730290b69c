"""Shapes of what hangs on candidates and jobs: notes, files, interviews, evaluations, tasks."""

from service.sandbox.dossier import Attachment, Evaluation, EvaluationRequest, Interview, Note, Task
from service.sandbox.records import Json
from service.sandbox.world import Company


def visible(one: Note | Attachment, company: Company) -> bool:
    """Say whether the token's owner may read it: private is the author's, protected of some."""
    level = one.visibility.get("level", "public")
    if level == "public" or one.admin_id == company.owner_id:
        return True
    if level != "protected":
        return False
    role_ids = one.visibility.get("role_ids") or ()
    admin_ids = one.visibility.get("admin_ids") or ()
    return company.owner_id in admin_ids or company.owner.role_id in role_ids


def note(one: Note, company: Company, replies: list[Json] | None = None) -> Json:
    """Return a note on a candidate or a job, with its files."""
    files = (company.papers.attachments.get(each) for each in one.attachment_ids)
    shape = {
        "id": one.id,
        "text": one.text,
        "body": one.body,
        "body_html": one.body,
        "body_json": one.body_json,
        "admin_id": one.admin_id,
        "guest_id": None,
        "candidate_id": one.candidate_id,
        "offer_id": one.offer_id,
        "talent_pool_id": one.pool_id,
        "requisition_id": None,
        "visibility": one.visibility,
        "attachments": [attachment(each, company) for each in files if each],
        "reply_to_id": one.reply_to_id,
        "replies": replies or [],
        "reactions": [],
        "triggered": False,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
    }
    # A reply cannot be pinned, and has no key for it.
    return shape if one.reply_to_id else {**shape, "pinned_at": one.pinned_at}


def attachment(one: Attachment, company: Company) -> Json:
    """Return a file: the keys of its renditions depend on its kind."""
    url = company.files.url("attachments", one.id, one.filename)
    shape: Json = {
        "id": one.id,
        "status": "ok",
        "filename": one.filename,
        "extension": one.extension,
        "source": one.source,
        "kind": one.kind,
        "admin_id": one.admin_id,
        "candidate_id": one.candidate_id,
        "offer_id": one.offer_id,
        "talent_pool_id": one.pool_id,
        "requisition_id": None,
        "guest_id": None,
        "uploader": "Admin" if one.admin_id else None,
        "visibility": one.visibility,
        "file_size": one.size,
        "file_url": url,
        "created_at": one.created_at,
    }
    if one.kind == "image":
        return {**shape, "image_url": url, "image_thumbnail_url": url}
    if one.kind == "document":
        return {**shape, "pdf_url": url, "pdf_thumbnail_url": url}
    return shape


def interview(one: Interview, company: Company) -> Json:
    """Return an interview event; it has neither an end nor a status."""
    shared = f"{company.files.base}/v/events/{one.id}"
    asked = [each for each in company.papers.requests.of(one.candidate_id)
             if each.interview_id == one.id]  # fmt: skip
    return {
        "id": one.id,
        "kind": one.kind,
        "custom_name": one.custom_name,
        "candidate_id": one.candidate_id,
        "offer_id": one.offer_id,
        "talent_pool_id": one.pool_id,
        "stage_id": one.stage_id,
        "starts_at": one.starts_at,
        "duration": one.duration,
        "timezone": one.timezone,
        "location": one.location,
        "note": one.note,
        "public_note": one.public_note,
        "private": one.private,
        "admin_id": one.admin_id,
        "admin_ids": list(one.admin_ids),
        "organizer_id": None,
        "event_attendees": [
            {"admin_id": each, "response_status": "needs_action"} for each in one.admin_ids
        ],
        "event_candidate_attendees": [
            {"candidate_id": one.candidate_id, "response_status": "needs_action"}
        ] if one.scheduled else [],
        "scheduled": one.scheduled,
        "scheduler": "Admin",
        "rescheduled": one.rescheduled_at is not None,
        "rescheduled_at": one.rescheduled_at,
        "rescheduled_by": None,
        "rescheduler_id": one.admin_id if one.rescheduled_at else None,
        "reschedule_reason": one.reschedule_reason,
        "old_starts_at": one.old_starts_at,
        "old_timezone": one.timezone if one.old_starts_at else None,
        "video_provider": one.video_provider,
        "video": None,
        "video_url": None,
        "event_url": shared,
        "sync_url": f"{shared}/sync",
        "google_calendar_url": f"{shared}/google",
        "yahoo_calendar_url": f"{shared}/yahoo",
        "interview_meeting_rooms": [],
        "interview_result_requests": [request(each, company) for each in asked],
        "reminders": [],
        "candidate_email": None,
        "exclude_candidate_from_attendees": False,
        "hide_candidates_names": False,
        "notify_config": None,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
    }  # fmt: skip


def evaluation(one: Evaluation) -> Json:
    """Return an interview result."""
    return {
        "id": one.id,
        "kind": one.kind,
        "admin_id": one.admin_id,
        "guest_id": None,
        "candidate_id": one.candidate_id,
        "offer_id": one.offer_id,
        "talent_pool_id": one.pool_id,
        "stage_id": one.stage_id,
        "rating": one.rating,
        "rating_note": one.rating_note,
        "rating_required": None,
        "interview_template_name": one.template_name,
        "interview_template_info_title": None,
        "interview_template_info_description": None,
        "interview_result_answers": [_answer(k, each) for k, each in enumerate(one.answers, 1)],
        "created_at": one.created_at,
        "updated_at": one.updated_at,
    }


def _answer(number: int, given: Json) -> Json:
    rest: Json = {
        "options": [],
        "question_hint": None,
        "question_options": {},
        "question_required": False,
    }
    return {"id": number, **rest, **given}


def request(one: EvaluationRequest, company: Company) -> Json:
    """Return the request to evaluate somebody, with where they are placed."""
    who = company.people.get(one.candidate_id)
    offers = [company.offers.get(p.offer_id or 0) for p in who.placements] if who else []
    return {
        "id": one.id,
        "status": one.status,
        "admin_id": one.admin_id,
        "candidate_id": one.candidate_id,
        "offer_id": one.offer_id,
        "talent_pool_id": None,
        "stage_id": one.stage_id,
        "triggered": False,
        "interview_event_id": one.interview_id,
        "interview_template_id": one.template_id,
        "requester_id": one.requester_id,
        "requested_by": "Admin" if one.requester_id else None,
        "candidate_placements": [
            {"status": o.status, "title": o.title, "kind": "job", "offer_id": o.id,
             "talent_pool_id": None, "stage_id": one.stage_id} for o in offers if o
        ],
        "created_at": one.created_at,
    }  # fmt: skip


def task(one: Task) -> Json:
    """Return a task as a candidate's list shows it: without those it was given to."""
    return {
        "id": one.id,
        "title": one.title,
        "description": one.description,
        "completed": one.completed_at is not None,
        "completed_at": one.completed_at,
        "due_date": one.due_date,
        "timezone": one.timezone,
        "candidate_id": one.candidate_id,
        "admin_id": one.admin_id,
        "triggered": False,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
    }


def task_in_full(one: Task) -> Json:
    """Return a task as the company's list and its own page show it."""
    return {**task(one), "admin_ids": list(one.admin_ids)}
