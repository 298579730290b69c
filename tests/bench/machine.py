"""The machine: which core does what, processor time of a process, and what it all runs on."""

import os
import platform
import time
from importlib.metadata import version

Cores = frozenset[int]


def cores() -> tuple[Cores, Cores]:
    """Return the core of what is measured, and the core of all the rest (the same if there is one)."""
    if not hasattr(os, "sched_getaffinity"):
        return frozenset(), frozenset()
    free = sorted(os.sched_getaffinity(0))
    return frozenset(free[:1]), frozenset(free[1:2] or free[:1])


def pin(pid: int, to: Cores) -> None:
    """Keep a process on its core, where the system can do that."""
    if to:
        os.sched_setaffinity(pid, to)


def cpu_s(pid: int) -> float:
    """Return the processor seconds that a process has used so far; 0 where nobody tells."""
    if platform.system() != "Linux":
        return 0.0
    # Linux makes a clock of every process: CPUCLOCK_SCHED (2) of all its threads.
    return time.clock_gettime((~pid << 3) | 2)


def said(server: str) -> str:
    """Return one line: processor, cores, Python, server and libraries."""
    parts = [
        f"{os.cpu_count()} cores ({_processor()})",
        f"{platform.system()} {platform.machine()}",
        f"Python {platform.python_version()}",
        f"{server} with appendfsync always",
        *(
            f"{name} {version(name)}"
            for name in ("uvicorn", "starlette", "aiohttp", "arq", "redis")
        ),
    ]
    return ", ".join(parts)


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            names = [
                line.split(":", 1)[1].strip() for line in file if line.startswith("model name")
            ]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or "unknown"
