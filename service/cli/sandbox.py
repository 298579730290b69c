"""`hirewire sandbox`: the sandbox Recruitee alone, an invented company to try things on."""

import secrets
from typing import Annotated

import typer

from service.cli.starting import end_on_signals

HOST, PORT = "127.0.0.1", 8790
TOKEN_BYTES = 24


def sandbox(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = HOST,
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = PORT,
    fd: Annotated[
        int | None, typer.Option("--fd", help="A socket that listens already.", hidden=True)
    ] = None,
    company: Annotated[str, typer.Option(help="The company's numeric id.")] = "5600",
    token: Annotated[
        str | None,
        typer.Option(envvar="SANDBOX_TOKEN", help="The API token it takes; else one is drawn."),
    ] = None,
    size: Annotated[int, typer.Option(help="How many candidates to invent.", min=0)] = 36,
    seed: Annotated[int, typer.Option(help="The same seed invents the same company.")] = 1,
) -> None:
    """Run a sandbox Recruitee; its faults are set at /sandbox/knobs while it runs."""
    from service.sandbox.__main__ import run
    from service.sandbox.config import SandboxConfig

    config = SandboxConfig(
        token=token or secrets.token_urlsafe(TOKEN_BYTES),
        company_id=company,
        candidates=size,
        seed=seed,
    )
    end_on_signals()
    run(config, host=host, port=port, fd=fd)
