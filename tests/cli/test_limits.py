"""`hirewire connections`: how long what is kept, and how far ahead the end of a consent is told."""

from typing import Any

import pytest

from tests.cli.test_commands import OPS, FarEnd, Run
from tests.cli.test_commands import far_end as far_end
from tests.cli.test_commands import run as run


@pytest.mark.parametrize(
    ("flags", "body"),
    [
        ("--retention-days candidate=90", {"retention_days": {"candidate": 90}}),
        (
            "--retention-days candidate=90,job=30 --retention-days activity=7",
            {"retention_days": {"candidate": 90, "job": 30, "activity": 7}},
        ),
        ("--retention-days none", {"retention_days": {}}),
        ("--consent-days 60,7", {"consent_expiring_days": [60, 7]}),
        ("--consent-days none", {"consent_expiring_days": []}),
    ],
)
def test_limits_are_changed(far_end: FarEnd, run: Run, flags: str, body: dict[str, Any]) -> None:
    assert run("connections", "update", "c1", *flags.split()) == 0

    assert far_end.asked == [("PATCH", f"{OPS}/connections/c1", body)]


def test_limits_are_given_with_the_link(far_end: FarEnd, run: Run) -> None:
    flags = ("--retention-days", "candidate=365", "--consent-days", "14")
    assert run("connections", "add", "--company", "5600", *flags, stdin="token\n") == 0

    sent = far_end.asked[0][2]
    assert sent["retention_days"] == {"candidate": 365}
    assert sent["consent_expiring_days"] == [14]


def test_a_link_may_be_told_to_tell_of_no_consent_at_all(far_end: FarEnd, run: Run) -> None:
    flags = ("--consent-days", "none")
    assert run("connections", "add", "--company", "5600", *flags, stdin="token\n") == 0

    assert far_end.asked[0][2]["consent_expiring_days"] == []


@pytest.mark.parametrize("flags", ["--retention-days candidate", "--consent-days soon"])
def test_what_is_no_number_of_days_is_refused_before_anything_is_asked(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str], flags: str
) -> None:
    assert run("connections", "update", "c1", *flags.split()) == 1
    assert "is no number of days" in capsys.readouterr().err
    assert far_end.asked == []
