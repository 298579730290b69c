"""Each script may be sent twice: the second run changes nothing and says what the first came to."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from service.core.store.connections import ACTIVE, Connection
from service.core.store.dead_letters import of_delivery
from service.core.store.deliveries import Delivery, Limits, Opening, Settle, opened
from service.core.store.inbox import ACCEPTED, DUPLICATE, GONE, Lease, Parked
from service.core.store.records import Committed, Write
from service.core.store.replays import Item
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber, Wanted
from service.core.unified.model import Change, Ref, Snapshot

WHO = Ref("candidate", "1")
LIMITS = Limits(5000, 3000, 500, 100)
PASSING = (
    "arq:",
    "bell:",
    "tok",
    "rate:",
    "ready:",
    "parkdue:",
    "due:",
    "beat",
    "dead",
)  # clocks, bells and counters


async def _state(store: Store) -> dict[bytes, Any]:
    """Return all that Redis holds, but for what is a clock."""
    names = await store.pipe.call("KEYS", "*")
    kept = sorted(n for n in names if not n.decode().startswith(PASSING))
    return {name: await _value(store, name) for name in kept}


async def _value(store: Store, name: bytes) -> Any:
    if await store.pipe.call("TYPE", name) == b"hash":
        # Dumped in table order, which Redis changes by itself while it grows a table.
        return await store.pipe.call("HGETALL", name)
    return await store.pipe.call("DUMP", name)


async def _twice(store: Store, work: Callable[[], Awaitable[Any]]) -> tuple[Any, Any]:
    """Do it twice and hold that the second time changed nothing."""
    first = await work()
    before = await _state(store)
    second = await work()
    assert await _state(store) == before
    return first, second


@pytest.fixture
async def connection(store: Store) -> Connection:
    """An active connection."""
    made = await store.connections.create("5600", "token", "secret", "Example")
    await store.connections.wake(made.id, ACTIVE, baseline_done=1)
    return made


@pytest.fixture
async def lease(store: Store, connection: Connection) -> Lease:
    """A lease on its inbox."""
    await store.inbox.enqueue(connection.id, [b"1", b"2"])
    (claimed,) = (await store.claims.claim("in", 1, 60_000)).leases
    return claimed


def _write(version: int, name: str) -> Write:
    fields = {"id": "x", "remote_id": WHO.remote_id, "name": name}
    return Write(WHO, version - 1, Snapshot(version, version, fields), "")


def _change(name: str) -> Change:
    return Change(WHO.model, WHO.remote_id, "candidate.updated", {"name": name}, (), (), None, WHO)


async def _event(store: Store, c: str, sequence: int = 1) -> None:
    token = (await store.records.begin(c, WHO, 1000, 4, None)).token
    name = f"Name {sequence}"
    done = await store.records.commit(
        c, token, [_write(sequence, name)], [(sequence, _change(name))]
    )
    assert done is Committed.DONE


async def _subscriber(store: Store) -> Subscriber:
    return (await store.subscribers.create(Wanted(url="http://127.0.0.1:1/"), None))[0]


async def test_accept(store: Store, connection: Connection) -> None:
    hook, c = connection.hook, connection.id

    done = await _twice(store, lambda: store.inbox.accept(hook, c, "print", [b"one", b"two"]))

    assert done == (ACCEPTED, DUPLICATE)
    assert await store.inbox.depth(c) == (2, 0)


async def test_accept_for_a_hook_that_is_gone_marks_nothing(
    store: Store, connection: Connection
) -> None:
    await store.connections.remove(connection)

    done = await store.inbox.accept(connection.hook, connection.id, "print", [b"one"])

    assert done == GONE
    assert await store.pipe.call("KEYS", f"*{connection.id}*") == []


async def test_commit(store: Store, connection: Connection, lease: Lease) -> None:
    c = connection.id
    pulled = await store.inbox.pull(lease, "0-0", 10, 60_000)
    token = (await store.records.begin(c, WHO, 1000, 4, lease)).token

    async def commit() -> Committed:
        return await store.records.commit(
            c, token, [_write(1, "Ada")], [(1, _change("Ada"))], lease=lease,
            acks=[position for position, _ in pulled.entries], parked="candidate:1",
        )  # fmt: skip

    assert await _twice(store, commit) == (Committed.DONE, Committed.MOVED)
    assert len(await store.log.timeline(c, *WHO)) == 1
    assert await store.inbox.depth(c) == (0, 0)


async def test_park_and_bury(store: Store, connection: Connection, lease: Lease) -> None:
    c = connection.id
    (first, _) = (await store.inbox.pull(lease, "0-0", 10, 60_000)).entries
    parked = Parked(1, 1, "why", [first[1]])

    await _twice(store, lambda: store.inbox.park(lease, "candidate:1", parked, 60_000, [first[0]]))
    assert await store.inbox.depth(c) == (1, 1)

    grave = ("dlt_1", b"{}", 60)
    await _twice(store, lambda: store.inbox.park(lease, "candidate:1", None, 0, [], grave))
    assert await store.inbox.depth(c) == (1, 0)
    assert await store.pipe.call("ZCARD", "dead") == 1


async def test_release(store: Store, connection: Connection, lease: Lease) -> None:
    done = await _twice(store, lambda: store.inbox.release(lease, look_again=True))

    assert done == (0, None)
    assert [one.id for one in (await store.claims.claim("in", 9, 60_000)).leases] == [connection.id]


async def test_a_release_by_an_old_owner_does_not_free_the_new_ones_lease(
    store: Store, connection: Connection, lease: Lease
) -> None:
    await store.pipe.call("ZADD", "ready:in", 0, connection.id)
    (new,) = (await store.claims.claim("in", 1, 60_000)).leases

    await store.inbox.release(lease, look_again=True)

    assert await store.claims.renew("in", new, 60_000)
    assert (await store.claims.claim("in", 9, 60_000)).leases == []


async def _open(store: Store, c: str, s: str) -> tuple[Lease, Delivery]:
    """Read on and open what the log has; every call is made twice."""
    (lease,) = (await store.claims.claim("out", 1, 60_000)).leases
    (read,) = (await store.deliveries.step(lease, LIMITS, 0, 1, [], [])).reads
    delivery = opened(s, c, read.entries[0], 1)
    opening = Opening(c, read.start, read.entries[-1].position, [delivery])
    await _twice(store, lambda: store.deliveries.step(lease, LIMITS, 0, 1, [opening], []))
    return lease, delivery


async def test_step_opens_once(store: Store, connection: Connection) -> None:
    s = (await _subscriber(store)).id
    await _event(store, connection.id)

    _, delivery = await _open(store, connection.id, s)

    assert await store.deliveries.backlog(s) == 1
    assert await store.deliveries.of_event(delivery.e) == [delivery.id]


@pytest.mark.parametrize("verdict", ["ok", "retry", "dead", "pause", "erased"])
async def test_step_settles_once(store: Store, connection: Connection, verdict: Any) -> None:
    s = (await _subscriber(store)).id
    await _event(store, connection.id)
    lease, delivery = await _open(store, connection.id, s)
    await store.deliveries.step(lease, LIMITS, 1, 0, [], [])
    tried = delivery.model_copy(update={"n": 1})
    dead = of_delivery(tried, "why", 1) if verdict == "dead" else None
    settle = Settle(tried, verdict, 60_000, dead)

    await _twice(store, lambda: store.deliveries.step(lease, LIMITS, 0, 1, [], [settle]))

    open_ = verdict in ("retry", "pause")
    found = await store.deliveries.get(delivery.id, s)
    assert found and found.n == 1
    assert await store.deliveries.backlog(s) == int(open_)
    streak = int(await store.pipe.call("HGET", f"sub:{s}", "streak") or 0)
    assert streak == int(verdict in ("retry", "dead", "pause"))


async def test_a_step_that_comes_again_late_does_not_open_what_was_settled(
    store: Store, connection: Connection
) -> None:
    s = (await _subscriber(store)).id
    await _event(store, connection.id)
    (lease,) = (await store.claims.claim("out", 1, 60_000)).leases
    (read,) = (await store.deliveries.step(lease, LIMITS, 0, 1, [], [])).reads
    delivery = opened(s, connection.id, read.entries[0], 1)
    opening = Opening(connection.id, read.start, read.entries[-1].position, [delivery])
    await store.deliveries.step(lease, LIMITS, 1, 1, [opening], [])
    done = Settle(delivery.model_copy(update={"n": 1, "status": "delivered"}), "ok")
    await store.deliveries.step(lease, LIMITS, 0, 1, [], [done])

    await store.deliveries.step(lease, LIMITS, 1, 1, [opening], [])

    assert await store.deliveries.backlog(s) == 0


async def test_a_settled_lane_moves_on_by_one_however_often_it_is_settled(
    store: Store, connection: Connection
) -> None:
    s = (await _subscriber(store)).id
    for sequence in (1, 2, 3):
        await _event(store, connection.id, sequence)
    (lease,) = (await store.claims.claim("out", 1, 60_000)).leases
    (read,) = (await store.deliveries.step(lease, LIMITS, 0, 1, [], [])).reads
    mine = [opened(s, connection.id, entry, 1) for entry in read.entries]
    opening = Opening(connection.id, read.start, read.entries[-1].position, mine)
    first = (await store.deliveries.step(lease, LIMITS, 4, 1, [opening], [])).going
    assert [d.id for d in first] == [mine[0].id]
    settle = Settle(first[0].model_copy(update={"n": 1, "status": "delivered"}), "ok")

    await _twice(store, lambda: store.deliveries.step(lease, LIMITS, 0, 1, [], [settle]))

    going = (await store.deliveries.step(lease, LIMITS, 4, 1, [], [])).going
    assert [d.id for d in going] == [mine[1].id]
    assert await store.deliveries.backlog(s) == 2


async def test_open_replay_moves_once(store: Store, connection: Connection) -> None:
    s = (await _subscriber(store)).id
    await _event(store, connection.id)
    (event,) = await store.log.timeline(connection.id, *WHO)
    replay = await store.replays.create([Item(event, s), Item("evt_gone", s)], 1)
    length, items = await store.replays.items(replay.id, 1)
    delivery = Delivery(
        id="dlv_1", e=event, s=s, c=connection.id, t="candidate.updated", lane=f"{replay.id}:x",
        at=1, replay=replay.id,
    )  # fmt: skip

    await _twice(store, lambda: store.replays.open(replay.id, length, [delivery], []))

    left, rest = await store.replays.items(replay.id, 9)
    assert (left, [item.event_id for item in rest]) == (1, ["evt_gone"])
    await _twice(store, lambda: store.replays.open(replay.id, left, [], rest))
    found = await store.replays.get(replay.id)
    assert found and (found.done, found.failed) == (0, 1)
    assert len(items) == 1


async def test_what_is_told_of_the_rate_and_of_status_may_be_said_twice(
    store: Store, connection: Connection
) -> None:
    c, s = connection.id, (await _subscriber(store)).id
    await _twice(store, lambda: store.connections.note(c, name="Other"))
    await _twice(store, lambda: store.connections.wake(c, ACTIVE, reason=""))
    await _twice(store, lambda: store.subscribers.pause(s, "by hand"))
    await _twice(store, lambda: store.subscribers.resume(s))
    await _twice(store, lambda: store.records.announce(c, "connection.restored", {}, 1))
    await _twice(store, lambda: store.records.hold(c, 1, 4, 4))
    await _twice(store, lambda: store.pipe.run("sweep", 0))


async def test_no_request_leaves_before_a_hold_is_over(
    store: Store, connection: Connection
) -> None:
    c = connection.id

    await store.records.hold(c, 5, 4, 4)

    waits = [await store.records.turn(c, 4, 4) for _ in range(3)]
    assert waits == pytest.approx([5, 5.25, 5.5], abs=0.2)


async def test_more_at_once_than_a_script_can_unpack(store: Store, connection: Connection) -> None:
    await _subscriber(store)
    await store.pipe.call("SADD", "dirty", *(f"c{n}" for n in range(9000)))

    assert (await store.claims.claim("out", 1, 60_000)).leases


async def test_more_acknowledged_at_once_than_a_script_can_unpack(
    store: Store, connection: Connection, lease: Lease
) -> None:
    many = [f"1-{n}" for n in range(1, 9000)]
    pulled = await store.inbox.pull(lease, "0-0", 10, 60_000)
    acks = [*many, *(position for position, _ in pulled.entries)]

    await store.records.commit(connection.id, 1, [], [], lease=lease, acks=acks[:-1])
    await store.inbox.park(lease, "candidate:1", None, 0, [*many, acks[-1]])

    assert await store.inbox.depth(connection.id) == (0, 0)
