"""Deliveries: listed, looked at, hurried."""

import asyncio
from typing import Any

import pytest

from tests.ops.conftest import History, Ops, settled
from tests.serving import Receiver, eventually, until

LATER = [0, 600]


async def _subscribed(ops: Ops, receiver: Receiver, **wanted: Any) -> dict[str, Any]:
    made: dict[str, Any] = await ops.post("/subscribers", {"url": receiver.url, **wanted})
    receiver.secret = made["secret"]
    return made


async def _tried_once(ops: Ops) -> dict[str, Any]:
    async def tried() -> Any:
        found = await ops.items("/deliveries")
        return found and found[0]["attempt_count"] == 1 and found[0]

    delivery: dict[str, Any] = await eventually(tried)
    return delivery


@pytest.mark.usefixtures("working")
async def test_a_delivery_shows_its_attempts_and_when_the_next_is_due(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    receiver.status = 503
    subscriber = await _subscribed(ops, receiver, retry_schedule=LATER)
    connection = await history.connection()
    event_id = await history.tell(connection.id, "candidate.created")

    listed = await _tried_once(ops)
    shown = await ops.get(f"/deliveries/{listed['id']}")

    attempts = shown.pop("attempts")
    assert shown == listed
    assert (listed["event_id"], listed["subscriber_id"]) == (event_id, subscriber["id"])
    assert (listed["connection_id"], listed["type"]) == (connection.id, "candidate.created")
    assert (listed["status"], listed["replay_id"]) == ("open", None)
    assert listed["next_attempt_at"] > attempts[0]["at"]
    assert attempts[0]["number"] == 1 and attempts[0]["status_code"] == 503
    assert attempts[0]["response_excerpt"] == "thanks" and attempts[0]["duration_ms"] >= 0


@pytest.mark.usefixtures("working")
async def test_a_retry_makes_the_next_attempt_at_once_and_a_settled_delivery_has_none(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    receiver.answers = [500]
    await _subscribed(ops, receiver, retry_schedule=LATER)
    await history.tell((await history.connection()).id, "candidate.created")
    delivery = await _tried_once(ops)
    path = f"/deliveries/{delivery['id']}"

    answer = await ops.post(path + "/retry", status=200)

    done = await settled(ops, lambda d: d["status"] == "delivered", path)
    assert answer["id"] == delivery["id"]
    assert [a["status_code"] for a in done["attempts"]] == [500, 200]
    assert done["next_attempt_at"] is None
    assert "delivered" in await ops.refused("POST", path + "/retry", status=409)


@pytest.mark.usefixtures("working")
async def test_one_that_waits_behind_another_of_its_subject_cannot_overtake(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    receiver.status = 500
    await _subscribed(ops, receiver, retry_schedule=LATER)
    c = (await history.connection()).id
    await history.tell(c, "candidate.created")
    await _tried_once(ops)
    await history.tell(c, "candidate.updated")
    second = await settled(ops, lambda page: len(page["items"]) == 2, "/deliveries")

    behind = next(d for d in second["items"] if d["type"] == "candidate.updated")
    detail = await ops.refused("POST", f"/deliveries/{behind['id']}/retry", status=409)

    assert "behind" in detail
    assert behind["next_attempt_at"] is None


@pytest.mark.usefixtures("working")
async def test_a_retry_of_one_in_flight_sends_no_second_request_beside_it(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    await _subscribed(ops, receiver)
    c = (await history.connection()).id
    # A first success: only then may several requests be under way at once.
    await history.tell(c, "candidate.created")
    await settled(ops, lambda page: len(page["items"]) == 1, "/deliveries", status="delivered")
    receiver.delay_s = 0.3
    await history.tell(c, "candidate.updated")
    await until(lambda: len(receiver.tried) == 2)
    [delivery] = await ops.items("/deliveries", status="open")

    await ops.post(f"/deliveries/{delivery['id']}/retry", status=200)

    await settled(ops, lambda d: d["status"] == "delivered", f"/deliveries/{delivery['id']}")
    assert delivery["next_attempt_at"] is None
    assert len(receiver.tried) == 2


@pytest.mark.usefixtures("working")
async def test_the_delivery_of_a_paused_subscriber_is_not_hurried(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    receiver.status = 500
    subscriber = await _subscribed(ops, receiver, retry_schedule=LATER)
    await history.tell((await history.connection()).id, "candidate.created")
    delivery = await _tried_once(ops)
    await ops.post(f"/subscribers/{subscriber['id']}/pause", status=200)

    assert "paused" in await ops.refused("POST", f"/deliveries/{delivery['id']}/retry", status=409)


@pytest.mark.usefixtures("working")
async def test_all_given_filters_must_match(ops: Ops, history: History, receiver: Receiver) -> None:
    good = await _subscribed(ops, receiver)
    bad = await ops.post("/subscribers", {"url": "http://127.0.0.1:9/", "retry_schedule": LATER})
    one, two = await history.connection(), await history.connection()
    created = await history.tell(one.id, "candidate.created")
    job = await history.tell(two.id, "job.created")

    async def of(**query: Any) -> list[tuple[str, str]]:
        found = await ops.all("/deliveries", limit=1, **query)
        return sorted((d["event_id"], d["subscriber_id"]) for d in found)

    await settled(ops, lambda page: len(page["items"]) == 2, "/deliveries", status="delivered")
    await settled(ops, lambda page: len(page["items"]) == 2, "/deliveries", status="open")
    g, b = good["id"], bad["id"]
    assert await of() == sorted([(created, g), (created, b), (job, g), (job, b)])
    assert await of(subscriber_id=g) == sorted([(created, g), (job, g)])
    assert await of(event_id=job) == sorted([(job, g), (job, b)])
    assert await of(event_id=job, status="open") == [(job, b)]
    assert await of(connection_id=one.id, status="delivered") == [(created, g)]
    assert await of(type="candidate.*", subscriber_id=b) == [(created, b)]
    assert await of(event_id="nobody") == []


@pytest.mark.usefixtures("working")
async def test_many_deliveries_opened_at_once_are_paged_without_a_gap_or_a_repeat(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    await _subscribed(ops, receiver, concurrency=16)
    c = (await history.connection()).id
    told = await asyncio.gather(*(history.tell(c, "candidate.created", str(n)) for n in range(60)))
    await until(lambda: len(receiver.got) == 60)

    found = [d["event_id"] for d in await ops.all("/deliveries", limit=7)]

    assert sorted(found) == sorted(told)


async def test_a_status_that_is_none_is_422(ops: Ops) -> None:
    await ops.refused("GET", "/deliveries?status=lost", status=422)
