"""The address rule: what may be dialled, in every disguise that an address can wear."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.net.addresses import NOT_PUBLIC, PLAIN, PORT, dial_verdict, verdict

PRIVATE = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00:1::/32"))
V4 = st.ip_addresses(v=4)
V6 = st.ip_addresses(v=6)

CLOSED = """
0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 169.254.169.254
168.63.129.16 172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1
198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1 ::ffff:0:127.0.0.1
64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b::10.0.0.1 64:ff9b:1::8.8.8.8 100::1
2001::1 2001:0:7f00:1:: 2001:db8::1 2002:7f00:1:: 2002:808:808:: 3fff::1 5f00::1
fc00::1 fd00:ec2::254 fd20:ce::254 fe80::1 fe80::1%2 fec0::1 ff02::1 ff0e::1
2600:1f18::5efe:10.0.0.1 2600:1f18::200:5efe:10.0.0.1
"""
OPEN = """
1.1.1.1 8.8.8.8 172.32.0.1 100.128.0.1 2606:4700::1111 2a00:1450:4001::1
::ffff:8.8.8.8 64:ff9b::8.8.8.8
"""


@pytest.mark.parametrize("address", CLOSED.split())
def test_an_address_that_is_not_public_is_refused_in_every_disguise(address: str) -> None:
    assert verdict(address, ()) == NOT_PUBLIC


@pytest.mark.parametrize("address", OPEN.split())
def test_a_public_address_may_be_dialled(address: str) -> None:
    assert verdict(address, ()) is None


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "0x7f.1", "1.2.3.4.5", "٨.8.8.8"])
def test_what_is_no_address_is_refused(text: str) -> None:
    assert verdict(text, (ipaddress.ip_network("0.0.0.0/0"),)) == NOT_PUBLIC


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "fd00:1::9"]
)
def test_a_network_that_the_operator_named_is_let_through(address: str) -> None:
    assert verdict(address, PRIVATE) is None


@pytest.mark.parametrize("address", ["192.168.0.1", "::10.1.2.3", "2002:a01:203::", "fd00:2::1"])
def test_naming_a_network_opens_no_other(address: str) -> None:
    assert verdict(address, PRIVATE) == NOT_PUBLIC


@given(V4 | V6)
def test_what_may_be_dialled_is_global_by_the_registries_too(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if verdict(str(address), ()) is None:
        inner = getattr(address, "ipv4_mapped", None) or address
        assert inner.is_global and not inner.is_multicast


@given(V4)
def test_a_wrapped_address_gets_the_verdict_of_the_one_inside(
    address: ipaddress.IPv4Address,
) -> None:
    expected = verdict(str(address), PRIVATE)

    for wrapped in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert verdict(wrapped, PRIVATE) == expected


@given(V4)
def test_tunnels_and_compatible_forms_never_pass(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    compatible = ipaddress.IPv6Address(number)
    six_to_four = ipaddress.IPv6Address(0x2002 << 112 | number << 80 | 1)
    teredo = ipaddress.IPv6Address(0x20010000 << 96 | number)
    isatap = ipaddress.IPv6Address(0x26001F18 << 96 | 0x5EFE << 32 | number)

    assert {verdict(str(form), ()) for form in (compatible, six_to_four, teredo, isatap)} == {
        NOT_PUBLIC
    }


@given(V4 | V6)
def test_the_reason_does_not_tell_the_address(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    assert verdict(str(address), ()) in (None, NOT_PUBLIC)


@pytest.mark.parametrize(
    ("address", "port", "plain", "expected"),
    [
        ("8.8.8.8", 443, False, None),
        ("8.8.8.8", 8443, False, None),
        ("8.8.8.8", 25, False, PORT),
        ("8.8.8.8", 443, True, PLAIN),
        ("8.8.8.8", 80, True, PLAIN),
        ("10.0.0.1", 6379, True, None),
        ("10.0.0.1", 25, False, None),
        ("127.0.0.1", 443, False, NOT_PUBLIC),
    ],
)
def test_only_a_named_network_is_dialled_in_plain_or_on_any_port(
    address: str, port: int, plain: bool, expected: str | None
) -> None:
    assert dial_verdict(address, port, plain=plain, allowed=PRIVATE) == expected
