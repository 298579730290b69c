"""Reads about the company: team, jobs, pipelines, pools, places, reasons and labels."""

from collections.abc import Callable, Sequence

from starlette.responses import Response

from service.sandbox.answers import answer, forbidden, not_found
from service.sandbox.calls import Call, Endpoint, Handler
from service.sandbox.paging import by_offset, by_page
from service.sandbox.parsing import whole
from service.sandbox.records import Json, Offer
from service.sandbox.shapes import company as shapes
from service.sandbox.shapes import references
from service.sandbox.shapes.offer import (
    INCLUDES,
    OLD_VIEW,
    offer_brief,
    offer_in_full,
    offer_listed,
)
from service.sandbox.shapes.pipeline import template, template_in_full
from service.sandbox.shapes.pool import pool_in_full, pool_listed
from service.sandbox.world import TagContext

SCOPES = {
    "archived": {"archived"},
    "active": {"published", "closed"},
    "not_archived": {"draft", "published", "internal", "closed"},
}


def whoami(call: Call) -> Response:
    """Show whose token this is, and their company."""
    return answer({"admin": shapes.whoami(call.company)})


def admins(call: Call) -> Response:
    """List active team members."""
    team = [shapes.admin(one) for one in call.company.admins.values() if one.active]
    return answer({"admins": team})


def memberships(call: Call) -> Response:
    """List team members, inactive ones included, with role and jobs."""
    page, meta = by_page(list(call.company.admins.values()), call)
    return answer(
        {
            "memberships": [shapes.membership(one, call.company) for one in page],
            "references": references.of_admins((one.id for one in page), call.company),
            "meta": meta,
        }
    )


def offers(call: Call) -> Response:
    """List jobs; lean unless `include[]` asks for more, fuller under the deprecated parameters."""
    found = [one for one in call.company.offers.values() if _listed(one, call)]
    page, meta = by_page(sorted(found, key=lambda one: one.position), call)
    return answer({"offers": [_offer_shape(one, call) for one in page], "meta": meta})


def _listed(one: Offer, call: Call) -> bool:
    asked = (
        (call.many("statuses"), {one.status}),
        (call.many("offer_ids"), {str(one.id)}),
        (call.many("department_ids"), {str(one.department_id)}),
        (call.many("location_ids"), {str(k) for k in one.location_ids}),
        (call.many("hiring_manager_ids"), {str(one.hiring_manager_id)}),
        (call.many("recruiter_ids"), {str(one.recruiter_id)}),
    )
    scope = SCOPES.get(call.query.get("scope", ""))
    return (
        one.id not in call.knobs.hidden_offers
        and call.query.get("kind", "job") == "job"
        and (scope is None or one.status in scope)
        and all(not wanted or wanted & values for wanted, values in asked)
    )


def _offer_shape(one: Offer, call: Call) -> Json:
    if call.query.get("view_mode") == "brief":
        return offer_brief(one)
    old = any(name in call.query for name in ("scope", "kind", "view_mode"))
    includes = (call.many("include") & INCLUDES.keys()) | (OLD_VIEW if old else frozenset())
    return offer_listed(one, call.company, frozenset(includes))


def offer(call: Call) -> Response:
    """Show one job in full."""
    found = call.offer()
    if isinstance(found, Response):
        return found
    return answer({"offer": offer_in_full(found, call.company)})


def pipelines(call: Call) -> Response:
    """List pipelines, without stages."""
    rows = [template(one) for one in call.company.templates.values()]
    return answer({"pipeline_templates": rows})


def pipeline(call: Call) -> Response:
    """Show one pipeline with its stages."""
    found = call.company.templates.get(whole(call.path["id"]))
    if found is None:
        return not_found()
    return answer({"pipeline_template": template_in_full(found, call.company)})


def pools(call: Call) -> Response:
    """List talent pools, by offset."""
    rows = list(call.company.pools.values())
    page = by_offset(rows, call, default=1000)
    meta = {"limit": call.number("limit", 1000), "page": 1, "total_count": len(rows)}
    return answer({"talent_pools": [pool_listed(one, call.company) for one in page], "meta": meta})


def pool(call: Call) -> Response:
    """Show one talent pool in full."""
    found = call.company.pool(call.path["id"])
    if found is None:
        return not_found()
    if found.id in call.knobs.hidden_offers:
        return forbidden()
    return answer({"talent_pool": pool_in_full(found, call.company)})


