"""Writes on applications: assign, move, disqualify, requalify, remove; the last is not told."""

from dataclasses import replace

from starlette.responses import Response

from service.sandbox import announcements
from service.sandbox.answers import (
    answer,
    blank,
    forbidden,
    no_work_location,
    not_found,
    unprocessable,
)
from service.sandbox.calls import Call, Endpoint
from service.sandbox.parsing import whole
from service.sandbox.persons import Candidate, Placement
from service.sandbox.records import Json, Offer, Pool, Reason, Stage
from service.sandbox.shapes import references
from service.sandbox.shapes.placement import placement_alone, placement_moved, placement_removed
from service.sandbox.world import Company


def create(call: Call) -> Response:
    """Put a candidate into a job, where they land in Sourced, or into a talent pool."""
    nested = call.body.get("placement")
    given: Json = nested if isinstance(nested, dict) else call.body
    who = call.company.people.get(whole(given.get("candidate_id")))
    offer = call.company.offers.get(whole(given.get("offer_id")))
    pool = call.company.pools.get(whole(given.get("talent_pool_id")))
    if who is None or who.deleted_at or (offer is None and pool is None):
        return not_found()
    if who.id in call.knobs.hidden_candidates:
        return forbidden()
    if any(_placed_in(one, offer, pool) for one in who.placements):
        return unprocessable()
    places = given.get("location_ids")
    chosen = tuple(whole(one) for one in places) if isinstance(places, list) else ()
    placement = assign(call, who.id, "sourced", offer=offer, pool=pool, location_ids=chosen)
    return shown_placement(placement_alone(placement), placement, call, status=201)


def assign(
    call: Call,
    candidate_id: int,
    category: str,
    *,
    offer: Offer | None = None,
    pool: Pool | None = None,
    location_ids: tuple[int, ...] = (),
) -> Placement:
    """Store a new placement in a stage of that category, and announce it."""
    at = call.company.now()
    stage = call.company.stage_of(offer.template_id, category) if offer else None
    placement = Placement(
        id=call.company.next_id("placement"), candidate_id=candidate_id, position=1,
        created_at=at, updated_at=at, offer_id=offer.id if offer else None,
        pool_id=pool.id if pool and not offer else None, stage_id=stage.id if stage else None,
        location_ids=location_ids,
    )  # fmt: skip
    who = call.company.put_placement(placement)
    call.company.note_activity(
        "candidate_offer_assign", at, who.id, placement.offer_id, pool_id=placement.pool_id
    )
    call.sender.announce(announcements.candidate_assigned(who, placement, call.company))
    return placement


def _placed_in(one: Placement, offer: Offer | None, pool: Pool | None) -> bool:
    if offer is not None:
        return one.offer_id == offer.id
    return pool is not None and one.pool_id == pool.id


def remove(call: Call) -> Response:
    """Take a candidate out of a job; the candidate stays. No webhook tells of it."""
    found = call.placement()
    if isinstance(found, Response):
        return found
    who, placement = found
    at = call.company.now()
    rest = tuple(one for one in who.placements if one.id != placement.id)
    call.company.put(replace(who, placements=rest, last_activity_at=at))
    call.company.note_activity("candidate_offer_remove", at, who.id, placement.offer_id)
    return shown_placement(placement_removed(placement), placement, call)


def change_stage(call: Call) -> Response:
    """Move a placement: `hire` hires, leaving it unhires, one that is out is requalified."""
    found = call.placement()
    if isinstance(found, Response):
        return found
    who, placement = found
    offer = call.company.offers.get(placement.offer_id or 0)
    target = _target(call, offer)
    if target is None or offer is None:
        return unprocessable()
    hires = target.category == "hire"
    work_location_id = call.given_id("work_location_id")
    if hires and offer.location_ids and not works_at(work_location_id, call.company):
        return no_work_location()
    before = call.company.stages.get(placement.stage_id or 0)
    if placement.stage_id != target.id or placement.disqualified:
        placement = _moved(call, placement, target, work_location_id if hires else None)
        who = call.company.put_placement(placement)
        _tell_move(call, who, placement, before, target)
    _disqualify_others(call, who, placement)
    return shown_placement(placement_moved(placement), placement, call)


def _target(call: Call, offer: Offer | None) -> Stage | None:
    if offer is None:
        return None
    if call.given("stage_id") == "sourced":
        return call.company.stage_of(offer.template_id, "sourced")
    stage = call.company.stages.get(call.given_id("stage_id") or 0)
    return stage if stage and stage.template_id == offer.template_id else None


