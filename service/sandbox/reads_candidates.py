"""Reads about people: candidates and their placements."""

from starlette.responses import Response

from service.sandbox.answers import answer, not_found
from service.sandbox.calls import Call, Endpoint
from service.sandbox.instants import micros
from service.sandbox.paging import MOST
from service.sandbox.persons import Candidate, Placement
from service.sandbox.queries import Query, Span, Test, found
from service.sandbox.records import Json
from service.sandbox.shapes import references
from service.sandbox.shapes.candidate import candidate_in_full, candidate_listed, duplicate
from service.sandbox.shapes.pipeline import stage_group
from service.sandbox.shapes.placement import (
    placement_hired,
    placement_page,
    placement_with_candidate,
)


def candidates(call: Call) -> Response:
    """List lean candidates, newest first; soft-deleted ones only with `deleted`."""
    start = call.begin(call.number("offset", 0, most=10_000_000))
    page = found(call.company.people, _query(call), start, call.number("limit", 100, MOST)).people
    return answer(
        {
            "candidates": [candidate_listed(who, call.company) for who in page],
            "references": references.of_candidates(page, call.company),
            "generated_at": call.company.now(),
        }
    )


def _query(call: Call) -> Query:
    tests: list[Test] = []
    if text := call.query.get("query", "").lower():
        tests.append(lambda who: _text_fits(who, text, call))
    offer_id = call.number("offer_id", 0, most=10**18)
    if offer_id or call.flag("qualified") or call.flag("disqualified"):
        tests.append(lambda who: _placement_fits(who, offer_id, call))
    since = micros(call.query.get("created_after"))
    ids = call.ids("ids")
    return Query(
        tests=tuple(tests),
        spans=(Span("created_at", since),) if since else (),
        only=ids or None,
        hidden=call.knobs.hidden_candidates,
        deleted=call.flag("deleted"),
        descending=True,
    )


def _text_fits(who: Candidate, text: str, call: Call) -> bool:
    jobs = (call.company.offers.get(p.offer_id or 0) for p in who.placements)
    names = (who.shown_name, *(job.title for job in jobs if job))
    return any(text in name.lower() for name in names)


def _placement_fits(who: Candidate, offer_id: int, call: Call) -> bool:
    wanted = (p for p in who.placements if offer_id in (0, p.offer_id))
    return any(_state_fits(p, call) for p in wanted)


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


def duplicates(call: Call) -> Response:
    """List those who share an address with a candidate, the candidate too."""
    who = call.candidate()
    if isinstance(who, Response):
        return who
    people = call.company.people
    same = {one.id: one for mail in who.emails for one in people.with_email(mail)}
    rows = [duplicate(one, call.company) for one in same.values() if not one.deleted_at]
    return answer({"duplicates": rows, "references": []})


def offer_placements(call: Call) -> Response:
    """List a job's placements, grouped by stage, without pages; both kinds unless one is asked."""
    offer = call.offer()
    if isinstance(offer, Response):
        return offer
    by_stage: dict[int | None, list[Json]] = {}
    for who in call.company.everyone(
        lambda who: any(p.offer_id == offer.id for p in who.placements)
    ):
        for placement in who.placements if who.id not in call.knobs.hidden_candidates else ():
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


def hiring_details(call: Call) -> Response:
    """Show a placement with what only matters for a hire."""
    known = call.placement()
    if isinstance(known, Response):
        return known
    who, placement = known
    beside = references.of_placement(placement, who, call.company)
    jobs = [one for one in beside if one["type"] == "Offer"]
    shape = placement_hired(placement, who, call.company)
    return answer({"placement": shape, "references": jobs})


def hiring_options(call: Call) -> Response:
    """Show where somebody could be hired to."""
    known = call.placement()
    if isinstance(known, Response):
        return known
    offer = call.company.offers.get(known[1].offer_id or 0)
    places = (call.company.locations.get(one) for one in (offer.location_ids if offer else ()))
    rows = [{"id": one.id, "name": one.name, "selected": False} for one in places if one]
    return answer({"locations": rows, "other_jobs": [], "sharing_containers_count": 0})


def rating_scale(_: Call) -> Response:
    """Show the company's scale of ratings."""
    words = ("strong_no", "no", "neutral", "yes", "strong_yes")
    return answer({"rating_scale": {"kind": "thumbs", "points": 5, "ratings": list(words)}})


ROUTES = (
    Endpoint("GET", "/candidates/{id:int}", "S", candidate, "404 once deleted is assumed"),
    Endpoint("GET", "/candidates", "S", candidates),
    Endpoint("GET", "/candidates/{id:int}/duplicates", "S", duplicates),
    Endpoint("GET", "/candidates/settings/rating_scale", "O", rating_scale, "shape assumed"),
    Endpoint("GET", "/offers/{id}/candidates/{candidate:int}/placement", "S", offer_placement),
    Endpoint(
        "GET", "/offers/{id}/placements", "S", offer_placements, "both kinds by default is assumed"
    ),
    Endpoint("GET", "/placements/{id:int}/hiring_details", "S", hiring_details),
    Endpoint("GET", "/placements/{id:int}/hiring_details/options", "S", hiring_options),
)
