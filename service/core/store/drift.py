"""How live answers differ from what is expected, counted per connection and endpoint; no values."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson

from service.core import times
from service.core.errors import StoreUnavailable
from service.core.recruitee.drift import Difference, Sampler, What, look
from service.core.recruitee.expected import ENDPOINTS, template
from service.core.store import keys
from service.core.store.redis import Pipe

KEPT_S = 30 * 86_400
MOST = 500  # differences of one connection
_ANSWERS, _BEYOND = "answers", "beyond"


@dataclass(frozen=True, slots=True)
class Count:
    """How often something was seen, and when first and last (ms)."""

    count: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Doubt:
    """A list that did not show all that we have, and that was not believed: nothing was removed."""

    root: str  # "departments:0"
    why: str
    absent: int  # of so many that we have
    of: int
    at: int  # ms


@dataclass(frozen=True, slots=True)
class Report:
    """What is known of one connection's answers."""

    answers: Mapping[str, Count]  # by endpoint: those that were looked at
    differences: Mapping[Difference, Count]
    doubts: Sequence[Doubt] = ()
    beyond: int = 0  # sightings of differences for which there was no room

    def wrong(self) -> list[Difference]:
        """Return the differences that may cost us something: a new key costs nothing."""
        return [each for each in self.differences if each.kind != "new"]


class Drift:
    """Looks at a sample of the answers that pass, and counts."""

    def __init__(self, pipe: Pipe, sampler: Sampler | None = None) -> None:
        self._pipe = pipe
        self._sampler = sampler or Sampler()

    async def watch(self, c: str, path: str, data: Mapping[str, Any]) -> None:
        """Look at an answer if it is one of the sample; whatever goes wrong, the fetch goes on."""
        endpoint = template(path)
        if endpoint in ENDPOINTS and self._sampler.takes(c, endpoint):
            with contextlib.suppress(StoreUnavailable):
                await self.note(c, endpoint, look(endpoint, data))

    async def note(self, c: str, endpoint: str, differences: Sequence[Difference]) -> None:
        """Count an answer that was looked at, and its differences."""
        rows = [" ".join((each.kind, each.endpoint, each.path, each.seen)) for each in differences]
        await self._pipe.run("drift", c, times.now_ms(), KEPT_S, MOST, endpoint, *rows)

    async def report(self, c: str) -> Report:
        """Return what was seen within the lifetime."""
        raw = await self._pipe.call("HGETALL", keys.drift(c))
        oldest = times.now_ms() - KEPT_S * 1000
        rows = {bytes(name).decode(): _count(bytes(value)) for name, value in raw.items()}
        fresh = {name: count for name, count in rows.items() if count.last >= oldest}
        lists = await self._pipe.call("HGETALL", keys.doubts(c))
        found = (_doubt(bytes(root).decode(), bytes(told)) for root, told in lists.items())
        return _report(fresh, sorted(found, key=lambda doubt: doubt.root))

    async def forget(self, c: str) -> None:
        """Begin anew, as after a release that knows more."""
        await self._pipe.call("UNLINK", keys.drift(c))


def _count(value: bytes) -> Count:
    return Count(*map(int, value.split(b" ")))


def _doubt(root: str, told: bytes) -> Doubt:
    row = orjson.loads(told)
    return Doubt(root, row["why"], row["absent"], row["of"], row["at"])


def _report(rows: Mapping[str, Count], doubts: Sequence[Doubt]) -> Report:
    answers: dict[str, Count] = {}
    differences: dict[Difference, Count] = {}
    for name, count in rows.items():
        kind, _, rest = name.partition(" ")
        if kind == _ANSWERS:
            answers[rest] = count
        elif kind != _BEYOND:
            endpoint, path, seen = rest.split(" ")
            differences[Difference(endpoint, path, cast("What", kind), seen)] = count
    beyond = rows.get(_BEYOND)
    return Report(
        dict(sorted(answers.items())), dict(sorted(differences.items())), doubts,
        beyond.count if beyond else 0,
    )  # fmt: skip
