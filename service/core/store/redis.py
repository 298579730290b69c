"""Redis itself: one way to connect, and a pipe that sends what one loop tick asked for together."""

import asyncio
import hashlib
import re
from importlib import resources
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from service.core.errors import StoreUnavailable
from service.core.store.wire import Wire

Arg = str | bytes | int | float
# What a script starts with besides the prelude: its own functions live in `lua/_<name>.lua`.
INCLUDES = {
    "begin": ("turn",),
    "turn": ("turn",),
    "step": ("open", "settle", "tell", "say", "breaker", "choose"),
    "skip_delivery": ("open", "settle"),
    "skip_open": ("open", "settle"),
    "open_replay": ("open", "replay"),
    "open_backfill": ("open", "replay"),
    "next_replay": ("replay",),
    "next_backfill": ("replay",),
    "select_replay": ("replay",),
    "move_replay": ("replay",),
    "open_test": ("open",),
    "pause_subscriber": ("settle",),
    "change_subscriber": ("settle",),
    "remove_subscriber": ("settle",),
    "skip": ("tell",),
    "say_hidden": ("tell",),
    "rows": ("row",),
    "families": ("row",),
}


def connect(url: str, *, tries: int = 20, timeout_s: float = 5, name: str = "hirewire") -> Redis:
    """Open a client that rides through a restart: `tries` attempts, 50 ms apart growing to 1 s."""
    client: Redis = Redis.from_url(
        url,
        client_name=name,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(ExponentialBackoff(cap=1, base=0.05), tries),
        retry_on_error=[RedisConnectionError, RedisTimeoutError, OSError],
    )
    return client


class Script(NamedTuple):
    """A script's text and the name Redis knows it by."""

    text: bytes
    sha: str


def load_scripts() -> dict[str, Script]:
    """Read every script of `lua/`, each behind the prelude and what it includes.

    A first line that begins with `#!` stays the first: it is a word to the server.
    """
    folder = resources.files("service.core.store") / "lua"
    texts = {path.name.removesuffix(".lua"): path.read_bytes() for path in folder.iterdir()}
    scripts = {}
    for name, text in texts.items():
        if not name.startswith("_"):
            head, rest = text.split(b"\n", 1) if text.startswith(b"#!") else (b"", text)
            parts = [
                *([head] if head else []),
                texts["_prelude"],
                *(texts["_" + part] for part in INCLUDES.get(name, ())),
                rest,
            ]
            whole = b"\n".join(parts)
            scripts[name] = Script(whole, hashlib.sha1(whole, usedforsecurity=False).hexdigest())
    return scripts


class Pipe:
    """Runs scripts and commands; all that one tick of the event loop asks for leaves in one write.

    Every script may be sent twice (a reply can be lost on the way): each is written so that the
    second run does no harm.
    """

    def __init__(self, redis: Redis, timeout_s: float | None = None) -> None:
        self.redis = redis
        self._scripts = load_scripts()
        self._texts = {script.sha: script.text for script in self._scripts.values()}
        asked = redis.connection_pool.connection_kwargs
        self._wire = Wire(
            redis, self._whole, _unavailable, tries=asked["retry"]._retries,
            silent_s=asked["socket_timeout"], within_s=timeout_s,
        )  # fmt: skip

    def run(self, script: str, *args: Arg) -> "asyncio.Future[Any]":
        """Run a script of `lua/` with `args` as its ARGV; raises StoreUnavailable from the await."""
        return self._ask(("EVALSHA", self._scripts[script].sha, 0, *args))

    def call(self, *command: Arg) -> "asyncio.Future[Any]":
        """Run one plain command; raises StoreUnavailable from the await."""
        return self._ask(command)

    def hurry(self, within_s: float) -> None:
        """Let nothing wait longer than this from now on: the process is about to end."""
        self._wire.hurry(within_s)

    async def close(self) -> None:
        """Wait for what is under way, then close the connections."""
        await self._wire.close()
        await self.redis.aclose()

    def _ask(self, command: tuple[Any, ...]) -> "asyncio.Future[Any]":
        # Replies have redis-py's shapes (a hash is a dict), scripts' are as they come.
        return self._wire.ask(command, self.redis.response_callbacks.get(command[0]))

    def _whole(self, command: tuple[Any, ...]) -> tuple[Any, ...]:
        return ("EVAL", self._texts[command[1]], *command[2:])


def _unavailable(error: Exception) -> StoreUnavailable:
    return StoreUnavailable(f"Redis: {_said(error)}")


def _said(error: BaseException) -> str:
    # An error's text may quote a command's arguments; its class, its code and a script's line do not.
    if not isinstance(error, RedisError):
        return type(error).__name__
    if isinstance(error.__cause__, RedisError):
        error = error.__cause__  # what a handshake was refused for
    code = str(error).split(" ", 1)[0].rstrip(":")
    line = re.search(r"user_script:\d+: [^'\"]{0,80}", str(error))
    return f"{type(error).__name__} {code} {line.group() if line else ''}".strip()
