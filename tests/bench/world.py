"""Invented input: webhooks of 4 KB, candidates' pages, and a store that knows them already."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from service.core import ids, times
from service.core.recruitee import webhook
from service.core.store.connections import ACTIVE, Connection
from service.core.store.records import Write
from service.core.store.store import Store
from service.core.unified import announce as decide
from service.core.unified.model import Change, Context, Draft, Ref, Snapshot, Verdict
from service.core.unified.registry import MODELS, ROOTS
from tests.unified import shapes

SECRET = "bench-secret"
STAGES = (shapes.SCREEN, shapes.TALK)
BODY_BYTES = 4000
COMMIT_ROWS = 50
FIRST_ID = 4_200_000


def page(candidate_id: int, turn: int) -> dict[str, Any]:
    """A candidate's page: its one application is in another stage each turn."""
    moved = f"2026-04-21T09:{turn % 60:02}:00.000000Z"
    placement = shapes.placement(
        id=candidate_id, candidate_id=candidate_id, stage_id=STAGES[turn % 2], updated_at=moved
    )
    candidate = shapes.candidate(placement, id=candidate_id, updated_at=moved)
    references = [shapes.stage_reference(i, shapes.CATEGORIES[str(i)]) for i in STAGES]
    return {"candidate": candidate, "references": references}


@dataclass(frozen=True, slots=True)
class Lot:
    """What one commit writes and announces."""

    writes: list[Write]
    changes: list[tuple[int, Change]]


@dataclass
class CandidatePages:
    """Answers of a Recruitee, ready as bytes; `turn` moves every candidate on, `turns` one."""

    turn: int = 0
    turns: dict[bytes, int] = field(default_factory=dict)
    _cut: dict[int, list[bytes]] = field(default_factory=dict)

    def page(self, candidate_id: bytes) -> bytes:
        """Return one candidate's answer."""
        turn = self.turns.get(candidate_id, self.turn)
        if turn not in self._cut:
            self._cut[turn] = orjson.dumps(page(FIRST_ID, turn)).split(b"%d" % FIRST_ID)
        return candidate_id.join(self._cut[turn])


def moved(candidate_id: int, turn: int, event_id: int) -> bytes:
    """A `candidate_moved` webhook of about 4 KB for the move that this turn shows."""
    left, came = (
        {"id": STAGES[t % 2], "name": "Step", "category": shapes.CATEGORIES[str(STAGES[t % 2])]}
        for t in (turn - 1, turn)
    )
    candidate = {
        k: v
        for k, v in shapes.candidate(id=candidate_id).items()
        if k not in ("placements", "duplicates")
    }
    fields: list[dict[str, Any]] = []
    body = {
        "attempt_count": 1,
        "created_at": f"2026-04-21T09:{turn % 60:02}:00.000000Z",
        "event_subtype": "stage_changed",
        "event_type": "candidate_moved",
        "id": event_id,
        "payload": {
            "candidate": candidate | {"fields": fields},
            "company": {"id": 5600, "name": "Example"},
            "details": {"from_stage": left, "to_stage": came},
            "offer": {"id": 60, "title": "Lighthouse keeper", "slug": "keeper", "kind": "job"},
        },
    }
    while len(raw := orjson.dumps(body)) < BODY_BYTES:
        answer = {"values": [{"text": "as it was answered"}], "visibility": {"level": "public"}}
        fields.append({"id": len(fields), "kind": "single_line", "name": "Question"} | answer)
    return raw


def requests(
    connections: Sequence[Connection], count: int, turn: int, first: int = 0
) -> list[bytes]:
    """Signed requests, each a webhook of its own: candidates and connections in turn."""
    made = []
    start = moved(FIRST_ID, turn, 77_000_000).split(b"77000000")
    for number in range(first, first + count):
        connection = connections[number % len(connections)]
        body = (b"%d" % (77_000_000 + number)).join(start)
        body = body.replace(b"%d" % FIRST_ID, b"%d" % (FIRST_ID + number % 100_000))
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        made.append(
            (
                f"POST /webhooks/recruitee/{connection.hook} HTTP/1.1\r\nhost: 127.0.0.1\r\n"
                f"content-type: application/json\r\nuser-agent: bench\r\n"
                f"x-recruitee-signature: {signature}\r\ncontent-length: {len(body)}\r\n\r\n"
            ).encode()
            + body
        )
    return made


