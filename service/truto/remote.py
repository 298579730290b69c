"""What Recruitee answers, passed on: bodies as they are, refusals in Truto's envelope; reads tried again."""

import asyncio
import io
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from time import monotonic
from typing import Any, Final

import aiohttp
import orjson
from starlette.responses import Response

from service.core.retry_after import retry_after_s
from service.core.store.connections import Connection
from service.kombo.confined import address, template
from service.kombo.envelope import Refused as KomboRefused
from service.kombo.outbound import Call, Lanes, Said, Unsaid
from service.kombo.relaying import headers_of_answer, in_turn, look_soon, masked, unanswered
from service.state import Request
from service.truto.entry import note
from service.truto.envelope import Refused
from service.truto.once import JSON_TYPE, Wanted, once

TRIES: Final = 3
FIRST_WAIT_S: Final = 0.25
LONGEST_WAIT_S: Final = 4.0
TRIED_WITHIN_S: Final = 12.0
"""After this no further try begins: who asks is still waiting."""
AGAIN: Final = frozenset({429, 500, 502, 503, 504})
MOST_SHOWN: Final = 64 * 1024
STATUSES: Final = frozenset(int(each) for each in HTTPStatus if each >= 400)
TOLD: Final = ("retry-after", "x-request-id")
RATES: Final = ("limit", "remaining", "reset")


async def sent(request: Request, lanes: Lanes, connection: Connection, wanted: Wanted) -> Said:
    """Return Recruitee's answer to a call, a read after some tries; raises Refused for a bad one."""
    call = _call(request, connection, wanted)
    note(request, call=f"{call.method} {template(call.url, request.state['recruitee'].base)}")
    if call.method == "GET":
        said = await _tried(request, lanes, connection, call)
    else:
        said = await once(
            request, connection, wanted, lambda: in_turn(request, lanes, connection, call)
        )
    if isinstance(said, Unsaid):
        raise unanswered(said)
    note(request, answered=str(said.status))
    if said.status == 401 or (call.method != "GET" and said.status < 300):
        # What was written is looked at; and a token that has died is found out.
        await look_soon(request.state["store"], connection)
    if not 200 <= said.status < 300:
        raise refusal(said, connection.api_token.get_secret_value())
    return said


def _call(request: Request, connection: Connection, wanted: Wanted) -> Call:
    token = connection.api_token.get_secret_value()
    base, company = request.state["recruitee"].base, connection.company_id
    url = address(base, company, wanted.path, wanted.params)
    headers = {"accept": JSON_TYPE, "authorization": f"Bearer {token}"}
    if not wanted.body:
        return Call(wanted.method, url, headers, None)
    # As a stream: of large bytes the library warns, since it would write them in one go.
    body = aiohttp.BytesIOPayload(io.BytesIO(wanted.body))
    return Call(wanted.method, url, headers | {"content-type": wanted.kind}, body)


async def _tried(
    request: Request, lanes: Lanes, connection: Connection, call: Call
) -> Said | Unsaid:
    began = monotonic()
    said = await in_turn(request, lanes, connection, call)
    for number in range(1, TRIES):
        wait_s = _wait_s(said, number)
        if wait_s is None or monotonic() - began + wait_s > TRIED_WITHIN_S:
            break
        await asyncio.sleep(wait_s)
        try:
            said = await in_turn(request, lanes, connection, call)
        except KomboRefused:
            break  # its turn is too far off by now: what was answered before is told
    return said


def _wait_s(said: Said | Unsaid, number: int) -> float | None:
    """Return how long to wait before trying again, or None: it is no use, or takes too long."""
    if isinstance(said, Said) and said.status not in AGAIN:
        return None
    if isinstance(said, Unsaid) and said.late:
        return None
    asked_s = None
    if isinstance(said, Said):
        asked_s = retry_after_s(said.headers.get("retry-after"), datetime.now(UTC))
    usual_s = FIRST_WAIT_S * 2**number * random.uniform(0.5, 1.0)  # noqa: S311
    wait_s = max(asked_s or 0.0, usual_s)
    return wait_s if wait_s <= LONGEST_WAIT_S else None


def verbatim(said: Said, token: str) -> Response:
    """Return an answer as it is: status, body and type."""
    kind = said.headers.get("content-type") or JSON_TYPE
    headers = _told(said, token) | {"content-type": kind, "x-content-type-options": "nosniff"}
    if "html" in kind.lower() or "svg" in kind.lower():
        headers["content-security-policy"] = "sandbox"  # it is Recruitee's page, not one of ours
    return Response(masked(said.body, token), said.status, headers)


def data_of(said: Said, token: str) -> Any:
    """Return an answer's JSON, or None if it is none."""
    try:
        return orjson.loads(masked(said.body, token))
    except orjson.JSONDecodeError:
        return None


def refusal(said: Said, token: str) -> Refused:
    """Return what Recruitee refused, with its own words and without our token."""
    raw = _raw(said, token)
    status = said.status if said.status in STATUSES else 502
    usual = f"Recruitee answered {said.status}"
    insight = {"rate_limit_error": None} if status == 429 else {}
    if status == 403:
        insight = {"forbidden_error": None}
    return Refused(
        status, _first(raw) or usual, insight=insight, remote=True, raw=raw,
        headers=_told(said, token),
    )  # fmt: skip


def _raw(said: Said, token: str) -> Any:
    body = masked(said.body, token)
    if len(body) > MOST_SHOWN:
        return body[:MOST_SHOWN].decode(errors="replace")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode(errors="replace")


def _first(raw: Any) -> str:
    """Return the first error that an answer names, in either of Recruitee's shapes."""
    named = (raw.get("error") or raw.get("errors")) if isinstance(raw, dict) else None
    found = named[0] if isinstance(named, list) and named else named
    if isinstance(found, Mapping):
        found = found.get("message") or found.get("code")
    return found[:200] if isinstance(found, str) else ""


def _told(said: Said, token: str) -> dict[str, str]:
    """Return the headers that are passed on; of the rate all three or none."""
    every = {name: values[0] for name, values in headers_of_answer(said, token).items()}
    rates = {
        f"ratelimit-{name}": every.get(f"ratelimit-{name}") or every.get(f"x-ratelimit-{name}")
        for name in RATES
    }
    told = {name: every[name] for name in TOLD if name in every}
    return told | ({n: v for n, v in rates.items() if v} if all(rates.values()) else {})
