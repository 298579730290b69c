"""What both machines do: every step in Redis and in the model, both compared whole, some sent again."""

import copy
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from service.core.store.inbox import Lease
from tests.machine.floor import Floor, differences
from tests.machine.world import UNIT_MS, View, World

TRIED = 3  # units: less than the retention, more than a lease or a flight
LATE = 6  # how many of the last scripts may be sent again


class Sent(NamedTuple):
    """A script that may be sent again, since who sent it may never have seen the reply."""

    who: object
    command: tuple[Any, ...]
    model: Callable[[Any], Any]  # what it does again, given the reply
    at: int


class Driving(RuleBasedStateMachine):
    """Runs the store and a model of it side by side.

    No rule has a precondition: which of those that are due at once comes first is Redis' to say, and
    what can be done next would depend on it.
    """

    model: Floor

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        world.empty()
        self.stored: View = {}
        self._sent: list[Sent] = []
        self._number = 0

    def number(self) -> int:
        """Return a number that no step had before."""
        self._number += 1
        return self._number

    def do(
        self, who: object, act: Callable[[], Any], model: Callable[[Any], Any], *, redo: bool = True
    ) -> Any:
        """Take one step in Redis, then in the model, which sees the reply to learn what chance chose.

        `model` returns what it has to do once more should the script be sent again, or None.
        """
        self.world.pipe.sent.clear()
        reply, self.stored = self.world.seen(act)
        sent = [one for one in self.world.pipe.sent if one[1] not in self.world.pipe.ours]
        if isinstance(reply, AssertionError | LookupError | TypeError | ValueError):
            raise reply
        again = model(reply)
        self.agree()
        # Who goes on has seen the reply, and nobody sends it again.
        self._sent = [one for one in self._sent if one.who != who][-LATE:]
        if redo and sent and again is not None:
            self._sent.append(Sent(who, sent[-1], again, self.model.now))
        return reply

    def agree(self) -> None:
        """Compare all that is stored."""
        found = differences(self.model.view(), self.stored)
        assert not found, "\n".join(found)

    def forget(self, who: object) -> None:
        """Somebody sends nothing again."""
        self._sent = [one for one in self._sent if one.who != who]

    @rule(which=st.integers(0, LATE - 1))
    def sent_again(self, which: int) -> None:
        """A reply was lost on the way: the client sends the script a second time."""
        if not self._sent:
            return
        sent = self._sent[-1 - which % len(self._sent)]
        self.world.moment()
        before = copy.deepcopy(self.harm())
        reply, self.stored = self.world.seen(self.world.pipe.again, sent.command)
        sent.model(reply)
        self.agree()
        harm = self.harm()
        assert harm == before, f"the second run of a script did harm: {before} became {harm}"

    @rule()
    def last_sent_again(self) -> None:
        """A client sends the latest script a second time."""
        self.sent_again(0)

    def harm(self) -> Any:
        """Return what the second run of any script must leave as it is."""
        return None

    @rule(units=st.sampled_from((1, 1, 1, 2, 3, 11)))
    def time_passes(self, units: int) -> None:
        """Wait; a client that tries to send something again gives up in the end."""
        self._sent = [one for one in self._sent if self.model.now + units - one.at <= TRIED]
        self.world.wait(units)
        self.model.wait(units)
        _, self.stored = self.world.seen(self.world.pipe.call, "PING")
        self.agree()

    @rule()
    def arq_takes_its_jobs(self) -> None:
        """A worker was told."""
        jobs = [f"arq:job:{job}" for job in self.model.jobs]
        _, self.stored = self.world.seen(
            self.world.pipe.call, "DEL", "arq:queue", "arq:bell", *jobs
        )
        self.model.jobs_done()
        self.agree()

    def fenced(self, before: View) -> None:
        """Check that who came too late changed nothing."""
        assert self.stored == before, "a fenced step left something behind"

    def claim(self, which: str, want: int, lease: int) -> list[Lease]:
        """Claim in both worlds."""
        self.world.moment()
        held: list[Lease] = []

        def model(claimed: Any) -> None:
            got = [one.id for one in claimed.leases]
            leases, later = self.model.claim(which, want, lease, got)
            held.extend(claimed.leases)
            assert leases == [tuple(one) for one in claimed.leases]
            assert units(claimed.next_in_ms) == (None if later is None else max(0, later))

        self.do(
            object(), lambda: self.world.store.claims.claim(which, want, lease * UNIT_MS), model,
            redo=False,
        )  # fmt: skip
        return held

    @invariant()
    def holds(self) -> None:
        """Check what is never untrue."""
        if self.stored:
            self.check()

    def check(self) -> None:
        """Check what is never untrue of `stored`."""

    def teardown(self) -> None:
        """End a run in which nothing was wrong."""
        if sys.exc_info()[0] is None and self.stored:
            self.end()

    def end(self) -> None:
        """Check what has to come true in the end."""


def units(ms: float | None) -> int | None:
    """Return milliseconds in units."""
    return None if ms is None else round(ms / UNIT_MS)
