"""Rotation of a subscriber's Ed25519 key: both sign and both are served while the overlap lasts."""

import asyncio
import base64
import re
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from service.core.settings import Settings
from service.core.store.rotation import MOST_LIVE
from service.core.store.store import Store
from tests.ops.conftest import Ops, asking, settled
from tests.ops.ed25519 import verifies
from tests.serving import Got, Receiver, until

URL = "http://127.0.0.1:9/hook"
DAY_S = 86_400


async def asymmetric(ops: Ops, url: str = URL) -> Any:
    return await ops.post("/subscribers", {"url": url, "asymmetric": True})


async def rotate(ops: Ops, s: str, overlap_s: float | None = None) -> Any:
    body = {} if overlap_s is None else {"overlap_s": overlap_s}
    return await ops.post(f"/subscribers/{s}/rotate-key", body, status=200)


async def served(ops: Ops, s: str) -> list[dict[str, Any]]:
    """Ask as any receiver asks: without a token."""
    path = f"/.well-known/hirewire/keys/{s}"
    answer = await ops.http.get(path, headers={"authorization": ""})
    assert answer.status_code == 200
    rows: list[dict[str, Any]] = answer.json()["keys"]
    return rows


def signers(got: Got, rows: list[dict[str, Any]]) -> list[str]:
    """Return the ids of the keys that signed a delivery, in the order of their signatures."""
    head = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode()
    public = {row["id"]: base64.b64decode(row["public_key"][len("whpk_") :]) for row in rows}
    signatures = re.findall(r"v1a,(\S+)", got.headers["webhook-signature"])
    return [
        name
        for text in signatures
        for name, key in public.items()
        if verifies(key, head + got.body, base64.b64decode(text))
    ]


async def sent(ops: Ops, s: str, receiver: Receiver) -> Got:
    before = len(receiver.got)
    await ops.post(f"/subscribers/{s}/test", status=202)
    await until(lambda: len(receiver.got) > before)
    return receiver.got[-1]


def test_the_verifier_of_these_tests_knows_the_rfcs_vector_and_takes_no_other() -> None:
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )

    assert verifies(public, b"\x72", signature)
    assert not verifies(public, b"\x73", signature)


@pytest.mark.usefixtures("working")
async def test_while_the_overlap_lasts_both_keys_sign_and_both_are_served(
    ops: Ops, receiver: Receiver
) -> None:
    made = await asymmetric(ops, receiver.url)
    receiver.secret = made["secret"]
    (first,) = await served(ops, made["id"])

    answer = await rotate(ops, made["id"])
    delivery = await sent(ops, made["id"], receiver)

    fresh, old = await served(ops, made["id"])
    assert answer == {"public_key": fresh["public_key"], "public_keys": [fresh, old]}
    assert (old["id"], old["public_key"]) == (first["id"], first["public_key"])
    assert fresh["expires_at"] is None and old["expires_at"] is not None
    assert signers(delivery, [fresh, old]) == [fresh["id"], old["id"]]
    assert signers(delivery, [first]) == [first["id"]]
    Webhook(made["secret"]).verify(delivery.body, delivery.headers)
    assert (await ops.get(f"/subscribers/{made['id']}"))["public_keys"] == [fresh, old]


@pytest.mark.usefixtures("working")
async def test_once_the_overlap_is_over_the_old_key_neither_signs_nor_is_served(
    ops: Ops, receiver: Receiver
) -> None:
    made = await asymmetric(ops, receiver.url)
    receiver.secret = made["secret"]
    old = await served(ops, made["id"])

    await rotate(ops, made["id"], 0.3)
    await settled(ops, lambda one: len(one["public_keys"]) == 1, f"/subscribers/{made['id']}")
    delivery = await sent(ops, made["id"], receiver)

    fresh = await served(ops, made["id"])
    assert len(fresh) == 1 and fresh[0]["id"] != old[0]["id"]
    assert signers(delivery, [*fresh, *old]) == [fresh[0]["id"]]


async def test_without_an_overlap_the_old_key_stops_at_once(ops: Ops) -> None:
    made = await asymmetric(ops)

    (fresh,) = (await rotate(ops, made["id"], 0))["public_keys"]

    assert fresh["public_key"] != made["public_key"]
    assert await served(ops, made["id"]) == [fresh]


async def test_of_more_keys_than_a_header_should_hold_the_oldest_stop(ops: Ops) -> None:
    made = await asymmetric(ops)
    for _ in range(MOST_LIVE + 2):
        last = await rotate(ops, made["id"], DAY_S)

    assert len(last["public_keys"]) == MOST_LIVE
    assert made["public_key"] not in {row["public_key"] for row in last["public_keys"]}


async def test_rotations_at_once_hide_no_key_that_was_shown(ops: Ops, store: Store) -> None:
    made = await asymmetric(ops)

    shown = await asyncio.gather(*(rotate(ops, made["id"], 60) for _ in range(5)))

    rows = {row["public_key"] for row in await served(ops, made["id"])}
    assert {answer["public_key"] for answer in shown} | {made["public_key"]} == rows
    subscriber = await store.subscribers.get(made["id"])
    assert subscriber is not None
    kept = b"".join((await store.pipe.call("HGETALL", f"sub:{made['id']}")).values())
    assert not any(key.encode() in kept for key in subscriber.private_keys(0))
    assert len(subscriber.private_keys(0)) == 6


async def test_a_rotation_is_audited_without_the_key(ops: Ops) -> None:
    made = await asymmetric(ops)

    await rotate(ops, made["id"])

    entry = (await ops.items("/audit"))[0]
    assert entry["action"] == "POST /subscribers/{id}/rotate-key"
    assert entry["targets"] == {"id": made["id"]} and entry["status"] == 200
    assert "whsk_" not in str(entry) and "whpk_" not in str(entry)


@pytest.mark.parametrize("overlap", [-1, 604_801, "a day", None, True])
async def test_an_overlap_that_cannot_be_is_422_and_changes_nothing(
    ops: Ops, overlap: object
) -> None:
    made = await asymmetric(ops)
    path = f"/subscribers/{made['id']}/rotate-key"

    answer = await ops.send("POST", path, {"overlap_s": overlap})

    assert answer.status_code == 422
    assert [row["public_key"] for row in await served(ops, made["id"])] == [made["public_key"]]


async def test_who_is_not_signed_for_with_ed25519_has_no_key_to_rotate(ops: Ops) -> None:
    made = await ops.post("/subscribers", {"url": URL})

    said = await ops.refused("POST", f"/subscribers/{made['id']}/rotate-key", status=409)
    await ops.refused("POST", "/subscribers/sub_nobody/rotate-key", status=404)

    assert "asymmetric" in said
    assert (await ops.get(f"/subscribers/{made['id']}"))["public_keys"] == []


async def test_a_subscriber_rotates_its_own_key_itself(ops: Ops, settings: Settings) -> None:
    made, other = await asymmetric(ops), await asymmetric(ops)
    access = await ops.post(f"/subscribers/{made['id']}/access")
    async with asking(settings, access["token"]) as mine:
        answer = await mine.post("/self/v1/subscriber/rotate-key", json={"overlap_s": 0})

    assert answer.status_code == 200
    assert await served(ops, made["id"]) == answer.json()["public_keys"]
    assert (await served(ops, other["id"]))[0]["public_key"] == other["public_key"]
