"""Dead letters: listed, opened, replayed, discarded."""

from typing import Any

import orjson
import pytest

from service.core import ids, times
from service.core.recruitee import webhook
from service.core.store.dead_letters import DeadLetter
from service.core.store.store import Store
from service.core.unified.model import Cause
from tests.ops.conftest import History, Ops, settled
from tests.serving import Receiver, eventually

USABLE = orjson.dumps({"id": 1, "event_type": "offer_updated", "payload": {"offer": {"id": 7}}})


async def _dead(
    ops: Ops, history: History, receiver: Receiver, *types: str
) -> list[dict[str, Any]]:
    """Let deliveries of these types die at their first attempt."""
    receiver.status = 500
    made = await ops.post("/subscribers", {"url": receiver.url, "retry_schedule": [0]})
    receiver.secret = made["secret"]
    c = (await history.connection()).id
    for event_type in types:
        await history.tell(c, event_type)
    page = await settled(ops, lambda p: len(p["items"]) == len(types), "/dead-letters")
    found: list[dict[str, Any]] = page["items"]
    return found


async def _buried(store: Store, c: str, root: str = "job:7") -> DeadLetter:
    """Bury a refetch, as a worker does that gave up."""
    entry = webhook.entry(root, Cause("webhook", 1, "offer_updated"))
    dead = DeadLetter(
        id=ids.inbound_dead_letter_id(c, root), kind="inbound", reason="gave up after 72 h",
        failed_at=times.now_ms(), connection_id=c, type="offer_updated", root=root,
        entries=(entry.decode(),),
    )  # fmt: skip
    await store.pipe.call("SET", f"dlt:{dead.id}", dead.model_dump_json(), "EX", 60)
    await store.pipe.call("ZADD", "dead", dead.failed_at, dead.id)
    return dead


