"""Ask for an action and wait for its end: the one way in for every surface that writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from service.callers import Caller
from service.core.actions.inputs import Input
from service.core.actions.result import Result
from service.core.store.actions import DIFFERENT, FULL, GONE, SAME, Asked
from service.core.store.connections import ACTIVE, Connection
from service.core.store.store import Store

WITHIN_S: Final = 4.3
"""Official SDKs give up after 5 s; what takes longer goes on, and the answer says so."""
KEY_HEADER: Final = "idempotency-key"
KEY_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Going:
    """It goes on: nobody knows its end yet."""

    action: str


@dataclass(frozen=True, slots=True)
class Over:
    """It has ended; `same`: it was asked for before, under the same key."""

    action: str
    result: Result
    same: bool


@dataclass(frozen=True, slots=True)
class NotTaken:
    """It was not taken in: nothing was done and nothing will be.

    `why`: `gone` (no such connection), `different` (the key stands for another request), `full`
    (too many are open), `not_ready` (the connection is not active), `erased` (the person was).
    """

    why: str
    message: str


Performed = Going | Over | NotTaken
NOT_TAKEN: Final[Mapping[int, NotTaken]] = {
    GONE: NotTaken("gone", "there is no such connection any more"),
    DIFFERENT: NotTaken("different", "this Idempotency-Key stands for another request"),
    FULL: NotTaken("full", "too many actions of this connection are under way; try again"),
}


async def perform(
    store: Store,
    connection: Connection,
    caller: Caller,
    kind: str,
    given: Input,
    *,
    key: str = "",
    subject: str = "",
    within_s: float = WITHIN_S,
) -> Performed:
    """Have an action done; returns what is known of it within `within_s`.

    `key`: the caller's Idempotency-Key; `subject`: the candidate's remote id, if there is one.
    Raises StoreUnavailable when it cannot be kept: then it was not taken in.
    """
    if connection.status != ACTIVE:
        return NotTaken("not_ready", f"the connection is {connection.status}: nothing is written")
    if subject and await store.suppression.among(connection.id, [subject]):
        return NotTaken("erased", "the person was erased here and is kept out")
    asked = Asked(connection.id, kind, given, caller.name or caller.kind, caller.id, key, subject)
    taken = await store.actions.take(asked)
    if taken.what in NOT_TAKEN:
        return NOT_TAKEN[taken.what]
    if not await store.actions.ended(taken.id, within_s):
        return Going(taken.id)
    one = await store.actions.get(taken.id)
    if one is None or one.result is None:
        return Going(taken.id)
    return Over(taken.id, one.result, taken.what == SAME)
