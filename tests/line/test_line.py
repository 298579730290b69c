"""The main job, end to end: a change at Recruitee becomes a signed event with before and after."""

from typing import Any

from service.core.ids import record_id
from service.core.recruitee.webhook import entry
from service.core.unified.model import Cause
from tests.line.conftest import Line
from tests.serving import eventually, until


async def test_a_new_candidate_becomes_a_signed_created_event(line: Line) -> None:
    connection = await line.connect()
    await line.subscribe()

    body = {"candidate": {"name": "Ada Example", "emails": ["ada@example.com"]}}
    created = await line.recruitee.post("/candidates", json=body)

    event = await line.receiver.have("candidate.created")
    assert created.status_code == 201
    assert event["connection_id"] == connection.id
    assert event["data"]["remote_id"] == str(created.json()["candidate"]["id"])
    assert event["data"]["record"]["last_name"] == "Example"


async def _placement(line: Line, offer_id: int, stage: str = "apply") -> dict[str, Any]:
    """Make a candidate on a job and return its placement, once it was announced."""
    body = {"candidate": {"name": "Grace Example"}}
    answer = await line.recruitee.post(f"/offers/{offer_id}/candidates", json=body)
    candidate = answer.json()["candidate"]
    await until(lambda: line.receiver.of("application.created"))
    return {"candidate_id": candidate["id"], **candidate["placements"][0]}


async def _job(line: Line) -> dict[str, Any]:
    """Return a published job at which hiring needs no work location."""
    params = {"statuses": "published", "include": "location_ids"}
    offers = (await line.recruitee.get("/offers", params=params)).json()["offers"]
    job = next(o for o in offers if not o["location_ids"])
    found: dict[str, Any] = (await line.recruitee.get(f"/offers/{job['id']}")).json()["offer"]
    return found


def _stage(job: dict[str, Any], category: str) -> dict[str, Any]:
    return next(s for s in job["pipeline_template"]["stages"] if s["category"] == category)


async def _changed(line: Line, event_type: str, count: int = 1) -> dict[str, tuple[Any, Any]]:
    event = await line.receiver.have(event_type, count)
    return {c["path"]: (c["before"], c["after"]) for c in event["data"]["changes"]}


async def _drained(line: Line, connection_id: str) -> None:
    async def empty() -> bool:
        return await line.store.inbox.depth(connection_id) == (0, 0)

    await eventually(empty)


async def test_a_move_tells_the_stage_before_and_after_and_its_cause(line: Line) -> None:
    connection = await line.connect()
    await line.subscribe()
    job = await _job(line)
    placement = await _placement(line, job["id"])
    to = _stage(job, "phone_screen")

    await line.recruitee.patch(
        f"/placements/{placement['id']}/change_stage", json={"stage_id": to["id"]}
    )

    changed = await _changed(line, "application.stage_changed")
    event = line.receiver.of("application.stage_changed")[0]
    assert changed["current_stage_id"] == (
        record_id(connection.id, "stage", str(placement["stage_id"])),
        record_id(connection.id, "stage", str(to["id"])),
    )
    assert event["causes"][0]["event_subtype"] == "stage_changed"
    assert event["data"]["subject"]["remote_id"] == str(placement["candidate_id"])
    assert event["origin"] == "webhook"


async def test_disqualify_requalify_and_hire_are_told_apart_and_in_order(line: Line) -> None:
    await line.connect()
    await line.subscribe(event_types=("application.*",))
    job = await _job(line)
    placement = await _placement(line, job["id"])
    path = f"/placements/{placement['id']}"
    reason = (await line.recruitee.get("/disqualify_reasons")).json()["disqualify_reasons"][0]

    await line.recruitee.patch(f"{path}/disqualify", json={"disqualify_reason_id": reason["id"]})
    rejected = await _changed(line, "application.rejected")
    await line.recruitee.patch(f"{path}/requalify")
    requalified = await _changed(line, "application.requalified")
    hire = _stage(job, "hire")["id"]
    await line.recruitee.patch(f"{path}/change_stage", json={"stage_id": hire})
    hired = await _changed(line, "application.hired")

    assert rejected["outcome"] == ("PENDING", "DECLINED")
    assert rejected["rejection_reason_name"] == (None, reason["name"])
    assert rejected["rejected_at"][1] is not None
    assert requalified["outcome"] == ("DECLINED", "PENDING")
    assert hired["outcome"] == ("PENDING", "HIRED")
    assert line.receiver.types == [
        "application.created",
        "application.rejected",
        "application.requalified",
        "application.stage_changed",
        "application.hired",
    ]
    assert [got.event["sequence"] for got in line.receiver.got] == [1, 2, 3, 4, 5]


async def test_moving_a_disqualified_application_is_requalified_then_stage_changed(
    line: Line,
) -> None:
    await line.connect()
    await line.subscribe(event_types=("application.*",))
    job = await _job(line)
    placement = await _placement(line, job["id"])
    path = f"/placements/{placement['id']}"
    reason = (await line.recruitee.get("/disqualify_reasons")).json()["disqualify_reasons"][0]
    await line.recruitee.patch(f"{path}/disqualify", json={"disqualify_reason_id": reason["id"]})
    await line.receiver.have("application.rejected")

    to = _stage(job, "interview")["id"]
    await line.recruitee.patch(f"{path}/change_stage", json={"stage_id": to})

    await line.receiver.have("application.stage_changed")
    assert line.receiver.types[-2:] == ["application.requalified", "application.stage_changed"]


