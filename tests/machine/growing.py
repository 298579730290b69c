"""Logs that grow and are cut, at random; subscribers that come, pause, go on and leave."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from service.core import ids
from service.core.store.records import subject_key
from service.core.store.subscribers import Subscriber, Wanted
from service.core.unified.model import Change, Ref
from tests.machine.driving import Driving
from tests.machine.outbound_model import OutboundModel
from tests.machine.world import World

KINDS = ("candidate", "job")

pick = st.integers(0, 5)
delivery_id = lru_cache(65_536)(ids.delivery_id)  # checks derive the same ids after every step


class Told(NamedTuple):
    """Where an event stands, and what it is."""

    c: str
    number: int
    type: str
    lane: str


class Growing(Driving):
    """Logs that grow, subscribers that come, pause and go, and a retention."""

    model: OutboundModel

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.model = OutboundModel()
        self.wanted: dict[str, Wanted] = {}
        self.makers: dict[str, object] = {}
        self.sequences: dict[tuple[str, Ref], int] = {}
        self.events: dict[str, Told] = {}
        self.started: dict[tuple[str, str], int] = {}  # by subscriber and connection
        self.missed: dict[tuple[str, str], set[int]] = {}  # the same: the retention was over

    # the logs

    @initialize(count=st.integers(1, 2), subscribers=st.integers(1, 2))
    def link(self, count: int, subscribers: int) -> None:
        """Link companies; somebody subscribes."""
        for _ in range(count):
            self.do(self, lambda: self.world.store.connections.create("1", "token", None, "Example"),
                    lambda made: self.model.made(made.id, made.hook))  # fmt: skip
        for n in range(subscribers):
            self.subscribe(n)

    def _c(self, n: int) -> str:
        return list(self.model.conns)[n % len(self.model.conns)]

    @rule(n=pick, kind=st.sampled_from(KINDS), who=st.integers(1, 2), count=st.integers(1, 3))
    def commit(self, n: int, kind: str, who: int, count: int) -> None:
        """The log grows."""
        c, ref = self._c(n), Ref(kind, str(who))
        changes = []
        for _ in range(count):
            self.sequences[c, ref] = sequence = self.sequences.get((c, ref), 0) + 1
            change = Change(ref.model, ref.remote_id, f"{kind}.updated", {}, (), (), None, ref)
            changes.append((sequence, change))

        def model(_: Any) -> None:
            self.model.commit(c, 0, 0, [], changes, [], "")
            self._seen(c)

        self.do(object(), lambda: self.world.store.records.commit(c, 0, [], changes), model)

    def _seen(self, c: str) -> None:
        for number, row in self.model.conns[c].log:
            self.events[row[1]] = Told(c, number, row[3], row[5])

    # subscribers

    @rule(n=pick)
    def subscribe(self, n: int) -> None:
        """Somebody subscribes, to all or to candidates only."""
        if len(self.model.subs) > 2:
            return
        wanted = Wanted(
            url="https://far.example", event_types=("candidate.*",) if n % 2 else ("*",)
        )
        maker = object()

        def model(made: tuple[Subscriber, str]) -> Callable[[Any], Any]:
            s = made[0].id
            self.wanted[s], self.makers[s] = wanted, maker
            self.model.subscribe(s)
            self.started |= {(s, c): at for c, at in self.model.subs[s].positions.items()}
            return lambda _: self.model.subscribe(s)

        self.do(maker, lambda: self.world.store.subscribers.create(wanted, None), model)

    def _s(self, n: int) -> str:
        return list(self.wanted)[n % len(self.wanted)]

    @rule(n=pick, which=st.sampled_from(("pause", "resume", "resume")))
    def status(self, n: int, which: str) -> None:
        """It pauses, or goes on."""
        s, store = self._s(n), self.world.store.subscribers

        def model(_: Any) -> Callable[[Any], Any]:
            act = (
                self.model.resume if which == "resume" else lambda s: self.model.pause(s, "said so")
            )
            act(s)
            return lambda _: act(s)

        self.do(object(), lambda: store.resume(s) if which == "resume" else store.pause(s, "said so"),
                model)  # fmt: skip

    @rule(n=pick)
    def unsubscribe(self, n: int) -> None:
        """It goes for good; whoever is at it is fenced."""
        s = self._s(n)
        if s in self.model.subs and len(self.model.subs) > 1:
            self.forget(self.makers[s])  # nobody removes what nobody knows to be there
            self.do(self, lambda: self.world.store.subscribers.remove(s),
                    lambda _: self.model.unsubscribe(s))  # fmt: skip
            assert not [key for key in self.stored if s in key], (
                "a removed subscriber left something"
            )

    # the retention

    @rule(n=pick, k=st.integers(0, 30), late=st.booleans())
    def retention(self, n: int, k: int, late: bool) -> None:
        """What is too old goes; who had not got it yet is moved on and told, or (late) reads on first."""
        self._retention(self._c(n), k, late)

    def _retention(self, c: str, k: int, late: bool) -> None:
        log = [number for number, _ in self.model.conns[c].log]
        if not log:
            return
        oldest = _ms(self.world.place(f"log:{c}", log[k % len(log)]))
        gone = [number for number in log if _ms(self.world.place(f"log:{c}", number)) < oldest]
        for s in self.model.subs:
            self._skip(s, c, gone, late)

        def model(_: Any) -> None:
            self.model.trim(c, gone[-1] + 1 if gone else 0)

        self.do(self, lambda: self.world.store.log.trim(c, oldest), model)

    def reads_on(self, s: str) -> None:
        """A subscriber goes on, if somebody is at it; nobody is here."""

    def _skip(self, s: str, c: str, gone: Sequence[int], late: bool) -> None:
        start = self.model.subs[s].positions.get(c, 0)
        passed = [number for number in gone if number > start]
        if not passed:
            return
        if late:
            self.reads_on(s)
        at, end = self.world.place(f"log:{c}", start), self.world.place(f"log:{c}", passed[-1])
        event = ids.operational_event_id(c, "subscriber.missed", s, at, end)
        lane = subject_key(c, Ref("connection", c))
        row = ["e", event, "t", "subscriber.missed", "s", lane, "m", "", "r", ""]

        def model(reply: bool) -> Callable[[Any], Any]:
            assert reply == self.model.skip(s, c, start, passed[-1], event, row)
            if reply:
                self._seen(c)
                self.missed.setdefault((s, c), set()).update(passed)
            return lambda _: self.model.skip(s, c, start, passed[-1], event, row)

        told = {"count": 1}
        if not self.do(object(), lambda: self.world.store.records.skip(c, s, at, end, told), model):
            self._skip(s, c, gone, False)


def _ms(place: str) -> int:
    return int(place.partition("-")[0])
