"""Rotation of signing secrets: which sign, for how long, and how many at most."""

import asyncio
import time

import pytest
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from service.core import signing
from service.core.store.rotation import MOST_LIVE, Secret, rotated
from service.core.store.store import Store
from service.core.store.subscribers import Wanted

NOW = 1_776_757_200_000
DAY_MS = 86_400_000
URL = "http://127.0.0.1:9/hook"


def secret(name: str, until: int | None = None) -> Secret:
    return Secret(value=SecretStr(name), until=until)


def told(secrets: list[Secret]) -> list[tuple[str, int | None]]:
    return [(each.value.get_secret_value(), each.until) for each in secrets]


def test_the_old_secret_signs_until_the_overlap_ends() -> None:
    after = rotated([secret("old")], "new", DAY_MS, NOW)

    assert told(after) == [("new", None), ("old", NOW + DAY_MS)]
    assert [each.lives(NOW + DAY_MS - 1) for each in after] == [True, True]
    assert [each.lives(NOW + DAY_MS) for each in after] == [True, False]


def test_without_overlap_every_old_secret_stops_at_once() -> None:
    before = [secret("old"), secret("older", NOW + DAY_MS)]

    assert told(rotated(before, "new", 0, NOW)) == [("new", None)]


@pytest.mark.parametrize(("already", "then"), [(1, 1), (DAY_MS * 7, DAY_MS)])
def test_an_overlap_never_makes_an_old_secret_live_longer(already: int, then: int) -> None:
    after = rotated([secret("old"), secret("older", NOW + already)], "new", DAY_MS, NOW)

    assert told(after)[2] == ("older", NOW + then)


def test_what_has_ended_is_dropped() -> None:
    after = rotated([secret("old"), secret("ended", NOW)], "new", DAY_MS, NOW)

    assert [name for name, _ in told(after)] == ["new", "old"]


def test_of_more_than_ten_live_secrets_the_oldest_stop() -> None:
    secrets = [secret("0")]
    for n in range(1, 15):
        secrets = rotated(secrets, str(n), DAY_MS, NOW)

    assert [name for name, _ in told(secrets)] == [str(n) for n in range(14, 4, -1)]
    assert len(secrets) == MOST_LIVE


async def test_every_live_secret_of_ten_signs_and_the_eleventh_no_more(store: Store) -> None:
    made, first = await store.subscribers.create(Wanted(url=URL), None)
    shown = [first]
    for _ in range(10):
        shown.append(str(await store.subscribers.rotate(made, 60)))
    now = await store.subscribers.get(made.id)
    assert now is not None
    at = int(time.time())

    headers = signing.delivery_headers("evt_1", at, b"{}", now.live_secrets(at * 1000))

    for live in shown[1:]:
        Webhook(live).verify(b"{}", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(first).verify(b"{}", headers)
    assert len(headers["webhook-signature"].split(" ")) == MOST_LIVE


async def test_rotations_at_once_hide_no_secret_that_was_shown(store: Store) -> None:
    made, _ = await store.subscribers.create(Wanted(url=URL), None)

    shown = await asyncio.gather(*(store.subscribers.rotate(made, 60) for _ in range(5)))

    now = await store.subscribers.get(made.id)
    assert now is not None and set(shown) <= set(now.live_secrets(int(time.time() * 1000)))


async def test_a_removed_subscriber_is_not_rotated_back_into_being(store: Store) -> None:
    made, _ = await store.subscribers.create(Wanted(url=URL), None)
    await store.subscribers.remove(made.id)

    assert await store.subscribers.rotate(made, 60) is None
    assert await store.pipe.call("EXISTS", f"sub:{made.id}") == 0


async def test_a_key_pair_is_made_once_and_its_private_half_is_sealed(store: Store) -> None:
    made, _ = await store.subscribers.create(Wanted(url=URL), None)
    assert made.signing_keys == () and made.private_keys(NOW) == []

    await store.subscribers.update(made.id, Wanted(url=URL, asymmetric=True))
    first = await store.subscribers.get(made.id)
    await store.subscribers.update(made.id, Wanted(url=URL))
    off = await store.subscribers.get(made.id)
    await store.subscribers.update(made.id, Wanted(url=URL, asymmetric=True))
    again = await store.subscribers.get(made.id)

    assert first is not None and off is not None and again is not None
    (served,) = await store.subscribers.public_keys(made.id)
    assert first.signing_keys[0].public == again.signing_keys[0].public == served.public
    assert off.private_keys(NOW) == [] and first.private_keys(NOW) == again.private_keys(NOW)
    kept = await store.pipe.call("HGETALL", f"sub:{made.id}")
    assert first.private_keys(NOW)[0].encode() not in b"".join(kept.values())
