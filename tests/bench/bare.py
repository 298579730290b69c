"""The bare Starlette route that ingress is held against: reads the body, answers 200 with JSON."""

import gc
import socket
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def take(request: Request) -> JSONResponse:
    """Read and answer."""
    await request.body()
    return JSONResponse({"status": "accepted"})


class Web(uvicorn.Server):
    """Tunes the collector as the measured server does."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000)


def main(port: int) -> None:
    """Serve until SIGTERM."""
    app = Starlette(routes=[Route("/webhooks/recruitee/{hook}", take, methods=["POST"])])
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, loop="uvloop", http="httptools", lifespan="off",
        log_level="error", access_log=False, server_header=False,
    )  # fmt: skip
    Web(config).run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
