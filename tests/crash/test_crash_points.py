"""Crash points by seed: the short run of `python -m tests.crash`, in processes of their own."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

SEEDS = (20261122, 20261123)
POINTS = 500


def _run(seed: int) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tests.crash", "--seed", str(seed), "--points", str(POINTS)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


def test_whatever_crashes_wherever_nothing_is_lost_reordered_or_told_twice() -> None:
    with ThreadPoolExecutor(len(SEEDS)) as pool:
        ended = list(pool.map(_run, SEEDS))

    assert [run.returncode for run in ended] == [0, 0], "\n".join(
        r.stdout + r.stderr for r in ended
    )
    assert all(f"{POINTS} crash points" in run.stdout for run in ended)
