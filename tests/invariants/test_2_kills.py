"""Invariant 2, for real: worker processes are killed between the steps, and nothing is lost or doubled."""

import asyncio

from tests.invariants.house import House, sequences, sound
from tests.invariants.processes import Workers
from tests.invariants.raw import RawReceiver
from tests.serving import Receiver, until

SOMEBODY = 3331


async def test_a_worker_killed_while_it_fetches_loses_nothing_and_tells_once(
    house: House, receiver: Receiver, processes: Workers
) -> None:
    house.recruitee.add(SOMEBODY)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url)
    gate = house.recruitee.gate(f"/candidates/{SOMEBODY}")
    await house.rename(connection, SOMEBODY, "Ada Later")
    first = processes.start()
    await asyncio.wait_for(gate.arrived.wait(), 10)

    first.kill()
    house.recruitee.lift(f"/candidates/{SOMEBODY}")
    await house.lease_is_over("in", c)
    processes.start()

    await receiver.have("candidate.updated")
    await house.idle(c)
    assert sound(await house.log(c)) and len(await house.log(c)) == 1


async def test_a_worker_killed_while_a_subscriber_answers_delivers_again_under_the_same_id(
    house: House, raw: RawReceiver, processes: Workers
) -> None:
    house.recruitee.add(SOMEBODY)
    connection = await house.connect()
    subscriber, _ = await house.subscribe(raw.url)
    raw.hangs = True
    await house.rename(connection, SOMEBODY, "Ada Later")
    first = processes.start()
    await until(lambda: raw.requests)

    first.kill()
    raw.hangs = False
    await house.flights_are_over(subscriber.id)
    processes.start()

    await until(lambda: len(raw.requests) == 2)
    await house.settled(subscriber.id)
    assert raw.requests[0].body == raw.requests[1].body
    delivery = (await house.deliveries(subscriber.id))[0]
    assert (delivery.status, delivery.n) == ("delivered", 1)


async def test_under_a_storm_workers_are_killed_and_every_sequence_is_whole(
    house: House, receiver: Receiver, processes: Workers
) -> None:
    people = range(3301, 3313)
    for person in people:
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    subscriber, receiver.secret = await house.subscribe(receiver.url)
    workers = [processes.start(), processes.start()]
    for n in range(60):
        person = people[n % len(people)]
        await house.rename(connection, person, f"Name Number{n}")
        if n in (15, 30, 45):
            await until(lambda: receiver.got)
            workers.pop(0).kill()
            await house.lease_is_over("in", c)
            await house.flights_are_over(subscriber.id)
            workers.append(processes.start())

    await house.idle(c, 20)
    await house.settled(subscriber.id, 20)
    log = await house.log(c)
    assert sound(log)
    last = {event["data"]["remote_id"]: event["data"]["record"]["name"] for event in log}
    assert last == {str(p): house.recruitee.candidates[p]["name"] for p in people}
    assert {got.event["id"] for got in receiver.got} == {event["id"] for event in log}
    first_seen = list({got.event["id"]: got.event for got in receiver.got}.values())
    assert sequences(first_seen) == sequences(log)
