"""Pauses, rotations, replays and open breakers while processes, Redis and the network fail."""

import subprocess
import sys
from pathlib import Path

from service.tether import Tether

ROOT = Path(__file__).parents[2]


def test_nothing_is_lost_while_an_operator_pauses_rotates_and_replays_and_breakers_open() -> None:
    command = [sys.executable, "-m", "tests.faults.operating", "--seed", "1", "--seconds", "12"]

    ran = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=170, check=False,
        preexec_fn=Tether().preexec,
    )  # fmt: skip

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert all(f"'{kind}': " in ran.stdout for kind in ("fail", "pause", "replay", "rotate"))
