"""Every id Hirewire gives out, and how it is derived.

Derived ids make repeating harmless: the same fact always gets the same id, so a step that is done
twice writes the same thing twice. Only what has no earlier name (a connection, a subscriber, a
hook, a replay) is drawn at random.
"""

import hashlib
import secrets
from functools import lru_cache

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
ID_LENGTH = 24
TAG_LENGTH = 6


def derive(*parts: str | int, length: int = ID_LENGTH) -> str:
    """Return `length` base58 characters that only these parts, in this order, give."""
    digest = hashlib.blake2b(digest_size=32)
    for part in parts:
        raw = str(part).encode()
        digest.update(len(raw).to_bytes(4, "big"))
        digest.update(raw)
    return _base58(int.from_bytes(digest.digest(), "big"), length)


def draw(length: int = ID_LENGTH) -> str:
    """Return `length` base58 characters from the system's random source (24: 140 bits)."""
    return "".join(secrets.choice(BASE58) for _ in range(length))


@lru_cache(maxsize=65_536)
def record_id(connection_id: str, model: str, remote_id: str) -> str:
    """Return a unified record's id (contract section 1: derived from connection, model, remote id)."""
    return derive("record", connection_id, model, remote_id)


def event_id(connection_id: str, model: str, remote_id: str, sequence: int) -> str:
    """Return the id of a record's n-th change event."""
    return "evt_" + derive("event", connection_id, model, remote_id, sequence)


def operational_event_id(*parts: str | int) -> str:
    """Return the id of an operational event, from what it is about."""
    return "evt_" + derive("operational", *parts)


def state_event_id(
    subscriber_id: str, connection_id: str, model: str, remote_id: str, version: int
) -> str:
    """Return the id of the event by which a backfill tells a subscriber of a record's n-th state."""
    return "evt_" + derive("backfill", subscriber_id, connection_id, model, remote_id, version)


@lru_cache(maxsize=4096)
def subscriber_tag(subscriber_id: str) -> str:
    """Return the six characters by which a delivery id names its subscriber."""
    return derive("subscriber-tag", subscriber_id, length=TAG_LENGTH)


def delivery_id(event: str, subscriber_id: str, replay_id: str = "") -> str:
    """Return the id of an event's delivery to a subscriber: `dlv_`, subscriber tag, 18 more.

    A replay is a new delivery of the old event, so its id is part of the name.
    """
    rest = derive("delivery", event, subscriber_id, replay_id, length=ID_LENGTH - TAG_LENGTH)
    return f"dlv_{subscriber_tag(subscriber_id)}{rest}"


def tag_of(delivery: str) -> str:
    """Return the characters by which a delivery id names its subscriber."""
    return delivery.removeprefix("dlv_")[:TAG_LENGTH]


def dead_letter_id(delivery: str) -> str:
    """Return the id of the dead letter that a delivery leaves behind."""
    return "dlt_" + delivery.removeprefix("dlv_")


def inbound_dead_letter_id(connection_id: str, *parts: str | int) -> str:
    """Return the id of a webhook or refetch that could not be processed."""
    return "dlt_" + derive("inbound", connection_id, *parts)


def _base58(number: int, length: int) -> str:
    """Return the lowest digits, least significant first; by ten at a time, so that few divisions are long."""
    out: list[str] = []
    while len(out) * 2 < length:
        number, ten = divmod(number, _TEN)
        for _ in range(5):
            ten, pair = divmod(ten, _PAIR)
            out.append(_PAIRS[pair])
    return "".join(out)[:length]


_PAIR = 58**2
_TEN = 58**10
_PAIRS = [BASE58[n % 58] + BASE58[n // 58] for n in range(_PAIR)]
