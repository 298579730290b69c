"""Records as lists need them, many in one look: with when they changed, and those that came with a root."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from service.core import times
from service.core.store import packing
from service.core.store.redis import Pipe
from service.core.times import Millis
from service.core.unified.model import Fields, Ref

AT_ONCE: Final = 128
"""Records, or roots, of one look: Redis does nothing else meanwhile."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kept:
    """One record and when it changed, in ms."""

    ref: Ref
    fields: Fields
    deleted: bool
    changed: Millis
    asked: Millis = 0
    """When Recruitee was last asked for it whole; 0: that is not known."""

    @property
    def changed_at(self) -> str:
        """When it changed, as it is served."""
        return times.iso(self.changed)


async def load(pipe: Pipe, c: str, refs: Sequence[Ref]) -> dict[Ref, Kept]:
    """Return those of the records that are there."""
    parts = list(_parts(refs))
    asked = [pipe.run("rows", c, *(word for ref in part for word in ref)) for part in parts]
    found: dict[Ref, Kept] = {}
    for part, flat in zip(parts, await asyncio.gather(*asked), strict=True):
        for at, ref in enumerate(part):
            if kept := _kept(ref, flat[at * 4 : at * 4 + 4]):
                found[ref] = kept
    return found


async def families(
    pipe: Pipe, c: str, roots: Sequence[str], remote_ids: Sequence[str], models: Collection[str]
) -> dict[str, list[Kept]]:
    """Return remote id -> the records of these models that came with any of these roots of it."""
    wanted, parts = f",{','.join(models)},", list(_parts(remote_ids))
    asked = [pipe.run("families", c, wanted, len(roots), *roots, *part) for part in parts]
    found: dict[str, list[Kept]] = {}
    for part, lists in zip(parts, await asyncio.gather(*asked), strict=True):
        found |= {i: list(_members(flat)) for i, flat in zip(part, lists, strict=True)}
    return found


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))


def _members(flat: Sequence[Any]) -> Iterator[Kept]:
    for at in range(0, len(flat), 6):
        ref = Ref(flat[at].decode(), flat[at + 1].decode())
        if kept := _kept(ref, flat[at + 2 : at + 6]):
            yield kept


def _kept(ref: Ref, values: Sequence[bytes | None]) -> Kept | None:
    fields, deleted, mark, changed = values
    if not fields or changed is None:
        return None
    asked = (mark or b"").partition(b":")[2]
    return Kept(ref, packing.unpack(fields), deleted == b"1", int(float(changed)), int(asked or 0))
