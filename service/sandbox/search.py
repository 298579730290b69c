"""Candidate search with its filters, and its silence about filters that it does not know."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from starlette.responses import Response

from service.sandbox.answers import answer
from service.sandbox.calls import Call, Endpoint
from service.sandbox.parsing import whole
from service.sandbox.records import Candidate, Json, Placement
from service.sandbox.shapes.candidate import search_hit
from service.sandbox.world import Company

Test = Callable[[Candidate], bool]
MOST_HITS = 10_000


def search(call: Call) -> Response:
    """Search by `filters_json`; the plain `query` parameter is ignored, as seen live."""
    tests = _tests(_filters(call), call.company)
    deleted = str(call.given("deleted")).lower() in {"true", "1"}
    hits = [
        who
        for who in call.company.seen_all()
        if (who.deleted_at is not None) == deleted
        and who.id not in call.knobs.hidden_candidates
        and all(test(who) for test in tests)
    ]
    _sort(hits, str(call.given("sort_by") or ""))
    limit = min(max(whole(call.given("limit"), 60), 1), MOST_HITS)
    start = (max(whole(call.given("page"), 1), 1) - 1) * limit
    page = hits[start : start + limit]
    return answer(
        {
            "total": len(hits),
            "hits": [search_hit(who, call.company) for who in page],
            "aggregations": None,
        }
    )


def _filters(call: Call) -> list[Json]:
    given = call.given("filters_json")
    if isinstance(given, str):
        try:
            given = orjson.loads(given)
        except orjson.JSONDecodeError:
            return []
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _tests(filters: list[Json], company: Company) -> list[Test]:
    """Build one test per entity; of two for the same entity the later wins, as seen live."""
    chosen: dict[str, Test] = {}
    for one in filters:
        name = str(one.get("filter") or one.get("field"))
        build = BUILDERS.get(name)
        test = build(one, company) if build else None
        if test is not None:
            chosen[name] = test
    return list(chosen.values())


def _sort(hits: list[Candidate], sort_by: str) -> None:
    """Sort in place; an unknown key is relevance, which here is the order of arrival."""
    name, _, direction = sort_by.rpartition("_")
    key = SORTS.get(name)
    if key is not None and direction in {"asc", "desc"}:
        hits.sort(key=lambda who: (key(who), who.id), reverse=direction == "desc")


SORTS: dict[str, Callable[[Candidate], str]] = {
    "created_at": lambda who: who.created_at,
    "updated_at": lambda who: who.updated_at,
    "last_activity_at": lambda who: who.last_activity_at,
    "candidate_name": lambda who: who.name.lower(),
    "disqualified_at": lambda who: max(
        (p.disqualified_at or "" for p in who.placements), default=""
    ),
}


def _everywhere(one: Json, company: Company) -> Test:
    words = str(one.get("query", "")).lower().split(" and ")

    def test(who: Candidate) -> bool:
        jobs = (company.offers.get(p.offer_id or 0) for p in who.placements)
        parts = (who.name, *who.emails, *who.phones, *who.tags, *(j.title for j in jobs if j))
        text = " ".join(parts).lower()
        return all(word.strip() in text for word in words)

    return test


def _between(name: str) -> Callable[[Json, Company], Test | None]:
    def build(one: Json, _: Company) -> Test | None:
        low, high = one.get("gte", 0), one.get("lte", 1 << 62)
        if not isinstance(low, int | float) or not isinstance(high, int | float):
            return None
        return lambda who: low <= datetime.fromisoformat(getattr(who, name)).timestamp() <= high

    return build


def _status(one: Json, _: Company) -> Test | None:
    wanted = one.get("in")
    if not isinstance(wanted, list):
        return None
    facts: dict[str, Test] = {
        "qualified": lambda who: any(not p.disqualified for p in who.placements),
        "disqualified": lambda who: any(p.disqualified for p in who.placements),
        "new": lambda who: not who.viewed,
        "viewed": lambda who: who.viewed,
    }
    return lambda who: any(fact in facts and facts[fact](who) for fact in wanted)


def _has_cv(one: Json, _: Company) -> Test | None:
    wanted = one.get("eq")
    return (lambda who: (who.cv_name is not None) == wanted) if isinstance(wanted, bool) else None


def _jobs(one: Json, company: Company) -> Test | None:
    by_id = _chosen(one.get("id"))
    by_status = _chosen(one.get("status"))
    if by_id is None and by_status is None:
        return None

    def fits(placement: Placement) -> bool:
        offer = company.offers.get(placement.offer_id or 0)
        return (
            offer is not None
            and (by_id is None or by_id(offer.id))
            and (by_status is None or by_status(offer.status))
        )

    return lambda who: any(fits(placement) for placement in who.placements)


def _stages(one: Json, company: Company) -> Test | None:
    given = one.get("name") if "name" in one else one
    by_name = _chosen(given)
    if by_name is None:
        return None

    def name(placement: Placement) -> str | None:
        stage = company.stages.get(placement.stage_id or 0)
        return stage.name if stage else None

    return lambda who: any(by_name(name(placement)) for placement in who.placements)


def _labels(context: str) -> Callable[[Json, Company], Test | None]:
    def build(one: Json, company: Company) -> Test | None:
        by_id = _chosen(one.get("id"))
        if by_id is None:
            return None
        ids = {
            tag.name: tag.id for tag in company.tags("sources" if context == "sources" else "tags")
        }
        return lambda who: any(by_id(ids.get(name)) for name in getattr(who, context))

    return build


def _disqualifies(one: Json, _: Company) -> Test | None:
    given = one.get("reason")
    if isinstance(given, dict) and given.get("has_none"):
        return lambda who: not any(p.disqualified for p in who.placements)
    by_reason = _chosen(given)
    if by_reason is None:
        return None
    return lambda who: any(by_reason(p.disqualify_reason) for p in who.placements)


def _pools(one: Json, _: Company) -> Test | None:
    by_id = _chosen(one.get("id"))
    return by_id and (lambda who: any(by_id(p.pool_id) for p in who.placements if p.pool_id))


def _chosen(given: Any) -> Callable[[Any], bool] | None:
    """Return the test of `in`, `not_in` or `has_any`; None for an operator that is not known."""
    if not isinstance(given, dict):
        return None
    if isinstance(wanted := given.get("in"), list):
        return lambda value: value in wanted
    if isinstance(unwanted := given.get("not_in"), list):
        return lambda value: value not in unwanted
    return (lambda value: value is not None) if given.get("has_any") else None


BUILDERS: dict[str, Callable[[Json, Company], Test | None]] = {
    "all": _everywhere,
    "created_at": _between("created_at"),
    "updated_at": _between("updated_at"),
    "status": _status,
    "has_cv": _has_cv,
    "jobs": _jobs,
    "stages": _stages,
    "tags": _labels("tags"),
    "sources": _labels("sources"),
    "disqualifies": _disqualifies,
    "talent_pools": _pools,
}

ROUTES = (
    Endpoint("GET", "/search/new/candidates", "S", search, "filters as observed live"),
    Endpoint("POST", "/search/new/candidates", "S", search, "filters as observed live"),
)
