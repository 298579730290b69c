"""Invariant 2: snapshots, events and the inbox ack are one step; nothing goes back, nothing is told twice."""

import asyncio

import pytest

from service.core.errors import Fenced, StoreUnavailable
from service.core.store.records import Committed, Write
from service.core.unified.model import Change, Ref, Snapshot
from tests.invariants.house import House, sound
from tests.invariants.pipes import Dying
from tests.serving import Receiver, eventually
from workers.context import open_context
from workers.inbound import serve_inbox
from workers.outbound import serve_subscriber
from workers.refetch import refetch

SOMEBODY = 3331
HEARD = pytest.mark.parametrize("heard", [True, False], ids=["unsent", "unheard"])


def _url(house: House) -> str:
    assert house.settings.redis_url
    return house.settings.redis_url.get_secret_value()


async def _one_life(house: House, pipe: Dying, which: str) -> None:
    """Claim and serve with a process that dies at its pipe's end."""
    serve = {"in": serve_inbox, "out": serve_subscriber}[which]
    async with open_context(house.settings, pipe=pipe) as ctx:
        try:
            for lease in (await ctx.store.claims.claim(which, 1, 5000)).leases:
                await serve(ctx, lease, asyncio.Event())
        except (StoreUnavailable, Fenced):
            pass


@HEARD
async def test_a_refetch_that_dies_between_any_two_commands_is_told_once_and_acknowledged(
    house: House, heard: bool
) -> None:
    house.recruitee.add(SOMEBODY)
    c = (connection := await house.connect()).id
    for lives in range(100):
        name = f"Name Number{lives}"
        await house.rename(connection, SOMEBODY, name)
        pipe = Dying(_url(house), lives, heard=heard)
        await _one_life(house, pipe, "in")
        await house.lease_is_over("in", c)
        await _one_life(house, Dying(_url(house), 10_000), "in")
        assert await house.store.inbox.depth(c) == (0, 0)
        if not pipe.died:
            break

    log = await house.log(c)
    assert lives > 3
    assert sound(log)
    assert [e["data"]["record"]["name"] for e in log] == [
        f"Name Number{n}" for n in range(lives + 1)
    ]


@HEARD
async def test_a_delivery_that_dies_between_any_two_commands_arrives_and_settles_once(
    house: House, receiver: Receiver, heard: bool
) -> None:
    house.recruitee.add(SOMEBODY)
    c = (connection := await house.connect()).id
    subscriber, receiver.secret = await house.subscribe(receiver.url)
    for lives in range(100):
        await house.rename(connection, SOMEBODY, f"Name Number{lives}")
        await _one_life(house, Dying(_url(house), 10_000), "in")
        pipe = Dying(_url(house), lives, heard=heard)
        await _one_life(house, pipe, "out")
        await house.flights_are_over(subscriber.id)
        await _one_life(house, Dying(_url(house), 10_000), "out")
        assert await house.store.deliveries.backlog(subscriber.id) == 0
        if not pipe.died:
            break

    told = list(dict.fromkeys(got.event["id"] for got in receiver.got))
    assert lives > 3
    assert told == [event["id"] for event in await house.log(c)]
    assert await house.count("deliveries_delivered") == len(told)
    assert [d.status for d in await house.deliveries(subscriber.id)] == ["delivered"] * len(told)


def _write(version: int, name: str, ref: Ref) -> Write:
    fields = {"id": "x", "remote_id": ref.remote_id, "name": name}
    return Write(ref, version - 1, Snapshot(version, version - 1, fields), "")


def _change(name: str, ref: Ref) -> Change:
    return Change(ref.model, ref.remote_id, "candidate.updated", {"name": name}, (), (), None, ref)


async def test_a_commit_of_an_older_fetch_is_dropped(house: House) -> None:
    c, ref = (await house.connect()).id, Ref("candidate", "1")
    records = house.store.records
    older = (await records.begin(c, ref, 1000, 4, None)).token
    newer = (await records.begin(c, ref, 1000, 4, None)).token
    assert await records.commit(c, newer, [_write(1, "new", ref)], []) is Committed.DONE

    done = await records.commit(c, older, [_write(2, "old", ref)], [(1, _change("old", ref))])

    assert done is Committed.STALE
    assert (await records.load(c, [ref]))[ref].fields["name"] == "new"
    assert await house.log(c) == []


