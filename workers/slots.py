"""Sockets are the scarce unit of delivery: how many there are, and how many the slow may hold."""

import asyncio

ALL = 256
SLOW_SHARE = ALL // 2
SLOW_AFTER_S = 1.0


class Slots:
    """Counts requests under way; new, failing and slow subscribers share at most half of all."""

    def __init__(self, total: int = ALL, slow: int = SLOW_SHARE) -> None:
        self._total = total
        self._slow = slow
        self.used = 0
        self.used_slow = 0
        self.freed = asyncio.Event()

    def free(self, *, slow: bool) -> int:
        """Return how many requests of a class may start now."""
        left = self._total - self.used
        return max(0, min(left, self._slow - self.used_slow) if slow else left)

    def take(self, *, slow: bool) -> "Slot":
        """Take one; it is given back by `Slot.give_back`."""
        self.used += 1
        self.used_slow += slow
        return Slot(self, slow)


class Slot:
    """One request's place; it moves to the slow share when the request takes over a second."""

    def __init__(self, slots: Slots, slow: bool) -> None:
        self._slots = slots
        self.slow = slow

    def demote(self) -> None:
        """Count this request among the slow from now on."""
        if not self.slow:
            self.slow = True
            self._slots.used_slow += 1

    def give_back(self) -> None:
        """Free the place."""
        self._slots.used -= 1
        self._slots.used_slow -= self.slow
        self._slots.freed.set()
