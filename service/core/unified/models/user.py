"""User: a member of the company; read with the list of memberships, whose references have the names.

| field | comes from | a change of it |
| --- | --- | --- |
| remote_id | `admin_id`, not the membership's own id | never |
| first_name, last_name, email, timezone, anonymized_at | the Admin of that id | user.updated |
| status | `is_active`; INACTIVE once the user vanishes from the list, never deleted | user.updated |
| role_id, is_admin | the one role, `role_admin` | user.updated |
| system_roles | that role in Kombo's shape | in silence: role_id and is_admin tell of it |
| job_ids | `offer_ids` | in silence: the job's event tells of its hiring team |
| the other flags | served | user.updated |
| photo, initials, talent pools, requisitions, accessible placements | not kept | never |

A token that may not read memberships reads `/admins`, which knows active users only: what a row there
does not say stays as it was.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from service.core.unified.evidence import EVERY, Sources, never, of
from service.core.unified.listed import listed, told_by, word
from service.core.unified.model import Cause, Collection, Context, Draft, Fields, Listing, Model
from service.core.unified.models import role
from service.core.unified.person import split_name
from service.core.unified.reading import (
    UNKNOWN,
    Link,
    Missing,
    Raw,
    Rule,
    flag,
    identifier,
    identifiers,
    instant,
    mapping,
    text,
)

NAME = "user"
PERSONAL = ("first_name", "last_name", "email", "timezone", "anonymized_at")
"""What the Admin says; the rest is the membership's."""
_LISTED = (*PERSONAL, "role_id", "role", "role_admin", "is_active", "offer_ids")


def _status(active: object) -> str | Missing | None:
    read = flag(active)
    return ("ACTIVE" if read else "INACTIVE") if isinstance(read, bool) else read


def _system_roles(role_id: object, name: object, admin: object) -> list[Fields] | Missing:
    remote_id = identifier(role_id)
    if remote_id is None:
        return [] if role_id is None else UNKNOWN
    kind = role.unified_type(admin, name)
    place = {"remote_id": remote_id, "remote_label": word(name), "scope": role.SCOPE}
    return [place | {"unified_type": kind}]


_RULES = (
    Rule("first_name", ("first_name",), text),
    Rule("last_name", ("last_name",), text),
    Rule("email", ("email",), text),
    Rule("status", ("is_active",), _status),
    Rule("system_roles", ("role_id", "role", "role_admin"), _system_roles),
    Rule("is_admin", ("role_admin",), flag),
    Rule("is_hiring_manager", ("is_hiring_manager",), flag),
    Rule("is_recruiter", ("is_recruiter",), flag),
    Rule("is_approver", ("is_approver",), flag),
    Rule("two_factor_auth_enabled", ("two_factor_auth_enabled",), flag),
    Rule("timezone", ("timezone",), text),
    Rule("anonymized_at", ("anonymized_at",), instant),
)
_LINKS = (Link("role_id", "role_id", role.NAME),)


def expand(
    raw: Mapping[str, Any], references: Sequence[Mapping[str, Any]], context: Context, owner: str
) -> list[Draft]:
    """Return a user, of a membership or of a row of `/admins`."""
    row = mapping(raw)
    told = _member(row, references) if "admin_id" in row else _admin(row)
    more = _job_ids(told, context)
    return listed(NAME, MODEL.fields, told, context, _RULES, _LINKS, more)


def _member(row: Raw, references: object) -> Raw:
    remote_id = identifier(row["admin_id"])
    if remote_id is None:
        return {}
    person = _person(references, remote_id)
    personal = {key: person[key] for key in PERSONAL if key in person}
    return {**row, **personal, "id": remote_id}


def _person(references: object, remote_id: str) -> Raw:
    # A page refers to a thousand people: the id, which tells most, is looked at first.
    forms = (int(remote_id), remote_id)
    for each in references if isinstance(references, list) else ():
        if isinstance(each, dict) and each.get("id") in forms and each.get("type") == "Admin":
            return each
    return {}


def _admin(row: Raw) -> Raw:
    if "email" not in row and "first_name" not in row:
        # A membership that lost its `admin_id`: its own id is not the user's.
        return {}
    told = {key: row[key] for key in _LISTED if key in row}
    if "role_name" in row:
        told.setdefault("role", row["role_name"])
    if "first_name" not in row and (name := word(row.get("name"))):
        first, last = split_name(name)
        told |= {"first_name": first, "last_name": last}
    inside = mapping(row.get("membership"))
    return {"is_active": row.get("anonymized_at") is None, **told, **inside, "id": row.get("id")}


def _job_ids(told: Raw, context: Context) -> Fields:
    read = identifiers(told.get("offer_ids", UNKNOWN))
    return {} if read is UNKNOWN else {"job_ids": [context.uid("job", each) for each in read]}


def _ended(fields: Fields) -> Fields:
    return fields | {"status": "INACTIVE"}


def _creates(cause: Cause, fields: Fields) -> bool:
    return cause.event_type == "member_add"


MODEL = Model(
    name=NAME,
    fields=(
        "id", "remote_id", "first_name", "last_name", "email", "status", "system_roles", "role_id",
        "is_admin", "is_hiring_manager", "is_recruiter", "is_approver", "two_factor_auth_enabled",
        "timezone", "anonymized_at", "job_ids", "remote_created_at", "remote_deleted_at",
    ),
    volatile=frozenset({"system_roles", "job_ids"}),
    creates=_creates,
    concerns=told_by("member_add", "member_remove", "member_role_change"),
    restored_as="created",
)  # fmt: skip

COLLECTIONS = (
    Collection(
        "users",
        NAME,
        Listing("/memberships", "memberships", "page", 1000),
        expand,
        fallback=Listing("/admins", "admins", "none"),
        ended=_ended,
        every_s=900,
    ),
)

_ROWS = {
    **EVERY,
    "remote_id": of("admin_id", how="the user's, not the membership's"),
    "first_name": of("references[].first_name"),
    "last_name": of("references[].last_name"),
    "email": of("references[].email"),
    "status": of(
        "is_active", how="ACTIVE, INACTIVE; INACTIVE once the user vanishes from the list"
    ),
    "system_roles": of(("role_id", "role", "role_admin"), how="the one role, in Kombo's shape"),
    "role_id": of("role_id"),
    "is_admin": of("role_admin"),
    "is_hiring_manager": of("is_hiring_manager"),
    "is_recruiter": of("is_recruiter"),
    "is_approver": of("is_approver"),
    "two_factor_auth_enabled": of("two_factor_auth_enabled"),
    "timezone": of("references[].timezone"),
    "anonymized_at": of("references[].anonymized_at", how="RFC 3339, UTC"),
    "job_ids": of("offer_ids[]", how="the jobs' ids, by rising remote id"),
    "remote_created_at": of("created_at", how="the membership's; RFC 3339, UTC"),
    "remote_deleted_at": never("a user who vanishes from the list is kept as INACTIVE"),
}
SOURCES: Sources = {name: _ROWS[name] for name in MODEL.fields}
