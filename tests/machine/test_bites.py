"""The machines bite: a script of which one line is broken is caught."""

from collections.abc import Callable
from typing import cast

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.machine.driving import Driving
from tests.machine.inbox_machine import InboxMachine
from tests.machine.outbound_machine import OutboundMachine
from tests.machine.world import World

ENOUGH = settings(
    max_examples=400,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    report_multiple_bugs=False,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)

Machine = Callable[[World], Driving]

BROKEN: dict[str, tuple[Machine, str, str, str]] = {
    "a webhook is taken in twice": (InboxMachine, "accept", "seen_s, 'NX'", "seen_s"),
    "a fenced worker commits": (
        InboxMachine, "commit", "redis.call('HGET', 'lease:in', c) ~= ARGV[2]", "false",
    ),
    "a record that moved is overwritten": (
        InboxMachine, "commit", "(have[1] or '0') ~= ARGV[at + 2]", "false",
    ),
    "an older fetch overwrites a later one": (
        InboxMachine, "commit", "tonumber(have[2]) > fetch", "false",
    ),
    "what is parked is lost": (
        InboxMachine, "park", "redis.call('HSET', 'park:' .. c, root, ARGV[5])", "",
    ),
    "an inbox is handed back with work in it": (
        InboxMachine, "release", "redis.call('XLEN', 'in:' .. c) > 0", "false",
    ),
    "a position moves twice": (
        OutboundMachine, "step", "(redis.call('HGET', pos, c) or '0-0') == from", "true",
    ),
    "an attempt counts twice": (
        OutboundMachine, "step", "cjson.decode(have).n == attempt - 1", "true",
    ),
    "a lane is out of order": (
        OutboundMachine, "step", "redis.call('RPUSH', 'wait:'", "redis.call('LPUSH', 'wait:'",
    ),
    "a dead letter holds its lane": (OutboundMachine, "step", "      advance(subject)\n", ""),
    "a flight may be doubled": (OutboundMachine, "retry_now", "tonumber(due) % 1 ~= 0", "false"),
    "who subscribes twice begins later": (
        OutboundMachine, "new_subscriber", "redis.call('EXISTS', 'sub:' .. s) == 1", "false",
    ),
    "a replay moves on twice": (
        OutboundMachine, "open_replay", "redis.call('LLEN', 'rplq:' .. replay) ~= tonumber(ARGV[3])",
        "false",
    ),
    "a removed subscriber leaves its replay open": (
        OutboundMachine, "remove_subscriber", "settle_replay(open.replay, open.dlt, 'dead')", "",
    ),
    "the sweep forgets news": (OutboundMachine, "sweep", "== 1 and now or nil", "== 2 and now or nil"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_line_is_caught(redis_url: str, fault: str) -> None:
    machine, script, line, other = BROKEN[fault]
    world = World(redis_url, {script: (line, other)})
    try:
        # What is due at once, Redis puts in an order of its own: a run may not fail twice alike.
        with pytest.raises((AssertionError, Flaky)):
            run_state_machine_as_test(_typed(lambda: machine(world)), settings=ENOUGH)
    finally:
        world.close()


def _typed(made: Callable[[], RuleBasedStateMachine]) -> type[RuleBasedStateMachine]:
    # Hypothesis takes anything that makes a machine; its annotation asks for the class itself.
    return cast("type[RuleBasedStateMachine]", made)
