"""One action while it is carried out: its steps, each sent once; an answer that was lost is looked for."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from service.core.actions.result import AGAIN, Result, Why
from service.core.recruitee.client import (
    MAX_IN_FLIGHT,
    Answer,
    Hidden,
    Later,
    Missing,
    Ok,
    Params,
    Unauthorized,
)
from service.core.recruitee.writing import Rejected, Uncertain, Write, Written, write
from service.core.store.actions import Action
from service.core.store.connections import Connection
from service.core.store.inbox import Lease
from service.core.unified.model import Cause, Ref, Snapshot
from service.core.unified.registry import COLLECTIONS
from workers.asking import Asking, Failed, Unanswered, company
from workers.context import Context
from workers.lists import page

AHEAD: Final = 2  # requests by which an action may be ahead of the rate: people wait for it

Kept = Mapping[str, Any]
Found = Callable[[], Awaitable[Kept | None]]


class Ended(Exception):
    """The action ends here, not done: for a reason that asking again by ourselves does not change."""

    def __init__(self, why: Why, message: str, code: str = "") -> None:
        super().__init__()
        self.why: Why = why
        self.message = message
        self.code = code  # Recruitee's own, where it has one


class NotYet(Exception):
    """Recruitee is busy or away, and the step was not done: it goes on later."""

    def __init__(self, outcome: Failed | Unauthorized) -> None:
        super().__init__()
        self.outcome = outcome


def nothing(_: Mapping[str, Any]) -> Kept:
    """Keep nothing of an answer but that it came."""
    return {}


@dataclass(slots=True)
class Doing:
    """What an action's function has in hand."""

    ctx: Context
    connection: Connection
    lease: Lease
    one: Action
    declared: Callable[[], None]
    """Told once it is known whom the action is about: what webhooks say of them can be told apart."""
    warnings: list[str] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    roots: list[Ref] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    unsure: bool = False

    @property
    def c(self) -> str:
        """The connection's id."""
        return self.connection.id

    @property
    def cause(self) -> Cause:
        """What is told of changes that the action makes: its id, its kind and the key's name."""
        return Cause("action", self.one.id, self.one.kind, self.one.by or None)

    def warn(self, text: str) -> None:
        """Say what was not done although the action was; it goes into the answer."""
        if text not in self.warnings:
            self.warnings.append(text)

    def touches(self, *refs: Ref) -> None:
        """Name the roots that the action changes: they are read afterwards, and whoever commits the
        change tells that it is ours."""
        for ref in refs:
            if ref not in self.roots:
                self.roots.append(ref)
            self.ctx.expected.put((self.c, f"{ref.model}:{ref.remote_id}"), self.cause)
        self.declared()

    async def known(self, ref: Ref) -> Snapshot | None:
        """Return what we have of a record, unless it has ended."""
        found = (await self.ctx.store.records.load(self.c, [ref])).get(ref)
        return None if found is None or found.ended else found

    async def remote(self, model: str, uid: object) -> str | None:
        """Return the remote id behind a unified id that a record names."""
        if not isinstance(uid, str):
            return None
        return await self.ctx.store.records.remote_id(self.c, model, uid)

    async def beside(self, more: Awaitable[object]) -> None:
        """Do what the action is not for: where it fails the action is done all the same, and it is said."""
        try:
            await more
        except Ended as error:
            self.unsure |= error.why in AGAIN
            self.warn(f"{'not known' if error.why == 'unknown' else 'not done'}: {error.message}")

    async def listed(self, collection: str, owner: str) -> Sequence[Mapping[str, Any]]:
        """Return the first page of a list of a candidate's, as it is now; raises NotYet."""
        try:
            one = await page(self._asking, COLLECTIONS[collection].listing, 0, owner)
        except Unanswered as error:
            raise NotYet(error.outcome) from None
        return one.rows

    async def get(self, path: str, params: Params | None = None) -> Answer:
        """Ask Recruitee, ahead of what is only kept up to date; raises NotYet."""
        try:
            return await self._asking.further(path, params)
        except Unanswered as error:
            raise NotYet(error.outcome) from None

    async def step(
        self,
        name: str,
        asked: Write,
        *,
        kept: Callable[[Mapping[str, Any]], Kept] = nothing,
        found: Found | None = None,
        again: bool = False,
    ) -> Kept:
        """Carry a step out, or take what came of it before; returns what `kept` keeps (ids only).

        `found` looks for what the step makes, when its answer was lost: what it returns is kept,
        None is "not there". `again`: sent twice it does no harm (a state is set, not a thing added).
        Raises Ended when Recruitee refuses or nobody can tell, NotYet when it is to be tried later.
        """
        before = self.one.steps.get(name)
        if before is not None and "kept" in before:
            return self._noted(name, before["kept"])
        if before is not None and (there := await self._looked(found, again)) is not None:
            return await self._did(name, there)
        if before is not None and not again and before["asked"] == self.one.turn:
            raise Ended("unknown", f"{name}: {UNSEEN}")
        answer: Written | _There = await self._sent(name, asked)
        if isinstance(answer, Uncertain):
            answer = await self._lost(name, asked, answer, found, again)
        if isinstance(answer, Ok):
            return await self._did(name, kept(answer.data))
        if isinstance(answer, _There):
            return await self._did(name, answer.kept)
        raise await self._not_done(name, answer)

    @property
    def _asking(self) -> Asking:
        return Asking(self.ctx, self.connection, MAX_IN_FLIGHT + AHEAD)

    async def _sent(self, name: str, asked: Write) -> Written:
        await self._mark(name, None)
        if not asked.site:
            await self._asking.turn()
        answer = await write(self.ctx.recruitee, company(self.connection), asked)
        if isinstance(answer, Later) and answer.limited:
            await self._asking.hold(answer)
        return answer

    async def _lost(
        self, name: str, asked: Write, answer: Uncertain, found: Found | None, again: bool
    ) -> "Written | _There":
        """Find out what became of a write whose answer was lost: look, and repeat only what may be."""
        there = await self._looked(found, again)
        if there is not None:
            return _There(there)
        if not again:
            raise Ended("unknown", f"{name}: {answer.reason}; {UNSEEN}")
        answer_again = await self._sent(name, asked)
        if isinstance(answer_again, Uncertain):
            raise NotYet(Failed(answer_again.reason))
        return answer_again

    async def _looked(self, found: Found | None, again: bool) -> Kept | None:
        """Look for what a lost answer would have told; once only, when it may simply be sent again."""
        waits = self.ctx.looks.after_s
        for wait in waits[: 1 if again else None] if found else ():
            await asyncio.sleep(wait)
            if (there := await found()) is not None:  # type: ignore[misc]
                return there
        return None

    async def _did(self, name: str, kept: Kept) -> Kept:
        await self._mark(name, kept)
        return self._noted(name, kept)

    def _noted(self, name: str, kept: Kept) -> Kept:
        self.done.append(name)
        return kept

    async def _mark(self, name: str, kept: Kept | None) -> None:
        turn = self.one.turn
        await self.ctx.store.actions.step(self.lease, self.one.id, name, turn, kept)

    async def _not_done(self, name: str, answer: Written) -> Ended | NotYet:
        """Return what to raise when nothing was done; the step is as if it had never been sent."""
        await self.ctx.store.actions.unasked(self.lease, self.one.id, name)
        match answer:
            case Later(reason, after_s):
                return NotYet(Failed(reason, after_s))
            case Unauthorized():
                return NotYet(answer)
            case Missing():
                return Ended("missing", f"{name}: Recruitee has no such record")
            case Hidden():
                return Ended("forbidden", f"{name}: the API token may not do this in Recruitee")
            case Rejected(reason=reason, code=code):
                return Ended("invalid", f"{name}: Recruitee refused: {reason}", code)
        return Ended("fault", f"{name}: an answer that cannot be read")

    def result(self, why: Why = "", message: str = "") -> Result:
        """Return how it ended; a failure names what was done all the same."""
        if why and self.done:
            message = f"{message} (done before: {', '.join(self.done)})"
        return Result(
            why=why, message=message, ids=dict(self.ids), warnings=tuple(self.warnings),
            done=tuple(self.done), unsure=self.unsure,
        )  # fmt: skip


UNSEEN: Final = "whether it was done cannot be seen; ask again with the same key to look once more"


@dataclass(frozen=True, slots=True)
class _There:
    """A write whose answer was lost was done: this is what it made."""

    kept: Kept
