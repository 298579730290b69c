"""Writes of settings: members, stages, screening questions; no webhook tells of any."""

from dataclasses import replace

from starlette.responses import Response

from service.sandbox.answers import answer, blank, not_found, unprocessable
from service.sandbox.calls import Call, Endpoint
from service.sandbox.forms import rows
from service.sandbox.parsing import member, whole
from service.sandbox.questions import THOROUGH
from service.sandbox.records import (
    Admin,
    Json,
    Question,
    QuestionTemplate,
    Stage,
    Template,
)
from service.sandbox.shapes import company as shapes
from service.sandbox.shapes import form
from service.sandbox.shapes.pipeline import stage_of_template

KINDS = {kind for kind, _, _, _ in THOROUGH}


def create_member(call: Call) -> Response:
    """Invite a team member, who is there at once."""
    given, company, at = member(call.body, "membership"), call.company, call.company.now()
    if not given.get("email"):
        return blank("email", "Email")
    role_id = whole(given.get("role_id"))
    made = Admin(
        id=company.next_id("admin"), membership_id=company.next_id("membership"),
        first_name=str(given.get("first_name") or ""), last_name=str(given.get("last_name") or ""),
        email=str(given["email"]), timezone="Europe/Amsterdam", active=True, created_at=at,
        role_id=role_id if role_id in company.roles else next(reversed(company.roles)),
    )  # fmt: skip
    company.admins[made.id] = made
    company.note_activity("member_add", at)
    return answer({"membership": shapes.membership(made, company)}, 201)


def update_member(call: Call) -> Response:
    """Change a member's role, activate or deactivate them. Activity is told by no event."""
    found = _member(call)
    if found is None:
        return not_found()
    given, company = member(call.body, "membership"), call.company
    role_id = whole(given.get("role_id"), found.role_id)
    if role_id not in company.roles:
        return unprocessable()
    active = bool(given.get("is_active", found.active))
    changed = company.admins[found.id] = replace(found, role_id=role_id, active=active)
    if role_id != found.role_id:
        company.note_activity("member_role_change", company.now())
    return answer({"membership": shapes.membership(changed, company)})


def remove_member(call: Call) -> Response:
    """Remove a member: they vanish from every list; the token's owner cannot."""
    found = _member(call)
    if found is None:
        return not_found()
    if found.id == call.company.owner_id:
        return unprocessable()
    shape = shapes.membership(found, call.company)
    del call.company.admins[found.id]
    call.company.note_activity("member_remove", call.company.now())
    return answer({"membership": shape})


def _member(call: Call) -> Admin | None:
    number = whole(call.path["id"])
    members = call.company.admins.values()
    return next((one for one in members if one.membership_id == number), None)


def create_stage(call: Call) -> Response:
    """Add a stage to a pipeline, before the last one."""
    company, template = call.company, call.company.templates.get(whole(call.path["id"]))
    given = member(call.body, "stage")
    if template is None:
        return not_found()
    if not given.get("name"):
        return blank("name", "Name")
    at = company.now()
    stage = Stage(
        id=company.next_id("stage"), template_id=template.id, name=str(given["name"]),
        position=template.stages[-1].position, category=str(given.get("category") or "none"),
        group="active", created_at=at, updated_at=at,
    )  # fmt: skip
    last = replace(template.stages[-1], position=stage.position + 1)
    _keep(call, template, (*template.stages[:-1], stage, last))
    company.note_activity("stage_add", at, stage_id=stage.id)
    return answer({"stage": stage_of_template(stage)}, 201)


def rename_stage(call: Call) -> Response:
    """Rename a stage. The timeline knows no event of it."""
    stage = call.company.stages.get(whole(call.path["id"]))
    name = str(member(call.body, "stage").get("name") or "").strip()
    if stage is None:
        return not_found()
    if not name or stage.locked:
        return blank("name", "Name") if not name else unprocessable()
    renamed = replace(stage, name=name, updated_at=call.company.now())
    template = call.company.templates[stage.template_id]
    _keep(call, template, tuple(renamed if o.id == stage.id else o for o in template.stages))
    return answer({"stage": stage_of_template(renamed)})


