"""The same HTTP hops with no queue between them: take a webhook, ask Recruitee, tell a subscriber."""

import contextlib
import gc
import sys
from collections.abc import AsyncIterator

import aiohttp
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from service.core import signing, times
from tests.bench import world


def create_chain(recruitee: str, subscriber: str) -> Starlette:
    """Build the app; it answers once the subscriber has."""
    secret = signing.new_secret()

    async def take(request: Request) -> JSONResponse:
        body = await request.body()
        given = [
            value for name, value in request.scope["headers"] if name == signing.RECRUITEE_HEADER
        ]
        if not signing.verify_recruitee([world.SECRET], body, given):
            return JSONResponse({}, 401)
        session: aiohttp.ClientSession = request.state.session
        candidate_id = orjson.loads(body)["payload"]["candidate"]["id"]
        async with session.get(f"{recruitee}/c/5600/candidates/{candidate_id}") as answer:
            candidate = orjson.loads(await answer.read())
        event = {
            "data": {"subject": {"remote_id": str(candidate_id)}, "record": candidate["candidate"]}
        }
        raw = orjson.dumps(event)
        headers = signing.delivery_headers(
            f"evt_{candidate_id}", times.now_ms() // 1000, raw, [secret]
        )
        async with session.post(subscriber + "/", data=raw, headers=headers) as answer:
            await answer.read()
        return JSONResponse({"status": "accepted"})

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, aiohttp.ClientSession]]:
        async with aiohttp.ClientSession() as session:
            yield {"session": session}

    return Starlette(
        routes=[Route("/webhooks/recruitee/{hook}", take, methods=["POST"])], lifespan=lifespan
    )


def main(port: int, recruitee: str, subscriber: str) -> None:
    """Serve until SIGTERM."""
    config = uvicorn.Config(
        create_chain(recruitee, subscriber), host="127.0.0.1", port=port, loop="uvloop", http="httptools",
        log_level="error", access_log=False, server_header=False,
    )  # fmt: skip
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
