"""Who got a person and does not ask to hear of erasures: the erasure names them, and so does `explain`."""

from collections.abc import AsyncIterator

import pytest

from tests.invariants.house import House
from tests.life.ops import Web, web_of
from tests.serving import Receiver, eventually, receiving
from workers import erasing, rewriting

ADA = 3331
SAID = "1 subscribers got the person but do not ask for `candidate.erased`: see `not_told`"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing to wait for but Redis itself."""
    monkeypatch.setattr(erasing, "CACHED_MS", 0)
    monkeypatch.setattr(rewriting, "LOOK_AGAIN_MS", 5)


@pytest.fixture
async def web(house: House) -> AsyncIterator[Web]:
    """The ops API."""
    async with web_of(house.settings) as asked:
        yield asked


@pytest.fixture
async def other() -> AsyncIterator[Receiver]:
    """Another subscriber's end."""
    async with receiving() as started:
        yield started


async def test_who_got_the_person_and_does_not_ask_to_be_told_is_named(
    house: House, web: Web, receiver: Receiver, other: Receiver
) -> None:
    house.recruitee.add(ADA)
    c = (connection := await house.connect()).id
    asks, _ = await house.subscribe(receiver.url)
    silent, _ = await house.subscribe(other.url, event_types=("candidate.updated",))
    never, _ = await house.subscribe(other.url, event_types=("job.*",))
    body = {"connection_id": c, "candidate_id": str(ADA)}
    async with house.worker():
        await house.rename(connection, ADA, "Ada Gone")
        await receiver.have("candidate.updated")
        await other.have("candidate.updated")
        made = await web.ops("POST", "erasures", body, status=202)

        async def over() -> bool:
            return bool((await web.ops("GET", f"erasures/{made['id']}"))["status"] == "done")

        await eventually(over)
        await receiver.have("candidate.erased")
        await house.settled(asks.id)
    one = await web.ops("GET", f"erasures/{made['id']}")

    assert [row["subscriber_id"] for row in one["acknowledgements"]] == [asks.id]
    assert one["not_told"] == [silent.id] and SAID in one["unreachable"]
    assert [got.event["type"] for got in other.got] == ["candidate.updated"]
    for s in (silent.id, never.id):
        query = f"explain?event_id={one['event_id']}&subscriber_id={s}"
        last = (await web.ops("GET", query))["filters"][-1]
        assert last["name"] == "erasure" and not last["passed"]
        assert last["why"].startswith("it does not ask to be told")
