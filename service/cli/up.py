"""`hirewire up`: Redis, one web process, one worker and, if wished, the sandbox, in one go."""

import asyncio
import http.client
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

import typer

from service import __version__
from service.cli.keys import Keys, keys_of
from service.cli.output import complain, say
from service.cli.sandbox import HOST as SANDBOX_HOST
from service.cli.sandbox import PORT as SANDBOX_PORT
from service.cli.sandbox_link import COMPANY, Instance, SandboxLink
from service.cli.serve import Host, Port
from service.cli.starting import (
    base_url,
    check_form,
    loopback,
    module_command,
    module_env,
    settings_from,
)
from service.core import logs
from service.core.errors import ConfigError
from service.core.settings import LOOPBACK, Settings
from service.datadir import DataDirLock, make_private
from service.embedded import EmbeddedRedis, tail
from service.supervisor import CONFIG_STATUS, Failure, Spec, stop_on_signals, supervise

READY_TIMEOUT_S = 1.0
REDIS_GRACE_S = 10.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What one `up` runs: settings that are complete, its keys, and its Redis if it is ours."""

    settings: Settings
    keys: Keys
    env: Mapping[str, str]
    redis: EmbeddedRedis | None
    sandbox: socket.socket | None
    """Where the sandbox listens: held here, so that no other `up` takes the port before it starts."""

    @property
    def sandbox_url(self) -> str | None:
        """Where the sandbox is."""
        return base_url(SANDBOX_HOST, self.sandbox.getsockname()[1]) if self.sandbox else None

    def close(self) -> None:
        """Let go of the sandbox's port."""
        if self.sandbox is not None:
            self.sandbox.close()

    @property
    def url(self) -> str:
        """Where this machine reaches the web process."""
        return base_url(self.settings.host, self.settings.port)

    @property
    def opened(self) -> bool:
        """Say whether subscriber URLs may point to this machine although nobody said so."""
        return self.settings.allowed_networks is None and loopback(self.settings.host)


def up(
    host: Host = None,
    port: Port = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Add a sandbox Recruitee, already linked.")
    ] = False,
) -> None:
    """Run everything in one go; the first run makes the keys and prints the admin token once."""
    settings = settings_from(os.environ, host=host, port=port)
    check_form(settings)
    data_dir = make_private(settings.data_dir)
    lock = DataDirLock.take(data_dir)
    try:
        with closing(prepare(settings, os.environ, lock, sandbox=sandbox)) as plan:
            logs.configure(settings.log_level, settings.log_format)
            failure = asyncio.run(_run(plan))
    finally:
        lock.release()
    if failure is not None:
        complain(_told(failure, plan))
        raise typer.Exit(CONFIG_STATUS if failure.status == CONFIG_STATUS else 1)


def prepare(
    settings: Settings, env: Mapping[str, str], lock: DataDirLock, *, sandbox: bool
) -> Plan:
    """Make or read the keys, choose the ports, and set up Redis' files; starts nothing."""
    keys = keys_of(make_private(settings.data_dir))
    redis = None
    if settings.redis_url is None:
        redis = EmbeddedRedis(settings.data_dir)
        redis.prepare(lock)
    settings = settings.model_copy(update={"port": _port(settings)})
    return Plan(settings, keys, env, redis, _sandbox_socket() if sandbox else None)


def child_env(plan: Plan) -> dict[str, str]:
    """Return the environment of web and worker; secrets go here, never into a command."""
    settings = plan.settings
    ours = {
        "HIREWIRE_DATA_DIR": str(settings.data_dir.absolute()),
        "HIREWIRE_HOST": settings.host,
        "HIREWIRE_PORT": str(settings.port),
    }
    if settings.master_key is None:
        ours["HIREWIRE_MASTER_KEY"] = plan.keys.master_key
    if settings.admin_token is None:
        ours["HIREWIRE_ADMIN_TOKEN"] = plan.keys.admin_token
    if plan.redis is not None:
        ours["HIREWIRE_REDIS_URL"] = plan.redis.url
    if plan.opened:
        ours["HIREWIRE_ALLOWED_NETWORKS"] = ",".join(map(str, LOOPBACK))
    if plan.sandbox_url is not None:
        ours["HIREWIRE_RECRUITEE_URL"] = plan.sandbox_url
    return module_env({**plan.env, **ours})


