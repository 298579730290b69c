"""Snapshots: begin a fetch with what is known, commit what came of it, read records."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

import orjson

from service.core import ids, times
from service.core.errors import Fenced
from service.core.events import envelope, operational
from service.core.store import index, keys, packing
from service.core.store.adoption import Adoption
from service.core.store.inbox import Lease
from service.core.store.redis import Arg, Pipe
from service.core.store.suppression import PERSON, Suppression, person_of
from service.core.unified.model import Change, Fields, Ref, Snapshot

HIDDEN_S = 86_400
DOUBTED_S = 30 * 86_400
SNAPSHOT = ("v", "q", "f", "g", "d", "h", "w")
Known = dict[Ref, Snapshot]


class Begun(NamedTuple):
    """A fetch that may leave after `wait_s`, its token, and the root's records as they are known."""

    wait_s: float
    token: int
    known: Known
    barred: bool = False  # the root's candidate was erased and is to stay out: nobody is asked


class Write(NamedTuple):
    """One snapshot to store, compared with the version it replaces (0: none)."""

    ref: Ref
    replaces: int
    snapshot: Snapshot
    root: str  # the root it came with, "" for itself


class Expiring(NamedTuple):
    """A consent that ends soon."""

    remote_id: str
    ends: int  # ms
    days: int  # for which it is to be told


class Committed(Enum):
    """How a commit ended."""

    DONE = 1
    MOVED = -1  # a record changed meanwhile: compare again
    STALE = -2  # a later fetch of all of them was committed already: nothing to do
    BARRED = -3  # it names a candidate who was erased and is to stay out