async def connect(store: Store, count: int) -> list[Connection]:
    """Make active connections."""
    made = []
    for number in range(count):
        connection = await store.connections.create(str(5600 + number), "token", SECRET, "Example")
        # As of now, so that no sweep is due while something is measured.
        began: dict[str, str | int] = {"baseline_done": times.now_ms(), "sync": '{"done": 1}'}
        await store.connections.wake(connection.id, ACTIVE, **began)
        made.append(connection)
    return made


async def know(store: Store, c: str, candidates: Sequence[int], turn: int) -> None:
    """Store candidates as a baseline would."""
    for lot in _lots(c, [_drafts(c, i, turn) for i in candidates], {}, quiet=True):
        await commit(store, c, lot)


def moves(c: str, candidates: Sequence[int], turn: int) -> list[Lot]:
    """Return the commits that move each candidate on."""
    known = {}
    for i in candidates:
        for draft in _drafts(c, i, turn - 1):
            verdict = _verdict(draft, None, c, quiet=True)
            if verdict.snapshot:
                known[Ref(draft.model, draft.remote_id)] = verdict.snapshot
    return _lots(c, [_drafts(c, i, turn) for i in candidates], known, quiet=False)


async def move(store: Store, c: str, candidates: Sequence[int], turn: int) -> int:
    """Commit the move of each candidate; return how many events that made."""
    return sum([await commit(store, c, lot) for lot in moves(c, candidates, turn)])


async def commit(store: Store, c: str, lot: Lot, *, ring: bool = False) -> int:
    """Commit what was prepared; return how many events that made."""
    await store.records.commit(c, 0, lot.writes, lot.changes, ring=ring)
    return len(lot.changes)


async def ask(
    store: Store, connections: Sequence[Connection], jobs: Sequence[tuple[int, bytes]]
) -> None:
    """Put webhooks into inboxes as the receiver does: (which connection, body)."""
    for number, body in jobs:
        connection = connections[number]
        read = webhook.read(body)
        await store.inbox.accept(connection.hook, connection.id, read.fingerprint, read.entries)


def _facts(c: str) -> Context:
    return Context(c, lambda model, remote: ids.record_id(c, model, remote), {})


def _drafts(c: str, candidate_id: int, turn: int) -> list[Draft]:
    answer = page(candidate_id, turn)
    return ROOTS["candidate"].expand(answer["candidate"], answer["references"], _facts(c))


def _verdict(draft: Draft, before: Snapshot | None, c: str, *, quiet: bool) -> Verdict:
    return decide.announce(
        MODELS[draft.model], draft, before, [], _facts(c), shapes.BASELINE, quiet=quiet
    )


def _lots(
    c: str, families: Sequence[list[Draft]], known: dict[Ref, Snapshot], *, quiet: bool
) -> list[Lot]:
    return [
        _lot(c, families[start : start + COMMIT_ROWS], known, quiet=quiet)
        for start in range(0, len(families), COMMIT_ROWS)
    ]


def _lot(
    c: str, families: Sequence[list[Draft]], known: dict[Ref, Snapshot], *, quiet: bool
) -> Lot:
    lot = Lot([], [])
    for family in families:
        for draft in family:
            ref = Ref(draft.model, draft.remote_id)
            before = known.get(ref)
            verdict = _verdict(draft, before, c, quiet=quiet)
            if verdict.snapshot is None:
                continue
            came_with = "" if draft is family[0] else f"candidate:{family[0].remote_id}"
            version, sequence = (before.version, before.sequence) if before else (0, 0)
            lot.writes.append(Write(ref, version, verdict.snapshot, came_with))
            lot.changes.extend(enumerate(verdict.changes, sequence + 1))
    return lot
