"""`hirewire fields`, and the flags that choose what of a company is kept."""

import json
from typing import Any

import pytest

from tests.cli.test_commands import OPS, FarEnd, Run
from tests.cli.test_commands import far_end as far_end
from tests.cli.test_commands import run as run

FIELD = {
    "key": "profile.Notice / weeks",
    "model": "candidate",
    "kind": "single_line",
    "filled": {"count": 3, "of": 50, "share": 0.06},
    "example": "A***",
    "custom_key": None,
    "pii": "personal",
}
ANSWER = {
    "items": [FIELD],
    "next_cursor": None,
    "definitions": [{"path": "/dynamic_fields", "status": "forbidden", "reason": "no right"}],
    "unmapped": [{"model": "job", "field": "status", "value": "odd", "count": 2}],
}


@pytest.mark.parametrize(
    ("command", "method", "path", "body"),
    [
        ("list --connection c1", "GET", "connections/c1/fields", None),
        (
            "map profile.a/b knows --connection c1",
            "PATCH",
            "connections/c1/fields/profile.a%2Fb",
            {"custom_key": "knows"},
        ),
        (
            "map profile.a --pii none --connection c1",
            "PATCH",
            "connections/c1/fields/profile.a",
            {"pii": "none"},
        ),
        (
            "map profile.a --clear --connection c1",
            "DELETE",
            "connections/c1/fields/profile.a",
            None,
        ),
    ],
)
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["table", "json"])
def test_a_command_is_one_request(
    far_end: FarEnd, run: Run, command: str, method: str, path: str, body: object, form: list[str]
) -> None:
    if method == "DELETE":
        far_end.says(None, 204)

    assert run("fields", *command.split(), *form) == 0

    assert far_end.asked == [(method, f"{OPS}/{path}", body)]


def test_fields_are_a_table_and_what_could_not_be_read_is_said(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says(ANSWER)

    run("fields", "list", "--connection", "c1")

    said = capsys.readouterr().out
    assert "profile.Notice / weeks" in said and "3 of 50" in said and "A***" in said
    assert "not read: /dynamic_fields (no right)" in said
    assert "odd" in said and "no unified field has a word for" in said


def test_fields_in_json_are_the_answer_as_it_came(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says(ANSWER)

    run("fields", "list", "--connection", "c1", "--json")

    assert json.loads(capsys.readouterr().out) == ANSWER


def test_the_only_connection_need_not_be_named(far_end: FarEnd, run: Run) -> None:
    far_end.says({"items": [{"id": "c7"}], "next_cursor": None})

    assert run("fields", "map", "profile.a", "knows") == 0

    assert [path for _, path, _ in far_end.asked] == [
        f"{OPS}/connections?limit=2",
        f"{OPS}/connections/c7/fields/profile.a",
    ]


@pytest.mark.parametrize("count", [0, 2])
def test_among_several_connections_one_must_be_named(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str], count: int
) -> None:
    far_end.says({"items": [{"id": f"c{n}"} for n in range(count)], "next_cursor": None})

    assert run("fields", "list") == 1

    assert "--connection" in capsys.readouterr().err and len(far_end.asked) == 1


@pytest.mark.parametrize("rest", [[], ["knows", "--clear"]])
def test_a_mapping_to_nothing_is_not_asked_for(far_end: FarEnd, run: Run, rest: list[str]) -> None:
    assert run("fields", "map", "profile.a", *rest, "--connection", "c1") == 1
    assert far_end.asked == []


@pytest.mark.parametrize(
    ("flags", "body"),
    [
        (
            ["--models", "job,application", "--models", "candidate"],
            {"scope": {"models": ["job", "application", "candidate"]}},
        ),
        (["--jobs", "60, 61"], {"scope": {"jobs": ["60", "61"]}}),
        (
            ["--departments", "Sales, East", "--departments", "7"],
            {"scope": {"departments": ["Sales, East", "7"]}},
        ),
        (["--drop", "candidate.name"], {"scope": {"drop": ["candidate.name"]}}),
        (
            ["--models", "all", "--jobs", "all", "--departments", "all", "--drop", "none"],
            {"scope": {"models": None, "jobs": None, "departments": None, "drop": []}},
        ),
        (["--only-created"], {"scope": {"only_created": True}}),
        (["--all-candidates"], {"scope": {"only_created": False}}),
        (["--private-notes"], {"private_notes": True}),
        (["--no-private-notes"], {"private_notes": False}),
    ],
)
def test_flags_choose_what_is_kept(
    far_end: FarEnd, run: Run, flags: list[str], body: dict[str, Any]
) -> None:
    assert run("connections", "update", "c1", *flags) == 0
    assert run("connections", "add", "--company", "1", *flags, stdin="api-token\n") == 0

    added = {"company_id": "1", "api_token": "api-token", **body}
    assert [each for _, _, each in far_end.asked] == [body, added]
