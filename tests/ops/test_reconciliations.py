"""Reconciliations, the ledger and its metrics: asked for, decided on, and what they say of the proof."""

from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from service.core import times
from service.core.settings import Settings
from service.core.store.connections import UNAUTHORIZED
from service.core.store.reconciliations import Reconciliation
from service.core.store.store import Store
from service.core.unified.model import Ref
from tests.ops.conftest import History, Ops, asking
from tests.serving import until

DAY_MS = 86_400_000


async def _ended(
    store: Store, c: str, status: str = "done", reason: str = "", **facts: Any
) -> Reconciliation:
    """Make one that has ended."""
    one = await store.reconciliations.begin(c)
    assert one is not None
    for name, value in facts.items():
        setattr(one, name, value)
    assert status in ("done", "held")
    assert await store.reconciliations.end(one, "held" if status == "held" else "done", reason)
    return one


async def test_one_is_begun_and_one_that_runs_is_not_begun_again(
    ops: Ops, history: History
) -> None:
    c = (await history.connection()).id

    made = await ops.post(f"/connections/{c}/reconcile", status=202)
    again = await ops.post(f"/connections/{c}/reconcile", status=202)

    assert made["id"] == again["id"] and made["status"] == "running" and made["done_at"] is None
    assert await ops.get(f"/reconciliations/{made['id']}") == made
    assert [one["id"] for one in await ops.items("/reconciliations")] == [made["id"]]
    connection = await history.store.connections.get(c)
    assert connection and connection.asked  # a worker that knew it as idle looks it up


async def test_it_cannot_begin_without_a_connection_or_a_token(ops: Ops, history: History) -> None:
    await ops.refused("POST", "/connections/none/reconcile", status=404)
    c = (await history.connection()).id
    await history.store.connections.wake(c, UNAUTHORIZED)

    assert "token" in await ops.refused("POST", f"/connections/{c}/reconcile", status=409)


async def test_they_are_listed_newest_first_and_filtered_and_paged(
    ops: Ops, history: History
) -> None:
    store = history.store
    one, other = (await history.connection()).id, (await history.connection("Other")).id
    made = [await _ended(store, c) for c in (one, other, one)]
    made.append(await _ended(store, other, "held", "too much"))
    names = [each.id for each in made]

    assert {row["id"] for row in await ops.all("/reconciliations", limit=1)} == set(names)
    began = [row["began_at"] for row in await ops.all("/reconciliations", limit=3)]
    assert began == sorted(began, reverse=True)
    of_one = await ops.items("/reconciliations", connection_id=one)
    assert {row["id"] for row in of_one} == {names[0], names[2]}
    assert [row["id"] for row in await ops.items("/reconciliations", status="held")] == [names[3]]
    await ops.refused("GET", "/reconciliations?status=lost", status=422)
    await ops.refused("GET", "/reconciliations/rec_none", status=404)


async def test_what_vanished_is_confirmed_and_compared_anew(ops: Ops, history: History) -> None:
    store, c = history.store, (await history.connection()).id
    held = await _ended(store, c, "held", "too much", absent={"candidate": 40}, held=["candidate"])
    path = f"/reconciliations/{held.id}"
    assert (await ops.get(path))["absent"] == {"candidate": 40}

    anew = await ops.post(f"{path}/confirm", status=202)

    assert (anew["status"], anew["reason"], anew["absent"]) == ("running", None, {})
    kept = await store.reconciliations.get(c, held.id)
    assert kept and kept.confirmed == {"candidate": 40}
    assert "held waits" in await ops.refused("POST", f"{path}/confirm", status=409)


async def test_one_is_not_confirmed_while_another_runs(ops: Ops, history: History) -> None:
    store, c = history.store, (await history.connection()).id
    held = await _ended(store, c, "held")
    running = await ops.post(f"/connections/{c}/reconcile", status=202)

    assert running["id"] != held.id
    superseded = await ops.get(f"/reconciliations/{held.id}")
    assert superseded["status"] == "canceled" and running["id"] in superseded["reason"]
    await ops.refused("POST", f"/reconciliations/{held.id}/confirm", status=409)


async def test_one_that_runs_or_is_held_is_canceled_and_one_that_is_over_stays(
    ops: Ops, history: History
) -> None:
    store, c = history.store, (await history.connection()).id
    done = await _ended(store, c)
    held = await _ended(store, c, "held")
    assert (await ops.post(f"/reconciliations/{held.id}/cancel", status=200))[
        "status"
    ] == "canceled"
    running = await ops.post(f"/connections/{c}/reconcile", status=202)

    canceled = await ops.post(f"/reconciliations/{running['id']}/cancel", status=200)

    assert (canceled["status"], canceled["reason"]) == ("canceled", "by hand")
    assert canceled["done_at"]
    assert (await ops.post(f"/reconciliations/{done.id}/cancel", status=200))["status"] == "done"
    watch = await store.watching.get(c)
    assert not watch.get("reconciling") and not watch.get("held")


