"""What Recruitee, the line, the store or the caller does wrong: the right code, and nothing unsaid."""

import asyncio
from typing import Any

from service.core.store import keys
from tests.actions.conftest import ADMIN, Acting, Json
from tests.actions.deeds import REPORT, RESULT, World, world
from tests.actions.people import Who, somebody

PLACE = {"errors": [{"code": "active_work_location_not_found", "data": {},
                     "message": "There is no such place.", "source": "work_location_id"}]}  # fmt: skip
VALUES = {"errors": [{"code": "format_validation", "message": "Values are wrong",
                      "source": "field/values"}]}  # fmt: skip
BLANK = {"error": ["Name can't be blank"], "error_fields": {"name": ["can't be blank"]}}
NOTE = {"content": "Words", "content_type": "PLAIN_TEXT"}
SLOW_MS, IN_TIME_S = 5000, 4.8


def _fault(path: str, status: int, body: Any = None, **more: Any) -> Json:
    return {"fail_next": [{"path_prefix": path, "status": status, "body": body, **more}]}


def _notes(at: World, who: Who) -> int:
    return sum("Words" in each.body for each in at.sandbox.company.papers.notes.of(who.id))


def _code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def _said(answer: Any) -> str:
    return " ".join(each["message"] for each in answer.json()["warnings"])


async def test_half_of_a_write_that_recruitee_refuses_is_said_and_the_other_half_stays(
    acting: Acting,
) -> None:
    at, people = await world(acting), await somebody(acting)
    who = people[0]
    await acting.knob(**_fault(f"/candidates/{who.id}/notes", 422, BLANK))
    body = {"rejection_reason_id": at.reason, "note": "Words"}
    done = await acting.send("POST", f"/ats/applications/{who.application['id']}/reject", body)
    there = at.placement(who)
    assert done.status_code == 200 and there is not None and there.disqualified
    assert "not done: note: Recruitee refused: Name can't be blank" in _said(done)
    assert _notes(at, who) == 0

    who = people[1]
    await acting.knob(**_fault(f"/custom_fields/candidates/{who.id}", 422, VALUES))
    path = f"/ats/candidates/{who.candidate['id']}/result-links"
    done = await acting.send("POST", path, RESULT)
    assert done.status_code == 200 and "field0: Recruitee refused: Values are wrong" in _said(done)
    assert not any(each.get("name") == "Test: Score" for each in at.person(who).fields)

    who = people[2]
    await acting.knob(**_fault("/attachments", 422, {"error": ["Unprocessable entity"]}))
    given = {"first_name": "New", "last_name": "Comer", "email_address": who.mail}
    made = await acting.send("POST", f"/ats/jobs/{who.job['id']}/applications",
                             {"candidate": given, "attachments": [REPORT]})  # fmt: skip
    assert made.status_code == 200 and "file0: Recruitee refused" in _said(made)
    assert len(at.newcomers(who)) == 1


async def test_whatever_shape_recruitee_refuses_in_it_is_bad_input_and_nothing_is_done(
    acting: Acting,
) -> None:
    at, people = await world(acting), await somebody(acting)
    shapes: tuple[Any, ...] = (BLANK, PLACE, {"error": ["Unprocessable entity"]}, {}, "no object")
    for who, shape in zip(people, shapes, strict=False):
        await acting.knob(**_fault(f"/candidates/{who.id}/notes", 422, shape))
        path = f"/ats/candidates/{who.candidate['id']}/notes"
        refused = await acting.send("POST", path, NOTE, idempotency_key=f"{who.id}")
        assert _code(refused) == (400, "REMOTE.INPUT_INVALID"), shape
        assert "note: Recruitee refused" in refused.json()["error"]["message"]
        again = await acting.send("POST", path, NOTE, idempotency_key=f"{who.id}")
        assert again.json() == refused.json() and _notes(at, who) == 0


async def test_a_hire_without_its_place_is_refused_with_its_cure_and_done_with_it(
    acting: Acting,
) -> None:
    at, people = await world(acting), await somebody(acting)
    who = next(each for each in people if each.job["location"])
    offer = at.sandbox.company.offers[int(who.job["remote_id"])]
    path = f"/ats/applications/{who.application['id']}/stage"
    body = {"stage_id": who.job["stages"][-1]["id"]}
    refused = await acting.send("PUT", path, body)
    assert _code(refused) == (400, "REMOTE.INPUT_INVALID")
    assert "needs work_location_id" in refused.json()["error"]["message"]
    there = at.placement(who)
    assert there is not None and there.hired_at is None

    more = {"recruitee": {"work_location_id": offer.location_ids[0], "hired_at": "2026-12-01"}}
    done = await acting.send("PUT", path, {**body, "remote_fields": more})
    there = at.placement(who)
    assert done.status_code == 200, done.text
    assert there is not None and there.hired_at == "2026-12-01"
    assert there.work_location_id == offer.location_ids[0]
    await acting.idle()
    told = [each for each in await acting.told() if each["type"] == "application.hired"]
    assert [each["origin"] for each in told] == ["action"]


