"""What makes Kombo's SDK refuse a whole page, or lose a part of it in silence, is never sent."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from kombo import Kombo
from kombo.types import UNSET
from pydantic import BaseModel

from tests.kombo.books import Books
from tests.kombo.conftest import House

T = 1_700_000_000_000
MODELS = {
    "users": "user", "roles": "role", "jobs": "job", "application_stages": "stage", "tags": "tag",
    "candidates": "candidate", "rejection_reasons": "rejection_reason",
}  # fmt: skip
OWNED = {"interviews": "interview", "ats_scorecards": "evaluation", "notes": "note",
         "ats_attachments": "attachment", "applications": "application"}  # fmt: skip


async def shown(books: Books, name: str, **asked: Any) -> list[Any]:
    """Return the first page of a list as the SDK's models."""
    headers = books.http.headers
    sdk = Kombo(
        api_key=headers["authorization"].removeprefix("Bearer "),
        integration_id=headers["x-integration-id"],
        server_url="http://service.test/v1",
        async_client=books.http,
    )
    answer: Any = await getattr(sdk.ats, f"get_{name}_async")(**asked)
    rows: list[Any] = answer.result.data.results
    return rows


@pytest.mark.parametrize("name", [*MODELS, *OWNED])
async def test_a_record_of_which_nothing_but_its_id_is_known_is_shown(
    books: Books, name: str
) -> None:
    owner: dict[str, Any] = {"candidate_id": "x"} if name in OWNED else {}
    await books.put((MODELS | OWNED)[name], "1", T, **owner)

    (row,) = await shown(books, name)
    assert row.remote_id == "1" and row.changed_at.year == 2023


async def test_a_place_with_odd_parts_keeps_the_others(books: Books) -> None:
    await books.person("1", T, location={"city": "Ghent", "zip_code": 9000, "more": []})
    await books.put("job", "1", T, location={"city": "Ghent", "raw": {"a": 1}})

    for name in ("candidates", "jobs"):
        (row,) = await shown(books, name)
        assert row.location.city == "Ghent"


async def test_addresses_that_are_none_are_left_out_and_hosts_are_small(books: Books) -> None:
    said = ["Ada@Example.COM", "no address", "a..b@example.com", " b@example.com "]
    mails = [{"email_address": each, "type": None} for each in said]
    await books.person("1", T, email_addresses=mails, phone_numbers=[{"type": "HOME"}])
    await books.put("user", "1", T, email="not an address")

    (row,) = await shown(books, "candidates")
    assert [m.email_address for m in row.email_addresses] == ["Ada@example.com", "b@example.com"]
    assert row.phone_numbers == []
    (user,) = await shown(books, "users")
    assert user.email is None


async def test_every_format_of_a_question_arrives(books: Books) -> None:
    option = {"id": books.uid("question_option", "1"), "name": "Yes", "remote_id": "1"}
    formats: list[dict[str, Any]] = [
        {"type": "TEXT", "display_type": "SINGLE_LINE", "max_length": None},
        {"type": "NUMBER", "display_type": "FIELD", "min": None, "max": None},
        {"type": "FILE", "accepted_mime_types": None, "max_file_size_bytes": None},
        {"type": "SINGLE_SELECT", "options": [option], "display_type": "DROPDOWN"},
        {"type": "MULTI_SELECT", "options": [option]},
        {"type": "BOOLEAN"},
        {"type": "DATE"},
        {"type": "INFORMATION"},
        {"type": "UNKNOWN", "raw_question": {"kind": "new"}},
    ]
    for number, form in enumerate(formats):
        await books.put("screening_question", str(number), T, title="Why?", format=form)
    asked = [{"remote_id": str(n), "index": n, "required": True} for n in range(len(formats))]
    await books.put("job", "60", T, screening_questions=asked)

    (job,) = await shown(books, "jobs")
    assert [q.format_.TYPE for q in job.screening_questions] == [f["type"] for f in formats]


