"""How a record's fields are kept: compressed JSON, under a dictionary that is never changed.

A third of the JSON in five to twenty microseconds. The dictionary is a text that records are like; the
first byte of what is kept names it, so that a better one can come beside it. What begins as JSON does is
JSON: that is how earlier versions kept it.
"""

import zlib
from collections.abc import Mapping
from typing import Any, Final

import orjson

PACKED: Final = b"\x01"
SHORT: Final = 128  # bytes
_FIRST: Final = (
    b'"id":null,"remote_id":null,"kind":null,"title":null,"overall_recommendation":null,"ratin'
    b'g_note":null,"responses":null,"author_id":null,"guest_id":null,"guest_name":null,"candid'
    b'ate_id":null,"job_id":null,"application_id":null,"interview_id":null,"stage_id":null,"re'
    b'mote_created_at":null,"remote_updated_at":null,"remote_deleted_at":null,"status":null,"s'
    b'tarting_at":null,"ending_at":null,"timezone":null,"location":null,"video_conferencing_ur'
    b'l":null,"video_provider":null,"user_ids":null,"organizer_id":null,"attendees":null,"cand'
    b'idate_response":null,"canceled":null,"is_private":null,"internal_note":null,"public_note'
    b'":null,"rescheduled_at":null,"reschedule_reason":null,"type":null,"file_name":null,"exte'
    b'nsion":null,"size_bytes":null,"content":null,"source":null,"visibility":null,"visible_to'
    b'":null,"uploader_id":null,"uploader_type":null,"content_html":null,"content_text":null,"'
    b'reply_to_id":null,"attachment_ids":null,"reactions":null,"is_automated":null,"pinned_at"'
    b':null,"first_name":null,"last_name":null,"email":null,"system_roles":null,"role_id":null'
    b',"is_admin":null,"is_hiring_manager":null,"is_recruiter":null,"is_approver":null,"two_fa'
    b'ctor_auth_enabled":null,"anonymized_at":null,"job_ids":null,"name":null,"city":null,"cou'
    b'ntry":null,"raw":null,"state":null,"state_code":null,"street_1":null,"street_2":null,"zi'
    b'p_code":null,"language":null,"note":null,"translations":null,"is_valid":null,"archived_a'
    b't":null,"description_html":null,"url":null,"category":null,"group":null,"index":null,"lo'
    b'cked":null,"time_limit":null,"pipeline_id":null,"remote_url":null,"custom_fields":null,"'
    b'job_code":null,"description":null,"confidential":null,"contact_id":null,"department":nul'
    b'l,"department_id":null,"post_url":null,"experience_level":null,"education":null,"employm'
    b'ent_type":null,"remote_work_status":null,"weekly_hours":null,"salary_amount":null,"salar'
    b'y_amount_from":null,"salary_amount_to":null,"salary_currency":null,"salary_period":null,'
    b'"location_ids":null,"tags":null,"stage_ids":null,"hiring_team":null,"screening_question_'
    b'template_id":null,"screening_questions":null,"opened_at":null,"closed_at":null,"priority'
    b'":null,"number_of_openings":null,"requisition_ids":null,"notes_count":null,"attachments_'
    b'count":null,"integration_fields":null,"outcome":null,"rejection_reason_name":null,"rejec'
    b'tion_kind":null,"rejected_at":null,"hired_at":null,"hired_by_id":null,"job_starts_at":nu'
    b'll,"time_to_hire":null,"opening_id":null,"current_stage_id":null,"work_location_id":null'
    b',"screening_question_answers":null,"salutation":null,"company":null,"sources":null,"refe'
    b'rrer":null,"origin":null,"phone_numbers":null,"email_addresses":null,"social_media":null'
    b',"created_by_id":null,"follower_ids":null,"is_anonymous":null,"gdpr_status":null,"gdpr_e'
    b'xpires_at":null,"gdpr_scheduled_to_delete_at":null,"gdpr_consent_ever_given":null,"gdpr_'
    b'consent_request_sent_at":null,"gdpr_consent_request_completed_at":null,"last_activity_at'
    b'":null,"status":"ACTIVE""outcome":"PENDING""rejection_reason_name":null"rejected_at":nul'
    b'lT00:00:00.000Z"type":null"email_address":""phone_number":"truefalse"remote_url":"https:'
    b'//"custom_fields":null"integration_fields":[]"screening_question_answers":[]"remote_dele'
    b'ted_at":null{"id":"","remote_id":"","remote_created_at":"2026-","remote_updated_at":"202'
    b"6-"
)
"""Of the first byte: field names, then values that most records have; matched best near its end."""


def pack(fields: Mapping[str, Any]) -> bytes:
    """Return a record's fields as they are kept; what is short stays as it is."""
    plain = orjson.dumps(fields)
    if len(plain) < SHORT:
        return plain
    packer = zlib.compressobj(1, zlib.DEFLATED, -15, 8, zlib.Z_DEFAULT_STRATEGY, _FIRST)
    return PACKED + packer.compress(plain) + packer.flush()


def unpack(kept: bytes) -> dict[str, Any]:
    """Return the fields that were kept; raises ValueError for what was not."""
    if kept[:1] == PACKED:
        unpacker = zlib.decompressobj(-15, zdict=_FIRST)
        try:
            kept = unpacker.decompress(kept[1:])
        except zlib.error as error:
            raise ValueError("a record that cannot be unpacked") from error
    fields: dict[str, Any] = orjson.loads(kept)
    return fields