def works_at(location_id: int | None, company: Company) -> bool:
    """Say whether a place is in use."""
    place = company.locations.get(location_id or 0)
    return place is not None and place.archived_at is None


def _moved(
    call: Call, placement: Placement, target: Stage, work_location_id: int | None
) -> Placement:
    """Return the placement in its new stage; silently requalified, hired or unhired by it."""
    at = call.company.now()
    hires = target.category == "hire"
    return replace(
        placement, stage_id=target.id, updated_at=at,
        hired_at=str(call.given("hired_at") or placement.hired_at or at) if hires else None,
        hired_by_id=call.company.owner_id if hires else None,
        work_location_id=work_location_id if hires else None,
        job_starts_at=call.given("job_starts_at") if hires else None,
        disqualify_kind=None, disqualify_reason=None, disqualified_at=None, disqualified_by=None,
    )  # fmt: skip


def _tell_move(
    call: Call, who: Candidate, placement: Placement, before: Stage | None, after: Stage
) -> None:
    at, company = placement.updated_at, call.company
    company.note_activity(
        "candidate_stage_change", at, who.id, placement.offer_id, stage_id=after.id
    )
    if after.category == "hire":
        company.note_activity("candidate_hired", at, who.id, placement.offer_id)
    call.sender.announce(announcements.stage_changed(who, placement, before, after, company))


def _disqualify_others(call: Call, who: Candidate, hired: Placement) -> None:
    """Disqualify the candidate's other placements, if a move names a reason for that."""
    reason = call.company.reasons.get(call.given_id("disqualify_reason_id") or 0)
    for placement in who.placements if reason else ():
        if reason and placement.id != hired.id and not placement.disqualified:
            _disqualified(call, placement, reason)


def disqualify(call: Call) -> Response:
    """Reject with a reason, which is required."""
    found = call.placement()
    if isinstance(found, Response):
        return found
    if call.given("disqualify_reason_id") is None:
        return blank("disqualify_reason", "Disqualify reason")
    reason = call.company.reasons.get(call.given_id("disqualify_reason_id") or 0)
    if reason is None:
        return unprocessable()
    placement = _disqualified(call, found[1], reason)
    return shown_placement(placement_alone(placement), placement, call)


def _disqualified(call: Call, placement: Placement, reason: Reason) -> Placement:
    at = call.company.now()
    rejected = replace(
        placement, updated_at=at, disqualify_kind="admin", disqualify_reason=reason.name,
        disqualified_at=at, disqualified_by=call.company.owner_id,
    )  # fmt: skip
    who = call.company.put_placement(rejected)
    call.company.note_activity("candidate_disqualify", at, who.id, rejected.offer_id)
    call.sender.announce(announcements.disqualified(who, rejected, call.company))
    return rejected


def requalify(call: Call) -> Response:
    """Take a rejection back; nothing happens to a placement that has none."""
    found = call.placement()
    if isinstance(found, Response):
        return found
    placement = found[1]
    if placement.disqualified:
        at = call.company.now()
        placement = replace(
            placement, updated_at=at, disqualify_kind=None, disqualify_reason=None,
            disqualified_at=None, disqualified_by=None,
        )  # fmt: skip
        who = call.company.put_placement(placement)
        call.company.note_activity("candidate_requalify", at, who.id, placement.offer_id)
        call.sender.announce(announcements.requalified(who, placement, call.company))
    return shown_placement(placement_alone(placement), placement, call)


def shown_placement(shape: Json, placement: Placement, call: Call, status: int = 200) -> Response:
    """Answer with a placement and what it names."""
    who = call.company.people[placement.candidate_id]
    beside = references.of_placement(placement, who, call.company)
    return answer({"placement": shape, "references": beside}, status)


ROUTES = (
    Endpoint("POST", "/placements", "S", create, "a second one in the same job: 422 is assumed"),
    Endpoint("DELETE", "/placements/{id:int}", "S", remove),
    Endpoint(
        "PATCH", "/placements/{id:int}/change_stage", "S", change_stage,
        "silent requalification observed live; leaving a hire stage clears the hire: assumed",
    ),
    Endpoint("PATCH", "/placements/{id:int}/disqualify", "S", disqualify),
    Endpoint("PATCH", "/placements/{id:int}/requalify", "S", requalify),
)  # fmt: skip