def delete_stage(call: Call) -> Response:
    """Delete a stage that nobody is in; a locked one stays."""
    company, stage = call.company, call.company.stages.get(whole(call.path["id"]))
    if stage is None:
        return not_found()
    taken = any(company.everyone(lambda who: any(p.stage_id == stage.id for p in who.placements)))
    if stage.locked or taken:
        return unprocessable()
    template = company.templates[stage.template_id]
    del company.stages[stage.id]
    _keep(call, template, tuple(one for one in template.stages if one.id != stage.id))
    company.note_activity("stage_remove", company.now(), stage_id=stage.id)
    return answer({"stage": stage_of_template(stage)})


def _keep(call: Call, template: Template, stages: tuple[Stage, ...]) -> None:
    call.company.templates[template.id] = replace(template, stages=stages)
    call.company.stages.update({one.id: one for one in stages})


def create_question(call: Call) -> Response:
    """Add a screening question to a form."""
    company = call.company
    template = company.question_templates.get(whole(call.path["id"]))
    given = member(call.body, "open_question")
    if template is None:
        return not_found()
    if given.get("kind") not in KINDS:
        return blank("kind", "Kind")
    made = Question(
        id=company.next_id("question"), kind=given["kind"], text=_text(given),
        position=len(template.questions) + 1, required=bool(given.get("required")),
        choices=tuple(
            (company.next_id("question_option"), _text(one))
            for one in rows(given.get("open_question_options"))
        ),
    )  # fmt: skip
    return _questions(call, template, (*template.questions, made), made, 201)


def update_question(call: Call) -> Response:
    """Change a question's text or whether it must be answered."""
    found = _question(call)
    if found is None:
        return not_found()
    template, question = found
    given = member(call.body, "open_question")
    edited = replace(
        question, text=_text(given) or question.text,
        required=bool(given.get("required", question.required)),
    )  # fmt: skip
    rest = tuple(edited if one.id == question.id else one for one in template.questions)
    return _questions(call, template, rest, edited)


def delete_question(call: Call) -> Response:
    """Take a question out of its form."""
    found = _question(call)
    if found is None:
        return not_found()
    template, question = found
    rest = tuple(one for one in template.questions if one.id != question.id)
    return _questions(call, template, rest, question)


def _text(given: Json) -> str:
    """Return the text: of the first translation, or `body`."""
    words = [one.get("body") for one in rows(given.get("translations"))]
    return str(next(iter(words), None) or given.get("body") or "")


def _question(call: Call) -> tuple[QuestionTemplate, Question] | None:
    number = whole(call.path["question"])
    for template in call.company.question_templates.values():
        for one in template.questions:
            if one.id == number and whole(call.path["id"]) == template.id:
                return template, one
    return None


def _questions(
    call: Call, template: QuestionTemplate, questions: tuple[Question, ...], one: Question,
    status: int = 200,
) -> Response:  # fmt: skip
    changed = replace(template, questions=questions, updated_at=call.company.now())
    call.company.question_templates[template.id] = changed
    return answer({"open_question": form.question(one, changed)}, status)


_QUESTIONS = "/open_questions/template/{id:int}/open_questions"
_QUESTION = f"{_QUESTIONS}/{{question:int}}"
ROUTES = (
    Endpoint("POST", "/memberships", "A", create_member),
    Endpoint("PATCH", "/memberships/{id:int}", "A", update_member),
    Endpoint("DELETE", "/memberships/{id:int}", "A", remove_member),
    Endpoint("POST", "/pipeline_templates/{id:int}/stages", "A", create_stage),
    Endpoint("PATCH", "/stages/{id:int}", "A", rename_stage),
    Endpoint("DELETE", "/stages/{id:int}", "A", delete_stage),
    Endpoint("POST", _QUESTIONS, "S", create_question),
    Endpoint("PATCH", _QUESTION, "A", update_question),
    Endpoint("DELETE", _QUESTION, "A", delete_question),
)
