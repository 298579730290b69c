"""Cursors: a position per log, in few bytes.

Up to 32 connections a cursor names each, and so means exactly what it says. Of more it names those that
moved in the last ten minutes or have something unread; each other one stands where its log ended ten
minutes before the cursor was made, which is where it still ends: what comes later has a later position,
unless Redis' clock goes back by more than those ten minutes.
"""

import base64
import binascii
import hashlib
import zlib
from collections.abc import Collection, Iterable, Mapping

from service.core.store.feed import START, Stand
from service.core.times import Millis

VERSION = 1
NAMED = 32
MARGIN_MS = 600_000
TAG = 6  # bytes by which a cursor names a connection
CHECK = 4
LAST = 2**64 - 1
MAX_TEXT = 64 * 1024


def encode(stands: Mapping[str, Stand], idle: Collection[str], now: Millis) -> str:
    """Return the cursor of these positions; `idle` are the logs that have nothing beyond theirs."""
    base = max(0, now - MARGIN_MS) if len(stands) > NAMED else 0
    named = {
        c: stand for c, stand in stands.items() if not (c in idle and base and stand.ms <= base)
    }
    out = bytearray([VERSION]) + _number(base) + _number(len(named))
    for c, stand in sorted(named.items()):
        upto = 0 if stand.upto is None else stand.upto + 1
        out += _tag(c) + _number(stand.ms) + _number(stand.number) + _number(upto)
    out += zlib.crc32(out).to_bytes(CHECK)
    return base64.urlsafe_b64encode(out).decode().rstrip("=")


def decode(text: str, connections: Iterable[str]) -> dict[str, Stand] | None:
    """Return where a cursor stands in each of these logs, or None when it is no cursor."""
    raw = _raw(text)
    if raw is None or raw[0] != VERSION:
        return None
    try:
        base, at = _read(raw, 1)
        count, at = _read(raw, at)
        named: dict[bytes, Stand] = {}
        for _ in range(count):
            tag, at = raw[at : at + TAG], at + TAG
            ms, at = _read(raw, at)
            number, at = _read(raw, at)
            upto, at = _read(raw, at)
            named[tag] = Stand(ms, number, upto - 1 if upto else None)
    except IndexError:
        return None
    rest = Stand(base, LAST, None) if base else START
    return {c: named.get(_tag(c), rest) for c in connections}


def _raw(text: str) -> bytes | None:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    body, check = raw[:-CHECK], raw[-CHECK:]
    whole = len(body) >= 3 and len(text) <= MAX_TEXT and zlib.crc32(body).to_bytes(CHECK) == check
    return body if whole else None


def _tag(c: str) -> bytes:
    return hashlib.blake2b(c.encode(), digest_size=TAG).digest()


def _number(value: int) -> bytes:
    """Return seven bits a byte, the lowest first."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
