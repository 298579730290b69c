"""The guarded session on real sockets: which dials happen, whatever a name or a literal says."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Sequence

import aiohttp
import pytest

from service.core.net.dialling import AddressRefusedError
from service.core.net.guard import guarded_session
from service.core.net.names import Lookup
from tests.net.receiver import OK, Receiver, always, receiving

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


def answering(*addresses: str) -> Lookup:
    async def lookup(name: str, port: int) -> Sequence[str]:
        return addresses

    return lookup


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving(always(OK)) as listening:
        yield listening


async def refused(session: aiohttp.ClientSession, url: str) -> bool:
    """Whether a post ended with the guard's refusal; closes the session."""
    async with session:
        try:
            async with asyncio.timeout(5), session.post(url, data=b"{}", allow_redirects=False):
                return False
        except aiohttp.ClientConnectorError as error:
            return isinstance(error.os_error, AddressRefusedError)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost", "0x7f.1"]
)
async def test_loopback_is_not_dialled_in_any_notation(host: str, receiver: Receiver) -> None:
    assert await refused(guarded_session(()), f"http://{host}:{receiver.port}/")
    assert receiver.connections == 0


async def test_an_allowed_network_is_dialled_by_name_and_by_number(receiver: Receiver) -> None:
    for host in ("127.0.0.1", "localhost"):
        assert not await refused(guarded_session(LOOPBACK), f"http://{host}:{receiver.port}/")

    assert receiver.connections == 2


async def test_a_name_with_mixed_answers_is_refused_though_the_first_is_good(
    receiver: Receiver,
) -> None:
    session = guarded_session(LOOPBACK, lookup=answering("127.0.0.1", "10.0.0.1"))

    assert await refused(session, f"http://mixed.example:{receiver.port}/")
    assert receiver.connections == 0


async def test_a_name_that_was_public_when_registered_is_judged_by_what_it_is_now(
    receiver: Receiver,
) -> None:
    answers = iter([("8.8.8.8",), ("127.0.0.1",)])

    async def lookup(name: str, port: int) -> Sequence[str]:
        return next(answers)

    assert await lookup("rebinding.example", 443) == ("8.8.8.8",)
    session = guarded_session((), lookup=lookup)
    assert await refused(session, f"https://rebinding.example:{receiver.port}/")
    assert receiver.connections == 0


@pytest.mark.parametrize(
    "url", ["http://public.example:443/", "http://8.8.8.8:443/", "ws://8.8.8.8:443/"]
)
async def test_plain_http_is_not_dialled_outside_the_allowed_networks(url: str) -> None:
    session = guarded_session(LOOPBACK, lookup=answering("8.8.8.8"))

    assert await refused(session, url)


async def test_a_public_host_is_not_dialled_on_a_port_of_other_services() -> None:
    session = guarded_session(LOOPBACK, lookup=answering("8.8.8.8"))

    assert await refused(session, "https://public.example:25/")


async def test_a_redirect_that_is_followed_by_mistake_meets_the_guard_too() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    async with receiving(always(moved)) as receiver, guarded_session(LOOPBACK) as session:
        with pytest.raises(aiohttp.ClientConnectorError) as raised:
            await session.post(receiver.url, data=b"{}")

    assert isinstance(raised.value.os_error, AddressRefusedError)


async def test_proxies_of_the_environment_are_ignored(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    assert not await refused(guarded_session(LOOPBACK), receiver.url)
    assert receiver.heads[0].startswith("POST /hook HTTP/1.1")


async def test_names_whose_servers_hang_do_not_hold_up_others(receiver: Receiver) -> None:
    async def lookup(name: str, port: int) -> Sequence[str]:
        if name.startswith("slow"):
            await asyncio.Event().wait()
        return ("127.0.0.1",)

    async with guarded_session(LOOPBACK, lookup=lookup) as session:
        slow = [
            asyncio.ensure_future(session.post(f"http://slow{n}.example:{receiver.port}/"))
            for n in range(40)
        ]
        async with asyncio.timeout(5), session.post(f"http://fast.example:{receiver.port}/"):
            assert receiver.connections == 1
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)


async def test_a_name_that_does_not_resolve_is_no_refusal() -> None:
    async def lookup(name: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    async with guarded_session(LOOPBACK, lookup=lookup) as session:
        with pytest.raises(aiohttp.ClientConnectorDNSError) as raised:
            await session.post("https://unknown.example/")

    assert not isinstance(raised.value.os_error, AddressRefusedError)


async def test_past_its_limit_of_open_sockets_a_session_keeps_none_idle() -> None:
    async with receiving(always(OK)) as receiver, guarded_session(LOOPBACK, limit=2) as session:
        for _ in range(2):
            await asyncio.gather(*(_post(session, receiver.url) for _ in range(4)))

    assert any("connection: close" in head.lower() for head in receiver.heads)
    assert len(receiver.heads) == 8


async def _post(session: aiohttp.ClientSession, url: str) -> None:
    async with session.post(url, data=b"{}") as answer:
        await answer.read()
