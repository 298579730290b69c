"""Department: of the company; read with the list of all of them.

| field | comes from | a change of it |
| --- | --- | --- |
| name | `name` | department.updated |
| translations | `grouped_translations`, by language; those without a name are left out | department.updated |
| offers_count, talent_pools_count | not kept: they count jobs and pools | never |
| status | not kept: null, or `created` after the write that made it | never |

There is no tree of departments and no time on one. One that is merged into another vanishes from the
list, and so is deleted.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from service.core.unified.evidence import EVERY, Sources, of
from service.core.unified.listed import listed, told_by, word
from service.core.unified.model import Collection, Context, Draft, Listing, Model
from service.core.unified.reading import UNKNOWN, Missing, Rule, mapping, text

NAME = "department"


def _translations(value: object) -> list[dict[str, str]] | Missing:
    if not isinstance(value, dict):
        return [] if value is None else UNKNOWN
    named = {
        language: name
        for key, said in value.items()
        if (language := word(key)) and (name := word(mapping(said).get("name")))
    }
    return [{"language": language, "name": named[language]} for language in sorted(named)]


_RULES = (
    Rule("name", ("name",), text),
    Rule("translations", ("grouped_translations",), _translations),
)


def expand(
    raw: Mapping[str, Any], references: Sequence[Mapping[str, Any]], context: Context, owner: str
) -> list[Draft]:
    """Return a department."""
    return listed(NAME, MODEL.fields, raw, context, _RULES)


MODEL = Model(
    name=NAME,
    fields=("id", "remote_id", "name", "translations", "remote_deleted_at"),
    concerns=told_by(),
    restored_as="created",
)

COLLECTIONS = (
    Collection(
        "departments", NAME, Listing("/departments", "departments", "none"), expand, every_s=1800
    ),
)

_ROWS = {
    **EVERY,
    "name": of("name"),
    "translations": of("grouped_translations", how="[{language, name}], where there is a name"),
}
SOURCES: Sources = {name: _ROWS[name] for name in MODEL.fields}
