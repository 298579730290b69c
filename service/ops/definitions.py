"""Ask Recruitee which fields a company has defined, each question in the connection's own turn."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from service.core.recruitee.client import (
    Answer,
    Hidden,
    Later,
    Missing,
    Ok,
    RecruiteeClient,
    Refused,
    Unauthorized,
)
from service.core.settings import Settings
from service.core.store.connections import Connection
from service.core.store.store import Store
from service.core.unified.explorer import (
    Defined,
    dynamic_definitions,
    profile_definitions,
    searchable_definitions,
)
from service.core.unified.reading import Raw, identifier, mapping, mappings
from service.ops.questions import Questions

MOST_FIELDSETS = 20
FIELDSETS, SEARCHABLE, DYNAMIC = (
    "/custom_fields/fieldsets",
    "/custom_fields/fields/searchable",
    "/dynamic_fields",
)


class Looked(NamedTuple):
    """One list of definitions, and how asking for it went."""

    path: str
    status: str  # ok, forbidden, missing, error
    reason: str | None
    fields: tuple[Defined, ...] = ()


class Definitions:
    """Questions of one connection."""

    def __init__(
        self, recruitee: RecruiteeClient, store: Store, settings: Settings, connection: Connection
    ) -> None:
        self._questions = Questions(recruitee, store, settings, connection)

    async def all(self) -> list[Looked]:
        """Ask for everything that defines a field; what cannot be read is said and left out."""
        searchable, dynamic, fieldsets = await asyncio.gather(
            self._looked(SEARCHABLE, _searchable_fields),
            self._looked(DYNAMIC, _dynamic_fields),
            self._fieldsets(),
        )
        # Last, the fuller ones: a fieldset knows a field's kind, the search only guesses at it.
        return [searchable, dynamic, *fieldsets]

    async def _fieldsets(self) -> list[Looked]:
        """Read the list of fieldsets, and one by one those that it shows without their fields."""
        answer = await self._questions.get(FIELDSETS)
        listed = _looked(FIELDSETS, answer, _listed_fields)
        rows = mappings(answer.data.get("fieldsets")) if isinstance(answer, Ok) else []
        bare = [i for row in rows if not row.get("fields") and (i := identifier(row.get("id")))]
        one = [await self._looked(f"{FIELDSETS}/{i}", _own_fields) for i in bare[:MOST_FIELDSETS]]
        return [listed, *one]

    async def _looked(self, path: str, read: Callable[[Raw], list[Defined]]) -> Looked:
        return _looked(path, await self._questions.get(path), read)


def _looked(path: str, answer: Answer, read: Callable[[Raw], list[Defined]]) -> Looked:
    match answer:
        case Ok(data):
            return Looked(path, "ok", None, tuple(read(data)))
        case Hidden() | Unauthorized():
            return Looked(path, "forbidden", "the token's owner may not see these")
        case Missing():
            return Looked(path, "missing", "Recruitee has no such list for this company")
        case Refused(status, reason):
            return Looked(path, "error", f"Recruitee refused the request ({status}: {reason})")
        case Later(reason):
            return Looked(path, "error", reason)


def _listed_fields(answer: Raw) -> list[Defined]:
    sets = mappings(answer.get("fieldsets"))
    return [each for row in sets for each in profile_definitions(row.get("fields"))]


def _own_fields(answer: Raw) -> list[Defined]:
    return profile_definitions(mapping(answer.get("fieldset")).get("fields"))


def _searchable_fields(answer: Raw) -> list[Defined]:
    return searchable_definitions(answer.get("fields"))


def _dynamic_fields(answer: Raw) -> list[Defined]:
    return dynamic_definitions(answer.get("dynamic_fields"))
