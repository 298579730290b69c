"""Headers that a subscriber may have sent, and those that nobody may."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.net.headers import header_problem, unsendable

OURS = """
Host Content-Type content-length CONNECTION transfer-encoding webhook-id Webhook-Signature
user-agent accept-encoding hirewire-replay x-kombo-signature proxy-authorization te expect upgrade
"""


@pytest.mark.parametrize(
    ("name", "value"), [("authorization", "Bearer abc"), ("X-Team", "a\tb c"), ("x-empty", "")]
)
def test_an_ordinary_header_may_be_set(name: str, value: str) -> None:
    assert header_problem(name, value) is None


@pytest.mark.parametrize("name", OURS.split())
def test_a_header_of_the_delivery_or_the_connection_may_not_be_set(name: str) -> None:
    assert header_problem(name, "x") is not None


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\r\nb", "ä", "a\0", "a" * 129, "a\n"])
def test_what_is_no_header_name_is_refused(name: str) -> None:
    assert header_problem(name, "x") is not None


@given(st.text(), st.sampled_from("\r\n\0\x7fä\u2028"), st.text())
def test_a_value_with_anything_but_printable_ascii_is_refused(
    before: str, sign: str, after: str
) -> None:
    assert unsendable("x-note", before + sign + after) is not None


def test_an_endless_value_is_refused() -> None:
    assert unsendable("x-note", "a" * 4097) is not None
