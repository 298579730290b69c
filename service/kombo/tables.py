"""Small models kept in memory, since every record shows them: stages, tags, users, names of jobs.

A table is read once and then followed by its index: what changed since is read again, and all of it
when something was taken away. Only what others show of a record is kept.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from service.core import times
from service.core.store import index
from service.core.store.listing import Row
from service.core.store.store import Store
from service.core.unified.model import Fields, Ref

SHOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "stage": ("id", "remote_id", "name", "status", "index", "custom_fields"),
    "tag": ("id", "remote_id", "name", "remote_deleted_at"),
    "source": ("id", "remote_id", "name", "remote_deleted_at"),
    "user": ("id", "remote_id", "first_name", "last_name", "email"),
    "job": ("id", "remote_id", "name"),
    "role": ("id", "remote_id"),
}
"""Model -> the fields that other records show of it."""
SETTLED_MS: Final = 5000
"""How far the clocks of processes may be apart: what changed within it is looked at again."""
MOST: Final = 512
CHUNK: Final = 1000


@dataclass(slots=True)
class _Table:
    """One model of one connection, as far as it was read."""

    rows: dict[str, Fields] = field(default_factory=dict)  # by unified id
    uids: dict[str, str] = field(default_factory=dict)  # remote id -> unified id
    since: Row | None = None  # where to read on


class Tables:
    """Tables of all connections of this process, the least used dropped first."""

    def __init__(self) -> None:
        self._tables: OrderedDict[tuple[str, str], _Table] = OrderedDict()

    async def get(self, store: Store, c: str, model: str) -> dict[str, Fields]:
        """Return a model's records by unified id, deleted ones included."""
        table = self._tables.get((c, model)) or _Table()
        grown, size = await asyncio.gather(
            _follow(store, c, model, table), index.size(store.pipe, c, model)
        )
        if size != len(grown.uids):
            grown = await _follow(store, c, model, _Table())
        self._tables[c, model] = grown
        self._tables.move_to_end((c, model))
        while len(self._tables) > MOST:
            self._tables.popitem(last=False)
        return grown.rows


async def _follow(store: Store, c: str, model: str, table: _Table) -> _Table:
    """Return a table with what changed since it was read; the one given stays as it is."""
    after, last, now = table.since, table.since, times.now_ms()
    fresh: list[Row] = []
    while page := await index.page(store.pipe, c, model, after, CHUNK):
        fresh += page
        after = last = page[-1]
        if len(page) < CHUNK:
            break
    if not fresh:
        return table
    known = await store.records.load(c, [Ref(model, row.member) for row in fresh])
    rows, uids = dict(table.rows), dict(table.uids)
    for row in fresh:
        fields = known[Ref(model, row.member)].fields if Ref(model, row.member) in known else {}
        uids[row.member] = uid = str(fields.get("id"))
        rows[uid] = {name: fields.get(name) for name in SHOWN[model]}
    settled = last is not None and last.score < now - SETTLED_MS
    return _Table(rows, uids, last if settled else _before(now - SETTLED_MS, last))


def _before(ms: int, last: Row | None) -> Row:
    return Row(index.FIRST, min(ms, last.score if last else ms))
