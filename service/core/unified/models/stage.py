"""Stage: a step of a pipeline; jobs that share a pipeline share its stages."""

from service.core.unified.model import Cause, Context, Draft, Fields, Model, Ref
from service.core.unified.reading import Raw, Rule, identifier, integer, mappings, record, text

NAME = "stage"

_RULES = (
    Rule("name", ("name",), text),
    Rule("category", ("category",), text),
    Rule("group", ("group",), text),
    Rule("index", ("position",), integer),
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
        "id", "remote_id", "name", "status", "category", "group", "index", "pipeline_id",
        "remote_url", "custom_fields", "remote_created_at", "remote_updated_at", "remote_deleted_at",
    ),
    volatile=frozenset({"remote_updated_at"}),
    creates=_creates,
    concerns=_concerns,
    restored_as="created",
)  # fmt: skip
