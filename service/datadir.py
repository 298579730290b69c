"""The data dir: private to its owner, and used by one running Hirewire at a time."""

import errno
import fcntl
import os
import time
from pathlib import Path
from typing import Self

from service.core.errors import ConfigError

TAKEOVER_S = 15.0
POLL_S = 0.05


def make_private(folder: Path) -> Path:
    """Make a folder (and its parents) that only its owner can read; return its absolute path."""
    folder = folder.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise ConfigError(
            f"HIREWIRE_DATA_DIR: cannot use {folder}: {error.strerror}; name a folder that you own"
        ) from None
    return folder


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 whole or not at all."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, 0o600)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    partial.replace(path)


class DataDirLock:
    """A lock that the kernel gives back however its holders end.

    The embedded server inherits the descriptor, so the lock outlives a killed `up` for exactly as
    long as that `up`'s server still has the files open.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.descriptor = descriptor

    @classmethod
    def take(cls, data_dir: Path, takeover_s: float = TAKEOVER_S) -> Self:
        """Lock `data_dir`, or raise ConfigError that names the process which has it.

        When the holder is gone its children are still ending: wait for them, `takeover_s` at most.
        """
        path = make_private(data_dir) / "lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + takeover_s
        while not _locked(descriptor):
            holder = _holder(descriptor)
            if _alive(holder) or time.monotonic() > deadline:
                os.close(descriptor)
                raise ConfigError(_taken(data_dir, holder))
            time.sleep(POLL_S)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return cls(path, descriptor)

    def release(self) -> None:
        """Give the lock back; a child that inherited it keeps it until it ends."""
        os.close(self.descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        return False
    return True


def _holder(descriptor: int) -> int | None:
    text = os.pread(descriptor, 32, 0).strip()
    return int(text) if text.isdigit() else None


def _alive(pid: int | None) -> bool:
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _taken(data_dir: Path, holder: int | None) -> str:
    who = f"process {holder}" if holder else "another process"
    return (
        f"the data dir {data_dir} is in use by {who}; stop it, or name another with "
        "HIREWIRE_DATA_DIR"
    )
