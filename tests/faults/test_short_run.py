"""A short run: every kind of process is killed again and again, and no promise breaks."""

import subprocess
import sys
from pathlib import Path

from service.tether import Tether

ROOT = Path(__file__).parents[2]


def test_nothing_is_lost_while_processes_redis_and_the_network_fail_and_everything_is_edited() -> (
    None
):
    command = [sys.executable, "-m", "tests.faults", "--seed", "1", "--minutes", "0.4"]

    ran = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=170, check=False,
        preexec_fn=Tether().preexec,
    )  # fmt: skip

    assert ran.returncode == 0, ran.stdout + ran.stderr
    kills = next(line for line in ran.stdout.splitlines() if "SIGKILL" in line)
    assert all(kind in kills for kind in ("kill web", "kill worker", "kill redis")), kills