async def test_a_commit_that_lost_a_race_is_told_to_compare_again(house: House) -> None:
    c, ref = (await house.connect()).id, Ref("candidate", "1")
    records = house.store.records
    first = (await records.begin(c, ref, 1000, 4, None)).token
    await records.commit(c, first, [_write(1, "first", ref)], [])
    second = (await records.begin(c, ref, 1000, 4, None)).token

    done = await records.commit(
        c, second, [_write(1, "second", ref)], [(1, _change("second", ref))]
    )

    assert done is Committed.MOVED
    assert (await records.load(c, [ref]))[ref].fields["name"] == "first"
    assert await house.log(c) == []


async def test_an_older_answer_about_a_shared_record_does_not_drop_what_came_with_it(
    house: House,
) -> None:
    c, stage, job = (await house.connect()).id, Ref("stage", "1"), Ref("job", "5")
    records = house.store.records
    older = (await records.begin(c, job, 1000, 4, None)).token
    newer = (await records.begin(c, Ref("job", "6"), 1000, 4, None)).token
    await records.commit(c, newer, [_write(1, "new", stage)], [])

    writes = [_write(1, "the job", job), _write(2, "old", stage)]
    await records.commit(
        c, older, writes, [(1, _change("the job", job)), (1, _change("old", stage))]
    )

    known = await records.load(c, [stage, job])
    assert known[stage].fields["name"] == "new"
    assert known[job].fields["name"] == "the job"
    assert [e["data"]["model"] for e in await house.log(c)] == ["job"]


async def test_a_later_fetch_that_found_nothing_new_still_outranks_an_older_one(
    house: House,
) -> None:
    """The older answer showed a state that is gone again: told now, it would be the last word."""
    house.recruitee.add(SOMEBODY)
    c = (connection := await house.connect()).id
    path = f"/candidates/{SOMEBODY}"
    await house.told(
        connection,
        house.webhook("hint", SOMEBODY, house.recruitee.rename(SOMEBODY, "For a moment")),
    )
    gate = house.recruitee.gate(path)
    async with open_context(house.settings) as ctx:
        (slow,) = (await ctx.store.claims.claim("in", 1, 5000)).leases
        serving = asyncio.create_task(serve_inbox(ctx, slow, asyncio.Event()))
        await asyncio.wait_for(gate.arrived.wait(), 10)
        # What the gate holds is the moment's answer; a second question gets the old name again.
        house.recruitee.gates.pop(path)
        house.recruitee.rename(SOMEBODY, "Ada Example")
        current = await house.store.connections.get(c)
        assert current
        await refetch(
            ctx, current, Ref("candidate", str(SOMEBODY)), [], slow, [], "", patient=False
        )
        gate.opened.set()
        await serving

    assert await house.log(c) == []
    known = await house.store.records.load(c, [Ref("candidate", str(SOMEBODY))])
    assert known[Ref("candidate", str(SOMEBODY))].fields["name"] == "Ada Example"


async def test_two_workers_in_one_inbox_tell_every_change_once(
    house: House, receiver: Receiver
) -> None:
    people = range(3301, 3321)
    for person in people:
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    subscriber, _ = await house.subscribe(receiver.url)
    async with house.worker(), house.worker():
        for n in range(60):
            person = people[n % len(people)]
            await house.rename(connection, person, f"Name Number{n}")
            if n % 10 == 0:
                await house.lease_is_over("in", c)
                await house.lease_is_over("out", subscriber.id)
        await house.idle(c)
        await house.settled(subscriber.id)

    log = await house.log(c)
    assert sound(log)
    last = {event["data"]["remote_id"]: event["data"]["record"]["name"] for event in log}
    assert last == {str(p): house.recruitee.candidates[p]["name"] for p in people}
    assert {got.event["id"] for got in receiver.got} == {event["id"] for event in log}


async def test_a_log_has_what_the_records_say(house: House) -> None:
    house.recruitee.add(SOMEBODY)
    c = (connection := await house.connect()).id
    async with house.worker():
        for n in range(5):
            await house.rename(connection, SOMEBODY, f"Name Number{n}")
            await house.logged(c, n + 1)

    ref = Ref("candidate", str(SOMEBODY))
    known = (await house.store.records.load(c, [ref]))[ref]
    timeline = await house.store.log.timeline(c, *ref)
    assert known.sequence == 5
    assert timeline == [event["id"] for event in await house.log(c)]
    assert await eventually(lambda: house.active(c))
