"""Every list through Kombo's own SDK, compared field by field with what Recruitee serves."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from service.core.ids import record_id
from tests.kombo.conftest import House

Row = dict[str, Any]
LISTS = (
    "users", "roles", "jobs", "application_stages", "candidates", "applications", "tags", "interviews",
    "rejection_reasons", "offers", "notes", "ats_scorecards", "ats_attachments",
)  # fmt: skip


async def every(house: House, name: str, **asked: Any) -> list[Any]:
    """Return a whole list as the SDK's models, page by page."""
    return [row async for row in paged(house, name, **asked)]


async def paged(house: House, name: str, **asked: Any) -> AsyncIterator[Any]:
    """Read a list with the SDK's own paging."""
    page = await getattr(house.sdk().ats, f"get_{name}_async")(**asked)
    while page is not None:
        for row in page.result.data.results:
            yield row
        page = await page.next()


async def by_remote_id(house: House, name: str) -> dict[str, Any]:
    """Return a list by remote id."""
    return {row.remote_id: row for row in await every(house, name)}


async def far(house: House, path: str, key: str) -> list[Row]:
    """Return what Recruitee lists."""
    found: list[Row] = (await house.recruitee.get(path)).json()[key]
    return found


async def people(house: House) -> list[Row]:
    """Return everybody as their own page shows them, but for Recruitee's samples."""
    listed = await far(house, "/candidates?limit=1000", "candidates")
    pages = [(await house.recruitee.get(f"/candidates/{each['id']}")).json() for each in listed]
    return [page["candidate"] for page in pages if not page["candidate"]["example"]]


def uid(house: House, model: str, remote_id: object) -> str | None:
    """Return the id that we give a record."""
    return record_id(house.connection.id, model, str(remote_id)) if remote_id else None


def near(ours: datetime | None, theirs: str | None) -> bool:
    """Say whether a time is the same to the millisecond."""
    if ours is None or theirs is None:
        return ours is None and theirs is None
    return abs((ours - datetime.fromisoformat(theirs)).total_seconds()) < 0.0011


async def test_users_are_the_memberships_with_their_one_system_role(house: House) -> None:
    ours = await by_remote_id(house, "users")
    answer = (await house.recruitee.get("/memberships")).json()
    persons = {each["id"]: each for each in answer["references"] if each["type"] == "Admin"}

    assert len(ours) == len(answer["memberships"])
    for member in answer["memberships"]:
        user, person = ours[str(member["admin_id"])], persons[member["admin_id"]]
        assert user.id == uid(house, "user", member["admin_id"])
        assert (user.first_name, user.last_name) == (person["first_name"], person["last_name"])
        active = "ACTIVE" if member["is_active"] else "INACTIVE"
        assert (user.email, user.status) == (person["email"], active)
        (role,) = user.system_roles
        assert (role.remote_id, role.remote_label) == (str(member["role_id"]), member["role"])
        assert (role.unified_type == "ADMIN") is member["role_admin"]


async def test_roles_tags_and_rejection_reasons_are_those_of_the_company(house: House) -> None:
    for name, path, key, label in (
        ("roles", "/roles", "roles", "remote_label"),
        ("tags", "/tags", "tags", "name"),
        ("rejection_reasons", "/disqualify_reasons", "disqualify_reasons", "name"),
    ):
        ours, theirs = await by_remote_id(house, name), await far(house, path, key)
        told = {remote_id: getattr(row, label) for remote_id, row in ours.items()}
        assert told == {str(row["id"]): row["name"] for row in theirs}


async def test_jobs_are_the_offers_with_stages_team_posting_and_questions(house: House) -> None:
    ours, listed = await by_remote_id(house, "jobs"), await far(house, "/offers", "offers")
    statuses = {
        "published": ("OPEN", "PUBLIC"), "internal": ("OPEN", "INTERNAL"), "draft": ("DRAFT", "CONFIDENTIAL"),
        "closed": ("CLOSED", "CONFIDENTIAL"), "archived": ("ARCHIVED", "CONFIDENTIAL"),
    }  # fmt: skip

    assert ours.keys() == {str(each["id"]) for each in listed}
    for each in listed:
        offer = (await house.recruitee.get(f"/offers/{each['id']}")).json()["offer"]
        job = ours[str(offer["id"])]
        assert (job.name, job.job_code, job.department) == (
            offer["title"],
            offer["guid"],
            offer["department"],
        )
        assert (job.status, job.visibility) == statuses[offer["status"]]
        assert (job.post_url, job.remote_url) == (offer["careers_url"], offer["adminapp_url"])
        assert near(job.remote_created_at, offer["created_at"])
        place = job.location
        assert (place and place.city, place and place.country) == (
            offer["city"] or None,
            offer["country_code"] or None,
        )
        stages = sorted(offer["pipeline_template"]["stages"], key=lambda s: s["position"])
        assert [(s.remote_id, s.name, s.index) for s in job.stages] == [
            (str(s["id"]), s["name"], s["position"]) for s in stages
        ]
        assert {s.status for s in job.stages} == {"ACTIVE"}
        assert [p.url for p in job.job_postings] == [offer["careers_url"]]
        _team(job, offer)


