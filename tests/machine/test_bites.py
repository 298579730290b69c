"""The machines bite: a script of which one line is broken is caught."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import Phase, settings
from hypothesis.errors import FlakyFailure

from tests.machine.faults import FAULTS, MET_AT_RANDOM, Fault
from tests.machine.walking import SEED, SHORT, Walk
from tests.machine.world import World

UNTIL_FOUND = Walk(settings(SHORT, max_examples=500, phases=(Phase.generate,)), SEED)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_broken_line_is_caught(redis_url: str, world: World, fault: Fault) -> None:
    _tell(fault, world)  # unbroken, the same story is fine

    with _broken(redis_url, fault) as broken, pytest.raises(AssertionError):
        _tell(fault, broken)


@pytest.mark.parametrize("name", MET_AT_RANDOM)
def test_a_random_walk_meets_a_broken_line(redis_url: str, name: str) -> None:
    fault = FAULTS[name]

    # What is due at once, Redis puts in an order of its own: a run may not fail twice alike.
    with (
        _broken(redis_url, fault) as broken,
        pytest.raises((AssertionError, FlakyFailure)),
    ):
        UNTIL_FOUND.through(fault.machine, broken)


def _tell(fault: Fault, world: World) -> None:
    machine = fault.machine(world)
    fault.story(machine)
    machine.holds()
    machine.end()


@contextmanager
def _broken(redis_url: str, fault: Fault) -> Iterator[World]:
    world = World(redis_url, {fault.script: (fault.line, fault.instead)})
    try:
        yield world
    finally:
        world.close()
