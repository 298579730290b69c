"""Read the fields that a company defines itself: a candidate's profile fields, a job's dynamic fields.

A field's own key is `profile.<name>` or `dynamic.<name>`, with the kind in place of the name that a
built-in profile field (education, experience, date of birth, ...) does not have. Fields without a
value are left out: which ones there are is a fact of the company and not of the person.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from service.core.unified.model import Context, Fields
from service.core.unified.reading import UNKNOWN, Missing, Raw, mappings, number, text
from service.core.unified.verbatim import verbatim

PROFILE: Final = "profile."
DYNAMIC: Final = "dynamic."
INTEGRATION_FIELD: Final = "integration_field"
"""The model name under which a field's unified id is derived from its own key."""

VALUE_KEYS: Final = {
    "single_line": "text", "multi_line": "text", "dropdown": "value", "boolean": "flag",
    "date_of_birth": "date", "date": "date", "number": "number", "skills": "text",
}  # fmt: skip
"""Where the values of a simple kind have what they say; of other kinds they are kept whole."""
LISTS: Final = frozenset({"experience", "education", "language_skill", "skills"})
"""Kinds whose value is a list, however many there are."""
_DYNAMIC_VALUES: Final = ("values", "value", "content")
ADDRESS: Final = {
    "city": ("city",),
    "country": ("country_code", "country"),
    "raw": ("full_address", "location", "text", "value"),
    "state": ("state_name", "state", "state_code", "region"),
    "street_1": ("street", "street_1", "address"),
    "street_2": ("street_2",),
    "zip_code": ("postal_code", "zip_code", "zip"),
}
"""Kombo's keys -> the keys an address may have; its shape was never captured."""


class Filled(NamedTuple):
    """One field that has a value."""

    key: str  # its own, see above
    kind: str
    label: str | None
    custom: bool  # made by the company
    values: list[Any]  # as Recruitee has them, one by one

    @property
    def value(self) -> Any:
        """What the field says: one thing where the kind has one, else a list."""
        return self.values if len(self.values) > 1 or self.kind in LISTS else self.values[0]


def profile(value: object) -> list[Filled] | Missing:
    """Return the profile fields that have a value, by key."""
    if not isinstance(value, list):
        return [] if value is None else UNKNOWN
    return _by_key(_profile_field(row) for row in mappings(value) if row.get("values"))


def dynamic(value: object) -> list[Filled] | Missing:
    """Return a job's dynamic fields that have a value, by key; only their definition was captured."""
    if not isinstance(value, list):
        return [] if value is None else UNKNOWN
    return _by_key(_dynamic_field(row) for row in mappings(value))


def integration_fields(filled: Iterable[Filled], context: Context) -> list[Fields]:
    """Return fields in Kombo's shape: [{id, key, type, value, label}], by key."""
    return [
        {
            "id": context.uid(INTEGRATION_FIELD, each.key),
            "key": each.key,
            "type": "CUSTOM" if each.custom else "DEFAULT",
            "value": each.value,
            "label": each.label,
        }
        for each in filled
    ]


def custom_fields(filled: Sequence[Filled], prefix: str, context: Context) -> Fields | None:
    """Return `custom_fields` by the operator's mapping, null for an empty one; None: none is mapped."""
    mapped = {key: name for key, name in context.custom_keys.items() if key.startswith(prefix)}
    if not mapped:
        return None
    values = {each.key: each.value for each in filled}
    return {name: values.get(key) for key, name in sorted(mapped.items())}


def fields(filled: Sequence[Filled] | Missing, prefix: str, context: Context) -> Fields:
    """Return `integration_fields` and `custom_fields`; nothing where the answer has no fields."""
    if filled is UNKNOWN:
        return {}
    return {
        "integration_fields": integration_fields(filled, context),
        "custom_fields": custom_fields(filled, prefix, context),
    }


def laid_over(record: Fields, found: Fields) -> Fields:
    """Return a record with its company's own fields; where those were not served they stay unknown."""
    return record | found if found else {k: v for k, v in record.items() if k != "custom_fields"}


def location(filled: Iterable[Filled]) -> Fields | None:
    """Return Kombo's location of the first address; None where there is none."""
    found = next((each.values[0] for each in filled if each.kind == "address"), None)
    said = {"text": found} if isinstance(found, str) else found
    if not isinstance(said, dict):
        return None
    place = {name: _first(said, keys) for name, keys in ADDRESS.items()}
    return place if any(place.values()) else None


def company(filled: Iterable[Filled]) -> str | None:
    """Return who a person works for: the first experience that has no end."""
    work = next((each.values for each in filled if each.kind == "experience"), [])
    current = (each for each in work if isinstance(each, dict) and not each.get("end_date"))
    return next((name for each in current if (name := _first(each, ("company",)))), None)


def _first(said: Raw, keys: Iterable[str]) -> str | None:
    return next((read for key in keys if isinstance(read := text(said.get(key)), str)), None)


def _by_key(found: Iterable[Filled | None]) -> list[Filled]:
    """Sort; fields of the same key (an imported CV may repeat one) are one with all their values."""
    merged: dict[str, Filled] = {}
    for each in found:
        if each is None:
            continue
        before = merged.get(each.key)
        merged[each.key] = (
            before._replace(values=[*before.values, *each.values]) if before else each
        )
    return [merged[key] for key in sorted(merged)]


def _profile_field(row: Raw) -> Filled | None:
    kind, name = text(row.get("kind")), text(row.get("name"))
    label = name if isinstance(name, str) else None
    kind = kind if isinstance(kind, str) else "unknown"
    values = _values(kind, row["values"])
    if not values:
        return None
    return Filled(PROFILE + (label or kind), kind, label, label is not None, values)


def _dynamic_field(row: Raw) -> Filled | None:
    name = text(row.get("name"))
    kind = text(row.get("type", row.get("kind")))
    if not isinstance(name, str):
        return None
    kind = kind if isinstance(kind, str) else "unknown"
    told = next((row[key] for key in _DYNAMIC_VALUES if row.get(key) is not None), None)
    values = _values(kind, told)
    return Filled(DYNAMIC + name, kind, name, True, values) if values else None


def _values(kind: str, said: object) -> list[Any]:
    """Return what values say, nested lists (skills) unrolled, empty ones left out."""
    rows = said if isinstance(said, list) else [said]
    read = [one for row in rows for one in (row if isinstance(row, list) else [row])]
    found = (_value(kind, one) for one in read)
    return [one for one in found if one is not None and one != "" and one != {}]


def _value(kind: str, one: object) -> Any:
    if isinstance(one, dict):
        key = VALUE_KEYS.get(kind)
        if key is not None and key in one:
            one = one[key]
        elif len(one) == 1 and not isinstance(only := next(iter(one.values())), dict | list):
            one = only
    if kind == "number" and isinstance(exact := number(one), int | float):
        return exact
    return _blank(verbatim(one))


def _blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value
