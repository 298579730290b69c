"""Writes on jobs: create, edit, label, and the changes of status; deletions are told by nobody."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from starlette.responses import Response

from service.sandbox import announcements
from service.sandbox.answers import answer, blank
from service.sandbox.calls import Call, Endpoint
from service.sandbox.forms import rows
from service.sandbox.parsing import member, whole
from service.sandbox.persons import Candidate
from service.sandbox.records import Json, Offer
from service.sandbox.shapes.offer import offer_in_full
from service.sandbox.world import Company
from service.sandbox.writes_candidates import label_shapes, named_labels, relabelled

PLAIN = (
    "title", "description", "requirements", "department_id", "category", "employment_type",
    "experience", "education", "min_hours", "max_hours", "number_of_openings", "priority",
    "hiring_manager_id", "recruiter_id", "remote", "hybrid", "on_site",
)  # fmt: skip
STATUS_AFTER = {
    "publish": "published",
    "unpublish": "internal",
    "close": "closed",
    "archive": "archived",
    "unarchive": "closed",
    "draft": "draft",
}


def create(call: Call) -> Response:
    """Create a job as a draft; it takes the default pipeline."""
    given = member(call.body, "offer")
    title = str(given.get("title") or "").strip()
    if not title:
        return blank("title", "Title")
    at, offer_id = call.company.now(), call.company.next_id("offer")
    words = "".join(c if c.isalnum() else " " for c in title.lower()).split()
    blank_offer = Offer(
        id=offer_id, guid=f"j{offer_id % 99991:05d}", slug="-".join((*words, str(offer_id))),
        title=title, position=len(call.company.offers) + 1,
        template_id=_pipeline(given, call.company), created_at=at, updated_at=at,
    )  # fmt: skip
    offer = replace(blank_offer, **_edits(given))
    call.company.offers[offer.id] = offer
    call.company.note_activity("job_add", at, offer_id=offer.id)
    return _shown(offer, call, status=201)


def _pipeline(given: Json, company: Company) -> int:
    wanted = whole(given.get("pipeline_template_id"))
    return wanted if wanted in company.templates else next(iter(company.templates))


def update(call: Call) -> Response:
    """Edit a job; a request that changes nothing is told to nobody."""
    offer = call.offer()
    if isinstance(offer, Response):
        return offer
    given = member(call.body, "offer")
    if "title" in given and not str(given["title"] or "").strip():
        return blank("title", "Title")
    edited = replace(offer, **_edits(given))
    if edited != offer:
        edited = _stored(edited, call)
        for event in _events(offer, edited):
            call.company.note_activity(event, edited.updated_at, offer_id=offer.id)
        call.sender.announce(announcements.offer_updated("offer_changed", edited, call.company))
    return _shown(edited, call)


def _events(before: Offer, after: Offer) -> Iterator[str]:
    """Say what the timeline calls an edit; of most keys it knows no event."""
    for role in ("hiring_manager", "recruiter"):
        old, new = (getattr(one, f"{role}_id") for one in (before, after))
        if old != new:
            yield f"job_{role}_change" if new else f"job_{role}_clear"
    if before.location_ids != after.location_ids:
        yield "job_location_updated"
    if (before.remote, before.hybrid, before.on_site) != (
        after.remote,
        after.hybrid,
        after.on_site,
    ):
        yield "job_work_model_updated"
    if set(after.follower_ids) - set(before.follower_ids):
        yield "job_follower_add"
    if set(before.follower_ids) - set(after.follower_ids):
        yield "job_follower_remove"


def delete(call: Call) -> Response:
    """Delete a job with its placements; the candidates stay. No webhook tells of it."""
    offer = call.offer()
    if isinstance(offer, Response):
        return offer
    shape = offer_in_full(offer, call.company)
    del call.company.offers[offer.id]
    call.company.people.rewrite(lambda who: _without(who, offer.id))
    call.company.note_activity("job_remove", call.company.now(), offer_id=offer.id)
    return answer({"offer": shape})


def _without(who: Candidate, offer_id: int) -> Candidate:
    rest = tuple(one for one in who.placements if one.offer_id != offer_id)
    return who if len(rest) == len(who.placements) else replace(who, placements=rest)


def _status(action: str) -> Callable[[Call], Response]:
    """Return the route of one change of status."""

    def change(call: Call) -> Response:
        offer = call.offer()
        if isinstance(offer, Response):
            return offer
        after = STATUS_AFTER[action]
        if offer.status == after:
            return _shown(offer, call)
        at = call.company.now()
        changed = _stored(_with_status(offer, after, at), call, at)
        call.company.note_activity("job_status_change", at, offer_id=offer.id)
        _tell_status(call, offer.status, changed, action)
        return _shown(changed, call)

    return change


def _with_status(offer: Offer, status: str, at: str) -> Offer:
    """Return the job in its new status; `closed_at` stays once set, until it is published again."""
    published = status == "published"
    return replace(
        offer,
        status=status,
        published_at=at if published else offer.published_at,
        closed_at=None
        if published
        else at
        if status in {"closed", "archived"}
        else offer.closed_at,
    )


def _tell_status(call: Call, before: str, offer: Offer, action: str) -> None:
    if action == "publish":
        call.sender.announce(announcements.offer_published(offer, call.company))
    if before == "published" and action in {"unpublish", "archive"}:
        call.sender.announce(announcements.offer_unpublished(offer, call.company))
    call.sender.announce(announcements.offer_updated("status_changed", offer, call.company))


def _label(*, add: bool) -> Callable[[Call], Response]:
    """Return the route that adds or removes offer tags."""

    def label(call: Call) -> Response:
        offer = call.offer()
        if isinstance(offer, Response):
            return offer
        names = named_labels(call, "offer_tags")
        after = relabelled(offer.tags, names, call.company, "offer_tags", add=add)
        if after != offer.tags:
            changed = _stored(replace(offer, tags=after), call)
            event = "job_tags" if add else "job_tags_remove"
            call.company.note_activity(event, changed.updated_at, offer_id=offer.id)
            call.sender.announce(announcements.offer_updated("tags_changed", changed, call.company))
        body = {"offer_tags": label_shapes(names, call.company, "offer_tags")}
        return answer(body, 201 if add else 200)

    return label


def _edits(given: Json) -> dict[str, Any]:
    edits = {name: given[name] for name in PLAIN if name in given}
    for name in ("location_ids", "follower_ids"):
        if isinstance(given.get(name), list):
            edits[name] = tuple(one for one in given[name] if isinstance(one, int))
    if isinstance(given.get("dynamic_fields"), list):
        edits["dynamic_fields"] = tuple(rows(given["dynamic_fields"]))
    if "open_question_template_id" in given:
        edits["question_template_id"] = whole(given["open_question_template_id"]) or None
    if isinstance(salary := given.get("salary"), dict):
        parts = (salary.get(key) for key in ("min", "max", "period", "currency"))
        edits["salary"] = tuple(None if part is None else str(part) for part in parts)
    return edits


def _stored(offer: Offer, call: Call, at: str | None = None) -> Offer:
    offer = replace(offer, updated_at=at or call.company.now())
    call.company.offers[offer.id] = offer
    return offer


def _shown(offer: Offer, call: Call, status: int = 200) -> Response:
    return answer({"offer": offer_in_full(offer, call.company)}, status)


ROUTES = (
    Endpoint("POST", "/offers", "S", create),
    Endpoint("PATCH", "/offers/{id}", "S", update),
    Endpoint("DELETE", "/offers/{id}", "D", delete, "what becomes of its placements is assumed"),
    *(
        Endpoint("PATCH", f"/offers/{{id}}/{action}", "S", _status(action),
                 "the status after unpublish is assumed" if action == "unpublish" else "")
        for action in STATUS_AFTER
    ),
    Endpoint("POST", "/offers/{id}/offer_tags", "S", _label(add=True)),
    Endpoint("DELETE", "/offers/{id}/offer_tags", "S", _label(add=False)),
)  # fmt: skip
