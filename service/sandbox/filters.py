"""The filters of candidate search: the known ones as tests, unknown ones as nothing, in silence."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from service.sandbox.instants import micros
from service.sandbox.people import People
from service.sandbox.persons import Candidate, Placement
from service.sandbox.queries import FOREVER, Dated, Span, Test
from service.sandbox.records import Json
from service.sandbox.shapes.candidate import gdpr_status
from service.sandbox.world import Company

NUMBERED = re.compile(r"\.(\d{1,9})(?:@|$)")


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: a test, or a span of dates, or the few candidates whom a number names."""

    test: Test | None = None
    span: Span | None = None
    only: frozenset[int] | None = None


Builder = Callable[[Json, Company], Filter | None]


def text_filter(text: str, company: Company) -> Filter:
    """Find words, joined by AND, in names, addresses, phones, labels and job titles.

    A word with a digit in it is looked for among those whose number it may be, and the edited.
    """
    words = [word.strip() for word in text.lower().split(" and ")]

    def test(who: Candidate) -> bool:
        jobs = (company.offers.get(p.offer_id or 0) for p in who.placements)
        parts = (who.name, *who.emails, *who.phones, *who.tags, *(j.title for j in jobs if j))
        found = " ".join(parts).lower()
        return all(word in found for word in words)

    if not any(char.isdigit() for word in words for char in word):
        return Filter(test)
    return Filter(test, only=_named(words, company.people))


def _named(words: list[str], people: People) -> frozenset[int]:
    ids = set(people.edited)
    for word in words:
        for digits in NUMBERED.findall(word):
            if int(digits) < people.numbering.size:
                ids.add(people.numbering.candidate_id(int(digits)))
    return frozenset(ids)


def _everywhere(one: Json, company: Company) -> Filter:
    return text_filter(str(one.get("query", "")), company)


def _between(name: Dated) -> Builder:
    def build(one: Json, _: Company) -> Filter | None:
        low, high = _at(one.get("gte"), 0), _at(one.get("lte"), FOREVER)
        return None if low is None or high is None else Filter(span=Span(name, low, high))

    return build


def _at(given: object, default: int) -> int | None:
    """Return Unix seconds or an ISO date as microseconds; None for what is neither."""
    if given is None:
        return default
    if isinstance(given, int | float):
        return int(given * 1_000_000)
    return micros(given) or None if isinstance(given, str) else None


def _status(one: Json, _: Company) -> Filter | None:
    wanted = one.get("in")
    if not isinstance(wanted, list):
        return None
    facts: dict[str, Test] = {
        "qualified": lambda who: any(not p.disqualified for p in who.placements),
        "disqualified": lambda who: any(p.disqualified for p in who.placements),
        "new": lambda who: not who.viewed,
        "viewed": lambda who: who.viewed,
    }
    return Filter(lambda who: any(fact in facts and facts[fact](who) for fact in wanted))


def _has_cv(one: Json, _: Company) -> Filter | None:
    wanted = one.get("eq")
    if not isinstance(wanted, bool):
        return None
    return Filter(lambda who: (who.cv_name is not None) == wanted)


def _jobs(one: Json, company: Company) -> Filter | None:
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

    return Filter(lambda who: any(fits(placement) for placement in who.placements))


def _stages(one: Json, company: Company) -> Filter | None:
    given = one.get("name") if "name" in one else one
    by_name = _chosen(given)
    if by_name is None:
        return None

    def name(placement: Placement) -> str | None:
        stage = company.stages.get(placement.stage_id or 0)
        return stage.name if stage else None

    return Filter(lambda who: any(by_name(name(placement)) for placement in who.placements))


def _labels(context: Any) -> Builder:
    def build(one: Json, company: Company) -> Filter | None:
        by_id = _chosen(one.get("id"))
        if by_id is None:
            return None
        ids = {tag.name: tag.id for tag in company.tags(context)}
        return Filter(lambda who: any(by_id(ids.get(name)) for name in getattr(who, context)))

    return build


def _disqualifies(one: Json, _: Company) -> Filter | None:
    given = one.get("reason")
    if isinstance(given, dict) and given.get("has_none"):
        return Filter(lambda who: not any(p.disqualified for p in who.placements))
    by_reason = _chosen(given)
    if by_reason is None:
        return None
    return Filter(lambda who: any(by_reason(p.disqualify_reason) for p in who.placements))


def _pools(one: Json, _: Company) -> Filter | None:
    by_id = _chosen(one.get("id"))
    if by_id is None:
        return None
    return Filter(lambda who: any(by_id(p.pool_id) for p in who.placements if p.pool_id))


def _gdpr_status(one: Json, company: Company) -> Filter | None:
    wanted = _chosen(one)
    return None if wanted is None else Filter(lambda who: wanted(gdpr_status(who, company)))


def _chosen(given: Any) -> Callable[[Any], bool] | None:
    """Return the test of `in`, `not_in` or `has_any`; None for an operator that is not known."""
    if not isinstance(given, dict):
        return None
    if isinstance(wanted := given.get("in"), list):
        return lambda value: value in wanted
    if isinstance(unwanted := given.get("not_in"), list):
        return lambda value: value not in unwanted
    return (lambda value: value is not None) if given.get("has_any") else None


BUILDERS: dict[str, Builder] = {
    "all": _everywhere,
    "created_at": _between("created_at"),
    "updated_at": _between("updated_at"),
    "gdpr_expires_at": _between("gdpr_expires_at"),
    "gdpr_status": _gdpr_status,
    "status": _status,
    "has_cv": _has_cv,
    "jobs": _jobs,
    "stages": _stages,
    "tags": _labels("tags"),
    "sources": _labels("sources"),
    "disqualifies": _disqualifies,
    "talent_pools": _pools,
}


def filters_of(given: list[Json], company: Company) -> list[Filter]:
    """Build one filter per entity; of two for the same entity the later wins, as seen live."""
    chosen: dict[str, Filter] = {}
    for one in given:
        name = str(one.get("filter") or one.get("field"))
        build = BUILDERS.get(name)
        made = build(one, company) if build else None
        if made is not None:
            chosen[name] = made
    return list(chosen.values())
