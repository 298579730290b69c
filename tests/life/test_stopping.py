"""SIGTERM: what is in flight ends, leases are handed back, nothing waits for a Redis that is away."""

import asyncio
import signal
import socket
import time
from typing import Any

import httpx
import orjson
import pytest

from service.core import signing
from service.core.settings import Settings
from tests.invariants.house import ONLY_BASELINE, SECRET, House, housing, sound
from tests.life.conftest import over
from tests.life.processes import Process, Processes
from tests.life.servers import Server
from tests.serving import Receiver, eventually, until

GRACE_S = 12.0  # well within the 25 s that a supervisor waits
SIGN = signing.RECRUITEE_HEADER.decode()


async def _hint(house: House, connection: Any, person: int, name: str) -> None:
    at = house.recruitee.rename(person, name)
    await house.told(connection, house.webhook("hint", person, at))


async def _ended(process: Process, within_s: float = GRACE_S) -> float:
    """Wait for a good end; returns how long it took."""
    began = time.monotonic()
    status = await asyncio.to_thread(process.ended, within_s)
    assert status == 0, process.said
    return time.monotonic() - began


async def test_a_delivery_in_flight_is_finished_and_settled_before_the_end(
    house: House, receiver: Receiver, processes: Processes
) -> None:
    house.recruitee.add(1)
    connection = await house.connect()
    subscriber, _ = await house.subscribe(receiver.url)
    receiver.delay_s = 1
    worker = await asyncio.to_thread(processes.worker, house.settings)
    await _hint(house, connection, 1, "Ada Later")
    await until(lambda: receiver.tried)

    worker.terminate()
    await _ended(worker)

    assert [d.status for d in await house.deliveries(subscriber.id)] == ["delivered"]
    assert len(receiver.tried) == len(receiver.got) == 1
    assert await house.store.pipe.call("HLEN", "lease:out") == 0


async def test_what_it_has_not_begun_goes_on_at_another_worker_at_once(
    house: House, receiver: Receiver, processes: Processes
) -> None:
    for person in range(1, 4):
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url, concurrency=1)
    receiver.delay_s = 0.5
    first = await asyncio.to_thread(processes.worker, house.settings)
    for person in range(1, 4):
        await _hint(house, connection, person, "Ada Later")
    await house.logged(c, 3)
    await until(lambda: len(receiver.tried) == 1)
    async with house.worker():
        first.terminate()
        await _ended(first)
        ended = time.monotonic()
        await until(lambda: len(receiver.tried) == 2)
        assert time.monotonic() - ended < 1.5
        await until(lambda: len(receiver.got) == 3)

    assert len(receiver.tried) == 3


async def test_an_inbox_that_is_read_goes_on_at_another_worker_at_once(
    house: House, receiver: Receiver, processes: Processes
) -> None:
    people = range(1, 41)
    for person in people:
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url)
    house.recruitee.pause_s = 0.1
    first = await asyncio.to_thread(processes.worker, house.settings)
    for person in people:
        await _hint(house, connection, person, "Ada Later")
    await until(lambda: receiver.got)

    async with house.worker():
        first.terminate()
        await _ended(first)
        ended, had = time.monotonic(), len(await house.log(c))
        await house.logged(c, had + 1)
        assert time.monotonic() - ended < 1.5
        log = await house.logged(c, len(people))
        await until(lambda: len(receiver.got) == len(people))

    assert had < len(people) and sound(log)


async def test_a_baseline_is_left_where_it_stands_and_goes_on_elsewhere(
    house: House, processes: Processes
) -> None:
    house.recruitee.add(1)
    gate = house.recruitee.gate("/candidates")
    made = await house.store.connections.create("5600", "recruitee-token", SECRET, "Example")
    await house.store.connections.note(made.id, sync=ONLY_BASELINE)
    worker = await asyncio.to_thread(processes.worker, house.settings)
    await asyncio.wait_for(gate.arrived.wait(), 10)

    worker.terminate()
    assert await _ended(worker) < 5

    house.recruitee.lift("/candidates")
    async with house.worker():
        began = time.monotonic()
        await eventually(lambda: house.active(made.id))
    assert time.monotonic() - began < 2
    assert house.recruitee.asked["/offers"] == 1


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["away", "silent"])
async def test_it_ends_within_the_grace_although_redis_cannot_be_reached(
    settings: Settings, server: Server, receiver: Receiver, processes: Processes, how: int
) -> None:
    async with housing(over(settings, server)) as house:
        house.recruitee.add(1)
        connection = await house.connect()
        await house.subscribe(receiver.url)
        worker, web = await asyncio.gather(
            asyncio.to_thread(processes.worker, house.settings),
            asyncio.to_thread(processes.web, house.settings),
        )
        receiver.delay_s = 0.5
        await _hint(house, connection, 1, "Ada Later")
        await until(lambda: receiver.tried)
        server.signal(how)
        await until(lambda: receiver.got)

        worker.terminate()
        web.terminate()
        await asyncio.gather(_ended(worker), _ended(web))

        server.signal(signal.SIGCONT)
        if how == signal.SIGKILL:
            await asyncio.to_thread(server.start)
        async with house.worker():
            await eventually(lambda: _settled(house))
    assert {got.event["id"] for got in receiver.tried} == {receiver.got[0].event["id"]}


