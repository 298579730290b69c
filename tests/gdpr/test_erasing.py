"""After an erasure nobody finds the person in Redis' files, the logs or any answer; nor does it come back."""

import asyncio
from typing import Any

import httpx
import orjson
import pytest
import redis

from service.core import signing, times
from service.core.ids import record_id
from service.core.recruitee.intervals import sweeps
from service.core.recruitee.webhook import entry
from service.core.store.connections import ACTIVE
from service.core.store.packing import unpack
from service.core.store.runs import Run
from service.core.unified.model import Cause, Ref
from service.core.unified.registry import MODELS
from tests.gdpr.answers import own, said
from tests.gdpr.conftest import echoing
from tests.life.servers import Server
from tests.line.conftest import SECRET, Line
from tests.serving import eventually, until
from workers import erasing

NAME, EMAIL, PHONE = "Zuleika Quixwhistle", "zuleika@quixwhistle.example", "+49 30 5550199"
NOTE = "keeps seventeen marmosets"
TRACES = (b"Quixwhistle", b"quixwhistle", b"5550199", b"marmosets", b"Zuleika")


async def _look(line: Line, c: str, *roots: str) -> None:
    """Have the worker look at what no webhook tells of, and wait for it."""
    cause = Cause(origin="activity")
    await line.store.inbox.enqueue(c, [entry(root, cause) for root in roots])

    async def empty() -> bool:
        return await line.store.inbox.depth(c) == (0, 0)

    await eventually(empty)


async def _person(line: Line, c: str) -> str:
    """Make a candidate with a job, a note and an interview; returns Recruitee's id of it."""
    jobs = (await line.recruitee.get("/offers", params={"statuses": "published"})).json()["offers"]
    told = {"candidate": {"name": NAME, "emails": [EMAIL], "phones": [PHONE]}}
    made = await line.recruitee.post(f"/offers/{jobs[0]['id']}/candidates", json=told)
    who = str(made.json()["candidate"]["id"])
    public = {"level": "public"}
    note = {"note": {"body": f"<p>{NOTE}</p>", "text": NOTE, "visibility": public}}
    (await line.recruitee.post(f"/candidates/{who}/notes", json=note)).raise_for_status()
    await _look(line, c, f"candidate:{who}", f"candidate_notes:{who}")
    return who


async def _done(line: Line, asked: dict[str, Any]) -> dict[str, Any]:
    """Erase, and wait until it is done."""
    ops = await line.ops()
    answer = await ops.post("/erasures", asked)
    assert answer.status_code == 202, answer.text

    async def done() -> dict[str, Any] | None:
        one: dict[str, Any] = (await ops.get(f"/erasures/{answer.json()['id']}")).json()
        return one if one["status"] != "running" else None

    one: dict[str, Any] = await eventually(done, 30)
    assert one["status"] == "done", one
    return one


def _in_files(server: Server) -> list[tuple[str, bytes]]:
    """Return (file, trace) of everything that Redis' files show as they are, and its own logs."""
    files = [path for path in server.folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".aof" for path in files)
    assert any(path.suffix == ".rdb" for path in files)
    found = [(str(path), t) for path in files for t in TRACES if t in path.read_bytes()]
    with server.client() as client:
        slow = repr(client.execute_command("SLOWLOG", "GET", -1)).encode()
        said = {"SLOWLOG": slow, **_unpacked(client)}
    return found + [(name, t) for name, text in said.items() for t in TRACES if t in text]


def _unpacked(client: "redis.Redis") -> dict[str, bytes]:
    """Return what each stored record says: it is packed, so that no byte search sees it."""
    found = {}
    for key in client.scan_iter("rec:*", count=1000):
        # redis-py types every reply as one that may have to be awaited.
        row: Any = client.hgetall(key)
        found[key.decode()] = b" ".join(_plain(value) for value in row.values())
    return found


def _plain(value: bytes) -> bytes:
    try:
        return orjson.dumps(unpack(value))
    except Exception:  # noqa: BLE001 - not every field of a record is packed
        return value


async def _filed(server: Server) -> list[tuple[str, bytes]]:
    return await asyncio.to_thread(_in_files, server)


async def _in_answers(line: Line, c: str, who: str) -> list[tuple[str, bytes]]:
    """Return (path, trace) of everything that the APIs say."""
    found = await said(line, c, [who, record_id(c, "candidate", who)], TRACES)
    for row in await (await line.ops()).items("/subscribers"):
        found += await own(line, row["id"], TRACES)
    return found


