"""Runs the sandbox alone: `python -m service.sandbox --port 8790`."""

import argparse
import secrets
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress

import uvicorn

from service.sandbox.app import SandboxConfig, create_sandbox

HOST, PORT = "127.0.0.1", 8790
FAILED = 3


class Announced(uvicorn.Server):
    """A server that says something once it answers, when signals are in its own hands."""

    def __init__(self, config: uvicorn.Config, said: str) -> None:
        super().__init__(config)
        self._said = said

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say it."""
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(self._said)
            sys.stdout.flush()


def run(
    config: SandboxConfig, *, host: str = HOST, port: int = PORT, fd: int | None = None
) -> None:
    """Serve a sandbox until SIGINT or SIGTERM; say where it is and how to get in.

    `fd`: a socket that listens there already, from whoever started this.
    """
    said = (
        f"Sandbox Recruitee on http://{host}:{port}\n"
        f"  company id  {config.company_id} (or {config.subdomain})\n"
        f"  API token   {config.token}\n"
        f"  controls    http://{host}:{port}/sandbox/knobs, /webhooks, /routes, /state\n"
    )
    served = uvicorn.Config(
        create_sandbox(config), host=host, port=port, log_level="warning", access_log=False
    )
    server = Announced(served, said)
    with suppress(KeyboardInterrupt):
        server.run(None if fd is None else [socket.socket(fileno=fd)])
    if not server.started:
        sys.exit(FAILED)


def main(argv: Sequence[str] | None = None) -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="service.sandbox", description=__doc__)
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--company", default="5600", help="the company's numeric id")
    parser.add_argument("--token", help="the API token; drawn at random when left out")
    parser.add_argument("--size", type=int, default=36, help="how many candidates, up to 1,000,000")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--careers-token", help="let the careers site ask for this token")
    given = parser.parse_args(argv)
    config = SandboxConfig(
        token=given.token or secrets.token_urlsafe(24),
        company_id=given.company,
        candidates=given.size,
        seed=given.seed,
        careers_token=given.careers_token,
    )
    run(config, host=given.host, port=given.port)


if __name__ == "__main__":
    main()
