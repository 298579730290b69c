"""The bare Starlette route that Kombo's lists are held against: answers one body, the same bytes."""

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.bench.bare import Web


def main(port: int, body: bytes) -> None:
    """Serve until SIGTERM."""

    async def give(_: Request) -> Response:
        return Response(body, media_type="application/json")

    app = Starlette(routes=[Route("/v1/ats/candidates", give)])
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, loop="uvloop", http="httptools", lifespan="off",
        log_level="error", access_log=False, server_header=False,
    )  # fmt: skip
    Web(config).run()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]).read_bytes())
