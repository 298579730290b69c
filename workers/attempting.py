"""One attempt: the bytes of every attempt before it, signed, posted under its deadline, judged."""

import random
from collections.abc import Callable
from time import monotonic

from service.core import signing, times
from service.core.delivery.bodies import Rendered, bytes_of
from service.core.delivery.rendering import content_type, signature_headers
from service.core.logs import logger
from service.core.net.exchange import Outcome
from service.core.store.dead_letters import of_delivery
from service.core.store.deliveries import Attempt, Delivery, Settle, Verdict
from service.core.store.subscribers import Subscriber
from workers.context import Context
from workers.retry import Dead, Delivered, Pause, RetryAt, next_step

BODY_GONE = "its body is gone: erased, or older than the retention"
LONGEST_MS = 5 * 86_400_000
TOO_OLD = "not delivered within 5 days"
log = logger("outbound")


class Attempts:
    """Makes the attempts of one subscriber, always as it is known now."""

    def __init__(self, ctx: Context, subscriber: Callable[[], Subscriber]) -> None:
        self._ctx = ctx
        self._subscriber = subscriber

    async def make(self, delivery: Delivery, until: float) -> Settle | None:
        """Make one attempt and say what it comes to; None when it is too late to make it.

        `until` is when the flight ends, by the loop's clock: after it, another worker may be at it.
        """
        subscriber = self._subscriber()
        if times.now_ms() > self._last(delivery, subscriber):
            return _too_old(delivery)
        kept = self._ctx.settings.retention_s
        sent = await bytes_of(self._ctx.store, subscriber, delivery, self._ctx.bodies, kept)
        if sent is None:
            return _gone(delivery, kept)
        left = until - monotonic()
        if left <= 0:
            log.warning("delivery.late", delivery_id=delivery.id, subscriber_id=delivery.s)
            return None
        at = times.now_ms()
        outcome = await self._ctx.sessions.post(
            subscriber.wanted,
            sent.body,
            _headers(subscriber, delivery, sent, at),
            timeout_s=min(
                subscriber.wanted.timeout or left, self._ctx.settings.delivery_timeout, left
            ),
        )
        return self._judged(subscriber, delivery, sent.form, outcome, at)

    def _last(self, delivery: Delivery, subscriber: Subscriber) -> int:
        """Return when an attempt may be made at the latest, in ms since the epoch."""
        return max(delivery.since, subscriber.resumed) + LONGEST_MS

    def _judged(
        self, subscriber: Subscriber, delivery: Delivery, form: str, outcome: Outcome, at: int
    ) -> Settle:
        schedule = subscriber.wanted.retry_schedule or self._ctx.settings.retry_schedule
        now, n = times.now_ms(), delivery.n + 1
        step = next_step(outcome, n, schedule, random.random(), now)  # noqa: S311 - jitter
        if isinstance(step, RetryAt) and step.at_ms > self._last(delivery, subscriber):
            step = Dead(f"{TOO_OLD}: {outcome.said}")
        _say(delivery, n, outcome, type(step).__name__)
        attempt = Attempt(
            number=n, at=at, status_code=outcome.status, error=outcome.error,
            duration_ms=outcome.duration_ms, response_excerpt=outcome.excerpt,
        )  # fmt: skip
        tried = {"n": n, "f": form, "log": (*delivery.log, attempt)}
        took = outcome.duration_ms
        match step:
            case Delivered():
                return Settle(_after(delivery, **tried, status="delivered"), "ok", took_ms=took)
            case RetryAt(ms):
                verdict: Verdict = "unsent" if outcome.ours else "retry"
                return Settle(_after(delivery, **tried), verdict, max(0, ms - now), took_ms=took)
            case Pause(reason, ms):
                open_ = _after(delivery, **tried)
                return Settle(open_, "pause", max(0, ms - now), None, reason, took)
            case Dead(reason):
                dead = _after(delivery, **tried, status="dead", reason=reason)
                letter = of_delivery(dead, reason, now)
                return Settle(dead, "dead", 0, letter, took_ms=took)


def _headers(subscriber: Subscriber, delivery: Delivery, sent: Rendered, at: int) -> dict[str, str]:
    headers = dict(subscriber.wanted.headers)
    headers["content-type"] = content_type(sent.form)
    headers |= signing.delivery_headers(
        delivery.e, at // 1000, sent.body, subscriber.live_secrets(at), subscriber.private_keys(at)
    )
    headers |= signature_headers(subscriber.wanted, sent.body)
    if delivery.replay:
        headers["hirewire-replay"] = delivery.replay
    return headers


def _too_old(delivery: Delivery) -> Settle:
    said = delivery.log[-1].error or delivery.log[-1].status_code if delivery.log else None
    reason = f"{TOO_OLD}: {said or 'no attempt was possible'}"
    log.warning("delivery.too_old", delivery_id=delivery.id, subscriber_id=delivery.s)
    dead = _after(delivery, status="dead", reason=reason)
    letter = of_delivery(dead, reason, times.now_ms())
    return Settle(dead, "late", 0, letter, attempted=False)


def _gone(delivery: Delivery, retention_s: int) -> Settle:
    log.warning("delivery.erased", delivery_id=delivery.id, subscriber_id=delivery.s)
    gone = _after(delivery, status="erased", reason=BODY_GONE)
    over = bool(delivery.ct) and times.now_ms() - delivery.ct >= retention_s * 1000
    return Settle(gone, "missed" if over else "erased", attempted=False)


def _after(delivery: Delivery, **update: object) -> Delivery:
    return delivery.model_copy(update=update)


def _say(delivery: Delivery, n: int, outcome: Outcome, then: str) -> None:
    # What went well at once its own record shows; a line each would be a tenth of the work.
    say = log.debug if n == 1 and outcome.succeeded else log.info
    say(
        "delivery.attempted", delivery_id=delivery.id, subscriber_id=delivery.s, event_id=delivery.e,
        type=delivery.t, attempt=n, status_code=outcome.status, error=outcome.error,
        duration_ms=outcome.duration_ms, next=then,
    )  # fmt: skip