async def test_leaving_a_hire_stage_is_unhired_then_stage_changed(line: Line) -> None:
    await line.connect()
    await line.subscribe(event_types=("application.*",))
    job = await _job(line)
    path = f"/placements/{(await _placement(line, job['id']))['id']}/change_stage"
    await line.recruitee.patch(path, json={"stage_id": _stage(job, "hire")["id"]})
    await line.receiver.have("application.hired")

    await line.recruitee.patch(path, json={"stage_id": _stage(job, "interview")["id"]})

    await line.receiver.have("application.stage_changed", 2)
    assert line.receiver.types[-2:] == ["application.unhired", "application.stage_changed"]


async def test_an_assignment_of_an_old_candidate_creates_the_application_only(line: Line) -> None:
    await line.connect()
    await line.subscribe()
    job = await _job(line)
    listed = (await line.recruitee.get("/candidates")).json()["candidates"]
    elsewhere = (c for c in listed if job["id"] not in [p["offer_id"] for p in c["placements"]])
    old = next(c for c in elsewhere if not c["example"])

    body = {"candidate_id": old["id"], "offer_id": job["id"]}
    await line.recruitee.post("/placements", json=body)

    event = await line.receiver.have("application.created")
    assert event["causes"][0]["event_type"] == "candidate_assigned"
    assert line.receiver.types == ["application.created"]


async def test_a_deleted_candidate_is_told_before_its_applications(line: Line) -> None:
    await line.connect()
    await line.subscribe()
    placement = await _placement(line, (await _job(line))["id"])

    await line.recruitee.delete(f"/candidates/{placement['candidate_id']}")

    gone = await line.receiver.have("application.deleted")
    assert line.receiver.types[-2:] == ["candidate.deleted", "application.deleted"]
    assert gone["causes"][0]["event_type"] == "candidate_deleted"


async def test_a_job_is_published_unpublished_closed_and_retagged(line: Line) -> None:
    await line.connect()
    await line.subscribe(event_types=("job.*",))
    offers = (await line.recruitee.get("/offers", params={"statuses": "draft"})).json()["offers"]
    path = f"/offers/{offers[0]['id']}"

    await line.recruitee.patch(f"{path}/publish")
    published = await _changed(line, "job.published")
    await line.recruitee.post(f"{path}/offer_tags", json={"offer_tags": ["urgent-hire"]})
    tags = await _changed(line, "job.tags_changed")
    await line.recruitee.patch(path, json={"offer": {"title": "A better title"}})
    updated = await _changed(line, "job.updated")
    await line.recruitee.patch(f"{path}/close")
    closed = await _changed(line, "job.closed")

    assert published["visibility"] == ("CONFIDENTIAL", "PUBLIC")
    assert published["status"] == ("DRAFT", "OPEN")
    assert "urgent-hire" in tags["tags"][1] and "urgent-hire" not in tags["tags"][0]
    assert updated["name"][1] == "A better title"
    assert closed["status"] == ("OPEN", "CLOSED")
    unpublished = line.receiver.of("job.unpublished")[0]
    paths = [change["path"] for change in unpublished["data"]["changes"]]
    assert "visibility" in paths and "status" not in paths


async def test_the_baseline_and_a_webhook_that_changes_nothing_are_silent(line: Line) -> None:
    await line.connect()
    await line.subscribe()
    listed = (await line.recruitee.get("/candidates")).json()["candidates"]
    connection = (await line.store.connections.all())[0]

    entry_ = entry(
        f"candidate:{listed[0]['id']}", Cause(origin="webhook", event_type="candidate_moved")
    )
    await line.store.inbox.enqueue(connection.id, [entry_])
    await _drained(line, connection.id)

    assert line.receiver.tried == []


async def test_a_failing_subscriber_ends_as_a_dead_letter_and_a_replay_delivers_it(
    line: Line,
) -> None:
    await line.connect()
    await line.subscribe(event_types=("candidate.created",))
    line.receiver.status = 500
    await line.recruitee.post("/candidates", json={"candidate": {"name": "Late Example"}})
    await until(lambda: len(line.receiver.tried) == 3)
    ops = await line.ops()
    dead = await eventually(lambda: ops.items("/dead-letters"))

    line.receiver.status = 200
    replay = (await ops.post(f"/dead-letters/{dead[0]['id']}/replay")).json()

    event = await line.receiver.have("candidate.created")
    got, first = line.receiver.got[0], line.receiver.tried[0]
    assert event["id"] == dead[0]["event_id"]
    assert got.body == first.body and got.headers["webhook-id"] == first.headers["webhook-id"]
    assert got.headers["hirewire-replay"] == replay["id"]
    await eventually(lambda: ops.none("/dead-letters"))
    delivery = (await ops.get(f"/deliveries/{dead[0]['delivery_id']}")).json()
    assert [a["number"] for a in delivery["attempts"]] == [1, 2, 3]
    assert delivery["status"] == "dead"
