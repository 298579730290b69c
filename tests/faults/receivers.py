"""Subscribers that keep everything, verify every signature, and misbehave when told to."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal, NamedTuple

import orjson
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.faults.wire import Answer, Request

ON_ITS_WAY_S = 20.0
"""So long an attempt may be under way, or its worker may be stopped, after it was signed."""
Temper = Literal["well", "fails", "hangs", "slow", "hangs up", "gone"]


class Heard(NamedTuple):
    """One delivery attempt that arrived."""

    at: float  # monotonic
    event_id: str
    body: bytes
    replay: str | None


@dataclass
class Subscriber:
    """One subscriber: what it asked for, and all it heard."""

    name: str
    random: Random
    wanted: dict[str, Any]  # of the ops API's body, without the URL
    temper: Temper = "well"
    hopeless: bool = False  # fails for good, until it is told to be well
    id: str = ""
    secret: str = ""
    heard: list[Heard] = field(default_factory=list)
    taken: dict[str, int] = field(
        default_factory=dict
    )  # event -> what was heard before it was taken
    faults: list[str] = field(default_factory=list)
    old: list[tuple[str, float]] = field(
        default_factory=list
    )  # secrets before, and until when they do
    on_gone: Callable[[], object] = lambda: None

    def learn(self, secret: str) -> None:
        """Know a new secret; what was signed before that may still be on its way."""
        self.old.append((self.secret, time.monotonic() + ON_ITS_WAY_S))
        self.secret = secret

    async def answer(self, request: Request) -> Answer | None:
        """Take one delivery."""
        event_id = request.headers.get("webhook-id", "")
        self._verify(request, event_id)
        replay = request.headers.get("hirewire-replay")
        self.heard.append(Heard(time.monotonic(), event_id, request.body, replay))
        if self.temper != "well" and (self.hopeless or self.random.random() < 0.7):
            return await _TEMPERS[self.temper](self, event_id)
        return self.take(event_id)

    def take(self, event_id: str) -> Answer:
        """Say thanks."""
        self.taken.setdefault(event_id, len(self.heard))
        return Answer(self.random.choice((200, 201, 202, 204)), b"")

    def _verify(self, request: Request, event_id: str) -> None:
        now = time.monotonic()
        known = [self.secret, *(old for old, until in self.old if until > now)]
        faults = [_fault(each, request) for each in known]
        if all(faults):
            self.faults.append(f"{self.name}: {event_id} is not signed well: {faults[0]}")
            return
        if event_id != orjson.loads(request.body).get("id"):
            self.faults.append(f"{self.name}: webhook-id {event_id} is not its body's id")


def _fault(secret: str, request: Request) -> str | None:
    """Return why a request is not signed under a secret, or None."""
    try:
        Webhook(secret).verify(request.body, request.headers)
    except (WebhookVerificationError, ValueError) as error:
        return str(error)
    return None


async def _fails(subscriber: Subscriber, _: str) -> Answer:
    retry_after = (("retry-after", "1"),) if subscriber.random.random() < 0.2 else ()
    return Answer(subscriber.random.choice((400, 404, 429, 500, 503, 302)), b"no", retry_after)


async def _hangs(subscriber: Subscriber, _: str) -> None:
    await asyncio.sleep(30)


async def _is_slow(subscriber: Subscriber, event_id: str) -> Answer:
    await asyncio.sleep(subscriber.random.uniform(0.2, 1.5))
    return subscriber.take(event_id)


async def _hangs_up(subscriber: Subscriber, event_id: str) -> None:
    if subscriber.random.random() < 0.5:
        subscriber.take(event_id)  # it has it, and the sender cannot know


async def _is_gone(subscriber: Subscriber, _: str) -> Answer:
    subscriber.temper = "well"
    subscriber.on_gone()
    return Answer(410)


_TEMPERS: dict[Temper, Callable[[Subscriber, str], Coroutine[Any, Any, Answer | None]]] = {
    "fails": _fails, "hangs": _hangs, "slow": _is_slow, "hangs up": _hangs_up, "gone": _is_gone,
}  # fmt: skip
