"""What answers about jobs hold: offers, their pipelines, fields and screening questions."""

from service.core.recruitee.expected.company import ADMIN
from service.core.recruitee.expected.shapes import Shape, each, keys, lean, one
from service.core.unified.evidence import Grade

STAGE: Shape = keys(
    id="id! pipeline_template_id",
    int="position! placements_count time_limit",
    text="name! category! group",
    flag="locked fair_evaluations_enabled candidate_anonymization_enabled",
    instant="created_at updated_at",
    ids="automation_ids",
    list="action_templates",
)
_TEMPLATE: Shape = keys(
    id="id!",
    int="position assigned_offers_count assigned_offer_templates_count",
    text="title! category",
    flag="default custom requires_adjustment",
    instant="created_at updated_at",
)
PIPELINE: Shape = _TEMPLATE | each({"stages!": STAGE})
PIPELINE_LISTED: Shape = _TEMPLATE

_TRANSLATION: Shape = keys(text="lang_code body")
QUESTION: Shape = (
    keys(
        id="id! open_question_template_id",
        int="position",
        text="kind!",
        flag="required! visible is_knockout_question",
        object="options visibility",
    )
    | each({"translations!": _TRANSLATION})
    | each(
        {
            "open_question_options!": keys(
                id="id! disqualify_reason_id", int="position", object="options"
            )
            | each({"translations": _TRANSLATION})
        }
    )
)
QUESTIONS: Shape = _TEMPLATE | each({"open_questions!": QUESTION})
QUESTIONS_LISTED: Shape = _TEMPLATE | each({"open_questions": QUESTION})

_FIELD: Shape = keys(
    id="id!",
    int="position",
    text="kind! name",
    flag="visible fixed is_anonymous required",
    object="options visibility",
)
FIELDSET: Shape = keys(
    id="id!",
    int="position assigned_offers_count assigned_offer_templates_count",
    text="name! category",
    flag="default",
    instant="created_at updated_at",
) | each({"fields": _FIELD}, Grade.CLIENT)
SEARCHABLE: Shape = keys(text="name! search_key!")
_DYNAMIC_TRANSLATION: Shape = keys(
    int="filled_count total_count", text="lang_code name", flag="default"
)
DYNAMIC_FIELD: Shape = keys(
    id="id!",
    int="offers_count requisitions_count offer_templates_count",
    text="name! type!",
    flag="required assign_to_offer assign_to_requisition assign_to_blank_offer "
    "assign_to_blank_offer_template display_on_careers_site",
    instant="created_at updated_at",
    object="configuration",
) | each({"translations": _DYNAMIC_TRANSLATION})

_TAG: Shape = keys(Grade.ASSUMED, id="id", text="name!")
_SALARY: Shape = keys(text="min! max! period! currency!")
_ISSUES: Shape = keys(
    flag="is_requisition_missing is_required_data_missing is_dynamic_fields_limit_exceeded "
    "is_migrated_html_equal"
)
OFFER: Shape = (
    keys(
        id="id! department_id! pipeline_template_id! open_question_template_id! hiring_manager_id! "
        "recruiter_id! job_position_id fieldset_id auto_reply_template_id careers_job_page_layout_id",
        int="position candidates_count qualified_candidates_count disqualified_candidates_count "
        "hired_candidates_count notes_count attachments_count number_of_openings shared_openings_count "
        "hired_candidates_without_openings_count dynamic_fields_count min_hours max_hours",
        text="title! status! kind! guid! slug! category! employment_type! experience! education! "
        "department! description! requirements! description_html requirements_html highlight_html "
        "wysiwyg_editor! careers_url! adminapp_url! url mailbox_email lang_code primary_lang_code "
        "priority location! street! city! postal_code! state_code state_name! country_code! "
        "min_hours_per_week! max_hours_per_week! options_cv options_phone options_photo "
        "options_cover_letter options_salutation options_title locations_question "
        "locations_question_type email_confirmation_subject email_confirmation_body "
        "sharing_title sharing_description sharing_image_url cover_image_url",
        flag="remote! hybrid! on_site! example pipeline followed enabled_for_referrals "
        "has_active_campaign has_additional_info locations_question_required email_confirmation",
        instant="created_at! updated_at! published_at! closed_at!",
        texts="offer_tags visibility_options",
        ids="location_ids! follower_ids requisition_ids",
        list="followers! dynamic_fields fields enabled_languages",
        object="default_translations fieldset",
        any="description_json requirements_json highlight_json job_scheduler eeo_settings hire_assistant "
        "sharing_image cover_image counters",
    )
    | each({"admins!": ADMIN, "tags!": _TAG})
    | one({"pipeline_template!": PIPELINE, "salary!": _SALARY, "issues": _ISSUES})
)
OFFER_LISTED: Shape = lean(
    OFFER,
    "id title status kind guid slug department_id location_ids remote hybrid on_site description "
    "requirements salary tags created_at updated_at published_at closed_at",
)
