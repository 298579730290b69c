"""The careers site shows open jobs with their questions and takes answers of every kind."""

from collections.abc import AsyncIterator

import httpx
import pytest

from service.sandbox.app import create_sandbox
from service.sandbox.config import SandboxConfig
from tests.sandbox.conftest import TOKEN, Api, Clock


async def thorough(api: Api) -> dict[str, object]:
    """Return a published job that asks a question of every kind."""
    jobs = (await api.client.get("/api/offers")).json()["offers"]
    return next(one for one in jobs if len(one["open_questions"]) > 5)


async def test_a_form_with_answers_and_a_cv_becomes_an_application(api: Api) -> None:
    job = await thorough(api)
    asked = {one["kind"]: one["id"] for one in job["open_questions"]}  # type: ignore[attr-defined]
    part = "candidate[open_question_answers_attributes]"
    fields = {
        "candidate[name]": "Ines Form", "candidate[email]": "ines@example.com",
        "candidate[phone]": "+1555", f"{part}[0][open_question_id]": str(asked["string"]),
        f"{part}[0][content]": "Lyon", f"{part}[1][open_question_id]": str(asked["boolean"]),
        f"{part}[1][flag]": "true", f"{part}[2][open_question_id]": str(asked["multi_choice"]),
        f"{part}[2][multi_content][]": ["English", "German"],
        f"{part}[3][open_question_id]": str(asked["file"]),
    }  # fmt: skip
    files = {
        "candidate[cv]": ("mine.pdf", b"my cv", "application/pdf"),
        f"{part}[3][file]": ("work.pdf", b"my work", "application/pdf"),
    }
    path = f"/api/offers/{job['slug']}/candidates"
    made = await api.client.post(path, data=fields, files=files)
    who = (await api.read(f"/candidates/{made.json()['candidate']['id']}"))["candidate"]
    answers = {one["kind"]: one for one in who["open_question_answers"]}

    assert made.status_code == 201 and who["source"] == "career_site"
    assert (await api.client.get(who["cv_url"])).content == b"my cv"
    assert answers["string"]["content"] == "Lyon" and answers["boolean"]["flag"] is True
    assert answers["multi_choice"]["multi_content"] == ["English", "German"]
    assert (await api.client.get(answers["file"]["file_url"])).content == b"my work"
    assert who["grouped_open_question_answers"][0]["offer"]["id"] == job["id"]


async def test_the_site_lists_published_jobs_only_and_shows_open_ones(api: Api) -> None:
    listed = (await api.client.get("/api/offers")).json()["offers"]
    internal = (await api.read("/offers", statuses="internal"))["offers"][0]
    draft = (await api.read("/offers", statuses="draft"))["offers"][0]

    assert {one["status"] for one in listed} == {"published"}
    assert listed[0]["created_at"].endswith(" UTC")
    assert (await api.client.get(f"/api/offers/{internal['id']}")).status_code == 200
    assert (await api.client.get(f"/api/offers/{draft['slug']}")).status_code == 404


@pytest.fixture
async def closed(clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    app = create_sandbox(SandboxConfig(token=TOKEN, careers_token="careers", clock=clock))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://sandbox.test"
    ) as client:
        yield client


async def test_a_careers_token_is_asked_for_where_there_is_one(closed: httpx.AsyncClient) -> None:
    header = {"x-careers-sites-token": "careers"}

    assert (await closed.get("/api/offers")).status_code == 401
    assert (await closed.get("/api/offers", headers=header)).status_code == 200
