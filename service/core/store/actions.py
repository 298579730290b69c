"""Actions: writes that were taken in, how far each is, and how it ended; one journal for all surfaces.

What is asked for is sealed, kept until the action has ended, and dropped then. Steps keep ids only.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from time import monotonic
from typing import Any, Final, NamedTuple

import orjson
from pydantic import BaseModel, ConfigDict

from service.core import ids
from service.core.actions.inputs import Input
from service.core.actions.kinds import ADDS, KINDS
from service.core.actions.result import Result
from service.core.crypto import Vault
from service.core.errors import Fenced
from service.core.recruitee.webhook import entry
from service.core.store import keys
from service.core.store.inbox import Lease
from service.core.store.listing import Row, walk
from service.core.store.redis import Pipe
from service.core.store.removal import pairs
from service.core.store.suppression import Suppression
from service.core.times import Millis
from service.core.unified.model import Cause, Ref

ROOT: Final = "action"
KEY_S: Final = 72 * 3600
DERIVED_KEY_S: Final = 30
KEPT_S: Final = 30 * 86_400
OPEN_MOST: Final = 30
LISTED: Final = 10_000
NEW, SAME, RESUMED, GONE, DIFFERENT, FULL = 0, 1, 2, -1, -2, -3
FIRST_LOOK_S, LAST_LOOK_S = 0.004, 0.1


class Action(BaseModel):
    """One action as it is kept."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    connection_id: str
    kind: str
    status: str  # open, ended
    by: str  # name of the API key that asked
    by_id: str
    key: str = ""  # the caller's own Idempotency-Key
    subject: str = ""  # remote id of the candidate, once it is known
    at: Millis = 0
    begun: Millis = 0  # when a caller asked last
    ended: Millis = 0
    turn: int = 1  # how often it was begun by a caller
    input: Input | None = None  # None: it has ended
    steps: Mapping[str, Mapping[str, Any]] = {}
    """Step -> {"asked": turn in which it was sent, "kept": ids, once it was done}."""
    result: Result | None = None


class Taken(NamedTuple):
    """What became of asking: NEW, SAME, RESUMED, GONE, DIFFERENT or FULL; and the action it is about."""

    what: int
    id: str


class Asked(NamedTuple):
    """Who asks for what, under which key."""

    c: str
    kind: str
    given: Input
    by: str
    by_id: str
    key: str = ""
    subject: str = ""


