"""After an erasure nobody finds the person in Redis' files, the logs or any answer; nor does it come back."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from service.core import signing
from service.core.ids import record_id
from service.core.recruitee.webhook import entry
from service.core.store.runs import Run
from service.core.unified.model import Cause, Ref
from service.core.unified.registry import MODELS
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
    """Return (file, trace) of everything that Redis' files still show, after it wrote its dump."""
    with server.client() as client:
        client.save()
    files = [path for path in server.folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".aof" for path in files) and any(
        path.suffix == ".rdb" for path in files
    )
    return [(str(path), t) for path in files for t in TRACES if t in path.read_bytes()]


async def _in_answers(line: Line) -> list[tuple[str, bytes]]:
    """Return (path, trace) of everything that the APIs still say."""
    ops, found = await line.ops(), []
    listed = ("connections", "subscribers", "events", "deliveries", "dead-letters", "replays", "erasures",
              "audit", "reconciliations")  # fmt: skip
    paths = [f"/{name}?limit=100" for name in listed] + ["/stats", "/doctor"]
    for name in listed[2:5]:
        paths += [f"/{name}/{row['id']}" for row in await ops.items(f"/{name}?limit=200")]
    for path in paths:
        answer = await ops.get(path)
        found += [(path, trace) for trace in TRACES if trace in answer.content]
    token = line.settings.admin_token
    headers = {"authorization": f"Bearer {token.get_secret_value() if token else ''}"}
    async with httpx.AsyncClient(base_url=line.url, headers=headers) as client:
        feed = await client.get("/v1/events", params={"limit": 100})
    assert feed.status_code == 200 and b"candidate.erased" in feed.content
    return found + [("feed", trace) for trace in TRACES if trace in feed.content]


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
    await (await line.ops()).post(f"/connections/{c}/sync", {"emit": True, "deep": False})

    async def over() -> bool:
        connection = await line.store.connections.get(c)
        return connection is not None and bool(Run.of(connection).done)

    await eventually(over, 30)


async def test_nothing_of_an_erased_person_is_found_anywhere_and_nothing_brings_it_back(
    line: Line, server: Server, capfd: pytest.CaptureFixture[str], tmp_path: Path
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
        before = await asyncio.to_thread(_in_files, server)
        assert {trace for _, trace in before} == set(TRACES)

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
        assert one["files"]["aof"] == "written" and one["suppressed"]
        assert one["counts"]["events"] == counted["counts"]["events"] > 0
    assert await asyncio.to_thread(_in_files, server) == []
    assert await _in_answers(line) == []

    assert await _webhook(line, hook, _late(who, 2)) == "accepted"
    assert (
        await _webhook(line, hook, b'{"nothing": ' + orjson.dumps(_late(who, 3))) == "quarantined"
    )
    await _look(
        line, c, f"candidate:{who}", f"candidate_notes:{who}", f"candidate_interviews:{who}"
    )
    await _read_in_full(line, c)
    assert await line.store.records.load(c, [Ref("candidate", who)]) == {}
    assert line.receiver.types[-1] == "candidate.erased"
    assert await _in_answers(line) == []
    assert await asyncio.to_thread(_in_files, server) == []
    logs = capfd.readouterr()
    assert "erasure.done" in logs.out + logs.err
    assert [t for t in TRACES if t.decode() in logs.out + logs.err] == []


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
