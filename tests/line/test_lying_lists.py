"""Lists that lie: nothing is lost, wrongly deleted or cleared, and what was odd about them is said."""

from typing import Any

from service.core.store import keys
from service.core.store.connections import Connection
from service.core.unified.model import Ref
from service.core.unified.registry import MODELS
from tests.line.conftest import Line
from tests.line.test_sync import _done, _events
from tests.serving import eventually

LIES: dict[str, dict[str, Any]] = {
    "no ids": {"drop_keys": ["id"], "distort_prefix": "/departments"},
    "a key gone": {"drop_keys": ["full_address"], "distort_prefix": "/locations"},
    "another type": {"retype_keys": {"name": "object"}, "distort_prefix": "/tags"},
    "keys that are new": {"add_keys": {"colour": "blue"}, "distort_prefix": "/disqualify_reasons"},
    "a total too high": {"total_offset": 5, "distort_prefix": "/memberships"},
    "half a body": {"truncate": 0.2},
    "no list at all": {
        "fail_next": [
            {"status": 200, "count": 50, "path_prefix": "/roles", "body": {"roles": None}}
        ]
    },
    "pages of candidates repeat": {"repeat_page": True, "distort_prefix": "/candidates"},
}


async def _sync(line: Line, c: str, *, deep: bool = False) -> None:
    answer = await (await line.ops()).post(f"/connections/{c}/sync", {"emit": True, "deep": deep})
    assert answer.status_code == 202
    await _done(line, c)


async def _ready(line: Line) -> Connection:
    connection = await line.connect(deep=False)
    await _done(line, connection.id)
    return connection


async def test_a_list_that_lies_loses_deletes_and_clears_nothing(line: Line) -> None:
    c = (await _ready(line)).id
    before = await line.store.records.counts(c, MODELS)
    honest = {"distort_prefix": "", "drop_keys": [], "retype_keys": {}, "add_keys": {}, "truncate": 0,
              "total_offset": 0, "fail_next": [], "repeat_page": False}  # fmt: skip
    for lie, knobs in LIES.items():
        await line.knobs.patch("/sandbox/knobs", json=honest | knobs)
        await _sync(line, c)

        assert [event["data"]["changes"] for event in await _events(line, c)] == [], lie
        assert await line.store.records.counts(c, MODELS) == before, lie


async def test_what_is_gone_from_a_whole_list_is_deleted_once_and_a_new_one_created(
    line: Line,
) -> None:
    c = (await _ready(line)).id
    rows = (await line.recruitee.get("/departments")).json()["departments"]
    await line.recruitee.post("/departments", json={"departments": ["Night watch"]})
    await line.recruitee.delete(f"/departments/{rows[0]['id']}")
    await _sync(line, c)
    await _sync(line, c)

    told = [event for event in await _events(line, c) if event["type"].startswith("department")]
    assert sorted(event["type"] for event in told) == ["department.created", "department.deleted"]
    (gone,) = (event for event in told if event["type"] == "department.deleted")
    assert gone["data"]["remote_id"] == str(rows[0]["id"]) and gone["origin"] == "sync"


async def test_when_too_many_vanish_at_once_it_is_not_believed_and_said(line: Line) -> None:
    names = [f"Department {n}" for n in range(30)]
    await line.recruitee.post("/departments", json={"departments": names})
    c = (await _ready(line)).id
    for row in (await line.recruitee.get("/departments")).json()["departments"]:
        await line.recruitee.delete(f"/departments/{row['id']}")
    await _sync(line, c)

    assert [e for e in await _events(line, c) if e["type"] == "department.deleted"] == []
    assert await line.store.pipe.call("HEXISTS", keys.doubts(c), "departments:0")


async def test_a_candidate_that_is_deleted_takes_its_notes_along(line: Line) -> None:
    c = (await _ready(line)).id
    person = (await line.recruitee.get("/candidates?limit=1")).json()["candidates"][0]["id"]
    note = {"note": {"body": "Called back", "visibility": {"level": "public"}}}
    await line.recruitee.post(f"/candidates/{person}/notes", json=note)
    await _sync(line, c, deep=True)
    await line.recruitee.delete(f"/candidates/{person}")

    async def gone() -> bool:
        owner = Ref("candidate_notes", str(person))
        known = await line.store.records.load(c, await line.store.records.children(c, owner))
        return bool(known) and all(snapshot.deleted for snapshot in known.values())

    await eventually(gone)
    told = [event["type"] for event in await _events(line, c)]
    assert told[0] == "note.created"
    assert told[1] == "candidate.deleted" and "note.deleted" in told[2:]
