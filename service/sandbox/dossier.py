"""What hangs on a candidate or a job: notes, files, interviews, evaluations and tasks."""

from dataclasses import dataclass

from service.sandbox.records import Json, Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note on a candidate, a job or a pool; `body` is HTML, `reply_to_id` another note's."""

    id: int
    admin_id: int
    body: str
    visibility: Json
    created_at: Stamp
    updated_at: Stamp
    candidate_id: int | None = None
    offer_id: int | None = None
    pool_id: int | None = None
    reply_to_id: int | None = None
    pinned_at: Stamp | None = None
    text: str | None = None
    body_json: Json | None = None
    attachment_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file on a candidate, a job or a note; `size` in bytes."""

    id: int
    filename: str
    size: int | None
    visibility: Json
    created_at: Stamp
    admin_id: int | None = None
    candidate_id: int | None = None
    offer_id: int | None = None
    pool_id: int | None = None
    source: str = "default"

    @property
    def extension(self) -> str:
        """What follows the last dot of the name."""
        return self.filename.rpartition(".")[2].lower() if "." in self.filename else ""

    @property
    def kind(self) -> str:
        """`image`, `document` or `other`, by the extension."""
        if self.extension in {"png", "jpg", "jpeg", "gif"}:
            return "image"
        return "document" if self.extension in {"pdf", "doc", "docx", "odt", "txt"} else "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interview:
    """An interview event; `duration` in minutes, `starts_at` in UTC."""

    id: int
    candidate_id: int
    admin_id: int
    admin_ids: tuple[int, ...]
    kind: str
    starts_at: Stamp
    duration: int
    timezone: str
    created_at: Stamp
    updated_at: Stamp
    offer_id: int | None = None
    pool_id: int | None = None
    stage_id: int | None = None
    location: str | None = None
    note: str | None = None
    public_note: str | None = None
    custom_name: str | None = None
    private: bool = False
    scheduled: bool = False
    video_provider: str | None = None
    old_starts_at: Stamp | None = None
    rescheduled_at: Stamp | None = None
    reschedule_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """An interview result: a rating, or a form that was filled in."""

    id: int
    candidate_id: int
    admin_id: int
    kind: str
    rating: str | None
    created_at: Stamp
    updated_at: Stamp
    rating_note: str | None = None
    offer_id: int | None = None
    pool_id: int | None = None
    stage_id: int | None = None
    template_name: str | None = None
    answers: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRequest:
    """Somebody was asked to evaluate; `status` pending, dismissed or completed."""

    id: int
    candidate_id: int
    admin_id: int
    requester_id: int | None
    status: str
    created_at: Stamp
    offer_id: int | None = None
    stage_id: int | None = None
    interview_id: int | None = None
    template_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something to do, for a candidate or for none."""

    id: int
    title: str
    admin_id: int
    created_at: Stamp
    updated_at: Stamp
    description: str | None = None
    candidate_id: int | None = None
    admin_ids: tuple[int, ...] = ()
    due_date: str | None = None
    timezone: str | None = None
    completed_at: Stamp | None = None
