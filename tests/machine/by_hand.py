"""What people ask of deliveries, at random: an attempt now, a test event."""

from collections.abc import Callable
from typing import Any

import orjson
from hypothesis import strategies as st
from hypothesis.stateful import rule

from service.core import ids
from service.core.store.deliveries import Delivery, Retried
from tests.machine.delivering import Delivering
from tests.machine.growing import pick


class ByHand(Delivering):
    """People beside the workers."""

    @rule(n=pick, k=st.integers(0, 20))
    def retry_now(self, n: int, k: int) -> None:
        """Somebody asks for an attempt now."""
        s = self._s(n)
        sub = self.model.subs.get(s)
        flying = {d.id for hand in self.hands for d in hand.flying.values()}
        open_ = {**sub.live.open, **sub.replayed.open} if sub else {}
        names = sorted(flying & set(open_) or open_) if k % 2 else sorted(open_)
        name = names[k % len(names)] if names else "dlv_none"

        def model(reply: Retried) -> Callable[[Any], Any]:
            assert reply.value == self.model.retry_now(s, name)
            return lambda _: self.model.retry_now(s, name)

        self.do(object(), lambda: self.world.store.deliveries.retry_now(s, name), model)

    @rule(n=pick)
    def open_test(self, n: int) -> None:
        """Somebody sends a test event."""
        s, event = self._s(n), f"evt_test{self.number()}"
        d = Delivery(id=ids.delivery_id(event, s), e=event, s=s, c="", t="ping", lane=event, at=0)
        body = orjson.dumps({"id": event})

        def model(reply: bool) -> Callable[[Any], Any] | None:
            assert reply == self.model.open_test(d)
            return None

        self.do(object(), lambda: self.world.store.deliveries.open_test(d, body), model)
