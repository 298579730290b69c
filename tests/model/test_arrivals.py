"""What a subscriber got: each kind of wrong is seen, and what at-least-once allows is let pass."""

import orjson

from tests.model.arrivals import Arrival, Wish, violations

IDS = ("evt_1", "evt_2", "evt_3")
SUBJECTS = {"evt_1": "a", "evt_2": "a", "evt_3": "b"}


def _wish(*dead: str) -> Wish:
    return Wish("one", IDS, SUBJECTS, frozenset(dead))


def _came(*event_ids: str, taken: bool = True, replay: str = "") -> list[Arrival]:
    return [Arrival(e, orjson.dumps({"id": e}), replay, taken) for e in event_ids]


def test_everything_once_in_any_order_of_subjects_passes() -> None:
    assert violations(_wish(), _came("evt_3", "evt_1", "evt_2")) == []


def test_an_event_again_before_the_next_of_its_subject_passes() -> None:
    assert violations(_wish(), _came("evt_1", "evt_1", "evt_2", "evt_3")) == []


def test_what_never_came_is_seen_unless_it_is_a_dead_letter() -> None:
    assert "evt_3 never came" in violations(_wish(), _came("evt_1", "evt_2"))[0]
    assert violations(_wish("evt_3"), _came("evt_1", "evt_2")) == []


def test_what_was_only_refused_never_came() -> None:
    came = _came("evt_1", "evt_2") + _came("evt_3", taken=False)
    assert "evt_3 never came" in violations(_wish(), came)[0]


def test_an_event_after_a_later_one_of_its_subject_is_seen_unless_it_is_a_replay() -> None:
    assert "came after" in violations(_wish(), _came("evt_2", "evt_1", "evt_3"))[0]
    again = _came("evt_1", "evt_2", "evt_3") + _came("evt_1", replay="rpl_1")
    assert violations(_wish(), again) == []


def test_other_bytes_under_the_same_id_are_seen() -> None:
    other = Arrival("evt_1", b'{"id": "evt_1"}', "", taken=True)
    found = violations(_wish(), [*_came(*IDS), other])
    assert any("other bytes" in words for words in found)


def test_what_was_not_wanted_is_seen() -> None:
    assert "not wanted" in violations(_wish(), _came(*IDS, "evt_9"))[0]
