"""Egress proxies on real sockets: what goes through them, what is refused, whose failure it is."""

import ipaddress
import socket
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from service.core.net.exchange import Outcome, post
from service.core.net.guard import guarded_session
from service.core.net.names import Lookup
from service.core.net.proxies import Proxy, proxy_problem, shown
from service.core.net.targets import vet_proxy
from service.core.settings import LOOPBACK
from tests.net.authority import Authority
from tests.net.forwarder import Forwarder, forwarding
from tests.net.receiver import OK, Receiver, always, hang_up, receiving

AUTHORITY = Authority()
HEADERS = {"content-type": "application/json"}
BODY = b"{}"
INNER = (ipaddress.ip_network("10.0.0.0/8"),)


def answering(**names: str) -> Lookup:
    async def lookup(name: str, port: int) -> Sequence[str]:
        address = names.get(name.partition(".")[0])
        if address is None:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return (address,)

    return lookup


PUBLIC = answering(hooks="8.8.8.8")


def through(
    proxy: Forwarder | str, *, trusted: bool = True, lookup: Lookup = PUBLIC
) -> aiohttp.ClientSession:
    url = proxy if isinstance(proxy, str) else proxy.url
    return guarded_session(
        LOOPBACK,
        lookup=lookup,
        tls=AUTHORITY.trusted(),
        proxy=Proxy(URL(url), trusted=trusted),
    )


async def sent(session: aiohttp.ClientSession, url: str, timeout_s: float = 5.0) -> Outcome:
    async with session:
        return await post(session, url, BODY, HEADERS, timeout_s=timeout_s, allowed=LOOPBACK)


@pytest.fixture
async def target(tmp_path: Path) -> AsyncIterator[Receiver]:
    """A subscriber behind TLS, under a name that only the proxy leads to it."""
    server = AUTHORITY.serving(tmp_path, "hooks.example")
    async with receiving(always(OK), tls=server) as listening:
        yield listening


@pytest.fixture
async def proxy(target: Receiver) -> AsyncIterator[Forwarder]:
    async with forwarding(hosts={"hooks.example": target.port}) as listening:
        yield listening


URL_OF_TARGET = "https://hooks.example/in"


async def test_https_goes_through_a_tunnel_and_is_verified_end_to_end(
    proxy: Forwarder, target: Receiver
) -> None:
    outcome = await sent(through(proxy), URL_OF_TARGET)

    assert outcome.succeeded and outcome.excerpt == "ok"
    assert proxy.heads[0].startswith("CONNECT hooks.example:443 HTTP/1.1\r\n")
    assert target.bodies == [BODY]


async def test_the_proxy_sees_neither_body_nor_our_headers_of_a_tunnel(
    proxy: Forwarder, target: Receiver
) -> None:
    session = through(proxy)
    async with session:
        headers = HEADERS | {"webhook-signature": "v1,x", "authorization": "Bearer theirs"}
        await post(session, URL_OF_TARGET, BODY, headers, timeout_s=5, allowed=LOOPBACK)

    assert "webhook-signature" not in proxy.heads[0].lower()
    assert "bearer theirs" not in proxy.heads[0].lower()
    assert "webhook-signature: v1,x" in target.heads[0].lower()


async def test_a_tunnel_is_kept_and_used_again(proxy: Forwarder, target: Receiver) -> None:
    async with through(proxy) as session:
        for _ in range(3):
            done = await post(session, URL_OF_TARGET, BODY, HEADERS, timeout_s=5, allowed=LOOPBACK)
            assert done.succeeded

    assert (proxy.connections, len(target.heads)) == (1, 3)


async def test_user_and_password_of_a_proxy_go_to_the_proxy_only(
    proxy: Forwarder, target: Receiver
) -> None:
    url = proxy.url.replace("//", "//me:w%40rd@")

    assert (await sent(through(url), URL_OF_TARGET)).succeeded
    assert "proxy-authorization: basic bwu6d0byza==" in proxy.heads[0].lower()
    assert "authorization" not in target.heads[0].lower()