def _team(job: Any, offer: Row) -> None:
    team = {each.remote_id: each for each in job.hiring_team}
    followers = {str(each["id"]): each for each in offer["followers"]}
    manager, recruiter = str(offer["hiring_manager_id"]), str(offer["recruiter_id"])
    assert team.keys() >= followers.keys()
    if offer["hiring_manager_id"]:
        assert "HIRING_MANAGER" in {role.unified_type for role in team[manager].job_roles}
    if offer["recruiter_id"]:
        assert "RECRUITER" in {role.unified_type for role in team[recruiter].job_roles}
    for remote_id, person in followers.items():
        assert team[remote_id].email == person["email"]
        assert "Follower" in {role.remote_label for role in team[remote_id].job_roles}


async def test_screening_questions_are_those_of_the_jobs_template_in_order(house: House) -> None:
    ours = await by_remote_id(house, "jobs")
    asked = 0
    for each in await far(house, "/offers", "offers"):
        offer = (await house.recruitee.get(f"/offers/{each['id']}")).json()["offer"]
        questions = ours[str(offer["id"])].screening_questions
        template = offer["open_question_template_id"]
        if template is None:
            assert questions == []
            continue
        answer = (await house.recruitee.get(f"/open_questions/template/{template}")).json()
        rows = sorted(
            answer["open_question_template"]["open_questions"], key=lambda q: q["position"]
        )
        assert [(q.remote_id, q.required) for q in questions] == [
            (str(row["id"]), row["required"]) for row in rows
        ]
        assert [q.index for q in questions] == list(range(len(rows)))
        assert all(q.format_ is not None and hasattr(q.format_, "TYPE") for q in questions)
        for question, row in zip(questions, rows, strict=True):
            if not question.format_.TYPE.endswith("_SELECT"):
                continue
            options = question.format_.options
            assert [o.remote_id for o in options] == [
                str(o["id"]) for o in sorted(row["open_question_options"], key=lambda o: o["position"])
            ]  # fmt: skip
        asked += len(rows)
    assert asked > 0


async def test_stages_are_those_of_all_pipelines(house: House) -> None:
    ours = await by_remote_id(house, "application_stages")
    jobs = await every(house, "jobs")
    assert ours.keys() >= {stage.remote_id for job in jobs for stage in job.stages}


async def test_candidates_are_the_people_with_tags_and_applications(house: House) -> None:
    ours, theirs = await by_remote_id(house, "candidates"), await people(house)
    tags = {row["name"]: str(row["id"]) for row in await far(house, "/tags", "tags")}

    assert ours.keys() == {str(each["id"]) for each in theirs}
    for person in theirs:
        row = ours[str(person["id"])]
        assert row.id == uid(house, "candidate", person["id"])
        name = "" if person["is_anonymous"] else person["name"]
        assert name.startswith(row.first_name or "") and (row.last_name or "") in name
        assert bool(name) is bool(row.first_name or row.last_name)
        assert [e.email_address for e in row.email_addresses] == person["emails"]
        assert [p.phone_number for p in row.phone_numbers] == person["phones"]
        assert {s.link for s in row.social_media} == {*person["social_links"], *person["links"]}
        assert (row.title, row.remote_url) == (person["title"], person["adminapp_url"])
        assert near(row.remote_created_at, person["created_at"])
        assert near(row.remote_updated_at, person["updated_at"])
        assert {(t.name, t.remote_id) for t in row.tags} == {(n, tags[n]) for n in person["tags"]}
        placed = [p for p in person["placements"] if p["offer_id"]]
        assert [(a.remote_id, a.job.remote_id) for a in row.applications] == [
            (str(p["id"]), str(p["offer_id"])) for p in sorted(placed, key=lambda p: p["id"])
        ]
        for application, placement in zip(
            row.applications, sorted(placed, key=lambda p: p["id"]), strict=True
        ):
            assert application.current_stage.remote_id == str(placement["stage_id"])


async def test_applications_are_the_placements_in_jobs(house: House) -> None:
    ours, theirs = await by_remote_id(house, "applications"), await people(house)
    jobs = {str(o["id"]): o["title"] for o in await far(house, "/offers", "offers")}
    placed = {str(p["id"]): (p, who) for who in theirs for p in who["placements"] if p["offer_id"]}
    meetings = await far(house, "/interview/events?scope=all&status=all", "interview_events")

    assert ours.keys() == placed.keys()
    for remote_id, (placement, who) in placed.items():
        row = ours[remote_id]
        assert row.candidate_id == row.candidate.id == uid(house, "candidate", who["id"])
        assert row.candidate.remote_id == str(who["id"])
        assert [e.email_address for e in row.candidate.email_addresses] == who["emails"]
        assert {tag.name for tag in row.candidate.tags} == set(who["tags"])
        assert row.job_id == row.job.id == uid(house, "job", placement["offer_id"])
        assert (row.job.remote_id, row.job.name) == (
            str(placement["offer_id"]),
            jobs[str(placement["offer_id"])],
        )
        assert row.current_stage_id == row.current_stage.id
        assert row.current_stage.remote_id == str(placement["stage_id"])
        declined = bool(placement.get("disqualify_kind") or placement.get("disqualify_reason"))
        assert (row.outcome == "DECLINED") is declined
        assert row.rejection_reason_name == placement.get("disqualify_reason")
        assert near(row.remote_created_at, placement["created_at"])
        met = [
            m for m in meetings
            if m["candidate_id"] == who["id"] and m["offer_id"] == placement["offer_id"]
        ]  # fmt: skip
        assert {i.remote_id for i in row.interviews} == {str(m["id"]) for m in met}
        assert row.offers == []


