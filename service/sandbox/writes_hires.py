"""Writes on what an application says of places and of a hire; no webhook tells of either."""

from dataclasses import replace

from starlette.responses import Response

from service.sandbox.answers import no_work_location, unprocessable
from service.sandbox.calls import Call, Endpoint
from service.sandbox.parsing import member, whole
from service.sandbox.shapes.placement import placement_alone
from service.sandbox.writes_placements import shown_placement, works_at


def hiring_details(call: Call) -> Response:
    """Edit when and where somebody was hired."""
    found = call.placement()
    if isinstance(found, Response):
        return found
    placement, given = found[1], member(call.body, "placement")
    place = whole(given.get("work_location_id"))
    if "work_location_id" in given and not works_at(place, call.company):
        return no_work_location()
    if placement.hired_at is None:
        return unprocessable()
    edits = {name: given[name] for name in ("hired_at", "job_starts_at") if given.get(name)}
    edits |= {"work_location_id": place} if place else {}
    changed = replace(placement, **edits, updated_at=call.company.now())
    call.company.put_placement(changed)
    return shown_placement(placement_alone(changed), changed, call)


def change_locations(call: Call) -> Response:
    """Change for which places of a job somebody is considered."""
    found = call.placement()
    if isinstance(found, Response):
        return found
    given, at = call.body.get("location_ids"), call.company.now()
    ids = tuple(whole(one) for one in given) if isinstance(given, list) else ()
    changed = replace(found[1], location_ids=ids, updated_at=at)
    call.company.put_placement(changed)
    call.company.note_activity("placement_location_updated", at, found[0].id, changed.offer_id)
    return shown_placement(placement_alone(changed), changed, call)


ROUTES = (
    Endpoint("PATCH", "/placements/{id:int}/hiring_details", "S", hiring_details),
    Endpoint("PATCH", "/placements/{id:int}/locations", "A", change_locations),
)
