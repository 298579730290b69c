"""Every kind of edit that Recruitee's model allows of what is kept, and what may tell of each."""

from dataclasses import dataclass
from typing import Final, Literal

from service.core.recruitee.intervals import ACTIVE, EDITED, UPCOMING

Proof = Literal["lists", "audit"]
_MADE_OF_MAIL = "mailbox_thread_converted"


@dataclass(frozen=True, slots=True)
class Edit:
    """One kind of edit: its events, and who may tell of it.

    `webhook` is its type (and subtype); `feed` its entries; `sweep` the look by the clock that sees it;
    `proof` what finds it when all those fail: a reconcile's lists and search, or the rolling audit.
    """

    name: str
    told: tuple[str, ...]  # event types; none: kept in silence, no event has a name for it
    webhook: str = ""
    feed: tuple[str, ...] = ()
    sweep: str = ""
    proof: Proof = "lists"
    note: str = ""


def _edits(*rows: Edit) -> tuple[Edit, ...]:
    return rows


CANDIDATES: Final = _edits(
    Edit(
        "candidate added", ("candidate.created",), "new_candidate",
        ("candidate_add", "candidate_apply", "candidate_import", "candidate_import_from_linkedin",
         "candidate_referred", _MADE_OF_MAIL), EDITED,
    ),
    Edit("profile edited: name, addresses, links, title", ("candidate.updated",), sweep=EDITED),
    Edit("tag put on", ("candidate.tag_added",), feed=("candidate_tags",), sweep=ACTIVE),
    Edit("tag taken off", ("candidate.tag_removed",), feed=("candidate_tags_remove",), sweep=ACTIVE),
    Edit("source set or removed", ("candidate.updated",), sweep=ACTIVE),
    Edit("profile field created", ("candidate.updated",), feed=("candidate_field_created",), sweep=ACTIVE),
    Edit("profile field changed", ("candidate.updated",), feed=("candidate_field_updated",), sweep=ACTIVE),
    Edit("profile field deleted", ("candidate.updated",), feed=("candidate_field_deleted",), sweep=ACTIVE),
    Edit(
        "follower added or removed", ("candidate.updated",),
        feed=("candidate_follower_add", "candidate_follower_remove", "assignment_add", "assignment_remove"),
        sweep=ACTIVE,
    ),
    Edit(
        "consent given, asked for, or its end set", ("candidate.updated",),
        feed=("gdpr_custom_expires_at_updated", "gdpr_request_add", "gdpr_consent_link_sent",
              "candidate_accepted_retention_period", "candidate_declined_retention_period"),
        sweep=EDITED,
    ),
    Edit(
        "candidate deleted", ("candidate.deleted",), "candidate_deleted", ("candidate_remove",),
        note="at once with all that is the candidate's",
    ),
    Edit("candidate deleted for good", ("candidate.deleted",), note="by the second reconcile that misses it"),
    Edit("candidate restored", ("candidate.restored",)),
    Edit("candidates merged", ("candidate.deleted", "candidate.updated"), feed=("candidate_merge",)),
    Edit(
        "tag renamed or deleted, on those who have it", ("candidate.tag_removed",), proof="audit",
        note="a rename is tag_added besides",
    ),
)  # fmt: skip
APPLICATIONS: Final = _edits(
    Edit(
        "put into a job", ("application.created",), "candidate_assigned", ("candidate_offer_assign",), ACTIVE,
    ),
    Edit("taken out of a job", ("application.deleted",), feed=("candidate_offer_remove",), sweep=ACTIVE),
    Edit(
        "moved", ("application.stage_changed",), "candidate_moved / stage_changed",
        ("candidate_stage_change",), ACTIVE,
    ),
    Edit(
        "disqualified", ("application.rejected",), "candidate_moved / disqualified",
        ("candidate_disqualify", "candidate_auto_disqualify"), ACTIVE,
    ),
    Edit(
        "requalified", ("application.requalified",), "candidate_moved / requalified",
        ("candidate_requalify",), ACTIVE,
    ),
    Edit(
        "hired", ("application.hired",), "candidate_moved / stage_changed",
        ("candidate_hired", "job_candidate_hired"), ACTIVE,
    ),
    Edit("hire edited: its dates, its place", ("application.updated",), sweep=ACTIVE),
    Edit(
        "places of an application changed", ("application.updated",),
        feed=("placement_location_updated",), sweep=ACTIVE,
    ),
    Edit("rejection reason renamed, on those who have it", ("application.updated",)),
    Edit("job deleted, for its applications", ("application.deleted",), note="a reconcile begins at once"),
)  # fmt: skip
PAPERS: Final = _edits(
    Edit(
        "note added", ("note.created",),
        feed=("candidate_note_add", "note_reply", "note_mention", "share_note_add"), sweep=ACTIVE,
    ),
    Edit("note edited or pinned", ("note.updated",), sweep=ACTIVE),
    Edit("note removed", ("note.deleted",), feed=("candidate_note_remove",), sweep=ACTIVE),
    Edit(
        "file added", ("attachment.created",),
        feed=("candidate_attachment_upload", "share_attachment_upload", "mailbox_attachment_converted"),
        sweep=ACTIVE,
    ),
    Edit("file removed", ("attachment.deleted",), feed=("candidate_attachment_remove",), sweep=ACTIVE),
    Edit(
        "CV or cover letter set", ("attachment.created",), feed=("candidate_attachment_upload",),
        sweep=ACTIVE, note="updated, where there was one",
    ),
    Edit("CV removed", ("attachment.deleted",), feed=("candidate_attachment_remove",), sweep=ACTIVE),
    Edit(
        "interview scheduled", ("interview.scheduled",),
        feed=("interview_event_scheduled", "interview_requested_event_add"), sweep=UPCOMING,
    ),
    Edit(
        "interview moved", ("interview.rescheduled",),
        feed=("interview_event_rescheduled", "interview_event_rescheduled_by_candidate"), sweep=UPCOMING,
    ),
    Edit(
        "interview changed", ("interview.updated",),
        feed=("interview_event_change", "interview_event_rsvp_changed",
              "interview_event_candidate_rsvp_changed"),
        sweep=UPCOMING,
    ),
    Edit(
        "interview deleted", ("interview.canceled",),
        feed=("interview_event_deleted", "interview_event_remove"), sweep=ACTIVE,
    ),
    Edit(
        "evaluation given", ("evaluation.created",),
        feed=("interview_result_add", "interview_requested_result_add", "share_result_add"), sweep=ACTIVE,
    ),
    Edit("evaluation changed", ("evaluation.updated",), feed=("interview_result_update",), sweep=ACTIVE),
    Edit("evaluation removed", ("evaluation.deleted",), feed=("interview_result_remove",), sweep=ACTIVE),
)  # fmt: skip
JOBS: Final = _edits(
    Edit(
        "job created", ("job.created",),
        feed=("job_add", "job_automatically_created_from_requisition"), sweep="job",
        note="a webhook tells once it is published",
    ),
    Edit("job edited", ("job.updated",), "offer_updated / offer_changed", sweep="job"),
    Edit(
        "job's places, work model or requisition changed", ("job.updated",), "offer_updated / offer_changed",
        ("job_work_model_updated", "job_location_updated", "job_requisition_archived",
         "job_requisition_filled", "job_requisition_retrieved", "job_requisition_opening_removed"), "job",
    ),
    Edit(
        "job published", ("job.published",), "offer_published",
        ("job_status_change", "job_status_auto_change", "job_posting_published"), "job",
    ),
    Edit(
        "job unpublished", ("job.unpublished",), "offer_unpublished",
        ("job_status_change", "job_posting_unpublished"), "job",
    ),
    Edit("job closed", ("job.closed",), "offer_updated / status_changed", ("job_status_change",), "job"),
    Edit(
        "job archived", ("job.archived",), "offer_unpublished",
        ("job_status_change", "job_archived_over_limit"), "job",
    ),
    Edit(
        "job tagged", ("job.tags_changed",), "offer_updated / tags_changed",
        ("job_tags", "job_tags_remove"), "job",
    ),
    Edit(
        "hiring team changed", ("job.hiring_team_changed",), "offer_updated / offer_changed",
        ("job_hiring_manager_change", "job_hiring_manager_clear", "job_recruiter_change",
         "job_recruiter_clear", "job_follower_add", "job_follower_remove"), "job",
    ),
    Edit("question form chosen", ("job.questions_changed",), "offer_updated / offer_changed", sweep="job"),
    Edit("job deleted", ("job.deleted",), feed=("job_remove",)),
    Edit("note on a job added", ("note.created",), feed=("job_note_add",), proof="audit"),
    Edit("note on a job edited", ("note.updated",), proof="audit"),
    Edit("note on a job removed", ("note.deleted",), feed=("job_note_remove",), proof="audit"),
    Edit("file of a job added", ("attachment.created",), feed=("job_attachment_upload",), proof="audit"),
    Edit("file of a job removed", ("attachment.deleted",), feed=("job_attachment_remove",), proof="audit"),
    Edit("stage added", ("stage.created", "job.stages_changed"), feed=("stage_add",), sweep="job"),
    Edit("stage renamed", ("stage.updated",), sweep="job"),
    Edit("stage removed", ("stage.deleted", "job.stages_changed"), feed=("stage_remove",), sweep="job"),
    Edit(
        "question added, removed, made required", ("job.questions_changed",), sweep="question_template",
        note="of a job that is open; else by the audit",
    ),
    Edit("question's words changed", (), sweep="question_template"),
)  # fmt: skip
COMPANY: Final = _edits(
    Edit("department added", ("department.created",), sweep="departments"),
    Edit("department renamed", ("department.updated",), sweep="departments"),
    Edit("department removed", ("department.deleted",), sweep="departments"),
    Edit("location added", ("location.created",), feed=("location_created",), sweep="locations"),
    Edit(
        "location edited or archived", ("location.updated",),
        feed=("location_updated", "location_archived", "location_retrieved"), sweep="locations",
    ),
    Edit(
        "location removed or merged", ("location.deleted",), feed=("location_deleted", "locations_merged"),
        sweep="locations",
    ),
    Edit("tag added", ("tag.created",), feed=("tag_add",), sweep="tags"),
    Edit("tag renamed", ("tag.updated",), sweep="tags"),
    Edit("tag removed", ("tag.deleted",), feed=("tag_remove",), sweep="tags"),
    Edit(
        "rejection reason added", ("rejection_reason.created",), feed=("disqualify_reason_add",),
        sweep="rejection_reasons",
    ),
    Edit("rejection reason renamed", ("rejection_reason.updated",), sweep="rejection_reasons"),
    Edit(
        "rejection reason removed", ("rejection_reason.deleted",), feed=("disqualify_reason_remove",),
        sweep="rejection_reasons",
    ),
    Edit("user added", ("user.created",), feed=("member_add",), sweep="users"),
    Edit("user's role changed", ("user.updated",), feed=("member_role_change",), sweep="users"),
    Edit("user deactivated", ("user.updated",), sweep="users"),
    Edit("user removed", ("user.updated",), feed=("member_remove",), sweep="users", note="becomes INACTIVE"),
    Edit("role added, changed, removed", (), sweep="roles"),
    Edit("source added, renamed, removed", (), sweep="sources"),
    Edit("job tag added, renamed, removed", (), sweep="job_tags"),
)  # fmt: skip
GROUPS: Final = {
    "Candidates": CANDIDATES, "Applications": APPLICATIONS,
    "Notes, files, interviews, evaluations": PAPERS, "Jobs": JOBS, "The company": COMPANY,
}  # fmt: skip
EDITS: Final = tuple(edit for group in GROUPS.values() for edit in group)
NOT_KEPT: Final = (
    "mails", "text messages", "tasks", "requisitions and their approval", "offer letters", "referrals",
    "talent pools", "campaigns", "shared views", "reactions to notes", "what an assistant computes",
)  # fmt: skip
"""What Recruitee has besides, and of which no record is kept."""
_PEOPLE: Final = CANDIDATES + APPLICATIONS  # of a job that is not published no webhook tells
HEARD: Final = frozenset(
    kind for edit in _PEOPLE if edit.webhook for kind in edit.told
) - frozenset(kind for edit in EDITS if not edit.webhook for kind in edit.told)
"""Types of events that a webhook tells, whatever edit comes to them."""
