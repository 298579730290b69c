"""Invented rows of the company's own lists, in the recorded shapes."""

from collections.abc import Sequence
from typing import Any

from service.core.unified.model import Draft
from service.core.unified.registry import COLLECTIONS
from tests.unified.shapes import context

Json = dict[str, Any]


def membership(**over: Any) -> Json:
    """A user's place in the company; the names are in the references."""
    return {
        "id": 801, "admin_id": 11, "role": "Recruiter", "role_admin": False, "role_id": 21,
        "created_at": "2026-01-03T08:00:00.500000Z", "show_academy_button": False,
        "offer_ids": [61, 60], "talent_pool_ids": [5], "requisition_ids": [], "is_active": True,
        "accessible_placement_ids": [90], "is_approver": False, "is_hiring_manager": False,
        "is_recruiter": True, "two_factor_auth_enabled": True,
    } | over  # fmt: skip


def admin(**over: Any) -> Json:
    """A user's person, as references and `/admins` have it."""
    return {
        "id": 11, "type": "Admin", "email": "mara@example.com", "first_name": "Mara",
        "last_name": "Voss", "initials": "MV", "has_avatar": False,
        "photo_normal_url": "https://files.example.com/n?sig=1",
        "photo_thumb_url": "https://files.example.com/t?sig=1", "timezone": "Europe/Lisbon",
        "time_format24": True, "anonymized_at": None,
    } | over  # fmt: skip


def role(**over: Any) -> Json:
    """A role."""
    return {
        "id": 21, "name": "Recruiter", "description": "Finds people", "position": 2, "default": True,
        "admin": False, "abilities": ["manage_jobs", "gdpr"], "admins_count": 4,
        "created_at": "2026-01-01T08:00:00.000000Z", "updated_at": "2026-01-02T08:00:00.000000Z",
    } | over  # fmt: skip


def department(**over: Any) -> Json:
    """A department."""
    return {
        "id": 5, "name": "Coast", "status": None, "offers_count": 2, "talent_pools_count": 1,
        "grouped_translations": {"pt": {"name": "Costa"}, "de": {"name": None}, "en": {"name": "Coast"}},
    } | over  # fmt: skip


def translation(lang_code: str, **over: Any) -> Json:
    """A location in another language."""
    return {
        "default": False, "name": "Farol", "note": None, "city": "Ilha", "street": "Cais 1",
        "postal_code": "1000", "lang_code": lang_code, "filled_count": 4, "total_count": 5,
        "full_address": "Portugal, Ilha, 1000, Cais 1",
    } | over  # fmt: skip


UNWRITTEN = dict.fromkeys(("name", "note", "city", "street", "postal_code"))


def location(**over: Any) -> Json:
    """A location, in full."""
    return {
        "id": 31, "name": "Lighthouse", "city": "Ilha", "street": "Cais 1", "postal_code": "1000",
        "state_code": "11", "state_name": "Sul", "country_code": "PT", "lang_code": "en",
        "full_address": "Portugal, Sul, Ilha, 1000, Cais 1", "note": "Bring a coat", "is_valid": True,
        "translations": [translation("pt"), translation("de", **UNWRITTEN), translation("da", name="Fyr")],
        "active_offers_count": 1, "active_requisitions_count": 0, "is_deletable": False,
        "archived_at": None, "created_at": "2026-01-01T08:00:00.000000Z",
        "updated_at": "2026-01-02T08:00:00.000000Z",
    } | over  # fmt: skip


def tagging(context: str = "tags", **over: Any) -> Json:
    """A tag, source or job tag."""
    return {
        "id": 71, "name": "Night owl", "status": None, "context": context, "taggings_count": 3,
        "searchable_name": "night owl",
    } | over  # fmt: skip


def reason(**over: Any) -> Json:
    """A disqualify reason."""
    return {
        "id": 81, "name": "Afraid of heights", "position": 1, "open_questions_count": 0,
        "automation_ids": [9, 4],
        "action_templates": [
            {"id": 1, "kind": "send_email", "data": {"subject": "Thank you"}, "references": []},
            {"id": 2, "kind": "add_tags", "data": {"tags": ["stairs"]}, "references": []},
            {"id": 3, "kind": "add_tags", "data": {"tags": ["night"]}, "references": []},
        ],
    } | over  # fmt: skip


ROWS: dict[str, Json] = {
    "users": membership(),
    "roles": role(),
    "departments": department(),
    "locations": location(),
    "tags": tagging(),
    "sources": tagging("sources"),
    "rejection_reasons": reason(),
    "job_tags": tagging("offer_tags", offer_taggings_count=1, offer_template_taggings_count=0),
}


def drafts(name: str, row: Any, references: Sequence[Json] = ()) -> list[Draft]:
    """What a row of a list comes to."""
    return COLLECTIONS[name].expand(row, list(references), context(), "0")


def read(name: str, row: Json | None = None, references: Sequence[Json] = ()) -> Draft:
    """The one record of a row."""
    (draft,) = drafts(name, ROWS[name] if row is None else row, references)
    return draft
