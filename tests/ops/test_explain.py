"""`explain`: why a subscriber did or did not get an event."""

from typing import Any

import orjson
import pytest

from service.core import ids, times
from service.core.delivery.choosing import choose, keep_groups
from service.core.delivery.gathering import delivery_of, gather
from service.core.settings import Settings
from service.core.store import keys
from service.core.store.records import Write
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber
from service.core.unified.model import Ref, Snapshot
from tests.ops.conftest import History, Ops, settled
from tests.serving import Receiver
from workers.app import running

URL = "http://127.0.0.1:9/hook"


class Cache(dict[tuple[str, str], bytes]):
    """Bodies at hand."""

    def put(self, key: tuple[str, str], value: bytes) -> None:
        self[key] = value


async def explained(ops: Ops, event_id: str, s: str) -> dict[str, Any]:
    found: dict[str, Any] = await ops.get("/explain", event_id=event_id, subscriber_id=s)
    return found


def waits(found: dict[str, Any]) -> list[str]:
    return [wait["what"] for wait in found["waits_for"]]


@pytest.mark.usefixtures("working")
async def test_what_was_delivered_shows_its_filters_its_place_and_its_attempts(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    c = (await history.connection()).id
    made = await ops.post("/subscribers", {"url": receiver.url})
    receiver.secret, receiver.answers = made["secret"], [500]
    event_id = await history.tell(c, "job.updated", name="Cook")

    found = await settled(
        ops, lambda one: one["outcome"] == "delivered", "/explain",
        event_id=event_id, subscriber_id=made["id"],
    )  # fmt: skip

    assert found["why"] == "attempt 2 was answered with 200"
    assert (found["type"], found["connection_id"], found["event_kept"]) == ("job.updated", c, True)
    assert all(verdict["passed"] and verdict["why"] for verdict in found["filters"])
    assert found["position"]["reached"] is True
    assert found["position"]["event"] <= found["position"]["subscriber"]
    assert [a["status_code"] for a in found["deliveries"][0]["attempts"]] == [500, 200]
    assert found["waits_for"] == []


async def test_what_was_filtered_says_by_which_filter(ops: Ops, history: History) -> None:
    c = (await history.connection()).id
    made = await ops.post("/subscribers", {"url": URL, "watch": ["job.status"]})
    event_id = await history.tell(c, "job.updated", name="Cook")

    found = await explained(ops, event_id, made["id"])

    assert found["outcome"] == "filtered"
    assert found["why"] == "watch: of name nothing is watched"
    assert [v["name"] for v in found["filters"] if not v["passed"]] == ["watch"]
    assert found["deliveries"] == [] and found["waits_for"] == []


async def test_a_paused_subscriber_has_not_read_it_and_says_why(ops: Ops, history: History) -> None:
    c = (await history.connection()).id
    made = await ops.post("/subscribers", {"url": URL})
    await ops.post(f"/subscribers/{made['id']}/pause", status=200)
    event_id = await history.tell(c, "job.updated", name="Cook")

    found = await explained(ops, event_id, made["id"])

    assert found["outcome"] == "not_read" and waits(found) == ["paused"]
    assert found["why"] == "the subscriber is paused: paused by hand"
    assert found["position"]["reached"] is False and found["position"]["event"]


async def test_an_open_breaker_and_a_rate_are_told_with_their_end(
    ops: Ops, history: History, store: Store
) -> None:
    c = (await history.connection()).id
    made = await ops.post("/subscribers", {"url": URL, "rate": 0.5})
    event_id = await history.tell(c, "job.updated", name="Cook")
    until = times.now_ms() + 60_000
    await store.pipe.call(
        "HSET", keys.subscriber(made["id"]), "brk", "open", "brk_until", until, "pace", until
    )

    found = await explained(ops, event_id, made["id"])

    assert waits(found) == ["breaker", "rate"]
    assert {wait["until"] for wait in found["waits_for"]} == {times.iso(until)}


async def test_one_that_waits_behind_another_names_it(
    ops: Ops, history: History, receiver: Receiver, settings: Settings
) -> None:
    c = (await history.connection()).id
    receiver.status = 500
    made = await ops.post("/subscribers", {"url": receiver.url, "retry_schedule": [0, 3600]})
    first = await history.tell(c, "job.updated", name="Cook")
    second = await history.tell(c, "job.updated", name="Chef")
    async with running(settings):
        head = await settled(
            ops, lambda one: waits(one) == ["attempt"] and one["deliveries"][0]["attempts"],
            "/explain", event_id=first, subscriber_id=made["id"],
        )  # fmt: skip
        behind = await explained(ops, second, made["id"])

    assert head["outcome"] == "waiting" and head["waits_for"][0]["until"]
    assert waits(behind) == ["lane"]
    assert behind["waits_for"][0]["delivery_id"] == head["deliveries"][0]["id"]
    assert "tried 1 times" in behind["why"]


async def test_a_new_subscriber_gets_nothing_from_before_it(ops: Ops, history: History) -> None:
    c = (await history.connection()).id
    event_id = await history.tell(c, "job.updated", name="Cook")
    made = await ops.post("/subscribers", {"url": URL})

    found = await explained(ops, event_id, made["id"])

    assert found["outcome"] == "earlier" and found["position"]["reached"] is True


async def test_what_is_gone_is_told_by_what_is_left_of_it(
    ops: Ops, history: History, store: Store
) -> None:
    c = (await history.connection()).id
    made = await ops.post("/subscribers", {"url": URL})
    event_id = await history.tell(c, "job.updated", name="Cook")
    subscriber = await _subscriber(store, made["id"])
    (entry,) = await store.log.oldest(c, "0-0", 10)
    group = gather([entry], [True], ["*"], times.now_ms() + 60_000).groups[0]
    delivery = delivery_of(subscriber, c, group, 1).model_copy(
        update={"id": ids.delivery_id(event_id, made["id"]), "e": event_id, "status": "erased"}
    )
    await store.pipe.call("SET", keys.delivery(delivery.id), delivery.dump())
    await store.pipe.call("SADD", keys.deliveries_of(event_id), delivery.id)
    await store.pipe.call("DEL", keys.event(event_id))

    found = await explained(ops, event_id, made["id"])

    assert (found["outcome"], found["event_kept"], found["filters"]) == ("erased", False, [])


async def test_what_nobody_knows_is_404_and_what_is_missing_422(ops: Ops, history: History) -> None:
    c = (await history.connection()).id
    made = await ops.post("/subscribers", {"url": URL})
    event_id = await history.tell(c, "job.updated", name="Cook")

    lost = await ops.refused(
        "GET", f"/explain?event_id=evt_none&subscriber_id={made['id']}", status=404
    )
    nobody = await ops.refused("GET", f"/explain?event_id={event_id}&subscriber_id=x", status=404)
    await ops.refused("GET", f"/explain?event_id={event_id}", status=422)

    assert "past the retention" in lost and nobody == "there is no subscriber x"


async def test_what_was_gathered_is_found_by_each_of_its_events(
    ops: Ops, history: History, store: Store
) -> None:
    c = (await history.connection()).id
    made = await ops.post("/subscribers", {"url": URL, "format": "kombo"})
    told = [await history.tell(c, "job.updated", n, name="Cook") for n in ("1", "2")]
    waiting = await explained(ops, told[0], made["id"])
    subscriber = await _subscriber(store, made["id"])
    entries = await store.log.oldest(c, "0-0", 10)
    good = await choose(store, subscriber, c, entries, Cache())
    done = gather(entries, good, subscriber.wanted.event_types, times.now_ms() + 60_000)
    await keep_groups(store, subscriber, c, done.groups, 600)
    delivery = delivery_of(subscriber, c, done.groups[0], times.now_ms())
    await store.pipe.call("SET", keys.delivery(delivery.id), delivery.dump())

    found = [await explained(ops, each, made["id"]) for each in told]
    whole = await ops.get(f"/events/{delivery.e}")

    assert waits(waiting) == ["gathering"]
    assert [one["deliveries"][0]["id"] for one in found] == [delivery.id, delivery.id]
    assert whole["data"] == {"changed_models": ["ats_jobs"], "event_ids": told}


async def test_a_candidates_applications_decide_for_who_chose_jobs(
    ops: Ops, history: History, store: Store
) -> None:
    c = (await history.connection()).id
    mine = await ops.post("/subscribers", {"url": URL, "job_ids": ["5"]})
    other = await ops.post("/subscribers", {"url": URL, "job_ids": ["6"]})
    event_id = await history.tell(c, "candidate.updated", "88", name="Zoë")
    fields = {"id": "a", "job_id": ids.record_id(c, "job", "5"), "current_stage_id": None}
    placed = Write(Ref("application", "9"), 0, Snapshot(1, 0, fields), "candidate:88")
    await store.records.commit(c, 2_000_000, [placed], [])
    entries = await store.log.oldest(c, "0-0", 10)

    chosen = [
        await choose(store, await _subscriber(store, s["id"]), c, entries, Cache())
        for s in (mine, other)
    ]

    assert chosen == [[True], [False]]
    refused = await explained(ops, event_id, other["id"])
    assert refused["why"] == "job_ids: 0 of the candidate's 1 applications fit"


async def test_what_needs_no_body_asks_for_none_and_one_that_is_gone_passes(
    ops: Ops, history: History, store: Store
) -> None:
    c = (await history.connection()).id
    plain = await ops.post("/subscribers", {"url": URL, "event_types": ["job.*"]})
    picky = await ops.post("/subscribers", {"url": URL, "watch": ["job.status"]})
    event_id = await history.tell(c, "job.updated", name="Cook")
    entries = await store.log.oldest(c, "0-0", 10)
    cache = Cache()

    assert await choose(store, await _subscriber(store, plain["id"]), c, entries, cache) == [True]
    assert cache == {}
    assert await choose(store, await _subscriber(store, picky["id"]), c, entries, cache) == [False]
    assert orjson.loads(cache[event_id, "hirewire"])["id"] == event_id
    await store.pipe.call("DEL", keys.event(event_id))
    assert await choose(store, await _subscriber(store, picky["id"]), c, entries, Cache()) == [True]


async def _subscriber(store: Store, s: str) -> Subscriber:
    found = await store.subscribers.get(s)
    assert found is not None
    return found


async def test_an_erasure_is_explained_by_who_ever_had_the_person(
    ops: Ops, history: History
) -> None:
    c = (await history.connection()).id
    had, never = [(await ops.post("/subscribers", {"url": URL}))["id"] for _ in range(2)]
    event_id = await history.tell(c, "candidate.erased")
    await history.store.pipe.call("SADD", keys.told(event_id), had)

    to_one, to_none = await explained(ops, event_id, had), await explained(ops, event_id, never)

    assert (to_one["outcome"], to_one["filters"][-1]["passed"]) == ("not_read", True)
    assert (to_none["outcome"], waits(to_none)) == ("filtered", [])
    assert to_none["why"] == "erasure: it never had the person: there is nothing to take back"