async def test_scorecards_say_in_words_what_kombo_has_no_type_for(books: Books) -> None:
    answers: list[dict[str, Any]] = [
        {"type": None, "kind": "scorecard", "label": "Skills", "answer": {"stars": 4}},
        {"type": None, "kind": "infobox", "label": "Read this", "answer": None},
        {"type": "NUMBER", "kind": "number", "label": None, "answer": 4.5},
        {"type": "SINGLE_SELECT", "kind": "dropdown", "label": "Level", "answer": None,
         "options": [{"remote_id": None, "label": None}, {"remote_id": None, "label": "High"}]},
    ]  # fmt: skip
    await books.put("evaluation", "1", T, candidate_id="x", responses=answers)

    (row,) = await shown(books, "ats_scorecards")
    assert [(r.TYPE, r.label, r.answer) for r in row.responses] == [
        ("TEXT", "Skills", '{"stars":4}'),
        ("NUMBER", "", 4.5),
        ("SINGLE_SELECT", "Level", None),
    ]


async def test_a_team_has_no_role_that_kombo_does_not_know(books: Books) -> None:
    team = [{"user_id": books.uid("user", "1"), "roles": ["FOLLOWER", "MEMBER", "RECRUITER"]}]
    await books.put("job", "60", T, hiring_team=team)

    (row,), _ = await books.page("jobs")
    (member,) = row["hiring_team"]
    assert member["hiring_team_roles"] == ["RECRUITER"]
    assert {role["scope"] for role in member["job_roles"]} == {"JOB"}
    assert (await shown(books, "jobs"))[0].hiring_team[0].id == team[0]["user_id"]


async def test_notes_and_files_of_jobs_are_nobodys_and_are_left_out(books: Books) -> None:
    await books.put("note", "1", T, job_id=books.uid("job", "60"))
    await books.put("attachment", "1", T, job_id=books.uid("job", "60"))

    assert await books.ids("notes") == await books.ids("attachments") == []


LISTS = {
    "users": "users", "roles": "roles", "jobs": "jobs", "application_stages": "application-stages",
    "candidates": "candidates", "applications": "applications", "tags": "tags",
    "interviews": "interviews", "rejection_reasons": "rejection-reasons", "notes": "notes",
    "ats_scorecards": "scorecards", "ats_attachments": "attachments",
}  # fmt: skip


@pytest.mark.parametrize("name", [*MODELS, *OWNED])
async def test_null_is_never_sent_where_a_list_is_asked_for(books: Books, name: str) -> None:
    lists = (
        "stage_ids", "screening_questions", "hiring_team", "integration_fields", "tags", "user_ids",
        "email_addresses", "phone_numbers", "social_media", "screening_question_answers",
        "system_roles", "responses",
    )  # fmt: skip
    nothing: dict[str, Any] = dict.fromkeys(lists)
    owner: dict[str, Any] = {"candidate_id": "x"} if name in OWNED else {}
    await books.put((MODELS | OWNED)[name], "1", T, **owner, **nothing)

    assert len(await shown(books, name)) == 1


async def test_a_word_that_a_closed_enum_lacks_is_null(books: Books) -> None:
    for name, fields in (
        ("users", ("status",)),
        ("roles", ("scope", "unified_type")),
        ("application_stages", ("status",)),
        ("applications", ("outcome",)),
        ("ats_attachments", ("type",)),
    ):
        owner: dict[str, Any] = {"candidate_id": "x"} if name in OWNED else {}
        odd: dict[str, Any] = dict.fromkeys(fields, "ODD")
        await books.put((MODELS | OWNED)[name], "1", T, **owner, **odd)
        (row,) = await shown(books, name)
        assert [row.model_dump(by_alias=True)[field] for field in fields] == [None] * len(fields)


