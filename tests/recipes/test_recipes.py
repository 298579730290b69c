"""Every recipe does what its page says, against a running instance; run again it does nothing twice."""

import csv
import io
import json
import socket
from pathlib import Path

from tests.kombo.conftest import ADMIN, House
from tests.recipes.conftest import RECIPES, Begun, Json, Recipe, output
from tests.serving import eventually

MOST_LINES = 60


def _table(text: str) -> list[Json]:
    return list(csv.DictReader(io.StringIO(text)))


async def _under_way(house: House, nth: int, job: str = "Backend Engineer") -> Json:
    """Return an application under way in one of a job's first stages; each test takes another one."""
    rows = await house.rows("applications", outcomes="PENDING")
    mine = [
        row
        for row in sorted(rows, key=lambda row: int(row["remote_id"]))
        if row["job"]["name"] == job and row["current_stage"]["index"] < 2
        and row["candidate"]["email_addresses"]
    ]  # fmt: skip
    return mine[nth % len(mine)]


async def _stage(house: House, application: Json, name: str) -> str:
    (job,) = await house.rows("jobs", ids=application["job_id"])
    return next(str(each["remote_id"]) for each in job["stages"] if each["name"] == name)


async def _told(house: House, kind: str, remote_id: str) -> None:
    """Wait until an event about an application is in the feed."""

    async def there() -> bool:
        url = f"{house.url}/v1/events?types={kind}&limit=1000"
        answer = await house.http.get(url, headers={"authorization": f"Bearer {ADMIN}"})
        return any(e["data"]["remote_id"] == remote_id for e in answer.json()["events"])

    await eventually(there, 20)


def test_every_recipe_is_short_and_says_how_it_is_run() -> None:
    for path in RECIPES.glob("*.py"):
        text = path.read_text()
        assert len(text.splitlines()) <= MOST_LINES, path
        assert path.name == "reaching.py" or f"python recipes/{path.name}" in text, path


async def test_a_hire_is_handed_to_onboarding(house: House, begin: Begun) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = await house.http.post(
        f"{house.url}/ops/v1/subscribers", headers={"authorization": f"Bearer {ADMIN}"},
        json={"url": f"http://127.0.0.1:{port}/", "event_types": ["application.hired"],
              "retry_schedule": [0.2] * 50},
    )  # fmt: skip
    assert made.status_code == 201, made.text
    secret = made.json()["secret"]
    process = await begin(
        "hire_to_onboarding", "--port", str(port), "--count", "1", WEBHOOK_SECRET=secret
    )
    one = await _under_way(house, 0)
    offer = house.sandbox.company.offers[int(one["job"]["remote_id"])]
    moved = await house.recruitee.patch(
        f"/placements/{one['remote_id']}/change_stage",
        json={"stage_id": int(await _stage(house, one, "Hired")),
              "work_location_id": offer.location_ids[0], "job_starts_at": "2027-01-04"},
    )  # fmt: skip
    moved.raise_for_status()
    hire = json.loads(await output(process))
    who = one["candidate"]
    assert hire["name"] == f"{who['first_name']} {who['last_name']}"
    assert hire["email"] == who["email_addresses"][0]["email_address"]
    assert (hire["job"], hire["department"]) == ("Backend Engineer", "Engineering")
    assert hire["hired_at"] and hire["starts_at"].startswith("2027-01-04")
    url = f"{house.url}/ops/v1/subscribers/{made.json()['id']}"
    await house.http.delete(url, headers={"authorization": f"Bearer {ADMIN}"})


async def test_the_result_of_an_assessment_comes_back(house: House, recipe: Recipe) -> None:
    one = await _under_way(house, 1)
    stage = int(await _stage(house, one, "Take-home task"))
    path = f"/placements/{one['remote_id']}/change_stage"
    (await house.recruitee.patch(path, json={"stage_id": stage})).raise_for_status()
    await _told(house, "application.stage_changed", one["remote_id"])
    assert one["remote_id"] in await recipe("assessment_results", "--stage", "Take-home task")
    assert await recipe("assessment_results", "--stage", "Take-home task") == ""
    who = int(one["candidate"]["remote_id"])
    company = house.sandbox.company
    assert company.people[who].tags.count("assessed") == 1
    links = [n for n in company.papers.notes.of(who) if "assessments.example.com" in n.body]
    fields = [
        each for each in company.people[who].fields if each.get("name") == "Assessment: Score"
    ]
    assert len(links) == 1 == len(fields)


