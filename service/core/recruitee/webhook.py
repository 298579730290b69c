"""Read one Recruitee webhook: what it is, which records it names, and nothing else of it.

Recruitee's documentation of the payloads could not be read in full: the shapes are reconstructed from
receivers that others published, so only ids are trusted, and every other key may be missing.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from service.core import times
from service.core.unified.model import Cause

CANDIDATE_TYPES = frozenset(
    {
        "new_candidate",
        "candidate_created",
        "candidate_assigned",
        "candidate_moved",
        "candidate_deleted",
    }
)
OFFER_TYPES = frozenset({"offer_published", "offer_unpublished", "offer_updated"})
MAX_TEST_BYTES = 64 * 1024
MAX_ROOTS = 200
MAX_TEXT = 200

Reading = Literal["test", "unusable", "ignored", "accepted"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """What one body came to."""

    reading: Reading
    reason: str = ""  # why it is unusable
    known: bool = True  # False: an event type we have never heard of
    event_type: str = ""
    fingerprint: str = ""
    entries: tuple[bytes, ...] = ()  # for the inbox, one per root


def is_test(body: bytes) -> bool:
    """Say whether a body is a JSON object whose `test` is exactly true, of at most 64 KiB."""
    if len(body) > MAX_TEST_BYTES or (b'"test"' not in body and b"\\u" not in body):
        return False
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return _says_test(parsed, body)


def read(body: bytes) -> Webhook:
    """Read a body whose signature is good."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Webhook("unusable", "not JSON")
    if not isinstance(parsed, dict):
        return Webhook("unusable", "not a JSON object")
    if _says_test(parsed, body):
        return Webhook("test")
    event_type = parsed.get("event_type")
    if not isinstance(event_type, str) or not 0 < len(event_type) <= MAX_TEXT:
        return Webhook("unusable", "no event_type")
    payload = parsed.get("payload")
    return _routed(parsed, event_type, payload if isinstance(payload, dict) else {}, body)


def _says_test(parsed: object, body: bytes) -> bool:
    return isinstance(parsed, dict) and parsed.get("test") is True and len(body) <= MAX_TEST_BYTES


def _routed(
    envelope: Mapping[str, Any], event_type: str, payload: Mapping[str, Any], body: bytes
) -> Webhook:
    candidates, offers = _ids(payload, "candidate"), _ids(payload, "offer")
    placements, pools = _ids(payload, "placement"), _ids(payload, "talent_pool")
    known = event_type in CANDIDATE_TYPES or event_type in OFFER_TYPES
    if event_type in CANDIDATE_TYPES:
        roots = [f"candidate:{i}" for i in candidates]
        usable = bool(roots)
    elif event_type in OFFER_TYPES:
        # A talent pool is no job: the webhook is well understood and there is nothing to look at.
        roots = [f"job:{i}" for i in offers]
        usable = bool(roots or pools)
    else:
        roots = [f"candidate:{i}" for i in candidates] + [f"job:{i}" for i in offers]
        roots += [f"application:{i}" for i in placements]
        usable = True
    if not usable:
        return Webhook("unusable", "names no record by id", event_type=event_type)
    if len(roots) > MAX_ROOTS:
        return Webhook("unusable", f"names over {MAX_ROOTS} records", event_type=event_type)
    named = [sorted(set(ids)) for ids in (candidates, offers, placements, pools)]
    if not known and not any(named):
        return Webhook("ignored", known=False, event_type=event_type)
    cause = _cause(envelope, event_type, payload, candidates, offers)
    return Webhook(
        "accepted",
        known=known,
        event_type=event_type,
        fingerprint=_fingerprint(envelope, event_type, named, body),
        entries=tuple(entry(root, cause) for root in roots),
    )


def entry(root: str, cause: Cause) -> bytes:
    """Return an inbox entry: the root to look at, and what was said of it."""
    return orjson.dumps(
        {
            "r": root, "o": cause.origin, "i": cause.event_id, "t": cause.event_type,
            "s": cause.event_subtype, "at": cause.at, "c": cause.candidate_id,
            "j": cause.job_ids, "d": cause.details,
        }
    )  # fmt: skip


def parse_entry(raw: bytes) -> tuple[str, Cause]:
    """Return the root and the cause that `entry` wrote, in this version or another.

    Only the root must be there; raises ValueError, TypeError or LookupError when it is not.
    """
    row = orjson.loads(raw)
    cause = Cause(
        row.get("o", "webhook"), row.get("i"), row.get("t"), row.get("s"), row.get("at"),
        row.get("c"), tuple(row.get("j") or ()), row.get("d") or {},
    )  # fmt: skip
    return row["r"], cause


def _cause(
    envelope: Mapping[str, Any],
    event_type: str,
    payload: Mapping[str, Any],
    candidates: list[str],
    offers: list[str],
) -> Cause:
    subtype = envelope.get("event_subtype")
    return Cause(
        origin="webhook",
        event_id=_event_id(envelope.get("id")),
        event_type=event_type,
        event_subtype=subtype[:MAX_TEXT] if isinstance(subtype, str) else None,
        at=times.canonical(envelope.get("created_at")),
        candidate_id=candidates[0] if candidates else None,
        job_ids=tuple(offers[:MAX_ROOTS]),
        details=_details(payload),
    )


def _details(payload: Mapping[str, Any]) -> dict[str, Any]:
    said = payload.get("details")
    details = said if isinstance(said, dict) else {}
    kept: dict[str, Any] = {}
    for name in ("from_stage", "to_stage"):
        stage = details.get(name)
        if isinstance(stage, dict) and (stage_id := _id(stage.get("id"))):
            kept[name] = {"id": stage_id, "category": _text(stage.get("category"))}
    reason = details.get("disqualify_reason")
    reason = reason.get("name") if isinstance(reason, dict) else reason
    offer = payload.get("offer")
    status = offer.get("status") if isinstance(offer, dict) else None
    texts = {"disqualify_reason": _text(reason), "status": _text(status)}
    return {**kept, **{name: text for name, text in texts.items() if text}}


def _ids(payload: Mapping[str, Any], noun: str) -> list[str]:
    """Return the ids of `noun` and `nouns`, in order, each once."""
    return list(dict.fromkeys(i for thing in _things(payload, noun) if (i := _id(thing))))


def _things(payload: Mapping[str, Any], noun: str) -> Iterator[object]:
    one, many = payload.get(noun), payload.get(noun + "s")
    several: Iterable[object] = many if isinstance(many, list) else ()
    for thing in (one, *several):
        if isinstance(thing, dict):
            yield thing.get("id")
    yield payload.get(noun + "_id")


def _id(value: object) -> str | None:
    # Ids are positive 64-bit integers; a number in text is the same id.
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63:
        return str(value)
    return None


def _event_id(value: object) -> int | str | None:
    if isinstance(value, str) and 0 < len(value) <= MAX_TEXT:
        return value
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value[:MAX_TEXT] if isinstance(value, str) else None


def _fingerprint(
    envelope: Mapping[str, Any], event_type: str, named: list[list[str]], body: bytes
) -> str:
    """Return what makes two webhooks the same event (contract section 4, Ingress)."""
    event_id = _event_id(envelope.get("id"))
    if event_id is None:
        said: object = {k: v for k, v in envelope.items() if k != "attempt_count"}
    else:
        said = [
            event_id,
            event_type,
            envelope.get("event_subtype"),
            envelope.get("created_at"),
            named,
        ]
    try:
        raw = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        raw = body  # nested deeper than can be written again; an attempt more is then no duplicate
    return hashlib.blake2b(raw, digest_size=16).hexdigest()
