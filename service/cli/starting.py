"""What starting a process takes: settings that are complete, and a command that finds our code."""

import ipaddress
import os
import signal
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import service
from service.core.crypto import Vault
from service.core.errors import ConfigError
from service.core.settings import Settings

REDIS_SCHEMES = ("redis://", "rediss://", "unix://")
CURES = {
    "redis_url": "point it at a Redis 7 or later, or use `hirewire up`, which brings its own",
    "master_key": "make one with: python -c "
    "'import base64,os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'",
    "admin_token": "choose a long random one; the ops API asks for it",
}


def settings_from(env: Mapping[str, str], *, host: str | None, port: int | None) -> Settings:
    """Read the settings; what the command line names goes before the environment."""
    named = {"HIREWIRE_HOST": host, "HIREWIRE_PORT": None if port is None else str(port)}
    return Settings.from_env({**env, **{k: v for k, v in named.items() if v is not None}})


def require(settings: Settings, *names: str) -> None:
    """Raise ConfigError, with the cure, unless all of these settings have a value that serves."""
    for name in names:
        if getattr(settings, name) is None:
            raise ConfigError(f"HIREWIRE_{name.upper()} is not set; {CURES[name]}")
    check_form(settings)


def check_form(settings: Settings) -> None:
    """Raise ConfigError for a key or an address that no process could use, before one starts."""
    if settings.master_key is not None:
        Vault.of(settings.master_key.get_secret_value())
    url = settings.redis_url.get_secret_value() if settings.redis_url else "unix://"
    if not url.startswith(REDIS_SCHEMES):
        raise ConfigError("HIREWIRE_REDIS_URL: must start with redis://, rediss:// or unix://")


def module_command(module: str, *args: str) -> list[str]:
    """Return the command that runs a module of ours, whatever folder it is run in.

    `-P`: a folder `service` or `workers` where the command was typed must not go before ours.
    """
    return [sys.executable, "-P", "-m", module, *args]


def module_env(env: Mapping[str, str]) -> dict[str, str]:
    """Return `env` for `module_command`: a checkout that is not installed is found all the same."""
    root = str(Path(service.__file__).parents[1])
    if root in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib")):
        return dict(env)
    kept = env.get("PYTHONPATH")
    return {**env, "PYTHONPATH": f"{root}{os.pathsep}{kept}" if kept else root}


def end_on_signals() -> None:
    """Let SIGTERM and SIGINT end this process with status 0, until a server takes them over.

    uvicorn raises the signal that stopped it once more when it is done, which then ends here.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))


def loopback(host: str) -> bool:
    """Say whether a host to listen on can only be reached from this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def base_url(host: str, port: int) -> str:
    """Return the address at which this machine reaches what listens on `host`."""
    dialled = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (told, not bound)
    return f"http://[{dialled}]:{port}" if ":" in dialled else f"http://{dialled}:{port}"
