"""`subscribers test` and `challenge`: what a receiver said is told, and nothing it said steers us."""

import json

import pytest

from tests.cli.test_commands import OPS, FarEnd, Run
from tests.cli.test_commands import far_end as far_end
from tests.cli.test_commands import run as run

SENT = {"delivery_id": "dlv_1", "event_id": "evt_1"}
FAILED = {
    "number": 1, "status_code": 500, "error": None, "duration_ms": 3,
    "response_excerpt": "no \x1b[31mway\n",
}  # fmt: skip
TAKEN = {
    "number": 2, "status_code": 200, "error": None, "duration_ms": 4, "response_excerpt": "ta",
}  # fmt: skip


def test_a_test_is_told_with_status_and_excerpt(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says(SENT, 202)
    far_end.says({"id": "dlv_1", "status": "open", "attempts": [FAILED]})

    assert run("subscribers", "test", "s1") == 1

    out = capsys.readouterr().out
    assert "attempt 1: answered 500 (3 ms): no \ufffd[31mway" in out and "\x1b" not in out


def test_a_test_that_waits_is_followed_to_its_end(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says(SENT, 202)
    far_end.says({"id": "dlv_1", "status": "open", "attempts": []})
    far_end.says({"id": "dlv_1", "status": "open", "attempts": [FAILED]})
    far_end.says({"id": "dlv_1", "status": "delivered", "attempts": [FAILED, TAKEN]})

    assert run("subscribers", "test", "s1", "--wait") == 0

    out = capsys.readouterr().out
    assert out.index("attempt 1: answered 500") < out.index("attempt 2: answered 200 (4 ms): ta")
    assert out.count("attempt 1:") == 1


@pytest.mark.parametrize(
    ("told", "status", "ends", "said"),
    [
        ({"answered": True, "status_code": 200}, "active", 0, "proved: answered 200"),
        ({"answered": False, "error": "timeout"}, "paused", 1, "not proved: timeout"),
        (
            {"answered": False, "status_code": 200, "response_excerpt": "hi"},
            "paused", 1, "not proved: answered 200 (None ms): hi",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["table", "json"])
def test_a_challenge_ends_with_status_1_when_the_url_did_not_prove_itself(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str],
    told: dict[str, object], status: str, ends: int, said: str, form: list[str],
) -> None:  # fmt: skip
    far_end.says({"id": "s1", "status": status, "challenged": told})

    assert run("subscribers", "challenge", "s1", *form) == ends

    out = capsys.readouterr().out
    assert far_end.asked == [("POST", f"{OPS}/subscribers/s1/challenge", {})]
    if form:
        assert json.loads(out)["challenged"] == told
    else:
        assert said in out and f"s1 is {status}" in out
