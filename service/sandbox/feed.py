"""The timeline: entries by growing id, those about the invention made on the fly."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from service.sandbox.people import People
from service.sandbox.records import Activity, Offer

ENTRIES_KEPT = 100_000
APART = 3


class Feed:
    """Entries in order: the jobs of the beginning, one for each invented candidate, what was done.

    Only what was done is stored, the last 100,000 of it.
    """

    def __init__(self, people: People, jobs: Sequence[Offer], first_id: int) -> None:
        self._people = people
        self._jobs = tuple(jobs)
        self._first_id = first_id
        self._done: list[Activity] = []

    def __len__(self) -> int:
        return len(self._jobs) + self._people.numbering.size + len(self._done)

    @property
    def reserved(self) -> int:
        """How many ids the beginning takes."""
        return APART * (len(self._jobs) + self._people.numbering.size + 1)

    @property
    def done(self) -> Sequence[Activity]:
        """What was done since the invention."""
        return self._done

    def add(self, entry: Activity) -> None:
        """Append an entry."""
        self._done.append(entry)
        if len(self._done) > ENTRIES_KEPT * 1.1:
            del self._done[:-ENTRIES_KEPT]

    def __getitem__(self, at: int, /) -> Activity:
        if at < len(self._jobs):
            return self._founded(at)
        number = at - len(self._jobs)
        size = self._people.numbering.size
        return self._came(number) if number < size else self._done[number - size]

    def of_number(self, number: int) -> Activity:
        """Return the entry of how an invented candidate came."""
        return self._came(number)

    def after(self, position: int) -> Iterator[Activity]:
        """Give what stands after an id, forward."""
        for at in range(self._place(position + 1), len(self)):
            yield self[at]

    def before(self, position: int | None) -> Iterator[Activity]:
        """Give what stands before an id, or everything, backward."""
        for at in range((len(self) if position is None else self._place(position)) - 1, -1, -1):
            yield self[at]

    def _place(self, position: int) -> int:
        """Return where the first entry with this id or a later one stands."""
        begun = len(self._jobs) + self._people.numbering.size
        if position <= self._id(begun - 1):
            return max(-(-(position - self._first_id) // APART), 0)
        return begun + bisect_left(self._done, position, key=lambda one: one.id)

    def _id(self, at: int) -> int:
        return self._first_id + APART * at

    def _founded(self, at: int) -> Activity:
        job = self._jobs[at]
        return Activity(
            id=self._id(at), event="job_add", admin_id=job.follower_ids[0], candidate_id=None,
            offer_id=job.id, created_at=job.created_at,
        )  # fmt: skip

    def _came(self, number: int) -> Activity:
        who = self._people.invented(number)
        event = "candidate_apply" if who.source == "career_site" else "candidate_add"
        return Activity(
            id=self._id(len(self._jobs) + number), event=event, admin_id=self._jobs[0].follower_ids[0],
            candidate_id=who.id, offer_id=who.placements[0].offer_id if who.placements else None,
            created_at=who.created_at,
        )  # fmt: skip