@pytest.mark.usefixtures("working")
async def test_a_delivery_that_ran_out_of_attempts_is_listed_and_shown(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    [dead] = await _dead(ops, history, receiver, "candidate.created")

    shown = await ops.get(f"/dead-letters/{dead['id']}")

    assert (dead["kind"], dead["status"], dead["type"]) == ("delivery", "dead", "candidate.created")
    assert "500" in dead["reason"]
    assert (shown.pop("body"), shown.pop("entries")) == (None, 0)
    assert shown == dead
    delivery = await ops.get(f"/deliveries/{dead['delivery_id']}")
    assert (delivery["status"], delivery["event_id"]) == ("dead", dead["event_id"])


@pytest.mark.usefixtures("working")
async def test_a_replay_delivers_it_again_and_takes_it_off_the_list(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    [dead] = await _dead(ops, history, receiver, "candidate.created")
    receiver.status = 200

    replay = await ops.post(f"/dead-letters/{dead['id']}/replay", status=202)

    done = await settled(ops, lambda r: r["status"] == "done", f"/replays/{replay['id']}")
    assert (done["total"], done["done"], done["failed"]) == (1, 1, 0)
    assert await ops.items("/dead-letters") == []
    assert receiver.got[0].headers["hirewire-replay"] == replay["id"]


@pytest.mark.usefixtures("working")
async def test_while_it_is_replayed_it_says_so_and_is_neither_replayed_twice_nor_discarded(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    [dead] = await _dead(ops, history, receiver, "candidate.created")
    receiver.status, receiver.delay_s = 200, 0.5
    path = f"/dead-letters/{dead['id']}"

    replay = await ops.post(path + "/replay", status=202)

    during = await ops.get(path)
    assert (during["status"], during["replay_id"]) == ("replaying", replay["id"])
    await ops.refused("POST", path + "/replay", status=409)
    await ops.refused("DELETE", path, status=409)
    await ops.refused("POST", "/replays", {"dead_letter_ids": [dead["id"]]}, status=409)


@pytest.mark.usefixtures("working")
async def test_a_replay_that_fails_again_leaves_the_same_dead_letter(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    [dead] = await _dead(ops, history, receiver, "candidate.created")

    replay = await ops.post(f"/dead-letters/{dead['id']}/replay", status=202)

    done = await settled(ops, lambda r: r["status"] == "done", f"/replays/{replay['id']}")
    [again] = await ops.items("/dead-letters")
    assert (done["done"], done["failed"]) == (0, 1)
    assert (again["id"], again["status"]) == (dead["id"], "dead")


@pytest.mark.usefixtures("working")
async def test_a_discarded_one_is_gone(ops: Ops, history: History, receiver: Receiver) -> None:
    [dead] = await _dead(ops, history, receiver, "candidate.created")

    answer = await ops.send("DELETE", f"/dead-letters/{dead['id']}")

    assert answer.status_code == 204
    assert await ops.items("/dead-letters") == []
    await ops.refused("GET", f"/dead-letters/{dead['id']}", status=404)


@pytest.mark.usefixtures("working")
async def test_one_whose_subscriber_or_event_is_gone_says_so_instead_of_failing_later(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    [first, second] = await _dead(ops, history, receiver, "candidate.created", "job.created")

    await history.store.pipe.call("DEL", f"ev:{first['event_id']}")
    no_event = await ops.refused("POST", f"/dead-letters/{first['id']}/replay", status=409)
    await ops.send("DELETE", f"/subscribers/{second['subscriber_id']}")
    nobody = await ops.refused("POST", f"/dead-letters/{second['id']}/replay", status=409)

    assert "event" in no_event and "subscriber" in nobody


@pytest.mark.usefixtures("working")
async def test_all_given_filters_must_match(ops: Ops, history: History, receiver: Receiver) -> None:
    newest, oldest = await _dead(ops, history, receiver, "candidate.created", "job.created")
    inbound = await _buried(history.store, (await history.connection()).id)

    async def of(**query: Any) -> set[str]:
        return {d["id"] for d in await ops.all("/dead-letters", limit=1, **query)}

    both = {newest["id"], oldest["id"]}
    assert await of() == both | {inbound.id}
    assert await of(kind="inbound") == {inbound.id}
    assert await of(kind="delivery") == both
    assert await of(subscriber_id=newest["subscriber_id"]) == both
    assert await of(connection_id=inbound.connection_id) == {inbound.id}
    assert await of(type="offer_updated") == {inbound.id}
    assert await of(type="job.*", kind="delivery") <= both
    assert await of(until=oldest["failed_at"], since=oldest["failed_at"]) <= both
    assert await of(since="2099-01-01T00:00:00Z") == set()
    await ops.refused("GET", "/dead-letters?kind=lost", status=422)


async def test_a_buried_refetch_goes_back_into_the_inbox(ops: Ops, history: History) -> None:
    c = (await history.connection()).id
    dead = await _buried(history.store, c)
    shown = await ops.get(f"/dead-letters/{dead.id}")

    replay = await ops.post(f"/dead-letters/{dead.id}/replay", status=202)

    assert (shown["root"], shown["entries"], shown["subscriber_id"]) == ("job:7", 1, None)
    assert (replay["status"], replay["total"], replay["done"]) == ("done", 1, 1)
    assert await ops.get(f"/replays/{replay['id']}") == replay
    assert (await ops.get(f"/connections/{c}"))["inbox"]["waiting"] == 1
    assert await ops.items("/dead-letters") == []


async def test_a_quarantined_body_is_opened_on_its_own_page_and_nowhere_else(
    ops: Ops, history: History
) -> None:
    c = (await history.connection()).id
    await history.store.dead_letters.quarantine(c, "not JSON", "", b"<secret>", times.now_ms())

    listed = await ops.send("GET", "/dead-letters")
    dead_id = listed.json()["items"][0]["id"]
    shown = await ops.get(f"/dead-letters/{dead_id}")

    assert "<secret>" not in listed.text
    assert shown["body"] == "<secret>"
    kept = await history.store.pipe.call("GET", f"dlt:{dead_id}")
    assert b"<secret>" not in kept


async def test_a_quarantined_webhook_that_is_still_unusable_is_409_and_stays(
    ops: Ops, history: History
) -> None:
    c = (await history.connection()).id
    await history.store.dead_letters.quarantine(c, "not JSON", "", b"<nothing>", times.now_ms())
    [dead] = await ops.items("/dead-letters")

    detail = await ops.refused("POST", f"/dead-letters/{dead['id']}/replay", status=409)

    assert "not JSON" in detail
    assert [d["id"] for d in await ops.items("/dead-letters")] == [dead["id"]]


async def test_a_quarantined_webhook_that_is_usable_by_now_is_taken_in(
    ops: Ops, history: History
) -> None:
    c = (await history.connection()).id
    await history.store.dead_letters.quarantine(c, "unknown then", "", USABLE, times.now_ms())
    [dead] = await ops.items("/dead-letters")

    await ops.post(f"/dead-letters/{dead['id']}/replay", status=202)

    async def waits() -> bool:
        return await history.store.inbox.depth(c) == (1, 0)

    await eventually(waits)
    assert await ops.items("/dead-letters") == []


async def test_an_inbound_one_goes_with_its_connection(ops: Ops, history: History) -> None:
    connection = await history.connection()
    dead = await _buried(history.store, connection.id)
    await ops.send("DELETE", f"/connections/{connection.id}")

    await ops.refused("POST", f"/dead-letters/{dead.id}/replay", status=404)
