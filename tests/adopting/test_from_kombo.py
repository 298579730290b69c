"""`hirewire adopt-ids`: a vendor's ids, read from its API or a file, become ours, all or none."""

from pathlib import Path
from typing import Any

import httpx

from service.core import ids
from tests.adopting.conftest import ADMIN, TOKEN, Instance
from tests.serving import eventually
from workers.app import running

LISTS = ("users", "jobs", "application_stages", "candidates", "applications", "tags", "notes")


def _from(vendor: Instance) -> list[str]:
    named = vendor.connection.integration_id
    return [
        "adopt-ids", "--kombo-integration", named, "--kombo-url", vendor.base,
        "--kombo-key-file", "-",
    ]  # fmt: skip


async def test_what_a_vendor_called_a_record_it_is_called_here(
    vendor: Instance, ours: Instance
) -> None:
    before = await ours.ids("candidates")
    trial = await ours.command(*_from(vendor), "--dry-run", "--json", stdin=ADMIN)
    assert (trial.status, trial.json["kept"]) == (0, False), trial
    assert await ours.ids("candidates") == before

    ran = await ours.command(*_from(vendor), "--json", stdin=ADMIN)
    again = await ours.command(*_from(vendor), stdin=ADMIN)

    assert (ran.status, ran.json["kept"], ran.json["collisions"]) == (0, True, 0), ran
    assert ran.json["new"] == trial.json["new"] > 50 and ran.json["unknown"] == 0
    assert again.status == 0 and "0 ids kept" in again.out
    for name in LISTS:
        assert await ours.ids(name) == await vendor.ids(name), name


async def test_ids_inside_records_and_in_filters_are_the_vendors_and_ours_still_work(
    vendor: Instance, ours: Instance
) -> None:
    own = await ours.ids("candidates")
    await ours.command(*_from(vendor), stdin=ADMIN)
    theirs = await vendor.ids("candidates")
    (one, *_) = [row for row in await vendor.every("applications") if row.job]

    mine = {row.remote_id: row for row in await ours.every("applications")}[one.remote_id]
    assert (mine.id, mine.candidate.id, mine.job.id, mine.current_stage.id) == (
        one.id, one.candidate.id, one.job.id, one.current_stage.id,
    )  # fmt: skip
    placed = await ours.every("applications", job_ids=[one.job.id])
    assert one.id in {row.id for row in placed} and {row.job.id for row in placed} == {one.job.id}
    who = next(iter(own))
    for asked in (own[who], theirs[who]):
        (found,) = await ours.every("candidates", ids=[asked])
        assert found.id == theirs[who]


async def test_ids_may_come_before_the_records(
    vendor: Instance, idle: Instance, tmp_path: Path
) -> None:
    theirs = await vendor.ids("candidates")
    file = tmp_path / "ids.csv"
    rows = [f"{uid},candidates,{remote}\n" for remote, uid in theirs.items()]
    file.write_text("id,model,remote_id\n" + "".join(rows))

    ran = await idle.command("adopt-ids", "--csv", str(file), "--json")
    assert (ran.status, ran.json["new"], ran.json["unknown"]) == (0, len(theirs), len(theirs))

    async with running(idle.settings) as (_, drains):
        drains.refetch.wake()
        await idle.read_whole()
    assert await idle.ids("candidates") == theirs


