"""Redis itself: one way to connect, and a pipe that sends what one loop tick asked for together."""

import asyncio
import hashlib
import re
from collections.abc import Sequence
from importlib import resources
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from service.core.errors import StoreUnavailable

Arg = str | bytes | int | float
# What a script starts with besides the prelude: its own functions live in `lua/_<name>.lua`.
INCLUDES = {
    "begin": ("turn",),
    "turn": ("turn",),
    "step": ("open", "settle"),
    "open_replay": ("open",),
}
MAX_BATCH = 256


def connect(
    url: str, *, tries: int = 20, timeout_s: float = 5, name: str = "hirewire"
) -> Redis:
    """Open a client that rides through a restart: `tries` attempts, 50 ms apart growing to 1 s."""
    client: Redis = Redis.from_url(
        url,
        client_name=name,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        health_check_interval=15,
        retry=Retry(ExponentialBackoff(cap=1, base=0.05), tries),
        retry_on_error=[RedisConnectionError, RedisTimeoutError, OSError],
    )
    return client


class Script(NamedTuple):
    """A script's text and the name Redis knows it by."""

    text: bytes
    sha: str


def load_scripts() -> dict[str, Script]:
    """Read every script of `lua/`, each behind the prelude and what it includes."""
    folder = resources.files("service.core.store") / "lua"
    texts = {path.name.removesuffix(".lua"): path.read_bytes() for path in folder.iterdir()}
    scripts = {}
    for name, text in texts.items():
        if not name.startswith("_"):
            parts = [
                texts["_prelude"],
                *(texts["_" + part] for part in INCLUDES.get(name, ())),
                text,
            ]
            whole = b"\n".join(parts)
            scripts[name] = Script(whole, hashlib.sha1(whole, usedforsecurity=False).hexdigest())
    return scripts


class Pipe:
    """Runs scripts and commands; all that one tick of the event loop asks for goes in one pipeline.

    Every script may be sent twice (a reply can be lost on the way): each is written so that the
    second run does no harm.
    """

    def __init__(self, redis: Redis, timeout_s: float | None = None) -> None:
        self.redis = redis
        self._timeout_s = timeout_s
        self._scripts = load_scripts()
        self._waiting: list[tuple[tuple[Any, ...], asyncio.Future[Any]]] = []
        self._flushes: set[asyncio.Task[None]] = set()

    def run(self, script: str, *args: Arg) -> "asyncio.Future[Any]":
        """Run a script of `lua/` with `args` as its ARGV; raises StoreUnavailable from the await."""
        return self._ask(("EVALSHA", self._scripts[script].sha, 0, *args))

    def call(self, *command: Arg) -> "asyncio.Future[Any]":
        """Run one plain command; raises StoreUnavailable from the await."""
        return self._ask(command)

    async def close(self) -> None:
        """Wait for what is under way, then close the connections."""
        if self._flushes:
            await asyncio.gather(*self._flushes, return_exceptions=True)
        await self.redis.aclose()

    def _ask(self, command: tuple[Any, ...]) -> "asyncio.Future[Any]":
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._flush_soon)
        self._waiting.append((command, future))
        return future

    def _flush_soon(self) -> None:
        batch, self._waiting = self._waiting, []
        for start in range(0, len(batch), MAX_BATCH):
            task = asyncio.get_running_loop().create_task(
                self._flush(batch[start : start + MAX_BATCH])
            )
            self._flushes.add(task)
            task.add_done_callback(self._flushes.discard)

    async def _flush(self, batch: Sequence[tuple[tuple[Any, ...], "asyncio.Future[Any]"]]) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                replies = await self._send([command for command, _ in batch])
        except (RedisError, OSError, TimeoutError) as error:
            replies = [error] * len(batch)
        except BaseException as error:
            _settle(batch, [StoreUnavailable(f"Redis: {type(error).__name__}")] * len(batch))
            raise
        _settle(batch, replies)

    async def _send(self, commands: list[tuple[Any, ...]]) -> list[Any]:
        replies = await self._pipeline(commands)
        missing = [i for i, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if missing:
            await self._pipeline(
                [("SCRIPT", "LOAD", script.text) for script in self._scripts.values()]
            )
            for i, reply in zip(
                missing, await self._pipeline([commands[i] for i in missing]), strict=True
            ):
                replies[i] = reply
        return replies

    async def _pipeline(self, commands: list[tuple[Any, ...]]) -> list[Any]:
        pipeline = self.redis.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        replies: list[Any] = await pipeline.execute(raise_on_error=False)
        return replies


def _settle(
    batch: Sequence[tuple[tuple[Any, ...], "asyncio.Future[Any]"]], replies: Sequence[Any]
) -> None:
    for (_, future), reply in zip(batch, replies, strict=True):
        if future.done():
            continue
        if isinstance(reply, StoreUnavailable):
            future.set_exception(reply)
        elif isinstance(reply, BaseException):
            future.set_exception(StoreUnavailable(f"Redis: {_said(reply)}"))
        else:
            future.set_result(reply)


def _said(error: BaseException) -> str:
    # An error's text may quote a command's arguments; its class, its code and a script's line do not.
    if not isinstance(error, RedisError):
        return type(error).__name__
    code = str(error).split(" ", 1)[0].rstrip(":")
    line = re.search(r"user_script:\d+: [^'\"]{0,80}", str(error))
    return f"{type(error).__name__} {code} {line.group() if line else ''}".strip()
