"""Shapes of forms: screening questions, profile fields, job fields."""

from service.sandbox.profiles import PUBLIC, definitions
from service.sandbox.records import Json, Question, QuestionTemplate
from service.sandbox.world import Company

FIELDSET_ID = 7001


def question_template(one: QuestionTemplate) -> Json:
    """Return a form of screening questions as the list shows it."""
    return {
        "id": one.id,
        "title": one.title,
        "category": one.category,
        "position": one.position,
        "default": one.default,
        "custom": False,
    }


def question_template_of_job(one: QuestionTemplate) -> Json:
    """Return a form with its questions, as a job has it."""
    asked = [question(each, one) for each in one.questions]
    return {**question_template(one), "open_questions": asked}


def question_template_in_full(one: QuestionTemplate, company: Company) -> Json:
    """Return a form's own page."""
    jobs = sum(offer.question_template_id == one.id for offer in company.offers.values())
    return {
        **question_template_of_job(one),
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "assigned_offers_count": jobs,
        "assigned_offer_templates_count": 0,
    }


def question(one: Question, template: QuestionTemplate) -> Json:
    """Return a screening question; a boolean's two options say which is yes."""
    return {
        "id": one.id,
        "kind": one.kind,
        "position": one.position,
        "required": one.required,
        "visible": True,
        "options": one.options,
        "visibility": PUBLIC,
        "translations": [{"lang_code": "en", "body": one.text}],
        "open_question_options": [
            {
                "id": option_id,
                "position": place,
                "options": {"kind": text.lower()} if one.kind == "boolean" else {},
                "translations": [{"lang_code": "en", "body": text}],
                "disqualify_reason_id": None,
            }
            for place, (option_id, text) in enumerate(one.choices, start=1)
        ],
        "open_question_template_id": template.id,
        "is_knockout_question": one.knockout,
    }


def fieldset(company: Company) -> Json:
    """Return the one set of profile fields."""
    return {
        "id": FIELDSET_ID,
        "name": "Everybody",
        "default": True,
        "position": 1,
        "category": None,
        "updated_at": company.owner.created_at,
        "assigned_offers_count": len(company.offers),
        "assigned_offer_templates_count": 0,
    }


def fieldset_in_full(company: Company) -> Json:
    """Return the set with its fields."""
    return {**fieldset(company), "fields": definitions()}


def dynamic_field(one: Json, company: Company) -> Json:
    """Return what a job's custom field is; its values stand on the jobs."""
    jobs = sum(
        any(each["id"] == one["id"] for each in offer.dynamic_fields)
        for offer in company.offers.values()
    )
    return {
        "id": one["id"],
        "name": one["name"],
        "type": one["type"],
        "required": False,
        "configuration": {},
        "offers_count": jobs,
        "requisitions_count": 0,
        "offer_templates_count": 0,
        "assign_to_offer": True,
        "assign_to_requisition": False,
        "assign_to_blank_offer": True,
        "assign_to_blank_offer_template": False,
        "display_on_careers_site": False,
        "translations": [
            {"default": True, "name": one["name"], "lang_code": "en", "filled_count": 1,
             "total_count": 1}
        ],
        "created_at": one["created_at"],
        "updated_at": one["created_at"],
    }  # fmt: skip
