"""`hirewire doctor`: one sentence for each thing, with its cure; status 1 when one of them failed."""

import asyncio
import json
import subprocess
import sys

from pydantic import SecretStr

from service.core.crypto import new_master_key
from service.core.settings import Settings
from tests.faults import keyspace
from tests.invariants.house import House
from tests.invariants.recruitee import Fault
from tests.life.ops import web_of
from tests.life.processes import Processes
from tests.life.servers import Server
from tests.serving import Receiver, eventually, until
from workers.context import open_context
from workers.sweep import sweep


def _doctor(
    settings: Settings, processes: Processes, url: str, *args: str
) -> "subprocess.CompletedProcess[str]":
    assert settings.admin_token
    token = settings.admin_token.get_secret_value()
    return subprocess.run(
        [sys.executable, "-P", "-m", "service.cli", "doctor", "--url", url, "--token", token, *args],
        env=processes.env(settings), capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


async def _well(house: House) -> None:
    async with open_context(house.settings) as ctx:
        await sweep(ctx)


async def test_status_0_when_all_is_well_and_1_with_the_cure_when_something_is_not(
    own: House, server: Server, processes: Processes
) -> None:
    await _well(own)
    web = await asyncio.to_thread(processes.web, own.settings)
    well = await asyncio.to_thread(_doctor, own.settings, processes, web.url, "--json")
    await own.store.pipe.call("DEL", "beat")
    ill = await asyncio.to_thread(_doctor, own.settings, processes, web.url)
    server.stop()
    away = await asyncio.to_thread(_doctor, own.settings, processes, web.url, "--json")

    told = json.loads(well.stdout)
    assert (well.returncode, told["healthy"]) == (0, True), well.stdout
    assert {f["level"] for f in told["findings"]} <= {"ok", "warning"}
    assert ill.returncode == 1 and "start `hirewire work`" in ill.stdout.replace("\n", " ")
    assert away.returncode == 1
    [redis] = [f for f in json.loads(away.stdout)["findings"] if f["name"] == "redis"]
    assert redis["level"] == "failed" and "see that it runs" in redis["text"]


async def test_without_a_service_it_looks_at_redis_itself(
    house: House, processes: Processes
) -> None:
    await _well(house)
    found = await asyncio.to_thread(
        _doctor, house.settings, processes, "http://127.0.0.1:1", "--json"
    )

    told = {f["name"]: f["level"] for f in json.loads(found.stdout)["findings"]}
    assert found.returncode == 1 and told["service"] == "failed"
    assert told["version"] == told["worker"] == "ok"


async def test_it_says_what_waits_for_a_person(house: House, receiver: Receiver) -> None:
    house.recruitee.add(1)
    c = (connection := await house.connect()).id
    subscriber, _ = await house.subscribe(receiver.url, retry_schedule=(0,))
    receiver.answers = [500]
    async with house.worker():
        at = house.recruitee.rename(1, "Ada Later")
        await house.told(connection, house.webhook("hint", 1, at))
        await eventually(lambda: house.store.pipe.call("ZCARD", "dead"))
        await house.settled(subscriber.id)
        house.recruitee.token = "another"
        at = house.recruitee.rename(1, "Ada Again")
        await house.told(connection, house.webhook("hint", 1, at))
        await eventually(lambda: _stopped(house, c))
    await house.store.pipe.call("ZADD", "ready:out", await house.store.log.ago(120), "sub_late")
    other = house.settings.model_copy(update={"master_key": _other_key()})
    async with web_of(house.settings) as web, web_of(other) as locked:
        told, locked_out = await web.findings(), await locked.findings()

    assert "dead-letters list" in told["dead_letters"][1]
    assert c in told["connections"][1] and "connections update" in told["connections"][1]
    assert "start more" in told["lag.out"][1]
    assert locked_out["keys"][0] == "failed" and "HIREWIRE_MASTER_KEY" in locked_out["keys"][1]


async def _stopped(house: House, c: str) -> bool:
    found = await house.store.connections.get(c)
    return found is not None and found.status == "unauthorized"


def _other_key() -> SecretStr:
    return SecretStr(new_master_key())


async def test_every_key_of_a_busy_redis_is_in_the_table_and_ends_or_says_why_not(
    house: House, receiver: Receiver, other: Receiver
) -> None:
    for person in range(1, 6):
        house.recruitee.add(person, stage=101)
    c = (connection := await house.connect()).id
    await house.subscribe(receiver.url)
    await house.subscribe(other.url, format="thin", retry_schedule=(0,))
    other.answers = [500]
    house.recruitee.faults["/candidates/1"] = Fault(403, times=100)
    house.recruitee.faults["/candidates/2"] = Fault(500, times=100)
    async with house.worker() as (ctx, _), web_of(house.settings) as web:
        for person in range(1, 6):
            at = house.recruitee.move(person, 102)
            await house.told(connection, house.moved(person, 101, 102, at))
        await house.send(connection, b"not JSON")
        await until(lambda: len(receiver.got) >= 3)
        await eventually(lambda: house.store.pipe.call("HLEN", f"park:{c}"))
        await sweep(ctx)
        assert await web.ready()
        during = await _lifetimes(house)
    after = await _lifetimes(house)

    assert keyspace.unlisted(during | after, keyspace.table()) == []
    assert len(during) > 30


async def _lifetimes(house: House) -> dict[str, int]:
    names = await house.store.pipe.call("KEYS", "*")
    left = {name.decode(): await house.store.pipe.call("PTTL", name) for name in names}
    return {name: int(ms) for name, ms in left.items() if ms != -2}
