"""Candidate search, full and quick, and the two ways to ask whether somebody is known."""

from dataclasses import replace
from typing import get_args

import orjson
from starlette.responses import Response

from service.sandbox.answers import answer
from service.sandbox.calls import Call, Endpoint
from service.sandbox.filters import filters_of, text_filter
from service.sandbox.parsing import whole
from service.sandbox.queries import Query, When, found
from service.sandbox.records import Json
from service.sandbox.shapes.candidate import duplicate
from service.sandbox.shapes.hit import quick_hit, search_hit

MOST_HITS = 10_000
MOST_SORTED = 20_000
SORTS: dict[str, When] = {name: name for name in get_args(When)}


def search(call: Call) -> Response:
    """Search by `filters_json`; the plain `query` parameter is ignored, as seen live."""
    query = _query(call)
    limit = min(max(whole(call.given("limit"), 60), 1), MOST_HITS)
    start = call.begin((max(whole(call.given("page"), 1), 1) - 1) * limit)
    if call.given("sort_by") in {"candidate_name_asc", "candidate_name_desc"}:
        return _by_name(call, query, start, limit)
    hits = found(call.company.people, query, start, limit)
    rows = [search_hit(who, call.company) for who in hits.people]
    return answer({"total": hits.total, "hits": rows, "aggregations": None})


def _query(call: Call) -> Query:
    """Read the request; a sort that is not known is relevance, here the order of arrival."""
    name, _, direction = str(call.given("sort_by") or "").rpartition("_")
    known = name in SORTS and direction in {"asc", "desc"}
    query = Query(
        hidden=call.knobs.hidden_candidates,
        deleted=str(call.given("deleted")).lower() in {"true", "1"},
        sort=SORTS[name] if known else "created_at",
        descending=known and direction == "desc",
    )
    given = [] if call.knobs.search_ignores_filters else _filters(call)
    for one in filters_of(given, call.company):
        only = query.only if one.only is None else one.only & (query.only or one.only)
        query = replace(
            query, only=only, tests=(*query.tests, *((one.test,) if one.test else ())),
            spans=(*query.spans, *((one.span,) if one.span else ())),
        )  # fmt: skip
    return query


def _by_name(call: Call, query: Query, start: int, limit: int) -> Response:
    """Sort by name whoever is found, as long as that are not too many; else by arrival."""
    hits = found(call.company.people, query, 0, MOST_SORTED)
    people = hits.people
    if hits.total <= MOST_SORTED:
        down = call.given("sort_by") == "candidate_name_desc"
        people = sorted(people, key=lambda who: (who.name.lower(), who.id), reverse=down)
    rows = [search_hit(who, call.company) for who in people[start : start + limit]]
    return answer({"total": hits.total, "hits": rows, "aggregations": None})


def _filters(call: Call) -> list[Json]:
    given = call.given("filters_json")
    if isinstance(given, str):
        try:
            given = orjson.loads(given)
        except orjson.JSONDecodeError:
            return []
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def quick(call: Call) -> Response:
    """Search by a few letters or an address; only the part about candidates is kept."""
    text, limit = str(call.query.get("query") or ""), call.number("limit", 10, 100)
    wanted = text_filter(text, call.company)
    query = Query(
        (wanted.test,) if wanted.test else (), only=wanted.only,
        hidden=call.knobs.hidden_candidates, descending=True,
    )  # fmt: skip
    hits = found(call.company.people, query, 0, limit)
    rows = [quick_hit(who, call.company, text) for who in hits.people]
    candidates = {"total": hits.total, "hits": rows}
    return answer(
        {"candidates": candidates, "talent_pools": None, "jobs": None, "requisitions": None}
    )


def presence(call: Call) -> Response:
    """Say whether somebody of that address or name is known."""
    people = call.company.people
    for mail in call.many("email"):
        if any(not who.deleted_at for who in people.with_email(mail)):
            return answer({"status": "email_match"})
    name = call.query.get("name", "").strip().lower()
    named = Query((lambda who: who.name.lower() == name,))
    if name and found(people, named, 0, 1).total:
        return answer({"status": "name_match"})
    return answer({"status": "not_found"})


def similar(call: Call) -> Response:
    """List those with one of some addresses."""
    people = [who for mail in sorted(call.many("email"))
              for who in call.company.people.with_email(mail) if not who.deleted_at]  # fmt: skip
    rows = [duplicate(who, call.company) for who in people]
    return answer({"candidates": rows, "references": []})


ROUTES = (
    Endpoint("GET", "/search/new/candidates", "S", search, "filters as observed live"),
    Endpoint("POST", "/search/new/candidates", "S", search, "filters as observed live"),
    Endpoint("GET", "/search/new/quick", "S", quick, "candidates only"),
    Endpoint("GET", "/candidates/check_presence", "S", presence),
    Endpoint("GET", "/candidates/similar", "C", similar, "the answer's shape is assumed"),
)
