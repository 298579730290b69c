"""The breaker: what fails is left alone, nothing is used up meanwhile, and it comes back without a herd."""

import pytest

from service.core.store.deliveries import Delivery
from service.core.store.store import Store
from tests.delivery.stepping import (
    DAY,
    HOUR,
    MINUTE,
    broken,
    facts,
    fail,
    failed,
    line,
    ok,
    time_passes,
)
from tests.ops.conftest import History
from tests.ops.conftest import history as history
from tests.ops.conftest import receiver as receiver
from tests.ops.conftest import settings as settings
from tests.ops.conftest import working as working

RECOVERED, DISABLED = "subscriber.recovered", "subscriber.disabled"


async def test_it_opens_after_ten_failures_in_a_row(store: Store, history: History) -> None:
    _, hand = await line(store, history, 30)
    hand.cap = 1
    await fail(hand, 9)
    assert (await facts(store, hand.s))["brk"] == ""

    step = await hand.step(failed(next(iter(hand.hold.values()))))

    assert not step.going
    assert (await facts(store, hand.s))["brk"] == "open"


async def test_it_opens_when_half_of_the_last_twenty_failed(store: Store, history: History) -> None:
    _, hand = await line(store, history, 40)
    hand.cap = 1
    for n in range(20):
        if not hand.hold:
            await hand.step()
        (d,) = hand.hold.values()
        await hand.step(failed(d, HOUR) if n % 2 else ok(d), free=1)

    assert (await facts(store, hand.s))["brk"] == "open"
    assert hand.hold == {}


async def test_less_than_half_of_failures_leave_it_closed(store: Store, history: History) -> None:
    _, hand = await line(store, history, 90)
    hand.cap = 1
    for n in range(60):
        if not hand.hold:
            await hand.step()
        (d,) = hand.hold.values()
        await hand.step(failed(d, HOUR) if n % 5 < 2 else ok(d), free=1)

    assert (await facts(store, hand.s))["brk"] == ""


async def test_while_it_is_open_nothing_leaves_and_no_attempt_is_used_up(
    store: Store, history: History
) -> None:
    c, hand = await broken(store, history)
    before = await _states(store, hand.s)

    await time_passes(store, hand.s, 20_000)
    await history.tell(c, "job.updated", "new")
    for _ in range(3):
        step = await hand.step()
        assert step.state == "released" and not step.going

    after = await _states(store, hand.s)
    assert {d: a.n for d, a in after.items()} == {d: b.n for d, b in before.items()}


async def _states(store: Store, s: str) -> dict[str, Delivery]:
    raw: dict[bytes, bytes] = await store.pipe.call("HGETALL", f"d:{s}")
    return {d.decode(): Delivery.model_validate_json(state) for d, state in raw.items()}


async def test_it_is_not_looked_at_for_every_event_while_it_is_open(
    store: Store, history: History
) -> None:
    c, hand = await broken(store, history)
    await hand.step()
    until_ = float((await facts(store, hand.s))["brk_until"])

    await history.tell(c, "job.updated", "new")
    assert (await store.claims.claim("out", 10, 5000)).leases == []

    assert float(await store.pipe.call("ZSCORE", "ready:out", hand.s)) == pytest.approx(
        until_, abs=1
    )


async def test_one_probe_leaves_at_a_time_and_its_failure_makes_the_next_wait_longer(
    store: Store, history: History
) -> None:
    _, hand = await broken(store, history)
    waits = []
    for _ in range(8):
        said = await facts(store, hand.s)
        waits.append(float(said["brk_until"]) - float(await _now(store)))
        await time_passes(store, hand.s, 20 * MINUTE)
        (probe,) = (await hand.step()).going
        assert not (await hand.step()).going
        await hand.step(failed(probe, DAY))

    wanted = [min(30_000 * 2**n, 900_000) for n in range(8)]
    for wait, least in zip(waits, wanted, strict=True):
        assert least - 2000 < wait <= least * 1.2


async def _now(store: Store) -> float:
    seconds, micros = await store.pipe.call("TIME")
    return int(seconds) * 1000 + int(micros) / 1000


async def test_probes_go_round_so_that_one_poisoned_event_does_not_keep_it_open(
    store: Store, history: History
) -> None:
    _, hand = await broken(store, history)
    probes = []
    for _ in range(5):
        await time_passes(store, hand.s, 20 * MINUTE)
        (probe,) = (await hand.step()).going
        probes.append(probe.id)
        await hand.step(failed(probe, 0))

    assert len(set(probes)) == 5


async def test_what_was_in_flight_when_it_opened_neither_counts_as_a_probe_nor_adds_to_the_wait(
    store: Store, history: History
) -> None:
    _, hand = await line(store, history, 30)
    await hand.step()
    rest = list(hand.hold.values())
    for _ in range(3):
        for d in [hand.hold[d.id] for d in rest[:3]]:
            await hand.step(failed(d, 0), free=0)
        await hand.step()
        rest = list(hand.hold.values())
    for n in range(10 - int((await facts(store, hand.s))["streak"])):
        await hand.step(failed(rest[n]), free=0)
    opened = await facts(store, hand.s)
    assert opened["brk"] == "open" and hand.hold

    for d in list(hand.hold.values()):
        await hand.step(failed(d), free=0)

    later = await facts(store, hand.s)
    assert (later["brk_n"], later["brk_until"]) == (opened["brk_n"], opened["brk_until"])
