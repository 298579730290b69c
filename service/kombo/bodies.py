"""A body of any size that fits, read within a time: as it came, or as JSON."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import orjson

from service.kombo.envelope import INPUT_INVALID, Refused
from service.state import Request

READ_WITHIN_S: Final = 30.0
DRAINED: Final = 3
"""How many times what is allowed is read and dropped: who is cut off while sending sees no answer."""
ENDS: Final = {"connection": "close"}


async def large(request: Request, most: int) -> dict[str, Any]:
    """Return the body's fields; raises Refused 400, 408, 413."""
    body = await raw(request, most)
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        problem = f"the body is not JSON: {str(error)[:100]}"
        raise Refused(400, INPUT_INVALID, problem) from None
    if not isinstance(fields, dict):
        raise Refused(400, INPUT_INVALID, "the body must be a JSON object")
    return fields


async def raw(request: Request, most: int) -> bytes:
    """Return the body as it came; raises Refused 408, 413."""
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            return await _read(request, most)
    except TimeoutError:
        detail = f"the body did not come within {READ_WITHIN_S:g} s"
        raise Refused(408, INPUT_INVALID, detail, ENDS) from None


async def _read(request: Request, most: int) -> bytes:
    body, read = bytearray(), 0
    async for chunk in request.stream():
        read += len(chunk)
        if read <= most:
            body += chunk
        elif read > most * DRAINED:
            raise _too_large(most, ENDS)
    if read > most:
        raise _too_large(most)
    return bytes(body)


def _too_large(most: int, headers: Mapping[str, str] | None = None) -> Refused:
    detail = f"a body may have {most >> 20} MiB here at most"
    return Refused(413, INPUT_INVALID, detail, headers)
