"""Health: alive at all, and ready to take webhooks, which is whether Redis takes a write."""

import asyncio
from typing import Any

from starlette.responses import Response

from service.core import times
from service.core.errors import StoreUnavailable
from service.core.store.condition import cure_of, silent
from service.core.store.store import Store
from service.problems import RETRY_AFTER_S, Json, problem
from service.state import Request

WITHIN_S = 2.0
PROBE_LIVES_S = 60


async def healthz(_: Request) -> Response:
    """Say that the process answers."""
    return Json({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Say whether webhooks can be taken, and, for information, whether a worker beats."""
    store: Store = request.state["store"]
    try:
        async with asyncio.timeout(WITHIN_S):
            # A write and not a ping: a Redis that is full or a replica answers pings.
            await store.pipe.call("SET", "probe", times.now_ms(), "EX", PROBE_LIVES_S)
            worker = await _worker(store)
    except TimeoutError:
        return _unready(silent(WITHIN_S))
    except StoreUnavailable as error:
        return _unready(cure_of(str(error)))
    return Json({"status": "ready", "redis": {"ok": True}, "worker": worker})


async def _worker(store: Store) -> dict[str, Any]:
    beat = await store.pipe.call("GET", "beat")
    polls = await store.pipe.call("EXISTS", "arq:queue:health-check")
    return {
        "beats": bool(beat) or bool(polls),
        "swept_at": times.iso(int(beat)) if beat else None,
    }


def _unready(reason: str) -> Response:
    return problem(
        503,
        "Redis takes no write now, so webhooks are answered with 503",
        {"retry-after": RETRY_AFTER_S},
        redis={"ok": False, "reason": reason},
    )
