"""What answers about candidates hold: the person, placements, fields, answers, notes, attachments."""

from service.core.recruitee.expected.company import VISIBILITY
from service.core.recruitee.expected.shapes import Shape, each, keys, lean, one
from service.core.unified.evidence import Grade

PLACEMENT: Shape = (
    keys(
        id="id! candidate_id! offer_id! talent_pool_id stage_id! hired_by_id work_location_id opening_id "
        "department_id",
        int="position positive_ratings time_to_hire overdue_diff",
        text="language department_name disqualify_reason disqualify_kind job_starts_at!",
        flag="rating_visible hired_in_other_placement hired_in_this_placement",
        instant="created_at! updated_at! hired_at! overdue_at",
        ids="location_ids",
        object="ratings",
    )
    | keys(Grade.CLIENT, instant="disqualified_at")
)  # fmt: skip
PLACEMENT_ALONE: Shape = PLACEMENT | keys(object="candidate")

FIELD: Shape = keys(  # without an id: no value yet
    id="id", text="kind! name origin", flag="fixed visible is_anonymous", list="values!",
    object="visibility options",
)  # fmt: skip
ANSWER: Shape = keys(
    Grade.CLIENT,
    id="id",
    text="kind question! content",
    flag="flag",
    object="open_question_options",
) | keys(Grade.ASSUMED, list="multi_content", text="file_url", any="attachment file")
_ANSWERS: Shape = (
    keys(Grade.CLIENT, instant="created_at")
    | one({"offer!": keys(Grade.CLIENT, id="id!", text="title status")}, Grade.CLIENT)
    | each({"open_question_answers!": ANSWER}, Grade.CLIENT)
)

CANDIDATE: Shape = (
    keys(
        id="id! admin_id linkedin_job_application_id",
        int="ratings_count positive_ratings notes_count tasks_count attachments_count events_count "
        "mailbox_messages_count shared_admin_count shared_container_count",
        text="name! title! salutation initials photo_url photo_thumb_url cv_url! cv_original_url! "
        "cv_processing_status cv_parse_status cover_letter! cover_letter_file_url "
        "cover_letter_file_original_url! cover_letter_file_processing_status source! referrer! "
        "sourcing_origin my_last_rating gdpr_status! gdpr_consent_request_type adminapp_url!",
        flag="example! has_avatar has_cover_letter is_anonymous! is_hired is_revealed viewed followed "
        "rating_visible upcoming_event my_upcoming_event pending_result_request "
        "my_pending_result_request pending_request_link unread_notifications in_active_share "
        "gdpr_consent_ever_given",
        instant="created_at! updated_at! last_activity_at! last_message_at gdpr_expires_at! "
        "gdpr_scheduled_to_delete_at! gdpr_consent_request_sent_at gdpr_consent_request_completed_at "
        "cv_created_at",
        texts="emails! phones! links! social_links! tags! sources! invalid_emails",
        ids="admin_ids duplicates referral_referrers_ids ever_revealed_for_ids",
        list="custom_fields",
        object="ratings",
        any="sourcing_data online_data",
    )
    | each({"placements!": PLACEMENT, "fields!": FIELD})
    | each({"open_question_answers": ANSWER, "grouped_open_question_answers!": _ANSWERS})
)
CANDIDATE_LISTED: Shape = lean(
    CANDIDATE | each({"placements": lean(PLACEMENT, "id offer_id stage_id created_at updated_at")})
    | keys(Grade.OBSERVED, number="rating"),
    "id name emails phones source referrer is_anonymous example placements created_at updated_at",
)  # fmt: skip

_NAMED: Shape = keys(id="id!", text="name!")
HIT: Shape = (
    keys(
        id="id! company_id admin_id linkedin_job_application_id",
        int="positive_ratings deleted_by",
        text="name! initials source photo_thumb_url gdpr_status deleted_by_name",
        flag="deleted example new unread_notifications is_anonymous has_avatar rating_visible "
        "gdpr_consent_ever_given",
        instant="created_at updated_at! last_activity_at deleted_at soft_deleted_at gdpr_expires_at "
        "gdpr_uncompleted_change_request_created_at gdpr_uncompleted_removal_request_created_at",
        texts="emails phones",
        ids="assigned_admins_ids",
        any="highlight",
    )
    | each({"tags": _NAMED, "sources": _NAMED})
    | each(
        {
            "placements!": keys(
                Grade.CLIENT,
                id="id!",
                int="disqualified_by overdue_diff positive_ratings",
                text="disqualified_by_name disqualify_kind disqualify_reason eeo_data_status job_starts_at",
                flag="disqualified! is_hired rating_visible",
                instant="disqualified_at! hired_at overdue_at",
                object="offer stage",
            )
        },
        Grade.CLIENT,
    )
)
GROUP: Shape = keys(
    id="id! pipeline_template_id",
    int="position placements_count time_limit",
    text="name! category! group",
    flag="locked fair_evaluations_enabled candidate_anonymization_enabled",
    instant="created_at updated_at",
    list="action_templates",
) | each({"placements!": PLACEMENT_ALONE})

NOTE: Shape = keys(
    id="id! admin_id! guest_id candidate_id! offer_id talent_pool_id requisition_id reply_to_id",
    text="body! body_html text",
    flag="triggered",
    instant="created_at! updated_at! pinned_at",
    list="attachments replies! reactions",
    object="body_json",
) | one({"visibility!": VISIBILITY})
OFFER_NOTE: Shape = lean(NOTE, "id body admin_id visibility replies created_at updated_at")
ATTACHMENT: Shape = keys(
    id="id! admin_id guest_id candidate_id offer_id talent_pool_id requisition_id",
    int="file_size",
    text="filename! extension kind! source status file_url! pdf_url pdf_thumbnail_url image_url "
    "image_thumbnail_url",
    instant="created_at!",
    any="uploader",
    object="visibility",
)
