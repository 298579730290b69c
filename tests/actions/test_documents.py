"""Documents read live through Kombo's own client, with Recruitee's own addresses; and what actions take."""

from typing import Any

import httpx
import pytest
from kombo import errors

from service.core.actions.files import MOST_BYTES
from service.core.ids import record_id
from service.core.unified.options import Scope
from tests.actions.conftest import ADMIN, Acting, Json


async def _files(acting: Acting, who: str) -> list[Json]:
    answer = await acting.recruitee.get(f"/candidates/{who}/attachments")
    found: list[Json] = answer.json()["attachments"]
    return found


async def _with_papers(acting: Acting) -> tuple[Json, Json]:
    """Return somebody with a CV and an application, as we show them: a file for each is put to them."""
    for row in await acting.rows("candidates"):
        shown = (await acting.recruitee.get(f"/candidates/{row['remote_id']}")).json()["candidate"]
        if shown["cv_url"] and row["applications"]:
            application = row["applications"][0]
            jobs = {one["id"]: one["offer_id"] for one in shown["placements"]}
            other = next(
                int(job)
                for job in await acting.ids("jobs")
                if int(job) not in jobs.values()
            )  # fmt: skip
            for name, job in {
                "own.txt": None, "ours.pdf": jobs[int(application["remote_id"])], "theirs.png": other,
            }.items():  # fmt: skip
                await _put(acting, row["remote_id"], name, job)
            return row, application
    raise AssertionError("nobody has a CV and an application")


async def _put(acting: Acting, who: str, name: str, job: int | None) -> None:
    data = {"attachment[candidate_id]": who}
    if job is not None:
        data["attachment[offer_id]"] = str(job)
    files = {"attachment[file]": (name, b"Some words", "application/octet-stream")}
    (await acting.recruitee.post("/attachments", data=data, files=files)).raise_for_status()


async def test_a_candidates_documents_are_shown_as_they_are_in_recruitee_now(
    acting: Acting,
) -> None:
    who, application = await _with_papers(acting)

    found: Any = await acting.sdk.ats.get_candidate_attachments_async(candidate_id=who["id"])

    shown = {row.remote_id: row for row in found.data.results}
    listed = {str(row["id"]): row for row in await _files(acting, who["remote_id"])}
    assert listed.keys() <= shown.keys() and found.warnings == []
    cv = shown[f"cv-{who['remote_id']}"]
    assert (cv.type, cv.content_type) == ("CV", "application/pdf")
    assert cv.id == record_id(acting.connection.id, "attachment", cv.remote_id)
    by_name = {row.file_name: row for row in shown.values()}
    assert by_name["ours.pdf"].application_id == application["id"]
    assert by_name["own.txt"].application_id is None is by_name["theirs.png"].application_id
    assert {row.candidate_id for row in shown.values()} == {who["id"]}
    kinds = {name: by_name[name].content_type for name in ("own.txt", "ours.pdf", "theirs.png")}
    assert kinds == {
        "own.txt": "text/plain", "ours.pdf": "application/pdf", "theirs.png": "image/png",
    }  # fmt: skip
    assert all(row.type == "OTHER" for i, row in shown.items() if i in listed)
    async with httpx.AsyncClient() as anybody:
        fetched = await anybody.get(by_name["own.txt"].data_url)
    assert fetched.content == b"Some words"


async def test_an_applications_are_those_of_its_job_and_those_that_name_none(
    acting: Acting,
) -> None:
    who, application = await _with_papers(acting)

    found: Any = await acting.sdk.ats.get_application_attachments_async(
        application_id=application["id"]
    )

    names = {row.file_name for row in found.data.results}
    assert {"own.txt", "ours.pdf"} <= names and "theirs.png" not in names
    assert f"cv-{who['remote_id']}" in {row.remote_id for row in found.data.results}
    raw = await acting.send("GET", f"/ats/applications/{application['id']}/attachments")
    keys = {key for row in raw.json()["data"]["results"] for key in row}
    assert keys == {
        "id", "remote_id", "type", "data_url", "file_name", "content_type", "remote_created_at",
        "remote_updated_at",
    }  # fmt: skip
    assert int(raw.headers["concurrency-remaining"]) < int(raw.headers["concurrency-limit"])


async def test_what_the_token_may_not_list_is_said_and_the_rest_is_shown(acting: Acting) -> None:
    who, _ = await _with_papers(acting)
    await acting.knob(forbidden=[f"/candidates/{who['remote_id']}/attachments"])

    found: Any = await acting.sdk.ats.get_candidate_attachments_async(candidate_id=who["id"])

    assert [row.type for row in found.data.results] == ["CV"]
    assert "may not list" in found.warnings[0].message


async def test_a_letter_that_was_typed_is_no_file_and_it_is_said(acting: Acting) -> None:
    person = {"candidate": {"name": "Typed Probe", "cover_letter": "I would like to."}}
    who = (await acting.recruitee.post("/candidates", json=person)).json()["candidate"]["id"]

    found: Any = await acting.sdk.ats.get_candidate_attachments_async(candidate_id=f"remote:{who}")

    assert found.data.results == [] and "typed" in found.warnings[0].message