def specs_of(plan: Plan, *, announce: bool = True) -> list[Spec]:
    """Return the processes to run, Redis below the others."""
    env = child_env(plan)
    web = module_command("service.cli", "serve")
    specs = [
        *([_redis(plan.redis, plan.env)] if plan.redis else []),
        Spec(
            "web",
            web,
            env,
            ready=_answers(plan.url, "/healthz"),
            on_ready=_announcer(plan) if announce else None,
        ),
        Spec("worker", module_command("workers"), env),
    ]
    if plan.sandbox is not None and plan.sandbox_url is not None:
        specs.append(_sandbox(plan, plan.sandbox, plan.sandbox_url))
    return specs


async def _run(plan: Plan) -> Failure | None:
    stop = asyncio.Event()
    stop_on_signals(stop)
    _introduce(plan)
    return await supervise(specs_of(plan), stop=stop)


def _redis(redis: EmbeddedRedis, env: Mapping[str, str]) -> Spec:
    held = (redis.lock.descriptor,) if redis.lock else ()
    return Spec(
        "redis",
        redis.argv,
        env,
        stage=0,
        grace_s=REDIS_GRACE_S,
        ready=redis.ready,
        pass_fds=held,
    )


def _sandbox(plan: Plan, listening: socket.socket, sandbox_url: str) -> Spec:
    token = (
        plan.settings.admin_token.get_secret_value()
        if plan.settings.admin_token
        else plan.keys.admin_token
    )
    link = SandboxLink(plan.settings.data_dir, sandbox_url, Instance(plan.url, token))
    where = ("--port", str(urlsplit(sandbox_url).port), "--fd", str(listening.fileno()))
    return Spec(
        "sandbox",
        module_command("service.cli", "sandbox", *where, "--company", COMPANY),
        module_env({**plan.env, "SANDBOX_TOKEN": link.token}),
        pass_fds=(listening.fileno(),),
        ready=_answers(sandbox_url, "/sandbox/webhooks"),
        on_ready=link.wire,
    )


def _introduce(plan: Plan) -> None:
    say(f"Hirewire {__version__} is starting; Ctrl-C stops it")
    if plan.keys.fresh and plan.settings.admin_token is None:
        say(f"  token     {plan.keys.admin_token}  (the admin token: shown only now)")
    say(f"  data      {plan.settings.data_dir.absolute()}")
    if plan.redis is not None:
        say(f"  redis     embedded, {plan.redis.server.version}")
    if plan.opened:
        say("  note      subscriber URLs may point to this machine (127.0.0.0/8, ::1), since the")
        say("            service listens on loopback only; HIREWIRE_ALLOWED_NETWORKS changes that")


def _announcer(plan: Plan) -> Callable[[], Awaitable[None]]:
    said = False

    async def announce() -> None:
        nonlocal said
        if said:
            return
        said = True
        say(f"  ready     {plan.url}  (ops API: {plan.url}/ops/v1)")

    return announce


def _answers(url: str, path: str) -> Callable[[], bool]:
    address = urlsplit(url)

    def ready() -> bool:
        peer = http.client.HTTPConnection(
            address.hostname or "", address.port, timeout=READY_TIMEOUT_S
        )
        try:
            peer.request("GET", path)
            return peer.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            peer.close()

    return ready


def _port(settings: Settings) -> int:
    """Return the port to serve on, once it is known to be free: five failed starts say less."""
    try:
        port = _bound(settings.host, settings.port)
    except OSError as error:
        raise ConfigError(
            f"HIREWIRE_PORT: cannot listen on {settings.host} port {settings.port} "
            f"({error.strerror}); name another with --port"
        ) from None
    return port


def _bound(host: str, port: int) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind((host, port))
        return int(trial.getsockname()[1])


def _sandbox_socket() -> socket.socket:
    try:
        return _listening(SANDBOX_PORT)
    except OSError:
        return _listening(0)


def _listening(port: int) -> socket.socket:
    """Listen, not only bind: two sockets may be bound to one port as long as neither listens."""
    held = socket.socket()
    try:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((SANDBOX_HOST, port))
        held.listen()
    except OSError:
        held.close()
        raise
    return held


def _told(failure: Failure, plan: Plan) -> str:
    words = failure.last_words.strip()
    if plan.redis is not None and failure.name == "redis":
        words = f"{words}\n{tail(plan.redis.log_path)}".strip()
    return (
        f"the {failure.name} process cannot be started (status {failure.status}); "
        f"its last words:\n{words or '(none)'}"
    )
