"""What makes Kombo's SDK refuse a whole page, or lose a part of it in silence, is never sent."""

from typing import Any

import pytest
from kombo import Kombo

from tests.kombo.books import Books

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
