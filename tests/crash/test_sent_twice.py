"""A step whose reply was lost is sent again: what it opened and settled stays as it was."""

from service.core.settings import Settings
from service.core.store.deliveries import Limits, Opening, Settle, Step, opened
from service.core.store.inbox import Lease
from service.core.store.store import Store
from service.core.store.subscribers import Wanted

LIMITS = Limits(5000, 16_000, 500, 100)


async def test_entries_that_are_opened_twice_are_delivered_once(
    settings: Settings, store: Store
) -> None:
    lease = await _one_event(store)
    opening = await _opening(store, lease)

    (delivery,) = (await _step(store, lease, [opening])).going
    done = delivery.model_copy(update={"n": 1, "status": "delivered"})
    again = await store.deliveries.step(lease, LIMITS, 1, 0, [], [Settle(done, "ok")])
    assert again.state == "released"

    await store.pipe.run("wake_subscriber", lease.id, "", "")
    (lease,) = (await store.claims.claim("out", 1, 5000)).leases
    assert not (await _step(store, lease, [opening])).going
    assert await store.deliveries.backlog(lease.id) == 0


async def test_an_attempt_that_is_settled_twice_starts_no_second_flight(
    settings: Settings, store: Store
) -> None:
    lease = await _one_event(store)
    opening = await _opening(store, lease)
    (delivery,) = (await _step(store, lease, [opening])).going
    failed = Settle(delivery.model_copy(update={"n": 1}), "retry", 0)

    first = await store.deliveries.step(lease, LIMITS, 1, 0, [], [failed])
    again = await store.deliveries.step(lease, LIMITS, 1, 1, [], [failed])

    assert [d.n for d in first.going] == [1]
    assert not again.going
    subscriber = await store.subscribers.get(lease.id)
    assert subscriber and subscriber.streak == 1


async def _one_event(store: Store) -> Lease:
    """Make a connection with one event in its log, and claim the line of its one subscriber."""
    connection = await store.connections.create("5600", "token", "secret", "Example")
    types = ("connection.unauthorized",)
    await store.subscribers.create(Wanted(url="http://127.0.0.1:1/", event_types=types), None)
    await store.records.announce(connection.id, types[0], {"connection_id": "x"}, 1)
    (lease,) = (await store.claims.claim("out", 1, 5000)).leases
    return lease


async def _opening(store: Store, lease: Lease) -> Opening:
    step = await store.deliveries.step(lease, LIMITS, 1, 0, [], [])
    (read,) = step.reads
    entries = [opened(lease.id, read.connection_id, entry, step.now) for entry in read.entries]
    return Opening(read.connection_id, read.start, read.entries[-1].position, entries)


async def _step(store: Store, lease: Lease, openings: list[Opening]) -> Step:
    return await store.deliveries.step(lease, LIMITS, 1, 0, openings, [])
