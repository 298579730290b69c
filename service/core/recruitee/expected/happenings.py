"""What answers about interviews, evaluations and the timeline hold."""

from service.core.recruitee.expected.shapes import Shape, each, keys
from service.core.unified.evidence import Grade

_OF_ADMIN: Shape = keys(id="admin_id!", text="response_status!")
_OF_CANDIDATE: Shape = keys(id="candidate_id!", text="response_status!")
INTERVIEW: Shape = keys(
    id="id! candidate_id! offer_id! talent_pool_id stage_id! admin_id! organizer_id rescheduler_id",
    int="duration!",
    text="kind! custom_name! timezone location! note public_note candidate_email scheduler "
    "rescheduled_by reschedule_reason old_timezone video_provider video_url event_url sync_url "
    "google_calendar_url yahoo_calendar_url",
    flag="private scheduled rescheduled exclude_candidate_from_attendees hide_candidates_names",
    instant="starts_at! created_at! updated_at! rescheduled_at old_starts_at",
    ids="admin_ids!",
    list="interview_meeting_rooms interview_result_requests reminders",
    any="video notify_config",
) | each({"event_attendees": _OF_ADMIN, "event_candidate_attendees": _OF_CANDIDATE})
_RESULT_ANSWER: Shape = keys(
    id="id",
    text="question_title! question_kind question_hint",
    flag="question_required",
    list="options attachment_ids",
    any="content contents question_options",
)
RESULT: Shape = keys(
    id="id! candidate_id! offer_id! talent_pool_id stage_id! admin_id! guest_id",
    text="kind! rating! rating_note! interview_template_name interview_template_info_title "
    "interview_template_info_description",
    flag="rating_required",
    instant="created_at! updated_at!",
) | each({"interview_result_answers!": _RESULT_ANSWER})
HIDDEN_RESULT: Shape = keys(
    id="candidate_id offer_id stage_id",
    int="count",
    instant="updated_at",
    ids="admin_ids guest_ids",
)
ACTIVITY: Shape = keys(
    Grade.CLIENT,
    id="id! admin_id candidate_id! offer_id! talent_pool_id requisition_id",
    text="event! message_short_html",
    instant="created_at!",
)
