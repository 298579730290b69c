"""Writes of the company's tables: departments, places, reasons, labels; no webhook tells of any."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from starlette.responses import Response

from service.sandbox.answers import answer, blank, not_found, unprocessable
from service.sandbox.calls import Call, Endpoint
from service.sandbox.parsing import member, texts, whole
from service.sandbox.persons import Candidate
from service.sandbox.records import Department, Location, Reason, Tag
from service.sandbox.shapes import company as shapes
from service.sandbox.world import TagContext

ADDRESS = ("name", "street", "city", "postal_code", "state_code", "state_name", "country_code")


def create_departments(call: Call) -> Response:
    """Create departments by name. The timeline knows no event of departments."""
    names = texts(call.body.get("departments"))
    if not names:
        return blank("name", "Name")
    made = [Department(id=call.company.next_id("department"), name=name) for name in names]
    call.company.departments.update({one.id: one for one in made})
    rows = [shapes.department(one, call.company) for one in made]
    return answer({"departments": rows}, 201)


def rename_department(call: Call) -> Response:
    """Rename a department."""
    found = call.company.departments.get(whole(call.path["id"]))
    name = str(member(call.body, "department").get("name") or "").strip()
    if found is None:
        return not_found()
    if not name:
        return blank("name", "Name")
    renamed = call.company.departments[found.id] = replace(found, name=name)
    return answer({"department": shapes.department(renamed, call.company)})


def delete_department(call: Call) -> Response:
    """Delete a department, or merge it into `department_id`; its jobs follow or lose it."""
    company = call.company
    found = company.departments.get(whole(call.path["id"]))
    into = call.given_id("department_id")
    if found is None or (into is not None and into not in company.departments):
        return not_found()
    if into == found.id:
        return unprocessable()
    shape = shapes.department(found, company)
    del company.departments[found.id]
    for offer in list(company.offers.values()):
        if offer.department_id == found.id:
            company.offers[offer.id] = replace(offer, department_id=into)
    for pool in list(company.pools.values()):
        if pool.department_id == found.id:
            company.pools[pool.id] = replace(pool, department_id=into)
    return answer({"department": shape})


def create_location(call: Call) -> Response:
    """Create a place of work."""
    given, company, at = member(call.body, "location"), call.company, call.company.now()
    if not given.get("name"):
        return blank("name", "Name")
    words = {name: str(given.get(name) or "") for name in ADDRESS}
    made = Location(
        id=company.next_id("location"), country=words["country_code"], created_at=at,
        updated_at=at, **words,
    )  # fmt: skip
    company.locations[made.id] = made
    company.note_activity("location_created", at)
    return answer({"location": shapes.location_in_full(made, company)}, 201)


def update_location(call: Call) -> Response:
    """Change a place of work."""
    given = member(call.body, "location")
    edits = {name: str(given[name]) for name in ADDRESS if given.get(name)}
    return _location(call, "location_updated", edits)


def archive_location(call: Call) -> Response:
    """Take a place out of use."""
    return _location(call, "location_archived", {"archived_at": call.company.now()})


def unarchive_location(call: Call) -> Response:
    """Take a place into use again."""
    return _location(call, "location_retrieved", {"archived_at": None})


def _location(call: Call, event: str, edits: dict[str, Any]) -> Response:
    company, at = call.company, call.company.now()
    found = company.locations.get(whole(call.path["id"]))
    if found is None:
        return not_found()
    changed = company.locations[found.id] = replace(found, **edits, updated_at=at)
    company.note_activity(event, at)
    return answer({"location": shapes.location_in_full(changed, company)})


def delete_location(call: Call) -> Response:
    """Delete a place, or merge it into `location_id`."""
    company, into = call.company, call.given_id("location_id")
    found = company.locations.get(whole(call.path["id"]))
    if found is None or (into is not None and into not in company.locations):
        return not_found()
    shape = shapes.location_in_full(found, company)
    del company.locations[found.id]

    def moved(ids: tuple[int, ...]) -> tuple[int, ...]:
        after = (into if one == found.id else one for one in ids)
        return tuple(dict.fromkeys(one for one in after if one is not None))

    for offer in list(company.offers.values()):
        company.offers[offer.id] = replace(offer, location_ids=moved(offer.location_ids))
    company.people.rewrite(lambda who: _relocated(who, moved))
    event = "locations_merged" if into else "location_deleted"
    company.note_activity(event, company.now())
    return answer({"location": shape})


def _relocated(who: Candidate, moved: Callable[[tuple[int, ...]], tuple[int, ...]]) -> Candidate:
    placements = (replace(one, location_ids=moved(one.location_ids)) for one in who.placements)
    return replace(who, placements=tuple(placements))


def create_reason(call: Call) -> Response:
    """Create a reason to disqualify."""
    name = str(member(call.body, "disqualify_reason").get("name") or "").strip()
    if not name:
        return blank("name", "Name")
    company = call.company
    reason_id, position = company.next_id("reason"), len(company.reasons) + 1
    made = company.reasons[reason_id] = Reason(id=reason_id, name=name, position=position)
    company.note_activity("disqualify_reason_add", company.now())
    return answer({"disqualify_reason": shapes.reason(made)}, 201)


def rename_reason(call: Call) -> Response:
    """Rename a reason, on the applications too. The timeline knows no event of it."""
    found = call.company.reasons.get(whole(call.path["id"]))
    name = str(member(call.body, "disqualify_reason").get("name") or "").strip()
    if found is None:
        return not_found()
    if not name:
        return blank("name", "Name")
    renamed = call.company.reasons[found.id] = replace(found, name=name)
    call.company.people.rewrite(lambda who: _renamed(who, found.name, name))
    return answer({"disqualify_reason": shapes.reason(renamed)})


def _renamed(who: Candidate, before: str, after: str) -> Candidate:
    if not any(one.disqualify_reason == before for one in who.placements):
        return who
    placements = (
        replace(one, disqualify_reason=after) if one.disqualify_reason == before else one
        for one in who.placements
    )
    return replace(who, placements=tuple(placements))


def delete_reason(call: Call) -> Response:
    """Delete a reason; applications keep its name (assumed)."""
    found = call.company.reasons.pop(whole(call.path["id"]), None)
    if found is None:
        return not_found()
    call.company.note_activity("disqualify_reason_remove", call.company.now())
    return answer({"disqualify_reason": shapes.reason(found)})


def _labels(context: TagContext) -> tuple[Endpoint, ...]:
    """Return the routes that create, rename (a known name merges) and delete labels of a kind."""
    one_name = context.removesuffix("s")

    def create(call: Call) -> Response:
        name = str(member(call.body, one_name).get("name") or "").strip()
        if not name:
            return blank("name", "Name")
        return _label(call, call.company.tag(context, name), "tag_add", 201)

    def rename(call: Call) -> Response:
        tag, name = found(call), str(member(call.body, one_name).get("name") or "").strip()
        if tag is None or not name:
            return not_found() if tag is None else blank("name", "Name")
        call.company.relabel(tag, name)
        return _label(call, call.company.tag(context, name), None)

    def delete(call: Call) -> Response:
        tag = found(call)
        if tag is None:
            return not_found()
        call.company.relabel(tag, None)
        return _label(call, tag, "tag_remove")

    def found(call: Call) -> Tag | None:
        number = whole(call.path["id"])
        return next((tag for tag in call.company.tags(context) if tag.id == number), None)

    def _label(call: Call, tag: Tag, event: str | None, status: int = 200) -> Response:
        if event and context == "tags":
            call.company.note_activity(event, call.company.now())
        uses = call.company.taggings(context)[tag.name]
        return answer({one_name: shapes.label(tag, uses)}, status)

    return (
        Endpoint("POST", f"/{context}", "A", create),
        Endpoint("PATCH", f"/{context}/{{id:int}}", "A", rename, "a known name merges: assumed"),
        Endpoint("DELETE", f"/{context}/{{id:int}}", "A", delete),
    )


ROUTES = (
    Endpoint("POST", "/departments", "S", create_departments),
    Endpoint("PATCH", "/departments/{id:int}", "S", rename_department),
    Endpoint("DELETE", "/departments/{id:int}", "A", delete_department, "merging is assumed"),
    Endpoint("POST", "/locations", "A", create_location),
    Endpoint("PATCH", "/locations/{id:int}", "A", update_location),
    Endpoint("PATCH", "/locations/{id:int}/archive", "A", archive_location),
    Endpoint("PATCH", "/locations/{id:int}/unarchive", "A", unarchive_location),
    Endpoint("DELETE", "/locations/{id:int}", "A", delete_location, "merging is assumed"),
    Endpoint("POST", "/disqualify_reasons", "A", create_reason),
    Endpoint("PATCH", "/disqualify_reasons/{id:int}", "A", rename_reason),
    Endpoint("DELETE", "/disqualify_reasons/{id:int}", "A", delete_reason),
    *_labels("tags"),
    *_labels("sources"),
    *_labels("offer_tags"),
)
