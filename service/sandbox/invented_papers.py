"""Invents what hangs on people: notes, files, interviews and evaluations, each from a number."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from service.sandbox.dossier import Attachment, Evaluation, Interview, Note
from service.sandbox.instants import DAY_US, stamped
from service.sandbox.people import People
from service.sandbox.profiles import PUBLIC
from service.sandbox.shelf import Invented, Paper

HOUR_US = DAY_US // 24
RATINGS = ("strong_yes", "yes", "neutral", "no", "strong_no")
P = TypeVar("P", bound=Paper)


@dataclass(frozen=True, slots=True)
class Inventor:
    """Makes papers of people; `first_ids` begin the ids of each kind."""

    people: People
    admin_ids: tuple[int, ...]
    first_ids: dict[str, int]

    def notes(self) -> Invented[Note]:
        """One candidate in five has a note, one in 35 a second one that is private."""
        return self._shelf("note", lambda at: (at % 5 == 3) + (at % 35 == 33), self._note)

    def attachments(self) -> Invented[Attachment]:
        """One candidate in six has a file."""
        return self._shelf("attachment", lambda at: int(at % 6 == 4), self._attachment)

    def interviews(self) -> Invented[Interview]:
        """One candidate in forty was or will be met."""
        return self._shelf("interview", lambda at: int(at % 40 == 9), self._interview)

    def evaluations(self) -> Invented[Evaluation]:
        """One candidate in twenty was rated."""
        return self._shelf("evaluation", lambda at: int(at % 20 == 9), self._evaluation)

    def _shelf(
        self, kind: str, amount: Callable[[int], int], make: Callable[[int, int, int], P]
    ) -> Invented[P]:
        period = len(self.people.patterns)
        return Invented(tuple(map(amount, range(period))), make, self.first_ids[kind])

    def _about(self, number: int, share: int) -> tuple[int, str, int | None, int | None]:
        """Return whom a paper is about, when it was made, and the job and stage they were in."""
        people, numbering = self.people, self.people.numbering
        came = numbering.created(number)
        at = stamped(came + (numbering.now - came) * share // 10)
        pattern = people.patterns[number % len(people.patterns)]
        first = next(iter(pattern.who.placements), None)
        place = (first.offer_id, first.stage_id) if first else (None, None)
        return numbering.candidate_id(number), at, *place

    def _note(self, note_id: int, number: int, which: int) -> Note:
        who, at = self._about(number, 2 + which)[:2]
        text = "Spoke on the phone, friendly." if which == 0 else "For my eyes only."
        hidden = {"level": "private", "admin_ids": [], "role_ids": []}
        return Note(
            id=note_id, admin_id=self.admin_ids[1], body=f"<p>{text}</p>", text=text,
            visibility=hidden if which else PUBLIC, created_at=at, updated_at=at,
            candidate_id=who,
        )  # fmt: skip

    def _attachment(self, attachment_id: int, number: int, _: int) -> Attachment:
        who, at = self._about(number, 1)[:2]
        return Attachment(
            id=attachment_id, filename="certificate.pdf", size=48, visibility=PUBLIC,
            created_at=at, admin_id=self.admin_ids[1], candidate_id=who,
        )  # fmt: skip

    def _interview(self, event_id: int, number: int, _: int) -> Interview:
        who, at, offer_id, stage_id = self._about(number, 3)
        now = self.people.numbering.now
        coming = number % 80 < 40
        starts = now + (number % 14 + 1) * DAY_US if coming else now - (number % 9 + 1) * DAY_US
        return Interview(
            id=event_id, candidate_id=who, admin_id=self.admin_ids[1],
            admin_ids=self.admin_ids[1:3], kind=("meeting", "phone", "video")[number % 3],
            starts_at=stamped(starts // HOUR_US * HOUR_US), duration=60,
            timezone="Europe/Amsterdam", created_at=at, updated_at=at, offer_id=offer_id,
            stage_id=stage_id, location="Mill Yard", scheduled=True,
        )  # fmt: skip

    def _evaluation(self, result_id: int, number: int, _: int) -> Evaluation:
        who, at, offer_id, stage_id = self._about(number, 4)
        return Evaluation(
            id=result_id, candidate_id=who, admin_id=self.admin_ids[1], kind="rating",
            rating=RATINGS[number % len(RATINGS)], rating_note="Clear answers.", created_at=at,
            updated_at=at, offer_id=offer_id, stage_id=stage_id,
        )  # fmt: skip
