"""`connections check`, `capture` and `guide`: what they print, write, wait for and end with."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.cli.shapes import file_of
from tests.cli.test_commands import OPS, FarEnd, Run
from tests.cli.test_commands import far_end as far_end
from tests.cli.test_commands import run as run

DIFFERENCE = {"path": "tags[].hue", "kind": "new", "seen": "text", "evidence": None}
CHECK: dict[str, Any] = {
    "ok": True,
    "token": "ok",
    "role": {"name": "Recruiter", "admin": False, "abilities": ["gdpr"]},
    "models": [{"model": "job", "path": "/offers", "status": "allowed", "cure": None}],
    "actions": [{"action": "reject", "status": "forbidden", "missing": ["manage_candidate"]}],
    "drift": {
        "endpoints": [{"endpoint": "/tags", "differences": [DIFFERENCE | {"count": 3}]}],
        "doubted_lists": [{"list": "departments:0", "why": "it shrank", "absent": 3, "of": 9}],
    },
    "webhook": {"secret_set": True, "next": "move a candidate", "note": "not by API"},
}
ROWS = [
    {"endpoint": "/tags", "status": "answered", "reason": "", "shape": {"tags": [{"id": "id"}]},
     "differences": [DIFFERENCE]},
    {"endpoint": "/offers/{id}", "status": "forbidden", "reason": "not for this token", "shape": None,
     "differences": []},
]  # fmt: skip
DONE = {"done": {"connection_id": "c1", "answered": 1, "differences": 1}}


def _lines(*rows: object) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def test_a_check_tells_role_models_writes_webhook_and_differences(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says(CHECK)

    assert run("connections", "check", "c1") == 0

    said = capsys.readouterr().out
    for told in (
        "Recruiter",
        "job",
        "/offers",
        "reject",
        "manage_candidate",
        "move a candidate",
        "it shrank",
    ):
        assert told in said
    assert "tags[].hue" in said and "not by API" in said


def test_a_capture_writes_a_file_per_answer_and_the_differences(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    far_end.says(_lines(*ROWS, DONE))

    assert run("connections", "capture", "c1", "--out", str(tmp_path / "shapes")) == 0

    said = capsys.readouterr().out
    assert far_end.asked == [("POST", f"{OPS}/connections/c1/capture", None)]
    assert {path.name for path in (tmp_path / "shapes").iterdir()} == {
        "tags.json",
        "differences.json",
    }
    assert json.loads((tmp_path / "shapes" / "tags.json").read_text()) == ROWS[0]
    assert json.loads((tmp_path / "shapes" / "differences.json").read_text()) == [
        {"endpoint": "/tags", **DIFFERENCE}
    ]
    assert "tags[].hue" in said and "not for this token" in said and "1 endpoints answered" in said


def test_a_capture_without_a_folder_makes_one_named_after_the_connection(
    far_end: FarEnd, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    far_end.says(_lines(*ROWS, DONE))

    assert run("connections", "capture", "c1") == 0

    assert (tmp_path / "capture-c1" / "tags.json").exists()


def test_a_capture_in_json_is_one_object_and_writes_only_where_it_is_told(
    far_end: FarEnd,
    run: Run,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    far_end.says(_lines(*ROWS, DONE))

    assert run("connections", "capture", "c1", "--json") == 0

    told = json.loads(capsys.readouterr().out)
    assert told["endpoints"] == ROWS and told["differences"] == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (_lines(*ROWS), "broke off"),
        (_lines({"error": "Redis: away"}), "Redis: away"),
        (b"<html>\n", "is it Hirewire?"),
    ],
)
def test_a_capture_that_breaks_off_ends_with_status_1(
    far_end: FarEnd,
    run: Run,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    lines: bytes,
    said: str,
) -> None:
    far_end.says(lines)

    assert run("connections", "capture", "c1", "--out", str(tmp_path / "out")) == 1

    assert said in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_a_capture_of_nothing_known_is_a_refusal(far_end: FarEnd, run: Run, tmp_path: Path) -> None:
    far_end.says({"title": "Not Found"}, 404)

    assert run("connections", "capture", "c1", "--out", str(tmp_path)) == 1
    assert run("connections", "capture", "c1", "--url", "http://127.0.0.1:1") == 1


def test_a_folder_that_cannot_be_written_is_said(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    far_end.says(_lines(*ROWS, DONE))

    assert run("connections", "capture", "c1", "--out", str(tmp_path / "file")) == 1

    assert "cannot write" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [
        ("/candidates/{id}/notes", "candidates.id.notes.json"),
        ("/tags", "tags.json"),
        ("/../../etc/x", "..etc.x.json"),
    ],
)
def test_a_file_is_named_after_its_endpoint_and_stays_in_its_folder(
    endpoint: str, name: str
) -> None:
    assert file_of(endpoint).lstrip(".") == name.lstrip(".") and "/" not in file_of(endpoint)


def _connection(**seen: Any) -> dict[str, Any]:
    url = "https://hooks.example.com/webhooks/recruitee/h"
    nothing = {"test_seen_at": None, "webhook_secret_set": False, "signed_seen_at": None}
    return {"id": "c1", "webhook_url": url, **nothing, **seen}


def test_the_guide_confirms_each_step_as_it_happens(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    tested = {"test_seen_at": "2026-04-21T07:40:00.000Z"}
    kept = {**tested, "webhook_secret_set": True}
    for seen in (
        {},
        {},
        tested,
        tested,
        kept,
        {**kept, "signed_seen_at": "2026-04-21T07:41:00.000Z"},
    ):
        far_end.says(_connection(**seen))

    assert run("connections", "guide", "c1", "--every", "0.01") == 0

    said = capsys.readouterr().out
    assert [path for _, path, _ in far_end.asked] == 6 * [f"{OPS}/connections/c1"]
    for told in (
        "1. In Recruitee",
        "Manage webhooks",
        "https://hooks.example.com",
        "2026-04-21T07:40",
    ):
        assert told in said
    assert "rotate-secret c1" in said and "no such endpoint" in said and "2026-04-21T07:41" in said
    assert "https address" not in said and "Everything arrives from now on" in said


def test_the_guide_without_waiting_says_what_was_not_seen_yet(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says(_connection(webhook_url="http://127.0.0.1:8787/webhooks/recruitee/h"))

    assert run("connections", "guide", "c1", "--no-wait") == 0

    said = capsys.readouterr().out
    assert said.count("not seen yet") == 3 and "HIREWIRE_PUBLIC_URL" in said and "by itself" in said


def test_the_guide_stops_waiting_after_its_time(far_end: FarEnd, run: Run) -> None:
    for _ in range(4):
        far_end.says(_connection())

    assert run("connections", "guide", "c1", "--timeout", "0", "--every", "0.01") == 0


def test_the_guide_in_json_says_how_far_the_link_is(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says(_connection(webhook_secret_set=True))

    run("connections", "guide", "c1", "--json")

    told = json.loads(capsys.readouterr().out)
    assert (told["webhook_secret_set"], told["done"]) == (True, False)
