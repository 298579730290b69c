"""The bytes of one delivery: those that were sent before, else rendered once and kept."""

from typing import NamedTuple

from service.core.delivery.choosing import Bodies, options_of
from service.core.delivery.rendering import PLAIN, render_id, rendered_for
from service.core.store.deliveries import Delivery
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber


class Rendered(NamedTuple):
    """The bytes to send, and the form that they have: the settled attempt keeps it (`Delivery.f`)."""

    form: str
    body: bytes


async def bytes_of(
    store: Store, subscriber: Subscriber, delivery: Delivery, bodies: Bodies, lifetime_s: int
) -> Rendered | None:
    """Return what a delivery sends, or None when its event is gone.

    The first attempt is rendered under today's settings, every later one has the first one's bytes. What
    was rendered outlives no erasure: the event itself must still be there.
    """
    options = await options_of(store, subscriber.wanted, delivery.c)
    today = render_id(subscriber.wanted, subscriber.id, options)
    form = delivery.f if delivery.n > 0 else today
    if (here := bodies.get((delivery.e, form))) is not None:
        return Rendered(form, here)
    event = bodies.get((delivery.e, PLAIN)) or await store.log.body(delivery.e)
    if event is None:
        return None
    sent = event if form == PLAIN else None
    if sent is None and form != today:
        sent = await store.log.rendered(delivery.e, form)
    if sent is None:
        fresh = rendered_for(event, subscriber, options)
        form, sent = today, await store.log.keep_rendered(delivery.e, today, fresh, lifetime_s)
    if sent is None:
        return None
    bodies.put((delivery.e, form), sent)
    return Rendered(form, sent)
