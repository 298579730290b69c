"""Profile fields of every kind, and what a value of each looks like."""

from collections.abc import Callable
from random import Random
from typing import Any

from service.sandbox.records import Json

PUBLIC: Json = {"level": "public", "admin_ids": [], "role_ids": []}
LEVELS = ["Junior", "Medior", "Senior"]
FIXED = ("education", "experience")
"""The template fields that every profile has, without a name; `id` null while without a value."""

KINDS: tuple[tuple[str, str | None, list[Any]], ...] = (
    ("single_line", "Notice period", [{"text": "4 weeks"}]),
    ("multi_line", "Motivation", [{"text": "Careful work.\nCalm colleagues."}]),
    ("dropdown", "Seniority", [{"value": "Senior"}]),
    ("boolean", "Residency", [{"flag": True}]),
    ("date_of_birth", None, [{"date": "1990-01-31"}]),
    ("date", "Available from", [{"date": "2026-09-01"}]),
    ("number", "Years of practice", [{"value": 7}]),
    ("salary", "Expected salary", [{"value": "60000", "currency": "EUR"}]),
    ("gender", None, [{"value": "prefer_not_to_tell"}]),
    ("nationality", None, [{"value": "PT"}]),
    ("address", None, [{"street": "Rua Nova 8", "city": "Porto", "postcode": "4050",
                        "country": "Portugal"}]),
    ("language_skill", None, [{"language_name": "Portuguese", "level": "native"},
                              {"language_name": "English", "level": "fluent"}]),
    ("skills", None, [[{"text": "Typesetting"}, {"text": "Copy editing"}]]),
)  # fmt: skip
"""Kind, name and an example; the values of number, salary, gender, nationality and address are
assumed."""

SEARCHABLE = [
    {"name": "Notice period", "search_key": "single_line_notice_period"},
    {"name": "Seniority", "search_key": "dropdown_seniority"},
    {"name": "Residency", "search_key": "boolean_residency"},
]


def field(
    field_id: int | None, kind: str, values: list[Any], name: str | None = None,
    visibility: Json = PUBLIC,
) -> Json:  # fmt: skip
    """Return a profile field as a candidate has it; only the fixed kinds go without a name."""
    fixed = kind in FIXED
    shape: Json = {
        "id": field_id, "kind": kind, "values": values, "origin": "manual", "visible": True,
        "visibility": visibility, "fixed": True if fixed else None,
    }  # fmt: skip
    if kind == "dropdown":
        shape["options"] = {"values": LEVELS}
    return {**shape, "is_anonymous": False} if fixed else {**shape, "name": name}


def empty_fields() -> tuple[Json, ...]:
    """Return the two template fields without a value."""
    return tuple(field(None, kind, []) for kind in FIXED)


def work_and_school(random: Random) -> tuple[Json, ...]:
    """Return the two template fields with a value; their ids are to be given."""
    work = {
        "company": random.choice(("Alder & Co", "Northwater", "Pilcrow")), "title": "Specialist",
        "location": "Porto", "start_date": "2019-01", "end_date": None, "description": None,
    }  # fmt: skip
    school = {"school": "Harbour College", "degree": "Bachelor", "major": "Design"}
    return field(0, "education", [school]), field(0, "experience", [work])


def profile(random: Random) -> tuple[Json, ...]:
    """Return the fields of somebody: half of all people have none but the empty ones."""
    if random.random() < 0.5:
        return empty_fields()
    seniority = field(0, "dropdown", [{"value": random.choice(LEVELS)}], "Seniority")
    some = random.sample([one for one in KINDS if one[0] != "dropdown"], 3)
    extra = (field(0, kind, values, name) for kind, name, values in some)
    return (*work_and_school(random), seniority, *extra)


def full_profile(random: Random, next_id: Callable[[str], int]) -> tuple[Json, ...]:
    """Return a profile with a field of every kind, with ids of their own."""
    known = (*work_and_school(random), *(field(0, kind, v, name) for kind, name, v in KINDS))
    return tuple({**one, "id": next_id("field")} for one in known)


def definitions() -> list[Json]:
    """Return what the fieldset says of each field."""
    rows = (*((kind, None, None) for kind in FIXED), *KINDS)
    return [
        {"id": 7100 + at, "kind": kind, "name": name, "position": at, "visible": True,
         "visibility": PUBLIC, "options": {"values": LEVELS} if kind == "dropdown" else None}
        for at, (kind, name, _) in enumerate(rows, start=1)
    ]  # fmt: skip
