"""`hirewire up` as a person runs it: real processes, real sockets, one data dir."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import httpx
import pytest

from service.cli.starting import module_command, module_env

DEADLINE_S = 90.0
# A word that only this child's command has; the server writes its own title.
WORDS = {"web": "serve", "worker": "workers", "sandbox": "sandbox", "redis": "-server"}


class Up:
    """One running command: its output in files, its children by their parent's number."""

    def __init__(self, folder: Path, *args: str) -> None:
        self.folder = folder
        clean = {k: v for k, v in os.environ.items() if not k.startswith("HIREWIRE_")}
        self._files = [(folder / f"{name}{time.monotonic_ns()}") for name in ("out", "err")]
        out, err = (file.open("wb") for file in self._files)
        with out, err:
            self.process = subprocess.Popen(
                module_command("service.cli", *args),
                cwd=folder,
                env=module_env(clean),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    @property
    def out(self) -> str:
        return self._files[0].read_text()

    @property
    def err(self) -> str:
        return self._files[1].read_text()

    @property
    def url(self) -> str:
        until(lambda: "  ready     " in self.out, self)
        line = next(each for each in self.out.splitlines() if each.startswith("  ready     "))
        return line.split()[1]

    @property
    def children(self) -> dict[str, int]:
        """Number by what it is: web, worker, sandbox, redis."""
        pid = self.process.pid
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        commands = {int(each): _command(int(each)) for each in found}
        return {
            name: number
            for number, command in commands.items()
            for name, word in WORDS.items()
            if any(part.endswith(word) or f"{word} unix" in part for part in command)
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()

    def stop(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(DEADLINE_S)


def _command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]
    except (FileNotFoundError, ProcessLookupError):
        return []


def until(condition: Callable[[], bool], up: Up) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert up.process.poll() is None, up.out + up.err
        assert time.monotonic() < deadline, up.out + up.err
        time.sleep(0.02)


def healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=1, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def admin_token(folder: Path) -> str:
    return str(json.loads((folder / ".hirewire" / "keys.json").read_text())["admin_token"])


def connections(up: Up) -> list[str]:
    headers = {"authorization": f"Bearer {admin_token(up.folder)}"}
    page = httpx.get(f"{up.url}/ops/v1/connections", headers=headers, trust_env=False).json()
    return [each["company_id"] for each in page["items"]]


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One `up --sandbox`, its first run, shared by this module's tests."""
    folder = tmp_path_factory.mktemp("up")
    with Up(folder, "up", "--port", "0", "--sandbox") as running:
        yield running


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="children are read from /proc")


def test_the_first_run_prints_the_token_that_it_keeps(up: Up) -> None:
    assert healthy(up.url)

    keys = up.folder / ".hirewire" / "keys.json"
    assert up.out.count(admin_token(up.folder)) == 1
    assert admin_token(up.folder) not in up.err
    assert oct(keys.stat().st_mode)[-3:] == "600"


def test_the_sandbox_is_linked_when_it_says_so(up: Up) -> None:
    until(lambda: "  linked    " in up.out, up)

    assert connections(up) == ["5600"]


def test_a_data_dir_in_use_is_refused_with_status_2(up: Up) -> None:
    assert healthy(up.url)

    with Up(up.folder, "up", "--port", "0") as second:
        assert second.process.wait(DEADLINE_S) == 2

    assert f"in use by process {up.process.pid}" in second.err


@linux_only
@pytest.mark.parametrize("name", ["web", "worker", "redis", "sandbox"])
def test_what_is_killed_is_back_within_five_seconds(up: Up, name: str) -> None:
    until(lambda: len(up.children) == 4 and healthy(up.url), up)
    old = up.children[name]

    os.kill(old, signal.SIGKILL)
    killed = time.monotonic()
    until(lambda: up.children.get(name, old) != old and healthy(up.url), up)

    assert time.monotonic() - killed < 5


@linux_only
def test_a_sandbox_that_was_killed_is_wired_up_again_as_the_same_connection(up: Up) -> None:
    until(lambda: "sandbox" in up.children and "  linked    " in up.out, up)
    before = up.out.count("  linked    ")

    os.kill(up.children["sandbox"], signal.SIGKILL)
    until(lambda: up.out.count("  linked    ") > before, up)

    assert connections(up) == ["5600"]


@linux_only
def test_no_child_outlives_a_killed_up_and_the_next_start_takes_over(tmp_path: Path) -> None:
    with Up(tmp_path, "up", "--port", "0", "--sandbox") as first:
        until(lambda: "  linked    " in first.out, first)
        children = first.children
        first.stop(signal.SIGKILL)

    with Up(tmp_path, "up", "--port", "0", "--sandbox") as again:
        until(lambda: "  linked    " in again.out, again)
        assert sorted(children) == ["redis", "sandbox", "web", "worker"]
        assert not any(_command(pid) for pid in children.values())
        assert admin_token(tmp_path) not in again.out
        assert connections(again) == ["5600"]


@linux_only
def test_ctrl_c_ends_everything_with_status_0(tmp_path: Path) -> None:
    with Up(tmp_path, "up", "--port", "0") as running:
        assert healthy(running.url)
        children = running.children

        assert running.stop(signal.SIGINT) == 0

    assert len(children) == 3 and not any(_command(pid) for pid in children.values())


def test_the_sandbox_alone_says_where_it_is_and_ends_cleanly(tmp_path: Path) -> None:
    with Up(tmp_path, "sandbox", "--port", "18791", "--company", "77", "--size", "1") as sandbox:
        until(lambda: "http://127.0.0.1:18791" in sandbox.out, sandbox)

        assert sandbox.stop() == 0

    assert "77" in sandbox.out
