"""`events tail`, `listen` and `trigger` against a served instance, and what they do when it goes away."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from service.app import create_app
from service.cli import following
from service.core.settings import Settings
from tests.cli.test_commands import FarEnd, Run
from tests.cli.test_commands import far_end as far_end
from tests.cli.test_commands import run as run
from tests.ops.conftest import History, token_of
from tests.ops.conftest import history as history
from tests.serving import Receiver, receiving, serving

Start = Callable[..., Any]


@pytest.fixture
async def start(settings: Settings) -> AsyncIterator[Start]:
    """Serve the app, and start commands that speak to it."""
    async with serving(create_app(settings)) as url:
        env = {**os.environ, "HIREWIRE_URL": url, "HIREWIRE_ADMIN_TOKEN": token_of(settings)}

        @contextlib.asynccontextmanager
        async def started(*args: str) -> AsyncIterator[asyncio.subprocess.Process]:
            pipe = asyncio.subprocess.PIPE
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "service.cli", *args, env=env, stdout=pipe, stderr=pipe
            )
            try:
                yield process
            finally:
                if process.returncode is None:
                    process.kill()
                await process.communicate()

        yield started


async def _line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout
    return (await asyncio.wait_for(process.stdout.readline(), 15)).decode()


async def test_tail_prints_what_is_kept_and_what_comes_and_stops_at_its_limit(
    start: Start, history: History
) -> None:
    connection = await history.connection()
    kept = await history.tell(connection.id, "job.created", "7", name="Engineer")
    await history.tell(connection.id, "candidate.created")
    args = ("events", "tail", "--after", "oldest", "--type", "job.*", "--limit", "2")
    async with start(*args) as tail, start(*args, "--json") as as_json:
        first = await _line(tail)
        assert json.loads(await _line(as_json))["id"] == kept
        live = await history.tell(connection.id, "job.updated", "7", name="Baker")
        second = await _line(tail)
        assert json.loads(await _line(as_json))["id"] == live
        assert (await tail.wait(), await as_json.wait()) == (0, 0)

    assert kept in first and "job.created" in first and "job 7" in first and "name" in first
    assert live in second


async def test_listen_forwards_each_event_signed_with_the_secret_it_prints(
    start: Start, history: History
) -> None:
    connection = await history.connection()
    told = [await history.tell(connection.id, "candidate.created", str(n)) for n in range(2)]
    async with receiving() as receiver:
        receiver.answers = [500]
        args = ("listen", receiver.url, "--after", "oldest", "--limit", "2", "--json")
        async with start(*args) as listening:
            secret = json.loads(await _line(listening))["secret"]
            lines = [json.loads(await _line(listening)) for _ in told]
            assert await listening.wait() == 0
        _verified(receiver, secret)

    assert [(line["event_id"], line["status"]) for line in lines] == [
        (told[0], 500),
        (told[1], 200),
    ]


def _verified(receiver: Receiver, secret: str) -> None:
    from standardwebhooks.webhooks import Webhook

    assert len(receiver.tried) == 2
    for got in receiver.tried:
        Webhook(secret).verify(got.body, got.headers)
        assert got.headers["webhook-id"] == got.event["id"]


async def test_listen_goes_on_when_nobody_listens_to_it(start: Start, history: History) -> None:
    connection = await history.connection()
    await history.tell(connection.id, "candidate.created")
    args = ("listen", "http://127.0.0.1:9/", "--after", "oldest", "--limit", "1")
    async with start(*args) as listening:
        out, _ = await asyncio.wait_for(listening.communicate(), 15)

    assert b"ConnectError" in out and listening.returncode == 0


async def test_trigger_sends_a_webhook_that_the_instance_takes(
    start: Start, history: History
) -> None:
    connection = await history.connection()
    async with start("trigger", "new_candidate/import", "--candidate", "31", "--json") as sent:
        out, err = await asyncio.wait_for(sent.communicate(), 15)

    assert sent.returncode == 0, err
    told = json.loads(out)
    assert (told["event_subtype"], told["status"]) == ("import", 200)
    assert json.loads(told["answer"]) == {"status": "accepted"}
    assert await history.store.inbox.depth(connection.id) == (1, 0)


def _told(cursor: str, event_id: str) -> bytes:
    data = json.dumps({"id": event_id, "type": "job.created", "timestamp": "t", "data": {}})
    return f": a comment\nid: {cursor}\ndata: {data}\n\n".encode()


def test_a_stream_that_breaks_off_is_resumed_from_its_cursor(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "AGAIN_S", 0.01)
    far_end.says({"events": [], "next_cursor": "c0"})
    far_end.says(
        _told("c1", "evt_1") + b'id: c2\nevent: missed\ndata: {"missed": 3}\n\n' + b"id: c3\nda"
    )
    far_end.says({"title": "Service Unavailable"}, 503)
    far_end.says(_told("c4", "evt_2"))

    assert run("events", "tail", "--connection", "c", "--limit", "2") == 0

    printed = capsys.readouterr()
    assert "evt_1" in printed.out and "evt_2" in printed.out
    assert "3 events are gone" in printed.err and "broke off" in printed.err
    now, *streamed = [asked[1] for asked in far_end.asked]
    assert now == "/v1/events?connection_id=c&after=now&limit=1"
    # An event that was cut off was not seen: it comes again.
    path = "/v1/events/stream?connection_id=c&after="
    assert streamed == [path + "c0", path + "c2", path + "c2"]


def test_a_stream_that_is_refused_is_not_tried_again(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says({"title": "Forbidden", "detail": "this key lacks the scope feed"}, 403)

    assert run("events", "tail") == 1

    assert "lacks the scope feed" in capsys.readouterr().err
    assert len(far_end.asked) == 1


@pytest.mark.parametrize(
    ("command", "method", "path", "body"),
    [
        ("api-keys list", "GET", "api-keys?limit=50", None),
        ("api-keys remove k1 --yes", "DELETE", "api-keys/k1", None),
        (
            "api-keys add reader --scope feed --scope read --connection c1 --rate 9 "
            "--expires 2030-01-01T00:00:00Z",
            "POST",
            "api-keys",
            {
                "name": "reader",
                "scopes": ["feed", "read"],
                "connection_ids": ["c1"],
                "rate_per_minute": 9,
                "expires_at": "2030-01-01T00:00:00Z",
            },
        ),
        ("audit list --actor admin --limit 5", "GET", "audit?actor=admin&limit=5", None),
    ],
)
def test_key_and_audit_commands_ask_the_ops_api(
    far_end: FarEnd, run: Run, command: str, method: str, path: str, body: object
) -> None:
    assert run(*command.split(), "--json") == 0

    assert far_end.asked == [(method, f"/ops/v1/{path}", body)]


def test_the_audit_is_a_table_of_who_did_what(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = {
        "at": "2026-04-21T07:40:00.000Z",
        "actor": {"kind": "key", "id": "key_1", "name": "the CRM"},
        "action": "DELETE /dead-letters/{id}",
        "targets": {"id": "dlt_9"},
        "outcome": "done",
        "status": 204,
    }
    far_end.says({"items": [entry], "next_cursor": None})

    assert run("audit", "list") == 0

    said = capsys.readouterr().out
    assert all(part in said for part in ("the CRM", "DELETE", "id=dlt_9", "done"))


def test_trigger_asks_which_connection_when_there_are_several(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says({"items": [{"id": "a"}, {"id": "b"}]})

    assert run("trigger", "test") == 1

    assert "--connection" in capsys.readouterr().err


def test_trigger_can_print_the_request_instead(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = {"url": "https://h.test/w", "headers": {"x-recruitee-signature": "ab"}, "body": "{}"}
    far_end.says(sample)

    assert run("trigger", "test", "--connection", "c", "--print") == 0

    assert capsys.readouterr().out == "POST https://h.test/w\nx-recruitee-signature: ab\n\n{}\n"