FAULTS: list[tuple[Json, int, str]] = [
    ({"status": 404}, 404, "REMOTE.INPUT_INVALID"),
    ({"status": 403}, 404, "REMOTE.INPUT_INVALID"),
    ({"status": 401}, 401, "INTEGRATION.AUTHENTICATION_INVALID"),
    ({"status": 503}, 503, "REMOTE.SERVICE_UNAVAILABLE"),
    ({"status": 422, "body": {"error": ["Wrong"]}}, 400, "REMOTE.INPUT_INVALID"),
    ({"status": 429, "retry_after": 1}, 429, "REMOTE.RATE_LIMIT_EXCEEDED"),
]


async def test_what_recruitee_does_instead_is_said_in_its_code(acting: Acting) -> None:
    who = next(iter((await acting.ids("candidates")).values()))
    for fault, status, code in FAULTS:
        # Both the page and the list are asked for.
        await acting.knob(fail_next=[fault | {"path_prefix": "/candidates", "count": 2}])

        answer = await acting.send("GET", f"/ats/candidates/{who}/attachments")

        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), fault
        assert ("retry-after" in answer.headers) is (status in (429, 503))


async def test_whom_nobody_knows_is_not_asked_for_and_a_model_that_is_off_is_not_shown(
    acting: Acting,
) -> None:
    with pytest.raises(errors.KomboAtsError) as caught:
        await acting.sdk.ats.get_candidate_attachments_async(candidate_id="nobody")
    assert caught.value.data.error.code == "PLATFORM.INPUT_INVALID"
    who = next(iter((await acting.ids("candidates")).values()))
    options = acting.connection.options
    scope = options.scope.model_copy(update={"models": ("candidate",)})
    await acting.store.connections.update(
        acting.connection.id, options=options.model_copy(update={"scope": scope})
    )
    before = len(await acting.asked("GET"))
    answer = await acting.send("GET", f"/ats/candidates/{who}/attachments")
    assert (answer.status_code, answer.json()["error"]["code"]) == (
        403,
        "INTEGRATION.MODEL_DISABLED",
    )
    assert len(await acting.asked("GET")) == before


async def test_a_name_that_is_not_kept_is_not_shown(acting: Acting) -> None:
    who, _ = await _with_papers(acting)
    scope = Scope(drop=("attachment.file_name",))
    options = acting.connection.options.model_copy(update={"scope": scope})
    await acting.store.connections.update(acting.connection.id, options=options)

    found: Any = await acting.sdk.ats.get_candidate_attachments_async(candidate_id=who["id"])

    assert {row.file_name for row in found.data.results} == {"document"}
    assert {row.content_type for row in found.data.results} == {"application/octet-stream"}


async def test_reading_documents_needs_the_scope_read_and_putting_them_the_scope_act(
    acting: Acting,
) -> None:
    who = next(iter((await acting.ids("candidates")).values()))
    path, admin = f"/ats/candidates/{who}/attachments", {"authorization": f"Bearer {ADMIN}"}
    for scope, shown, put in (("read", 200, 403), ("act", 403, 400)):
        body = {"name": scope, "scopes": [scope]}
        made = await acting.http.post(f"{acting.url}/ops/v1/api-keys", json=body, headers=admin)
        key = f"Bearer {made.json()['key']}"
        assert (await acting.send("GET", path, authorization=key)).status_code == shown
        assert (await acting.send("POST", path, {}, authorization=key)).status_code == put


async def test_what_documents_an_action_takes_is_said(acting: Acting) -> None:
    for action in ("ats_create_candidate", "ats_add_application_attachment"):
        answer = (await acting.send("GET", f"/ats/actions/{action}")).json()["data"]

        said = answer["attachment_restrictions"]
        assert said["total_size_bytes"] == MOST_BYTES
        assert said["types"].keys() == {"CV", "COVER_LETTER", "OTHER"}
        for row in said["types"].values():
            assert row["is_supported"] and row["min_amount"] == 0 < row["max_amount"]
            assert row["max_file_size_bytes"] == MOST_BYTES
            assert "application/pdf" in row["accepted_mime_types"]
    other = await acting.send("GET", "/ats/actions/ats_add_candidate_tag")
    assert other.status_code == 404 and "ats_create_candidate" in other.text


async def test_every_action_of_the_coverage_page_is_served(acting: Acting) -> None:
    named = acting.connection.integration_id
    shown: Any = await acting.sdk.general.get_integration_details_async(integration_id=named)
    actions = {row.id: row for row in shown.data.write_actions}
    assert len(actions) == 12
    assert all(row.is_available and row.coverage_status == "SUPPORTED" for row in actions.values())
    assert all(each.is_available for row in actions.values() for each in row.fields)
    tools: Any = await acting.sdk.general.get_tools_async(category="ats")
    covered = tools.data.tools[0].coverage.write_actions
    assert {row.coverage_status for row in covered} == {"SUPPORTED"}