async def test_a_word_that_a_closed_enum_lacks_is_null_inside_others_too(books: Books) -> None:
    stage = books.uid("stage", "9")
    await books.put("stage", "9", T, name="Odd", status="GONE", custom_fields=[])
    await books.put(
        "job", "60", T, stage_ids=[stage], screening_questions=[{"remote_id": "1", "index": 0}]
    )
    await books.put("job_posting", "60", T, status="LOST", visibility="NOBODY")
    await books.put("screening_question", "1", T, title="Why?", category="ODD")
    await books.person("1", T)
    await books.apply("5", "1", "60", T, outcome="LOST", current_stage_id=stage)
    await books.meet("7", "1", "60", T)

    (job,) = await shown(books, "jobs")
    assert (job.stages[0].status, job.stages[0].custom_fields) == (None, None)
    assert job.screening_questions[0].category is None
    assert (job.job_postings[0].status, job.job_postings[0].visibility) == (None, None)
    (application,) = await shown(books, "applications")
    assert (application.outcome, application.current_stage.status) == (None, None)
    (candidate,) = await shown(books, "candidates")
    assert candidate.applications[0].outcome is None
    (interview,) = await shown(books, "interviews")
    assert interview.application.outcome is None


async def test_a_word_that_an_open_enum_lacks_is_passed_on(books: Books) -> None:
    said: dict[str, Any] = {
        "employment_type": "FREELANCE", "status": "ON_HOLD", "visibility": "SOME",
        "remote_work_status": "SOMETIMES", "salary_period": "LIFE",
    }  # fmt: skip
    await books.put("job", "60", T, **said)

    (job,) = await shown(books, "jobs")
    assert {name: getattr(job, name) for name in said} == said


async def test_a_users_roles_are_the_systems_only(books: Books) -> None:
    role = {"remote_id": "1", "remote_label": "Owner", "unified_type": "OWNER"}
    roles = [role | {"scope": "SYSTEM"}, role | {"scope": "JOB"}, role | {"scope": None}]
    await books.put("user", "1", T, system_roles=roles)

    (user,) = await shown(books, "users")
    assert [(r.scope, r.unified_type) for r in user.system_roles] == [("SYSTEM", None)]


@pytest.mark.parametrize("name", ["jobs", "candidates", "applications", "application_stages"])
async def test_custom_fields_are_an_object_or_null(books: Books, name: str) -> None:
    owner: dict[str, Any] = {"candidate_id": "x"} if name in OWNED else {}
    values: list[Any] = [[], [1], "text", 5, {"a": {"b": [None]}}]
    for number, value in enumerate(values):
        await books.put((MODELS | OWNED)[name], str(number), T, **owner, custom_fields=value)

    rows = {row.remote_id: row.custom_fields for row in await shown(books, name)}
    assert rows == {"0": None, "1": None, "2": None, "3": None, "4": values[4]}


async def test_a_format_that_would_be_lost_is_sent_as_unknown_with_all_it_says(
    books: Books,
) -> None:
    forms: list[dict[str, Any]] = [
        {},
        {"type": "VIDEO"},
        {"type": None},
        {"type": "SINGLE_SELECT"},
        {"type": "SINGLE_SELECT", "options": None},
        {"type": "MULTI_SELECT", "options": [{"id": "a"}]},
        {"type": "MULTI_SELECT", "options": ["a"]},
    ]
    for number, form in enumerate(forms):
        await books.put("screening_question", str(number), T, title="Why?", format=form)
    asked = [{"remote_id": str(n), "index": n} for n in range(len(forms))]
    await books.put("job", "60", T, screening_questions=asked)

    (job,) = await shown(books, "jobs")
    found = [question.format_ for question in job.screening_questions]
    assert [(f.TYPE, f.raw_question) for f in found] == [("UNKNOWN", form) for form in forms]


def answered(kind: Any, answer: Any) -> dict[str, Any]:
    """Return an answer as it is kept."""
    return {"answer": answer, "question": {"remote_id": "1", "title": "Why?", "type": kind}}


