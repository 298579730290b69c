"""Which fields tell of a person: every model's, by class, and a company's own by what they are called.

`sensitive` is how to reach somebody and where they live, what they consented to, what they answered,
and what was written about them; `personal` is all else that tells who or what somebody is. What a
subscriber may hide as a class (`class:sensitive`) is read from here, and so is the page of fields.
"""

from collections.abc import Mapping
from typing import Final

from service.core.unified.explorer import Seen, pii_of
from service.core.unified.options import Options, Pii

BY_FIELD: Final = "by field"
"""What the page says of a field that holds a company's own: each of them has a class of its own."""
OWN: Final = frozenset({"integration_fields", "custom_fields"})
SENSITIVE: Final[Mapping[str, frozenset[str]]] = {
    "activity": frozenset({"message_html"}),
    "application": frozenset({"rejection_reason_name", "screening_question_answers"}),
    "attachment": frozenset({"content"}),
    "candidate": frozenset(
        {
            "phone_numbers", "email_addresses", "social_media", "location", "gdpr_status",
            "gdpr_expires_at", "gdpr_scheduled_to_delete_at", "gdpr_consent_ever_given",
            "gdpr_consent_request_sent_at", "gdpr_consent_request_completed_at",
        }
    ),
    "evaluation": frozenset({"overall_recommendation", "rating_note", "responses"}),
    "interview": frozenset(
        {"attendees", "internal_note", "public_note", "video_conferencing_url"}
    ),
    "note": frozenset({"title", "content_html", "content_text"}),
    "user": frozenset({"email"}),
}  # fmt: skip
PERSONAL: Final[Mapping[str, frozenset[str]]] = {
    "attachment": frozenset({"file_name", "guest_name"}),
    "candidate": frozenset(
        {"first_name", "last_name", "name", "salutation", "company", "title", "referrer", "tags"}
    ),
    "evaluation": frozenset({"guest_name"}),
    "interview": frozenset({"title", "candidate_response", "reschedule_reason"}),
    "note": frozenset({"guest_name", "reactions"}),
    "user": frozenset({"first_name", "last_name"}),
}
CLASSES: Final[Mapping[str, tuple[Pii, ...]]] = {
    "sensitive": ("sensitive",),
    "personal": ("personal", "sensitive"),
}
"""What a class that is named takes in: whatever is sensitive is personal too."""


def class_of(model: str, field: str) -> Pii:
    """Return a unified field's class; of `OWN` fields ask `own_class`."""
    if field in SENSITIVE.get(model, ()):
        return "sensitive"
    return "personal" if field in PERSONAL.get(model, ()) else "none"


def own_class(key: str, options: Options) -> Pii:
    """Return the class of a company's own field by its own key: the operator's, else a guess."""
    return pii_of(options, Seen(key, kind=key.partition(".")[2]))


def fields_in(name: str, model: str) -> frozenset[str]:
    """Return the unified fields of a model that a named class takes in."""
    tables = (SENSITIVE, PERSONAL) if "personal" in CLASSES[name] else (SENSITIVE,)
    return frozenset().union(*(table.get(model, frozenset()) for table in tables))