class Records:
    """Reads and writes of snapshots."""

    def __init__(self, pipe: Pipe, retention_s: int, suppression: Suppression) -> None:
        self._pipe = pipe
        self._retention_s = retention_s
        self._suppression = suppression
        self.adoption = Adoption(pipe)

    async def begin(
        self, c: str, root: Ref, rate: float, burst: int, lease: Lease | None, counted: str = ""
    ) -> Begun:
        """Take a turn and a token before a fetch; raises Fenced."""
        reply = await self._pipe.run(
            "begin", c, root.model, root.remote_id, int(1_000_000 / rate), burst,
            lease.token if lease else "", counted, await self._digest(c, root),
        )  # fmt: skip
        if reply[0] == -2:
            return Begun(0, 0, {}, barred=True)
        if reply[0] < 0:
            raise Fenced(c)
        rows = reply[2:]
        known = {
            Ref(rows[i].decode(), rows[i + 1].decode()): snapshot
            for i in range(0, len(rows), 9)
            if (snapshot := _snapshot(rows[i + 2 : i + 9]))
        }
        return Begun(reply[0] / 1000, reply[1], known)

    async def _digest(self, c: str, root: Ref) -> str:
        person = person_of(root)
        return await self._suppression.digest(c, Ref(PERSON, person)) if person else ""

    async def token(self) -> int:
        """Take a fetch's token, before it is sent: what a later one commits is not overwritten."""
        return int(await self._pipe.call("INCR", "tok"))

    async def turn(self, c: str, rate: float, burst: int) -> float:
        """Take a turn in the connection's request rate; returns how long to wait, in seconds."""
        return int(await self._pipe.run("turn", c, int(1_000_000 / rate), burst)) / 1000

    async def ahead(self, c: str) -> float:
        """Return how far turns are taken ahead, in seconds; takes none."""
        free, (s, us) = await asyncio.gather(
            self._pipe.call("GET", keys.rate(c)), self._pipe.call("TIME")
        )
        return float(max(0, int(free or 0) - s * 1_000_000 - us)) / 1_000_000

    async def hold(self, c: str, seconds: float, rate: float, burst: int) -> None:
        """Let no request of the connection leave for a while (Recruitee said 429)."""
        ahead_us = (burst - 1) * int(1_000_000 / rate)
        await self._pipe.run("hold", c, int(seconds * 1000), ahead_us)

    async def load(self, c: str, refs: Iterable[Ref]) -> Known:
        """Return those of the records that are known."""
        wanted = list(refs)
        asked = [
            self._pipe.call("HMGET", keys.record(c, ref.model, ref.remote_id), *SNAPSHOT)
            for ref in wanted
        ]  # fmt: skip
        known = {}
        for ref, future in zip(wanted, asked, strict=True):
            if snapshot := _snapshot(await future):
                known[ref] = snapshot
        return known

    async def remote_id(self, c: str, model: str, uid: str) -> str | None:
        """Return the remote id behind a unified id, or None."""
        return (await index.remote_ids(self._pipe, c, model, [uid])).get(uid)

    async def name(self, c: str, model: str, remote_ids: Mapping[str, str]) -> None:
        """Keep the remote ids behind unified ids of records that others name before we have them."""
        flat = [part for pair in remote_ids.items() for part in pair]
        await self._pipe.call("HSET", keys.remote_ids(c, model), *flat)

    async def children(self, c: str, root: Ref) -> set[Ref]:
        """Return the records that came with a root."""
        members = await self._pipe.call("SMEMBERS", keys.children(c, root.model, root.remote_id))
        return {Ref(*m.decode().split(":", 1)) for m in members}

    async def all_fields(self, c: str, model: str, name: str) -> dict[str, object]:
        """Return one field of every record of a (small) model, by remote id."""
        members = await self._pipe.call("ZRANGE", keys.index(c, model), 0, -1)
        known = await self.load(c, [Ref(model, m.decode()) for m in members])
        return {ref.remote_id: s.fields.get(name) for ref, s in known.items()}

    async def pages(self, c: str, model: str, count: int = 200) -> AsyncIterator[Known]:
        """Yield every record of a model in chunks, in bounded memory; one that moves may come twice."""
        cursor = 0
        while True:
            cursor, rows = await self._pipe.call(
                "ZSCAN", keys.index(c, model), cursor, "COUNT", count
            )
            yield await self.load(c, [Ref(model, row[0].decode()) for row in rows])
            if not (cursor := int(cursor)):
                return

    async def older(
        self, c: str, model: str, before: int, skip: int, count: int
    ) -> tuple[Known, int]:
        """Return records that were not written since an instant (ms), and how many were looked at."""
        key = keys.index(c, model)
        rows = await self._pipe.call(
            "ZRANGEBYSCORE", key, "-inf", f"({before}", "LIMIT", skip, count
        )
        return await self.load(c, [Ref(model, row.decode()) for row in rows]), len(rows)

    async def ending(
        self, c: str, skip: int, count: int, days: Sequence[int]
    ) -> tuple[int, list[Expiring]]:
        """Return how many consents were looked at, and those of them that are to be told of."""
        looked, *flat = await self._pipe.run("ending_consents", c, skip, count, *days)
        rows = zip(flat[::3], flat[1::3], flat[2::3], strict=True)
        return int(looked), [Expiring(who.decode(), ends, day) for who, ends, day in rows]

    async def warn(
        self, c: str, each: Expiring, seen: Snapshot, event_id: str, body: bytes, lane: str
    ) -> bool:
        """Tell that a consent ends, once; False when it was told, or the candidate moved meanwhile."""
        digest = await self._suppression.digest(c, Ref(PERSON, each.remote_id))
        (body,) = await self.adoption.said(c, [body])
        done = await self._pipe.run(
            "tell_consent", c, each.remote_id, digest, seen.version, seen.sequence + 1, event_id, body,
            lane, self._retention_s, f"{each.ends}:{each.days}",
        )  # fmt: skip
        return int(done) == 1

    async def forget(self, c: str, refs: Sequence[Ref], *, for_good: bool = False) -> None:
        """Forget records as if they had never been seen, but for how far their sequences were.

        `for_good`: they never come back, so that not even that is kept.
        """
        if refs:
            digests = [""] * len(refs) if for_good else await self._suppression.digests(c, refs)
            rows = zip(refs, digests, strict=True)
            args = ((*ref, left, ids.record_id(c, *ref)) for ref, left in rows)
            await self._pipe.run("forget", c, *(part for each in args for part in each))

    async def left_off(self, c: str, refs: Sequence[Ref]) -> Known:
        """Return empty snapshots of those records that were forgotten: their sequences go on."""
        left = await self._suppression.left_off(c, refs)
        return {ref: Snapshot(0, sequence, {}) for ref, sequence in left.items()}

    async def announce(
        self, c: str, event_type: str, data: Mapping[str, object], *about: str | int
    ) -> None:
        """Append an operational event; `about` names it, so that telling it twice is harmless."""
        event_id, body = operational(c, event_type, data, times.now_ms(), *about)
        if await self._pipe.call("EXISTS", keys.event(event_id)):
            return
        lane = subject_key(c, Ref("connection", c))
        event: list[Arg] = [event_id, body, event_type, lane, "", ""]
        await self._pipe.run("commit", c, "", 0, self._retention_s, 1, "", 0, 1, *event, 0, "", "")

    async def hidden(self, c: str, ref: Ref) -> None:
        """Count a record that the token may not see, each once; say how many when that is due."""
        counted = keys.hidden(c)
        await asyncio.gather(
            self._pipe.call("HINCRBY", "stat", "hidden_records", 1),
            self._pipe.call("SADD", counted, f"{ref.model}:{ref.remote_id}"),
            self._pipe.call("EXPIRE", counted, HIDDEN_S),
        )
        await self.say_hidden(c)

    async def listed(self, c: str, root: Ref) -> bool:
        """Say whether a list was read whole before."""
        return bool(await self._pipe.call("SISMEMBER", keys.listed(c), root.model))

    async def note_listed(self, c: str, root: Ref) -> None:
        """Note that a list was read whole, after what it shows was committed."""
        await self._pipe.call("SADD", keys.listed(c), root.model)

    async def doubt(self, c: str, root: Ref, why: str, absent: int, of: int) -> None:
        """Note that a list does not show all that we have, and that it is not believed."""
        told = orjson.dumps({"why": why, "absent": absent, "of": of, "at": times.now_ms()})
        await self._pipe.call("HSET", keys.doubts(c), f"{root.model}:{root.remote_id}", told)
        await self._pipe.call("EXPIRE", keys.doubts(c), DOUBTED_S)

    async def said_against(self, c: str, root: Ref) -> Mapping[str, Any] | None:
        """Return what is noted against a list (`why`, `absent`, `of`, `at` in ms), or None."""
        raw = await self._pipe.call("HGET", keys.doubts(c), f"{root.model}:{root.remote_id}")
        said: Mapping[str, Any] | None = orjson.loads(raw) if raw else None
        return said

    async def trust(self, c: str, root: Ref) -> None:
        """Take back what was noted against a list: it was read whole."""
        await self._pipe.call("HDEL", keys.doubts(c), f"{root.model}:{root.remote_id}")

    async def say_hidden(self, c: str) -> None:
        """Say how many records are hidden that nothing was said of yet, at most once an hour."""
        if count := int(await self._pipe.call("SCARD", keys.hidden(c))):
            data, now = {"connection_id": c, "count": count}, times.now_ms()
            event = self._operational(c, "connection.hidden_records", data, now, now)
            await self._pipe.run("say_hidden", c, count, *event)

    async def skip(
        self, c: str, s: str, start: str, end: str, told: Mapping[str, object] | None
    ) -> bool:
        """Move a subscriber on in a log, and tell it what it missed, in one step.

        False when it has moved by itself meanwhile; `told` None: it missed nothing that it wanted.
        """
        event: list[Arg] = ["", "", "", "", ""]
        if told is not None:
            now = times.now_ms()
            event = self._operational(c, "subscriber.missed", told, now, s, start, end)
        return bool(await self._pipe.run("skip", s, c, start, end, *event))

    def _operational(
        self, c: str, event_type: str, data: Mapping[str, object], now: int, *about: str | int
    ) -> list[Arg]:
        event_id, body = operational(c, event_type, data, now, *about)
        return [event_id, body, event_type, subject_key(c, Ref("connection", c)), self._retention_s]

    async def counts(self, c: str, models: Iterable[str]) -> dict[str, int]:
        """Return how many records of each model are kept (deleted ones included)."""
        return {m: int(await self._pipe.call("ZCARD", keys.index(c, m))) for m in models}

    async def commit(
        self,
        c: str,
        fetch: int,
        writes: Sequence[Write],
        changes: Sequence[tuple[int, Change]],
        *,
        lease: Lease | None = None,
        acks: Sequence[str] = (),
        parked: str = "",
        ring: bool = True,
        people: Iterable[str] = (),
        asked_ms: int | None = None,
        seen: Sequence[Ref] = (),
    ) -> Committed:
        """Write snapshots and events and acknowledge, atomically; raises Fenced.

        `changes` are (sequence, change), in the order they are told; `people` are the candidates
        (remote ids) that any of it is about: with one who is to stay out, nothing is written.
        `asked_ms`: how long ago Recruitee was asked for these records whole; `seen` are those of them
        that have not changed.
        """
        now = times.now_ms()
        left = ids.inbound_dead_letter_id(c, parked) if parked else ""
        args: list[Arg] = [
            c,
            lease.token if lease else "",
            fetch,
            self._retention_s,
            int(ring),
            "" if asked_ms is None else asked_ms,
            len(writes),
        ]
        for write in writes:
            args += _write_args(c, write, now)
        args.append(len(changes))
        args += await self._events(c, changes, now)
        barred = await self._suppression.of_people(c, sorted(people))
        args += [len(acks), *acks, parked, left, len(barred), *barred]
        args += [len(seen), *(part for ref in seen for part in ref), *_consents(writes)]
        reply = int(await self._pipe.run("commit", *args))
        if reply == 0:
            raise Fenced(c)
        return Committed(reply)

    async def _events(self, c: str, changes: Sequence[tuple[int, Change]], now: int) -> list[Arg]:
        """Return the events as the script takes them, in the ids that were taken along."""
        rows = [_event(c, sequence, change, now) for sequence, change in changes]
        told = await self.adoption.said(c, [row.body for row in rows])
        named = zip(rows, told, strict=True)
        return [part for row, body in named for part in row._replace(body=body)]

    async def fetched(self, c: str, refs: Sequence[Ref]) -> dict[Ref, int]:
        """Return when Recruitee was last asked for records whole, in ms; the others are left out."""
        asked = [
            self._pipe.call("HGET", keys.record(c, ref.model, ref.remote_id), "t") for ref in refs
        ]
        marks = zip(refs, await asyncio.gather(*asked), strict=True)
        found = ((ref, (mark or b"").partition(b":")[2]) for ref, mark in marks)
        return {ref: int(at) for ref, at in found if at}


