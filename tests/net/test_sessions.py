"""The sessions that requests leave through: certificates and proxies kept apart, and not for ever."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from service.core.net.certificates import client_context
from service.core.net.exchange import Outcome
from service.core.net.sessions import Sessions
from service.core.settings import LOOPBACK
from tests.net.authority import DAY, Authority
from tests.net.forwarder import forwarding
from tests.net.receiver import OK, Receiver, Writer, always, hang, receiving
from tests.serving import until

AUTHORITY = Authority()
BODY = b"{}"


@dataclass(frozen=True)
class Reached:
    """A subscriber, as far as the network sees it."""

    url: str
    proxy: str | None = None
    client_certificate: str | None = None


@pytest.fixture
async def sessions() -> AsyncIterator[Sessions]:
    opened = Sessions(LOOPBACK, trust=AUTHORITY.trusted, most=3, idle_s=60)
    yield opened
    await opened.close()


@pytest.fixture
async def demanding(tmp_path: Path) -> AsyncIterator[Receiver]:
    """A subscriber that answers with its client's subject, and takes none without a certificate."""
    server = AUTHORITY.demands_clients(AUTHORITY.serving(tmp_path, "127.0.0.1"))
    async with receiving(_who, tls=server) as listening:
        yield listening


async def _who(receiver: Receiver, writer: Writer) -> None:
    subject = writer.get_extra_info("peercert")["subject"][0][0][1].encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(subject)}\r\n\r\n".encode()
    await receiver.send(writer, head + subject)


async def posted(sessions: Sessions, way: Reached, timeout_s: float = 5.0) -> Outcome:
    return await sessions.post(way, BODY, {"content-type": "text/plain"}, timeout_s=timeout_s)


async def test_a_subscriber_sees_the_certificate_that_it_brought_and_no_others(
    sessions: Sessions, demanding: Receiver
) -> None:
    ways = [
        Reached(demanding.url, client_certificate=AUTHORITY.issue(name)) for name in ("one", "two")
    ]

    outcomes = [await posted(sessions, way) for _ in range(2) for way in ways]

    assert [outcome.excerpt for outcome in outcomes] == ["one", "two", "one", "two"]
    assert (demanding.connections, len(sessions)) == (2, 2)


@pytest.mark.parametrize(
    "certificate",
    [
        None,
        Authority("A stranger").issue("one"),
        AUTHORITY.issue("one", begins=-3 * DAY, ends=-DAY),
    ],
    ids=["none", "of a stranger", "expired"],
)
async def test_without_a_fit_certificate_the_handshake_fails(
    sessions: Sessions, demanding: Receiver, certificate: str | None
) -> None:
    outcome = await posted(sessions, Reached(demanding.url, client_certificate=certificate))

    assert not outcome.succeeded and outcome.status is None and not outcome.ours
    assert outcome.error in ("tls", "connection reset", "connection closed")


async def test_a_stored_certificate_that_is_of_no_use_is_our_failure(
    sessions: Sessions, demanding: Receiver
) -> None:
    outcome = await posted(sessions, Reached(demanding.url, client_certificate="damaged"))

    assert (outcome.error, outcome.ours, demanding.connections) == ("client certificate", True, 0)
    assert len(sessions) == 0


async def test_who_needs_nothing_special_shares_the_default_session(sessions: Sessions) -> None:
    async with receiving(always(OK)) as plain:
        for _ in range(3):
            assert (await posted(sessions, Reached(plain.url))).succeeded
        async with sessions.of(Reached(plain.url)) as session:
            assert session is sessions.default

    assert (plain.connections, len(sessions)) == (1, 0)


async def test_a_subscribers_proxy_goes_before_the_installations() -> None:
    async with receiving(always(OK)) as plain, forwarding() as ours, forwarding() as theirs:
        opened = Sessions(LOOPBACK, ours.url)
        done = [
            await posted(opened, Reached(plain.url)),
            await posted(opened, Reached(plain.url, proxy=theirs.url)),
        ]
        await opened.close()

    assert all(outcome.succeeded for outcome in done)
    assert (ours.connections, theirs.connections, plain.connections) == (1, 1, 2)


async def test_a_certificate_is_shown_through_the_installations_proxy(
    demanding: Receiver,
) -> None:
    async with forwarding() as proxy:
        opened = Sessions(LOOPBACK, proxy.url, trust=AUTHORITY.trusted)
        way = Reached(demanding.url, client_certificate=AUTHORITY.issue("one"))
        outcome = await posted(opened, way)
        await opened.close()

    assert (outcome.excerpt, proxy.connections) == ("one", 1)
    assert proxy.heads[0].startswith("CONNECT 127.0.0.1:")


async def test_the_least_recently_used_session_goes_first_and_its_connections_close(
    sessions: Sessions, demanding: Receiver
) -> None:
    ways = [
        Reached(demanding.url, client_certificate=AUTHORITY.issue(f"client {n}")) for n in range(5)
    ]

    for way in ways:
        assert (await posted(sessions, way)).succeeded

    await until(lambda: demanding.open == 3)
    assert len(sessions) == 3
    await posted(sessions, ways[4])
    assert demanding.connections == 5
    await posted(sessions, ways[0])
    assert demanding.connections == 6


async def test_a_session_in_use_is_not_closed_however_many_others_open(
    sessions: Sessions, demanding: Receiver
) -> None:
    certificate = AUTHORITY.issue("one")
    async with sessions.of(Reached(demanding.url, client_certificate=certificate)) as held:
        for n in range(5):
            way = Reached(demanding.url, client_certificate=AUTHORITY.issue(f"client {n}"))
            assert (await posted(sessions, way)).succeeded

        assert not held.closed and len(sessions) == 3


async def test_an_idle_session_is_closed_and_opened_again_when_needed(demanding: Receiver) -> None:
    sessions = Sessions(LOOPBACK, trust=AUTHORITY.trusted, idle_s=0.02)
    way = Reached(demanding.url, client_certificate=AUTHORITY.issue("one"))

    first = await posted(sessions, way)
    await until(lambda: len(sessions) == 0 and demanding.open == 0)
    second = await posted(sessions, way)
    await sessions.close()

    assert first.succeeded and second.succeeded and demanding.connections == 2


async def test_many_at_once_open_one_session(sessions: Sessions, demanding: Receiver) -> None:
    way = Reached(demanding.url, client_certificate=AUTHORITY.issue("one"))

    outcomes = await asyncio.gather(*(posted(sessions, way) for _ in range(8)))

    assert all(outcome.succeeded for outcome in outcomes) and len(sessions) == 1


async def test_opening_a_session_counts_against_the_deadline(sessions: Sessions) -> None:
    async with receiving(hang) as silent:
        outcome = await posted(
            sessions, Reached(silent.url, client_certificate=AUTHORITY.issue("one")), 0.3
        )

    assert outcome.error == "timeout"


def test_the_private_key_is_left_in_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    assert isinstance(client_context(AUTHORITY.issue("one")), ssl.SSLContext)
    assert list(tmp_path.iterdir()) == []
