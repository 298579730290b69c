"""Candidates and applications made through Kombo's own client: once, and an existing person is found."""

import base64
from typing import Any

import pytest

from tests.actions.conftest import Acting

ADA: Any = {"first_name": "Ada", "last_name": "Probe", "email_address": "ada.probe@example.org",
       "phone_number": "+31612345678", "social_links": [{"url": "https://example.org/ada"}]}  # fmt: skip


async def _job(acting: Acting) -> tuple[str, str]:
    return next(iter((await acting.ids("jobs", statuses="OPEN")).items()))


@pytest.mark.filterwarnings("ignore:.*DEPRECATED:DeprecationWarning")  # the client, of `source`
async def test_an_application_is_made_with_its_candidate_and_told_as_our_own(
    acting: Acting,
) -> None:
    remote_job, job = await _job(acting)
    before = len(acting.sandbox.company.people)
    made: Any = await acting.sdk.ats.create_application_async(
        job_id=job,
        candidate=ADA,
        attachments=[
            {"name": "cv.pdf", "type": "CV", "content_type": "application/pdf",
             "data": base64.b64encode(b"%PDF-1.4 Ada").decode()},
            {"name": "letter.txt", "type": "OTHER", "content_type": "text/plain",
             "data": base64.b64encode(b"Hello").decode()},
        ],
        gdpr_consent={"expires_at": "2027-01-01"},
        source={"name": "Probe board"},
    )  # fmt: skip
    assert made.warnings == []
    who = (await acting.recruitee.get(f"/candidates/{made.data.candidate.remote_id}")).json()[
        "candidate"
    ]
    assert who["name"] == "Ada Probe" and who["emails"] == ["ada.probe@example.org"]
    assert who["phones"] == ["+31612345678"] and who["social_links"] == ["https://example.org/ada"]
    assert who["sources"] == ["Probe board"] and who["gdpr_expires_at"].startswith("2027-01-01")
    assert who["cv_url"] and [str(p["offer_id"]) for p in who["placements"]] == [remote_job]
    files = await acting.recruitee.get(f"/candidates/{who['id']}/attachments")
    assert "letter.txt" in [each["filename"] for each in files.json()["attachments"]]
    assert len(acting.sandbox.company.people) == before + 1

    await acting.idle()
    told = [e for e in await acting.told() if e["data"]["subject"]["remote_id"] == str(who["id"])]
    assert [e["type"] for e in told][:2] == ["candidate.created", "application.created"]
    assert {e["origin"] for e in told} == {"action"}
    assert len({e["id"] for e in told}) == len(told)


async def test_somebody_who_is_there_gets_the_application_and_no_second_self(
    acting: Acting,
) -> None:
    jobs = list((await acting.ids("jobs", statuses="OPEN")).values())
    first: Any = await acting.sdk.ats.create_application_async(job_id=jobs[0], candidate=ADA)
    before = len(acting.sandbox.company.people)
    second: Any = await acting.sdk.ats.create_application_async(job_id=jobs[1], candidate=ADA)

    assert len(acting.sandbox.company.people) == before
    assert second.data.candidate.remote_id == first.data.candidate.remote_id
    assert "was there already" in second.warnings[0].message
    again = await acting.send("POST", f"/ats/jobs/{jobs[1]}/applications",
                              {"candidate": {**ADA, "first_name": "Adah"}})  # fmt: skip
    assert again.status_code == 409
    assert again.json()["error"]["code"] == "ATS.APPLICATION_ALREADY_EXISTS"
