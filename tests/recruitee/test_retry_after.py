"""`Retry-After`: whatever it is, it asks for 0 to 86400 seconds or for nothing."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.retry_after import MAX_RETRY_AFTER_S, retry_after_s

NOW = datetime(2026, 4, 21, 7, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0.25", 0.25),
        ("007", 7.0),
        ("86401", 86_400.0),
        ("9" * 64, 86_400.0),
        ("9" * 65, None),
        ("-1", None),
        ("+1", None),
        ("1,5", None),
        ("1 2", None),
        ("7s", None),
        ("\u0667", None),
        ("\u00b2", None),
        ("1e3", None),
        ("Tue, 21 Apr 2026 07:41:30 GMT", 90.0),
        ("Tue, 21 Apr 2026 07:41:30 -0000", 90.0),
        ("Tue, 21 Apr 2026 09:41:30 +0200", 90.0),
        ("Tuesday, 21-Apr-26 07:41:30 GMT", 90.0),
        ("Tue Apr 21 07:41:30 2026", 90.0),
        ("Tue, 21 Apr 2026 07:39:00 GMT", 0.0),
        ("Wed, 21 Apr 2027 07:40:00 GMT", 86_400.0),
        ("Tue, 99 Apr 2026 07:41:30 GMT", None),
        ("2026-04-21T07:41:30Z", None),
        ("soon", None),
    ],
)
def test_what_is_asked_for_is_read(text: str | None, expected: float | None) -> None:
    assert retry_after_s(text, NOW) == expected


@given(
    st.text(max_size=70)
    | st.from_regex(r"[0-9.]{1,20}", fullmatch=True)
    | st.from_regex(r"\w{3}, [0-9]{1,2} (Jan|Feb) [0-9]{2,5} [0-9:]{5,8} ([+-][0-9]{4}|GMT)")
)
def test_no_text_makes_it_raise_or_leave_its_bounds(text: str) -> None:
    asked = retry_after_s(text, NOW)

    assert asked is None or 0 <= asked <= MAX_RETRY_AFTER_S
