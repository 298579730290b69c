"""One question to Recruitee, asked by the web process for a caller who waits: in turn, and bounded."""

import asyncio

from service.core.recruitee.client import (
    Answer,
    Company,
    Hidden,
    Later,
    Missing,
    Ok,
    Unauthorized,
)
from service.core.recruitee.client import (
    Refused as Wrong,
)
from service.core.store.connections import Connection
from service.core.store.store import Store
from service.kombo import outbound
from service.kombo.envelope import TIMED_OUT, Refused
from service.kombo.outbound import BURST, HOLD_S, WITHIN_S, Lanes
from service.kombo.relaying import entered
from service.kombo.writes.acting import ENDS
from service.state import Request


async def ask(request: Request, lanes: Lanes, connection: Connection, path: str) -> Answer:
    """Ask for `path` below the company; raises Refused when there is no answer worth reading."""
    lane = lanes.of(connection.id)
    await entered(lane)
    try:
        async with asyncio.timeout(WITHIN_S):
            answer = await _asked(request, connection, path)
    except TimeoutError:
        detail = f"Recruitee did not answer within {WITHIN_S:g} s"
        raise Refused(504, TIMED_OUT, detail) from None
    finally:
        lane.release()
    if isinstance(answer, Ok | Hidden | Missing):
        return answer
    raise await _refused(request, connection, answer)


def said(why: str, detail: str, headers: dict[str, str] | None = None) -> Refused:
    """Return a refusal in the words that actions have for it."""
    status, code = ENDS[why]
    return Refused(status, code, detail, headers)


async def _asked(request: Request, connection: Connection, path: str) -> Answer:
    store: Store = request.state["store"]
    await outbound.turn(store, connection.id, request.state["settings"].recruitee_rate)
    company = Company(connection.company_id, connection.api_token.get_secret_value())
    return await request.state["recruitee"].get(company, path)


async def _refused(
    request: Request, connection: Connection, answer: Wrong | Unauthorized | Later
) -> Refused:
    match answer:
        case Wrong(reason=reason):
            return said("invalid", f"Recruitee refused: {reason}")
        case Unauthorized():
            return said("unauthorized", "Recruitee refuses the API token")
        case Later(reason, after_s, limited):
            if not limited:
                return said("unavailable", reason, {"retry-after": "5"})
            wait_s = after_s or HOLD_S
            rate = request.state["settings"].recruitee_rate
            await request.state["store"].records.hold(connection.id, wait_s, rate, BURST)
            return said("limited", reason, {"retry-after": str(max(1, round(wait_s)))})