async def test_plain_http_goes_through_where_its_network_is_allowed() -> None:
    async with receiving(always(OK)) as plain, forwarding() as proxy:
        outcome = await sent(through(proxy), plain.url)

    assert outcome.succeeded
    assert proxy.heads[0].startswith(f"POST {plain.url} HTTP/1.1")


async def test_a_proxy_may_itself_speak_tls(tmp_path: Path, target: Receiver) -> None:
    own = AUTHORITY.serving(tmp_path, "127.0.0.1")
    async with forwarding(tls=own, hosts={"hooks.example": target.port}) as proxy:
        outcome = await sent(through(proxy), URL_OF_TARGET)

    assert outcome.succeeded and target.bodies == [BODY]


REFUSED = """
https://10.0.0.1/ https://169.254.169.254/latest https://[fd00:ec2::254]/ https://0x7f.1:9/
https://inner.example/ https://hooks.example:25/ http://hooks.example/ http://unknown.example/
https://[::ffff:10.0.0.1]/ https://user@hooks.example/
"""


@pytest.mark.parametrize("url", REFUSED.split())
async def test_a_target_that_may_not_be_dialled_is_not_asked_of_the_proxy(url: str) -> None:
    lookup = answering(hooks="8.8.8.8", inner="10.0.0.1")
    async with forwarding() as proxy:
        outcome = await sent(through(proxy, lookup=lookup), url)

    assert outcome.refused and (outcome.status, outcome.error) == (None, "refused address")
    assert proxy.connections == 0


async def test_a_name_that_only_the_proxy_knows_is_the_proxys_to_judge(
    proxy: Forwarder, target: Receiver
) -> None:
    assert (await sent(through(proxy, lookup=answering()), URL_OF_TARGET)).succeeded


async def test_a_name_is_looked_up_once_for_many_requests(
    proxy: Forwarder, target: Receiver
) -> None:
    asked: list[str] = []

    async def lookup(name: str, port: int) -> Sequence[str]:
        asked.append(name)
        return ("8.8.8.8",)

    async with through(proxy, lookup=lookup) as session:
        for _ in range(3):
            await post(session, URL_OF_TARGET, BODY, HEADERS, timeout_s=5, allowed=LOOPBACK)

    assert asked == ["hooks.example"]


@pytest.mark.parametrize(
    "answer",
    [
        b"reset",
        b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 30_000,
    ],
    ids=["reset", "407", "403", "500", "no proxy", "endless head"],
)
async def test_a_proxys_own_failure_is_called_the_proxys(answer: bytes) -> None:
    async with forwarding(answer=answer) as proxy:
        outcome = await sent(through(proxy), URL_OF_TARGET)

    assert (outcome.status, outcome.error, outcome.refused) == (None, "proxy", False)
    assert outcome.ours


async def test_a_proxy_that_is_away_or_unknown_or_untrusted_is_called_the_proxys(
    tmp_path: Path,
) -> None:
    async with forwarding() as proxy:
        away = proxy.url
    stranger = Authority("A stranger").serving(tmp_path, "127.0.0.1")
    async with forwarding(tls=stranger) as distrusted:
        urls = [away, "http://unknown.example:3128", distrusted.url]
        outcomes = [await sent(through(url), URL_OF_TARGET) for url in urls]

    assert [outcome.error for outcome in outcomes] == ["proxy"] * 3


async def test_a_407_for_plain_http_is_the_proxys_too() -> None:
    answer = b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n"
    async with forwarding(answer=answer) as proxy:
        outcome = await sent(through(proxy), "http://127.0.0.1:9000/in")

    assert (outcome.status, outcome.error) == (None, "proxy")


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_target_that_the_proxy_cannot_reach_is_the_subscribers_failure(
    status: int,
) -> None:
    answer = f"HTTP/1.1 {status} Away\r\nContent-Length: 0\r\n\r\n".encode()
    async with forwarding(answer=answer) as proxy:
        outcome = await sent(through(proxy), URL_OF_TARGET)

    assert (outcome.status, outcome.error, outcome.ours) == (None, "unreachable", False)


