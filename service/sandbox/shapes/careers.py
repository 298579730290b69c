"""Shape of a job on the careers site: other keys and another way to write instants."""

from service.sandbox.records import Json, Offer, Question, Stamp
from service.sandbox.world import Company


def careers_offer(one: Offer, company: Company) -> Json:
    """Return a job as anybody may read it."""
    department = company.departments.get(one.department_id or 0)
    low, high, period, currency = one.salary
    places = [company.locations[k] for k in one.location_ids if k in company.locations]
    first = places[0] if places else None
    template = company.question_templates.get(one.question_template_id or 0)
    page = f"https://{company.config.subdomain}.example.com/o/{one.slug}"
    return {
        "id": one.id, "slug": one.slug, "guid": one.guid, "position": one.position,
        "status": one.status, "title": one.title, "company_name": company.config.company_name,
        "department": department.name if department else None, "description": one.description,
        "requirements": one.requirements, "employment_type_code": one.employment_type,
        "category_code": one.category, "experience_code": one.experience,
        "education_code": one.education, "remote": one.remote, "hybrid": one.hybrid,
        "on_site": one.on_site, "location": first.full_address if first else "Remote job",
        "city": first.city if first else None, "state_name": first.state_name if first else None,
        "state_code": first.state_code if first else None,
        "country": first.country if first else None,
        "country_code": first.country_code if first else None,
        "postal_code": first.postal_code if first else None,
        "locations": [
            {"id": place.id, "name": place.name, "city": place.city, "state": place.state_name,
             "state_code": place.state_code, "country": place.country, "note": None,
             "country_code": place.country_code, "street": place.street,
             "postal_code": place.postal_code, "translations": {}}
            for place in places
        ],
        "locations_question": None, "locations_question_type": "multiple_choice",
        "locations_question_required": False, "location_question_visible": False,
        "min_hours": one.min_hours, "max_hours": one.max_hours,
        "min_hours_per_week": None if one.min_hours is None else f"{one.min_hours}.0",
        "max_hours_per_week": None if one.max_hours is None else f"{one.max_hours}.0",
        "salary": {"min": low, "max": high, "period": period, "currency": currency},
        "options_cv": "required", "options_phone": "required", "options_photo": "off",
        "options_cover_letter": "optional", "tags": list(one.tags),
        "open_questions": [_question(q) for q in template.questions] if template else [],
        "careers_url": page, "careers_apply_url": f"{page}/c/new",
        "mailbox_email": f"job.{one.guid}@{company.config.subdomain}.example.com",
        "created_at": _spoken(one.created_at), "updated_at": _spoken(one.updated_at),
        "published_at": _spoken(one.published_at), "close_at": None, "cover_image": None,
        "sharing_title": None, "sharing_description": None, "sharing_image": None,
        "translations": {"en": {"title": one.title, "description": one.description,
                                "requirements": one.requirements}},
    }  # fmt: skip


def _question(one: Question) -> Json:
    return {
        "id": one.id, "position": one.position, "options": one.options or {},
        "required": one.required, "body": one.text, "kind": one.kind,
        "translations": {"en": {"body": one.text}},
        "open_question_options": [
            {"id": option_id, "position": place, "body": text, "translations": {}}
            for place, (option_id, text) in enumerate(one.choices, start=1)
            if one.kind != "boolean"
        ],
    }  # fmt: skip


def _spoken(at: Stamp | None) -> str | None:
    return at and f"{at[:10]} {at[11:19]} UTC"
