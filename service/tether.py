"""Tie a child process to its parent: it ends with it, even when that one is killed with -9."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1

# Where the kernel offers no such tie, one process beside the children reads its parent's pipe:
# `+pid` and `-pid` lines while it lives, the end of the file when it is gone.
_WATCHDOG = """
import os, signal, sys
pids = set()
for line in sys.stdin:
    (pids.add if line[0] == "+" else pids.discard)(int(line[1:]))
for pid in pids:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
"""


class Tether:
    """Ends the children that it was told of once this process is gone."""

    def __init__(self, kernel: bool = sys.platform == "linux") -> None:
        self._watchdog = None if kernel else _start_watchdog()

    @property
    def preexec(self) -> Callable[[], None] | None:
        """What a child runs between fork and exec; None where a watchdog does the work."""
        return None if self._watchdog else _die_with(os.getpid())

    def hold(self, pid: int) -> None:
        """Tie a child that has just been started."""
        self._tell(f"+{pid}")

    def release(self, pid: int) -> None:
        """Forget a child that has ended, since its number may be given out again."""
        self._tell(f"-{pid}")

    def close(self) -> None:
        """Let go of everything still held; call when all children have ended."""
        if self._watchdog is not None:
            self._watchdog.kill()
            self._watchdog.communicate()

    def _tell(self, line: str) -> None:
        if self._watchdog is None or self._watchdog.stdin is None:
            return
        try:
            self._watchdog.stdin.write(line + "\n")
            self._watchdog.stdin.flush()
        except BrokenPipeError:
            return


def _start_watchdog() -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603 (our own interpreter and text)
        [sys.executable, "-I", "-c", _WATCHDOG],
        stdin=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _die_with(parent: int) -> Callable[[], None]:
    libc = ctypes.CDLL(None, use_errno=True)

    def preexec() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # the parent was gone before the tie was made
            os._exit(1)

    return preexec
