"""The sandbox runs alone, says how to get in, and stops when told."""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

PATIENCE_S = 15


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


@pytest.fixture
def process(port: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "service.sandbox", "--port", str(port), "--size", "40"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def test_it_prints_a_token_that_works_and_ends_on_sigterm(
    process: subprocess.Popen[str], port: int
) -> None:
    assert process.stdout is not None
    said = "".join(process.stdout.readline() for _ in range(4))
    token = re.search(r"API token\s+(\S+)", said)
    assert token is not None

    answer = _patient_get(
        f"http://127.0.0.1:{port}/c/5600/candidates?limit=1000",
        {"authorization": f"Bearer {token.group(1)}"},
    )
    process.send_signal(signal.SIGTERM)

    assert len(answer.json()["candidates"]) == 40
    assert process.wait(PATIENCE_S) in {0, -signal.SIGTERM}


def _patient_get(url: str, headers: dict[str, str]) -> httpx.Response:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return httpx.get(url, headers=headers, trust_env=False)
        except httpx.ConnectError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
