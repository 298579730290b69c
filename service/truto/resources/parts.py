"""Pieces that several resources show."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from service.core.unified.model import Fields, Ref
from service.kombo.kept import Desk, Kept
from service.kombo.lists.parts import mappings
from service.truto.resource import Shape

VISIBILITIES: Final[Mapping[str, str]] = {
    "PUBLIC": "public", "PRIVATE": "private", "PROTECTED": "admin_only",
}  # fmt: skip
"""Recruitee's protected notes are for those whom the author chose: Truto has no nearer word."""


def dates(fields: Fields) -> Shape:
    """Return when a record was made and changed at Recruitee; null where Recruitee does not say."""
    return {
        "created_at": fields.get("remote_created_at"),
        "updated_at": fields.get("remote_updated_at"),
    }


def text(value: object) -> str | None:
    """Return a text; null for what is none."""
    return value if isinstance(value, str) and value else None


def only_id(remote_id: str | None) -> Shape | None:
    """Return a reference by its id."""
    return None if remote_id is None else {"id": remote_id}


def remote(table: Mapping[str, Fields], uid: object) -> str | None:
    """Return the remote id of a record that a table has."""
    found = table.get(str(uid))
    return text(found.get("remote_id")) if found else None


def place(value: object) -> list[str]:
    """Return where somebody or something is, as one line; none where nothing is known."""
    if not isinstance(value, dict):
        return []
    parts = [value.get("raw")] if value.get("raw") else [value.get("city"), value.get("country")]
    line = ", ".join(part for part in parts if isinstance(part, str) and part)
    return [line] if line else []


def mail(address: object) -> list[Shape]:
    """Return somebody's one address."""
    said = text(address)
    return [{"email": said, "type": None, "is_primary": True}] if said else []


def full_name(fields: Mapping[str, Any]) -> str | None:
    """Return a name put together."""
    names = (fields.get("first_name"), fields.get("last_name"))
    return " ".join(name for name in names if isinstance(name, str) and name) or None


def named(fields: Fields | None) -> Shape | None:
    """Return a record by its id and name."""
    if not fields or not text(fields.get("remote_id")):
        return None
    return {"id": fields["remote_id"], "name": fields.get("name") or full_name(fields)}


async def by_uid(desk: Desk, model: str, uids: Iterable[object]) -> dict[str, Kept]:
    """Return records by their unified ids, those that are known."""
    wanted = {uid for uid in uids if isinstance(uid, str)}
    known = await desk.remote_ids(model, wanted)
    kept = await desk.kept(Ref(model, remote_id) for remote_id in known.values())
    return {
        uid: kept[Ref(model, remote_id)]
        for uid, remote_id in known.items()
        if Ref(model, remote_id) in kept
    }


def tag_shapes(table: Mapping[str, Fields], names: object) -> list[Shape]:
    """Return tags by name; one that the company's list does not show has no id."""
    wanted = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    return [
        {"id": remote(table, name), "name": name, "created_at": None, "updated_at": None}
        for name in wanted
    ]


def objects(value: object) -> Sequence[Mapping[str, Any]]:
    """Return the objects of a list."""
    return mappings(value)
