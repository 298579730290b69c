"""Pages that are kept: the same until anything of their connection changes, bounded, and soon gone."""

import pytest
from pydantic import SecretStr
from starlette.responses import Response

from service.core.store import keys
from service.core.store.connections import Connection
from service.core.unified.model import Ref
from service.core.unified.options import Options
from service.kombo import shelf
from service.kombo.shelf import Made, Shelf
from tests.kombo.books import Books
from tests.serving import until

T = 1_770_000_000_000


def connection(c: str = "one", changed: int = 1, **more: object) -> Connection:
    fields = {
        "id": c, "company_id": "1", "name": "", "hook": "h", "status": "active", "created": 1,
        "baseline_at": 1, "changed": changed, "api_token": SecretStr("t"),
    }  # fmt: skip
    return Connection.model_validate(fields | more)


def made(size: int = 10) -> Made:
    return Made.of(Response(b"x" * size), {"age": "7", "hirewire-as-of": "then"})


async def test_a_page_is_kept_until_the_connection_changes_or_has_other_options() -> None:
    kept, page = Shelf(), made()
    kept.put(connection(), "jobs", page)

    assert kept.get(connection(), "jobs") is page
    assert kept.get(connection(), "users") is None
    assert kept.get(connection(changed=2), "jobs") is None
    assert kept.get(connection(options=Options(private_notes=True)), "jobs") is None
    assert kept.get(connection("two"), "jobs") is None


async def test_what_was_made_at_an_older_mark_goes_when_a_newer_page_comes() -> None:
    kept = Shelf()
    kept.put(connection(), "jobs", made())
    kept.put(connection(changed=2), "users", made())

    assert kept.get(connection(changed=2), "jobs") is None
    assert kept.get(connection(), "jobs") is None


async def test_before_the_first_commit_nothing_is_kept() -> None:
    kept = Shelf()
    kept.put(connection(changed=0), "jobs", made())
    assert kept.get(connection(changed=0), "jobs") is None


async def test_memory_is_bounded_and_the_connection_least_asked_for_goes_first() -> None:
    kept = Shelf(most=100)
    for c in ("one", "two"):
        kept.put(connection(c), "jobs", made(45))
    assert kept.get(connection("one"), "jobs") is not None
    kept.put(connection("three"), "jobs", made(45))

    assert kept.get(connection("two"), "jobs") is None
    assert kept.get(connection("one"), "jobs") is not None
    kept.put(connection("one"), "jobs", made(101))
    assert len((kept.get(connection("one"), "jobs") or made(0)).body) == 45


async def test_a_page_that_nobody_asks_for_again_is_gone_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shelf, "KEPT_S", 0.01)
    kept = Shelf()
    kept.put(connection(), "jobs", made())
    await until(lambda: kept.get(connection(), "jobs") is None)


async def test_a_kept_page_says_that_it_has_grown_older(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "monotonic", lambda: 100.0)
    page = made()
    monkeypatch.setattr(shelf, "monotonic", lambda: 105.5)
    answer = page.answer()

    assert (answer.headers["age"], answer.headers["hirewire-as-of"]) == ("12", "then")
    assert (answer.body, answer.media_type) == (b"x" * 10, "application/json")


async def test_a_list_is_read_again_only_when_something_has_changed(books: Books) -> None:
    await books.person("1", T, first_name="Ada")
    shown, _ = await books.page("candidates")
    # As no commit ever does: the connection is not told.
    await books.store.pipe.call("ZREM", keys.index(books.c, "candidate"), "1")

    assert (await books.page("candidates"))[0] == shown != []
    await books.person("2", T + 1)
    assert [row["remote_id"] for row in (await books.page("candidates"))[0]] == ["2"]


async def test_who_is_forgotten_is_in_no_page_that_was_kept(books: Books) -> None:
    await books.person("1", T, first_name="Ada")
    assert len((await books.page("candidates"))[0]) == 1
    await books.store.records.forget(books.c, [Ref("candidate", "1")])

    assert (await books.page("candidates"))[0] == []


async def test_who_asks_for_what_is_fresh_gets_no_page_that_was_kept(books: Books) -> None:
    await books.person("1", T)
    await books.page("candidates")
    await books.store.pipe.call("ZREM", keys.index(books.c, "candidate"), "1")
    answer = await books.http.get(
        "/v1/ats/candidates", headers={"cache-control": "max-age=999999999"}
    )

    assert answer.json()["data"]["results"] == []


async def test_what_a_page_was_asked_by_takes_room_too() -> None:
    kept = Shelf(most=100)
    for number in range(5):
        small = Made.of(Response(b""), {"age": "0"}, beside=45)
        kept.put(connection(), f"a long list of ids, {number}", small)

    there = [n for n in range(5) if kept.get(connection(), f"a long list of ids, {n}")]
    assert there == [3, 4]
    assert shelf.beside(b"ids=" + b"x" * 60_000) > 60_000