async def test_events_told_before_keep_their_ids_and_later_ones_have_the_vendors(
    vendor: Instance, ours: Instance, far: str
) -> None:
    own, theirs = await ours.ids("applications"), await vendor.ids("applications")
    (one, *_) = [row for row in await ours.every("applications") if row.outcome == "PENDING"]
    owner = {row.remote_id: row.candidate.id for row in await vendor.every("applications")}
    hook = {"url": f"{ours.url}/webhooks/recruitee/{ours.connection.hook}", "secret": "hook-secret"}
    async with httpx.AsyncClient(base_url=far) as knobs:
        await knobs.post("/sandbox/webhooks", json=hook)

    reason = (await ours.every("rejection_reasons"))[0].remote_id
    body = {"disqualify_reason_id": int(reason)}

    async def done(act: str, kind: str) -> dict[str, Any]:
        url = f"{far}/c/5600/placements/{one.remote_id}/{act}"
        answer = await ours.http.patch(url, headers={"authorization": f"Bearer {TOKEN}"}, json=body)
        assert answer.status_code < 300, answer.text

        async def told() -> list[dict[str, Any]]:
            asked = {"model": "application", "remote_id": one.remote_id, "type": kind}
            found: list[dict[str, Any]] = (await ours.ops("GET", "events", params=asked)).json()[
                "items"
            ]
            return found

        (found,) = await eventually(told)
        event: dict[str, Any] = (await ours.ops("GET", f"events/{found['id']}")).json()
        return event

    first = await done("disqualify", "application.rejected")
    await ours.command(*_from(vendor), stdin=ADMIN)
    later = await done("requalify", "application.requalified")

    assert (await ours.ops("GET", f"events/{first['id']}")).json() == first
    assert first["data"]["id"] == own[one.remote_id] == one.id
    about = later["data"]
    assert about["id"] == about["record"]["id"] == theirs[one.remote_id]
    assert about["subject"]["id"] == about["record"]["candidate_id"] == owner[one.remote_id]
    for uid in (own[one.remote_id], theirs[one.remote_id]):
        items = (await ours.ops("GET", "events", params={"record_id": uid})).json()["items"]
        assert {later["id"], first["id"]} <= {each["id"] for each in items}


async def test_collisions_are_told_with_their_rows_and_nothing_is_kept(
    ours: Instance, tmp_path: Path
) -> None:
    (one, two, three, *_) = await ours.ids("candidates")
    taken, fresh = ids.draw(), ids.draw()
    own = ids.record_id(ours.c, "candidate", three)
    file = tmp_path / "ids.csv"
    lines = [
        f"candidate,{taken},{one}", f"candidate,{taken},{two}", f"candidate,{fresh},{one}",
        f"candidate,{own},{two}", f"candidate,short,{two}", f"horse,{fresh},{two}",
        f"job,{ids.draw()},1", f"user,{taken},1",
    ]  # fmt: skip
    file.write_text("model,id,remote_id\n" + "\n".join(lines) + "\n")

    ran = await ours.command("adopt-ids", "--csv", str(file), "--json")
    told = await ours.command("adopt-ids", "--csv", str(file))

    assert ran.status == told.status == 1
    why = {
        each["row"]: (each["why"], each["other"], each["other_row"])
        for each in ran.json["collided"]
    }
    assert why == {
        3: ("id_taken", f"candidate:{one}", 2), 4: ("record_named", taken, 2),
        5: ("id_ours", f"candidate:{three}", None), 6: ("not_an_id", None, None),
        7: ("no_such_model", None, None),
    }  # fmt: skip
    assert "5 rows cannot be adopted: nothing was kept" in told.err and "id_taken" in told.out
    assert (await ours.adoption("GET")).json() == {"adopted": 0, "run": None}
    assert (await ours.ids("candidates"))[one] == ids.record_id(ours.c, "candidate", one)


async def test_a_vendor_that_refuses_or_is_away_is_said_and_leaves_nothing_behind(
    vendor: Instance, ours: Instance
) -> None:
    refused = await ours.command(*_from(vendor), stdin="wrong-key")
    away = [*_from(vendor)]
    away[away.index(vendor.base)] = "http://127.0.0.1:9/v1"
    nobody = await ours.command(*away, stdin=ADMIN)
    open_ = [*_from(vendor)]
    open_[open_.index(vendor.base)] = "http://kombo.example/v1"
    plain = await ours.command(*open_, stdin=ADMIN)

    assert refused.status == nobody.status == plain.status == 1
    assert "Kombo refused users (401)" in refused.err and "cannot reach Kombo" in nobody.err
    assert "https://" in plain.err
    assert (await ours.adoption("GET")).json()["run"] is None
