"""Rows of what candidates and jobs own, read as their collections read them; anything in place of them."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import orjson
from hypothesis import strategies as st

from service.core.unified.announce import announce_deleted
from service.core.unified.model import Cause, Context, Draft, Ref, Snapshot, Verdict
from service.core.unified.registry import COLLECTIONS, MODELS
from tests.unified.shapes import Json, at, context
from tests.unified.test_properties import JSON

ADMIN: Json = {"type": "Admin", "id": 11, "first_name": "Bela", "last_name": "Ruiz"}
GUEST: Json = {"type": "Guest", "id": 21, "name": "Noor Vale", "email": "noor@example.com"}
PUBLIC: Json = {"level": "public", "admin_ids": [], "role_ids": []}
SECRET: Json = {"level": "protected", "admin_ids": [12, 11], "role_ids": [5]}
OWNER = {"candidate": "40", "job": "60"}
Path = tuple[str | int, ...]


def private() -> Context:
    """A connection that keeps private notes."""
    return replace(context(), private_notes=True)


def rows(collection: str, row: Any, *references: Json, known: Context | None = None) -> list[Draft]:
    """What a row of the list of the candidate 40, or of the job 60, comes to."""
    one = COLLECTIONS[collection]
    return one.expand(row, list(references), known or context(), OWNER[one.owner or ""])


def fed(event_type: str | None, minute: int = 0, **over: Any) -> Cause:
    """An entry of the feed on the candidate 40."""
    said: Json = {"event_id": 7000 + minute, "at": at(minute), "candidate_id": "40"}
    return Cause("activity", event_type=event_type, **(said | over))


def removed(before: Snapshot, draft: Draft, *causes: Cause) -> Verdict:
    """The end of a record, at the minute 30."""
    model = MODELS[draft.model]
    ended = at(30)
    return announce_deleted(model, before, draft.remote_id, draft.subject, causes, ended, context())


def storable(draft: Draft) -> None:
    """Check that a draft has its model's fields only, and nothing that cannot be stored."""
    assert set(draft.fields) <= set(MODELS[draft.model].fields)
    assert orjson.loads(orjson.dumps(draft.fields)) == draft.fields
    assert draft.fields["id"] == f"{draft.model}-{draft.remote_id}"
    assert isinstance(draft.subject, Ref)


@st.composite
def spoiled(draw: st.DrawFn, raw: Json) -> Any:
    """A row some of whose values, at any depth, are anything, or missing."""
    row = deepcopy(raw)
    for path in draw(st.lists(st.sampled_from(list(_paths(raw))), max_size=6)):
        place, key = _walk(row, path[:-1]), path[-1]
        if isinstance(place, dict) and key in place and draw(st.booleans()):
            del place[key]
        elif isinstance(place, dict) or _within(place, key):
            place[key] = draw(JSON)
    return row


def _paths(value: Any, start: Path = ()) -> Iterator[Path]:
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    for key, each in inner:
        yield (*start, key)
        yield from _paths(each, (*start, key))


def _walk(value: Any, path: Path) -> Any:
    for key in path:
        inside = isinstance(value, dict) and key in value
        value = value[key] if inside or _within(value, key) else None
    return value


def _within(place: Any, key: str | int) -> bool:
    return isinstance(place, list) and isinstance(key, int) and key < len(place)