async def test_an_answer_that_does_not_fit_its_type_is_of_an_unknown_one(books: Books) -> None:
    odd: list[tuple[Any, Any]] = [
        ("FILE", {"name": "cv.pdf"}),
        ("VIDEO", {"content": "x"}),
        (None, {"content": "x"}),
        ("TEXT", {"choice": "x"}),
        ("TEXT", {"content": 5}),
        ("SINGLE_SELECT", {"choice": ["a"]}),
        ("MULTI_SELECT", {"choices": None}),
        ("MULTI_SELECT", {"choices": [1]}),
        ("BOOLEAN", {"checked": "yes"}),
        ("NUMBER", {"number": True}),
        ("NUMBER", {"number": "many"}),
        ("TEXT", "x"),
        ("TEXT", None),
    ]
    await books.person("1", T)
    told = [answered(kind, answer) for kind, answer in odd]
    plain = answered("TEXT", {"content": "kept"})
    await books.apply("5", "1", "60", T, screening_question_answers=[*told, plain])

    (row,) = await shown(books, "applications")
    *found, last = row.screening_question_answers
    assert [(f.question.TYPE, f.answer.raw) for f in found] == [("UNKNOWN", a) for _, a in odd]
    assert last.answer.content == "kept"


async def test_every_type_of_answer_arrives(books: Books) -> None:
    said = {
        "TEXT": {"content": "x"}, "SINGLE_SELECT": {"choice": "A"}, "NUMBER": {"number": 4.5},
        "MULTI_SELECT": {"choices": ["A", "B"]}, "BOOLEAN": {"checked": False},
        "DATE": {"date": "2026-04-21T00:00:00.000Z"}, "UNKNOWN": {"raw": [1]},
    }  # fmt: skip
    await books.person("1", T)
    told = [answered(kind, answer) for kind, answer in said.items()]
    await books.apply("5", "1", "60", T, screening_question_answers=told)

    (row,) = await shown(books, "applications")
    assert [each.question.TYPE for each in row.screening_question_answers] == list(said)
    assert row.screening_question_answers[2].answer.number == 4.5


async def test_preconditions_are_never_mixed(books: Books) -> None:
    uid = "1" * 24
    sent: list[tuple[Any, Any]] = [
        ([uid], [uid]), ([True, False], [True, False]), ([uid, True], None), ([5], None),
        ("yes", None), (None, None),
    ]  # fmt: skip
    for number, _ in enumerate(sent):
        await books.put("screening_question", str(number), T, title="Why?")
    asked = [
        {"remote_id": str(n), "index": n, "precondition_options": options}
        for n, (options, _) in enumerate(sent)
    ]
    await books.put("job", "60", T, screening_questions=asked)

    (job,) = await shown(books, "jobs")
    found = [question.precondition_options for question in job.screening_questions]
    assert found == [expected for _, expected in sent]


def lost(wire: Any, parsed: Any, at: str = "") -> Iterator[str]:
    """Yield where the wire says something of which the SDK's model has nothing."""
    if isinstance(wire, list):
        for number, (one, read) in enumerate(zip(wire, parsed, strict=True)):
            yield from lost(one, read, f"{at}.{number}")
    elif isinstance(wire, dict) and isinstance(parsed, BaseModel):
        for name, field in type(parsed).model_fields.items():
            # Not by attribute: those that are deprecated warn.
            said, read = wire.get(field.alias or name), parsed.__dict__[name]
            if said is not None and (read is None or read is UNSET):
                yield f"{at}.{name}"
            elif said is not None:
                yield from lost(said, read, f"{at}.{name}")


async def test_what_looks_for_losses_finds_one() -> None:
    class Place(BaseModel):
        city: str | None = None

    assert list(lost([{"city": "Ghent"}], [Place()])) == [".0.city"]


