"""Reads about jobs: the jobs, their pipelines, talent pools, and the requisitions nobody has."""

from starlette.responses import Response

from service.sandbox.answers import answer, forbidden, not_found
from service.sandbox.calls import Call, Endpoint
from service.sandbox.paging import by_offset, by_page
from service.sandbox.parsing import whole
from service.sandbox.records import Json, Offer
from service.sandbox.shapes.offer import (
    INCLUDES,
    OLD_VIEW,
    offer_brief,
    offer_in_full,
    offer_listed,
)
from service.sandbox.shapes.pipeline import template, template_in_full
from service.sandbox.shapes.pool import pool_in_full, pool_listed

SCOPES = {
    "archived": {"archived"},
    "active": {"published", "closed"},
    "not_archived": {"draft", "published", "internal", "closed"},
}


def offers(call: Call) -> Response:
    """List jobs; lean unless `include[]` asks for more, fuller under the deprecated parameters."""
    found = [one for one in call.company.offers.values() if _listed(one, call)]
    page, meta = by_page(sorted(found, key=lambda one: one.position), call)
    return answer({"offers": [_offer_shape(one, call) for one in page], "meta": meta})


def _listed(one: Offer, call: Call) -> bool:
    asked = (
        (call.many("statuses"), {one.status}),
        (call.many("lang_codes"), {"en"}),
        (call.many("categories"), {one.category}),
        (call.many("educations"), {one.education}),
        (call.many("experiences"), {one.experience}),
        (call.many("employment_types"), {one.employment_type}),
        (call.many("priorities"), {one.priority}),
        (call.many("tag_ids"), _tag_ids(one, call)),
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


def _tag_ids(one: Offer, call: Call) -> set[str]:
    return {str(call.company.tag("offer_tags", name).id) for name in one.tags}


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


def pipelines_of_job(call: Call) -> Response:
    """List the pipelines that a job may take, without stages."""
    offer = call.offer()
    return offer if isinstance(offer, Response) else pipelines(call)


def pipeline_of_job(call: Call) -> Response:
    """Show a pipeline that a job may take, with its stages."""
    offer = call.offer()
    found = call.company.templates.get(whole(call.path["template"]))
    if isinstance(offer, Response):
        return offer
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


def requisitions(_: Call) -> Response:
    """List requisitions, grouped: the company has none."""
    return answer({"groups": []})


def positions(_: Call) -> Response:
    """List job positions: the company has none."""
    return answer({"positions": []})


def absent(_: Call) -> Response:
    """Answer for a record of a kind that the company has none of."""
    return not_found()


ROUTES = (
    Endpoint("GET", "/offers/{id}", "S", offer),
    Endpoint("GET", "/offers", "S", offers, "which keys come only by include[] is assumed"),
    Endpoint("GET", "/pipeline_templates", "S", pipelines),
    Endpoint("GET", "/pipeline_templates/{id:int}", "S", pipeline),
    Endpoint("GET", "/offers/{id}/pipeline_templates", "O", pipelines_of_job),
    Endpoint("GET", "/offers/{id}/pipeline_templates/{template:int}", "S", pipeline_of_job),
    Endpoint("GET", "/talent_pools", "S", pools),
    Endpoint("GET", "/talent_pools/{id}", "S", pool),
    Endpoint("GET", "/requisitions", "S", requisitions, "always empty"),
    Endpoint("GET", "/requisitions/{id:int}", "S", absent, "always 404"),
    Endpoint("GET", "/positions", "A", positions, "shape not captured, always empty"),
    Endpoint("GET", "/positions/{id:int}", "A", absent, "always 404"),
)
