"""Writes of tasks; no webhook tells of any."""

from dataclasses import replace

from starlette.responses import Response

from service.sandbox.answers import answer, blank, not_found
from service.sandbox.calls import Call, Endpoint
from service.sandbox.dossier import Task
from service.sandbox.parsing import member, whole
from service.sandbox.records import Json
from service.sandbox.shapes import papers as shapes

PLAIN = ("title", "description", "due_date", "timezone")


def create(call: Call) -> Response:
    """Give somebody something to do."""
    given, company = member(call.body, "task"), call.company
    if not given.get("title"):
        return blank("title", "Title")
    if given.get("due_date") and not given.get("timezone"):
        return blank("timezone", "Timezone")
    candidate_id = whole(given.get("candidate_id")) or None
    if candidate_id and candidate_id not in company.people:
        return not_found()
    at = company.now()
    task = company.papers.tasks.put(Task(
        id=company.next_id("task"), admin_id=company.owner_id, created_at=at, updated_at=at,
        candidate_id=candidate_id, admin_ids=_assignees(given), title=str(given["title"]),
        **{name: given[name] for name in PLAIN[1:] if name in given},
    ))  # fmt: skip
    company.note_activity("task_add", at, candidate_id)
    return answer({"task": shapes.task_in_full(task)}, 201)


def _assignees(given: Json) -> tuple[int, ...]:
    found = given.get("admin_ids")
    return tuple(whole(one) for one in found) if isinstance(found, list) else ()


def update(call: Call) -> Response:
    """Change a task, or complete it."""
    task = call.company.papers.tasks.get(whole(call.path["id"]))
    if task is None:
        return not_found()
    given, at = member(call.body, "task"), call.company.now()
    edits = {name: given[name] for name in PLAIN if name in given}
    if "admin_ids" in given:
        edits["admin_ids"] = _assignees(given)
    if "completed" in given:
        edits["completed_at"] = at if given["completed"] else None
    done = call.company.papers.tasks.put(replace(task, **edits, updated_at=at))
    if done.completed_at and not task.completed_at:
        call.company.note_activity("task_complete", at, task.candidate_id)
    return answer({"task": shapes.task_in_full(done)})


def delete(call: Call) -> Response:
    """Take a task away."""
    task = call.company.papers.tasks.get(whole(call.path["id"]))
    if task is None:
        return not_found()
    call.company.papers.tasks.drop(task.id)
    call.company.note_activity("task_remove", call.company.now(), task.candidate_id)
    return answer({"task": shapes.task_in_full(task)})


ROUTES = (
    Endpoint("POST", "/tasks", "S", create),
    Endpoint("PATCH", "/tasks/{id:int}", "S", update),
    Endpoint("DELETE", "/tasks/{id:int}", "S", delete, "answer's body is assumed"),
)
