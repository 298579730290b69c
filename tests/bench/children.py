"""Processes that are measured: started on a core of their own, and ended whatever happens."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from service.cli.starting import module_command, module_env
from service.core.settings import Settings
from service.tether import Tether
from tests.bench.machine import Cores, pin

START_S = 20.0
STOP_S = 8.0


@dataclass(frozen=True, slots=True)
class Child:
    """A process, and the port it listens on (0: none)."""

    pid: int
    port: int


def environment(settings: Settings) -> dict[str, str]:
    """Return the settings as a process reads them; nothing of this process's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HIREWIRE_")}
    secret = (settings.redis_url, settings.master_key, settings.admin_token)
    url, key, token = (value.get_secret_value() if value else "" for value in secret)
    return kept | {
        "HIREWIRE_REDIS_URL": url,
        "HIREWIRE_MASTER_KEY": key,
        "HIREWIRE_ADMIN_TOKEN": token,
        "HIREWIRE_RECRUITEE_URL": settings.recruitee_base,
        "HIREWIRE_RECRUITEE_RATE": str(settings.recruitee_rate),
        "HIREWIRE_ALLOWED_NETWORKS": "127.0.0.0/8",
        "HIREWIRE_LOG_LEVEL": settings.log_level,
    }


@contextlib.contextmanager
def running(
    module: str, *args: str, env: Mapping[str, str], core: Cores, listens: bool = False
) -> Iterator[Child]:
    """Run `python -m module args` (`{port}` becomes a free one) until the block ends."""
    port = _free_port() if listens else 0
    command = module_command(module, *(arg.format(port=port) for arg in args))
    tether = Tether()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, env=module_env(env), preexec_fn=tether.preexec, stdin=subprocess.DEVNULL,
            stdout=said, stderr=said,
        )  # fmt: skip
        try:
            tether.hold(process.pid)
            pin(process.pid, core)
            if listens:
                _wait(process, port)
            yield Child(process.pid, port)
        except Exception:
            said.seek(max(0, said.tell() - 2000))
            print(said.read().decode(errors="replace"), file=sys.stderr)
            raise
        finally:
            _end(process)
            tether.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + START_S
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args!r} does not answer")
        time.sleep(0.02)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
