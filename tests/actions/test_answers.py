"""Screening answers: through the careers site, where the connection has its token; else it is said."""

from typing import Any

import pytest

from service.core.actions import answers
from tests.actions.conftest import ADMIN, Acting, Json

WHO = {"first_name": "Quiz", "last_name": "Taker", "email_address": "quiz@example.org"}
OPTIONS = {
    "options": [
        {"id": "a", "remote_id": "1", "name": "Red"},
        {"id": "b", "remote_id": "2", "name": "Blue"},
    ]
}


async def _asked(acting: Acting) -> tuple[Json, list[Json]]:
    """Return a published job with questions, and its questions."""
    for row in await acting.rows("jobs", visibilities="PUBLIC"):
        if row["screening_questions"]:
            return row, row["screening_questions"]
    raise AssertionError("no published job asks anything")


def _answer(question: Json) -> Any:
    shape = question["format"]
    match shape["type"]:
        case "TEXT":
            return "So"
        case "BOOLEAN":
            return True
        case "NUMBER":
            return 7
        case "DATE":
            return "2026-05-04"
        case "SINGLE_SELECT":
            return shape["options"][0]["id"]
        case "MULTI_SELECT":
            return [each["id"] for each in shape["options"][:2]]
        case "FILE":
            return {"name": "a.txt", "content_type": "text/plain", "data": "QQ=="}
    return None


async def test_answers_reach_the_candidate_and_the_application_shows_them(acting: Acting) -> None:
    ops = {"authorization": f"Bearer {ADMIN}"}
    body = {"careers_url": acting.line.url, "careers_token": "careers-token"}
    url = f"{acting.url}/ops/v1/connections/{acting.connection.id}"
    kept = await acting.http.patch(url, json=body, headers=ops)
    assert kept.json()["careers_token_set"] and "careers-token" not in kept.text
    job, questions = await _asked(acting)
    given = [
        {"question_id": q["id"], "answer": a} for q in questions if (a := _answer(q)) is not None
    ]
    made = await acting.send(
        "POST", f"/ats/jobs/{job['id']}/applications",
        {"candidate": WHO, "screening_question_answers": given},
    )  # fmt: skip
    assert made.status_code == 200, made.text
    shown = made.json()["data"]
    assert made.json()["warnings"] == []
    told = {row["question"]["title"]: row["answer"] for row in shown["screening_question_answers"]}
    wanted = {q["title"] for q in questions if _answer(q) is not None}
    assert set(told) == wanted
    (who,) = [p for p in acting.sandbox.company.people.values() if "quiz@example.org" in p.emails]
    assert who.source == "career_site" and str(who.id) == shown["candidate"]["remote_id"]


async def test_without_a_careers_token_the_application_is_made_and_the_answers_are_said_to_be_left_out(
    acting: Acting,
) -> None:
    job, questions = await _asked(acting)
    given = [{"question_id": questions[0]["id"], "answer": _answer(questions[0])},
             {"question_id": "nobody-asked", "answer": "x"}]  # fmt: skip
    made = await acting.send(
        "POST", f"/ats/jobs/{job['id']}/applications",
        {"candidate": WHO, "screening_question_answers": given},
    )  # fmt: skip
    said = [each["message"] for each in made.json()["warnings"]]
    assert len(said) == 2 and "careers_token" in said[0] and "nobody-asked" in said[1]


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("TEXT", 5), ("TEXT", "too long"), ("BOOLEAN", "true"), ("NUMBER", "7"), ("NUMBER", True),
        ("DATE", "soon"), ("SINGLE_SELECT", "c"), ("SINGLE_SELECT", ["a"]), ("MULTI_SELECT", "a"),
        ("MULTI_SELECT", ["a", "c"]), ("FILE", "a.txt"),
    ],
)  # fmt: skip
def test_an_answer_of_the_wrong_type_is_refused(kind: str, answer: Any) -> None:
    with pytest.raises(ValueError, match=r"must be|at most|does not have"):
        answers.checked("1", {"type": kind, "max_length": 3, **OPTIONS}, answer)


def test_an_option_may_be_named_by_either_id_and_is_sent_by_its_words() -> None:
    found = answers.checked("1", {"type": "MULTI_SELECT", **OPTIONS}, ["a", "2"])
    assert found is not None and found.many == ("Red", "Blue")
    assert answers.checked("1", {"type": "UNKNOWN"}, "x") is None
