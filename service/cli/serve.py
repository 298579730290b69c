"""`hirewire serve` and `hirewire work`: the two processes apart, any number of each."""

import asyncio
import gc
import os
import socket
from functools import partial
from typing import Annotated

import typer

from service.cli.starting import end_on_signals, module_command, module_env, require, settings_from
from service.core import logs
from service.core.settings import Settings
from service.core.store.condition import refuse_unsafe

Host = Annotated[str | None, typer.Option(help="Address to listen on (HIREWIRE_HOST).")]
Port = Annotated[int | None, typer.Option(help="Port to listen on (HIREWIRE_PORT).")]

GRACE_S = 20
KEEP_ALIVE_S = 75  # longer than the 60 s of common proxies, which must be the ones to close
OPEN_REQUESTS = 2000
# Most objects of a request die by reference count: collect rarely, and never what start made.
GC_THRESHOLD = 50_000


def serve(host: Host = None, port: Port = None) -> None:
    """Run one web process; needs HIREWIRE_REDIS_URL, HIREWIRE_MASTER_KEY, HIREWIRE_ADMIN_TOKEN."""
    settings = settings_from(os.environ, host=host, port=port)
    require(settings, "redis_url", "master_key", "admin_token")
    asyncio.run(refuse_unsafe(settings))
    raise typer.Exit(run_web(settings))


def work() -> None:
    """Run one worker process; needs HIREWIRE_REDIS_URL and HIREWIRE_MASTER_KEY."""
    settings = settings_from(os.environ, host=None, port=None)
    require(settings, "redis_url", "master_key")
    # Web and worker never import each other: the worker is a program of its own.
    command = module_command("workers")
    os.execve(command[0], command, module_env(os.environ))  # noqa: S606 (no shell is wanted)


def run_web(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; return the exit status."""
    import uvicorn

    from service.app import create_app

    class Web(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            gc.collect()
            gc.freeze()
            gc.set_threshold(GC_THRESHOLD)
            log.info("web.started", host=settings.host, port=settings.port)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            ending.set()  # first, since uvicorn waits for answers to end
            await super().shutdown(sockets=sockets)

    logs.configure(settings.log_level, settings.log_format)
    log = logs.logger("web")
    ending = asyncio.Event()
    config = uvicorn.Config(
        partial(create_app, settings, ending),
        factory=True,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # HIREWIRE_PUBLIC_URL says what stands before us; a header may lie
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        limit_concurrency=OPEN_REQUESTS,
    )
    end_on_signals()
    web = Web(config)
    web.run()
    return 0 if web.started else 1
