"""Runs the sandbox alone: `python -m service.sandbox --port 8790`."""

import argparse
import secrets
import sys
from collections.abc import Sequence

import uvicorn

from service.sandbox.app import SandboxConfig, create_sandbox

HOST, PORT = "127.0.0.1", 8790


def run(config: SandboxConfig, *, host: str = HOST, port: int = PORT) -> None:
    """Serve a sandbox until SIGINT or SIGTERM; first say where it is and how to get in."""
    app = create_sandbox(config)
    sys.stdout.write(
        f"Sandbox Recruitee on http://{host}:{port}\n"
        f"  company id  {config.company_id} (or {config.subdomain})\n"
        f"  API token   {config.token}\n"
        f"  controls    http://{host}:{port}/sandbox/knobs, /webhooks, /routes, /state\n"
    )
    sys.stdout.flush()
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False)


def main(argv: Sequence[str] | None = None) -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="service.sandbox", description=__doc__)
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--company", default="5600", help="the company's numeric id")
    parser.add_argument("--token", help="the API token; drawn at random when left out")
    parser.add_argument("--size", type=int, default=36, help="how many candidates to invent")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(argv)
    config = SandboxConfig(
        token=given.token or secrets.token_urlsafe(24),
        company_id=given.company,
        candidates=given.size,
        seed=given.seed,
    )
    run(config, host=given.host, port=given.port)


if __name__ == "__main__":
    main()
