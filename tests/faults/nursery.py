"""A nursery: has every import done, and forks the commands it is asked for, so that a start is cheap.

A process that is killed every second spends its life importing; a forked one has the same code, the
same command line and environment, and lives. Orders come as JSON lines on stdin, news go to stdout.
"""

import gc
import importlib
import json
import os
import random
import runpy
import select
import signal
import sys
import traceback
from typing import Any

from service.tether import Tether

IMPORTS = ("uvloop", "uvicorn", "service.cli", "service.cli.serve", "service.app", "workers.app")


def main() -> None:
    """Fork until stdin ends; then end whatever still runs."""
    for name in IMPORTS:
        importlib.import_module(name)
    gc.freeze()
    children: set[int] = set()
    bell_in, bell_out = os.pipe()
    os.set_blocking(bell_out, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(bell_out)
    _tell({"ready": os.getpid()})
    orders = b""
    while True:
        ready, _, _ = select.select([0, bell_in], [], [])
        if bell_in in ready:
            os.read(bell_in, 4096)
            _reap(children)
        if 0 in ready:
            if not (chunk := os.read(0, 65536)):
                break
            *lines, orders = (orders + chunk).split(b"\n")
            for line in lines:
                children.add(_fork(json.loads(line)))
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def _reap(children: set[int]) -> None:
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        children.discard(pid)
        _tell({"ended": pid, "status": os.waitstatus_to_exitcode(status)})


def _fork(order: dict[str, Any]) -> int:
    preexec = Tether().preexec
    pid = os.fork()
    if pid == 0:
        try:
            if preexec is not None:
                preexec()
            os._exit(_lived(order))
        finally:
            os._exit(71)
    _tell({"started": pid, "order": order["number"]})
    return pid


def _lived(order: dict[str, Any]) -> int:
    """Be the command to its end; return its status."""
    try:
        _be(order)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 (it is the process' end, whatever it was)
        traceback.print_exc()
        return 70
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _be(order: dict[str, Any]) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((null, 0), (log, 1), (log, 2)):
        os.dup2(old, new)
    os.environ.clear()
    os.environ.update(order["env"])
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr] # both are text files
    random.seed()
    if order["clock_ms"]:
        _move_clock(order["clock_ms"])
    sys.argv = [order["module"], *order["args"]]
    runpy.run_module(order["module"], run_name="__main__")


def _move_clock(by_ms: int) -> None:
    """Let this process believe in another time: ours and arq's, but not the monotonic one."""
    times: Any = importlib.import_module("service.core.times")
    arq: Any = importlib.import_module("arq.utils")
    real_ms, real_s = times.now_ms, arq.time
    modules: list[Any] = list(sys.modules.values())
    for module in modules:
        if hasattr(module, "now_ms") and module.now_ms is real_ms:
            module.now_ms = lambda: real_ms() + by_ms
    arq.time = lambda: real_s() + by_ms / 1000


def _tell(news: dict[str, Any]) -> None:
    os.write(1, json.dumps(news).encode() + b"\n")


if __name__ == "__main__":
    main()