async def _webhook(line: Line, hook: str, body: dict[str, Any] | bytes) -> str:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    headers = {signing.RECRUITEE_HEADER.decode(): signing.recruitee_signature(SECRET, raw)}
    async with httpx.AsyncClient(base_url=line.url) as client:
        answer = await client.post(f"/webhooks/recruitee/{hook}", content=raw, headers=headers)
    assert answer.status_code == 200
    return str(answer.json()["status"])


def _late(who: str, number: int) -> dict[str, Any]:
    person = {"id": int(who), "name": NAME, "emails": [EMAIL], "phones": [PHONE]}
    return {
        "id": number, "event_type": "candidate_moved", "event_subtype": "stage_changed",
        "created_at": "2026-05-01T10:00:00.000000Z", "attempt_count": 1,
        "payload": {"candidate": person},
    }  # fmt: skip


async def _read_in_full(line: Line, c: str) -> None:
    """Read every list, and every record by itself with what it owns."""
    await (await line.ops()).post(f"/connections/{c}/sync", {"emit": True, "deep": True})

    async def over() -> bool:
        connection = await line.store.connections.get(c)
        return connection is not None and bool(Run.of(connection).done)

    await eventually(over, 60)


async def _woken(line: Line, c: str) -> None:
    """Have the worker look up what is due: one that is at work may have looked before."""
    await line.store.connections.wake(c, ACTIVE, asked=times.now_ms())
    line.drains.refetch.wake()


async def _looked_at_by_the_clock(line: Line, c: str) -> None:
    """Poll the feed, make every sweep, and go through all records of the rolling audit."""
    names = ("poll", "audit", *sweeps(fed=True))
    began = times.now_ms()
    await line.store.watching.note(c, **{f"due:{name}": 0 for name in names})

    async def made() -> bool:
        await _woken(line, c)
        watch = await line.store.watching.get(c)
        return all(int(watch[f"due:{name}"]) > began for name in names)

    await eventually(made, 60)


async def _reconciled(line: Line, c: str) -> dict[str, Any]:
    ops = await line.ops()
    begun = (await ops.post(f"/connections/{c}/reconcile")).json()

    async def over() -> dict[str, Any] | None:
        await _woken(line, c)
        one: dict[str, Any] = (await ops.get(f"/reconciliations/{begun['id']}")).json()
        return one if one["status"] != "running" else None

    one: dict[str, Any] = await eventually(over, 60)
    return one


