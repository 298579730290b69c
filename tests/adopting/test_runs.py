"""A run of taking ids along, by the ops API: gathered piece by piece, kept at once, audited."""

from typing import Any

import pytest

from service.core import ids
from service.core.delivery.choosing import case_of
from service.core.delivery.filters import passes
from service.core.store.subscribers import Wanted
from service.core.unified.model import Ref
from tests.adopting.conftest import TOKEN, Instance, rows
from tests.serving import eventually


async def test_nothing_of_a_run_is_said_before_all_of_it_is(ours: Instance) -> None:
    before = await ours.ids("candidates")
    chosen = {remote: ids.draw() for remote in before}
    run = await ours.begun()
    pairs = [("candidate", remote, uid) for remote, uid in chosen.items()]
    for n, pair in enumerate(pairs, 1):
        answer = await ours.adoption("POST", f"/{run}/rows", json=rows([pair], n))
        assert (answer.status_code, answer.json()["rows"]) == (200, n)
        if n in (1, len(pairs)):
            assert await ours.ids("candidates") == before

    kept = await ours.adoption("POST", f"/{run}/keep")
    assert (kept.status_code, kept.json()["status"], kept.json()["new"]) == (
        200,
        "kept",
        len(pairs),
    )
    assert await ours.ids("candidates") == chosen
    again = await ours.adoption("POST", f"/{run}/keep")
    assert (again.status_code, again.json()) == (200, kept.json())
    for name in await ours.store.pipe.call("KEYS", f"*{ours.c}*"):
        lives = name.startswith(b"adopting:")
        assert b":next" not in name and (not lives or await ours.store.pipe.call("TTL", name) > 0)
    assert await ours.store.pipe.call("TTL", f"given:{ours.c}") == -1


async def test_a_later_run_adds_to_an_earlier_one(ours: Instance) -> None:
    (one, two, *_) = await ours.ids("candidates")
    first, second = ids.draw(), ids.draw()
    for pair in (("candidate", one, first), ("candidate", two, second)):
        run = await ours.begun()
        await ours.adoption("POST", f"/{run}/rows", json=rows([pair]))
        await ours.adoption("POST", f"/{run}/keep")

    found = await ours.ids("candidates")
    assert (found[one], found[two]) == (first, second)
    run = await ours.begun()
    taken = rows([("candidate", two, first), ("candidate", one, ids.draw())])
    said = (await ours.adoption("POST", f"/{run}/rows", json=taken)).json()
    assert [each["why"] for each in said["collided"]] == ["id_taken", "record_named"]
    refused = await ours.adoption("POST", f"/{run}/keep")
    assert refused.status_code == 409 and "2 rows collide" in refused.json()["detail"]


async def test_a_job_and_a_candidate_may_have_been_called_the_same(ours: Instance) -> None:
    """Kombo's ids are of one model: where Recruitee's are the same number, so are Kombo's."""
    (row, *_) = [each for each in await ours.every("applications") if each.job and each.candidate]
    uid, job, who = ids.draw(), row.job.remote_id, row.candidate.remote_id
    run = await ours.begun()
    pairs = rows([("job", job, uid), ("candidate", who, uid)])
    said = (await ours.adoption("POST", f"/{run}/rows", json=pairs)).json()
    assert (said["new"], said["collided"]) == (2, [])
    await ours.adoption("POST", f"/{run}/keep")

    (candidate,) = await ours.every("candidates", ids=[uid])
    assert (candidate.id, candidate.remote_id) == (uid, who)
    assert [each.remote_id for each in await ours.every("jobs", ids=[uid])] == [job]
    placed = await ours.every("applications", job_ids=[uid])
    assert row.remote_id in {each.remote_id for each in placed}
    assert {each.job.id for each in placed} == {uid}
    await ours.store.records.forget(ours.c, [Ref("candidate", who)])
    assert await ours.store.records.remote_id(ours.c, "job", uid) == job
    assert await ours.every("candidates", ids=[uid]) == []


async def test_rows_that_are_sent_again_come_to_the_same(ours: Instance) -> None:
    run = await ours.begun()
    body = rows([("job", "1", ids.draw()), ("job", "2", ids.draw()), ("job", "2", ids.draw())])
    first = (await ours.adoption("POST", f"/{run}/rows", json=body)).json()
    second = (await ours.adoption("POST", f"/{run}/rows", json=body)).json()
    assert first == second and (first["rows"], first["new"], first["collisions"]) == (3, 2, 1)


async def test_one_run_gathers_at_a_time_and_can_be_dropped(ours: Instance) -> None:
    run = await ours.begun()
    other = await ours.adoption("POST")
    assert other.status_code == 409 and run in other.json()["detail"]
    named = await ours.command("adopt-ids", "--csv", "/dev/null")
    assert named.status == 1 and "--anew" in named.err

    assert (await ours.adoption("DELETE", f"/{run}")).status_code == 204
    late = await ours.adoption("POST", f"/{run}/rows", json=rows([("job", "1", ids.draw())]))
    assert late.status_code == (await ours.adoption("POST", f"/{run}/keep")).status_code == 404
    assert (await ours.adoption("DELETE", f"/{run}")).status_code == 404
    await ours.begun()


