"""Which fields of its own a company has, how often they are filled, and an example that gives no one away."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from service.core.unified.model import Fields
from service.core.unified.options import Options, Pii
from service.core.unified.profile import DYNAMIC, PROFILE
from service.core.unified.reading import Raw, mappings, text

MODEL_OF: Final[Mapping[str, str]] = {PROFILE: "candidate", DYNAMIC: "job"}
"""A field's prefix -> the model that has it."""
SENSITIVE_KINDS: Final = frozenset({"date_of_birth", "gender", "nationality", "salary"})
FEW_VALUES: Final = frozenset({"boolean", "dropdown", "gender", "nationality"})
"""Kinds of which the first letter says it all."""
SENSITIVE_WORDS: Final = re.compile(
    r"salary|compensation|gehalt|gender|geschlecht|birth|geburt|nationalit|ethnic|religio|health"
    r"|disab|behinder|marital|passport|permit|social security|\b(?:wage|visa|iban|tax)\b",
    re.IGNORECASE,
)
MASK: Final = "***"
SHOWN_KEYS, LONGEST, LONGEST_KEY = 3, 60, 200

_DATE = re.compile(r"((?:19|20)\d{2})-[01]\d(-[0-3]\d)?(?:[T ].*)?")
_PHONE = re.compile(r"\+?[\d\s().\/-]{6,40}")


class Defined(NamedTuple):
    """A field that Recruitee says there is."""

    key: str
    kind: str | None
    label: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A field, and what a sample of records says of it."""

    key: str
    kind: str | None = None
    label: str | None = None
    filled: int = 0  # in how many records of the sample
    example: Any = None  # as it is: to be masked before it is shown
    defined: bool = False

    @property
    def model(self) -> str:
        """The model that has the field."""
        return model_of(self.key) or ""


def model_of(key: str) -> str | None:
    """Return the model that has a field of this key; None when it is no field's key."""
    name = next((m for prefix, m in MODEL_OF.items() if key.startswith(prefix)), None)
    fits = len(key) <= LONGEST_KEY and key.isprintable() and key.partition(".")[2].strip()
    return name if fits else None


def explore(records: Iterable[Fields], defined: Iterable[Defined] = ()) -> dict[str, Seen]:
    """Return the fields of records' `integration_fields`, and those that are only defined, by key."""
    found: dict[str, Seen] = {}
    for record in records:
        for row in mappings(record.get("integration_fields")):
            key, value = row.get("key"), row.get("value")
            if isinstance(key, str) and model_of(key) and value not in (None, "", [], {}):
                found[key] = _more(found.get(key), key, row, value)
    for each in defined:
        before = found.get(each.key) or Seen(each.key)
        kind = each.kind or before.kind
        found[each.key] = replace(before, kind=kind, label=each.label, defined=True)
    return dict(sorted(found.items(), key=lambda pair: (pair[1].model, pair[0])))


def profile_definitions(fields: object) -> list[Defined]:
    """Read the fields of a fieldset: [{kind, name, ...}]; those without a name go by their kind."""
    found = ((text(row.get("kind")), text(row.get("name"))) for row in mappings(fields))
    read = [
        (k if isinstance(k, str) else None, n if isinstance(n, str) else None) for k, n in found
    ]
    return [Defined(PROFILE + said, kind, said) for kind, name in read if (said := name or kind)]


def searchable_definitions(fields: object) -> list[Defined]:
    """Read the fields one can search by: [{name, search_key}], the key being the kind and the name."""
    rows = [(text(row.get("name")), text(row.get("search_key"))) for row in mappings(fields)]
    return [
        Defined(PROFILE + name, _searched_kind(name, key), name)
        for name, key in rows
        if isinstance(name, str)
    ]


def dynamic_definitions(fields: object) -> list[Defined]:
    """Read the company's job fields: [{name, type, ...}]."""
    rows = [(text(row.get("type")), text(row.get("name"))) for row in mappings(fields)]
    return [
        Defined(DYNAMIC + name, kind if isinstance(kind, str) else None, name)
        for kind, name in rows
        if isinstance(name, str)
    ]


def pii_of(options: Options, seen: Seen) -> Pii:
    """Return what the operator says a field is, else a guess by kind and label.

    What a person's profile says is personal at least; what a job says is nobody's.
    """
    if chosen := options.pii.get(seen.key):
        return chosen
    if seen.model != "candidate":
        return "none"
    sensitive = seen.kind in SENSITIVE_KINDS or SENSITIVE_WORDS.search(seen.key)
    return "sensitive" if sensitive else "personal"


def example_of(seen: Seen, pii: Pii) -> str | None:
    """Return a field's example, masked; None when the sample has none."""
    if seen.example is None:
        return None
    return masked(seen.example, whole=pii == "sensitive" or seen.kind in FEW_VALUES)[:LONGEST]


def masked(value: object, *, whole: bool = False) -> str:
    """Return what a value looks like: its first character, a date's year, a number's first digit.

    `whole`: not even the first character; a date keeps its year.
    """
    match value:
        case str():
            return _masked_text(value.strip(), whole)
        case bool() | None:
            return MASK
        case int() | float():
            digits = str(abs(value)).partition(".")[0]
            return MASK if whole or len(digits) < 3 else digits[0] + "*" * (len(digits) - 1)
        case list() if value:
            more = f" (+{len(value) - 1})" if len(value) > 1 else ""
            return masked(value[0], whole=whole) + more
        case dict():
            told = {k: v for k, v in value.items() if v not in (None, "", [], {})}
            shown = [
                f"{k[:40]}: {masked(v, whole=whole)}" for k, v in list(told.items())[:SHOWN_KEYS]
            ]
            return "{" + ", ".join(shown) + "}"
    return MASK


def _masked_text(value: str, whole: bool) -> str:
    if date := _DATE.fullmatch(value):
        return date[1] + ("-**-**" if date[2] else "-**")
    if whole or len(value) < 3:
        return MASK
    if _PHONE.fullmatch(value):
        start = 3 if value.startswith("+") else 1
        return value[:start] + "*" * sum(map(str.isdigit, value[start:]))
    return value[0] + MASK


def _more(before: Seen | None, key: str, row: Raw, value: Any) -> Seen:
    if before is not None:
        return replace(before, filled=before.filled + 1)
    label = row.get("label")
    built_in = row.get("type") == "DEFAULT"
    kind = key.partition(".")[2] if built_in else _looks_like(value)
    return Seen(key, kind, label if isinstance(label, str) else None, 1, value)


def _looks_like(value: object) -> str | None:
    """Return the kind that a value speaks for; of text and lists nobody can say."""
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
    return None


def _searched_kind(name: str, search_key: object) -> str | None:
    # `dropdown_seniority_level` is the dropdown "Seniority Level".
    slug = "_" + re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    fits = isinstance(search_key, str) and search_key.endswith(slug)
    return search_key[: -len(slug)] or None if fits and isinstance(search_key, str) else None
