"""`hirewire reconcile`: compare and follow, show the ledger, decide on one that is held."""

import json
from typing import Any

import pytest

from tests.cli.test_commands import OPS, FarEnd, Run
from tests.cli.test_commands import far_end as far_end
from tests.cli.test_commands import run as run

RUNNING: dict[str, Any] = {
    "id": "rec_1", "connection_id": "c1", "status": "running", "reason": None,
    "began_at": "2026-04-21T07:40:00.000Z", "done_at": None,
    "compared": {"candidate": 3}, "differing": {}, "absent": {}, "doubts": [],
}  # fmt: skip
DONE = RUNNING | {"status": "done", "differing": {"candidate": 2}, "absent": {"job": 1}}
HELD = RUNNING | {"status": "held", "reason": "too much vanished at once: candidate"}
LEDGER: dict[str, Any] = {
    "connection_id": "c1", "webhooks": 7, "told": {"webhook": 5, "activity": 2},
    "gaps": [{"at": "2026-04-21T07:40:00.000Z", "why": "the feed's cursor has vanished",
              "healed_by": "feed"}],
    "doubts": [], "says": "As of 14:02 nothing is missing; deep proof is 3 days old.",
}  # fmt: skip


def test_it_compares_follows_and_reports(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    for answer in (RUNNING, RUNNING, DONE):
        far_end.says(answer)

    assert run("reconcile", "--connection", "c1") == 0
    assert far_end.asked == [
        ("POST", f"{OPS}/connections/c1/reconcile", {}),
        ("GET", f"{OPS}/reconciliations/rec_1", None),
        ("GET", f"{OPS}/reconciliations/rec_1", None),
    ]
    printed = capsys.readouterr().out
    rows = [line.split() for line in printed.splitlines()]
    assert ["candidate", "3", "2", "0"] in rows and ["job", "0", "0", "1"] in rows


def test_the_only_connection_need_not_be_named(far_end: FarEnd, run: Run) -> None:
    far_end.says({"items": [{"id": "c1"}], "next_cursor": None})
    far_end.says(DONE)

    assert run("reconcile", "--no-wait") == 0
    assert far_end.asked[1] == ("POST", f"{OPS}/connections/c1/reconcile", {})


def test_one_that_is_held_ends_with_status_1_and_says_how_to_go_on(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says(HELD)

    assert run("reconcile", "--connection", "c1") == 1
    assert "hirewire reconcile --confirm rec_1" in capsys.readouterr().out


def test_json_is_json_and_nothing_else(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says(HELD)
    assert run("reconcile", "--connection", "c1", "--json") == 1
    assert json.loads(capsys.readouterr().out) == HELD
    far_end.says(LEDGER)
    assert run("reconcile", "--connection", "c1", "--ledger", "--json") == 0
    assert json.loads(capsys.readouterr().out) == LEDGER


@pytest.mark.parametrize(
    ("flags", "path"),
    [("--confirm rec_1 --no-wait", "confirm"), ("--cancel rec_1", "cancel")],
)
def test_a_decision_is_one_request_and_needs_no_connection(
    far_end: FarEnd, run: Run, flags: str, path: str
) -> None:
    far_end.says(RUNNING)

    assert run("reconcile", *flags.split()) == 0
    assert far_end.asked == [("POST", f"{OPS}/reconciliations/rec_1/{path}", {})]


def test_the_ledger_says_how_sure_it_is_and_names_gaps(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says(LEDGER)

    assert run("reconcile", "--connection", "c1", "--ledger") == 0
    printed = capsys.readouterr().out
    assert printed.startswith("As of 14:02") and "webhook" in printed
    assert "the feed's cursor has vanished" in " ".join(printed.split())


def test_those_there_were_are_listed(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says({"items": [DONE], "next_cursor": None})

    assert run("reconcile", "--list", "--connection", "c1") == 0
    assert far_end.asked == [("GET", f"{OPS}/reconciliations?connection_id=c1", None)]
    assert "rec_1" in capsys.readouterr().out
