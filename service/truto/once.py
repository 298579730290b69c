"""What is asked of Recruitee, and that a write with an Idempotency-Key is carried out once.

A repetition is answered with the first one's status and the ids of what it made: the answer itself is not
kept, since it may be about somebody who is erased meanwhile. One whose end is not known is not sent again.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from multidict import CIMultiDict, CIMultiDictProxy

from service.callers import Caller
from service.core import ids, times
from service.core.store import passed
from service.core.store.connections import Connection
from service.core.store.passed import Passed
from service.core.store.store import Store
from service.kombo.envelope import Refused as KomboRefused
from service.kombo.outbound import Said, Unsaid
from service.state import Request
from service.truto.acting import key_of
from service.truto.envelope import Refused, invalid

JSON_TYPE: Final = "application/json"
UNDONE: Final = frozenset({400, 401, 403, 404, 405, 415, 422, 429})
"""What Recruitee refuses it has not done: the key may be used again."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One request below the company, without what is added here."""

    method: str
    path: str
    params: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    kind: str = JSON_TYPE


async def once(
    request: Request,
    connection: Connection,
    wanted: Wanted,
    send: Callable[[], Awaitable[Said | Unsaid]],
) -> Said | Unsaid:
    """Send a write, or say how the first one under its key ended; raises Refused."""
    key = key_of(request)
    if not key:
        return await send()
    caller: Caller = request.state["caller"]
    store: Store = request.state["store"]
    pipe, c, name = store.pipe, connection.id, ids.derive("passed", caller.kind, caller.id, key)
    of = ids.derive(wanted.method, wanted.path, repr(wanted.params), wanted.kind, wanted.body.hex())
    before = await passed.begin(pipe, c, name, of)
    if before is not None:
        return _again(before, of)
    try:
        said = await send()
    except KomboRefused:
        await passed.drop(pipe, c, name)  # its turn did not come: it was not sent
        raise
    if isinstance(said, Said) and said.status in UNDONE:
        await passed.drop(pipe, c, name)
    elif isinstance(said, Said) and said.status < 300:
        ended = Passed(of=of, at=times.now_ms(), status=said.status, made=_made(said.body))
        await passed.end(pipe, c, name, ended)
    return said


def _again(before: Passed, of: str) -> Said:
    """Return the answer to a repetition; raises Refused."""
    if before.of != of:
        raise invalid("Idempotency-Key", "stands for another request")
    if not before.status:
        detail = f"this was sent at {times.iso(before.at)} and its end is not known"
        raise Refused(409, f"{detail}: look before you send it under another key")
    body = {name: {"id": made} for name, made in before.made.items()}
    headers = CIMultiDict({"content-type": JSON_TYPE})
    shown = orjson.dumps(body) if body else b""
    return Said(before.status, CIMultiDictProxy(headers), shown)


def _made(body: bytes) -> dict[str, int]:
    """Return the ids of the records that an answer shows, by their member."""
    try:
        data: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    members = data.items() if isinstance(data, dict) else ()
    found = {name: one.get("id") for name, one in members if isinstance(one, dict)}
    return {name: made for name, made in found.items() if type(made) is int}
