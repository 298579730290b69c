"""Reads of what hangs on candidates and jobs: notes, files, interviews, evaluations, tasks."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from starlette.responses import Response

from service.sandbox.answers import answer, not_found
from service.sandbox.calls import Call, Endpoint
from service.sandbox.dossier import Attachment, Interview, Note, Task
from service.sandbox.instants import stamp
from service.sandbox.parsing import whole
from service.sandbox.records import Json
from service.sandbox.shapes import papers as shapes
from service.sandbox.shapes import references

NO_LIMIT = 1 << 40
T = TypeVar("T")


def notes(call: Call) -> Response:
    """List a candidate's notes, newest first, with replies inside; what is private is left out."""
    who = call.candidate()
    return who if isinstance(who, Response) else _notes(call.company.papers.notes.of(who.id), call)


def offer_notes(call: Call) -> Response:
    """List a job's own notes, newest first."""
    offer = call.offer()
    return offer if isinstance(offer, Response) else _notes(
        call.company.notes_of_job(offer.id), call
    )  # fmt: skip


def pool_notes(call: Call) -> Response:
    """List a talent pool's notes: nobody wrote any."""
    return not_found() if call.company.pool(call.path["id"]) is None else _notes([], call)


def _notes(found: Sequence[Note], call: Call) -> Response:
    shown = [one for one in found if shapes.visible(one, call.company)]
    top = [one for one in reversed(shown) if one.reply_to_id is None]
    beside = references.of_admins((one.admin_id for one in shown), call.company)
    return answer({"notes": [_thread(one, shown, call) for one in top], "references": beside})


def _thread(one: Note, shown: Sequence[Note], call: Call) -> Json:
    replies = [_thread(each, shown, call) for each in shown if each.reply_to_id == one.id]
    return shapes.note(one, call.company, replies)


def attachments(call: Call) -> Response:
    """List a candidate's files, newest first; `source` and `kind` narrow."""
    who = call.candidate()
    if isinstance(who, Response):
        return who
    return _attachments(call.company.papers.attachments.of(who.id), call)


def offer_attachments(call: Call) -> Response:
    """List a job's own files, newest first."""
    offer = call.offer()
    if isinstance(offer, Response):
        return offer
    return _attachments(call.company.files_of_job(offer.id), call)


def _attachments(found: Sequence[Attachment], call: Call) -> Response:
    asked = (call.many("source"), call.many("kind"))
    wanted = [
        one
        for one in reversed(found)
        if all(not some or value in some
               for some, value in zip(asked, (one.source, one.kind), strict=True))
    ]  # fmt: skip
    shown = [one for one in wanted if shapes.visible(one, call.company)]
    ids = (one.admin_id for one in shown if one.admin_id)
    return answer(
        {
            "attachments": [shapes.attachment(one, call.company) for one in shown],
            "references": references.of_admins(ids, call.company),
            "hidden_attachments_exist": len(shown) < len(wanted),
        }
    )


def interviews(call: Call) -> Response:
    """List interviews: only upcoming ones unless `status` says `all` or `past_due`."""
    shelf, now = call.company.papers.interviews, stamp(call.company.config.clock())
    hidden = call.knobs.hidden_candidates
    wanted = call.number("candidate_id", 0, most=10**18)
    everything: Iterable[Interview] = shelf.of(wanted) if wanted else shelf.everything(hidden)
    found = [one for one in everything if _interview_fits(one, call)]
    past = [one for one in found if one.starts_at < now]
    coming = [one for one in found if one.starts_at >= now]
    listed = {"all": found, "past_due": past}.get(call.query.get("status", ""), coming)
    page = cut(sorted(listed, key=lambda one: (one.starts_at, one.id)), call)
    ids = (admin_id for one in page for admin_id in (one.admin_id, *one.admin_ids))
    return answer(
        {
            "interview_events": [shapes.interview(one, call.company) for one in page],
            "references": references.of_papers(page, ids, call.company),
            "meta": {"counters": {"past_due": len(past), "upcoming": len(coming)}},
        }
    )


