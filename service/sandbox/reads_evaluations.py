"""Reads of evaluations: results, what is asked of whom, templates, and the sums."""

from collections import Counter
from collections.abc import Iterable

from starlette.responses import Response

from service.sandbox.answers import answer, not_found
from service.sandbox.calls import Call, Endpoint
from service.sandbox.dossier import Evaluation
from service.sandbox.parsing import whole
from service.sandbox.reads_papers import cut
from service.sandbox.records import Json
from service.sandbox.shapes import papers as shapes
from service.sandbox.shapes import references

TEMPLATE_ID = 8801


def results(call: Call) -> Response:
    """List evaluations, newest first, of the company or of one candidate.

    With the knob `fair_evaluations` others' results are only counted in `hidden_results_preview`.
    """
    shelf, hidden = call.company.papers.evaluations, call.knobs.hidden_candidates
    wanted = call.number("candidate_id", 0, most=10**18)
    everything: Iterable[Evaluation] = shelf.of(wanted) if wanted else shelf.everything(hidden)
    found = [one for one in everything if _fits(one, call)]
    shown = [one for one in found if _open(one, call)]
    page = cut(shown[::-1], call)
    beside = references.of_papers(page, (one.admin_id for one in page), call.company)
    return answer(
        {
            "interview_results": [shapes.evaluation(one) for one in page],
            "hidden_results_preview": _previews([one for one in found if not _open(one, call)]),
            "references": beside,
            "meta": {"counters": _counters(call, len(found))},
        }
    )


def _fits(one: Evaluation, call: Call) -> bool:
    admins = call.ids("admin_ids")
    kind = {"evaluation": {"rating", "template_form"}, "questionnaire": {"questionnaire"}}.get(
        call.query.get("kind", "all")
    )
    return (
        not call.company.people.deleted(one.candidate_id)
        and one.candidate_id not in call.knobs.hidden_candidates
        and (not admins or one.admin_id in admins)
        and (call.query.get("scope") != "my" or one.admin_id == call.company.owner_id)
        and (kind is None or one.kind in kind)
    )


def _open(one: Evaluation, call: Call) -> bool:
    return not call.knobs.fair_evaluations or one.admin_id == call.company.owner_id


def _previews(hidden: list[Evaluation]) -> list[Json]:
    """Count what is hidden, by candidate, job and stage; its instant goes without a Z."""
    groups: dict[tuple[int, int | None, int | None], list[Evaluation]] = {}
    for one in hidden:
        groups.setdefault((one.candidate_id, one.offer_id, one.stage_id), []).append(one)
    return [
        {"count": len(some), "candidate_id": who, "offer_id": offer, "stage_id": stage,
         "updated_at": max(one.updated_at for one in some).rstrip("Z"),
         "admin_ids": sorted({one.admin_id for one in some}), "guest_ids": []}
        for (who, offer, stage), some in groups.items()
    ]  # fmt: skip


def _counters(call: Call, completed: int) -> Json:
    asked = Counter(one.status for one in call.company.papers.requests.everything())
    return {"pending": asked["pending"], "completed": completed, "dismissed": asked["dismissed"]}


def result(call: Call) -> Response:
    """Show one evaluation."""
    found = call.company.papers.evaluations.get(whole(call.path["id"]))
    if found is None or call.company.people.deleted(found.candidate_id):
        return not_found()
    beside = references.of_papers([found], [found.admin_id], call.company)
    return answer({"interview_result": shapes.evaluation(found), "references": beside})


def requests(call: Call) -> Response:
    """List who is asked to evaluate whom."""
    found = list(call.company.papers.requests.everything(call.knobs.hidden_candidates))
    wanted = call.number("candidate_id", 0, most=10**18)
    page = cut([one for one in found if wanted in (0, one.candidate_id)], call)
    return answer(
        {
            "interview_result_requests": [shapes.request(one, call.company) for one in page],
            "references": references.of_papers(page, (one.admin_id for one in page), call.company),
            "meta": {"counters": _counters(call, sum(one.status == "completed" for one in found))},
        }
    )


def scorecards(call: Call) -> Response:
    """Show the sums of a candidate's scorecards: nobody filled in one."""
    who = call.candidate()
    return who if isinstance(who, Response) else answer({"scorecards": []})


def templates(call: Call) -> Response:
    """List interview templates."""
    shape = _template(call)
    del shape["interview_questions"]
    return answer({"interview_templates": [shape], "references": []})


def template(call: Call) -> Response:
    """Show one interview template with its questions."""
    if whole(call.path["id"]) != TEMPLATE_ID:
        return not_found()
    beside = references.of_admins([call.company.owner_id], call.company)
    return answer({"interview_template": _template(call), "references": beside})


def _template(call: Call) -> Json:
    at = call.company.owner.created_at
    asked = {"id": 88_011, "position": 1, "options": None, "title": "Would you hire?",
             "required": True, "kind": "boolean", "hint": None}  # fmt: skip
    return {
        "id": TEMPLATE_ID, "name": "First meeting", "position": 1, "category": "General",
        "kind": "interview", "token": "not-a-secret", "admin_id": call.company.owner_id,
        "rating_required": None, "interview_questions": [asked], "info_title": None,
        "info_description": None, "created_at": at, "updated_at": at,
    }  # fmt: skip


ROUTES = (
    Endpoint("GET", "/interview/results", "S", results),
    Endpoint("GET", "/interview/results/{id:int}", "S", result),
    Endpoint("GET", "/interview/result_requests", "S", requests),
    Endpoint("GET", "/interview/templates", "S", templates, "the list's shape is assumed"),
    Endpoint("GET", "/interview/templates/{id:int}", "S", template),
    Endpoint("GET", "/interview/candidates/{id:int}/results/scorecards", "S", scorecards),
)
