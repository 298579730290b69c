"""What Recruitee had: every record's states in the order it had them, and which webhooks told of them."""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.model.facts import GONE, State


class Record(NamedTuple):
    """A record by Recruitee's own name for it."""

    model: str
    remote_id: str


@dataclass
class Past:
    """One record's states; `told_of` is the latest of them that an acknowledged webhook covers."""

    states: list[State] = field(default_factory=list)
    told_of: int = -1
    seen_until: int | None = None
    """Known before all else: the baseline may have read any state up to this one. None: born later."""
    owner: "Record | None" = None
    """The candidate with whom it ends."""
    settled: bool = False
    """It was there, for sure, when the baseline was read."""
    shown: int = -1
    """The latest state that a full read was to tell of; one of its time or later must be told."""
    adopted: list[tuple[int, int]] = field(default_factory=list)
    """Silent reads: each may have adopted one of these states, first to last."""

    @property
    def last(self) -> int:
        """The index of the present state."""
        return len(self.states) - 1


@dataclass
class History:
    """Every record's past."""

    pasts: dict[Record, Past] = field(default_factory=dict)

    def note(self, record: Record, state: State) -> None:
        """Add a state, if it is another than the last."""
        past = self.pasts.setdefault(record, Past())
        if not past.states or past.states[-1] != state:
            past.states.append(dict(state))

    def gone(self, record: Record) -> None:
        """Say that a record is gone."""
        self.note(record, GONE)

    def moments(self, records: Iterable[Record]) -> dict[Record, int]:
        """Return where records stand now: what a webhook sent at this moment covers."""
        return {record: self.pasts[record].last for record in records if record in self.pasts}

    def acknowledged(self, covered: dict[Record, int]) -> None:
        """Remember that a webhook was answered 200: what it covers must be told."""
        for record, index in covered.items():
            past = self.pasts[record]
            past.told_of = max(past.told_of, index)

    def baseline_ended(self, models: Container[str] | None = None) -> None:
        """Say that the baseline has been taken: whatever is new from now on is created.

        `models` are those that it reads; None: all.
        """
        for record, past in self.pasts.items():
            if models is None or record.model in models:
                past.seen_until = past.last
                past.settled = past.settled and GONE not in past.states

    def present(self) -> dict[Record, State]:
        """Return every record's last state."""
        return {record: past.states[-1] for record, past in self.pasts.items()}
