"""Paging: every row once, whatever happens to the list in between."""

import pytest

from service.core.store.listing import Row, newest, walk
from service.core.store.store import Store

KEY = "a-listing"


async def _fill(store: Store, *rows: tuple[str, int]) -> None:
    for member, score in rows:
        await store.pipe.call("ZADD", KEY, score, member)


async def _rest(store: Store, after: Row) -> list[str]:
    return [row.member async for rows in walk(store.pipe, KEY, after, 2) for row in rows]


async def test_rows_of_one_instant_are_all_given_each_once(store: Store) -> None:
    await _fill(store, *((f"m{n}", 5) for n in range(9)), ("old", 1), ("new", 9))

    found = [row.member async for rows in walk(store.pipe, KEY, None, 2) for row in rows]

    assert found == ["new", *(f"m{n}" for n in range(8, -1, -1)), "old"]


@pytest.mark.parametrize("change", ["nothing", "grown", "removed", "put in anew"])
async def test_a_page_goes_on_where_the_last_ended(store: Store, change: str) -> None:
    await _fill(store, ("a", 1), ("b", 2), ("c", 2), ("d", 2), ("e", 3))
    [_, _, last] = await newest(store.pipe, KEY, None, 3)
    assert last == Row("c", 2)

    if change == "grown":
        await _fill(store, ("f", 9), ("bb", 3))
    if change == "removed":
        await store.pipe.call("ZREM", KEY, "c")
    if change == "put in anew":
        await _fill(store, ("c", 9))

    assert await _rest(store, last) == ["b", "a"]
