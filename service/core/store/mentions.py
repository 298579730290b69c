"""Whether something that is stored speaks of a candidate, and what of it may stay."""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from service.core.crypto import Vault
from service.core.errors import SecretUnreadable
from service.core.recruitee.webhook import parse_entry
from service.core.store.dead_letters import DeadLetter
from service.core.store.inbox import Parked
from service.core.unified.model import Fields

LEAST_TEXT = 6
"""Shorter names and numbers would be found in what has nothing to do with the person."""


class Letter(NamedTuple):
    """One dead letter about the person: as it is stored, and what stays of it (b"": nothing)."""

    id: str
    raw: bytes
    rest: bytes = b""


@dataclass(frozen=True, slots=True)
class Mentions:
    """What gives a candidate of one connection away."""

    c: str
    who: str  # remote id
    roots: frozenset[str] = frozenset()  # under which it may wait in an inbox
    events: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()  # names, addresses and numbers that lead to it, folded

    def in_text(self, text: str) -> bool:
        """Say whether a text has a name, address or number of the person."""
        folded = html.unescape(text).casefold()
        return any(word in folded for word in self.words)

    def rest(self, raw: bytes) -> bytes | None:
        """Return what stays of an inbox entry (b"": nothing); None: it does not name the person."""
        try:
            root, cause = parse_entry(raw)
        except (ValueError, LookupError, TypeError):
            return b"" if self.in_text(raw.decode("utf-8", "replace")) else None
        if root in self.roots:
            return b""
        if cause.candidate_id != self.who:
            return None
        # An application of which nobody knows whose it is: the entry says it.
        return b"" if root.startswith("application:") else _nobody(raw)

    def parked(self, root: str, raw: bytes) -> bytes | None:
        """Return what stays of a root that waits for another try; None: all of it."""
        if root in self.roots:
            return b""
        parked = Parked.load(raw)
        rests = [self.rest(entry) for entry in parked.entries]
        if all(rest is None for rest in rests):
            return None
        kept = [e if rest is None else rest for e, rest in zip(parked.entries, rests, strict=True)]
        return parked._replace(entries=[entry for entry in kept if entry]).dump()

    def letter(self, dead: DeadLetter, raw: bytes, vault: Vault) -> Letter | None:
        """Return a dead letter that is about the person or names it, else None."""
        if dead.connection_id != self.c:
            return None
        if dead.event_id in self.events or dead.root in self.roots:
            return Letter(dead.id, raw)
        if dead.body is not None:
            return Letter(dead.id, raw) if self._in_body(dead.body, vault) else None
        rests = [self.rest(entry.encode()) for entry in dead.entries]
        if all(rest is None for rest in rests):
            return None
        kept = [e if r is None else r.decode() for e, r in zip(dead.entries, rests, strict=True)]
        entries = tuple(entry for entry in kept if entry)
        rest = dead.model_copy(update={"entries": entries}).model_dump_json().encode()
        return Letter(dead.id, raw, rest if entries else b"")

    def _in_body(self, sealed: str, vault: Vault) -> bool:
        """Say whether a quarantined webhook names the person; rather one too many than one too few."""
        try:
            body = vault.open(sealed, f"inbound:{self.c}")
        except SecretUnreadable:
            return False
        return self.who in numbers_in(body) or self.in_text(_plain(body))


def words_of(people: Iterable[Fields]) -> frozenset[str]:
    """Return the names, addresses and numbers of a candidate's records."""
    said: list[object] = []
    for fields in people:
        said += [row.get("email_address") for row in fields.get("email_addresses") or ()]
        said += [row.get("phone_number") for row in fields.get("phone_numbers") or ()]
        name = fields.get("name")
        said += [name] if isinstance(name, str) and " " in name else []
    texts = (word.casefold() for word in said if isinstance(word, str))
    return frozenset(text for text in texts if len(text) >= LEAST_TEXT)


def numbers_in(text: str) -> set[str]:
    """Return every number of a text that may be an id."""
    return {found.lstrip("0") for found in re.findall(r"\d+", text) if len(found) < 20}


def _nobody(raw: bytes) -> bytes:
    row: dict[str, Any] = orjson.loads(raw)
    return orjson.dumps(row | {"c": None, "d": {}})


def _plain(body: str) -> str:
    """Return a JSON text with its escapes read."""
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), body)
