"""Shapes of pipelines and their stages: which keys come depends on where the stage stands."""

from service.sandbox.records import Json, Stage, Template
from service.sandbox.world import Company


def stage_inline(one: Stage, placed: int | None = None) -> Json:
    """Return a stage inside a job's pipeline: without timestamps."""
    return {
        "id": one.id,
        "name": one.name,
        "position": one.position,
        "group": one.group,
        "category": one.category,
        "locked": one.locked,
        "placements_count": placed,
        "time_limit": None,
        "fair_evaluations_enabled": False,
        "candidate_anonymization_enabled": False,
        "action_templates": [],
    }


def stage_of_template(one: Stage, placed: int | None = 0) -> Json:
    """Return a stage on its pipeline's own page."""
    return {**_dated(one, stage_inline(one, placed)), "automation_ids": []}


def stage_group(one: Stage, placements: list[Json]) -> Json:
    """Return a stage as the head of its group of placements."""
    shape = _dated(one, stage_inline(one, len(placements)))
    return {**shape, "placements": placements}


def stage_reference(one: Stage) -> Json:
    """Return a stage as it is sideloaded in `references`."""
    shape = _dated(one, stage_inline(one))
    del shape["action_templates"]
    return {**shape, "type": "Stage"}


def _dated(one: Stage, shape: Json) -> Json:
    return {
        **shape,
        "pipeline_template_id": one.template_id,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
    }


def template(one: Template) -> Json:
    """Return a pipeline as the list shows it: without stages."""
    return {
        "id": one.id,
        "title": one.title,
        "category": one.category,
        "position": one.position,
        "default": one.default,
        "custom": one.custom,
        "requires_adjustment": False,
    }


def template_in_full(one: Template, company: Company) -> Json:
    """Return a pipeline's own page, with stages and how often it is in use."""
    return {
        **template(one),
        "stages": [stage_of_template(stage) for stage in one.stages],
        "created_at": one.created_at,
        "updated_at": one.created_at,
        "assigned_offers_count": sum(o.template_id == one.id for o in company.offers.values()),
        "assigned_offer_templates_count": 0,
    }
