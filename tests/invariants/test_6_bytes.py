"""Invariant 6: a delivery is byte-identical on every attempt, and signed over exactly these bytes."""

import pytest

from service.core.store.subscribers import Format
from tests.invariants.house import House
from tests.invariants.raw import RawReceiver, signed_with
from tests.serving import until

SOMEBODY = 3331


@pytest.mark.parametrize("form", ["hirewire", "thin", "cloudevents"])
async def test_every_attempt_by_any_worker_has_the_same_bytes_and_a_signature_over_them(
    house: House, raw: RawReceiver, form: Format
) -> None:
    house.recruitee.add(SOMEBODY, name="Zoë Émile Søren")
    connection = await house.connect()
    subscriber, secret = await house.subscribe(raw.url, format=form)
    raw.answers = [500, None, 200]
    await house.rename(connection, SOMEBODY, "Zoë “Lína” 山田")
    for attempt in range(1, 4):
        async with house.worker():
            await until(lambda n=attempt: len(raw.requests) >= n)  # type: ignore[misc]
    async with house.worker():
        await house.settled(subscriber.id)

    assert len({request.body for request in raw.requests}) == 1
    assert len({request.headers["webhook-id"] for request in raw.requests}) == 1
    assert len({request.headers["content-type"] for request in raw.requests}) == 1
    assert all(signed_with(secret, request) for request in raw.requests)


async def test_a_change_of_format_between_attempts_leaves_an_open_delivery_as_it_was(
    house: House, raw: RawReceiver
) -> None:
    house.recruitee.add(SOMEBODY)
    connection = await house.connect()
    subscriber, secret = await house.subscribe(raw.url, retry_schedule=(0, 3600))
    raw.answers = [500]
    await house.rename(connection, SOMEBODY, "Ada Later")
    async with house.worker():
        await until(lambda: raw.requests)
    changed = subscriber.wanted.model_copy(update={"format": "thin"})
    await house.store.subscribers.update(subscriber.id, changed)
    (delivery,) = await house.deliveries(subscriber.id)
    await house.store.deliveries.retry_now(subscriber.id, delivery.id)
    async with house.worker():
        await until(lambda: len(raw.requests) == 2)
        await house.settled(subscriber.id)

    assert raw.requests[0].body == raw.requests[1].body
    assert all(signed_with(secret, request) for request in raw.requests)


async def test_after_a_rotation_both_secrets_sign_the_same_bytes(
    house: House, raw: RawReceiver
) -> None:
    house.recruitee.add(SOMEBODY)
    connection = await house.connect()
    subscriber, old = await house.subscribe(raw.url)
    fresh = await house.store.subscribers.rotate(subscriber, 60)
    await house.rename(connection, SOMEBODY, "Ada Later")
    async with house.worker():
        await until(lambda: raw.requests)

    assert fresh
    assert signed_with(old, raw.requests[0]) and signed_with(fresh, raw.requests[0])


async def test_two_subscribers_get_the_same_bytes_under_one_id(
    house: House, raw: RawReceiver
) -> None:
    house.recruitee.add(SOMEBODY)
    connection = await house.connect()
    secrets = [(await house.subscribe(raw.url))[1] for _ in range(2)]
    await house.rename(connection, SOMEBODY, "Ada Later")
    async with house.worker():
        await until(lambda: len(raw.requests) == 2)

    assert len({(r.body, r.headers["webhook-id"]) for r in raw.requests}) == 1
    assert {signed_with(secrets[0], r) for r in raw.requests} == {True, False}
