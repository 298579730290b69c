"""Reads of what happened: the timeline of the company, a candidate or a job, and the audit log."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from starlette.responses import Response

from service.sandbox.answers import answer, not_found
from service.sandbox.calls import Call, Endpoint
from service.sandbox.feed_faults import spoiled
from service.sandbox.instants import micros, micros_of, seconds, stamped
from service.sandbox.parsing import whole
from service.sandbox.records import Activity
from service.sandbox.shapes import company as shapes
from service.sandbox.shapes import references

Wanted = Callable[[Activity], bool]
OF_OLD = {"job_add", "candidate_add", "candidate_apply"}
"""The only events of the time before the invention."""
DAY = timedelta(days=1)


def activities(call: Call) -> Response:
    """List the timeline: newest first, or from a position on in either direction."""
    return _listed(call, call.many("candidates"), call.many("offers"))


def of_candidate(call: Call) -> Response:
    """List what happened to one candidate; it stays readable after a deletion (assumed)."""
    if call.company.people.get(whole(call.path["id"])) is None:
        return not_found()
    return _listed(call, frozenset({call.path["id"]}), call.many("offers"))


def of_offer(call: Call) -> Response:
    """List what happened to one job."""
    offer = call.offer()
    if isinstance(offer, Response):
        return offer
    return _listed(call, call.many("candidates"), frozenset({str(offer.id)}))


def _listed(call: Call, candidates: frozenset[str], offers: frozenset[str]) -> Response:
    wanted = _wanted(call, candidates, offers)
    limit = max(call.number("limit", 20, 1000), 1)
    position = call.number("cursor_position", 0, most=10**18)
    if position and call.knobs.feed_cursor == "refused":
        return not_found()
    if call.knobs.feed_cursor == "ignored":
        position = 0
    skip = 0 if position else (max(call.number("page", 1), 1) - 1) * limit
    rows = (one for one in _walk(call, position, candidates) if wanted(one))
    page = spoiled(islice(rows, skip, None), limit, call.knobs)
    admins = (one.admin_id for one in page if one.admin_id)
    return answer(
        {
            "activities": [shapes.activity(one) for one in page],
            "references": references.of_admins(admins, call.company),
        }
    )


def _walk(call: Call, position: int, candidates: frozenset[str]) -> Iterator[Activity]:
    """Give entries in the order that is asked for; the invented past only where it may matter."""
    feed = call.company.feed
    ascending = call.query.get("cursor_order") == "asc"
    events = call.many("events")
    if (events and not events & OF_OLD) or candidates:
        some = [*_beginnings(call, candidates), *feed.done]
        rows = some if ascending else some[::-1]
        return (one for one in rows if not position or _past(one, position, ascending=ascending))
    return feed.after(position) if ascending else feed.before(position or None)


def _past(one: Activity, position: int, *, ascending: bool) -> bool:
    return one.id > position if ascending else one.id < position


def _beginnings(call: Call, candidates: frozenset[str]) -> Iterator[Activity]:
    """Give the entries of how some candidates came, in order."""
    feed, numbering = call.company.feed, call.company.people.numbering
    numbers = {numbering.number(whole(one)) for one in candidates}
    for number in sorted(one for one in numbers if one is not None):
        yield feed.of_number(number)


def _wanted(call: Call, candidates: frozenset[str], offers: frozenset[str]) -> Wanted:
    asked: list[tuple[frozenset[str], Callable[[Activity], object]]] = [
        (call.many("events"), lambda one: one.event),
        (candidates, lambda one: one.candidate_id),
        (offers, lambda one: one.offer_id),
        (call.many("talent_pools"), lambda one: one.pool_id),
        (call.many("note_id"), lambda one: one.note_id),
        (call.many("stage_id"), lambda one: one.stage_id),
    ]
    asked = [(wanted, value) for wanted, value in asked if wanted]
    low, high = stamped(_day(call, "start_date", 0)), stamped(_day(call, "end_date", 1))
    dated = "start_date" in call.query or "end_date" in call.query
    knobs = call.knobs

    def fits(one: Activity) -> bool:
        hidden = one.candidate_id in knobs.hidden_candidates or one.offer_id in knobs.hidden_offers
        within = not dated or low <= one.created_at < high
        return not hidden and within and all(str(value(one)) in some for some, value in asked)

    return fits


def _day(call: Call, name: str, days: int) -> int:
    """Return where a day like `12 Sep 2015` or `2015-09-12` begins, or that many days later."""
    text = call.query.get(name, "")
    for form in ("%d %b %Y", "%Y-%m-%d"):
        try:
            return micros_of(datetime.strptime(text, form) + days * DAY)  # noqa: DTZ007 (UTC)
        except ValueError:
            continue
    return micros("2999-01-01") if days else 0


def audit_log(call: Call) -> Response:
    """List who did what, newest first: what was done through this API since the invention."""
    company = call.company
    owner = company.owner
    admin = {"id": owner.id, "email": owner.email, "first_name": owner.first_name,
             "last_name": owner.last_name}  # fmt: skip
    limit = max(call.number("limit", 60, 1000), 1)
    start = (max(call.number("page", 1), 1) - 1) * limit
    rows = [
        {"_id": f"audit{one.id}", "event_name": one.event, "actor_type": "admin", "admin": admin,
         "actor": f"{owner.first_name} {owner.last_name}", "company_id": company.config.company_number,
         "candidate": one.candidate_id and {"id": one.candidate_id},
         "offer": one.offer_id and {"id": one.offer_id}, "ip_address": "192.0.2.1",
         "details": {"admin": admin, "company": {"id": company.config.company_number}},
         "highlight": None, "created_at": seconds(one.created_at)}
        for one in company.feed.done[::-1][start : start + limit]
    ]  # fmt: skip
    return answer({"total": len(company.feed.done), "entries": rows, "aggregations": None})


ROUTES = (
    Endpoint("GET", "/tracking/activities", "S", activities, "the items' keys are reconstructed"),
    Endpoint("GET", "/tracking/candidates/{id:int}/activities", "S", of_candidate,
             "the items' keys are reconstructed"),
    Endpoint("GET", "/tracking/offers/{id}/activities", "S", of_offer,
             "the items' keys are reconstructed"),
    Endpoint("GET", "/audit_log", "S", audit_log, "event names are the timeline's"),
)  # fmt: skip