def subject_key(c: str, subject: Ref) -> str:
    """Return the lane name of a subject: the same for a record's events everywhere."""
    return ids.derive("subject", c, subject.model, subject.remote_id, length=16)


def _write_args(c: str, write: Write, now: int) -> list[Arg]:
    s = write.snapshot
    return [
        write.ref.model, write.ref.remote_id, write.replaces, s.version, s.sequence,
        packing.pack(s.fields), orjson.dumps(dict(s.grades)), int(s.deleted), s.hop_at or "",
        str(s.fields.get("id", "")), write.root,
        packing.pack({"at": now, "was": s.was}) if s.was is not None else b"",
    ]  # fmt: skip


def _consents(writes: Sequence[Write]) -> list[Arg]:
    """Return (candidate, when its consent ends in ms or "") of the candidates that are written."""
    flat: list[Arg] = []
    for write in writes:
        if write.ref.model == PERSON:
            fields, over = write.snapshot.fields, write.snapshot.deleted
            ends = None if over else times.parse(fields.get("gdpr_expires_at"))
            flat += [write.ref.remote_id, "" if ends is None else ends]
    return flat


class _Event(NamedTuple):
    """An event as the script takes it."""

    id: str
    body: bytes
    type: str
    lane: str
    model: str
    remote_id: str


def _event(c: str, sequence: int, change: Change, now: int) -> _Event:
    uid = ids.record_id(c, change.model, change.remote_id)
    subject_uid = ids.record_id(c, change.subject.model, change.subject.remote_id)
    event_id, body = envelope(c, sequence, change, now, uid, subject_uid)
    lane = subject_key(c, change.subject)
    return _Event(event_id, body, change.event, lane, change.model, change.remote_id)


def _snapshot(row: Sequence[bytes | None]) -> Snapshot | None:
    version, sequence, fields, grades, deleted, hop_at, was = row
    if not version or not fields:
        return None
    grade: Mapping[str, int] = orjson.loads(grades or b"{}")
    return Snapshot(
        int(version), int(sequence or 0), packing.unpack(fields), grade, deleted == b"1",
        hop_at.decode() if hop_at else None, _was(was),
    )  # fmt: skip


def _was(raw: bytes | None) -> Fields | None:
    """Return what a record was before a silent read, for as long as a webhook of that may still come."""
    if not raw:
        return None
    kept = packing.unpack(raw)
    told: Fields = kept["was"]
    return told if times.now_ms() - kept["at"] < keys.SEEN_S * 1000 else None
