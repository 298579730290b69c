"""People and their placements: frozen, so that an old state can be kept by keeping the object."""

from dataclasses import dataclass

from service.sandbox.records import Json, Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A candidate in an offer or a pool; disqualified while `disqualify_kind` is set."""

    id: int
    candidate_id: int
    position: int
    created_at: Stamp
    updated_at: Stamp
    offer_id: int | None = None
    pool_id: int | None = None
    stage_id: int | None = None
    location_ids: tuple[int, ...] = ()
    work_location_id: int | None = None
    hired_at: Stamp | None = None
    hired_by_id: int | None = None
    job_starts_at: str | None = None
    disqualify_kind: str | None = None
    disqualify_reason: str | None = None
    disqualified_at: Stamp | None = None
    disqualified_by: int | None = None

    @property
    def disqualified(self) -> bool:
        """Whether the application is rejected at present."""
        return self.disqualify_kind is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A person with all their placements: one object is one state of both.

    `answers` are groups as Recruitee shows them: `created_at`, `offer_id`, and the answers.
    """

    id: int
    name: str
    created_at: Stamp
    updated_at: Stamp
    last_activity_at: Stamp
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    social_links: tuple[str, ...] = ()
    source: str | None = "manual"
    sources: tuple[str, ...] = ()
    referrer: str | None = None
    tags: tuple[str, ...] = ()
    cover_letter: str | None = None
    cv_name: str | None = None
    cover_letter_file: str | None = None
    cv_parse_status: str | None = None
    admin_id: int | None = None
    follower_ids: tuple[int, ...] = ()
    example: bool = False
    viewed: bool = False
    anonymous: bool = False
    title: str | None = None
    salutation: str | None = None
    fields: tuple[Json, ...] = ()
    answers: tuple[Json, ...] = ()
    placements: tuple[Placement, ...] = ()
    gdpr_expires_at: Stamp | None = None
    gdpr_consent_given: bool = False
    gdpr_scheduled_to_delete_at: Stamp | None = None
    deleted_at: Stamp | None = None
    deleted_by: int | None = None

    @property
    def hired(self) -> bool:
        """Whether any placement led to a hire."""
        return any(placement.hired_at for placement in self.placements)

    @property
    def shown_name(self) -> str:
        """The name as reads show it: masked while the candidate is anonymous."""
        return f"Candidate {self.id}" if self.anonymous else self.name

    @property
    def initials(self) -> str:
        """First letters of the first and the last word of the name."""
        words = self.shown_name.split() or ["?"]
        return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()