def walked(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every key with its value, inside others too; not what a company keeps in its own fields."""
    if isinstance(value, list):
        for each in value:
            yield from walked(each, at)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name, each
            if name not in ("custom_fields", "integration_fields", "remote_data", "raw"):
                yield from walked(each, name)


@pytest.mark.parametrize("name", LISTS)
async def test_nothing_of_a_companys_records_is_lost_on_the_way(house: House, name: str) -> None:
    asked: dict[str, Any] = {"page_size": 250}
    page: Any = await getattr(house.sdk().ats, f"get_{name}_async")(**asked)
    wire = (await house.get(f"/ats/{LISTS[name]}", **asked)).json()["data"]["results"]

    assert [row["id"] for row in wire] == [row.id for row in page.result.data.results]
    assert list(lost(wire, page.result.data.results)) == []


@pytest.mark.parametrize("name", LISTS)
async def test_times_are_rfc_3339_in_utc_with_milliseconds_and_ids_are_texts(
    house: House, name: str
) -> None:
    wire = await house.rows(LISTS[name], include_deleted="true")
    times = [v for key, v in walked(wire) if key.endswith("_at") and v is not None]
    named = [v for key, v in walked(wire) if key == "id" or key.endswith("remote_id")]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", each) for each in times)
    assert times and all(each is None or isinstance(each, str) for each in named)
    assert all(re.fullmatch(r"[1-9A-HJ-NP-Za-km-z]{24}", row["id"]) for row in wire)


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("users", {"remote_data", "system_roles", "email"}),
        ("jobs", {"remote_data", "integration_fields", "confidential", "contact_id", "location"}),
        ("candidates", {"remote_data", "integration_fields", "company", "title", "confidential"}),
        ("application-stages", {"remote_data", "status", "custom_fields"}),
        ("applications", {"remote_data", "integration_fields", "offers", "interviews"}),
        ("tags", {"remote_data"}),
        ("rejection-reasons", {"remote_data"}),
        ("interviews", {"remote_data", "users", "stage_id", "canceled", "title"}),
        ("notes", {"remote_data", "is_private", "author"}),
    ],
)
async def test_keys_that_only_some_generations_of_clients_know_are_all_sent(
    house: House, path: str, keys: set[str]
) -> None:
    for row in await house.rows(path):
        assert row.keys() >= keys


async def test_stages_inside_others_have_what_the_newest_client_requires(house: House) -> None:
    for job in await house.rows("jobs"):
        assert all(s.keys() >= {"status", "custom_fields", "index"} for s in job["stages"])
        assert all("hiring_team_roles" in member for member in job["hiring_team"])
    stages = [row["current_stage"] for row in await house.rows("applications")]
    assert all(s is None or s.keys() >= {"status", "custom_fields", "index"} for s in stages)


async def test_success_is_200_in_json_with_the_keys_that_it_must_have(house: House) -> None:
    named = house.connection.integration_id
    for method, path, body in (
        ("GET", "/ats/tags", None),
        ("GET", "/check-api-key", None),
        ("POST", "/force-sync", {"type": "DELTA"}),
        ("GET", f"/integrations/{named}", None),
        ("PUT", f"/integrations/{named}/enabled", {"value": True}),
        ("POST", "/passthrough/recruitee/v1", {"method": "GET", "path": "/tags"}),
    ):
        answer = await house.send(method, path, json=body)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        told = answer.json()
        assert told["status"] == "success" and isinstance(told["data"], dict)
        assert ("warnings" in told) == path.startswith("/passthrough")
    page = (await house.get("/ats/offers")).json()["data"]
    assert page == {"next": None, "results": []}
    fields = (await house.send("GET", f"/integrations/{named}/integration-fields")).json()["data"]
    assert fields.keys() >= {"next", "next_cursor", "results"}
    checked = (await house.send("GET", "/check-api-key")).json()["data"]
    assert checked.keys() == {"environment_id", "customer_id"}


async def test_a_job_without_an_address_is_no_fault_where_an_empty_one_is_asked_for(
    books: Books,
) -> None:
    await books.put("job", "1", 1_770_000_000_000, post_url=None, name="Keeper")

    assert await books.ids("jobs", post_url="") == []
