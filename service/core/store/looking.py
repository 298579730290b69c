"""Have roots looked at for a reader who waits: through the inbox, and no more than the line can bear."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

from service.core.recruitee.webhook import entry
from service.core.store import keys
from service.core.store.redis import Arg, Pipe
from service.core.unified.model import Cause

STANDS_MS: Final = 1000
"""For how long a look that was asked for stands for whoever asks for the same."""
WINDOW_S: Final = 10
SHARE: Final = 0.5
LEAST: Final = 4


async def now(pipe: Pipe) -> int:
    """Return Redis' clock, in ms."""
    seconds, micros = await pipe.call("TIME")
    return int(seconds) * 1000 + int(micros) // 1000


async def look(pipe: Pipe, c: str, roots: Iterable[str], rate: float) -> dict[str, str]:
    """Return root -> the inbox entry that has it looked at, "" where readers had their share.

    That is half of what the request rate lets through in ten seconds: webhooks have the rest.
    """
    wanted = list(roots)
    most = max(LEAST, int(rate * WINDOW_S * SHARE))
    args: list[Arg] = [c, STANDS_MS, WINDOW_S, most]
    for root in wanted:
        args += [root, entry(root, Cause(origin="sync"))]
    _, *found = await pipe.run("look", *args)
    return {root: name.decode() for root, name in zip(wanted, found, strict=True)}


async def waiting(pipe: Pipe, c: str, entries: Mapping[str, str]) -> set[str]:
    """Return the roots whose entries are still in the inbox."""
    asked = [
        pipe.call("XRANGE", keys.inbox(c), name, name, "COUNT", 1) for name in entries.values()
    ]
    found = await asyncio.gather(*asked)
    return {root for root, rows in zip(entries, found, strict=True) if rows}


def asked_at(name: str) -> int:
    """Return when an inbox entry was put in, in ms of Redis' clock."""
    return int(name.partition("-")[0])