async def test_answers_to_screening_questions_arrive_by_their_type(house: House) -> None:
    rows = await every(house, "applications")
    answers = [each for row in rows for each in row.screening_question_answers or []]

    kinds = {each.question.TYPE for each in answers}
    assert kinds >= {
        "TEXT",
        "BOOLEAN",
        "SINGLE_SELECT",
        "MULTI_SELECT",
        "DATE",
        "NUMBER",
        "UNKNOWN",
    }
    assert "FILE" not in kinds


async def test_interviews_have_their_interviewers_and_application(house: House) -> None:
    ours = await by_remote_id(house, "interviews")
    theirs = await far(house, "/interview/events?scope=all&status=all", "interview_events")
    persons = await by_remote_id(house, "users")

    assert ours.keys() == {str(each["id"]) for each in theirs}
    for meeting in theirs:
        row = ours[str(meeting["id"])]
        assert (row.title, row.canceled) == (meeting["custom_name"], False)
        assert near(row.starting_at, meeting["starts_at"])
        assert (row.ending_at - row.starting_at).total_seconds() == meeting["duration"] * 60
        assert row.stage_id == uid(house, "stage", meeting["stage_id"])
        assert {u.remote_id for u in row.users} == {str(i) for i in meeting["admin_ids"]}
        assert {u.id for u in row.users} == {persons[str(i)].id for i in meeting["admin_ids"]}
        place = meeting["location"]
        assert (row.location.raw if row.location else None) == place
        if row.application is not None:
            assert row.application.candidate.remote_id == str(meeting["candidate_id"])
            assert row.application.job.remote_id == str(meeting["offer_id"])
            assert row.application_id == row.application.id


async def test_notes_are_the_public_ones_of_candidates_with_their_author(house: House) -> None:
    ours = await by_remote_id(house, "notes")
    theirs: dict[str, Row] = {}
    for who in await people(house):
        rows = await far(house, f"/candidates/{who['id']}/notes", "notes")
        while rows:
            row = rows.pop()
            if row["visibility"]["level"] == "public":
                theirs[str(row["id"])] = row | {"candidate": who["id"]}
                rows += row.get("replies") or []

    assert ours.keys() == theirs.keys()
    for remote_id, note in theirs.items():
        row = ours[remote_id]
        assert row.candidate_id == uid(house, "candidate", note["candidate"])
        assert row.content_html == (note.get("body_html") or note["body"])
        assert row.author_id == uid(house, "user", note["admin_id"])
        assert (row.author and row.author.remote_id) == (note["admin_id"] and str(note["admin_id"]))
        assert row.is_private is False


async def test_scorecards_are_the_evaluations_with_their_answers(house: House) -> None:
    ours = await by_remote_id(house, "ats_scorecards")
    theirs = await far(house, "/interview/results?scope=all&kind=all", "interview_results")

    assert ours.keys() == {str(each["id"]) for each in theirs}
    for result in theirs:
        row = ours[str(result["id"])]
        assert row.candidate_id == uid(house, "candidate", result["candidate_id"])
        assert row.author.remote_id == str(result["admin_id"])
        assert [r.label for r in row.responses] == [
            a["question_title"] for a in result["interview_result_answers"]
        ]
    assert any(r.TYPE == "BOOLEAN" and r.answer for row in ours.values() for r in row.responses)


async def test_attachments_are_cvs_letters_and_files_of_candidates(house: House) -> None:
    ours = await by_remote_id(house, "ats_attachments")
    theirs: dict[str, str] = {}
    for who in await people(house):
        files = await far(house, f"/candidates/{who['id']}/attachments", "attachments")
        theirs |= {str(f["id"]): f["filename"] for f in files if f["source"] != "note"}
        if who["cv_original_url"]:
            theirs[f"cv-{who['id']}"] = "cv.pdf"

    assert ours.keys() >= theirs.keys()
    for remote_id, name in theirs.items():
        row = ours[remote_id]
        assert (row.file_name, row.content_ref) == (name, None)
        assert row.type == ("CV" if remote_id.startswith("cv-") else "OTHER")


async def test_offers_are_none_since_recruitees_offers_are_jobs(house: House) -> None:
    assert await every(house, "offers") == []


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_read_in_pages_of_any_size_is_the_list_read_at_once(
    house: House, name: str
) -> None:
    whole = [row.id for row in await every(house, name, page_size=250)]
    assert len(set(whole)) == len(whole)
    for size in (1, 7):
        if size == 1 and len(whole) > 25:
            continue
        assert [row.id for row in await every(house, name, page_size=size)] == whole
