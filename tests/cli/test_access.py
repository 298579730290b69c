"""`subscribers access`, `rotate-key` and `resume --skip`: what each asks, prints, and refuses."""

import json

import pytest

from tests.cli.test_commands import OPS, FarEnd, Run
from tests.cli.test_commands import far_end as far_end
from tests.cli.test_commands import run as run

MADE = {"id": "k1", "token": "hws_secret", "url": "http://hirewire.example/self/v1/subscriber"}
ACCESS = f"{OPS}/subscribers/s1/access"


@pytest.mark.parametrize(
    ("command", "method", "path", "body"),
    [
        ("access s1", "POST", ACCESS, {}),
        ("access s1 --name Ada --expires 12h", "POST", ACCESS,
         {"name": "Ada", "expires_in_s": 43_200}),
        ("access s1 --expires 90d", "POST", ACCESS, {"expires_in_s": 7_776_000}),
        ("access s1 --list", "GET", f"{ACCESS}?limit=50", None),
        ("access s1 --list --limit 5 --after c", "GET", f"{ACCESS}?limit=5&after=c", None),
        ("access s1 --revoke k/1", "DELETE", f"{ACCESS}/k%2F1", None),
        ("rotate-key s1", "POST", f"{OPS}/subscribers/s1/rotate-key", {}),
        ("rotate-key s1 --overlap 0", "POST", f"{OPS}/subscribers/s1/rotate-key",
         {"overlap_s": 0}),
        ("resume s1", "POST", f"{OPS}/subscribers/s1/resume", {}),
        ("resume s1 --skip", "POST", f"{OPS}/subscribers/s1/resume", {"skip": True}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["table", "json"])
def test_each_is_one_request(
    far_end: FarEnd, run: Run, command: str, method: str, path: str, body: object, form: list[str]
) -> None:
    if method == "DELETE":
        far_end.says(None, 204)

    assert run("subscribers", *command.split(), *form) == 0

    assert far_end.asked == [(method, path, body)]


def test_a_token_is_shown_once_with_how_it_is_used(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says(MADE, 201)
    far_end.says(MADE, 201)

    run("subscribers", "access", "s1")
    run("subscribers", "access", "s1", "--json")

    shown, printed = capsys.readouterr().out.split("curl -H 'Authorization: Bearer <token>' ")
    assert "hws_secret" in shown and "not shown again" in shown
    address, _, line = printed.partition("\n")
    assert address == MADE["url"] and json.loads(line) == MADE


def test_both_keys_are_shown_with_when_the_old_one_ends(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"id": "key_2", "public_key": "whpk_b", "expires_at": None},
        {"id": "key_1", "public_key": "whpk_a", "expires_at": "2026-05-05T09:30:00.000Z"},
    ]
    far_end.says({"public_key": "whpk_b", "public_keys": rows})

    run("subscribers", "rotate-key", "s1")

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1:] == [["key_2", "whpk_b", "-"], ["key_1", "whpk_a", "2026-05-05T09:30:00.000Z"]]


@pytest.mark.parametrize(
    "options",
    ["--list --revoke k1", "--list --name Ada", "--revoke k1 --expires 1d", "--expires soon",
     "--expires 7", "--expires -1d"],
)  # fmt: skip
def test_what_does_not_go_together_or_is_no_time_is_refused_before_anything_is_asked(
    far_end: FarEnd, run: Run, options: str
) -> None:
    assert run("subscribers", "access", "s1", *options.split()) == 1
    assert far_end.asked == []