def departments(call: Call) -> Response:
    """List departments."""
    rows = [shapes.department(one, call.company) for one in call.company.departments.values()]
    return answer({"departments": rows})


def reasons(call: Call) -> Response:
    """List disqualify reasons."""
    rows = [shapes.reason(one) for one in call.company.reasons.values()]
    return answer({"disqualify_reasons": rows})


def roles(call: Call) -> Response:
    """List hiring roles."""
    rows = [shapes.role(one, call.company) for one in call.company.roles.values()]
    return _paged("roles", rows, call)


def locations(call: Call) -> Response:
    """List locations; `scope` active or archived, `view_mode` full."""
    scope, full = call.query.get("scope", "all"), call.query.get("view_mode") == "full"
    wanted = {"active": (False,), "archived": (True,)}.get(scope, (True, False))
    found = [k for k in call.company.locations.values() if (k.archived_at is not None) in wanted]
    rows = [
        shapes.location_in_full(one, call.company) if full else shapes.location(one)
        for one in found
    ]
    return _paged("locations", rows, call)


def location(call: Call) -> Response:
    """Show one location in full."""
    found = call.company.locations.get(whole(call.path["id"]))
    if found is None:
        return not_found()
    return answer({"location": shapes.location_in_full(found, call.company)})


def _labels(context: TagContext) -> Handler:
    def labels(call: Call) -> Response:
        uses = call.company.taggings(context)
        rows = [shapes.label(one, uses[one.name]) for one in call.company.tags(context)]
        return _paged(context, rows, call)

    return labels


def _paged(name: str, rows: Sequence[Json], call: Call) -> Response:
    page, meta = by_page(rows, call)
    return answer({name: page, "meta": meta})


def _always(body: Json) -> Callable[[Call], Response]:
    """Return a route for what the sandbox's company does not use."""
    return lambda _: answer(body)


_NO_EVENTS = {"counters": {"past_due": 0, "upcoming": 0}}
_NO_RESULTS = {"counters": {"pending": 0, "completed": 0, "dismissed": 0}}
_SEARCHABLE = [
    {"name": "Notice period", "search_key": "single_line_notice_period"},
    {"name": "Seniority", "search_key": "dropdown_seniority"},
]

ROUTES = (
    Endpoint("GET", "/offers/{id}", "S", offer),
    Endpoint("GET", "/offers", "S", offers, "which keys come only by include[] is assumed"),
    Endpoint("GET", "/admin", "S", whoami),
    Endpoint("GET", "/admins", "O", admins, "the items' shape is assumed"),
    Endpoint("GET", "/memberships", "S", memberships),
    Endpoint("GET", "/roles", "S", roles),
    Endpoint("GET", "/departments", "S", departments),
    Endpoint("GET", "/locations", "S", locations),
    Endpoint("GET", "/locations/{id:int}", "S", location),
    Endpoint("GET", "/pipeline_templates", "S", pipelines),
    Endpoint("GET", "/pipeline_templates/{id:int}", "S", pipeline),
    Endpoint("GET", "/talent_pools", "S", pools),
    Endpoint("GET", "/talent_pools/{id}", "S", pool),
    Endpoint("GET", "/disqualify_reasons", "S", reasons),
    Endpoint("GET", "/tags", "S", _labels("tags")),
    Endpoint("GET", "/sources", "S", _labels("sources")),
    Endpoint("GET", "/offer_tags", "S", _labels("offer_tags")),
    Endpoint(
        "GET", "/interview/events", "S",
        _always({"interview_events": [], "references": [], "meta": _NO_EVENTS}), "always empty",
    ),
    Endpoint(
        "GET", "/interview/results", "S",
        _always({"interview_results": [], "hidden_results_preview": [], "references": [],
                 "meta": _NO_RESULTS}), "always empty",
    ),
    Endpoint(
        "GET", "/interview/result_requests", "S",
        _always({"interview_result_requests": [], "references": [], "meta": _NO_RESULTS}),
        "always empty",
    ),
    Endpoint("GET", "/open_questions/template", "S",
             _always({"open_question_templates": []}), "always empty"),
    Endpoint("GET", "/custom_fields/fields/searchable", "S", _always({"fields": _SEARCHABLE})),
    Endpoint("GET", "/custom_fields/fieldsets", "S", _always({"fieldsets": []}), "always empty"),
    Endpoint("GET", "/dynamic_fields", "S", _always({"dynamic_fields": []}), "always empty"),
)  # fmt: skip