class Actions:
    """Takes in, notes, ends, shows."""

    def __init__(self, pipe: Pipe, vault: Vault, suppression: Suppression) -> None:
        self._pipe = pipe
        self._vault = vault
        self._suppression = suppression

    async def take(self, asked: Asked) -> Taken:
        """Take an action in, durably, and put it before the connection's worker.

        Without a key of the caller's the same request to add something within 30 s is the same action.
        """
        action, said = ids.draw(), asked.given.model_dump_json(exclude_defaults=True)
        # Keyed hashes: what is asked for holds personal data.
        print_ = await self._digest(asked.c, asked.by_id, asked.kind, asked.given.model_dump_json())
        derived = print_ if asked.kind in ADDS else ""
        key = await self._digest(asked.c, asked.by_id, asked.key) if asked.key else derived
        cause = Cause("action", event_id=action, event_type=asked.kind)
        kept = {
            "connection_id": asked.c, "kind": asked.kind, "by": asked.by,
            "by_id": asked.by_id, "key": asked.key[:200], "subject": asked.subject,
            "input": self._vault.seal(said, f"action:{asked.c}"),
        }  # fmt: skip
        what, found = await self._pipe.run(
            "new_action", asked.c, action, key, print_, OPEN_MOST,
            KEY_S if asked.key else DERIVED_KEY_S, entry(f"{ROOT}:{action}", cause),
            *(part for pair in kept.items() for part in pair),
        )  # fmt: skip
        return Taken(what, found.decode())

    async def get(self, action: str) -> Action | None:
        """Return an action, or None."""
        raw = dict(pairs(await self._pipe.call("HGETALL", keys.action(action))))
        fields = {bytes(name).decode(): bytes(value).decode() for name, value in raw.items()}
        return self._read(fields) if fields.get("id") else None

    async def ended(self, action: str, within_s: float) -> bool:
        """Wait until an action has ended; False when it has not by then."""
        until, wait = monotonic() + within_s, FIRST_LOOK_S
        while True:
            status = await self._pipe.call("HGET", keys.action(action), "status")
            if status != b"open":
                return True
            if monotonic() >= until:
                return False
            await asyncio.sleep(min(wait, max(0.0, until - monotonic())))
            wait = min(wait * 1.5, LAST_LOOK_S)

    async def note(self, lease: Lease, action: str, **fields: str) -> None:
        """Keep how far it is; raises Fenced when another has the connection, or it is no more."""
        flat = [part for pair in fields.items() for part in pair]
        if not await self._pipe.run("note_action", lease.id, lease.token, action, *flat):
            raise Fenced(lease.id)

    async def step(
        self, lease: Lease, action: str, name: str, turn: int, kept: Mapping[str, Any] | None
    ) -> None:
        """Keep that a step was sent (`kept` None), or what came of it; raises Fenced."""
        said = {"asked": turn} if kept is None else {"asked": turn, "kept": dict(kept)}
        await self.note(lease, action, **{f"s:{name}": orjson.dumps(said).decode()})

    async def unasked(self, lease: Lease, action: str, name: str) -> None:
        """Keep that a step was not carried out, although it was sent; raises Fenced."""
        await self.note(lease, action, **{f"s:{name}": ""})

    async def end(self, lease: Lease, action: str, result: Result, subject: str = "") -> None:
        """End it; `subject`: the candidate that it turned out to be about. Raises Fenced."""
        sealed = self._vault.seal(result.dump(), f"action:{lease.id}")
        again = 1 if result.again else 0
        done = await self._pipe.run(
            "end_action", lease.id, lease.token, action, sealed, again, KEPT_S, LISTED,
            subject,
        )  # fmt: skip
        if not done:
            raise Fenced(lease.id)

    def pages(self, c: str, after: Row | None) -> AsyncGenerator[list[Row], None]:
        """Yield (action, when asked for) in chunks, newest first."""
        return walk(self._pipe, keys.actions(c), after)

    async def load(self, actions: Sequence[str]) -> list[Action | None]:
        """Return actions; None for those that are gone."""
        return await asyncio.gather(*(self.get(each) for each in actions))

    async def forget(self, c: str, subject: str) -> int:
        """Drop all actions about a candidate, open ones included; returns how many."""
        count = 0
        async for rows in self.pages(c, None):
            for row in rows:
                # One that goes on may know whom it made by its step alone.
                about = await self._pipe.call(
                    "HMGET", keys.action(row.member), "subject", "s:candidate"
                )
                if subject and subject in (_text(about[0]), _made(about[1])):
                    await self._pipe.call("UNLINK", keys.action(row.member))
                    await self._pipe.call("ZREM", keys.actions(c), row.member)
                    await self._pipe.call("SREM", keys.open_actions(c), row.member)
                    count += 1
        return count

    async def _digest(self, c: str, *parts: str) -> str:
        return await self._suppression.digest(c, Ref(ROOT, "\0".join(parts)))

    def _read(self, fields: Mapping[str, str]) -> Action:
        kind, purpose = fields["kind"], f"action:{fields['connection_id']}"
        row: dict[str, Any] = dict(fields)
        row["steps"] = {n[2:]: orjson.loads(v) for n, v in fields.items() if n[:2] == "s:" and v}
        sealed = fields.get("input")
        row["input"] = sealed and KINDS[kind].model_validate_json(self._vault.open(sealed, purpose))
        ended = fields.get("result")
        row["result"] = Result.load(self._vault.open(ended, purpose)) if ended else None
        return Action.model_validate(row | {"input": row["input"] or None})


def _text(raw: bytes | None) -> str:
    return raw.decode() if raw else ""


def _made(raw: bytes | None) -> str:
    """Return whom a step made, as far as it is known."""
    step = orjson.loads(raw) if raw else {}
    return str((step.get("kept") or {}).get("id", ""))
