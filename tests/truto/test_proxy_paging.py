"""Recruitee's ways to page behind one cursor: what is asked, where a list ends, and foreign cursors."""

import base64
from typing import Any

import orjson
import pytest

from service.truto import proxy_paging as paging
from service.truto.envelope import Refused
from service.truto.proxy_paging import Paging, Step


@pytest.mark.parametrize(
    ("way", "at", "asked"),
    [
        (Paging.NONE, 0, []),
        (Paging.OFFSET, 0, [("limit", "5"), ("offset", "0")]),
        (Paging.OFFSET, 10, [("limit", "5"), ("offset", "10")]),
        (Paging.PAGE, 1, [("limit", "5"), ("page", "1")]),
        (Paging.POSITION, 0, [("limit", "5")]),
        (Paging.POSITION, 77, [("limit", "5"), ("cursor_position", "77")]),
    ],
)
def test_each_way_is_asked_in_recruitees_words(
    way: Paging, at: int, asked: list[tuple[str, str]]
) -> None:
    assert paging.params(way, Step(at, 5)) == asked


def rows(count: int, first_id: int = 100) -> list[dict[str, int]]:
    return [{"id": first_id - n} for n in range(count)]


@pytest.mark.parametrize(
    ("way", "at", "found", "meta", "next_at"),
    [
        (Paging.NONE, 0, rows(5), {}, None),
        (Paging.OFFSET, 0, rows(5), {}, 5),
        (Paging.OFFSET, 5, rows(5), {}, 10),
        (Paging.OFFSET, 5, rows(4), {}, None),
        (Paging.OFFSET, 5, [], {}, None),
        (Paging.OFFSET, 0, rows(6), {}, None),  # the limit was ignored: this is all of it
        (Paging.PAGE, 1, rows(5), {}, 2),
        (Paging.PAGE, 1, rows(5), {"total_count": 5}, None),
        (Paging.PAGE, 1, rows(5), {"total_count": 6}, 2),
        (Paging.PAGE, 1, rows(3), {"total_count": 6}, 2),  # some were hidden from the token
        (Paging.PAGE, 2, [], {"total_count": 60}, None),
        (Paging.PAGE, 1, rows(5), {"total_count": "6"}, 2),
        (Paging.PAGE, 1, rows(6), {"total_count": 12}, None),
        (Paging.POSITION, 0, rows(5), {}, 96),
        (Paging.POSITION, 96, rows(5), {}, None),  # the same end again: the position was ignored
        (Paging.POSITION, 96, rows(4, 95), {}, None),
        (Paging.POSITION, 0, [{"id": "a"}] * 5, {}, None),
        (Paging.POSITION, 0, [5] * 5, {}, None),
    ],
)
def test_a_list_ends_where_it_ends(
    way: Paging, at: int, found: list[Any], meta: dict[str, Any], next_at: int | None
) -> None:
    after = paging.following(way, Step(at, 5), found, meta)
    assert (after and after.at) == next_at


def test_a_cursor_is_good_for_its_own_list_only() -> None:
    of = paging.digest("a", "/tags", [("query", "x")])
    cursor = paging.encoded(Step(3, 50), of)
    assert cursor is not None
    assert paging.decoded(cursor, of) == Step(3, 50)
    for other in (
        paging.digest("b", "/tags", [("query", "x")]),
        paging.digest("a", "/sources", [("query", "x")]),
        paging.digest("a", "/tags", [("query", "y")]),
    ):
        with pytest.raises(Refused) as caught:
            paging.decoded(cursor, other)
        assert caught.value.status == 422


def forged(value: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%%%",
        "é",
        "0" * 5000,
        forged({}),
        forged(["of", 1]),
        forged(["of", "1", 5, 0, 0]),
        forged(["of", True, 5, 0, 0]),
        forged(["of", -1, 5, 0, 0]),
        forged(["of", 2**53, 5, 0, 0]),
        forged(["of", 1, 0, 0, 0]),
        forged(["of", 1, 1001, 0, 0]),
        forged(["of", 1, 5, -1, 0]),
        forged(["of", 1, 5, 0, 3]),
        forged(["of", 1, 5, 0, -5]),
    ],
)
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(Refused) as caught:
        paging.decoded(cursor, "of")
    assert (caught.value.status, caught.value.message.partition(":")[0]) == (422, "next_cursor")


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "ten", "٣", "1" * 10, " 5"])
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="limit"):
        paging.limit_of(text)


def test_a_limit_is_clipped_to_recruitees_own() -> None:
    assert [paging.limit_of(text) for text in (None, "", "7", "5000")] == [100, 100, 7, 1000]


@pytest.mark.parametrize("way", [Paging.OFFSET, Paging.PAGE])
def test_a_list_that_repeats_itself_is_not_walked_for_ever(way: Paging) -> None:
    step = paging.first(way, 5)
    for _ in range(paging.MOST_SAME):
        after = paging.following(way, step, rows(5), {})
        assert after is not None
        step = paging.decoded(paging.encoded(after, "of") or "", "of")
    with pytest.raises(Refused) as caught:
        paging.following(way, step, rows(5), {})
    assert (caught.value.status, caught.value.remote) == (502, True)
    shifted = paging.following(way, step, rows(5, 95), {})
    assert shifted is not None and shifted.same == 0
