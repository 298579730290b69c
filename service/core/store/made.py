"""What was made through us or imported, of each connection: candidates and applications, by remote id."""

from collections.abc import Iterable

from service.core.store import keys
from service.core.store.redis import Pipe
from service.core.unified.model import Ref


class Made:
    """Written whatever the scope is, so that one of `only_created` knows what was there before it."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def add(self, c: str, refs: Iterable[Ref]) -> None:
        """Keep that these were made, or imported; nothing is left behind of an unlinked connection."""
        if named := _named(refs):
            parts = ("SADD", keys.made(c), *named)
            await self._pipe.run("while_linked", c, len(parts), *parts)

    async def among(self, c: str, refs: Iterable[Ref]) -> frozenset[Ref]:
        """Return those of these records that were made or imported."""
        asked = list(refs)
        if not asked:
            return frozenset()
        found = await self._pipe.call("SMISMEMBER", keys.made(c), *_named(asked))
        return frozenset(ref for ref, there in zip(asked, found, strict=True) if int(there))

    async def drop(self, c: str, refs: Iterable[Ref]) -> None:
        """Forget that these were made."""
        if named := _named(refs):
            await self._pipe.call("SREM", keys.made(c), *named)


def _named(refs: Iterable[Ref]) -> list[str]:
    return [":".join(ref) for ref in refs]