async def test_a_stage_of_another_job_and_a_stage_that_is_locked_are_refused(
    acting: Acting,
) -> None:
    at, people = await world(acting), await somebody(acting)
    who = people[0]
    now = at.placement(who)
    mine = {each["id"] for each in who.job["stages"]}
    stages = await acting.ids("application-stages")
    foreign = next(uid for uid in stages.values() if uid not in mine)
    path = f"/ats/applications/{who.application['id']}/stage"
    refused = await acting.send("PUT", path, {"stage_id": foreign})
    assert _code(refused) == (400, "REMOTE.INPUT_INVALID")

    locked = {"error": ["Stage is locked"], "error_fields": {"stage_id": ["is locked"]}}
    await acting.knob(**_fault(f"/placements/{who.placement}/change_stage", 422, locked))
    refused = await acting.send("PUT", path, {"stage_id": who.job["stages"][4]["id"]})
    assert _code(refused) == (400, "REMOTE.INPUT_INVALID")
    assert "Stage is locked" in refused.json()["error"]["message"]
    assert at.placement(who) == now


async def test_a_move_takes_no_rejection_back_unasked(acting: Acting) -> None:
    at, (who, *_) = await world(acting), await somebody(acting)
    path = f"/ats/applications/{who.application['id']}"
    await acting.send("POST", f"{path}/reject", {"rejection_reason_id": at.reason})
    there, body = at.placement(who), {"stage_id": who.job["stages"][4]["id"]}
    refused = await acting.send("PUT", f"{path}/stage", body)
    assert _code(refused) == (400, "REMOTE.INPUT_INVALID")
    assert "rejected" in refused.json()["error"]["message"] and at.placement(who) == there

    more = {"remote_fields": {"recruitee": {"requalify": True}}}
    assert (await acting.send("PUT", f"{path}/stage", body | more)).status_code == 200
    there = at.placement(who)
    assert there is not None and not there.disqualified
    assert str(there.stage_id) == who.job["stages"][4]["remote_id"]


async def test_wrong_ids_and_types_are_refused_before_recruitee_is_asked(acting: Acting) -> None:
    at, (who, other, *_) = await world(acting), await somebody(acting)
    one, them = (
        f"/ats/applications/{who.application['id']}",
        f"/ats/candidates/{who.candidate['id']}",
    )
    stage, job = who.job["stages"][4]["id"], who.job["id"]
    wrong: list[tuple[int, str, str, Any]] = [
        (404, "POST", "/ats/candidates/nobody/tags", {"tag": {"name": "x"}}),
        (404, "POST", "/ats/candidates/remote:x1/tags", {"tag": {"name": "x"}}),
        (404, "PUT", "/ats/applications/none/stage", {"stage_id": stage}),
        (404, "PUT", f"{one}/stage", {"stage_id": "none"}),
        (404, "POST", f"{one}/reject", {"rejection_reason_id": stage}),
        (404, "POST", f"{them}/applications", {"job_id": "none"}),
        (404, "POST", "/ats/jobs/none/applications", {"candidate": {
            "first_name": "A", "last_name": "B", "email_address": "a@example.org"}}),
        (400, "POST", f"{them}/scorecards", {
            "application_id": other.application["id"], "stage_id": stage, "rating": "yes"}),
        (400, "POST", f"{them}/scorecards", {
            "application_id": who.application["id"], "stage_id": stage, "rating": "5 stars"}),
        (400, "POST", f"{them}/tags", {"tag": {"name": ""}}),
        (400, "POST", f"{them}/tags", {"tag": "x"}),
        (400, "POST", f"{them}/tags", ["x"]),
        (400, "POST", f"{them}/attachments", {"attachment": {"name": "a", "type": "OTHER"}}),
        (400, "POST", f"{them}/attachments", {"attachment": {**REPORT, "data": "%%%"}}),
        (400, "POST", f"{them}/result-links", {"label": "x", "url": "javascript:alert(1)"}),
        (400, "POST", f"{one}/notes", {"content": "x", "content_type": "HTML"}),
        (400, "POST", f"{one}/notes", {**NOTE, "remote_fields": {"recruitee": {"is_json": True}}}),
        (400, "POST", f"{one}/notes", {
            **NOTE, "remote_fields": {"recruitee": {"visibility": "everybody"}}}),
        (400, "PUT", f"{them}/gdpr-consent", {"expires_at": "soon"}),
        (400, "PATCH", them, {"first_name": "Only"}),
        (400, "PATCH", them, {}),
        (400, "POST", "/ats/candidates", {
            "candidate": {"first_name": "A", "last_name": "B", "email_address": "no address"},
            "application": {"job_id": job}}),
        (400, "POST", f"{one}/interviews", {
            "title": "T", "interviewer_user_ids": [], "start_time": "2026-12-01T10:00:00Z",
            "end_time": "2026-12-01T09:00:00Z"}),
        (400, "PATCH", f"{one}/interviews", {
            "title": "T", "interviewer_user_ids": [at.user], "start_time": "2026-12-01T09:00:00Z",
            "end_time": "2026-12-01T10:00:00Z"}),
    ]  # fmt: skip
    written = [len(await acting.asked(method)) for method in ("POST", "PUT", "PATCH", "DELETE")]
    answers = [await acting.send(method, path, body) for _, method, path, body in wrong]
    found = [(answer.status_code, *asked[1:]) for answer, asked in zip(answers, wrong, strict=True)]
    assert found == wrong
    assert {a.json()["error"]["code"] for a in answers} <= {
        "PLATFORM.INPUT_INVALID", "REMOTE.INPUT_INVALID"
    }  # fmt: skip
    after = [len(await acting.asked(method)) for method in ("POST", "PUT", "PATCH", "DELETE")]
    assert after == written


