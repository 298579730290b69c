"""Writes on people: create, edit, delete, restore, label, note; the first and third are told."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Literal

from starlette.responses import Response

from service.sandbox import announcements
from service.sandbox.answers import answer, blank, not_found
from service.sandbox.calls import Call, Endpoint
from service.sandbox.forms import Upload
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
EVENTS = {"career_site": "candidate_apply", "import": "candidate_import"}
PLAIN = ("cover_letter", "title", "salutation")
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


def imported(call: Call) -> Response:
    """Import a CV as a candidate: the name is the file's, parsing never ends."""
    held = call.body.get("file")
    if not isinstance(held, Upload):
        return blank("file", "File")
    name = held.filename.rpartition(".")[0].replace("_", " ").replace("-", " ").title()
    jobs = [call.company.offer(str(one)) for one in [call.given("offer_id")] if one]
    if None in jobs:
        return not_found()
    who = newcomer(call.company, {"name": name or "Unknown", "cv": held}, source="import")
    call.company.files.put("cvs", who.id, held.content)
    who = replace(who, cv_parse_status="pending", admin_id=call.company.owner_id)
    return shown(arrive(call, who, [job for job in jobs if job]), call, status=201)


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
    return shown(arrive(call, who, jobs), call, status=201)


def newcomer(company: Company, given: Json, source: str) -> Candidate:
    """Return a candidate made of what a client sent; strings are trimmed, labels made if new."""
    at = company.now()
    lists: dict[str, Any] = {name: texts(given.get(name)) for name in (*LISTS, "tags", "sources")}
    lists |= {
        name: tuple(dict.fromkeys(known_label(company, name, one) for one in lists[name]))
        for name in ("tags", "sources")
    }
    return Candidate(
        id=company.next_id("candidate"), name=str(given["name"]).strip(), created_at=at,
        updated_at=at, last_activity_at=at, source=source, cover_letter=given.get("cover_letter"),
        cv_name=_cv_name(given), salutation=given.get("salutation"), title=given.get("title"),
        admin_id=company.owner_id if source == "manual" else None,
        fields=empty_fields(), **lists,
    )  # fmt: skip


def _cv_name(given: Json) -> str | None:
    """Return the name of the CV that was sent along, by its address or as a form's file."""
    if isinstance(given.get("cv"), Upload):
        name: str = given["cv"].filename
        return name
    return "cv.pdf" if given.get("remote_cv_url") else None


def arrive(call: Call, who: Candidate, jobs: Iterable[Offer]) -> Candidate:
    """Store a new candidate with applications, and announce both."""
    jobs = list(jobs)
    company = call.company
    company.put(who)
    event = EVENTS.get(who.source or "", "candidate_add")
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
    edits |= {name: given[name] for name in PLAIN if name in given}
    edits |= {"cv_name": _cv_name(given)} if _cv_name(given) else {}
    edits |= {"name": str(given["name"]).strip()} if "name" in given else {}
    edited = replace(who, **edits)
    if edited != who:
        edited = call.company.put(replace(edited, updated_at=call.company.now()))
    return shown(edited, call)


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
    return shown(gone, call)


def retrieve(call: Call) -> Response:
    """Take a deletion back. No known webhook tells of it."""
    who = call.company.people.get(whole(call.path["id"]))
    if who is None or who.deleted_at is None:
        return not_found()
    return shown(call.company.put(replace(who, deleted_at=None, deleted_by=None)), call)


def label(context: Labels, *, add: bool) -> Callable[[Call], Response]:
    """Return the route that adds or removes tags or sources; no webhook tells of either."""

    def labelled(call: Call) -> Response:
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

    return labelled


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
        known = (known_label(company, context, name) for name in names)
        return tuple(dict.fromkeys((*before, *known)))
    gone = {name.lower() for name in names}
    return tuple(name for name in before if name.lower() not in gone)


def known_label(company: Company, context: Any, name: str) -> str:
    """Return a label as it is spelled; a tag that is new is told by the timeline."""
    if context == "tags" and all(one.name.lower() != name.lower() for one in company.tags("tags")):
        company.note_activity("tag_add", company.now())
    spelled: str = company.tag(context, name).name
    return spelled


def label_shapes(names: tuple[str, ...], company: Company, context: Any) -> list[Json]:
    """Return these labels with their counts after the change."""
    uses = company.taggings(context)
    tags = (company.tag(context, name) for name in names)
    return [shapes.label(tag, uses[tag.name]) for tag in tags]


def shown(who: Candidate, call: Call, status: int = 200) -> Response:
    """Answer with a candidate's own page."""
    body = {
        "candidate": candidate_in_full(who, call.company),
        "references": references.of_candidates([who], call.company),
    }
    return answer(body, status)


ROUTES = (
    Endpoint("POST", "/candidates", "S", create),
    Endpoint("POST", "/offers/{id}/candidates", "S", create_on_offer),
    Endpoint("POST", "/candidates/import", "S", imported, "201 and the full page are assumed"),
    Endpoint("PATCH", "/candidates/{id:int}", "S", update),
    Endpoint("DELETE", "/candidates/{id:int}", "S", delete, "soft, as the restore route implies"),
    Endpoint("POST", "/candidates/{id:int}/retrieve", "S", retrieve, "answer's body is assumed"),
    Endpoint("POST", "/candidates/{id:int}/tags", "S", label("tags", add=True)),
    Endpoint("DELETE", "/candidates/{id:int}/tags", "S", label("tags", add=False)),
    Endpoint("POST", "/candidates/{id:int}/sources", "S", label("sources", add=True)),
    Endpoint("DELETE", "/candidates/{id:int}/sources", "S", label("sources", add=False)),
)
