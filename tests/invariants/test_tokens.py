"""A token that Recruitee refuses stops its connection: said once, nothing lost, and it goes on by itself."""

from service.core.store.connections import UNAUTHORIZED
from tests.invariants.house import House
from tests.invariants.recruitee import TOKEN
from tests.serving import Receiver, eventually, until

PEOPLE = (1, 2, 3, 4, 5, 6)
NAMED = ("*", "connection.unauthorized", "connection.restored")


async def test_401_stops_the_connection_keeps_its_inbox_and_is_said_once_to_those_who_named_it(
    house: House, receiver: Receiver, other: Receiver
) -> None:
    for person in PEOPLE:
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url, event_types=NAMED)
    await house.subscribe(other.url)
    house.recruitee.token = "another"
    for person in PEOPLE:
        await house.rename(connection, person, "Ada Later")
    async with house.worker() as (_, drains):
        said = await receiver.have("connection.unauthorized")
        await eventually(lambda: _is(house, c, UNAUTHORIZED))
        assert await house.store.inbox.depth(c) == (len(PEOPLE), 0)
        house.recruitee.token = TOKEN
        await house.rests(c)
        await house.time_passes(c, drains)
        await until(lambda: len(receiver.of("candidate.updated")) == len(PEOPLE))
        await house.idle(c)
        await until(lambda: len(other.got) == len(PEOPLE))

    assert said["data"]["connection_id"] == c
    assert receiver.types.count("connection.unauthorized") == 1
    assert receiver.types.count("connection.restored") == 1
    assert other.types == ["candidate.updated"] * len(PEOPLE)
    assert await house.status(c) == "active"


async def _is(house: House, c: str, status: str) -> bool:
    return await house.status(c) == status


async def test_webhooks_do_not_make_a_refused_token_be_tried_more_often(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url, event_types=NAMED)
    house.recruitee.token = "another"
    async with house.worker():
        await house.rename(connection, 1, "Ada Later")
        await receiver.have("connection.unauthorized")
        for n in range(10):
            await house.rename(connection, 1, f"Ada Number{n}")
            await house.rests(c)

    assert house.recruitee.asked["/admin"] <= 1


async def test_a_second_stop_is_said_again(house: House, receiver: Receiver) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url, event_types=NAMED)
    async with house.worker() as (_, drains):
        for n in (1, 2):
            house.recruitee.token = "another"
            await house.rename(connection, 1, f"Ada Number{n}")
            await receiver.have("connection.unauthorized", n)
            await eventually(lambda: _is(house, c, UNAUTHORIZED))
            house.recruitee.token = TOKEN
            await house.rests(c)
            await house.time_passes(c, drains)
            await receiver.have("connection.restored", n)