async def test_people_are_sourced_with_their_cvs(
    house: House, recipe: Recipe, tmp_path: Path
) -> None:
    cv = tmp_path / "cv.pdf"
    cv.write_bytes(b"%PDF-1.4 found")
    person = {"first_name": "Found", "last_name": "Abroad", "email_address": "found@example.org",
              "cv": str(cv)}  # fmt: skip
    file = tmp_path / "people.json"
    file.write_text(json.dumps([person]))
    said = await recipe("sourcing", "--department", "Engineering", str(file))
    assert "is candidate" in said and "but:" not in said
    assert await recipe("sourcing", "--department", "Engineering", str(file)) == said
    (who,) = [
        p for p in house.sandbox.company.people.values() if person["email_address"] in p.emails
    ]
    assert who.cv_name == "cv.pdf" and who.sources == ("Sourcing",) and len(who.placements) == 1


async def test_headcount_is_that_of_the_company(house: House, recipe: Recipe) -> None:
    rows = {row["department"]: row for row in _table(await recipe("headcount"))}
    jobs = {job["id"]: job for job in await house.rows("jobs")}
    mine = [a for a in await house.rows("applications")
            if jobs[a["job_id"]]["department"] == "Engineering"]  # fmt: skip
    said = rows["Engineering"]
    assert int(said["under_way"]) == sum(a["outcome"] == "PENDING" for a in mine) > 0
    assert int(said["hired"]) == sum(a["outcome"] == "HIRED" for a in mine)
    assert int(said["jobs_open"]) == sum(
        job["status"] == "OPEN" and job["department"] == "Engineering" for job in jobs.values()
    )


async def test_interview_feedback_is_exported(house: House, recipe: Recipe) -> None:
    rows = _table(await recipe("interview_feedback"))
    for what, path in (("interview", "interviews"), ("scorecard", "scorecards"), ("note", "notes")):
        there = await house.rows(path)
        assert sum(row["what"] == what for row in rows) == len(there) > 0, what
    assert any(row["result"] for row in rows if row["what"] == "scorecard")
    assert _table(await recipe("interview_feedback", "--since", "2099-01-01")) == []


async def test_documents_are_attached_once(house: House, recipe: Recipe, tmp_path: Path) -> None:
    one = await _under_way(house, 2)
    mail = one["candidate"]["email_addresses"][0]["email_address"]
    (tmp_path / f"{mail}.contract.pdf").write_bytes(b"%PDF-1.4 contract")
    (tmp_path / "nobody@example.org.letter.txt").write_text("Hello")
    for _ in range(2):
        said = await recipe("documents", str(tmp_path))
        assert f"{mail}.contract.pdf is attached\n" in said
        assert "nobody@example.org.letter.txt belongs to nobody" in said
    files = house.sandbox.company.papers.attachments.of(int(one["candidate"]["remote_id"]))
    assert [f.filename for f in files].count("contract.pdf") == 1


async def test_the_map_has_every_place_of_an_open_job(house: House, recipe: Recipe) -> None:
    places = json.loads(await recipe("location_map"))
    jobs = [job for job in await house.rows("jobs", statuses="OPEN") if job["location"]]
    assert {each["raw"] for each in places} == {job["location"]["raw"] for job in jobs}
    assert sum(len(each["jobs"]) for each in places) == len(jobs) > 0
    assert any(each["applications"] > 0 for each in places)


async def test_what_happens_puts_tags_on_and_takes_them_off(house: House, recipe: Recipe) -> None:
    one = await _under_way(house, 0, "Data Analyst")
    reason = next(iter(house.sandbox.company.reasons))
    path, who = f"/placements/{one['remote_id']}", int(one["candidate"]["remote_id"])
    body = {"disqualify_reason_id": reason}
    (await house.recruitee.patch(f"{path}/disqualify", json=body)).raise_for_status()
    await _told(house, "application.rejected", one["remote_id"])
    await recipe("workflow_tags")
    assert "rejected before" in house.sandbox.company.people[who].tags

    (await house.recruitee.patch(f"{path}/requalify")).raise_for_status()
    await _told(house, "application.requalified", one["remote_id"])
    await recipe("workflow_tags")
    assert "rejected before" not in house.sandbox.company.people[who].tags


async def test_assignments_are_mirrored(house: House, recipe: Recipe, tmp_path: Path) -> None:
    file = tmp_path / "team.json"
    first = await recipe("recruiter_mirror", str(file))
    kept = json.loads(file.read_text())
    (job,) = [job for job in await house.rows("jobs") if job["name"] == "Backend Engineer"]
    wanted = sorted(f"{p['email']} {role}" for p in job["hiring_team"]
                    for role in p["hiring_team_roles"])  # fmt: skip
    name = f"{job['remote_id']} {job['name']}"
    assert kept[name] == wanted != [] and f"+ {name}: {wanted[0]}" in first
    assert await recipe("recruiter_mirror", str(file)) == ""
    file.write_text(json.dumps({**kept, name: ["gone@example.org RECRUITER"]}))
    assert f"- {name}: gone@example.org RECRUITER" in await recipe("recruiter_mirror", str(file))
