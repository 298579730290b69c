"""Shapes of jobs: lean in lists, full on their own page, sideloaded."""

from service.sandbox.profiles import definitions
from service.sandbox.records import Json, Offer
from service.sandbox.shapes.company import admin
from service.sandbox.shapes.form import FIELDSET_ID
from service.sandbox.shapes.pipeline import stage_inline, template
from service.sandbox.world import Company

INCLUDES: dict[str, tuple[str, ...]] = {
    "description": ("description",),
    "requirements": ("requirements",),
    "highlight": ("highlight_html",),
    "work_models": ("remote", "hybrid", "on_site"),
    "salary": ("salary",),
    "dynamic_fields": ("dynamic_fields",),
    "follower_ids": ("follower_ids",),
    "location_ids": ("location_ids",),
    "requisition_ids": ("requisition_ids",),
    "tags": ("tags", "offer_tags"),
    "job_scheduler": ("job_scheduler",),
    "issues": ("issues",),
    "counters": (
        "candidates_count",
        "qualified_candidates_count",
        "disqualified_candidates_count",
        "hired_candidates_count",
    ),
}
"""Which keys of a listed job come only when asked for by `include[]` (assumed grouping)."""
OLD_VIEW = frozenset(INCLUDES) - {"salary", "dynamic_fields", "follower_ids", "requisition_ids"}
"""What the deprecated parameters gave without asking: the recorded list answer."""


def offer_listed(one: Offer, company: Company, includes: frozenset[str]) -> Json:
    """Return a job as `GET /offers` shows it, with the groups of keys that were asked for."""
    shape = _common(one, company)
    shape["enabled_languages"] = [{"code": "en", "name": "English", "native_name": "English"}]
    extra = _on_request(one)
    for group, keys in INCLUDES.items():
        for key in keys:
            if group in includes:
                shape.setdefault(key, extra.get(key))
            else:
                shape.pop(key, None)
    return shape


def offer_brief(one: Offer) -> Json:
    """Return a job in the deprecated `view_mode=brief`."""
    return {"id": one.id, "title": one.title, "status": one.status, "kind": "job"}


def offer_reference(one: Offer, company: Company) -> Json:
    """Return a job as it is sideloaded in `references`."""
    return {
        "id": one.id,
        "type": "Offer",
        "kind": "job",
        "title": one.title,
        "slug": one.slug,
        "guid": one.guid,
        "status": one.status,
        "position": one.position,
        "description": one.description,
        "requirements": one.requirements,
        "highlight_html": None,
        "wysiwyg_editor": "redactor",
        "location": _address(one, company)["location"] or "",
        "remote": one.remote,
        "hybrid": one.hybrid,
        "on_site": one.on_site,
        "department": _department(one, company),
        "department_id": one.department_id,
        "hiring_manager_id": one.hiring_manager_id,
        "recruiter_id": one.recruiter_id,
        "pipeline_template_id": one.template_id,
        "careers_job_page_layout_id": None,
        "job_position_id": None,
        "lang_code": "en",
        "mailbox_email": None,
        "url": None,
        "created_at": one.created_at,
    }


def offer_in_full(one: Offer, company: Company) -> Json:
    """Return a job's own page."""
    return _common(one, company) | _form(one, company) | {
        "salary": _on_request(one)["salary"],
        "primary_lang_code": "en",
        "admins": [admin(company.admins[k]) for k in one.follower_ids if k in company.admins],
        "category": one.category,
        "education": one.education,
        "experience": one.experience,
        "min_hours": one.min_hours,
        "max_hours": one.max_hours,
        "min_hours_per_week": None if one.min_hours is None else str(one.min_hours),
        "max_hours_per_week": None if one.max_hours is None else str(one.max_hours),
        "default_translations": {
            "title": one.title,
            "description": one.description,
            "description_html": None,
            "description_json": None,
            "email_confirmation_body": None,
            "email_confirmation_subject": None,
            "locations_question": None,
        },
    }  # fmt: skip


def _on_request(one: Offer) -> Json:
    low, high, period, currency = one.salary
    return {
        "salary": {"min": low, "max": high, "period": period, "currency": currency},
        "dynamic_fields": list(one.dynamic_fields),
        "follower_ids": list(one.follower_ids),
        "requisition_ids": [],
    }


def _department(one: Offer, company: Company) -> str | None:
    found = company.departments.get(one.department_id or 0)
    return found.name if found else None


