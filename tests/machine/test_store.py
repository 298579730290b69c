"""The store's scripts against a plain model of what they promise, whatever comes in whatever order."""

from collections.abc import Callable
from typing import cast

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.machine.inbox_machine import InboxMachine
from tests.machine.outbound_machine import OutboundMachine
from tests.machine.world import World

SHORT, LONG = 30, 2000


def _depth() -> settings:
    """Return how long to try; a failure prints what repeats it."""
    longer = settings.get_current_profile_name() == "long"
    return settings(
        max_examples=LONG if longer else SHORT,
        stateful_step_count=50 if longer else 40,
        deadline=None,
        derandomize=not longer,  # the suite tries the same runs every time; `long` draws new ones
        print_blob=True,
        report_multiple_bugs=False,
        phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


def test_the_way_in_keeps_its_promises(world: World) -> None:
    run_state_machine_as_test(_typed(lambda: InboxMachine(world)), settings=_depth())


def test_the_way_out_keeps_its_promises(world: World) -> None:
    run_state_machine_as_test(_typed(lambda: OutboundMachine(world)), settings=_depth())


def _typed(made: Callable[[], RuleBasedStateMachine]) -> type[RuleBasedStateMachine]:
    # Hypothesis takes anything that makes a machine; its annotation asks for the class itself.
    return cast("type[RuleBasedStateMachine]", made)
