"""Reads about people: candidates, their placements, notes and attachments, the timeline."""

from starlette.responses import Response

from service.sandbox.answers import answer, not_found
from service.sandbox.calls import Call, Endpoint
from service.sandbox.paging import by_offset
from service.sandbox.records import Activity, Candidate, Json, Placement
from service.sandbox.shapes import company as shapes
from service.sandbox.shapes import references
from service.sandbox.shapes.candidate import candidate_in_full, candidate_listed
from service.sandbox.shapes.pipeline import stage_group
from service.sandbox.shapes.placement import placement_page, placement_with_candidate


def candidates(call: Call) -> Response:
    """List lean candidates, newest first; soft-deleted ones only with `deleted`."""
    found = sorted(
        (who for who in call.company.seen_all() if _wanted(who, call)),
        key=lambda who: (who.created_at, who.id),
        reverse=True,
    )
    page = by_offset(found, call)
    return answer(
        {
            "candidates": [candidate_listed(who, call.company) for who in page],
            "references": references.of_candidates(page, call.company),
            "generated_at": call.company.now(),
        }
    )


def _wanted(who: Candidate, call: Call) -> bool:
    if who.id in call.knobs.hidden_candidates or (who.deleted_at is not None) != call.flag(
        "deleted"
    ):
        return False
    if (ids := call.ids("ids")) and who.id not in ids:
        return False
    if who.created_at < call.query.get("created_after", ""):
        return False
    return _text_fits(who, call) and _placement_fits(who, call)


def _text_fits(who: Candidate, call: Call) -> bool:
    text = call.query.get("query", "").lower()
    jobs = (call.company.offers.get(p.offer_id or 0) for p in who.placements)
    names = (who.name, *(job.title for job in jobs if job))
    return any(text in name.lower() for name in names)


def _placement_fits(who: Candidate, call: Call) -> bool:
    offer_id = call.number("offer_id", 0, most=10**18)
    wanted = [p for p in who.placements if offer_id in (0, p.offer_id)]
    asked = offer_id or call.flag("qualified") or call.flag("disqualified")
    return not asked or any(_state_fits(p, call) for p in wanted)


def _state_fits(placement: Placement, call: Call) -> bool:
    """Both flags together ask for both kinds, and so does none."""
    qualified, disqualified = call.flag("qualified"), call.flag("disqualified")
    return qualified == disqualified or placement.disqualified == disqualified


def candidate(call: Call) -> Response:
    """Show one candidate in full."""
    who = call.candidate()
    if isinstance(who, Response):
        return who
    return answer(
        {
            "candidate": candidate_in_full(who, call.company),
            "references": references.of_candidates([who], call.company),
        }
    )


def offer_placements(call: Call) -> Response:
    """List a job's placements, grouped by stage, without pages; both kinds unless one is asked."""
    offer = call.offer()
    if isinstance(offer, Response):
        return offer
    by_stage: dict[int | None, list[Json]] = {}
    for who in call.company.seen_all():
        if who.deleted_at or who.id in call.knobs.hidden_candidates:
            continue
        for placement in who.placements:
            if placement.offer_id == offer.id and _state_fits(placement, call):
                shape = placement_with_candidate(placement, who, call.company)
                by_stage.setdefault(placement.stage_id, []).append(shape)
    stages = call.company.templates[offer.template_id].stages
    wanted = call.number("stage_id", 0, most=10**18)
    return answer(
        {"stages": [stage_group(s, by_stage.get(s.id, [])) for s in stages if wanted in (0, s.id)]}
    )


def offer_placement(call: Call) -> Response:
    """Show the placement of one candidate in one job."""
    offer, who = call.offer(), call.candidate("candidate")
    if isinstance(offer, Response):
        return offer
    if isinstance(who, Response):
        return who
    for placement in who.placements:
        if placement.offer_id == offer.id:
            return answer({"placement": placement_page(placement, who, call.company)})
    return not_found()


def notes(call: Call) -> Response:
    """List a candidate's notes, newest first."""
    who = call.candidate()
    if isinstance(who, Response):
        return who
    found = call.company.notes.get(who.id, [])[::-1]
    return answer(
        {
            "notes": [shapes.note(one) for one in found],
            "references": references.of_admins((one.admin_id for one in found), call.company),
        }
    )


def attachments(call: Call) -> Response:
    """List a candidate's attachments: the sandbox keeps none."""
    who = call.candidate()
    if isinstance(who, Response):
        return who
    return answer({"attachments": [], "references": [], "hidden_attachments_exist": False})


def activities(call: Call) -> Response:
    """List the timeline: newest first, or from a position on in either direction."""
    ascending = call.query.get("cursor_order") == "asc"
    position = call.number("cursor_position", 0, most=10**18)
    limit = call.number("limit", 20, 1000)
    skip = 0 if position else (max(call.number("page", 1), 1) - 1) * limit
    found: list[Activity] = []
    for one in call.company.activities if ascending else reversed(call.company.activities):
        past = one.id > position if ascending else one.id < position
        if (past or not position) and _listed(one, call):
            found.append(one)
            if len(found) == skip + limit:
                break
    page = found[skip:]
    admins = (one.admin_id for one in page if one.admin_id)
    return answer(
        {
            "activities": [shapes.activity(one) for one in page],
            "references": references.of_admins(admins, call.company),
        }
    )


def _listed(one: Activity, call: Call) -> bool:
    hidden = (
        one.candidate_id in call.knobs.hidden_candidates or one.offer_id in call.knobs.hidden_offers
    )
    asked = (
        (call.many("events"), one.event),
        (call.many("candidates"), str(one.candidate_id)),
        (call.many("offers"), str(one.offer_id)),
    )
    return not hidden and all(not wanted or value in wanted for wanted, value in asked)


ROUTES = (
    Endpoint("GET", "/candidates/{id:int}", "S", candidate, "404 once deleted is assumed"),
    Endpoint("GET", "/candidates", "S", candidates),
    Endpoint("GET", "/offers/{id}/candidates/{candidate:int}/placement", "S", offer_placement),
    Endpoint(
        "GET", "/offers/{id}/placements", "S", offer_placements, "both kinds by default is assumed"
    ),
    Endpoint("GET", "/candidates/{id:int}/notes", "S", notes),
    Endpoint("GET", "/candidates/{id:int}/attachments", "S", attachments),
    Endpoint("GET", "/tracking/activities", "S", activities, "the items' keys are reconstructed"),
)