def _address(one: Offer, company: Company) -> Json:
    place = company.locations.get(next(iter(one.location_ids), 0))
    parts = ("street", "city", "postal_code", "state_code", "state_name", "country_code")
    return {
        "location": place.full_address if place else None,
        **{part: getattr(place, part) if place else None for part in parts},
    }


def _counts(one: Offer, company: Company) -> Json:
    tally = company.tally(one.id)
    return {
        "candidates_count": tally.candidates,
        "qualified_candidates_count": tally.candidates - tally.disqualified,
        "disqualified_candidates_count": tally.disqualified,
        "hired_candidates_count": tally.hired,
        "hired_candidates_without_openings_count": None,
        "number_of_openings": one.number_of_openings,
        "shared_openings_count": None,
        "dynamic_fields_count": len(one.dynamic_fields),
    }


def _common(one: Offer, company: Company) -> Json:
    pipeline = company.templates[one.template_id]
    careers = f"https://{company.config.subdomain}.example.com/o/{one.slug}"
    return _address(one, company) | _counts(one, company) | {
        "id": one.id,
        "guid": one.guid,
        "slug": one.slug,
        "title": one.title,
        "kind": "job",
        "status": one.status,
        "position": one.position,
        "priority": one.priority,
        "job_position_id": None,
        "lang_code": "en",
        "example": False,
        "description": one.description,
        "requirements": one.requirements,
        "highlight_html": None,
        "wysiwyg_editor": "redactor",
        "department": _department(one, company),
        "department_id": one.department_id,
        "employment_type": one.employment_type,
        "offer_tags": list(one.tags),
        "tags": [{"id": company.tag("offer_tags", n).id, "name": n} for n in one.tags],
        "remote": one.remote,
        "hybrid": one.hybrid,
        "on_site": one.on_site,
        "location_ids": list(one.location_ids),
        "hiring_manager_id": one.hiring_manager_id,
        "recruiter_id": one.recruiter_id,
        "followers": [admin(company.admins[k]) for k in one.follower_ids if k in company.admins],
        "followed": company.owner_id in one.follower_ids,
        "pipeline": True,
        "pipeline_template_id": one.template_id,
        "pipeline_template": {
            **template(pipeline),
            "stages": [stage_inline(stage) for stage in pipeline.stages],
        },
        "careers_url": careers,
        "url": careers,
        "adminapp_url": f"https://app.recruitee.com/#/offers/{one.slug}",
        "mailbox_email": f"job.{one.guid}@{company.config.subdomain}.example.com",
        "careers_job_page_layout_id": None,
        "eeo_settings": None,
        "enabled_for_referrals": False,
        "has_active_campaign": False,
        "job_scheduler": None,
        "issues": {
            "is_requisition_missing": False,
            "is_required_data_missing": False,
            "is_migrated_html_equal": None,
            "is_dynamic_fields_limit_exceeded": False,
        },
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "published_at": one.published_at,
        "closed_at": one.closed_at,
    }  # fmt: skip


def _form(one: Offer, company: Company) -> Json:
    """Return the keys about the application form and page, which the sandbox keeps at rest."""
    nothing = (
        "auto_reply_template_id", "cover_image", "cover_image_url", "description_html",
        "description_json", "email_confirmation_body", "email_confirmation_subject",
        "highlight_json", "hire_assistant", "locations_question",
        "requirements_html", "requirements_json",
        "sharing_description", "sharing_image", "sharing_image_url", "sharing_title",
    )  # fmt: skip
    return dict.fromkeys(nothing) | {
        "options_cv": "required",
        "options_phone": "required",
        "options_photo": "off",
        "options_cover_letter": "optional",
        "options_salutation": "off",
        "options_title": "off",
        "locations_question_type": "multiple_choice",
        "locations_question_required": False,
        "visibility_options": ["linkedin", "indeed", "social_share", "job_location"],
        "email_confirmation": False,
        "has_additional_info": True,
        "attachments_count": len(company.files_of_job(one.id)),
        "notes_count": len(company.notes_of_job(one.id)),
        "dynamic_fields": list(one.dynamic_fields),
        "open_question_template_id": one.question_template_id,
        "fieldset_id": FIELDSET_ID,
        "fieldset": {"id": FIELDSET_ID, "name": "Everybody", "default": True,
                     "fields": definitions()},
        "fields": definitions(),
    }  # fmt: skip
