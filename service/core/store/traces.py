"""Everything that is stored of one candidate: what an erasure removes and a dry run counts."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from service.core import ids
from service.core.crypto import Vault
from service.core.store import keys
from service.core.store.dead_letters import DeadLetter
from service.core.store.deliveries import Delivery
from service.core.store.listing import walk
from service.core.store.mentions import Letter, Mentions, words_of
from service.core.store.records import Known, Records, subject_key
from service.core.store.redis import Pipe
from service.core.store.suppression import PERSON
from service.core.unified.model import Fields, Ref
from service.core.unified.registry import COLLECTIONS

TOLD_OF = "candidate.erased"
READ_AT_ONCE = 1000


class Kept(NamedTuple):
    """One delivery as it is stored: under a key of its own, or (`field`) in a hash."""

    key: str
    field: str
    raw: bytes
    flies: bool  # an attempt is under way: what that leaves comes later
    left: bool  # an attempt has left, and nobody heard yet what became of it
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of a candidate."""

    records: Known
    lists: Sequence[Ref]  # the names of the lists that it owns
    activities: Sequence[Ref]
    events: frozenset[str]  # all but those that tell of an erasure
    older: bool  # it had events that are past the retention
    mentions: Mentions

    def everything(self) -> list[Ref]:
        """Return what is to be forgotten."""
        return [*self.records, *self.lists]


