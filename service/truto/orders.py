"""Lists in another order than that of change: the order of a whole model, kept while nothing changes."""

from collections import OrderedDict
from typing import Final

from service.kombo.kept import Desk, by_number
from service.truto.resource import Resource

MOST: Final = 4
"""Orders kept at once; one of 100,000 records takes some 20 MB."""
Order = list[tuple[str, tuple[int, str], str]]
"""By (value in small letters, id as a number, id), rising."""


class Orders:
    """The orders that were asked for last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, str], tuple[object, Order]] = OrderedDict()

    async def get(self, desk: Desk, resource: Resource, field: str) -> Order:
        """Return a model's records by a field."""
        key, mark = (desk.c, resource.model, field), desk.connection.changed
        kept = self._kept.get(key)
        if kept is None or not mark or kept[0] != mark:
            kept = (mark, await _read(desk, resource, field))
            self._kept[key] = kept
        self._kept.move_to_end(key)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return kept[1]


async def _read(desk: Desk, resource: Resource, field: str) -> Order:
    found: dict[str, str] = {}
    async for known in desk.store.records.pages(desk.c, resource.model, 500):
        for ref, snapshot in known.items():
            found[ref.remote_id] = str(snapshot.fields.get(field) or "").casefold()
    return sorted((value, by_number(member), member) for member, value in found.items())
