"""The checker finds what it is there for: each broken promise, planted in a sound run, is named."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest

from tests.faults.check import Evidence, Line, Told, broken
from tests.faults.keyspace import table, unlisted
from tests.faults.receivers import Heard
from tests.faults.timetable import timetable

C = "conn"
JOB = (C, "job", "60")


def _told(sequence: int, *changes: tuple[str, Any, Any]) -> Told:
    state = {"name": f"v{sequence}", "status": "OPEN", "visibility": "PUBLIC"}
    event = {
        "id": f"evt_{sequence}",
        "type": "job.updated",
        "sequence": sequence,
        "data": {
            "model": "job", "remote_id": "60", "subject": {"model": "job", "remote_id": "60"},
            "record": state,
            "changes": [{"path": p, "before": b, "after": a} for p, b, a in changes],
        },
    }  # fmt: skip
    return Told(C, f"evt_{sequence}", orjson.dumps(event), event)


def _sound() -> Evidence:
    told = [_told(n, ("name", f"v{n - 1}", f"v{n}")) for n in (1, 2, 3)]
    return Evidence(
        told=told,
        lines=[_line([_heard(one) for one in told], {"evt_1": 1, "evt_2": 2, "evt_3": 3})],
        history={JOB: [_state(n) for n in (0, 1, 2, 3)]},
        adopted=frozenset({JOB}),
    )


def _state(n: int) -> dict[str, Any]:
    return {"name": f"v{n}", "status": "OPEN", "visibility": "PUBLIC"}


def _heard(one: Told, body: bytes | None = None) -> Heard:
    return Heard(0.0, one.id, one.body if body is None else body, None)


def _line(heard: Sequence[Heard], taken: dict[str, int]) -> Line:
    return Line("plain", lambda _: True, heard, taken, verbatim=True, patient=True)


def _hears(evidence: Evidence, *heard: Heard, taken: dict[str, int] | None = None) -> Evidence:
    line = evidence.lines[0]
    return replace(evidence, lines=[line._replace(heard=heard, taken=taken or line.taken)])


def _gap(sound: Evidence) -> Evidence:
    told = [*sound.told[:2], _told(4, ("name", "v2", "v3"))]
    return _hears(replace(sound, told=told), *map(_heard, told))


def _twice(sound: Evidence) -> Evidence:
    told = [*sound.told, _told(4, ("name", "v2", "v3"))]
    return _hears(replace(sound, told=told), *map(_heard, told))


def _backwards(sound: Evidence) -> Evidence:
    told = [*sound.told[:2], _told(3, ("name", "v2", "v1")), _told(4, ("name", "v1", "v3"))]
    return _hears(replace(sound, told=told), *map(_heard, told))


def _last_lost(sound: Evidence) -> Evidence:
    history = {JOB: [*sound.history[JOB], _state(9)]}
    return replace(sound, history=history)


def _never_heard(sound: Evidence) -> Evidence:
    return _hears(sound, *sound.lines[0].heard[:2])


def _reordered(sound: Evidence) -> Evidence:
    one, two, three = sound.lines[0].heard
    return _hears(sound, two, one, three)


def _too_soon(sound: Evidence) -> Evidence:
    return _hears(sound, *sound.lines[0].heard, taken={"evt_1": 2, "evt_2": 2, "evt_3": 3})


def _other_bytes(sound: Evidence) -> Evidence:
    first = sound.lines[0].heard[0]
    return _hears(sound, *sound.lines[0].heard, first._replace(body=b"{}"))


def test_a_sound_run_breaks_nothing() -> None:
    assert broken(_sound()) == []


def test_a_delivery_heard_twice_in_the_same_bytes_is_allowed() -> None:
    sound = _sound()

    assert broken(_hears(sound, *sound.lines[0].heard, sound.lines[0].heard[0])) == []


def test_a_change_that_is_folded_into_a_later_one_is_allowed() -> None:
    told = [_told(1, ("name", "v0", "v3"))]
    told[0].event["data"]["record"]["name"] = "v3"

    folded = _hears(replace(_sound(), told=told), _heard(told[0]))

    assert broken(folded) == []


@pytest.mark.parametrize(
    ("plant", "named"),
    [
        (_gap, "sequence: "),
        (_twice, "told again"),
        (_backwards, "after it was so"),
        (_last_lost, "lost: "),
        (_never_heard, "never heard evt_3"),
        (_reordered, "heard evt_2 before evt_1"),
        (_too_soon, "heard evt_2 while evt_1"),
        (_other_bytes, "heard evt_1 in two forms"),
    ],
)
def test_a_broken_promise_is_named(plant: Callable[[Evidence], Evidence], named: str) -> None:
    found = broken(plant(_sound()))

    assert any(named in problem for problem in found), found


def test_a_key_without_a_lifetime_needs_a_reason_in_the_table() -> None:
    lifetimes = {"conn:abc": -1, "wait:sub_1:rpl_2:x": -1, "ev:evt_1": 5000, "dlvs": -1, "tok": -1}

    assert unlisted(lifetimes, table()) == []
    assert unlisted({"ev:evt_1": -1, "stray": 10}, table()) == [
        "keys: ev:evt_1 should live for retention, and has no lifetime",
        "keys: stray is not in the table",
    ]


def test_a_seed_gives_the_same_timetable_again_and_another_one_does_not() -> None:
    assert timetable(3, 60) == timetable(3, 60)
    assert timetable(3, 60) != timetable(4, 60)
