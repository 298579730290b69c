"""What a read is asked for: page, format, fields, order and conditions, in Truto's words."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from starlette.datastructures import QueryParams

from service.truto.brackets import texts, tree
from service.truto.entry import ACCOUNT
from service.truto.envelope import invalid
from service.truto.filtering import Where, where
from service.truto.resource import Resource
from service.truto.schema import beneath

Format = Literal["unified", "raw", "normalized", "stream"]
FORMATS: Final = ("unified", "raw", "normalized", "stream")
USUAL, MOST, UNLIMITED = 100, 1000, 5000
IN_SILENCE: Final = frozenset({ACCOUNT, "truto_super_query", "truto_body_passthrough"})
"""Taken and without effect: one store answers all reads, and nothing is sent as it came."""
OPTIONS: Final = IN_SILENCE | {
    "limit", "next_cursor", "prev_cursor", "sort_by", "remote_query", "truto_response_format",
    "truto_key_by", "truto_ignore_limit", "truto_ignore_remote_data", "truto_exclude_fields",
}  # fmt: skip


ANYTHING: Final = Where()


@dataclass(frozen=True, slots=True)
class Sort:
    """The field by which a list is ordered, and which way."""

    field: str
    falling: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of one read."""

    limit: int = USUAL
    cursor: str | None = None
    format: Format = "unified"
    key_by: str | None = None
    raw: bool = True  # whether `remote_data` is shown
    exclude: tuple[tuple[str, ...], ...] = ()
    where: Where = ANYTHING
    sort: Sort | None = None
    passed_over: tuple[str, ...] = ()
    """Names that were given and have no effect here."""

    @property
    def digest(self) -> str:
        """What a cursor is good for: these conditions in this order."""
        text = repr((self.where, self.sort)).encode()
        return hashlib.sha256(text).hexdigest()[:12]


def asked(query: QueryParams, resource: Resource, *, whole: bool = True) -> Asked:
    """Read a query, of a list unless `whole` is False; raises Refused."""
    given = tree(query.multi_items())
    named = {name: value for name, value in given.items() if name not in OPTIONS}
    conditions, unknown = where(named, resource.schema, resource.aliases) if whole else (
        Where(), list(named)
    )  # fmt: skip
    if "remote_query" in given:
        unknown.append("remote_query")
    limit = _limit(given.get("limit"))
    if _flag(given, "truto_ignore_limit"):
        limit = UNLIMITED
    return Asked(
        limit=limit, cursor=_one(given, "next_cursor"), format=_format(given),
        key_by=_key(given, resource), raw=not _flag(given, "truto_ignore_remote_data"),
        exclude=_exclude(given, resource), where=conditions, sort=_sort(given, resource),
        passed_over=tuple(unknown),
    )  # fmt: skip


def _one(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(name, "is one text")
    return value or None


def _flag(given: Mapping[str, Any], name: str) -> bool:
    value = _one(given, name)
    if value is None:
        return False
    if value.strip().lower() not in ("true", "false", "1", "0"):
        raise invalid(name, "must be true or false")
    return value.strip().lower() in ("true", "1")


def _limit(value: object) -> int:
    if value is None or value == "":
        return USUAL
    text = value.strip().removesuffix(".0") if isinstance(value, str) else ""
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and int(text) > 0):
        raise invalid("limit", f"must be a whole number from 1; above {MOST} it counts as {MOST}")
    return min(int(text), MOST)


def _format(given: Mapping[str, Any]) -> Format:
    value = _one(given, "truto_response_format") or "unified"
    for known in FORMATS:
        if value == known:
            return known
    raise invalid("truto_response_format", f"must be one of {', '.join(FORMATS)}")


def _key(given: Mapping[str, Any], resource: Resource) -> str | None:
    value = _one(given, "truto_key_by")
    if value is not None and value not in resource.schema:
        raise invalid("truto_key_by", f"{value[:80]} is no field of {resource.name}")
    return value


def _exclude(given: Mapping[str, Any], resource: Resource) -> tuple[tuple[str, ...], ...]:
    paths = [tuple(name.split(".")) for name in texts(given.get("truto_exclude_fields", []))]
    for path in paths:
        if path != ("remote_data",) and not beneath(resource.schema, path):
            said = ".".join(path)[:80]
            raise invalid("truto_exclude_fields", f"{said} is no field of {resource.name}")
    return tuple(paths)


def _sort(given: Mapping[str, Any], resource: Resource) -> Sort | None:
    value = given.get("sort_by")
    if not value:
        return None
    pairs = list(value.items()) if isinstance(value, dict) else [(value, "asc")]
    name, way = pairs[0]
    if len(pairs) > 1 or not isinstance(name, str) or name not in resource.sortable:
        raise invalid("sort_by", f"is one of {', '.join(resource.sortable) or 'none'}")
    if not isinstance(way, str) or way.lower() not in ("asc", "desc"):
        raise invalid("sort_by", "is asc or desc")
    return Sort(name, way.lower() == "desc")
