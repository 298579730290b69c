"""Ids: derived from what they name, so that the same fact always has the same one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core import ids

RECORD = "juHidjxgeNnxRRWD7hxdNeCJ"
EVENT = "evt_tqNGcCnAVyjaNJnYah3PpCjz"
PARTS = st.lists(st.text() | st.integers(), max_size=4)


@given(PARTS, PARTS)
def test_an_id_depends_on_its_parts_and_where_each_ends(
    one: list[str | int], other: list[str | int]
) -> None:
    same = [str(part) for part in one] == [str(part) for part in other]

    assert (ids.derive(*one) == ids.derive(*other)) == same


@given(PARTS, st.integers(min_value=1, max_value=40))
def test_an_id_is_base58_of_the_length_asked_for(parts: list[str | int], length: int) -> None:
    made = ids.derive(*parts, length=length)

    assert len(made) == length and set(made) <= set(ids.BASE58)


def test_base58_has_no_characters_that_look_alike() -> None:
    assert len(set(ids.BASE58)) == 58 and not set("0OIl") & set(ids.BASE58)


def test_ids_stay_what_they_are_across_releases() -> None:
    assert ids.record_id("c", "candidate", "1") == RECORD
    assert ids.event_id("c", "candidate", "1", 1) == EVENT


def test_drawn_ids_differ() -> None:
    assert len({ids.draw() for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("made", "prefix"),
    [
        (ids.record_id("c", "job", "7"), ""),
        (ids.event_id("c", "job", "7", 1), "evt_"),
        (ids.operational_event_id("subscriber.disabled", "s", 1), "evt_"),
        (ids.delivery_id("evt_1", "sub_1"), "dlv_"),
        (ids.dead_letter_id(ids.delivery_id("evt_1", "sub_1")), "dlt_"),
        (ids.inbound_dead_letter_id("c", "candidate", "1"), "dlt_"),
    ],
    ids=["record", "event", "operational", "delivery", "dead letter", "inbound"],
)
def test_an_id_is_its_prefix_and_24_characters(made: str, prefix: str) -> None:
    assert made.startswith(prefix) and len(made.removeprefix(prefix)) == ids.ID_LENGTH


def test_a_records_events_have_ids_of_their_own() -> None:
    made = {ids.event_id("c", "job", "7", sequence) for sequence in range(1, 100)}

    assert len(made) == 99


def test_a_delivery_names_its_subscriber_and_a_replay_is_another_delivery() -> None:
    first = ids.delivery_id("evt_1", "sub_1")

    assert first == ids.delivery_id("evt_1", "sub_1")
    assert first.startswith("dlv_" + ids.subscriber_tag("sub_1"))
    assert (
        len({first, ids.delivery_id("evt_1", "sub_1", "r"), ids.delivery_id("evt_2", "sub_1")}) == 3
    )
