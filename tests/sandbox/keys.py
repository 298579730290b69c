"""The key sets of Recruitee's recorded answers, against which the sandbox's are held."""


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PLACEMENT_LISTED = words("""
    id candidate_id offer_id talent_pool_id stage_id position language positive_ratings
    rating_visible ratings hired_at hired_by_id hired_in_other_placement hired_in_this_placement
    department_id department_name overdue_at overdue_diff job_starts_at created_at updated_at
""")
PLACEMENT_ALONE = words("""
    id candidate_id offer_id talent_pool_id stage_id position language positive_ratings ratings
    hired_at hired_by_id location_ids work_location_id overdue_at overdue_diff job_starts_at
    time_to_hire created_at updated_at
""")
PLACEMENT_WITH_CANDIDATE = PLACEMENT_ALONE | words(
    "candidate rating_visible hired_in_other_placement hired_in_this_placement"
)
DISQUALIFIED = words("disqualify_kind disqualify_reason")
CANDIDATE_LISTED = words("""
    id name initials title salutation emails invalid_emails phones photo_thumb_url has_avatar
    source referrer admin_id adminapp_url created_at updated_at last_message_at example viewed
    followed is_hired is_anonymous is_revealed ever_revealed_for_ids positive_ratings ratings
    ratings_count rating_visible my_last_rating my_pending_result_request pending_result_request
    my_upcoming_event upcoming_event unread_notifications tasks_count placements
""")
CANDIDATE_ONLY_IN_FULL = words("""
    custom_fields fields cover_letter has_cover_letter cover_letter_file_url
    cover_letter_file_original_url cover_letter_file_processing_status linkedin_job_application_id
    cv_url cv_original_url cv_processing_status cv_parse_status mailbox_messages_count notes_count
    events_count attachments_count shared_admin_count shared_container_count sourcing_origin
    sourcing_data social_links links online_data photo_url in_active_share pending_request_link
    gdpr_status gdpr_expires_at gdpr_scheduled_to_delete_at gdpr_consent_ever_given
    gdpr_consent_request_type gdpr_consent_request_sent_at gdpr_consent_request_completed_at
    open_question_answers grouped_open_question_answers tags sources referral_referrers_ids
    last_activity_at admin_ids duplicates
""")
OFFER_LEAN = words("""
    id guid slug title kind status position priority job_position_id lang_code enabled_languages
    example wysiwyg_editor department department_id employment_type hiring_manager_id recruiter_id
    followers followed pipeline pipeline_template pipeline_template_id location street city
    postal_code state_code state_name country_code number_of_openings shared_openings_count
    hired_candidates_without_openings_count dynamic_fields_count careers_url url adminapp_url
    mailbox_email careers_job_page_layout_id eeo_settings enabled_for_referrals has_active_campaign
    created_at updated_at published_at closed_at
""")
OFFER_LISTED_OF_OLD = OFFER_LEAN | words("""
    description requirements highlight_html remote hybrid on_site location_ids tags offer_tags
    job_scheduler issues candidates_count qualified_candidates_count disqualified_candidates_count
    hired_candidates_count
""")
OFFER_ONLY_IN_FULL = words("""
    admins attachments_count auto_reply_template_id category cover_image cover_image_url
    default_translations description_html description_json dynamic_fields education
    email_confirmation email_confirmation_body email_confirmation_subject experience fields
    fieldset fieldset_id has_additional_info highlight_json hire_assistant locations_question
    locations_question_required locations_question_type max_hours max_hours_per_week min_hours
    min_hours_per_week notes_count open_question_template_id options_cover_letter options_cv
    options_phone options_photo options_salutation options_title primary_lang_code
    requirements_html requirements_json salary sharing_description sharing_image sharing_image_url
    sharing_title visibility_options
""")
OFFER_IN_FULL = (OFFER_LISTED_OF_OLD | OFFER_ONLY_IN_FULL) - {"enabled_languages"}
OFFER_REFERENCE = words("""
    id type kind title slug guid status position description requirements highlight_html
    wysiwyg_editor location remote hybrid on_site department department_id hiring_manager_id
    recruiter_id pipeline_template_id careers_job_page_layout_id job_position_id lang_code
    mailbox_email url created_at
""")
STAGE_INLINE = words("""
    id name position group category locked placements_count time_limit fair_evaluations_enabled
    candidate_anonymization_enabled action_templates
""")
STAGE_REFERENCE = (STAGE_INLINE - {"action_templates"}) | words(
    "type pipeline_template_id created_at updated_at"
)
SEARCH_HIT = words("""
    id company_id name initials emails phones source sources tags admin_id assigned_admins_ids
    created_at updated_at last_activity_at deleted deleted_at deleted_by deleted_by_name
    soft_deleted_at example new unread_notifications is_anonymous has_avatar photo_thumb_url
    positive_ratings rating_visible linkedin_job_application_id gdpr_status gdpr_expires_at
    gdpr_consent_ever_given gdpr_uncompleted_change_request_created_at
    gdpr_uncompleted_removal_request_created_at placements highlight
""")
ENVELOPE = words("id attempt_count created_at event_type event_subtype level payload")