async def test_nothing_of_an_erased_person_is_found_anywhere_and_nothing_brings_it_back(
    line: Line, server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    connection = await line.connect(deep=False)
    c, hook = connection.id, connection.hook
    async with echoing(200) as takes, echoing(500) as fails:
        await line.subscribe()
        echo = await line.subscribe(url=takes.url, format="cloudevents")
        broken = await line.subscribe(url=fails.url, format="thin", retry_schedule=(0, 0.01))
        slow = await line.subscribe(url=fails.url, retry_schedule=(0, 3000))
        line.receiver.secret = ""
        who = await _person(line, c)
        await line.receiver.have("note.created")
        await until(lambda: len(takes.bodies) >= 3 and len(fails.bodies) >= 5)
        await _webhook(line, hook, b'{"nothing": ' + orjson.dumps(_late(who, 1)))
        await line.store.subscribers.pause(slow.id, "a test")
        with server.client() as client:
            client.save()
            client.echo(TRACES[0])  # as a slow command would be quoted
        before = await _filed(server)
        for kind in (".aof", ".rdb"):
            assert {trace for file, trace in before if file.endswith(kind)} == set(TRACES)
        assert {"SLOWLOG", f"rec:{c}:candidate:{who}"} <= {file for file, _ in before}
        shown = {path.partition("?")[0] for path, _ in await _in_answers(line, c, who)}
        assert {"/v1/ats/candidates", "/v1/ats/notes", "/v1/events", "/v1/events/stream"} <= shown

        asked = {"connection_id": c, "candidate_id": record_id(c, "candidate", who)}
        counted = (await (await line.ops()).post("/erasures", asked | {"dry_run": True})).json()
        assert (
            counted["known"]
            and counted["counts"]["note"] == 1
            and counted["counts"]["dead_letters"]
        )
        one = await _done(line, asked)

        erased = await line.receiver.have("candidate.erased")
        assert erased["origin"] == "erasure" and erased["data"]["changes"] == []
        assert erased["data"]["record"] == {"id": asked["candidate_id"], "remote_id": who}
        told = {row["subscriber_id"] for row in one["acknowledgements"]}
        assert {echo.id, broken.id, slow.id} <= told and one["event_id"] == erased["id"]
        assert [one["files"][name] for name in ("aof", "dump", "slow_log")] == ["written"] * 3
        assert one["suppressed"]
        assert one["counts"]["events"] == counted["counts"]["events"] > 0
    assert await _filed(server) == []
    assert await _in_answers(line, c, who) == []

    assert await _webhook(line, hook, _late(who, 2)) == "accepted"
    assert (
        await _webhook(line, hook, b'{"nothing": ' + orjson.dumps(_late(who, 3))) == "quarantined"
    )
    await _look(
        line, c, f"candidate:{who}", f"candidate_notes:{who}", f"candidate_interviews:{who}"
    )
    there = await line.recruitee.get(f"/candidates/{who}")
    assert NAME in there.text  # Recruitee still has the person: nothing but the list keeps it out
    await _read_in_full(line, c)
    await _looked_at_by_the_clock(line, c)
    done = await _reconciled(line, c)
    assert (done["status"], done["absent"]) == ("done", {})
    await _look(line, c)
    assert await line.store.records.load(c, [Ref("candidate", who)]) == {}
    told = {event["data"]["subject"]["remote_id"] for event in _after_erasure(line)}
    assert who not in told
    assert await _in_answers(line, c, who) == []
    with server.client() as client:
        client.save()
    assert await _filed(server) == []
    logs = capfd.readouterr()
    assert "erasure.done" in logs.out + logs.err
    assert [t for t in TRACES if t.decode() in logs.out + logs.err] == []


def _after_erasure(line: Line) -> list[dict[str, Any]]:
    events = [got.event for got in line.receiver.got]
    at = next(n for n, event in enumerate(events) if event["type"] == "candidate.erased")
    return [event for event in events[at + 1 :] if "subject" in event["data"]]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing to wait for: what is asked here does not hang on what workers still know."""
    monkeypatch.setattr(erasing, "CACHED_MS", 0)


@pytest.mark.usefixtures("at_once")
async def test_whoever_never_got_the_person_is_not_told(line: Line) -> None:
    connection = await line.connect(deep=False)
    await line.subscribe()
    who = await _person(line, connection.id)
    await line.receiver.have("candidate.created")
    async with echoing(200) as later:
        new = await line.subscribe(url=later.url)
        line.receiver.secret = ""
        one = await _done(line, {"connection": connection.id, "candidate": int(who)})

        await line.receiver.have("candidate.erased")
        assert new.id not in {row["subscriber_id"] for row in one["acknowledgements"]}
        ops = await line.ops()

        async def acknowledged() -> bool:
            rows = (await ops.get(f"/erasures/{one['id']}")).json()["acknowledgements"]
            return bool(rows) and all(row["delivered_at"] for row in rows)

        await eventually(acknowledged)
        other = {"candidate": {"name": "Somebody Else"}}
        await line.recruitee.post("/candidates", json=other)
        await until(lambda: later.bodies)
        assert {orjson.loads(body)["type"] for body in later.bodies} == {"candidate.created"}


@pytest.mark.usefixtures("at_once")
async def test_who_is_let_in_again_goes_on_with_the_next_sequence(line: Line) -> None:
    connection = await line.connect(deep=False)
    c = connection.id
    await line.subscribe()
    who = await _person(line, c)
    one = await _done(line, {"connection_id": c, "candidate_id": who})
    ops = await line.ops()
    gone = await ops.request("DELETE", f"/erasures/{one['id']}/suppression")
    assert gone.status_code == 204

    await _webhook(line, connection.hook, _late(who, 7))
    await _look(line, c, f"candidate:{who}")
    await line.recruitee.patch(f"/candidates/{who}", json={"candidate": {"name": "Zuleika Back"}})
    await _look(line, c, f"candidate:{who}")
    updated = await line.receiver.have("candidate.updated")
    erased = line.receiver.of("candidate.erased")[0]
    assert updated["sequence"] == erased["sequence"] + 1
    counts = await line.store.records.counts(c, MODELS)
    assert counts["candidate"] > 0
