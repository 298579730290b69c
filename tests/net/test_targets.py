"""URLs at registration: refused by their text, or by what their name resolves to."""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.net.names import Lookup
from service.core.net.targets import target_problem, vet

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
V4_LOOPBACK = LOOPBACK[:1]


def answering(*addresses: str) -> Lookup:
    async def lookup(name: str, port: int) -> Sequence[str]:
        return addresses

    return lookup


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/in?key=a%2Bb",
        "https://hooks.example.com",
        "HTTPS://Hooks.Example.COM:8443/",
        "https://hooks.example.com./in",
        "https://bücher.example/in",
        "https://my_host.example.com/in",
        "https://8.8.8.8/in",
        "https://[2606:4700::1111]/in",
        "https://hooks.example.com:443/in",
    ],
)
def test_a_public_https_url_is_taken(url: str) -> None:
    assert target_problem(url, ()) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.com",
        "//hooks.example.com/in",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "gopher://127.0.0.1:6379/_x",
        "http://hooks.example.com/in",
        "https://",
        "https:///in",
        "https://user@hooks.example.com/",
        "https://user:word@hooks.example.com/",
        "https://@hooks.example.com/",
        "https://hooks.example.com/in#part",
        "https://hooks.example.com/in#",
        "https://hooks.example.com/a b",
        "https://hooks.example.com\\@127.0.0.1/",
        "https://hooks.example.com/\r\nx: y",
        " https://hooks.example.com/",
        "https://hooks.example.com/\u202e",
        "https://hooks.example.com:0/",
        "https://hooks.example.com:65536/",
        "https://hooks.example.com:/",
        "https://hooks.example.com:\uff14\uff14\uff13/",
        "https://hooks.example.com:25/",
        "https://hooks.example.com:6379/",
        "https://hooks..example.com/",
        "https://-hooks.example.com/",
        "https://hooks.example.com,evil.example/",
        "https://%6cocalhost/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 127 + "example/",
        "https://hooks.example.com/" + "a" * 2048,
    ],
)
def test_a_url_that_is_malformed_or_unsafe_is_refused(url: str) -> None:
    assert target_problem(url, ()) is not None


LOOPBACK_HOSTS = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "api.localhost",
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0x7f.1",
    "0x7f000001",
    "0X7F.0.0.1",
    "127.0.0.01",
    "\uff11\uff12\uff17.0.0.1",
    "127。0。0。1",
    "ⓛocalhost",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[fe80::1%25eth0]",
    "[::1%251]",
    "0",
    "0.0.0.0",  # noqa: S104
    "[::]",
    "256.256.256.256",
    "1.2.3.4.5",
]


@pytest.mark.parametrize("host", LOOPBACK_HOSTS)
def test_the_machine_itself_is_refused_in_every_notation(host: str) -> None:
    assert target_problem(f"https://{host}/", ()) is not None


@pytest.mark.parametrize("host", ["169.254.169.254", "[fd00:ec2::254]", "10.0.0.1", "[fe80::1]"])
def test_an_inner_address_is_refused_at_once(host: str) -> None:
    assert target_problem(f"https://{host}/", LOOPBACK) is not None


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9000/in",
        "http://localhost:9000/in",
        "http://[::1]:9000/in",
        "http://[::ffff:127.0.0.1]:1/",
        "https://localhost:25/",
        "http://subscriber:8080/in",
    ],
)
def test_an_allowed_network_takes_plain_http_and_any_port(url: str) -> None:
    assert target_problem(url, LOOPBACK) is None


def test_localhost_is_taken_when_only_one_family_of_it_is_allowed() -> None:
    assert target_problem("http://localhost:9000/", V4_LOOPBACK) is None


def test_plain_http_to_a_public_literal_is_refused_even_with_an_allowed_network() -> None:
    assert target_problem("http://8.8.8.8/", LOOPBACK) is not None


@given(st.text(max_size=40))
def test_any_text_gets_a_verdict_and_no_error(text: str) -> None:
    target_problem(text, ())
    target_problem("https://" + text, LOOPBACK)


@given(st.ip_addresses(v=4, network="127.0.0.0/8"), st.sampled_from(["", ".", "/", "?", ":443"]))
def test_no_spelling_of_loopback_passes(address: ipaddress.IPv4Address, tail: str) -> None:
    number = int(address)
    a, b, c, d = address.packed
    forms = [
        f"{a}.{b}.{c}.{d}",
        f"{number}",
        f"0x{number:x}",
        f"0{number:o}",
        f"{a}.{number & 0xFFFFFF}",
    ]
    forms += [f"0{a:o}.{b}.{c}.{d}", f"{a}.0x{b:x}.{c}.{d}", f"[::ffff:{address}]"]

    assert [form for form in forms if target_problem(f"https://{form}{tail}", ()) is None] == []


async def test_a_name_with_one_inner_address_among_its_answers_is_refused() -> None:
    lookup = answering("8.8.8.8", "10.0.0.1")

    assert await vet("https://hooks.example.com/", (), lookup) is not None


async def test_a_name_with_public_addresses_only_is_taken() -> None:
    lookup = answering("8.8.8.8", "2606:4700::1111")

    assert await vet("https://hooks.example.com/", (), lookup) is None


async def test_a_public_name_may_not_be_plain_though_a_network_is_allowed() -> None:
    assert await vet("http://hooks.example.com/", LOOPBACK, answering("8.8.8.8")) is not None
    assert await vet("http://hooks.example.com/", LOOPBACK, answering("127.0.0.1")) is None


async def test_a_name_that_does_not_resolve_is_no_refusal() -> None:
    async def lookup(name: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    assert await vet("https://hooks.example.com/", (), lookup) is None


async def test_a_refused_text_or_a_literal_is_never_looked_up() -> None:
    async def lookup(name: str, port: int) -> Sequence[str]:
        raise AssertionError(name)

    assert await vet("https://10.0.0.1/", (), lookup) is not None
    assert await vet("https://8.8.8.8/", (), lookup) is None


async def test_the_system_knows_localhost() -> None:
    assert await asyncio.wait_for(vet("http://localhost:9000/", LOOPBACK), 5) is None
    assert await asyncio.wait_for(vet("https://localhost/", ()), 5) is not None
