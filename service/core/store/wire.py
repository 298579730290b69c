"""One connection to Redis on which all that a tick of the loop asks for leaves in one write.

redis-py makes the connection (addresses, TLS, AUTH, SELECT, name) and names the errors; from then on
hiredis packs and reads, and replies are matched to what was asked by their order. Measured: a command
costs a fifth of what it costs in a pipeline of redis-py.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Any, cast

import hiredis
from redis._parsers.base import BaseParser
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, NoScriptError, RedisError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

Command = tuple[Any, ...]
Read = Callable[[Any], Any]

FIRST_PAUSE_S, LAST_PAUSE_S = 0.05, 1.0
TICK_S = 0.1
CLOSE_WITHIN_S = 1.0
_MORE = object()  # no reply is complete yet


class Asked:
    """One command: who waits for its reply, and how often it may still be sent."""

    __slots__ = ("command", "future", "left", "read", "sent_at", "until")

    def __init__(
        self,
        command: Command,
        future: "asyncio.Future[Any]",
        read: Read | None,
        left: int,
        until: float,
    ) -> None:
        self.command = command
        self.future = future
        self.read = read
        self.left = left
        self.until = until
        self.sent_at = 0.0

    def settle(self, reply: Any) -> None:
        """Give the reply, as its reader makes it, to who waits, if anybody still does."""
        if self.future.done():
            return
        try:
            self.future.set_result(self.read(reply) if self.read else reply)
        except (TypeError, ValueError, LookupError) as error:
            self.future.set_exception(error)

    def fail(self, error: Exception) -> None:
        """Tell who waits, if anybody still does."""
        if not self.future.done():
            self.future.set_exception(error)


class Wire(asyncio.Protocol):
    """Sends commands in order; what a lost connection left unanswered is sent again on the next.

    So a command may be carried out twice. `whole` gives the form of a script call that brings the
    script's text, for a server that does not know it; `fault` makes redis-py's errors the caller's.
    No command waits longer than `within_s` (None: as long as its tries last), and a connection that
    says nothing for `silent_s` is given up.
    """

    def __init__(
        self, redis: Redis, whole: Callable[[Command], Command], fault: Callable[[Exception], Exception],
        *, tries: int, silent_s: float, within_s: float | None,
    ) -> None:  # fmt: skip
        self._redis = redis
        self._whole = whole
        self._fault = fault
        self._tries = tries
        self._silent_s = silent_s
        self._within_s = within_s or float("inf")
        self._waiting: list[Asked] = []
        self._sent: deque[Asked] = deque()
        self._transport: asyncio.Transport | None = None
        self._reader = _reader()
        self._dialling: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._stream: object = None  # one that is let go of closes its transport

    def ask(self, command: Command, read: Read | None = None) -> "asyncio.Future[Any]":
        """Send a command with all others of this tick; the future raises what `fault` made."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        if self._closed:
            future.set_exception(self._fault(RedisConnectionError("closed")))
            return future
        self._send(Asked(command, future, read, self._tries, loop.time() + self._within_s))
        return future

    def hurry(self, within_s: float) -> None:
        """Let no command wait longer than `within_s`, those that wait already included."""
        self._within_s = min(self._within_s, within_s)
        until = asyncio.get_running_loop().time() + within_s
        for one in (*self._sent, *self._waiting):
            one.until = min(one.until, until)

    async def close(self) -> None:
        """Let what was asked be answered, for a moment, then hang up; what is left fails."""
        loop = asyncio.get_running_loop()
        until = loop.time() + CLOSE_WITHIN_S
        while (left := self._unanswered()) and (pause := until - loop.time()) > 0:
            await asyncio.wait([one.future for one in left], timeout=pause)
        self._closed = True
        for one in left:
            self._fail(one, RedisConnectionError("closed"))
        if self._timer:
            self._timer.cancel()
        if self._dialling:
            self._dialling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._dialling
        if self._transport:
            self._transport.close()
            await asyncio.sleep(0)

    def _unanswered(self) -> list[Asked]:
        return [one for one in (*self._sent, *self._waiting) if not one.future.done()]

    def _flush(self) -> None:
        if self._transport is None:
            if self._dialling is None and not self._closed:
                self._dialling = asyncio.get_running_loop().create_task(self._dial())
            self._tick_later()
            return
        # Who waits may have been cancelled since.
        batch = [one for one in self._waiting if not one.future.done()]
        self._waiting = []
        now = asyncio.get_running_loop().time()
        packed = []
        for one in batch:
            try:
                packed.append(hiredis.pack_command(one.command))
            except (TypeError, ValueError) as error:
                self._fail(one, error)
                continue
            one.sent_at = now
            self._sent.append(one)
        self._transport.write(b"".join(packed))
        self._tick_later()

    async def _dial(self) -> None:
        """Connect, however often what waits may still be tried; then send it."""
        pause = FIRST_PAUSE_S
        try:
            while self._transport is None and self._waiting:
                try:
                    await self._connect()
                except (RedisError, OSError, TimeoutError) as error:
                    self._again(error)
                    if not self._waiting:
                        return  # whoever asks next begins with a short pause again
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, LAST_PAUSE_S)
        finally:
            self._dialling = None
        if self._waiting and not self._closed:
            self._flush()

    async def _connect(self) -> None:
        connection = cast(AbstractConnection, self._redis.connection_pool.make_connection())  # type: ignore[no-untyped-call]
        connection.retry = Retry(NoBackoff(), 0)  # tries are counted here
        try:
            await connection.connect()  # type: ignore[no-untyped-call]
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        # From here on the socket is ours: redis-py's streams would cost more than all else.
        stream, connection._writer, connection._reader = connection._writer, None, None
        assert stream is not None  # noqa: S101 (connect() raises otherwise)
        self._stream = stream
        self._reader = _reader()
        self._transport = cast(asyncio.Transport, stream.transport)
        self._transport.set_protocol(self)

    def data_received(self, data: bytes) -> None:
        """Hand replies to those that asked, in order."""
        try:
            self._reader.feed(data)
            while (reply := self._reader.gets()) is not _MORE:
                if not isinstance(reply, hiredis.PushNotification):
                    self._answer(reply)
        except RedisConnectionError:
            self._hang_up()

    def _answer(self, reply: Any) -> None:
        """Settle the oldest."""
        one = self._sent.popleft()
        if isinstance(reply, BusyLoadingError):
            self._later(one, reply)
        elif isinstance(reply, NoScriptError) and not one.future.done():
            one.command = self._whole(one.command)
            self._send(one)
        elif isinstance(reply, Exception):
            self._fail(one, reply)
        else:
            one.settle(reply)

    def _later(self, one: Asked, error: RedisError) -> None:
        """Send again, after a growing pause, what a server that reads its files does not answer yet."""
        pause = min(FIRST_PAUSE_S * 2 ** (self._tries - one.left), LAST_PAUSE_S)
        one.left -= 1
        if one.left < 0:
            self._fail(one, error)
        else:
            asyncio.get_running_loop().call_later(pause, self._send, one)

    def _send(self, one: Asked) -> None:
        if self._closed:
            return self._fail(one, RedisConnectionError("closed"))
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append(one)

    def connection_lost(self, exc: Exception | None) -> None:
        """Send what is unanswered again, on the next connection, before what was asked since."""
        self._transport, self._stream = None, None
        self._waiting = [*self._sent, *self._waiting]
        self._sent.clear()
        self._again(RedisConnectionError("the connection was lost"))
        if self._waiting and not self._closed:
            self._flush()

    def _again(self, error: Exception) -> None:
        """Count one try of all that waits; fail what has none left."""
        for one in self._waiting:
            one.left -= 1
            if one.left < 0:
                self._fail(one, error)
        self._waiting = [one for one in self._waiting if not one.future.done()]

    def _fail(self, one: Asked, error: Exception) -> None:
        one.fail(self._fault(error))

    def _hang_up(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _tick_later(self) -> None:
        if self._timer is None and (self._sent or self._waiting) and not self._closed:
            self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def _tick(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        for one in (*self._sent, *self._waiting):
            if now > one.until:
                self._fail(one, RedisTimeoutError("no answer in time"))
        if self._sent and now - self._sent[0].sent_at > self._silent_s:
            self._hang_up()
        self._tick_later()


def _reader() -> hiredis.Reader:
    return hiredis.Reader(
        replyError=_error, protocolError=RedisConnectionError, notEnoughData=_MORE
    )


def _error(text: str) -> Exception:
    error: Exception = BaseParser.parse_error(text)  # type: ignore[no-untyped-call]
    return error if isinstance(error, RedisError) else ResponseError(text)
