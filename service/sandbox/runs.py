"""Sorted runs of numbers that are never listed, and pages out of several of them merged."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Protocol


class Numbers(Protocol):
    """What a lane is made of: an ascending row of numbers."""

    def __len__(self) -> int: ...

    def __getitem__(self, at: int, /) -> int: ...


class Run:
    """The numbers of `low..high` whose remainder by `period` is among `remainders`, without some.

    Length and access by position are arithmetic, so that a million costs no more than ten.
    """

    __slots__ = ("_first", "_length", "_period", "_remainders", "_skips")

    def __init__(
        self,
        remainders: Sequence[int],
        period: int,
        low: int,
        high: int,
        without: Iterable[int] = (),
    ) -> None:
        self._remainders = remainders
        self._period = period
        self._first = self._below(low)
        known = frozenset(remainders)
        gone = sorted(one for one in without if low <= one < high and one % period in known)
        # Entry k: how many numbers that are left stand before the k-th one that is gone.
        self._skips = [self._below(one) - self._first - k for k, one in enumerate(gone)]
        self._length = max(self._below(high) - self._first, 0) - len(gone)

    def _below(self, number: int) -> int:
        turns, rest = divmod(number, self._period)
        return turns * len(self._remainders) + bisect_left(self._remainders, rest)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, at: int, /) -> int:
        if not 0 <= at < self._length:
            raise IndexError(at)
        place = self._first + at + bisect_right(self._skips, at)
        turns, rest = divmod(place, len(self._remainders))
        return turns * self._period + self._remainders[rest]


@dataclass(frozen=True, slots=True)
class Lane:
    """Numbers in the order of `key`, which for one lane never falls; `name` breaks ties."""

    numbers: Numbers
    key: Callable[[int], int]
    name: Callable[[int], int]

    def before(self, value: int) -> int:
        """Count the numbers whose key is below the value."""
        low, high = 0, len(self.numbers)
        while low < high:
            middle = (low + high) // 2
            if self.key(self.numbers[middle]) < value:
                low = middle + 1
            else:
                high = middle
        return low

    def after(self, start: int) -> Iterator[tuple[int, int]]:
        """Give `(key, name)` from a position on."""
        for at in range(start, len(self.numbers)):
            number = self.numbers[at]
            yield self.key(number), self.name(number)


def cut(lanes: Sequence[Lane], start: int, limit: int, *, descending: bool = False) -> list[int]:
    """Return the names at `start` and after of all lanes merged by `(key, name)`."""
    filled = [lane for lane in lanes if len(lane.numbers)]
    total = sum(len(lane.numbers) for lane in filled)
    stop = min(start + limit, total)
    if start >= stop:
        return []
    if descending:
        return _ascending(filled, total - stop, total - start)[::-1]
    return _ascending(filled, start, stop)


def _ascending(lanes: Sequence[Lane], start: int, stop: int) -> list[int]:
    value = _value_at(lanes, start)
    begins = [lane.before(value) for lane in lanes]
    skip = start - sum(begins)
    rows = merge(*(lane.after(at) for lane, at in zip(lanes, begins, strict=True)))
    return [name for _, name in islice(rows, skip, skip + stop - start)]


def _value_at(lanes: Sequence[Lane], place: int) -> int:
    """Return the key of what stands at a place in the merged order, by halving."""
    low = min(lane.key(lane.numbers[0]) for lane in lanes)
    high = max(lane.key(lane.numbers[len(lane.numbers) - 1]) for lane in lanes)
    while low < high:
        middle = (low + high) // 2
        if sum(lane.before(middle + 1) for lane in lanes) > place:
            high = middle
        else:
            low = middle + 1
    return low
