"""Stage: a step of a pipeline; jobs that share a pipeline share its stages.

| field | comes from | a change of it |
| --- | --- | --- |
| name, category, group, locked, time_limit | served | stage.updated |
| index | `position`; the three locked stages stand before 0 | stage.updated |
| pipeline_id | the pipeline's remote id | stage.updated |
| status | ACTIVE: Recruitee deletes a stage or has it | never |
| remote_url, custom_fields | nothing | never |
| remote_updated_at | `updated_at` | in silence |
| counters, automations | not kept | never |
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from service.core.unified.evidence import EVERY, Grade, Sources, never, of, ours
from service.core.unified.model import Cause, Context, Draft, Fields, Model, Ref
from service.core.unified.reading import (
    Raw,
    Rule,
    flag,
    identifier,
    integer,
    mappings,
    record,
    text,
)

NAME = "stage"

_RULES = (
    Rule("name", ("name",), text),
    Rule("category", ("category",), text),
    Rule("group", ("group",), text),
    Rule("index", ("position",), integer),
    Rule("locked", ("locked",), flag),
    Rule("time_limit", ("time_limit",), integer),
)


def drafts(template: Raw, context: Context) -> list[Draft]:
    """Return the stages of a job's pipeline, by position."""
    pipeline_id = identifier(template.get("id"))
    found = dict(by_position(template))
    return [_draft(stage_id, raw, pipeline_id, context) for stage_id, raw in found.items()]


def by_position(template: Raw) -> list[tuple[str, Raw]]:
    """Return (remote id, stage) in the order of the pipeline."""
    stages = [
        (i, raw) for raw in mappings(template.get("stages")) if (i := identifier(raw.get("id")))
    ]
    return sorted(stages, key=lambda stage: _place(stage[1]))


class Described(NamedTuple):
    """What an answer's references say of what its placements name."""

    categories: Mapping[str, str]  # of stages, by remote id
    pools: frozenset[str]  # remote ids of offers that are talent pools


class _Same:
    """References as a key of the cache below: the very same list."""

    def __init__(self, references: object) -> None:
        self.references = references

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.references is self.references

    def __hash__(self) -> int:
        return id(self.references)


def described(references: object) -> Described:
    """Return what references say; the rows of one page share them, and each row asks."""
    return _described(_Same(references))


@lru_cache(maxsize=2)
def _described(same: _Same) -> Described:
    offers = (raw for raw in mappings(same.references) if raw.get("type") == "Offer")
    pools = (identifier(raw.get("id")) for raw in offers if raw.get("kind") == "talent_pool")
    return Described(categories(same.references), frozenset(pool for pool in pools if pool))


def categories(references: object) -> dict[str, str]:
    """Return the category of every stage that an answer refers to, by remote id."""
    stages = (raw for raw in mappings(references) if raw.get("type") == "Stage")
    found = ((identifier(raw.get("id")), text(raw.get("category"))) for raw in stages)
    return {
        stage_id: category for stage_id, category in found if stage_id and isinstance(category, str)
    }


def _place(raw: Raw) -> int:
    position = integer(raw.get("position"))
    return position if isinstance(position, int) else 0


def _draft(stage_id: str, raw: Raw, pipeline_id: str | None, context: Context) -> Draft:
    own = identifier(raw.get("pipeline_template_id")) or pipeline_id
    fields = record(NAME, stage_id, raw, context, _RULES) | {"status": "ACTIVE", "remote_url": None}
    if own:
        fields["pipeline_id"] = own
    return Draft(NAME, stage_id, fields, Ref(NAME, stage_id))


def _creates(cause: Cause, fields: Fields) -> bool:
    return cause.event_type == "stage_add"


def _concerns(cause: Cause, fields: Fields, context: Context) -> bool:
    # A stage does not know its jobs: any webhook of one may have brought it.
    return cause.candidate_id is None


MODEL = Model(
    name=NAME,
    fields=(
        "id", "remote_id", "name", "status", "category", "group", "index", "locked", "time_limit",
        "pipeline_id", "remote_url", "custom_fields", "remote_created_at", "remote_updated_at",
        "remote_deleted_at",
    ),
    volatile=frozenset({"remote_updated_at"}),
    creates=_creates,
    concerns=_concerns,
    restored_as="created",
)  # fmt: skip

_STAGE = "pipeline_template.stages[]."
_ROWS = {
    **EVERY,
    "remote_id": of(_STAGE + "id"),
    "name": of(_STAGE + "name"),
    "status": ours("ACTIVE: a stage that is not used any more is deleted"),
    "category": of(_STAGE + "category", how="in Recruitee's words; `hire` means hired"),
    "group": of(_STAGE + "group"),
    "index": of(_STAGE + "position", how="the locked stages stand before 0"),
    "locked": of(_STAGE + "locked"),
    "time_limit": of(_STAGE + "time_limit", Grade.ASSUMED),
    "pipeline_id": of("pipeline_template.id", how="remote id"),
    "remote_url": never("a stage has no page of its own"),
    "custom_fields": never("Recruitee has no fields on stages"),
    "remote_created_at": of(_STAGE + "created_at", how="RFC 3339, UTC; not on the job's own page"),
    "remote_updated_at": of(_STAGE + "updated_at", how="RFC 3339, UTC; not on the job's own page"),
}
SOURCES: Sources = {name: _ROWS[name] for name in MODEL.fields}
