"""A key that is for some connections acts on what is theirs: of anybody else's nothing is there."""

from typing import Any

import pytest

from service.core.settings import Settings
from service.core.store.store import Store
from tests.delivery.stepping import HOUR, Hand, failed, subscribe
from tests.ops.conftest import History, Ops, asking


async def _blocked(store: Store, history: History, **wanted: Any) -> tuple[str, str, Hand]:
    """Return a connection, and a delivery of its that failed, holds its lane and waits an hour."""
    c = (await history.connection()).id
    hand = Hand(store, await subscribe(store, connection_ids=(c,), **wanted))
    for _ in range(2):
        await history.tell(c, "job.updated", "1")
    (head,) = (await hand.step()).going
    await hand.step(failed(head, HOUR))
    return c, head.id, hand


@pytest.mark.parametrize("action", ["skip", "retry"])
async def test_a_key_for_one_connection_moves_its_own_delivery_and_not_anothers(
    ops: Ops, history: History, store: Store, settings: Settings, action: str
) -> None:
    mine, own, _ = await _blocked(store, history)
    _, others, _ = await _blocked(store, history)
    body = {"name": "one", "scopes": ["ops"], "connection_ids": [mine]}
    made = await ops.post("/api-keys", body)

    before = await ops.get(f"/deliveries/{others}")
    async with asking(settings, made["key"]) as client:
        held = Ops(client)
        await held.refused("POST", f"/deliveries/{others}/{action}", status=404)
        done = await held.post(f"/deliveries/{own}/{action}", status=200)

    assert await ops.get(f"/deliveries/{others}") == before
    assert before["status"] == "open" and before["attempt_count"] == 1
    assert done["status"] == ("dead" if action == "skip" else "open")
    entry = (await ops.items("/audit"))[1]
    assert (entry["status"], entry["targets"]["id"]) == (404, others)


async def test_such_a_key_does_not_rotate_the_key_of_anothers_subscriber(
    ops: Ops, history: History, store: Store, settings: Settings
) -> None:
    mine, _, own = await _blocked(store, history, asymmetric=True)
    _, _, other = await _blocked(store, history, asymmetric=True)
    body = {"name": "one", "scopes": ["ops"], "connection_ids": [mine]}
    made = await ops.post("/api-keys", body)
    before = await store.subscribers.public_keys(other.s)

    async with asking(settings, made["key"]) as client:
        held = Ops(client)
        await held.refused("POST", f"/subscribers/{other.s}/rotate-key", status=404)
        done = await held.post(f"/subscribers/{own.s}/rotate-key", status=200)

    assert len(done["public_keys"]) == 2
    assert await store.subscribers.public_keys(other.s) == before
