"""`hirewire actions`: what it asks of the ops API, what it prints, and how it ends."""

import json
from typing import Any

import pytest

from tests.cli.test_commands import OPS, FarEnd, Run
from tests.cli.test_commands import far_end as far_end
from tests.cli.test_commands import run as run

ONE: dict[str, Any] = {
    "id": "a1", "connection_id": "c1", "kind": "add_note", "status": "failed",
    "asked_at": "2026-11-22T07:00:00.000Z", "ended_at": "2026-11-22T07:00:01.000Z",
    "by": {"id": "k1", "name": "Assessments"}, "idempotency_key": "mine", "turn": 1,
    "steps": [{"name": "note", "status": "sent"}], "why": "unknown",
    "message": "note: it cannot be seen", "remote_ids": {"candidate": "1"}, "warnings": [],
}  # fmt: skip


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("actions list", "actions?limit=50"),
        (
            "actions list --connection c1 --kind add_note --status open --limit 5 --after x",
            "actions?connection_id=c1&kind=add_note&status=open&limit=5&after=x",
        ),
        ("actions show a1", "actions/a1"),
        ("actions show a/b?c", "actions/a%2Fb%3Fc"),
    ],
)
def test_a_command_asks_for_what_it_names(
    far_end: FarEnd, run: Run, command: str, path: str
) -> None:
    listed = command.startswith("actions list")
    far_end.says({"items": [ONE], "next": None} if listed else ONE)

    assert run(*command.split()) == 0

    assert far_end.asked == [("GET", f"{OPS}/{path}", None)]


def test_the_list_names_who_asked_and_how_it_ended(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says({"items": [ONE], "next": None})

    assert run("actions", "list") == 0

    out = capsys.readouterr().out
    for words in ("a1", "add_note", "failed", "Assessments", "unknown", "it cannot be seen"):
        assert words in out


def test_as_json_the_answer_is_left_as_it_is(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says({"items": [ONE], "next": "further"})
    far_end.says(ONE)

    assert run("actions", "list", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"items": [ONE], "next": "further"}
    assert run("actions", "show", "a1", "--json") == 0
    assert json.loads(capsys.readouterr().out) == ONE


def test_an_action_that_is_not_there_ends_with_a_word_and_status_1(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    said = {"type": "about:blank", "title": "Not Found", "status": 404,
            "detail": "there is no action a2"}  # fmt: skip
    far_end.says(said, 404)

    assert run("actions", "show", "a2") == 1

    told = capsys.readouterr()
    assert told.out == "" and "there is no action a2" in told.err
