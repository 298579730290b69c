"""Reads of forms and rules: screening questions, custom fields, consent, equal opportunity."""

from starlette.responses import Response

from service.sandbox.answers import answer, not_found
from service.sandbox.calls import Call, Endpoint
from service.sandbox.parsing import whole
from service.sandbox.profiles import SEARCHABLE
from service.sandbox.records import Json
from service.sandbox.shapes import form as shapes


def question_templates(call: Call) -> Response:
    """List forms of screening questions, without the questions."""
    rows = [shapes.question_template(one) for one in call.company.question_templates.values()]
    return answer({"open_question_templates": rows})


def question_template(call: Call) -> Response:
    """Show one form with its questions."""
    found = call.company.question_templates.get(whole(call.path["id"]))
    if found is None:
        return not_found()
    return answer({"open_question_template": shapes.question_template_in_full(found, call.company)})


def questions(call: Call) -> Response:
    """List the questions of one form."""
    found = call.company.question_templates.get(whole(call.path["id"]))
    if found is None:
        return not_found()
    return answer({"open_questions": [shapes.question(one, found) for one in found.questions]})


def question_template_of_job(call: Call) -> Response:
    """Show a job's form; any form is shown to any job."""
    offer = call.offer()
    found = call.company.question_templates.get(whole(call.path["template"]))
    if isinstance(offer, Response):
        return offer
    if found is None:
        return not_found()
    return answer({"open_question_template": shapes.question_template_of_job(found)})


def fieldsets(call: Call) -> Response:
    """List sets of profile fields."""
    return answer({"fieldsets": [shapes.fieldset(call.company)]})


def fieldset(call: Call) -> Response:
    """Show one set with its fields."""
    if whole(call.path["id"]) != shapes.FIELDSET_ID:
        return not_found()
    return answer({"fieldset": shapes.fieldset_in_full(call.company)})


def searchable(_: Call) -> Response:
    """List the profile fields that search knows."""
    return answer({"fields": SEARCHABLE})


def dynamic_fields(call: Call) -> Response:
    """List the custom fields of jobs."""
    company = call.company
    rows = [shapes.dynamic_field(one, company) for one in company.dynamic_fields.values()]
    return answer({"dynamic_fields": rows})


def dynamic_field(call: Call) -> Response:
    """Show one custom field of jobs."""
    found = call.company.dynamic_fields.get(whole(call.path["id"]))
    if found is None:
        return not_found()
    return answer({"dynamic_field": shapes.dynamic_field(found, call.company)})


def gdpr(call: Call) -> Response:
    """Show the company's rules about consent: what matters of them."""
    jobs = [{"id": one.id, "email_confirmation": False} for one in call.company.offers.values()]
    configuration: Json = {
        "id": 231, "enabled": True, "offers": jobs, "admin_ids": [], "expiration_days": 365,
        "hide_candidates_names": False, "consent_privacy_link": None, "translations": [],
        "auto_consent": {"enabled": False, "extend_period_for_days": None,
                         "send_to_qualified": True, "send_to_disqualified": False,
                         "send_to_candidates_in_talent_pools": True, "send_to_hired": False},
        "auto_delete": {"enabled": False, "delete_qualified_in_jobs": False,
                        "delete_in_talent_pools": False, "delete_hired": False,
                        "delete_without_email_activity_in_days": None,
                        "delete_requested_candidates_in_days": None,
                        "delete_candidates_without_consent_requests": False},
    }  # fmt: skip
    return answer({"configuration": configuration, "references": []})


def gdpr_requests(call: Call) -> Response:
    """List what a candidate asked for under data protection law: nothing."""
    who = call.candidate()
    return who if isinstance(who, Response) else answer({"requests": [], "references": []})


def eeo_settings(_: Call) -> Response:
    """Show whether the equal opportunity survey is on; single answers are never shown."""
    return answer({"settings": {"enabled": True, "anonymous": True}})


def eeo_candidate(call: Call) -> Response:
    """Show nothing of a candidate's answers, as Recruitee does."""
    who = call.candidate()
    return who if isinstance(who, Response) else answer({"eeo": {"status": None}})


ROUTES = (
    Endpoint("GET", "/open_questions/template", "S", question_templates),
    Endpoint("GET", "/open_questions/template/{id:int}", "S", question_template),
    Endpoint("GET", "/open_questions/template/{id:int}/open_questions", "S", questions),
    Endpoint("GET", "/offers/{id}/open_question_templates/{template:int}", "S",
             question_template_of_job),
    Endpoint("GET", "/custom_fields/fieldsets", "S", fieldsets),
    Endpoint("GET", "/custom_fields/fieldsets/{id:int}", "S", fieldset, "field items: assumed"),
    Endpoint("GET", "/custom_fields/fields/searchable", "S", searchable),
    Endpoint("GET", "/dynamic_fields", "S", dynamic_fields, "the list's items are assumed"),
    Endpoint("GET", "/dynamic_fields/{id:int}", "S", dynamic_field),
    Endpoint("GET", "/gdpr/configuration", "S", gdpr, "texts of e-mails are left out"),
    Endpoint("GET", "/gdpr/candidates/{id:int}/requests", "A", gdpr_requests, "always empty"),
    Endpoint("GET", "/eeo/settings", "A", eeo_settings, "shape not captured"),
    Endpoint("GET", "/eeo/candidate/{id:int}", "A", eeo_candidate, "shape not captured"),
)  # fmt: skip
