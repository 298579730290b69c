"""The store's scripts against a plain model of what they promise, whatever comes in whatever order."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.inbox_machine import InboxMachine
from tests.machine.world import World

SHORT = settings(
    max_examples=60, stateful_step_count=40, deadline=None, print_blob=True,
    report_multiple_bugs=False, phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.fixture
def world(redis_url: str) -> Iterator[World]:
    """The store over the emptied server."""
    opened = World(redis_url)
    yield opened
    opened.close()


def test_the_way_in_keeps_its_promises(world: World) -> None:
    run_state_machine_as_test(lambda: InboxMachine(world), settings=SHORT)
