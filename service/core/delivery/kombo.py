"""Kombo's `data-changed`: which of its models a change event speaks for, and the body that names them.

As Kombo documents it: models only, no ids, no values. Names that older clients of Kombo do not know, whose
list is closed, are sent to a subscriber only that names the event types behind them.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Any, Final

from service.core import ids

DATA_CHANGED: Final = "data-changed"
HEADER: Final = "X-Kombo-Signature"
TOOL, CATEGORY = "recruitee", "ATS"
MODELS: Final[Mapping[str, tuple[str, ...]]] = {
    "candidate": ("ats_candidates",),
    "application": ("ats_applications",),
    "job": ("ats_jobs",),
    "interview": ("ats_interviews",),
    "user": ("ats_users",),
    "stage": ("ats_application_stages",),
    "tag": ("ats_tags",),
    "rejection_reason": ("ats_rejection_reasons",),
    # Kombo shows these inside its jobs.
    "department": ("ats_jobs",),
    "location": ("ats_jobs",),
}
BESIDES: Final[Mapping[str, tuple[str, ...]]] = {
    "candidate.tag_added": ("ats_join_candidates_tags",),
    "candidate.tag_removed": ("ats_join_candidates_tags",),
    "job.published": ("ats_job_postings",),
    "job.unpublished": ("ats_job_postings",),
    "job.questions_changed": ("ats_join_jobs_screening_questions", "ats_screening_questions"),
    "job.stages_changed": ("ats_join_jobs_application_stages",),
    "job.hiring_team_changed": ("ats_join_jobs_users",),
}
NEWER: Final[Mapping[str, tuple[str, ...]]] = {
    "note": ("ats_notes",),
    "evaluation": ("ats_scorecards",),
    "attachment": ("ats_attachments",),
}


def changed_models(event_type: str, patterns: Iterable[str]) -> tuple[str, ...]:
    """Return Kombo's models that an event type changes; none where Kombo has no such thing."""
    model = event_type.partition(".")[0]
    newer = NEWER[model] if model in newer_models(patterns) else ()
    return (*MODELS.get(model, ()), *BESIDES.get(event_type, ()), *newer)


def newer_models(patterns: Iterable[str]) -> tuple[str, ...]:
    """Return our models that are told of under newer names, since a subscriber names them."""
    named = {pattern.partition(".")[0] for pattern in patterns}
    return tuple(model for model in NEWER if model in named)


def gathered_id(event_ids: Iterable[str], models: Iterable[str]) -> str:
    """Return the id under which events are gathered: the same, told as the same, always have the same."""
    return "evt_" + ids.derive("gathered", *event_ids, "", *models)


def data_changed(event_id: str, integration_id: str, models: Iterable[str]) -> dict[str, Any]:
    """Return Kombo's body."""
    return {
        "id": event_id,
        "type": DATA_CHANGED,
        "data": {
            "integration_id": integration_id,
            "integration_tool": TOOL,
            "integration_category": CATEGORY,
            "changed_models": [{"name": name} for name in sorted(set(models))],
        },
    }


def signature(secret: str, body: bytes) -> str:
    """Return base64url of HMAC-SHA256 over the body, without padding, as Kombo's header has it."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
