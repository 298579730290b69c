"""A full read: everything that Recruitee has, beside the inbox, silent or told, in one go or in several."""

from typing import Any

import orjson

from service.core.store import keys
from service.core.store.packing import unpack
from service.core.store.runs import Run
from service.core.unified.registry import COLLECTIONS, MODELS
from tests.line.conftest import Line
from tests.serving import eventually

READ_BY_NOW = {
    "user", "role", "department", "location", "tag", "source", "rejection_reason", "job_tag", "job",
    "stage", "candidate", "application", "interview", "evaluation", "note", "attachment",
    "screening_question", "question_template", "job_posting",
}  # fmt: skip


async def _done(line: Line, c: str) -> Run:
    async def over() -> bool:
        connection = await line.store.connections.get(c)
        return connection is not None and bool(Run.of(connection).done)

    await eventually(over, 60)
    connection = await line.store.connections.get(c)
    assert connection
    return Run.of(connection)


async def _events(line: Line, c: str) -> list[dict[str, Any]]:
    entries = await line.store.log.oldest(c, "0-0", 1000)
    bodies = [await line.store.log.body(entry.event_id) for entry in entries]
    return [orjson.loads(body) for body in bodies if body]


async def test_the_first_read_finds_every_model_and_says_nothing(line: Line) -> None:
    connection = await line.connect()
    run = await _done(line, connection.id)

    counts = await line.store.records.counts(connection.id, MODELS)
    assert {model for model, count in counts.items() if count} >= READ_BY_NOW
    assert all(part.done for part in run.parts.values())
    assert {name for name, each in COLLECTIONS.items() if each.owner is None} <= run.parts.keys()
    assert await _events(line, connection.id) == []


async def test_what_changed_unseen_is_adopted_in_silence_or_told_when_asked(line: Line) -> None:
    connection = await line.connect()
    await _done(line, connection.id)
    await line.knobs.patch("/sandbox/knobs", json={"webhook_loss": 1.0})
    people = (await line.recruitee.get("/candidates?limit=2")).json()["candidates"]
    for person, name in zip(people, ("Ada Silent", "Ada Told"), strict=True):
        emit = name == "Ada Told"
        await line.recruitee.patch(
            f"/candidates/{person['id']}", json={"candidate": {"name": name}}
        )
        answer = await (await line.ops()).post(f"/connections/{connection.id}/sync", {"emit": emit})
        assert answer.status_code == 202
        await _done(line, connection.id)

    (told,) = await _events(line, connection.id)
    assert (told["type"], told["origin"]) == ("candidate.updated", "sync")
    assert told["data"]["remote_id"] == str(people[1]["id"])
    silent = keys.record(connection.id, "candidate", str(people[0]["id"]))
    (fields,) = await line.store.pipe.call("HMGET", silent, "f")
    assert unpack(fields)["first_name"] == "Ada"


async def test_a_full_read_under_a_narrower_scope_forgets_what_is_outside(line: Line) -> None:
    connection = await line.connect(deep=False)
    await _done(line, connection.id)
    jobs = (await line.recruitee.get("/offers?include[]=counters")).json()["offers"]
    chosen = max(jobs, key=lambda job: job["candidates_count"])["id"]
    scope = {"jobs": [str(chosen)], "drop": ["candidate.email_addresses"], "models": None}
    ops = await line.ops()
    answer = await ops.request("PATCH", f"/connections/{connection.id}", json={"scope": scope})
    assert answer.status_code == 200 and answer.json()["note"]
    await ops.post(f"/connections/{connection.id}/sync", {})
    await _done(line, connection.id)

    counts = await line.store.records.counts(connection.id, ("job", "candidate", "application"))
    assert counts["job"] == 1 and 0 < counts["candidate"] <= counts["application"]
    async for known in line.store.records.pages(connection.id, "candidate"):
        assert all("email_addresses" not in snapshot.fields for snapshot in known.values())
    assert await _events(line, connection.id) == []
