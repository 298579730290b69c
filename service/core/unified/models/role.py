"""Role: what users of a kind may do in the company; read with the list of all roles.

| field | comes from | a change of it |
| --- | --- | --- |
| remote_label | `name`, as Kombo calls it | in silence: no event tells of roles |
| scope | SYSTEM: a role in the company, not in one job | never |
| unified_type | ADMIN by `admin`, else by the name; null for a name of the company's own | in silence |
| abilities | codes of Recruitee's, sorted | in silence |
| admins_count | not kept: it counts users | never |
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from service.core.unified.evidence import EVERY, Grade, Sources, of, ours
from service.core.unified.listed import listed, word
from service.core.unified.model import Collection, Context, Draft, Listing, Model
from service.core.unified.reading import UNKNOWN, Missing, Rule, flag, integer, text, texts

NAME = "role"
SCOPE = "SYSTEM"
TYPES = {
    "hiring manager": "HIRING_MANAGER", "recruiter": "RECRUITER", "coordinator": "COORDINATOR",
    "recruiting coordinator": "COORDINATOR", "sourcer": "SOURCER", "interviewer": "INTERVIEWER",
}  # fmt: skip
"""Kombo's closed enum by the role's name; ADMIN is told by the flag alone."""


def unified_type(admin: object, name: object) -> str | None:
    """Return ADMIN, HIRING_MANAGER, RECRUITER, COORDINATOR, SOURCER, INTERVIEWER, or None."""
    return "ADMIN" if admin is True else TYPES.get((word(name) or "").lower())


def _abilities(value: object) -> list[str] | Missing:
    found = texts(value)
    return found if found is UNKNOWN else sorted(set(found))


_RULES = (
    Rule("remote_label", ("name",), text),
    Rule("scope", (), lambda: SCOPE),
    Rule("unified_type", ("admin", "name"), unified_type),
    Rule("description", ("description",), text),
    Rule("index", ("position",), integer),
    Rule("is_default", ("default",), flag),
    Rule("is_admin", ("admin",), flag),
    Rule("abilities", ("abilities",), _abilities),
)


def expand(
    raw: Mapping[str, Any], references: Sequence[Mapping[str, Any]], context: Context, owner: str
) -> list[Draft]:
    """Return a role."""
    return [_counted(draft) for draft in listed(NAME, MODEL.fields, raw, context, _RULES)]


def _counted(draft: Draft) -> Draft:
    label = draft.fields.get("remote_label")
    if draft.fields.get("unified_type", label) is not None or label is None:
        return draft
    return replace(draft, unmapped=(("unified_type", label),))


MODEL = Model(
    name=NAME,
    fields=(
        "id", "remote_id", "remote_label", "scope", "unified_type", "description", "index",
        "is_default", "is_admin", "abilities", "remote_created_at", "remote_updated_at",
        "remote_deleted_at",
    ),
    silent=True,
)  # fmt: skip

COLLECTIONS = (
    Collection("roles", NAME, Listing("/roles", "roles", "page", 1000), expand, every_s=7200),
)

_ROWS = {
    **EVERY,
    "remote_label": of("name"),
    "scope": ours("SYSTEM: a role in the company, not in one job"),
    "unified_type": of(("admin", "name"), Grade.ASSUMED, "ADMIN by the flag, else by the name"),
    "description": of("description"),
    "index": of("position"),
    "is_default": of("default"),
    "is_admin": of("admin"),
    "abilities": of("abilities[]", how="sorted"),
}
SOURCES: Sources = {name: _ROWS[name] for name in MODEL.fields}
