"""Every safeguard is needed: switched off, something fails (the table is `tests/crash/safeguards.py`)."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.crash.safeguards import NOTICED, SAFEGUARDS

AT_ONCE = 2
pytestmark = pytest.mark.xdist_group("safeguards")  # started once, all of them
Ended = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def runs() -> Iterator[dict[str, "Future[Ended]"]]:
    """Start them all, two at a time: each in a process of its own, since it changes the program."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(_without, name) for name in SAFEGUARDS}


def _without(name: str) -> Ended:
    command = [sys.executable, "-m", "tests.crash.safeguards", name]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


@pytest.mark.parametrize("name", SAFEGUARDS)
def test_without_a_safeguard_something_fails(name: str, runs: dict[str, "Future[Ended]"]) -> None:
    ended = runs[name].result(900)
    assert ended.returncode == NOTICED, (
        f"{SAFEGUARDS[name].why}: {ended.stdout[-800:]}{ended.stderr[-800:]}"
    )
