"""Shapes that several lists show: references to other records, addresses, what every record has."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from service.core import ids
from service.core.unified.model import Fields
from service.kombo.kept import Desk, Kept

Shape = dict[str, Any]
PLACE: Final = ("city", "country", "raw", "state", "street_1", "street_2", "zip_code")
EMAIL: Final = re.compile(
    r"(?!\.)(?!.*\.\.)([\w'+\-.]*)[\w+\-]@([\da-z][\da-z-]*\.)+[a-z]{2,}", re.IGNORECASE
)
DATES: Final = ("remote_created_at", "remote_updated_at")


def picked(fields: Mapping[str, Any], names: Collection[str]) -> Shape:
    """Return fields by name, null where they are not known."""
    # Of each record of a page several times: twice as fast as a comprehension.
    return dict(zip(names, map(fields.get, names), strict=True))


def framed(row: Kept, names: Collection[str] = ()) -> Shape:
    """Return what every listed record has, and fields of its own; raw data is not kept."""
    return {
        "id": row.fields["id"],
        "remote_id": row.fields.get("remote_id", row.ref.remote_id),
        **picked(row.fields, names),
        "changed_at": row.changed_at,
        "remote_deleted_at": row.fields.get("remote_deleted_at"),
        "remote_data": None,
    }


def reference(fields: Fields | None, *names: str) -> Shape | None:
    """Return another record as it is shown inside one; None where it is not known."""
    return picked(fields, ("id", "remote_id", *names)) if fields else None


def user(fields: Fields | None) -> Shape | None:
    """Return a user as shown inside others."""
    if not fields:
        return None
    return picked(fields, ("id", "remote_id", "first_name", "last_name")) | {
        "email": email(fields.get("email"))
    }


def users(table: Mapping[str, Fields], named: object) -> list[Shape]:
    """Return users by their ids; one that is not known is an id and nothing else."""
    wanted = named if isinstance(named, list) else []
    return [user(table.get(uid) or {"id": uid}) or {} for uid in wanted]


def email(value: object) -> str | None:
    """Return an e-mail address, its host in small letters; None for what is none."""
    if not isinstance(value, str) or not EMAIL.fullmatch(value.strip()):
        return None
    name, _, host = value.strip().rpartition("@")
    return f"{name}@{host.lower()}"


def emails(fields: Fields) -> list[Shape]:
    """Return a candidate's addresses, those that are none left out."""
    rows = mappings(fields.get("email_addresses"))
    read = ((email(row.get("email_address")), row.get("type")) for row in rows)
    return [{"email_address": address, "type": kind} for address, kind in read if address]


def contacts(fields: Fields) -> Shape:
    """Return how a candidate is reached."""
    phones = mappings(fields.get("phone_numbers"))
    social = mappings(fields.get("social_media"))
    return {
        "email_addresses": emails(fields),
        "phone_numbers": [
            picked(row, ("phone_number", "type")) for row in phones if row.get("phone_number")
        ],
        "social_media": [picked(row, ("link", "type", "username")) for row in social],
    }


def location(value: object) -> Shape | None:
    """Return a place, all of it text: what does not fit its shape a client drops in silence."""
    if not isinstance(value, dict):
        return None
    read = {name: value.get(name) for name in PLACE}
    return {name: said if isinstance(said, str) else None for name, said in read.items()}


def stage(fields: Fields | None, index: bool = True) -> Shape | None:
    """Return a stage as shown inside others."""
    shown = reference(fields, "name", "status", "custom_fields", *(["index"] if index else []))
    return None if shown is None else shown | {"remote_data": None}


def tags(desk: Desk, table: Mapping[str, Fields], named: object) -> list[Shape]:
    """Return tags by name; one that the company's list does not show has no remote id."""
    wanted = named if isinstance(named, list) else []
    if wanted and not desk.tags:
        # Once for all records of a page: a company may have thousands of tags.
        desk.tags.update(_by_name(table))
    for name in wanted:
        if name not in desk.tags:
            made = ids.derive("tag", desk.c, name)
            desk.tags[name] = {"id": made, "name": name, "remote_id": None}
    return [desk.tags[name] for name in wanted]


def _by_name(table: Mapping[str, Fields]) -> dict[str, Shape]:
    known: dict[str, Shape] = {}
    for row in table.values():
        if (name := row.get("name")) and (name not in known or not row.get("remote_deleted_at")):
            known[name] = picked(row, ("id", "name", "remote_id"))
    return known


def mappings(value: object) -> Sequence[Mapping[str, Any]]:
    """Return the objects of a list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
