"""Deleted, unassigned, hidden: an absence is only told of when a second witness says so."""

from typing import Any

from service.core.unified.model import Ref
from tests.invariants.house import House
from tests.invariants.recruitee import Fault
from tests.serving import Receiver, until

SOMEBODY = 3331


async def _gone(house: House, connection: Any, event_type: str) -> None:
    at = house.recruitee.now()
    await house.told(connection, house.webhook(event_type, SOMEBODY, at))


async def test_404_without_a_witness_tells_nothing(house: House, receiver: Receiver) -> None:
    house.recruitee.add(SOMEBODY, stage=101)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url)
    del house.recruitee.candidates[SOMEBODY]
    async with house.worker():
        await _gone(house, connection, "candidate_moved")
        await house.idle(c)

    assert await house.log(c) == []
    assert await house.count("unwitnessed_404") == 1
    ref = Ref("candidate", str(SOMEBODY))
    assert not (await house.store.records.load(c, [ref]))[ref].deleted


async def test_candidate_deleted_and_404_end_the_candidate_and_then_its_applications(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(SOMEBODY, stage=101)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url)
    del house.recruitee.candidates[SOMEBODY]
    async with house.worker():
        await _gone(house, connection, "candidate_deleted")
        await receiver.have("application.deleted")
        await _gone(house, connection, "candidate_deleted")
        await house.idle(c)

    assert receiver.types == ["candidate.deleted", "application.deleted"]
    assert len(await house.log(c)) == 2


async def test_the_listing_of_the_deleted_is_a_witness_too(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(SOMEBODY, stage=101)
    connection = await house.connect()
    await house.subscribe(receiver.url)
    del house.recruitee.candidates[SOMEBODY]
    house.recruitee.listed_deleted.add(SOMEBODY)
    async with house.worker():
        await _gone(house, connection, "candidate_moved")
        await receiver.have("application.deleted")

    assert receiver.types == ["candidate.deleted", "application.deleted"]


async def test_a_soft_deleted_candidate_that_is_still_served_is_deleted(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(SOMEBODY, stage=101)
    connection = await house.connect()
    await house.subscribe(receiver.url)
    house.recruitee.listed_deleted.add(SOMEBODY)
    async with house.worker():
        await _gone(house, connection, "candidate_deleted")
        await receiver.have("application.deleted")

    assert receiver.types == ["candidate.deleted", "application.deleted"]


async def test_a_candidate_that_is_served_again_is_restored_and_its_sequence_goes_on(
    house: House, receiver: Receiver
) -> None:
    who = house.recruitee.add(SOMEBODY)
    connection = await house.connect()
    await house.subscribe(receiver.url)
    async with house.worker():
        del house.recruitee.candidates[SOMEBODY]
        await _gone(house, connection, "candidate_deleted")
        await receiver.have("candidate.deleted")
        house.recruitee.candidates[SOMEBODY] = who | {"updated_at": house.recruitee.now()}
        await _gone(house, connection, "candidate_moved")
        event = await receiver.have("candidate.restored")

    assert event["sequence"] == 2


async def test_an_unassigned_placement_is_deleted_once_its_own_address_says_404(
    house: House, receiver: Receiver
) -> None:
    who = house.recruitee.add(SOMEBODY, stage=101)
    connection = await house.connect()
    await house.subscribe(receiver.url)
    who["placements"] = []
    async with house.worker():
        await _gone(house, connection, "candidate_unassigned_or_so")
        await receiver.have("application.deleted")

    assert receiver.types == ["application.deleted"]
    assert house.recruitee.asked[f"/offers/77/candidates/{SOMEBODY}/placement"] == 1


async def test_a_placement_that_is_only_missing_from_an_answer_is_not_deleted(
    house: House,
) -> None:
    who = house.recruitee.add(SOMEBODY, stage=101)
    c = (connection := await house.connect()).id
    path = f"/offers/77/candidates/{SOMEBODY}/placement"
    house.recruitee.faults[path] = Fault(200, body={"placement": who["placements"][0]})
    who["placements"] = []
    async with house.worker():
        await _gone(house, connection, "candidate_unassigned_or_so")
        await house.idle(c)

    assert await house.log(c) == []


async def test_403_hides_a_record_and_tells_nothing_of_it(house: House, receiver: Receiver) -> None:
    house.recruitee.add(SOMEBODY, stage=101)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url)
    house.recruitee.faults[f"/candidates/{SOMEBODY}"] = Fault(403)
    async with house.worker():
        await _gone(house, connection, "candidate_deleted")
        await house.idle(c)
        house.recruitee.move(SOMEBODY, 102)
        await _gone(house, connection, "candidate_moved")
        await receiver.have("application.stage_changed")

    assert receiver.types == ["application.stage_changed"]


async def test_an_unknown_webhook_that_names_a_candidate_is_a_hint_to_look_at_it(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(SOMEBODY)
    connection = await house.connect()
    await house.subscribe(receiver.url)
    async with house.worker():
        at = house.recruitee.rename(SOMEBODY, "Ada Later")
        await house.told(connection, house.webhook("candidate_teleported", SOMEBODY, at))
        event = await receiver.have("candidate.updated")

    assert event["causes"][0]["event_type"] == "candidate_teleported"
    assert await house.count("webhooks_unknown") == 1


async def test_a_hint_that_names_a_placement_only_looks_at_its_candidate(
    house: House, receiver: Receiver
) -> None:
    house.recruitee.add(SOMEBODY, stage=101)
    connection = await house.connect()
    await house.subscribe(receiver.url)
    async with house.worker():
        at = house.recruitee.move(SOMEBODY, 102)
        body = house.webhook("placement_shaken", None, at, placement={"id": SOMEBODY * 10})
        await house.told(connection, body)
        await receiver.have("application.stage_changed")
    await until(lambda: receiver.types == ["application.stage_changed"])
