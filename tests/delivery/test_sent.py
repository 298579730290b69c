"""What arrives at a subscriber's: redacted, in its format, with its vendor's signature."""

import base64
import hashlib
import hmac
from typing import Any

import pytest

from service.core.settings import Settings
from service.core.store import keys
from service.core.store.store import Store
from tests.ops.conftest import History, Ops
from tests.ops.conftest import history as history
from tests.ops.conftest import ops as ops
from tests.ops.conftest import receiver as receiver
from tests.ops.conftest import settings as settings
from tests.ops.conftest import working as working
from tests.serving import Receiver, until
from workers.app import running


@pytest.mark.usefixtures("working")
async def test_what_is_redacted_does_not_arrive_on_a_push_nor_on_a_replay(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    c = (await history.connection()).id
    redact = [{"path": "job.name", "how": "hash"}, {"path": "job.description"}]
    made = await ops.post("/subscribers", {"url": receiver.url, "redact": redact})
    receiver.secret = made["secret"]
    both = await history.tell(c, "job.updated", name="Head of Secrets", description="hidden")
    only = await history.tell(c, "job.updated", description="hidden again")
    last = await history.tell(c, "job.updated", status="OPEN")
    await until(lambda: len(receiver.got) == 2)

    await ops.post("/replays", {"event_ids": [both], "subscriber_ids": [made["id"]]}, status=202)
    await until(lambda: len(receiver.got) == 3)

    assert [got.headers["webhook-id"] for got in receiver.got] == [both, last, both]
    assert receiver.got[0].body == receiver.got[2].body
    assert not any(b"hidden" in got.body or b"Secrets" in got.body for got in receiver.got)
    found = await ops.get("/explain", event_id=only, subscriber_id=made["id"])
    assert found["why"] == "redact: description is dropped, and nothing else changed"


async def test_the_second_attempt_has_the_firsts_bytes_and_what_comes_after_todays(
    ops: Ops, history: History, receiver: Receiver, settings: Settings
) -> None:
    c = (await history.connection()).id
    asked = {"url": receiver.url, "format": "cloudevents", "retry_schedule": [0, 0.2]}
    made = await ops.post("/subscribers", asked)
    receiver.secret, receiver.answers = made["secret"], [500]
    await history.tell(c, "job.updated", "1", name="Cook")
    async with running(settings):
        await until(lambda: receiver.tried)
    mask = {"redact": [{"path": "*.name", "how": "mask"}]}
    await ops.send("PATCH", f"/subscribers/{made['id']}", mask)
    await history.tell(c, "job.updated", "2", name="Chef")
    async with running(settings):
        await until(lambda: len(receiver.got) == 2)

    by_type = {"Cook": 0, "***": 0}
    for got in receiver.got:
        assert got.headers["content-type"] == "application/cloudevents+json"
        by_type[got.event["data"]["changes"][0]["after"]] += 1
    assert by_type == {"Cook": 1, "***": 1}
    assert receiver.tried[0].body in [got.body for got in receiver.got]


@pytest.mark.usefixtures("working")
async def test_truto_is_signed_over_the_bytes_besides_the_standard_headers(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    c = (await history.connection()).id
    body = {"url": receiver.url, "format": "truto", "vendor_secret": "the-vendors"}
    made = await ops.post("/subscribers", body)
    receiver.secret = made["secret"]
    event_id = await history.tell(c, "job.created", "12")
    await until(lambda: receiver.got)

    (got,) = receiver.got
    digest = hmac.new(b"the-vendors", got.body, hashlib.sha256).hexdigest()
    assert got.headers["x-truto-signature"] == f"format=sha256,v={digest}"
    assert (got.event["id"], got.event["event"]) == (event_id, "record:created")
    assert got.event["webhook_id"] == made["id"] and got.event["payload"]["id"] == "12"


async def test_kombo_is_told_once_of_what_came_within_ten_seconds(
    ops: Ops, history: History, receiver: Receiver, settings: Settings, store: Store
) -> None:
    c = (await history.connection()).id
    made = await ops.post("/subscribers", {"url": receiver.url, "format": "kombo"})
    receiver.secret = made["secret"]
    told = [
        await history.tell(c, kind) for kind in ("job.updated", "candidate.created", "note.created")
    ]
    await _older(store, c, 20_000)
    async with running(settings):
        await until(lambda: receiver.got)
        found = await ops.get("/explain", event_id=told[1], subscriber_id=made["id"])

    (got,) = receiver.got
    digest = hmac.new(made["vendor_secret"].encode(), got.body, hashlib.sha256).digest()
    signature = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert got.headers["x-kombo-signature"] == signature
    assert got.event["id"] == got.headers["webhook-id"] == found["deliveries"][0]["event_id"]
    assert got.event["data"]["changed_models"] == [{"name": "ats_candidates"}, {"name": "ats_jobs"}]
    assert (await ops.get("/explain", event_id=told[2], subscriber_id=made["id"]))["why"] == (
        "format: kombo has no words for note.created"
    )


async def _older(store: Store, c: str, by_ms: int) -> None:
    """Write a log anew, as if it had been written earlier."""
    entries = await store.log.oldest(c, "0-0", 100)
    await store.pipe.call("DEL", keys.log(c))
    for n, e in enumerate(entries):
        ms, _, _ = e.position.partition("-")
        row: dict[str, Any] = {
            "e": e.event_id,
            "t": e.type,
            "s": e.lane,
            "m": e.model,
            "r": e.remote_id,
        }
        flat = [part for pair in row.items() for part in pair]
        await store.pipe.call("XADD", keys.log(c), f"{int(ms) - by_ms}-{n}", *flat)
