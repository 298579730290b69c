"""Location: a place of the company; read with the list of all of them, archived ones too.

| field | comes from | a change of it |
| --- | --- | --- |
| city, state, street_1, zip_code, country, raw | the address, in Kombo's names | location.updated |
| translations | by language; those in which nothing is written are left out | location.updated |
| archived_at | served; null again when it is retrieved | location.updated |
| street_2 | nothing: Recruitee has one line | never |
| is_valid, note, state_code, language | served | location.updated |
| counters, is_deletable | not kept: they count jobs and requisitions | never |

A location that is merged into another, or deleted, vanishes from the list.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from service.core.unified.evidence import EVERY, Sources, never, of
from service.core.unified.listed import listed, told_by, word
from service.core.unified.model import Cause, Collection, Context, Draft, Fields, Listing, Model
from service.core.unified.reading import (
    UNKNOWN,
    Missing,
    Raw,
    Rule,
    flag,
    instant,
    mappings,
    text,
)

NAME = "location"
NEWS = (
    "location_created", "location_updated", "location_archived", "location_retrieved",
    "location_deleted", "locations_merged",
)  # fmt: skip
WRITTEN = {
    "name": "name", "note": "note", "city": "city", "street_1": "street", "zip_code": "postal_code",
}  # fmt: skip
"""What a translation has, and Recruitee's key of it."""


def _translations(value: object) -> list[Fields] | Missing:
    if not isinstance(value, list):
        return [] if value is None else UNKNOWN
    keys = {"lang_code", "full_address", *WRITTEN.values()}
    if any(keys - each.keys() for each in mappings(value)):
        return UNKNOWN  # a key that is not served is no text that was cleared
    read = (_translation(each) for each in mappings(value))
    kept = (each for each in read if each["language"] and any(each[name] for name in WRITTEN))
    return sorted(kept, key=lambda each: str(each["language"]))


def _translation(raw: Raw) -> Fields:
    language, address = word(raw.get("lang_code")), word(raw.get("full_address"))
    written = {name: word(raw.get(key)) for name, key in WRITTEN.items()}
    return {"language": language, **written, "raw": address}


_RULES = (
    Rule("name", ("name",), text),
    Rule("city", ("city",), text),
    Rule("country", ("country_code",), text),
    Rule("raw", ("full_address",), text),
    Rule("state", ("state_name",), text),
    Rule("state_code", ("state_code",), text),
    Rule("street_1", ("street",), text),
    Rule("street_2", (), lambda: None),
    Rule("zip_code", ("postal_code",), text),
    Rule("language", ("lang_code",), text),
    Rule("note", ("note",), text),
    Rule("translations", ("translations",), _translations),
    Rule("is_valid", ("is_valid",), flag),
    Rule("archived_at", ("archived_at",), instant),
)


def expand(
    raw: Mapping[str, Any], references: Sequence[Mapping[str, Any]], context: Context, owner: str
) -> list[Draft]:
    """Return a location."""
    return listed(NAME, MODEL.fields, raw, context, _RULES)


def _creates(cause: Cause, fields: Fields) -> bool:
    return cause.event_type == "location_created"


MODEL = Model(
    name=NAME,
    fields=(
        "id", "remote_id", "name", "city", "country", "raw", "state", "state_code", "street_1",
        "street_2", "zip_code", "language", "note", "translations", "is_valid", "archived_at",
        "remote_created_at", "remote_updated_at", "remote_deleted_at",
    ),
    volatile=frozenset({"remote_updated_at"}),
    creates=_creates,
    concerns=told_by(*NEWS),
    restored_as="created",
)  # fmt: skip

COLLECTIONS = (
    Collection(
        "locations",
        NAME,
        # Without `full` the translations are left out.
        Listing("/locations", "locations", "page", 1000, {"scope": "all", "view_mode": "full"}),
        expand,
        every_s=1800,
    ),
)

_ROWS = {
    **EVERY,
    "name": of("name"),
    "city": of("city"),
    "country": of("country_code", how="ISO 3166, two letters"),
    "raw": of("full_address"),
    "state": of("state_name"),
    "state_code": of("state_code"),
    "street_1": of("street"),
    "street_2": never("Recruitee has one line for the street"),
    "zip_code": of("postal_code"),
    "language": of("lang_code"),
    "note": of("note"),
    "translations": of("translations[]", how="in Kombo's names, where anything is written"),
    "is_valid": of("is_valid"),
    "archived_at": of("archived_at", how="RFC 3339, UTC"),
}
SOURCES: Sources = {name: _ROWS[name] for name in MODEL.fields}
