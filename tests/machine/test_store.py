"""The store's scripts against a plain model of what they promise, whatever comes in whatever order."""

from tests.machine.inbox_machine import InboxMachine
from tests.machine.outbound_machine import OutboundMachine
from tests.machine.walking import Walk
from tests.machine.world import World


def test_the_way_in_keeps_its_promises(world: World, walk: Walk) -> None:
    walk.through(InboxMachine, world)


def test_the_way_out_keeps_its_promises(world: World, walk: Walk) -> None:
    walk.through(OutboundMachine, world)