def _interview_fits(one: Interview, call: Call) -> bool:
    admins = call.ids("admin_ids")
    own = (one.admin_id, *one.admin_ids)
    day = one.starts_at[:10]
    return (
        not call.company.people.deleted(one.candidate_id)
        and one.candidate_id not in call.knobs.hidden_candidates
        and (not admins or bool(admins & set(own)))
        and (call.query.get("scope") != "my" or call.company.owner_id in own)
        and call.query.get("start_date", "") <= day <= call.query.get("end_date", "9999")
    )


def interview(call: Call) -> Response:
    """Show one interview."""
    found = call.company.papers.interviews.get(whole(call.path["id"]))
    if found is None or call.company.people.deleted(found.candidate_id):
        return not_found()
    ids = (found.admin_id, *found.admin_ids)
    return answer(
        {
            "interview_event": shapes.interview(found, call.company),
            "references": references.of_papers([found], ids, call.company),
        }
    )


def tasks(call: Call) -> Response:
    """List tasks; `scope` my or unassigned, `status` completed or uncompleted."""
    found = [one for one in call.company.papers.tasks.everything() if _task_fits(one, call)]
    done = [one for one in found if one.completed_at]
    open_ones = [one for one in found if not one.completed_at]
    listed = {"completed": done, "uncompleted": open_ones}.get(call.query.get("status", ""), found)
    page = cut(listed, call)
    ids = (admin_id for one in page for admin_id in (one.admin_id, *one.admin_ids))
    return answer(
        {
            "tasks": [shapes.task_in_full(one) for one in page],
            "references": references.of_papers(page, ids, call.company),
            "meta": {"counters": {"completed": len(done), "uncompleted": len(open_ones)}},
        }
    )


def _task_fits(one: Task, call: Call) -> bool:
    scope = call.query.get("scope", "all")
    return scope == "all" or (
        call.company.owner_id in one.admin_ids if scope == "my" else not one.admin_ids
    )


def candidate_tasks(call: Call) -> Response:
    """List a candidate's tasks, newest first."""
    who = call.candidate()
    if isinstance(who, Response):
        return who
    found = call.company.papers.tasks.of(who.id)[::-1]
    beside = references.of_papers(found, (one.admin_id for one in found), call.company)
    return answer({"tasks": [shapes.task(one) for one in found], "references": beside})


def task(call: Call) -> Response:
    """Show one task."""
    found = call.company.papers.tasks.get(whole(call.path["id"]))
    return not_found() if found is None else answer({"task": shapes.task_in_full(found)})


def cut(rows: Sequence[T], call: Call) -> Sequence[T]:
    """Cut by `limit`, which is none by default, and `page`."""
    limit = max(call.number("limit", NO_LIMIT, NO_LIMIT), 1)
    page = max(call.number("page", 1, 10_000_000), 1)
    start = call.begin((page - 1) * limit)
    return rows[start : start + limit]


ROUTES = (
    Endpoint("GET", "/candidates/{id:int}/notes", "S", notes, "leaving out private ones: assumed"),
    Endpoint("GET", "/offers/{id}/notes", "S", offer_notes),
    Endpoint("GET", "/talent_pools/{id}/notes", "S", pool_notes, "always empty"),
    Endpoint("GET", "/candidates/{id:int}/attachments", "S", attachments),
    Endpoint("GET", "/offers/{id}/attachments", "S", offer_attachments),
    Endpoint("GET", "/interview/events", "S", interviews),
    Endpoint("GET", "/interview/events/{id:int}", "S", interview),
    Endpoint("GET", "/tasks", "S", tasks),
    Endpoint("GET", "/tasks/{id:int}", "S", task),
    Endpoint("GET", "/candidates/{id:int}/tasks", "S", candidate_tasks),
)
