"""What lies in deploy/ is whole: every setting, every package, a compose file that is one."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from service.core.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
LOCKS = ("requirements.txt", "requirements-test.txt")


def compose() -> dict[str, Any]:
    yaml = pytest.importorskip("yaml")
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return loaded


def named(text: str) -> dict[str, str]:
    """Return the settings that a file of `NAME=value` lines has, those behind `#` too."""
    return dict(re.findall(rf"^(?:# )?({PREFIX}[A-Z_]+)=(.*)$", text, re.MULTILINE))


def canonical(requirement: str) -> str:
    name = re.split(r"[\[<>=;~! ]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(name: str) -> dict[str, str]:
    lines = (DEPLOY / name).read_text().splitlines()
    pins = (line.split(" ")[0].split("==") for line in lines if "==" in line and line[0] != " ")
    return {canonical(pin[0]): pin[1] for pin in pins}


def test_the_example_names_every_setting_and_no_other() -> None:
    example = named((DEPLOY / "env.example").read_text())

    assert set(example) == {PREFIX + field.upper() for field in Settings.model_fields}


def test_the_examples_defaults_are_the_programs() -> None:
    example = named((DEPLOY / "env.example").read_text())
    wished = {"HIREWIRE_REDIS_URL", "HIREWIRE_PUBLIC_URL", "HIREWIRE_ALLOWED_NETWORKS"}

    shown = Settings.from_env({k: v for k, v in example.items() if k not in wished})

    assert shown == Settings.from_env({})


def test_compose_is_a_compose_file() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((Path(__file__).parent / "compose.schema.json").read_text())

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(compose(), schema)


def test_composes_redis_keeps_what_it_acknowledged_and_never_evicts() -> None:
    command = compose()["services"]["redis"]["command"]
    options = dict(zip(command[1::2], command[2::2], strict=True))

    assert options["--appendonly"] == "yes" and options["--appendfsync"] == "always"
    assert options["--maxmemory-policy"] == "noeviction" and options["--maxmemory"]


def test_compose_sets_no_name_that_is_no_setting() -> None:
    for service in compose()["services"].values():
        Settings.from_env(service.get("environment", {}))


def test_compose_keeps_secrets_out_of_the_file() -> None:
    for service in compose()["services"].values():
        settings = Settings.from_env(service.get("environment", {}))
        assert settings.master_key is None and settings.admin_token is None


def test_every_direct_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = {canonical(each) for each in project["project"]["dependencies"]}
    extras = project["project"]["optional-dependencies"]
    embedded = {canonical(each) for each in extras["embedded"]}
    build = {canonical(each) for each in project["build-system"]["requires"]}
    test = {canonical(each) for each in extras["test"]}

    assert runtime | embedded | build <= set(locked("requirements.txt"))
    assert test <= set(locked("requirements-test.txt"))


def test_what_is_tested_is_what_is_deployed() -> None:
    assert locked("requirements.txt").items() <= locked("requirements-test.txt").items()


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_pins_and_hashes_and_no_address(name: str) -> None:
    text = (DEPLOY / name).read_text()
    pin = r"[a-z0-9._\-\[\]]+==[^\s:/]+(?: ; [^:/]+)?(?: \\)?"
    line = re.compile(rf"{pin}|    --hash=sha256:[0-9a-f]{{64}}(?: \\)?|")

    assert [each for each in text.splitlines() if not line.fullmatch(each)] == []


def test_the_dockerfile_has_no_lint() -> None:
    beside = Path(sys.executable).with_name("hadolint")
    hadolint = str(beside) if beside.exists() else shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed (extra: test)")

    said = subprocess.run(
        [hadolint, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False
    )

    assert said.returncode == 0, said.stdout
