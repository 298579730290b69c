"""One subscriber never delays another: it may hang, fail, or go quiet after a good start."""

import asyncio

import pytest

from service.core.settings import Settings
from service.core.store.store import Store
from tests.delivery.stepping import facts, subscribe
from tests.invariants.raw import RawReceiver, listening
from tests.ops.conftest import AWAY, History
from tests.ops.conftest import history as history
from tests.ops.conftest import receiver as receiver
from tests.serving import Receiver, eventually, until
from workers.app import running


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Deadlines that are long against what a healthy delivery takes."""
    more = {"recruitee_url": AWAY, "delivery_timeout": 5, "retry_schedule": (0, *[0.2] * 30)}
    return settings.model_copy(update=more)


async def _told(history: History, c: str, receiver: Receiver, rounds: int) -> list[float]:
    """Commit events one after the other and return how long each took to arrive, in seconds."""
    loop, took = asyncio.get_running_loop(), []
    for _ in range(rounds):
        had, began = len(receiver.got), loop.time()
        for n in range(4):
            await history.tell(c, "job.updated", str(n))
        await until(lambda had=had: len(receiver.got) >= had + 4)  # type: ignore[misc]
        took.append(loop.time() - began)
    return took


@pytest.mark.parametrize("hang_from", [0, 3])
async def test_many_that_hang_at_once_or_after_a_good_start_hold_up_nobody(
    store: Store, settings: Settings, history: History, receiver: Receiver, hang_from: int
) -> None:
    c = (await history.connection()).id
    async with listening() as bad:
        for _ in range(40):
            await subscribe(store, url=bad.url)
        await subscribe(store, url=receiver.url)
        async with running(settings):
            if hang_from:
                await _told(history, c, receiver, hang_from)
            bad.hangs = True
            took = await _told(history, c, receiver, 4)
            await _stop_all(store)
            bad.hangs = False
            _hang_up(bad)

    assert sorted(took)[2] < 2.5  # half of the deadline that those that hang are held to


async def _stop_all(store: Store) -> None:
    for s in await store.subscribers.ids():
        await store.subscribers.pause(s, "enough")


def _hang_up(bad: RawReceiver) -> None:
    for task in bad.tasks:
        task.cancel()


async def test_one_that_only_fails_is_left_alone_while_another_gets_all(
    store: Store, settings: Settings, history: History, receiver: Receiver
) -> None:
    c = (await history.connection()).id
    async with listening() as bad:
        bad.answers = [500] * 1000
        failing = (await subscribe(store, url=bad.url)).id
        await subscribe(store, url=receiver.url)
        async with running(settings):
            await _told(history, c, receiver, 10)
            await eventually(lambda: _opened(store, failing))
            before = len(bad.requests)
            await _told(history, c, receiver, 10)

    assert len(receiver.got) == 80
    assert before < 20 and len(bad.requests) == before
    assert await store.deliveries.backlog(failing) < 45


async def _opened(store: Store, s: str) -> bool:
    return (await facts(store, s))["brk"] == "open"


async def test_a_slow_one_gets_all_the_same_and_its_queue_is_handed_back(
    store: Store, settings: Settings, history: History, receiver: Receiver
) -> None:
    """Taken beforehand while it was quick, then it slows down: nothing is lost, doubled or out of order."""
    c = (await history.connection()).id
    s = (await subscribe(store, url=receiver.url)).id
    told = [await history.tell(c, "job.updated", str(n % 40)) for n in range(80)]
    taken = receiver.handle

    async def slower(request: object) -> object:
        receiver.delay_s = 0.6 if 20 < len(receiver.tried) < 26 else 0.0
        return await taken(request)  # type: ignore[arg-type]

    receiver.handle = slower  # type: ignore[method-assign,assignment]
    async with running(settings):
        await until(lambda: len(receiver.got) == 80, 20)
        await eventually(lambda: _done(store, s))

    assert len(receiver.tried) == 80
    for n in range(40):
        mine = told[n::40]
        assert [g.event["id"] for g in receiver.got if g.event["id"] in mine] == mine


async def _done(store: Store, s: str) -> bool:
    return await store.deliveries.backlog(s) == 0
