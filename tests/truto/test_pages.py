"""Walks over many records: no empty page with a cursor, nothing lost while the list grows."""

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from pydantic import SecretStr

from service.core import crypto, ids
from service.core.settings import Settings
from service.core.store import keys
from service.core.store.connections import ACTIVE
from service.core.store.records import Committed, Write
from service.core.store.store import Store
from service.core.unified.model import Ref, Snapshot
from tests.ops.conftest import asking
from tests.truto.conftest import ADMIN

LOT = 500


class Shelf:
    """Tags made by hand in a company of their own, each changed at a time of the test's choosing."""

    def __init__(self, store: Store, c: str, http: httpx.AsyncClient) -> None:
        self.store, self.c, self.http = store, c, http
        self._tokens = count(1_000_000)

    async def put(self, names: dict[int, str]) -> None:
        """Keep tags by id, in that order of change."""
        rows = list(names.items())
        for start in range(0, len(rows), LOT):
            lot = rows[start : start + LOT]
            writes = [self._write(str(one), name) for one, name in lot]
            done = await self.store.records.commit(self.c, next(self._tokens), writes, [])
            assert done is Committed.DONE
        flat = [part for one, _ in rows for part in (one, str(one))]
        await self.store.pipe.call("ZADD", keys.index(self.c, "tag"), *flat)

    def _write(self, one: str, name: str) -> Write:
        uid = ids.record_id(self.c, "tag", one)
        fields = {"id": uid, "remote_id": one, "name": name}
        return Write(Ref("tag", one), 0, Snapshot(1, 0, fields), "")

    async def page(self, **asked: Any) -> tuple[list[str], str | None]:
        """Return the ids of a page, and the cursor of the next."""
        params = {"integrated_account_id": self.c, **asked}
        answer = await self.http.get("/unified/ats/tags", params=params)
        assert answer.status_code == 200, answer.text
        said = answer.json()
        return [row["id"] for row in said["result"]], said["next_cursor"]

    async def pages(self, **asked: Any) -> list[list[str]]:
        """Return the ids of every page."""
        found: list[list[str]] = []
        while True:
            page, following = await self.page(**asked)
            found.append(page)
            if following is None:
                return found
            assert page, "an empty page has a cursor"
            asked["next_cursor"] = following


@pytest.fixture
async def shelf(redis_server: str, tmp_path: Path) -> AsyncIterator[Shelf]:
    """A database of its own, so that the company that others read stays as it is."""
    url = f"{redis_server}?db=1"
    emptied = redis.Redis.from_url(url)
    emptied.flushdb()
    emptied.close()
    settings = Settings(
        redis_url=SecretStr(url), data_dir=tmp_path, admin_token=SecretStr(ADMIN),
        master_key=SecretStr(crypto.new_master_key()), log_level="error",
    )  # fmt: skip
    store = Store.open(settings)
    made = await store.connections.create("1", "a-token", None, "By hand")
    await store.connections.note(made.id, status=ACTIVE, baseline_done=1)
    async with asking(settings, ADMIN) as http:
        yield Shelf(store, made.id, http)
    await store.close()


async def test_a_filter_finds_the_few_among_thousands_on_pages_that_are_never_empty(
    shelf: Shelf,
) -> None:
    needles = {1, 5200, 11_998, 11_999, 12_000}
    await shelf.put({n: "needle" if n in needles else f"tag {n}" for n in range(1, 12_001)})
    pages = await shelf.pages(name="needle", limit=2)
    assert sorted(int(one) for page in pages for one in page) == sorted(needles)
    assert pages[0] == ["1"]  # so many were looked at for one that it is answered alone
    assert await shelf.pages(name="nobody") == [[]]
    assert len((await shelf.page(truto_ignore_limit="true"))[0]) == 5000


@pytest.mark.parametrize("limit", [1, 3, 7, 10])
async def test_pages_of_any_size_have_each_record_once(shelf: Shelf, limit: int) -> None:
    await shelf.put({n: f"tag {n % 4}" for n in range(1, 22)})
    for asked in ({}, {"sort_by[name]": "desc"}, {"name[ne]": "tag 3"}):
        pages = await shelf.pages(limit=limit, **asked)
        found = [one for page in pages for one in page]
        expected = [n for n in range(1, 22) if "name[ne]" not in asked or n % 4 != 3]
        assert sorted(int(one) for one in found) == expected
        assert all(len(page) == limit for page in pages[:-1]) and pages[-1]


async def test_what_changes_during_a_walk_comes_again_and_nothing_is_lost(shelf: Shelf) -> None:
    await shelf.put(dict.fromkeys(range(1, 11), "tag"))
    first, following = await shelf.page(limit=4)
    await shelf.store.pipe.call("ZADD", keys.index(shelf.c, "tag"), 99, "2", 100, "9")
    await shelf.store.pipe.call("HINCRBY", keys.connection(shelf.c), "changed", 1)
    rest = await shelf.pages(limit=4, next_cursor=following)
    assert first == ["1", "2", "3", "4"]
    assert [one for page in rest for one in page] == ["5", "6", "7", "8", "10", "2", "9"]


async def test_an_ordered_list_goes_on_where_it_stood_though_its_record_is_gone(
    shelf: Shelf,
) -> None:
    await shelf.put({n: f"tag {n:02}" for n in range(1, 11)})
    first, following = await shelf.page(limit=4, **{"sort_by[name]": "desc"})
    await shelf.store.records.forget(shelf.c, [Ref("tag", "7")])
    rest = await shelf.pages(limit=4, next_cursor=following, **{"sort_by[name]": "desc"})
    assert first == ["10", "9", "8", "7"]
    assert [one for page in rest for one in page] == ["6", "5", "4", "3", "2", "1"]
