"""Source: where candidates come from, as the company names it; read with the list of all sources.

| field | comes from | a change of it |
| --- | --- | --- |
| name | `name` | in silence: no event tells of sources |
| taggings_count, searchable_name, context, status | not kept, as of tags | never |
"""

from collections.abc import Mapping, Sequence
from typing import Any

from service.core.unified.evidence import EVERY, Sources, of
from service.core.unified.model import Collection, Context, Draft, Listing, Model
from service.core.unified.models import tag

NAME = "source"


def expand(
    raw: Mapping[str, Any], references: Sequence[Mapping[str, Any]], context: Context, owner: str
) -> list[Draft]:
    """Return a source."""
    return tag.drafts(NAME, raw, context)


MODEL = Model(name=NAME, fields=tag.FIELDS, silent=True)

COLLECTIONS = (
    Collection("sources", NAME, Listing("/sources", "sources", "page", 1000), expand, every_s=7200),
)

_ROWS = {**EVERY, "name": of("name")}
SOURCES: Sources = {name: _ROWS[name] for name in MODEL.fields}
