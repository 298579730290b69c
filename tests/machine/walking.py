"""Random walks: a machine takes whatever steps a seed draws."""

from collections.abc import Callable
from typing import NamedTuple, cast

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.machine.driving import Driving
from tests.machine.world import World

SEED = "0"  # of the suite's walks
SHORT = settings(
    max_examples=30,
    stateful_step_count=40,
    deadline=None,
    database=None,  # what failed before must not decide what is tried
    report_multiple_bugs=False,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
LONG = settings(SHORT, max_examples=2000, stateful_step_count=50)


class Walk(NamedTuple):
    """How far, and from which seed."""

    depth: settings
    seed: str

    def through(self, machine: Callable[[World], Driving], world: World) -> None:
        """Walk; a failure shows the shortest run that was found, and the seed."""
        print(f"at most {self.depth.max_examples} runs from --hypothesis-seed={self.seed}")
        made = seed(self.seed)(lambda: machine(world))
        # Hypothesis takes anything that makes a machine; its annotation asks for the class itself.
        run_state_machine_as_test(cast("type[RuleBasedStateMachine]", made), settings=self.depth)
