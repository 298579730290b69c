"""The flat `references` array: related objects of many types, to be joined by type and id."""

from collections.abc import Iterable

from service.sandbox.persons import Candidate, Placement
from service.sandbox.records import Json
from service.sandbox.shapes.candidate import candidate_reference
from service.sandbox.shapes.company import admin_reference
from service.sandbox.shapes.offer import offer_reference
from service.sandbox.shapes.pipeline import stage_reference
from service.sandbox.shapes.pool import pool_reference
from service.sandbox.shelf import Paper
from service.sandbox.world import Company


def of_candidates(people: Iterable[Candidate], company: Company) -> list[Json]:
    """Return jobs, pools, stages and team members that these candidates name, each once."""
    seen: dict[tuple[str, int], Json] = {}
    for person in people:
        for placement in person.placements:
            _add_places(seen, placement, company)
            _add_admin(seen, placement.hired_by_id, company)
        _add_admin(seen, person.admin_id, company)
    return list(seen.values())


def of_placement(placement: Placement, who: Candidate, company: Company) -> list[Json]:
    """Return the job or pool, the stage and the candidate of one placement."""
    seen: dict[tuple[str, int], Json] = {}
    _add_places(seen, placement, company)
    return [*seen.values(), candidate_reference(who, company)]


def of_admins(ids: Iterable[int], company: Company) -> list[Json]:
    """Return these team members, each once."""
    seen: dict[tuple[str, int], Json] = {}
    for admin_id in ids:
        _add_admin(seen, admin_id, company)
    return list(seen.values())


def of_papers(papers: Iterable[Paper], admin_ids: Iterable[int], company: Company) -> list[Json]:
    """Return whom some interviews, evaluations or tasks are about, and where, and by whom."""
    seen: dict[tuple[str, int], Json] = {}
    for admin_id in admin_ids:
        _add_admin(seen, admin_id, company)
    for one in papers:
        who = company.people.get(one.candidate_id or 0)
        if who is not None and ("Candidate", who.id) not in seen:
            seen["Candidate", who.id] = candidate_reference(who, company)
        offer = company.offers.get(getattr(one, "offer_id", None) or 0)
        if offer and ("Offer", offer.id) not in seen:
            seen["Offer", offer.id] = offer_reference(offer, company)
        stage = company.stages.get(getattr(one, "stage_id", None) or 0)
        if stage and ("Stage", stage.id) not in seen:
            seen["Stage", stage.id] = stage_reference(stage)
    return list(seen.values())


def _add_places(seen: dict[tuple[str, int], Json], one: Placement, company: Company) -> None:
    offer, pool = company.offers.get(one.offer_id or 0), company.pools.get(one.pool_id or 0)
    stage = company.stages.get(one.stage_id or 0)
    if offer and ("Offer", offer.id) not in seen:
        seen["Offer", offer.id] = offer_reference(offer, company)
    if pool and ("TalentPool", pool.id) not in seen:
        seen["TalentPool", pool.id] = pool_reference(pool, company)
    if stage and ("Stage", stage.id) not in seen:
        seen["Stage", stage.id] = stage_reference(stage)


def _add_admin(seen: dict[tuple[str, int], Json], admin_id: int | None, company: Company) -> None:
    admin = company.admins.get(admin_id or 0)
    if admin and ("Admin", admin.id) not in seen:
        seen["Admin", admin.id] = admin_reference(admin)