async def _settled(house: House) -> bool:
    return await house.count("deliveries_delivered") == 1


async def test_a_web_process_takes_nothing_new_and_answers_what_it_has(
    house: House, processes: Processes
) -> None:
    house.recruitee.add(1)
    connection = await house.connect()
    web = await asyncio.to_thread(processes.web, house.settings)
    body = b'{"id": 1, "event_type": "hint", "payload": {"candidate": {"id": 1}}}'
    head = (
        f"POST /webhooks/recruitee/{connection.hook} HTTP/1.1\r\nhost: x\r\n"
        f"{SIGN}: {signing.recruitee_signature(SECRET, body)}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
    writer.write(head.encode() + body[:10])
    await writer.drain()
    await asyncio.to_thread(httpx.get, f"{web.url}/healthz", trust_env=False)  # it has read that

    web.terminate()
    await until(lambda: not _listens(web.port))
    writer.write(body[10:])
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()

    assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b'{"status":"accepted"}')
    await _ended(web)
    assert await house.store.inbox.depth(connection.id) == (1, 0)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def test_a_rolling_restart_under_load_loses_nothing_and_keeps_order(
    house: House, receiver: Receiver, processes: Processes
) -> None:
    people = range(1, 11)
    for person in people:
        house.recruitee.add(person)
    c = (connection := await house.connect()).id
    subscriber, receiver.secret = await house.subscribe(receiver.url)
    start = [processes.web, processes.web, processes.worker, processes.worker]
    running = await asyncio.gather(*(asyncio.to_thread(one, house.settings) for one in start))
    load = asyncio.create_task(_load(house, connection, running, people))
    for n, one in enumerate(start):
        old = running[n]
        old.terminate()
        await _ended(old)
        running[n] = await asyncio.to_thread(one, house.settings)
    load.cancel()
    sent = await load
    await house.idle(c)
    await house.settled(subscriber.id)

    log = await house.log(c)
    assert sent > 50 and sound(log)
    names = {p: house.recruitee.candidates[p]["name"] for p in people}
    last = {int(e["data"]["remote_id"]): e["data"]["record"]["name"] for e in log}
    assert {p: last[p] for p in people} == names
    for person in people:
        heard = [e["sequence"] for e in map(_event, receiver.got) if _is(e, person)]
        assert sorted(set(heard)) == list(dict.fromkeys(heard)) and heard[0] == 1
    assert {got.event["id"] for got in receiver.got} == {event["id"] for event in log}


async def _load(house: House, connection: Any, running: list[Process], people: range) -> int:
    """Send webhooks to whichever web process takes them, until cancelled; returns how many."""
    sent = 0
    try:
        while True:
            person = people[sent % len(people)]
            at = house.recruitee.rename(person, f"Ada Number{sent}")
            await _taken(house, connection, running, house.webhook("hint", person, at))
            sent += 1
            await asyncio.sleep(0.01)
    except asyncio.CancelledError:
        at = house.recruitee.rename(people[sent % len(people)], f"Ada Number{sent}")
        body = house.webhook("hint", people[sent % len(people)], at)
        await _taken(house, connection, running, body)
        return sent


async def _taken(
    house: House, connection: Any, running: list[Process], body: dict[str, Any]
) -> None:
    """Try again, as Recruitee does, until it is answered 200."""
    raw = orjson.dumps(body)
    headers = {SIGN: signing.recruitee_signature(SECRET, raw)}
    while True:
        for web in running[:2]:
            url = f"{web.url}/webhooks/recruitee/{connection.hook}"
            try:
                answer = await house.http.post(url, content=raw, headers=headers)
            except httpx.TransportError:
                continue
            if answer.status_code == 200:
                return
        await asyncio.sleep(0.02)


def _event(got: Any) -> dict[str, Any]:
    event: dict[str, Any] = got.event
    return event


def _is(event: dict[str, Any], person: int) -> bool:
    return bool(event["data"]["remote_id"] == str(person))
