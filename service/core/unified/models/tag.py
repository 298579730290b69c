"""Tag: a word that the company puts on candidates; read with the list of all tags.

| field | comes from | a change of it |
| --- | --- | --- |
| name | `name` | tag.updated |
| taggings_count | not kept: it counts candidates | never |
| searchable_name, context, status | not kept: the name again, the list again, how a write went | never |

Tags that are merged into another vanish from the list, and so are deleted.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from service.core.unified.evidence import EVERY, Sources, of
from service.core.unified.listed import listed, told_by
from service.core.unified.model import Cause, Collection, Context, Draft, Fields, Listing, Model
from service.core.unified.reading import Raw, Rule, text

NAME = "tag"
FIELDS = ("id", "remote_id", "name", "remote_deleted_at")  # of all three kinds of tagging

_RULES = (Rule("name", ("name",), text),)


def drafts(model: str, raw: Raw, context: Context) -> list[Draft]:
    """Return a tagging's draft: tags, sources and job tags have one shape."""
    return listed(model, FIELDS, raw, context, _RULES)


def expand(
    raw: Mapping[str, Any], references: Sequence[Mapping[str, Any]], context: Context, owner: str
) -> list[Draft]:
    """Return a tag."""
    return drafts(NAME, raw, context)


def _creates(cause: Cause, fields: Fields) -> bool:
    return cause.event_type == "tag_add"


MODEL = Model(
    name=NAME,
    fields=FIELDS,
    creates=_creates,
    concerns=told_by("tag_add", "tag_remove"),
    restored_as="created",
)

COLLECTIONS = (
    Collection("tags", NAME, Listing("/tags", "tags", "page", 1000), expand, every_s=1800),
)

_ROWS = {**EVERY, "name": of("name")}
SOURCES: Sources = {name: _ROWS[name] for name in MODEL.fields}