async def test_what_a_target_does_behind_the_tunnel_is_its_own(tmp_path: Path) -> None:
    wrong = AUTHORITY.serving(tmp_path, "other.example")
    right = AUTHORITY.serving(tmp_path, "hooks.example")
    async with (
        receiving(always(OK), tls=wrong) as misnamed,
        receiving(hang_up(), tls=right) as ending,
        forwarding(hosts={"hooks.example": misnamed.port}) as proxy,
    ):
        tls = await sent(through(proxy), URL_OF_TARGET)
        proxy.hosts["hooks.example"] = ending.port
        reset = await sent(through(proxy), URL_OF_TARGET)

    assert tls.error == "tls"
    assert reset.error in ("connection reset", "connection closed")
    assert not tls.ours and not reset.ours


async def test_a_proxy_that_hangs_meets_the_deadline() -> None:
    async with forwarding(answer=b"hang") as proxy:
        outcome = await sent(through(proxy), URL_OF_TARGET, timeout_s=0.3)

    assert (outcome.error, outcome.duration_ms < 1500) == ("timeout", True)


async def test_a_subscribers_own_proxy_is_dialled_only_where_a_subscriber_could_be(
    target: Receiver,
) -> None:
    async with forwarding(hosts={"hooks.example": target.port}) as proxy:
        allowed = await sent(through(proxy, trusted=False), URL_OF_TARGET)
        strict = guarded_session((), lookup=PUBLIC, proxy=Proxy(URL(proxy.url), trusted=False))
        refused = await sent(strict, URL_OF_TARGET)

    assert allowed.succeeded
    assert (refused.error, refused.refused, proxy.connections) == ("proxy", False, 1)


@pytest.mark.parametrize(
    "url",
    ["http://proxy.example:3128", "https://me:word@proxy.example", "http://[2606:4700::1]:8080/"],
)
def test_a_proxys_url_is_taken(url: str) -> None:
    assert proxy_problem(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "", "proxy.example:3128", "socks5://proxy.example:1080", "ftp://proxy.example", "http://",
        "http://proxy.example/path", "http://proxy.example?x=secret", "http://proxy.example#x",
        "http://proxy.example\r\nx: secret", "http://pro xy", "http://proxy.example:0x",
        "http://proxy.example:99999", "http://" + "a" * 2048,
    ],
)  # fmt: skip
def test_what_is_no_proxys_url_is_refused_and_not_repeated(url: str) -> None:
    problem = proxy_problem(url)

    assert problem is not None and "secret" not in problem


@pytest.mark.parametrize(
    ("url", "allowed", "good"),
    [
        ("http://8.8.8.8:3128", (), True),
        ("http://8.8.8.8:25", (), False),
        ("http://10.0.0.1:3128", (), False),
        ("http://10.0.0.1:1", INNER, True),
        ("http://169.254.169.254", (), False),
        ("http://[::ffff:127.0.0.1]:3128", (), False),
        ("http://localhost:3128", (), False),
        ("http://hooks.example:8080", (), True),
        ("http://inner.example:8080", (), False),
        ("http://unknown.example:8080", (), True),
    ],
)
async def test_a_subscribers_proxy_is_vetted_when_it_is_named(
    url: str, allowed: Sequence[ipaddress.IPv4Network], good: bool
) -> None:
    lookup = answering(hooks="8.8.8.8", inner="10.0.0.1", localhost="127.0.0.1")

    assert (await vet_proxy(url, allowed, lookup) is None) is good


def test_a_proxy_is_told_without_its_password() -> None:
    assert shown("http://me:word@proxy.example:3128/") == "http://proxy.example:3128"
    assert "word" not in repr(Proxy(URL("http://me:word@proxy.example"), trusted=True))