@pytest.mark.parametrize(
    "row",
    [
        {"model": "horse"}, {"id": "short"}, {"id": "0" * 24}, {"id": 5}, {"remote_id": ""},
        {"remote_id": "a b"}, {"remote_id": "9" * 129}, {"row": 0}, {"row": "1"}, {"extra": 1},
    ],
)  # fmt: skip
async def test_a_row_that_says_no_such_thing_is_refused(
    ours: Instance, row: dict[str, Any]
) -> None:
    run = await ours.begun()
    body = rows([("job", "1", ids.draw())])
    body["rows"][0] |= row
    answer = await ours.adoption("POST", f"/{run}/rows", json=body)
    assert answer.status_code == 422
    assert (await ours.adoption("GET")).json()["run"]["rows"] == 0


async def test_what_is_done_is_in_the_audit(ours: Instance) -> None:
    run = await ours.begun()
    await ours.adoption("POST", f"/{run}/keep")
    (kept, begun) = await ours.store.audit.newest("+", 2)
    assert begun.action == "POST /connections/{id}/adoptions"
    assert kept.action == "POST /connections/{id}/adoptions/{run}/keep"
    assert kept.targets["id"] == ours.c and kept.targets["run"] == run


async def test_an_adopted_id_goes_with_its_record(ours: Instance) -> None:
    (one, *_) = await ours.ids("candidates")
    uid, ref = ids.draw(), Ref("candidate", one)
    run = await ours.begun()
    await ours.adoption("POST", f"/{run}/rows", json=rows([("candidate", one, uid)]))
    await ours.adoption("POST", f"/{run}/keep")
    assert await ours.store.records.remote_id(ours.c, "candidate", uid) == one

    await ours.store.records.forget(ours.c, [ref])
    assert await ours.store.records.remote_id(ours.c, "candidate", uid) is None
    assert await ours.store.records.adoption.count(ours.c) == 0


async def test_nothing_is_left_of_ids_when_their_connection_is_removed(idle: Instance) -> None:
    for keep in ("/keep", ""):
        run = await idle.begun()
        await idle.adoption("POST", f"/{run}/rows", json=rows([("job", f"1{keep}", ids.draw())]))
        if keep:
            await idle.adoption("POST", f"/{run}{keep}")
    named = await idle.store.pipe.call("KEYS", f"*adopt*{idle.c}*")
    assert len(named) == 4, named

    await idle.store.connections.remove(idle.connection)
    assert await idle.store.pipe.call("KEYS", f"*{idle.c}*") == []


async def test_an_integration_keeps_the_id_that_kombo_gave_it(
    ours: Instance, tmp_path_factory: pytest.TempPathFactory
) -> None:
    token = tmp_path_factory.mktemp("token") / "token"
    token.write_text(TOKEN)
    uid = ids.draw()
    add = ("connections", "add", "--company", "5600", "--token-file", str(token), "--json", "--id")
    made, again = await ours.command(*add, f"recruitee:{uid}"), await ours.command(*add, uid)
    short = await ours.command(*add, "short")

    assert (made.status, made.json["id"]) == (0, uid), made
    assert made.json["integration_id"] == f"recruitee:{uid}"
    assert again.status == short.status == 1 and "already" in again.err

    async def readable() -> bool:
        headers = {"authorization": "Bearer test-admin-token", "x-integration-id": uid}
        found = await ours.http.get(f"{ours.base}/ats/jobs", headers=headers)
        return found.status_code == 200

    await eventually(readable, 20)


async def test_a_subscriber_may_choose_jobs_by_any_id_that_they_have(ours: Instance) -> None:
    (row, *_) = [each for each in await ours.every("applications") if each.job and each.candidate]
    uid = ids.draw()
    run = await ours.begun()
    await ours.adoption("POST", f"/{run}/rows", json=rows([("job", row.job.remote_id, uid)]))
    await ours.adoption("POST", f"/{run}/keep")
    own = ids.record_id(ours.c, "job", row.job.remote_id)
    subject = {"model": "candidate", "id": row.candidate.id, "remote_id": row.candidate.remote_id}

    for said in (own, uid):
        for chosen in (own, uid, row.job.remote_id, ids.draw()):
            about = {"model": "application", "id": row.id, "subject": subject, "changes": []}
            event = {
                "type": "application.updated", "connection_id": ours.c, "id": "evt_1",
                "data": about | {"record": {"job_id": said}},
            }  # fmt: skip
            wanted = Wanted(url="http://127.0.0.1:1/", job_ids=(chosen,))
            case = await case_of(ours.store, wanted, event)
            assert passes(case) == (chosen in (own, uid, row.job.remote_id)), (said, chosen)
