"""Before anything starts: settings that are refused, and what the children of `up` are given."""

import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.cli import main
from service.cli.keys import keys_of
from service.cli.starting import base_url, loopback, settings_from
from service.cli.up import Plan, child_env, prepare, specs_of
from service.core.errors import ConfigError
from service.datadir import DataDirLock

KEY = "A" * 43
REDIS = "redis://127.0.0.1:1"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith("HIREWIRE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HIREWIRE_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def planned(tmp_path: Path) -> Iterator[Callable[..., Plan]]:
    lock = DataDirLock.take(tmp_path / "data")
    made: list[Plan] = []

    def plan(*, sandbox: bool = False, **named: str) -> Plan:
        env = {f"HIREWIRE_{name}": value for name, value in named.items()}
        env = {"HIREWIRE_DATA_DIR": str(tmp_path / "data"), **env}
        settings = settings_from(env, host=None, port=0)
        made.append(prepare(settings, env, lock, sandbox=sandbox))
        return made[-1]

    yield plan
    for each in made:
        each.close()
    lock.release()


@pytest.mark.parametrize(
    ("args", "env", "said"),
    [
        (["up"], {"HIREWIRE_DATADIR": "/x"}, "HIREWIRE_DATA_DIR"),
        (["up"], {"HIREWIRE_PORT": "many"}, "HIREWIRE_PORT"),
        (["up"], {"HIREWIRE_MASTER_KEY": "hunter2"}, "HIREWIRE_MASTER_KEY"),
        (["up", "--port", "70000"], {}, "HIREWIRE_PORT"),
        (["up"], {"HIREWIRE_REDIS_URL": "hunter2"}, "HIREWIRE_REDIS_URL"),
        (["up"], {"HIREWIRE_DATA_DIR": "/dev/null/x"}, "HIREWIRE_DATA_DIR"),
        (["serve"], {"HIREWIRE_REDISURL": "hunter2"}, "HIREWIRE_REDIS_URL"),
        (["serve"], {}, "HIREWIRE_REDIS_URL"),
        (["serve"], {"HIREWIRE_REDIS_URL": REDIS}, "HIREWIRE_MASTER_KEY"),
        (
            ["serve"],
            {"HIREWIRE_REDIS_URL": REDIS, "HIREWIRE_MASTER_KEY": KEY},
            "HIREWIRE_ADMIN_TOKEN",
        ),
        (["work"], {"HIREWIRE_REDIS_URL": REDIS}, "HIREWIRE_MASTER_KEY"),
        (["work"], {"HIREWIRE_MASTER_KEY": "hunter2"}, "HIREWIRE_REDIS_URL"),
        (
            ["work"],
            {"HIREWIRE_REDIS_URL": REDIS, "HIREWIRE_MASTER_KEY": "hunter2"},
            "HIREWIRE_MASTER_KEY",
        ),
    ],
)
def test_a_wrong_setting_stops_the_start_with_status_2(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    args: list[str],
    env: dict[str, str],
    said: str,
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["hirewire", *args])

    with pytest.raises(SystemExit) as ended:
        main()

    err = capsys.readouterr().err
    assert ended.value.code == 2
    assert said in err and "hunter2" not in err and err.count("\n") == 1


def test_a_port_in_use_is_said_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        monkeypatch.setattr("sys.argv", ["hirewire", "up", "--port", port])

        with pytest.raises(SystemExit) as ended:
            main()

    assert ended.value.code == 2
    assert f"port {port}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("named", "networks"),
    [
        ({}, "127.0.0.0/8,::1/128"),
        ({"HOST": "::1"}, "127.0.0.0/8,::1/128"),
        ({"HOST": "0.0.0.0"}, None),  # noqa: S104 (nothing is bound)
        ({"ALLOWED_NETWORKS": ""}, ""),
        ({"ALLOWED_NETWORKS": "10.0.0.0/8"}, "10.0.0.0/8"),
    ],
    ids=["loopback", "loopback 6", "everywhere", "empty", "named"],
)
def test_only_an_unset_list_on_loopback_opens_this_machine_to_subscribers(
    planned: Callable[..., Plan], named: dict[str, str], networks: str | None
) -> None:
    plan = planned(**named)

    assert child_env(plan).get("HIREWIRE_ALLOWED_NETWORKS") == networks
    assert plan.opened is (networks == "127.0.0.0/8,::1/128")


def test_no_secret_is_on_a_command_line(planned: Callable[..., Plan], tmp_path: Path) -> None:
    specs = specs_of(planned(sandbox=True))

    folder = tmp_path / "data"
    secrets = [
        *json.loads((folder / "keys.json").read_text()).values(),
        json.loads((folder / "sandbox.json").read_text())["token"],
        (folder / "redis" / "password").read_text(),
    ]
    commands = " ".join(word for spec in specs for word in spec.argv)
    assert [spec.name for spec in specs] == ["redis", "web", "worker", "sandbox"]
    assert not any(secret in commands for secret in secrets)


def test_what_the_environment_names_goes_before_what_up_would_make(
    planned: Callable[..., Plan],
) -> None:
    plan = planned(REDIS_URL=REDIS, MASTER_KEY=KEY, ADMIN_TOKEN="mine")

    env = child_env(plan)
    assert plan.redis is None and [spec.name for spec in specs_of(plan)] == ["web", "worker"]
    assert env["HIREWIRE_REDIS_URL"] == REDIS and env["HIREWIRE_ADMIN_TOKEN"] == "mine"
    assert env["HIREWIRE_MASTER_KEY"] == KEY


def test_children_are_given_all_they_need(planned: Callable[..., Plan], tmp_path: Path) -> None:
    plan = planned(sandbox=True)

    env = child_env(plan)
    assert env["HIREWIRE_REDIS_URL"].startswith("unix://:")
    assert env["HIREWIRE_RECRUITEE_URL"] == plan.sandbox_url
    assert env["HIREWIRE_DATA_DIR"] == str(tmp_path / "data") and env["HIREWIRE_PORT"] != "0"
    assert env["HIREWIRE_ADMIN_TOKEN"] == keys_of(tmp_path / "data").admin_token


def test_damaged_keys_are_never_replaced_by_new_ones(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("{")

    with pytest.raises(ConfigError, match="put it back from a backup"):
        keys_of(tmp_path)


@pytest.mark.parametrize(
    ("host", "url", "private"),
    [
        ("127.0.0.1", "http://127.0.0.1:1", True),
        ("localhost", "http://localhost:1", True),
        ("::1", "http://[::1]:1", True),
        ("0.0.0.0", "http://127.0.0.1:1", False),  # noqa: S104 (nothing is bound)
        ("::", "http://[::1]:1", False),
        ("hirewire.test", "http://hirewire.test:1", False),
    ],
)
def test_an_address_to_listen_on_is_told_as_one_to_dial(host: str, url: str, private: bool) -> None:
    assert base_url(host, 1) == url
    assert loopback(host) is private