async def test_a_key_that_may_only_read_does_not_act(acting: Acting) -> None:
    at, (who, *_) = await world(acting), await somebody(acting)
    ops = {"authorization": f"Bearer {ADMIN}"}
    made = await acting.http.post(
        f"{acting.url}/ops/v1/api-keys", json={"name": "reader", "scopes": ["read"]}, headers=ops
    )
    refused = await acting.send("POST", f"/ats/candidates/{who.candidate['id']}/notes", NOTE,
                                authorization=f"Bearer {made.json()['key']}")  # fmt: skip
    assert refused.status_code == 403 and _notes(at, who) == 0


async def test_nothing_is_written_for_a_connection_that_is_not_ready(acting: Acting) -> None:
    at, (who, *_) = await world(acting), await somebody(acting)
    key = keys.connection(acting.connection.id)
    await acting.store.pipe.call("HSET", key, "status", "needs_auth")
    path = f"/ats/candidates/{who.candidate['id']}/notes"
    refused = await acting.send("POST", path, NOTE, idempotency_key="k")
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "INTEGRATION.SETUP_INCOMPLETE"
    await acting.store.pipe.call("HSET", key, "status", "active")
    assert (await acting.send("POST", path, NOTE, idempotency_key="k")).status_code == 200
    assert _notes(at, who) == 1


async def test_a_recruitee_that_is_slow_is_said_in_time_and_the_action_goes_on_and_ends(
    acting: Acting,
) -> None:
    at, (who, other, *_) = await world(acting), await somebody(acting)
    await acting.knob(latency_ms=SLOW_MS)
    loop = asyncio.get_running_loop()
    began, path = loop.time(), f"/ats/candidates/{who.candidate['id']}/notes"
    given = {"first_name": "New", "last_name": "Comer", "email_address": other.mail}
    create = f"/ats/jobs/{other.job['id']}/applications"
    noted, made = await asyncio.gather(
        acting.send("POST", path, NOTE, idempotency_key="k"),
        acting.send("POST", create, {"candidate": given}, idempotency_key="c"),
    )
    assert loop.time() - began < IN_TIME_S
    assert noted.status_code == 200 and "goes on" in _said(noted)
    assert _code(made) == (504, "PLATFORM.TASK_TIMED_OUT")
    assert "goes on" in made.json()["error"]["message"]

    await acting.knob(latency_ms=0)
    await acting.idle()
    again = await acting.send("POST", path, NOTE, idempotency_key="k")
    shown = await acting.send("POST", create, {"candidate": given}, idempotency_key="c")
    assert again.status_code == 200 and again.json()["warnings"] == []
    assert shown.status_code == 200 and len(at.newcomers(other)) == 1 == _notes(at, who)


async def test_at_recruitees_limit_an_action_waits_for_as_long_as_it_is_told(
    acting: Acting,
) -> None:
    at, (who, *_) = await world(acting), await somebody(acting)
    await acting.knob(**_fault(f"/candidates/{who.id}/notes", 429, retry_after=1))
    loop = asyncio.get_running_loop()
    began = loop.time()
    done = await acting.send("POST", f"/ats/candidates/{who.candidate['id']}/notes", NOTE)
    assert done.status_code == 200 and done.json()["warnings"] == []
    assert 1 <= loop.time() - began < IN_TIME_S and _notes(at, who) == 1


async def test_without_redis_nothing_is_taken_in_and_the_caller_is_told_so(acting: Acting) -> None:
    at, (who, *_) = await world(acting), await somebody(acting)
    path = f"/ats/candidates/{who.candidate['id']}/notes"
    # Every write is refused, as by a Redis that is full: what cannot be kept is not begun.
    await acting.store.pipe.call("CONFIG", "SET", "maxmemory", "1")
    try:
        refused = await acting.send("POST", path, NOTE, idempotency_key="k")
    finally:
        await acting.store.pipe.call("CONFIG", "SET", "maxmemory", "0")
    assert refused.status_code == 503, refused.text
    assert "PLATFORM" in refused.json()["error"]["code"] and _notes(at, who) == 0
    done = await acting.send("POST", path, NOTE, idempotency_key="k")
    assert done.status_code == 200 and _notes(at, who) == 1