class Traces:
    """Looks for one candidate of one connection; reads only."""

    def __init__(self, pipe: Pipe, records: Records, vault: Vault, c: str, remote_id: str) -> None:
        self._pipe = pipe
        self._records = records
        self._vault = vault
        self._c = c
        self._who = Ref(PERSON, remote_id)
        self._uid = ids.record_id(c, *self._who)

    async def find(self) -> Found:
        """Return records and events; the log and the feed's entries are gone through."""
        lists = [
            Ref(a.name, self._who.remote_id) for a in COLLECTIONS.values() if a.owner == PERSON
        ]
        logged = [row async for row in self._logged()]
        members = [ref for root in (self._who, *lists) for ref in await self._children(root)]
        refs = {self._who, *members, *(ref for _, _, ref in logged)}
        loaded = await self._records.load(self._c, refs)
        known = {ref: snap for ref, snap in loaded.items() if self._owns(ref, snap.fields)}
        words = words_of(snap.fields for ref, snap in known.items() if ref == self._who)
        activities = [ref async for ref in self._activities(words) if ref not in known]
        lines = {ref: await self._timeline(ref) for ref in (*known, *activities)}
        events = {event for event, kind, _ in logged if kind != TOLD_OF}
        events |= {event for line in lines.values() for event in line} | await self._states(known)
        older = any(snap.sequence > len(lines[ref]) for ref, snap in known.items())
        roots = {f"{ref.model}:{ref.remote_id}" for ref in (self._who, *lists, *known)}
        return Found(
            known, lists, activities, frozenset(events), older,
            Mentions(self._c, self._who.remote_id, frozenset(roots), frozenset(events), words),
        )  # fmt: skip

    async def deliveries(self, events: Iterable[str]) -> AsyncIterator[Kept]:
        """Yield every delivery of these events, open or settled."""
        names = [s.decode() for s in await self._pipe.call("ZRANGE", "subs", 0, -1)]
        owners = {ids.subscriber_tag(s): s for s in names}
        for event in events:
            for member in await self._pipe.call("SMEMBERS", keys.deliveries_of(event)):
                delivery = member.decode()
                for kept in await self._kept(delivery, owners.get(ids.tag_of(delivery))):
                    yield kept

    async def letters(self, found: Found) -> AsyncIterator[Letter]:
        """Yield the dead letters that are about the person or name it."""
        async for rows in walk(self._pipe, "dead"):
            for row in rows:
                raw = await self._pipe.call("GET", keys.dead_letter(row.member))
                dead = DeadLetter.model_validate_json(raw) if raw else None
                letter = found.mentions.letter(dead, raw, self._vault) if dead else None
                if letter is not None:
                    yield letter

    async def inbox(self, found: Found) -> AsyncIterator[tuple[str, bytes]]:
        """Yield (stream id, what stays of it) of the entries that name the person."""
        after, line = "-", keys.inbox(self._c)
        while rows := await self._pipe.call("XRANGE", line, after, "+", "COUNT", READ_AT_ONCE):
            for position, fields in rows:
                if (rest := found.mentions.rest(fields[b"e"])) is not None:
                    yield position.decode(), rest
            after = "(" + rows[-1][0].decode()

    async def parked(self, found: Found) -> AsyncIterator[tuple[str, bytes, bytes]]:
        """Yield (root, as it is, what stays of it) of what waits for another try."""
        for root, raw in (await self._pipe.call("HGETALL", keys.parked(self._c))).items():
            if (rest := found.mentions.parked(root.decode(), raw)) is not None:
                yield root.decode(), raw, rest

    async def _children(self, root: Ref) -> set[Ref]:
        return await self._records.children(self._c, root)

    async def _timeline(self, ref: Ref) -> list[str]:
        rows = await self._pipe.call("LRANGE", keys.timeline(self._c, *ref), 0, -1)
        return [row.decode() for row in rows]

    async def _states(self, known: Known) -> set[str]:
        """Return the events by which backfills told of a record: no log has them."""
        subscribers = [s.decode() for s in await self._pipe.call("ZRANGE", "subs", 0, -1)]
        found: set[str] = set()
        for ref, snapshot in known.items():
            names = [
                ids.state_event_id(s, self._c, *ref, version)
                for s in subscribers
                for version in range(1, snapshot.version + 1)
            ]
            asked = [self._pipe.call("EXISTS", keys.deliveries_of(name)) for name in names]
            found |= {n for n, there in zip(names, asked, strict=True) if await there}
        return found

    def _owns(self, ref: Ref, fields: Fields) -> bool:
        """Say whether a record is the person's: one that moved to another stays there."""
        return ref.model == PERSON or fields.get("candidate_id") in (self._uid, None)

    async def _logged(self) -> AsyncIterator[tuple[str, str, Ref]]:
        """Yield (event, type, record) of all that the log has of the person."""
        after, lane = "0-0", subject_key(self._c, self._who)
        while after:
            reply = await self._pipe.run("subject_events", self._c, after, READ_AT_ONCE, lane)
            after, *flat = (part.decode() for part in reply)
            for event, kind, model, remote_id in zip(*(flat[k::4] for k in range(4)), strict=True):
                yield event, kind, Ref(model, remote_id)

    async def _activities(self, words: frozenset[str]) -> AsyncIterator[Ref]:
        """Yield the feed's entries that are about the person, or whose sentence names it."""
        mentions = Mentions(self._c, self._who.remote_id, words=words)
        async for known in self._records.pages(self._c, "activity"):
            for ref, snapshot in known.items():
                said = snapshot.fields.get("message_html")
                mine = snapshot.fields.get("candidate_id") == self._uid
                if mine or (isinstance(said, str) and mentions.in_text(said)):
                    yield ref

    async def _kept(self, name: str, s: str | None) -> list[Kept]:
        key = keys.delivery(name)
        found = [(key, "", await self._pipe.call("GET", key), False, False)]
        for line in (s, keys.replay_line(s)) if s else ():
            raw, due, now = await asyncio.gather(
                self._pipe.call("HGET", keys.open_deliveries(line), name),
                self._pipe.call("ZSCORE", keys.due(line), name),
                self._pipe.call("TIME"),
            )
            # Half a millisecond marks a flight's deadline.
            left = due is not None and float(due) % 1 != 0
            flies = left and float(due) > int(now[0]) * 1000
            found.append((keys.open_deliveries(line), name, raw, flies, left))
        return [Kept(*row, Delivery.model_validate_json(row[2])) for row in found if row[2]]
