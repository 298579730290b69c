"""Every filter through Kombo's own SDK: it lets through what its words say, and nothing else."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.kombo.conftest import House
from tests.kombo.test_sdk_lists import LISTS, every


def ids(rows: list[Any]) -> set[str]:
    """Return the ids of rows."""
    return {row.id for row in rows}


@pytest.mark.parametrize("name", LISTS)
async def test_ids_and_remote_ids_choose_and_combine(house: House, name: str) -> None:
    rows = await every(house, name)
    chosen = rows[: min(3, len(rows))]
    some = [row.id for row in chosen]
    remote = [row.remote_id for row in chosen[1:]]

    assert ids(await every(house, name, ids=[*some, "9" * 24])) == set(some)
    assert ids(await every(house, name, remote_ids=remote)) == {row.id for row in chosen[1:]}
    both = await every(house, name, ids=some[:2], remote_ids=remote)
    assert ids(both) == set(some[:2]) & {row.id for row in chosen[1:]}
    assert await every(house, name, ids=["unknown"]) == []


@pytest.mark.parametrize("name", LISTS)
async def test_updated_after_takes_every_form_of_a_time(house: House, name: str) -> None:
    rows = await every(house, name)
    future = datetime.now(UTC) + timedelta(days=1)
    past = datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=2)))

    assert ids(await every(house, name, updated_after=past)) == ids(rows)
    assert ids(await every(house, name, updated_after=past.replace(tzinfo=None))) == ids(rows)
    assert await every(house, name, updated_after=future) == []
    if rows:
        # A related record may have changed later than the one that is shown.
        last = max(row.changed_at for row in rows)
        late = await every(house, name, updated_after=last)
        assert ids(late) >= {row.id for row in rows if row.changed_at == last}


async def test_candidates_by_address_name_and_job(house: House) -> None:
    rows = await every(house, "candidates")
    some = next(row for row in rows if row.email_addresses and row.applications)
    address = some.email_addresses[0].email_address

    assert ids(await every(house, "candidates", email=address.upper())) == {some.id}
    assert await every(house, "candidates", email="nobody@example.com") == []
    by_name = await every(house, "candidates", last_name=some.last_name.upper())
    assert ids(by_name) == {row.id for row in rows if row.last_name == some.last_name}
    both = await every(
        house, "candidates", first_name=some.first_name.lower(), last_name=some.last_name
    )
    assert some.id in ids(both) and ids(both) <= ids(by_name)
    jobs = [application.job.id for application in some.applications]
    wanted = {row.id for row in rows if any(a.job.id in jobs for a in row.applications)}
    assert ids(await every(house, "candidates", job_ids=jobs)) == wanted


async def test_applications_by_outcome_job_stage_and_day(house: House) -> None:
    rows = await every(house, "applications")
    for outcomes in (["PENDING"], ["HIRED", "DECLINED"]):
        found = await every(house, "applications", outcomes=outcomes)
        assert ids(found) == {row.id for row in rows if row.outcome in outcomes}
        assert found
    some = rows[0]
    same_job = {row.id for row in rows if row.job_id == some.job_id}
    assert ids(await every(house, "applications", job_ids=[some.job_id, "x"])) == same_job
    by_remote = await every(house, "applications", job_remote_ids=[some.job.remote_id])
    assert ids(by_remote) == same_job
    at_stage = await every(house, "applications", current_stage_ids=[some.current_stage_id])
    assert ids(at_stage) == {r.id for r in rows if r.current_stage_id == some.current_stage_id}
    day = sorted(row.remote_created_at for row in rows)[len(rows) // 2]
    since = await every(house, "applications", remote_created_after=day)
    midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
    assert ids(since) == {row.id for row in rows if row.remote_created_at >= midnight}


async def test_jobs_by_code_address_status_kind_name_and_day(house: House) -> None:
    rows = await every(house, "jobs")
    some = rows[0]
    assert ids(await every(house, "jobs", job_codes=[some.job_code])) == {some.id}
    assert ids(await every(house, "jobs", post_url=some.post_url)) == {some.id}
    word = some.name.split()[-1].upper()
    named = await every(house, "jobs", name_contains=word)
    assert ids(named) == {row.id for row in rows if word.lower() in row.name.lower()}
    for name, field, values in (
        ("statuses", "status", ["OPEN", "DRAFT"]),
        ("visibilities", "visibility", ["INTERNAL", "CONFIDENTIAL"]),
        ("employment_types", "employment_type", ["FULL_TIME"]),
    ):
        found = await every(house, "jobs", **{name: values})
        assert ids(found) == {row.id for row in rows if getattr(row, field) in values}
    day = sorted(row.remote_created_at for row in rows)[-1]
    assert ids(await every(house, "jobs", remote_created_after=day)) >= {
        row.id for row in rows if row.remote_created_at >= day
    }


async def test_users_roles_and_interviews_by_their_own_filters(house: House) -> None:
    users = await every(house, "users")
    wanted = [users[0].email.upper(), users[1].email]
    assert ids(await every(house, "users", emails=wanted)) == {users[0].id, users[1].id}
    roles = await every(house, "roles")
    assert ids(await every(house, "roles", scopes=["SYSTEM"])) == ids(roles)
    assert await every(house, "roles", scopes=["JOB"]) == []
    meetings = await every(house, "interviews")
    met = next(row for row in meetings if row.application)
    by_job = await every(house, "interviews", job_ids=[met.application.job.id])
    assert met.id in ids(by_job) and len(by_job) < len(meetings) + 1


@pytest.mark.parametrize("name", ["notes", "ats_scorecards", "ats_attachments"])
async def test_papers_by_candidate_and_application(house: House, name: str) -> None:
    rows = await every(house, name)
    who = rows[-1].candidate_id
    mine = {row.id for row in rows if row.candidate_id == who}
    assert ids(await every(house, name, candidate_ids=[who, "x"])) == mine
    assert ids(await every(house, name, candidate_ids=[who], page_size=1)) == mine
    placed = {row.application_id for row in rows if row.application_id}
    for application in placed:
        found = await every(house, name, application_ids=[application])
        assert ids(found) == {row.id for row in rows if row.application_id == application}
    assert await every(house, name, application_ids=["unknown"]) == []
