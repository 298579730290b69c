"""What Redis keeps beside its keys: what was deleted stays in its files until they are written anew, and
in its log of slow commands, which quotes arguments.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from service.core.errors import StoreUnavailable
from service.core.store.memory import info
from service.core.store.redis import Pipe
from service.core.store.removal import pairs

LARGE = ("large-request", "large-reply")
State = Literal["off", "refused", "running", "busy", "written", "failed"]


class Look(NamedTuple):
    """How the files stand."""

    server: str  # this run of the server: one that was started anew has forgotten what it was at
    aof: State
    dump: State
    replicas: int


class Files:
    """Has Redis write its files anew, and says when that is done."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def look(self) -> Look:
        """Return how the append-only file and the dump stand now."""
        facts = await info(self._pipe, "persistence")
        run = (await info(self._pipe, "server")).get("run_id", "")
        replicas = int((await info(self._pipe, "replication")).get("connected_slaves", 0))
        return Look(run, _aof(facts), _dump(facts), replicas)

    async def rewrite_aof(self) -> State:
        """Begin to write the append-only file anew."""
        return await self._begun("BGREWRITEAOF")

    async def dump(self) -> State:
        """Begin to write the dump anew, where Redis writes one at all."""
        try:
            points = dict(pairs(await self._pipe.call("CONFIG", "GET", "save")))
        except StoreUnavailable as error:
            _raise_unless_refused(error)
            points = {b"save": b"not known"}  # rather one dump too many
        return await self._begun("BGSAVE") if points.get(b"save") else "off"

    async def forget_slow(self) -> State:
        """Empty the log of slow commands, and those of large ones where the server has them."""
        for kind in LARGE:
            try:
                await self._pipe.call("COMMANDLOG", "RESET", kind)
            except StoreUnavailable as error:
                _raise_unless_refused(error)  # Redis itself does not know the command
        begun = await self._begun("SLOWLOG", "RESET")
        return "written" if begun == "running" else begun

    async def _begun(self, *command: str) -> State:
        try:
            await self._pipe.call(*command)
        except StoreUnavailable as error:
            _raise_unless_refused(error)
            return "refused"
        return "running"


def _raise_unless_refused(error: StoreUnavailable) -> None:
    """Raise what says that Redis is away; what it answers is an answer."""
    if not any(name in str(error) for name in ("ResponseError", "NoPermission")):
        raise error


def _aof(facts: Mapping[str, Any]) -> State:
    if facts.get("aof_enabled") == "0":
        return "off"
    if "1" in (facts.get("aof_rewrite_in_progress"), facts.get("aof_rewrite_scheduled")):
        return "busy"
    return "written" if facts.get("aof_last_bgrewrite_status") == "ok" else "failed"


def _dump(facts: Mapping[str, Any]) -> State:
    if facts.get("rdb_bgsave_in_progress") == "1":
        return "busy"
    return "written" if facts.get("rdb_last_bgsave_status") == "ok" else "failed"
