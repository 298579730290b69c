"""Web and worker processes as an operator starts them, and how each ended."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx

from service.core.settings import Settings
from tests.life.servers import free_port

START_S, END_S = 20.0, 30.0


@dataclass
class Process:
    """One of them."""

    popen: "subprocess.Popen[bytes]"
    log: Path
    port: int = 0

    @property
    def url(self) -> str:
        """A web process' address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        """What it wrote to its standard error."""
        return self.log.read_text()

    def says(self, word: str) -> None:
        """Wait until it has said something."""
        until = time.monotonic() + START_S
        while word not in self.said:
            assert self.popen.poll() is None, f"it ended: {self.said}"
            assert time.monotonic() < until, f"it never said {word}: {self.said}"
            time.sleep(0.02)

    def terminate(self) -> None:
        """SIGTERM."""
        self.popen.send_signal(signal.SIGTERM)

    def ended(self, within_s: float = END_S) -> int:
        """Wait for its end; returns its exit status."""
        return self.popen.wait(within_s)


@dataclass
class Processes:
    """Starts processes and leaves none behind."""

    folder: Path
    started: list[Process] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    def worker(self, settings: Settings, **named: str) -> Process:
        """Start a worker, and wait until it works."""
        process = self.start(settings, "workers", **named)
        process.says("worker.started")
        return process

    def web(self, settings: Settings, **named: str) -> Process:
        """Start a web process, and wait until it answers."""
        port = free_port()
        process = self.start(settings, "service.cli", "serve", "--port", str(port), **named)
        process.port = port
        until = time.monotonic() + START_S
        while not _answers(process.url):
            assert time.monotonic() < until and process.popen.poll() is None, process.said
            time.sleep(0.02)
        return process

    def start(self, settings: Settings, module: str, *args: str, **named: str) -> Process:
        """Run `python -m module args`; `named` are further settings."""
        # Counted, since several are started at once.
        log = self.folder / f"process{next(self._numbers)}.log"
        with log.open("wb") as out:
            popen = subprocess.Popen(
                [sys.executable, "-P", "-m", module, *args],
                env=_env(settings, named), stdout=out, stderr=out,
            )  # fmt: skip
        self.started.append(Process(popen, log))
        return self.started[-1]

    def env(self, settings: Settings, **named: str) -> dict[str, str]:
        """Return the environment of a command."""
        return _env(settings, named)

    def close(self) -> None:
        """Kill what still runs."""
        for process in self.started:
            process.popen.kill()
            process.popen.wait()


def processes_of(folder: Path) -> Processes:
    """Return the processes whose logs go to a folder."""
    return Processes(folder)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", trust_env=False, timeout=1).status_code == 200
    except httpx.HTTPError:
        return False


def _env(settings: Settings, named: dict[str, str]) -> dict[str, str]:
    s = settings
    assert s.redis_url and s.master_key and s.admin_token
    values = {
        "REDIS_URL": s.redis_url.get_secret_value(),
        "MASTER_KEY": s.master_key.get_secret_value(),
        "ADMIN_TOKEN": s.admin_token.get_secret_value(),
        "RECRUITEE_URL": s.recruitee_base,
        "RECRUITEE_RATE": str(s.recruitee_rate),
        "RETRY_SCHEDULE": ",".join(str(x) for x in s.retry_schedule),
        "DELIVERY_TIMEOUT": str(s.delivery_timeout),
        "ALLOWED_NETWORKS": "127.0.0.0/8",
        **named,
    }
    kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
    root = str(Path(__file__).parents[2])
    return kept | {"PYTHONPATH": root} | {f"HIREWIRE_{k}": v for k, v in values.items()}
