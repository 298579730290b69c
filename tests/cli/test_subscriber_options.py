"""What `subscribers add` and `update` may say, and `explain`: what is asked, what is printed."""

import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_commands import OPS, FarEnd, Run
from tests.cli.test_commands import far_end as far_end
from tests.cli.test_commands import run as run

EXPLAINED: dict[str, Any] = {
    "outcome": "waiting",
    "why": "attempt 2 is due then",
    "type": "job.updated",
    "connection_id": "c1",
    "event_kept": True,
    "filters": [{"name": "watch", "passed": True, "why": "name is watched"}],
    "position": {"reached": True},
    "deliveries": [
        {"id": "dlv_1", "status": "open", "attempts": [{"number": 1, "status_code": 503}]}
    ],
    "waits_for": [{"what": "attempt", "why": "attempt 2 is due then", "until": "2026-05-04"}],
}


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("--job 5 --job 6 --stage s1", {"job_ids": ["5", "6"], "stage_ids": ["s1"]}),
        (
            "--watch candidate.name --ignore *.title",
            {"watch": ["candidate.name"], "ignore": ["*.title"]},
        ),
        ('--where \'{"changed": "outcome"}\'', {"conditions": {"changed": "outcome"}}),
        (
            "--redact candidate.name --redact *.email=hash",
            {
                "redact": [
                    {"path": "candidate.name", "how": "drop"},
                    {"path": "*.email", "how": "hash"},
                ]
            },
        ),
        ("--timeout 3 --redact class:sensitive=mask",
         {"timeout": 3, "redact": [{"path": "class:sensitive", "how": "mask"}]}),
        ("--asymmetric --no-challenge", {"asymmetric": True, "challenge": False}),
        ("--symmetric --challenge --rate 2.5", {"asymmetric": False, "challenge": True, "rate": 2.5}),
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
@pytest.mark.parametrize("command", ["add http://a/", "update s1"], ids=["add", "update"])
def test_each_option_is_a_field(
    far_end: FarEnd, run: Run, command: str, said: str, asked: dict[str, Any]
) -> None:
    assert run("subscribers", *command.split(), *shlex.split(said)) == 0

    [(_, _, body)] = far_end.asked
    assert {name: value for name, value in body.items() if name != "url"} == asked


def test_what_is_secret_or_long_comes_from_files(far_end: FarEnd, run: Run, tmp_path: Path) -> None:
    for name, text in {
        "proxy": "http://u:p@proxy:3128\n",
        "pem": "-----BEGIN\n",
        "where": '{"changed": "name"}',
    }.items():
        (tmp_path / name).write_text(text)

    run(
        "subscribers", "update", "s1", "--proxy-file", str(tmp_path / "proxy"),
        "--client-certificate", str(tmp_path / "pem"), "--where", f"@{tmp_path / 'where'}",
        "--vendor-secret-file", "-", stdin="a vendor's\n",
    )  # fmt: skip

    [(method, path, body)] = far_end.asked
    assert (method, path) == ("PATCH", f"{OPS}/subscribers/s1")
    assert body == {
        "proxy": "http://u:p@proxy:3128",
        "client_certificate": "-----BEGIN\n",
        "conditions": {"changed": "name"},
        "vendor_secret": "a vendor's",
    }


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (["--where", "{"], "--where: is not JSON"),
        (["--where", "[]"], "--where: must be an object"),
        (["--where", "@/nowhere"], "cannot read /nowhere"),
        (["--client-certificate", "/nowhere"], "cannot read /nowhere"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_a_line(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str], said: list[str], problem: str
) -> None:
    assert run("subscribers", "update", "s1", *said) == 1
    assert problem in capsys.readouterr().err and far_end.asked == []


def test_explain_asks_once_and_prints_what_decided(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says(EXPLAINED)

    assert run("explain", "evt_1", "sub_1") == 0

    assert far_end.asked == [("GET", f"{OPS}/explain?event_id=evt_1&subscriber_id=sub_1", None)]
    lines = capsys.readouterr().out
    assert lines.startswith("waiting: attempt 2 is due then\n")
    for told in ("name is watched", "dlv_1", "503", "2026-05-04"):
        assert told in lines


def test_explain_in_json_is_the_answer(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says({"outcome": "filtered", "why": "x"})

    run("explain", "evt_1", "sub_1", "--json")

    assert capsys.readouterr().out == '{"outcome": "filtered", "why": "x"}\n'
