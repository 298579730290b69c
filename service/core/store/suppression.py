"""The suppress list: whom an erasure keeps out of a connection, by keyed hashes and no ids.

Its entries have no lifetime: a webhook, a full read or a feed may name the person years later, and only
the list knows that nothing of it is to be kept. That is why it holds no id, but a hash under a key of
its own, drawn once and sealed under the master key: without that nobody can try out the few ids there are.
"""

import hashlib
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence

from service.core.crypto import Vault
from service.core.store import keys
from service.core.store.redis import Pipe
from service.core.unified.model import Ref
from service.core.unified.registry import COLLECTIONS

PERSON = "candidate"
MOST_NUMBERS = 2000  # of more, one is taken to be an id on the list
_KEY, _PURPOSE = "supkey", "suppress"


def person_of(ref: Ref) -> str | None:
    """Return the candidate (remote id) that a root or a candidate's own list is about, or None."""
    owned = ref.model in COLLECTIONS and COLLECTIONS[ref.model].owner == PERSON
    return ref.remote_id if owned or ref.model == PERSON else None


class Suppression:
    """Hashes, and what the list says."""

    def __init__(self, pipe: Pipe, vault: Vault) -> None:
        self._pipe = pipe
        self._vault = vault
        self._key: bytes | None = None

    async def digest(self, c: str, ref: Ref) -> str:
        """Return the hash of one record's name; raises SecretUnreadable."""
        return (await self.digests(c, [ref]))[0]

    async def settle(self) -> None:
        """See that the key which hashes are made with is the one that is stored."""
        await self._load()

    async def digests(self, c: str, refs: Iterable[Ref]) -> list[str]:
        """Return the hashes of records' names, in order; raises SecretUnreadable."""
        named = list(refs)
        key = self._key or (await self._load() if named else b"")
        return [_hashed(key, c, ref) for ref in named]

    async def of_people(self, c: str, people: Iterable[str]) -> list[str]:
        """Return the hashes of candidates, by their remote ids."""
        return await self.digests(c, (Ref(PERSON, each) for each in people))

    async def among(self, c: str, people: Iterable[str]) -> set[str]:
        """Return those of these candidates (remote ids) that are on the list."""
        asked = list(people)
        if not asked:
            return set()
        digests = await self.of_people(c, asked)
        found = await self._pipe.call("HMGET", keys.suppressed(c), *digests)
        return {each for each, said in zip(asked, found, strict=True) if said is not None}

    async def may_be_named(self, c: str, numbers: Collection[str]) -> bool:
        """Say whether one of the numbers of a text that nobody understands is an id on the list."""
        if not await self._pipe.call("EXISTS", keys.suppressed(c)):
            return False
        return len(numbers) > MOST_NUMBERS or bool(await self.among(c, numbers))

    async def holds(self, c: str, digest: str) -> bool:
        """Say whether a hash is on the list."""
        return bool(await self._pipe.call("HEXISTS", keys.suppressed(c), digest))

    async def lift(self, c: str, digest: str) -> bool:
        """Take a hash off the list; False when it was not on it."""
        return bool(await self._pipe.call("HDEL", keys.suppressed(c), digest))

    async def left_off(self, c: str, refs: Sequence[Ref]) -> Mapping[Ref, int]:
        """Return the last sequence of those records that were forgotten: theirs go on from there."""
        if not refs or not await self._pipe.call("EXISTS", keys.left_off(c)):
            return {}
        digests = await self.digests(c, refs)
        found = await self._pipe.call("HMGET", keys.left_off(c), *digests)
        return {ref: int(said) for ref, said in zip(refs, found, strict=True) if said is not None}

    async def _load(self) -> bytes:
        raw = await self._pipe.call("GET", _KEY)
        if raw is None:
            # One that is in use already is kept, should Redis have been emptied meanwhile.
            key = self._key or secrets.token_bytes(32)
            fresh = self._vault.seal(key.hex(), _PURPOSE)
            await self._pipe.call("SET", _KEY, fresh, "NX")
            raw = await self._pipe.call("GET", _KEY)
        self._key = bytes.fromhex(self._vault.open(raw.decode(), _PURPOSE))
        await self._reseal(raw.decode())
        return self._key

    async def _reseal(self, sealed: str) -> None:
        """Seal the key anew when the master key was rotated, so that the old one may go."""
        first, _ = self._vault.keys[0]
        if self._key is not None and sealed.split(".", 2)[1] != first:
            again = self._vault.seal(self._key.hex(), _PURPOSE)
            await self._pipe.call("SET", _KEY, again)


def _hashed(key: bytes, c: str, ref: Ref) -> str:
    name = "\0".join((c, *ref)).encode()
    return hashlib.blake2b(name, key=key, digest_size=16).hexdigest()
