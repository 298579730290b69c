"""Full reads that were asked for: what each must have told by its end, or may have adopted in silence.

A read shows of every record a state that it had after the read began; a record whose place in a list may
have moved meanwhile (`Company.shifts`), or whose candidate was gone, it may have missed.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.model.company import Company
from tests.model.facts import INACTIVE, agree
from tests.model.history import Past, Record
from tests.model.lists import KINDS


@dataclass(frozen=True, slots=True)
class _Asked:
    emit: bool
    deep: bool
    stood: Mapping[Record, int]  # where every record stood when the read began
    living: frozenset[int]
    shifts: Counter[str]


@dataclass
class Reads:
    """The reads of one company."""

    company: Company
    _asked: dict[int, _Asked] = field(
        default_factory=dict
    )  # by when each began, as the program says it

    def begins(self, began: int, *, emit: bool, deep: bool) -> None:
        """Note that a read is about to be asked for."""
        history = self.company.history
        self._asked[began] = _Asked(
            emit, deep, history.moments(history.pasts), frozenset(self.company.candidates),
            Counter(self.company.shifts),
        )  # fmt: skip

    def ended(self, began: int) -> None:
        """Say that the read that began then is done."""
        asked = self._asked.pop(began, None)
        if asked is None:
            return
        for record, past in self.company.history.pasts.items():
            stood = asked.stood.get(record, 0)
            if not asked.emit:
                past.adopted.append((stood, past.last))
            elif record in asked.stood and self._seen(asked, record, past):
                _must_show(record.model, past, stood)

    def _seen(self, asked: _Asked, record: Record, past: Past) -> bool:
        """Say whether the read cannot have missed a record."""
        moved = {m for m, n in self.company.shifts.items() if n != asked.shifts[m]}
        model, living = record.model, asked.living & self.company.candidates.keys()
        if model == "candidate":
            return model not in moved and int(record.remote_id) in living
        if owner := past.owner:
            # What a candidate owns is read with it, by itself.
            return (
                asked.deep and not moved & {model, "candidate"} and int(owner.remote_id) in living
            )
        came_and_left = past.seen_until is None and past.states[-1] == INACTIVE
        return model not in moved and not came_and_left if model in KINDS else True


def _must_show(model: str, past: Past, stood: int) -> None:
    """Owe a state, unless a silent read may have adopted it: then there was nothing to tell."""
    adopted = (past.states[i] for first, last in past.adopted for i in range(first, last + 1))
    owed = past.states[stood:]
    if not any(agree(model, one, state) for one in adopted for state in owed):
        past.shown = max(past.shown, stood)
