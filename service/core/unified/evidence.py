"""Where each unified field comes from, and how sure that is: the rows of the field table.

A model file has a `SOURCES` with one row per field of its `MODEL`; a test holds the two together, and
the page of fields is written from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How a key of Recruitee's API is known; nobody here has a live account."""

    DOCUMENTED = "documented"  # a page of the vendor's documentation
    RECORDED = "recorded"  # a response in the vendor's own endpoint documentation
    OBSERVED = "observed"  # seen on a live company by a third party who says so
    CLIENT = "client"  # read by a public client
    SECOND_HAND = "second-hand"  # somebody's paraphrase of the documentation
    ASSUMED = "assumed"
    OURS = "ours"  # not Recruitee's: an id, a constant, a time of our own


@dataclass(frozen=True, slots=True)
class Source:
    """One field's origin."""

    keys: tuple[str, ...]  # Recruitee's, as paths from the record: "placements[].stage_id"
    grade: Grade
    how: str = ""  # how it is derived, where it is not the key's value as it is
    missing: str = ""  # why it is never there: Recruitee has no such fact


Sources = Mapping[str, Source]


def of(keys: str | tuple[str, ...], grade: Grade = Grade.RECORDED, how: str = "") -> Source:
    """Return a source: the keys, how they are known, what becomes of them."""
    return Source((keys,) if isinstance(keys, str) else keys, grade, how)


def ours(how: str) -> Source:
    """Return the source of what we make ourselves."""
    return Source((), Grade.OURS, how)


def never(reason: str) -> Source:
    """Return the row of a field that Recruitee has no fact for."""
    return Source((), Grade.OURS, missing=reason)


EVERY: Sources = {
    "id": ours("derived from connection, model and remote id"),
    "remote_id": of("id"),
    "custom_fields": of("fields[]", Grade.CLIENT, "those that the operator mapped"),
    "remote_created_at": of("created_at", how="RFC 3339, UTC"),
    "remote_updated_at": of("updated_at", how="RFC 3339, UTC"),
    "remote_deleted_at": ours("when the end of the record was told or confirmed"),
}
"""What nearly every record has; a model's own row comes first."""