async def _ledgered(history: History) -> str:
    """Fill a ledger as workers do; returns the connection."""
    store, c = history.store, (await history.connection()).id
    await store.watching.gap(c, "nothing was asked for so long", times.now_ms() - DAY_MS, "feed")
    await store.watching.gap(c, "the feed does not reach back", 0, "reconcile")
    await _a_moment_later()
    await _ended(store, c, read={"candidate": 3}, requests=4)
    found = {"told:webhook": 5, "told:activity": 2, "seen:activity": 9, "differing:candidate": 1}
    await store.watching.count(c, {"webhook": 7, "reconciled": 1, **found})
    await store.watching.note(
        c, served=1, polled_at=times.now_ms(), **{"audit:proved": times.now_ms() - 3 * DAY_MS}
    )
    return c


async def test_the_ledger_says_what_each_found_and_how_far_the_proof_goes(
    ops: Ops, history: History
) -> None:
    c = await _ledgered(history)

    ledger = await ops.get(f"/connections/{c}/ledger")

    assert (ledger["webhooks"], ledger["reconciliations"]) == (7, 1)
    assert ledger["told"] == {"webhook": 5, "activity": 2}
    assert ledger["seen"] == {"activity": 9} and ledger["differing"] == {"candidate": 1}
    assert ledger["gaps_healed"] == 2
    assert [gap["healed_by"] for gap in ledger["gaps"]] == ["reconcile", "feed"]
    assert ledger["proof"]["deep_age_days"] == 3.0
    as_of = ledger["proof"]["lists_at"]
    assert ledger["says"] == (
        f"As of {as_of} nothing is missing that a tier-1 read can see; deep proof is 3.0 days old."
    )
    assert ledger["oldest_doubt_at"] is None and ledger["held"] is None


async def test_a_ledger_without_proof_and_with_doubts_says_so(ops: Ops, history: History) -> None:
    store, c = history.store, (await history.connection()).id
    await store.records.doubt(c, Ref("tags", "company"), "it is shorter than its total", 1, 9)
    await store.watching.gap(c, "the feed's cursor has vanished", 0, "reconcile")
    await _a_moment_later()
    await _ended(store, c, "held", "too much")
    await _ended(store, c, doubts=["tags: it is shorter than its total"])
    await _a_moment_later()
    await store.watching.gap(c, "and again", 0, "reconcile")

    ledger = await ops.get(f"/connections/{c}/ledger")

    assert ledger["doubts"][0]["why"] == "it is shorter than its total"
    assert ledger["oldest_doubt_at"] == ledger["doubts"][0]["at"]
    assert ledger["gaps"][0]["healed_at"] is None and ledger["proof"]["lists_at"] is None
    assert ledger["says"].startswith("No reconciliation has compared every list without a doubt")
    assert "no deep proof yet" in ledger["says"] and "in doubt" in ledger["says"]
    assert "1 gaps wait for a reconcile" in ledger["says"]


async def test_a_ledger_adds_up_as_many_days_as_are_asked_for(ops: Ops, history: History) -> None:
    c = await _ledgered(history)

    assert (await ops.get(f"/connections/{c}/ledger", days=400))["webhooks"] == 7
    await ops.refused("GET", f"/connections/{c}/ledger?days=0", status=422)
    await ops.refused("GET", "/connections/none/ledger", status=404)


async def _a_moment_later() -> None:
    """Wait until the clock shows another millisecond: by that a ledger tells before from after."""
    now = times.now_ms()
    await until(lambda: times.now_ms() > now)


async def _scraped(settings: Settings) -> dict[tuple[str, ...], float]:
    async with asking(settings, None) as client:
        answer: httpx.Response = await client.get("/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, *(v for k, v in sorted(sample.labels.items()) if k != "connection")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }  # fmt: skip


async def test_prometheus_reads_the_ledger(settings: Settings, history: History) -> None:
    await _ledgered(history)

    found = await _scraped(settings)

    assert found["hirewire_webhooks_received_total",] == 7
    assert found["hirewire_changes_told_total", "activity"] == 2
    assert found["hirewire_changes_seen_total", "activity"] == 9
    assert found["hirewire_reconcile_differing_total", "candidate"] == 1
    assert found["hirewire_gaps", "healed"] == 2 and found["hirewire_gaps", "open"] == 0
    assert found["hirewire_doubts",] == 0 and found["hirewire_feed_served",] == 1
    now = times.now_ms() / 1000
    assert abs(now - found["hirewire_proof_lists_timestamp_seconds",]) < 60
    assert abs(now - found["hirewire_proof_deep_timestamp_seconds",] - 3 * 86_400) < 60


async def test_prometheus_hears_of_doubts_and_of_what_waits_for_a_person(
    settings: Settings, history: History
) -> None:
    store, c = history.store, (await history.connection()).id
    await store.records.doubt(c, Ref("tags", "company"), "its pages repeat", 0, 0)
    await _ended(store, c, "held", "too much")

    found = await _scraped(settings)

    assert found["hirewire_doubts",] == 1 and found["hirewire_reconciliation_held",] == 1
    assert abs(times.now_ms() / 1000 - found["hirewire_oldest_doubt_timestamp_seconds",]) < 60
    assert ("hirewire_proof_deep_timestamp_seconds",) not in found
    assert ("hirewire_feed_served",) not in found


async def test_without_connections_there_is_nothing_to_tell_and_no_fault(
    settings: Settings,
) -> None:
    assert await _scraped(settings) == {}
