"""Writes on people: create, edit, delete, restore, label, note; the first and third are told."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Literal

from starlette.responses import Response

from service.sandbox import announcements
from service.sandbox.answers import answer, blank, not_found
from service.sandbox.calls import Call, Endpoint
from service.sandbox.parsing import member, texts, whole
from service.sandbox.persons import Candidate
from service.sandbox.profiles import empty_fields
from service.sandbox.records import Json, Offer
from service.sandbox.shapes import company as shapes
from service.sandbox.shapes import references
from service.sandbox.shapes.candidate import candidate_in_full
from service.sandbox.world import Company
from service.sandbox.writes_placements import assign

LISTS = ("emails", "phones", "links", "social_links")
Labels = Literal["tags", "sources"]


def create(call: Call) -> Response:
    """Create a candidate, with a placement in the Applied stage of each of `offers`."""
    given = member(call.body, "candidate")
    offers = call.body.get("offers")
    wanted = offers if isinstance(offers, list) and offers else [call.given("offer_id")]
    jobs = [call.company.offer(str(one)) for one in wanted if one]
    if None in jobs:
        return not_found()
    return _create(call, given, [job for job in jobs if job])


def create_on_offer(call: Call) -> Response:
    """Create a candidate on one job."""
    offer = call.offer()
    if isinstance(offer, Response):
        return offer
    return _create(call, member(call.body, "candidate"), [offer])


def _create(call: Call, given: Json, jobs: list[Offer]) -> Response:
    if not str(given.get("name") or "").strip():
        return blank("name", "Name")
    who = newcomer(call.company, given, source="manual")
    return _shown(arrive(call, who, jobs), call, status=201)


def newcomer(company: Company, given: Json, source: str) -> Candidate:
    """Return a candidate made of what a client sent; strings are trimmed, labels made if new."""
    at = company.now()
    lists: dict[str, Any] = {name: texts(given.get(name)) for name in (*LISTS, "tags", "sources")}
    for name in lists["tags"]:
        company.tag("tags", name)
    for name in lists["sources"]:
        company.tag("sources", name)
    return Candidate(
        id=company.next_id("candidate"), name=str(given["name"]).strip(), created_at=at,
        updated_at=at, last_activity_at=at, source=source, cover_letter=given.get("cover_letter"),
        cv_name="cv.pdf" if given.get("remote_cv_url") else None,
        admin_id=company.owner_id if source == "manual" else None,
        fields=empty_fields(), **lists,
    )  # fmt: skip


def arrive(call: Call, who: Candidate, jobs: Iterable[Offer]) -> Candidate:
    """Store a new candidate with applications, and announce both."""
    jobs = list(jobs)
    company = call.company
    company.put(who)
    event = "candidate_apply" if who.source == "career_site" else "candidate_add"
    company.note_activity(event, who.created_at, who.id, jobs[0].id if jobs else None)
    call.sender.announce(announcements.new_candidate(who, jobs, company))
    for job in jobs:
        assign(call, who.id, "apply", offer=job)
    return company.people[who.id]


def update(call: Call) -> Response:
    """Edit a profile; a list that is sent replaces the whole old one. No webhook tells of it."""
    who = call.present_candidate()
    if isinstance(who, Response):
        return who
    given = member(call.body, "candidate")
    if "name" in given and not str(given["name"] or "").strip():
        return blank("name", "Name")
    edits: dict[str, Any] = {name: texts(given[name]) for name in LISTS if name in given}
    edits |= {name: given[name] for name in ("cover_letter", "title") if name in given}
    edits |= {"name": str(given["name"]).strip()} if "name" in given else {}
    edited = replace(who, **edits)
    if edited != who:
        edited = call.company.put(replace(edited, updated_at=call.company.now()))
    return _shown(edited, call)


def delete(call: Call) -> Response:
    """Delete softly: gone from every read but the list of deleted ones, until retrieved."""
    who = call.present_candidate()
    if isinstance(who, Response):
        return who
    at = call.company.now()
    gone = replace(who, deleted_at=at, deleted_by=call.company.owner_id)
    call.company.put(gone)
    call.company.note_activity("candidate_remove", at, who.id)
    call.sender.announce(announcements.candidate_deleted(who, at, call.company))
    return _shown(gone, call)


def retrieve(call: Call) -> Response:
    """Take a deletion back. No known webhook tells of it."""
    who = call.company.people.get(whole(call.path["id"]))
    if who is None or who.deleted_at is None:
        return not_found()
    return _shown(call.company.put(replace(who, deleted_at=None, deleted_by=None)), call)


def _label(context: Labels, *, add: bool) -> Callable[[Call], Response]:
    """Return the route that adds or removes tags or sources; no webhook tells of either."""

    def label(call: Call) -> Response:
        who = call.present_candidate()
        if isinstance(who, Response):
            return who
        names = named_labels(call, context)
        before: tuple[str, ...] = getattr(who, context)
        after = relabelled(before, names, call.company, context, add=add)
        if after != before:
            at = call.company.now()
            changed: dict[str, Any] = {context: after}
            call.company.put(replace(who, last_activity_at=at, **changed))
            if context == "tags":
                event = "candidate_tags" if add else "candidate_tags_remove"
                call.company.note_activity(event, at, who.id)
        return answer({context: label_shapes(names, call.company, context)}, 201 if add else 200)

    return label


def named_labels(call: Call, context: str) -> tuple[str, ...]:
    """Read label names: `{"tags": [...]}` or, for one, `{"tag": "..."}`."""
    given = call.given(context)
    if given is None:
        given = [call.given(context.removesuffix("s"))]
    return texts(given)


def relabelled(
    before: tuple[str, ...], names: tuple[str, ...], company: Company, context: Any, *, add: bool
) -> tuple[str, ...]:
    """Return the labels after adding or removing some, by name, whatever the case."""
    if add:
        known = (company.tag(context, name).name for name in names)
        return tuple(dict.fromkeys((*before, *known)))
    gone = {name.lower() for name in names}
    return tuple(name for name in before if name.lower() not in gone)


def label_shapes(names: tuple[str, ...], company: Company, context: Any) -> list[Json]:
    """Return these labels with their counts after the change."""
    uses = company.taggings(context)
    tags = (company.tag(context, name) for name in names)
    return [shapes.label(tag, uses[tag.name]) for tag in tags]


def _shown(who: Candidate, call: Call, status: int = 200) -> Response:
    body = {
        "candidate": candidate_in_full(who, call.company),
        "references": references.of_candidates([who], call.company),
    }
    return answer(body, status)


ROUTES = (
    Endpoint("POST", "/candidates", "S", create),
    Endpoint("POST", "/offers/{id}/candidates", "S", create_on_offer),
    Endpoint("PATCH", "/candidates/{id:int}", "S", update),
    Endpoint("DELETE", "/candidates/{id:int}", "S", delete, "soft, as the restore route implies"),
    Endpoint("POST", "/candidates/{id:int}/retrieve", "S", retrieve, "answer's body is assumed"),
    Endpoint("POST", "/candidates/{id:int}/tags", "S", _label("tags", add=True)),
    Endpoint("DELETE", "/candidates/{id:int}/tags", "S", _label("tags", add=False)),
    Endpoint("POST", "/candidates/{id:int}/sources", "S", _label("sources", add=True)),
    Endpoint("DELETE", "/candidates/{id:int}/sources", "S", _label("sources", add=False)),
)
