"""Webhook events, in shapes that are reconstructed from receivers, not captured from the wire."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.sandbox.persons import Candidate, Placement
from service.sandbox.records import Json, Offer, Pool, Stage, Stamp
from service.sandbox.shapes.candidate import adminapp_url
from service.sandbox.world import Company


@dataclass(frozen=True, slots=True)
class Event:
    """What a webhook tells: its type, subtype, parts, and when it happened."""

    type: str
    subtype: str | None
    at: Stamp
    payload: Json


def new_candidate(who: Candidate, offers: Iterable[Offer], company: Company) -> Event:
    """Announce a candidate; the subtype is how they came: manual, career_site or import."""
    payload = _about(who, company) | {"offers": [_offer(offer, company) for offer in offers]}
    return Event("new_candidate", who.source, who.created_at, payload)


def candidate_assigned(who: Candidate, placement: Placement, company: Company) -> Event:
    """Announce that a candidate was put into a job or a talent pool."""
    places = [company.locations[k] for k in placement.location_ids if k in company.locations]
    details = {"locations": [{"id": place.id, "name": place.name} for place in places]}
    payload = _about(who, company) | _place(placement, company) | {"details": details}
    return Event("candidate_assigned", None, placement.updated_at, payload)


def stage_changed(
    who: Candidate, placement: Placement, before: Stage | None, after: Stage, company: Company
) -> Event:
    """Announce a move, a hire included: that is a move to a stage of category `hire`."""
    details = {"from_stage": before and _stage(before), "to_stage": _stage(after)}
    return _moved("stage_changed", who, placement, details, company)


def disqualified(who: Candidate, placement: Placement, company: Company) -> Event:
    """Announce a rejection with the reason's name."""
    details = {"disqualify_reason": placement.disqualify_reason}
    return _moved("disqualified", who, placement, details, company)


def requalified(who: Candidate, placement: Placement, company: Company) -> Event:
    """Announce that a rejection was taken back."""
    return _moved("requalified", who, placement, {}, company)


def candidate_deleted(who: Candidate, at: Stamp, company: Company) -> Event:
    """Announce a (soft) deletion."""
    return Event("candidate_deleted", None, at, _about(who, company))


def offer_published(offer: Offer, company: Company) -> Event:
    """Announce that a job became publicly visible."""
    return Event("offer_published", None, offer.updated_at, _of_offer(offer, company))


def offer_unpublished(offer: Offer, company: Company) -> Event:
    """Announce that a published job was unpublished or archived."""
    return Event("offer_unpublished", None, offer.updated_at, _of_offer(offer, company))


def offer_updated(subtype: str, offer: Offer, company: Company) -> Event:
    """Announce an edit: `offer_changed`, `status_changed` or `tags_changed`."""
    payload = _of_offer(offer, company) | {"details": {}}
    return Event("offer_updated", subtype, offer.updated_at, payload)


def _moved(
    subtype: str, who: Candidate, placement: Placement, details: Json, company: Company
) -> Event:
    payload = _about(who, company) | _place(placement, company) | {"details": details}
    return Event("candidate_moved", subtype, placement.updated_at, payload)


def _about(who: Candidate, company: Company) -> Json:
    candidate = {
        "id": who.id,
        "name": who.name,
        "emails": list(who.emails),
        "phones": list(who.phones),
        "source": who.source,
        "referrer": who.referrer,
        "tags": list(who.tags),
        "photo_thumb_url": None,
        "adminapp_url": adminapp_url(who.id, company),
        "created_at": who.created_at,
        "updated_at": who.updated_at,
    }
    return {"candidate": candidate, "company": _company(company)}


def _company(company: Company) -> Json:
    return {"id": company.config.company_number, "name": company.config.company_name}


def _of_offer(offer: Offer, company: Company) -> Json:
    return {"company": _company(company), "offer": _offer(offer, company)}


def _place(placement: Placement, company: Company) -> Json:
    """Return the job, or for a pool the pool under its own key (assumed since the split)."""
    offer = company.offers.get(placement.offer_id or 0)
    if offer is not None:
        return {"offer": _offer(offer, company)}
    pool = company.pools.get(placement.pool_id or 0)
    return {"talent_pool": _pool(pool)} if pool else {}


def _offer(offer: Offer, company: Company) -> Json:
    department = company.departments.get(offer.department_id or 0)
    return {
        "id": offer.id,
        "title": offer.title,
        "slug": offer.slug,
        "kind": "job",
        "status": offer.status,
        "department": department.name if department else None,
        "tags": list(offer.tags),
    }


def _pool(pool: Pool) -> Json:
    return {"id": pool.id, "title": pool.title, "slug": pool.slug, "status": pool.status}


def _stage(stage: Stage) -> Json:
    return {"id": stage.id, "name": stage.name, "category": stage.category}
