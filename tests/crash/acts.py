"""Notes that are written through us while processes die: each at Recruitee once, and no end unsaid."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from service.actions import perform
from service.callers import ADMIN
from service.core.actions.inputs import Note
from service.core.actions.result import Result
from service.core.store.store import Store
from tests.model.company import COMPANY_ID, Company, Json
from workers.context import Context

LOOKS_S = (0.0, 0.002, 0.005)
MOST = 300
PATH = re.compile(rf"/c/{COMPANY_ID}/candidates/(\d+)/notes")


@dataclass
class Asked:
    """A note that somebody wants written; `action` once that was heard."""

    who: str
    action: str = ""
    result: Result | None = None


@dataclass
class Acts:
    """What was asked for, by its words, which are its Idempotency-Key too."""

    rng: random.Random
    company: Company
    asked: dict[str, Asked] = field(default_factory=dict)

    async def act(self, ctx: Context) -> None:
        """Ask for a new note, or again for one of which nobody knows whether it was taken in."""
        if len(self.asked) < MOST:
            who = str(self.rng.choice(sorted(self.company.candidates)))
            self.asked[f"Words {len(self.asked)}."] = Asked(who)
        await self.act_all(ctx)

    async def act_all(self, ctx: Context) -> None:
        """Ask for every note that was not taken in yet."""
        (connection,) = await ctx.store.connections.all()
        for words, asked in list(self.asked.items()):
            if not asked.action:
                given = Note(candidate_id=asked.who, content=words)
                found = await perform(
                    ctx.store, connection, ADMIN, "add_note", given, key=words, within_s=0
                )
                asked.action = getattr(found, "action", "")

    async def ask_again(self, ctx: Context) -> None:
        """Ask again, under the same key, for what nobody could tell whether it was done."""
        await self.heard(ctx.store)
        for asked in self.asked.values():
            if asked.result is not None and asked.result.again:
                asked.action = ""
        await self.act_all(ctx)

    async def heard(self, store: Store) -> None:
        """Read how each ended."""
        for asked in self.asked.values():
            one = await store.actions.get(asked.action) if asked.action else None
            asked.result = one.result if one else None

    def violations(self) -> Iterator[str]:
        """Yield what is wrong: a note that is there twice, or not as its action says."""
        for words, asked in list(self.asked.items()):
            count = sum(words in row["body"] for row in self.company.lists["note"].values())
            why = asked.result.why if asked.result else None
            if why is None:
                yield f"{words} its action has not ended"
            elif count > 1 or (why == "" and count == 0 and self._lives(asked.who)):
                yield f"{words} is there {count} times, and its action says '{why}'"
            elif why not in ("", "missing"):
                yield f"{words} was asked for again, and its action says '{why}'"

    def _lives(self, who: str) -> bool:
        return int(who) in self.company.candidates


def written(company: Company, path: str, body: Json) -> Json | None:
    """Carry a write out; None for what is not there."""
    named = PATH.fullmatch(path)
    if named is None or int(named[1]) not in company.candidates:
        return None
    said, number = body["note"]["body"], company.number()
    row: dict[str, Any] = {
        "id": number, "created_at": company.now(), "candidate_id": int(named[1]), "body": said,
        "text": said, "visibility": {"level": "public"},
    }  # fmt: skip
    company.lists["note"][number] = row
    company.noted()
    return {"note": row}
