"""The processes behind `hirewire up`: start them, bring back what dies, end them in order."""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from service.core.logs import logger
from service.tether import Tether

BACKOFF_S = (0.0, 0.2, 0.5, 1.0, 2.0)
STEADY_S = 5.0  # a run shorter than this counts as a failed start
FAILED_STARTS = 5
CONFIG_STATUS = 2
LAST_WORDS = 4000
READY_POLL_S = 0.05
# What somebody did to a child from outside: no failure of the child's own.
FROM_OUTSIDE = frozenset({-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT})


@dataclass(frozen=True, slots=True)
class Spec:
    """One child process, and how it stands to the others."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    stage: int = 1
    """Started once all of the lower stages are ready; ended before them."""
    grace_s: float = 25.0
    ready: Callable[[], bool] | None = None
    """Says whether it serves (called in a thread); without one it is ready once started."""
    on_ready: Callable[[], Awaitable[None]] | None = None
    """Runs once per run of the child, when it is ready; cancelled when that run ends."""
    pass_fds: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the whole was given up: the child, its exit status, and its last lines of stderr."""

    name: str
    status: int
    last_words: str


class Child:
    """One spec's process: at most one runs at a time."""

    def __init__(self, spec: Spec, tether: Tether, errors: BinaryIO) -> None:
        self.spec = spec
        self.ready = asyncio.Event()
        self._tether = tether
        self._errors = errors
        self._last_words = b""

    async def keep_running(self, lower: Sequence["Child"]) -> Failure:
        """Run it again whenever it ends; return only when it cannot be started.

        Cancelled, it asks the process to stop and kills it after its grace.
        """
        failed = 0
        while True:
            for other in lower:
                await other.ready.wait()
            began = time.monotonic()
            status = await self._run_once()
            if status not in FROM_OUTSIDE:
                failed = failed + 1 if time.monotonic() - began < STEADY_S else 1
            if status == CONFIG_STATUS or failed >= FAILED_STARTS:
                return Failure(self.spec.name, status, self._last_words.decode(errors="replace"))
            log.warning("process.ended", name=self.spec.name, status=status, failed=failed)
            await asyncio.sleep(BACKOFF_S[min(failed, len(BACKOFF_S) - 1)])

    async def _run_once(self) -> int:
        self._last_words = b""
        process = await asyncio.create_subprocess_exec(
            *self.spec.argv,
            env=dict(self.spec.env),
            stdin=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            # Ctrl-C reaches the whole foreground group: without a session of their own all
            # children would end at once, Redis before those that still need it.
            start_new_session=True,
            pass_fds=self.spec.pass_fds,
            preexec_fn=self._tether.preexec,
        )
        self._tether.hold(process.pid)
        watch = asyncio.create_task(self._watch_ready())
        pump = asyncio.create_task(self._pump(process))
        try:
            return await process.wait()
        except asyncio.CancelledError:
            await self._end(process)
            raise
        finally:
            self.ready.clear()
            self._tether.release(process.pid)
            await _cancelled([watch])
            # Grandchildren may hold the pipe open: wait for its end only briefly.
            await asyncio.wait([pump], timeout=0.2)
            await _cancelled([pump])

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), self.spec.grace_s)
        except TimeoutError:
            process.kill()
            await process.wait()
            log.warning("process.killed", name=self.spec.name, grace_s=self.spec.grace_s)

    async def _watch_ready(self) -> None:
        if self.spec.ready is not None:
            while not await asyncio.to_thread(self.spec.ready):  # noqa: ASYNC110 (a process's state)
                await asyncio.sleep(READY_POLL_S)
        self.ready.set()
        if self.spec.on_ready is not None:
            await self.spec.on_ready()

    async def _pump(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None  # noqa: S101 (asked for a pipe)
        while said := await process.stderr.read(65_536):
            self._last_words = (self._last_words + said)[-LAST_WORDS:]
            with contextlib.suppress(OSError):
                self._errors.write(said)
                self._errors.flush()


async def supervise(
    specs: Sequence[Spec], *, stop: asyncio.Event, errors: BinaryIO | None = None
) -> Failure | None:
    """Run `specs` until `stop` is set (None) or one of them cannot be started (Failure).

    All children have ended when this returns: the higher stages first, side by side, each with
    its grace; then the lower ones.
    """
    tether = Tether()
    children = [Child(spec, tether, errors or sys.stderr.buffer) for spec in specs]
    keepers = [
        asyncio.create_task(child.keep_running(_below(child, children)), name=child.spec.name)
        for child in children
    ]
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([stopped, *keepers], return_when=asyncio.FIRST_COMPLETED)
        return next((keeper.result() for keeper in keepers if keeper.done()), None)
    finally:
        for stage in sorted({spec.stage for spec in specs}, reverse=True):
            await _cancelled(
                [keeper for spec, keeper in zip(specs, keepers, strict=True) if spec.stage == stage]
            )
        await _cancelled([stopped])
        tether.close()


def stop_on_signals(stop: asyncio.Event) -> None:
    """Set `stop` on SIGTERM, SIGINT (Ctrl-C) and SIGHUP (the terminal was closed)."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)


def _below(child: Child, children: Sequence[Child]) -> list[Child]:
    return [other for other in children if other.spec.stage < child.spec.stage]


async def _cancelled(tasks: Sequence["asyncio.Task[Any]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


log = logger("supervisor")
