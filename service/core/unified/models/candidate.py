"""Candidate: a person; fetched by itself, with its applications inside.

| field | comes from | a change of it |
| --- | --- | --- |
| first_name, last_name | `name`, split | candidate.updated |
| source | the first of `sources`, else `referrer`, else `source` | candidate.updated |
| social_media | `social_links` (type from the host), then `links` (type null) | candidate.updated |
| tags | names, sorted | one tag_added or tag_removed per name, path `tags.<name>` |
| company, confidential, location | nothing: Recruitee has none | never |
| last_activity_at, remote_updated_at | served | in silence: they move with everything |
| remote_url | `adminapp_url` | in silence: the app's own address, not a fact of the person |
| URLs of photo, CV, letter | not kept: they expire | never |
| ratings, counters, my_*, viewed, followed | not kept: others' work, or who asks | never |

A lean list serves no tags, sources, links or consent, so those stay unknown there.
"""

from typing import Any
from urllib.parse import urlsplit

from service.core.unified.model import (
    Cause,
    Context,
    Draft,
    EachClaim,
    Fields,
    Listing,
    Model,
    Need,
    Ref,
    Root,
)  # fmt: skip
from service.core.unified.models import application
from service.core.unified.person import split_name
from service.core.unified.reading import (
    UNKNOWN,
    Missing,
    Raw,
    Rule,
    flag,
    identifier,
    instant,
    names,
    record,
    text,
    texts,
)  # fmt: skip

NAME = "candidate"
NEW = frozenset(
    {
        "new_candidate", "candidate_created",
        "candidate_add", "candidate_apply", "candidate_import", "candidate_import_from_linkedin",
        "candidate_referred",
    }
)  # fmt: skip
"""Webhooks, then feed entries, that say a candidate is new."""


def _first_name(value: object) -> str | Missing | None:
    name = text(value)
    return split_name(name).first if isinstance(name, str) else name


def _last_name(value: object) -> str | Missing | None:
    name = text(value)
    return split_name(name).last if isinstance(name, str) else name


def _source(sources: object, referrer: object, source: object) -> str | Missing | None:
    tagged = texts(sources)
    if tagged is UNKNOWN:
        # Search hits have objects here.
        return UNKNOWN
    told = (*tagged[:1], text(referrer), text(source))
    return next((name for name in told if isinstance(name, str)), None)


def _emails(value: object) -> list[dict[str, Any]] | Missing:
    found = texts(value)
    return UNKNOWN if found is UNKNOWN else [{"email_address": e, "type": None} for e in found]


def _phones(value: object) -> list[dict[str, Any]] | Missing:
    found = texts(value)
    return UNKNOWN if found is UNKNOWN else [{"phone_number": p, "type": None} for p in found]


def _social_media(social_links: object, links: object) -> list[dict[str, Any]] | Missing:
    social, other = texts(social_links), texts(links)
    if social is UNKNOWN or other is UNKNOWN:
        return UNKNOWN
    typed = [(link, _site(link)) for link in social] + [(link, None) for link in other]
    return [{"link": link, "type": kind, "username": None} for link, kind in typed]


def _site(link: str) -> str | None:
    """Return LINKEDIN for https://www.linkedin.com/in/somebody."""
    try:
        host = urlsplit(link if "//" in link else "//" + link).hostname or ""
    except ValueError:
        return None
    labels = host.split(".")
    return labels[-2].upper() if len(labels) > 1 else None


_RULES = (
    Rule("name", ("name",), text),
    Rule("first_name", ("name",), _first_name),
    Rule("last_name", ("name",), _last_name),
    Rule("title", ("title",), text),
    Rule("source", ("sources", "referrer", "source"), _source),
    Rule("phone_numbers", ("phones",), _phones),
    Rule("email_addresses", ("emails",), _emails),
    Rule("social_media", ("social_links", "links"), _social_media),
    Rule("tags", ("tags",), names),
    Rule("is_anonymous", ("is_anonymous",), flag),
    Rule("gdpr_status", ("gdpr_status",), text),
    Rule("gdpr_expires_at", ("gdpr_expires_at",), instant),
    Rule("gdpr_scheduled_to_delete_at", ("gdpr_scheduled_to_delete_at",), instant),
    Rule("last_activity_at", ("last_activity_at",), instant),
    Rule("remote_url", ("adminapp_url",), text),
)
_NEVER_SERVED: Fields = {"company": None, "confidential": None, "location": None}


def expand(raw: Raw, references: object, context: Context) -> list[Draft]:
    """Return a candidate and its applications; nothing for Recruitee's sample candidates."""
    remote_id = identifier(raw.get("id"))
    if remote_id is None or raw.get("example") is True:
        return []
    fields = record(NAME, remote_id, raw, context, _RULES) | _NEVER_SERVED
    own = Draft(NAME, remote_id, fields, Ref(NAME, remote_id))
    return [own, *application.drafts(raw, remote_id, references, context)]


def needs(raw: Raw, references: object) -> set[Need]:
    """Return the stages without which the applications' outcomes stay a guess."""
    return set() if raw.get("example") is True else application.needs(raw, references)


def _concerns(cause: Cause, fields: Fields, context: Context) -> bool:
    return cause.candidate_id == fields["remote_id"] or (
        cause.candidate_id is None and not cause.job_ids
    )


def _creates(cause: Cause, fields: Fields) -> bool:
    return cause.event_type in NEW


def _claimed(cause: Cause, fields: Fields, context: Context) -> Fields:
    return {"remote_deleted_at": cause.at} if cause.event_type == "candidate_deleted" else {}


def _tells(cause: Cause, path: str) -> bool:
    return cause.event_type not in application.PLACED


MODEL = Model(
    name=NAME,
    fields=(
        "id", "remote_id", "first_name", "last_name", "name", "company", "title", "confidential",
        "source", "phone_numbers", "email_addresses", "social_media", "location", "tags",
        "is_anonymous", "gdpr_status", "gdpr_expires_at", "gdpr_scheduled_to_delete_at",
        "last_activity_at", "remote_url", "custom_fields", "remote_created_at", "remote_updated_at",
        "remote_deleted_at",
    ),
    claims=(EachClaim("tags", added="tag_added", removed="tag_removed"),),
    volatile=frozenset({"last_activity_at", "remote_url", "remote_updated_at"}),
    creates=_creates,
    claimed=_claimed,
    tells=_tells,
    concerns=_concerns,
)  # fmt: skip

ROOT = Root(
    name=NAME,
    path="/candidates/{id}",
    key="candidate",
    listing=Listing("/candidates", "candidates", "offset", 1000),
    expand=expand,
    needs=needs,
    child=application.NAME,
    child_path=application.path,
    deleted_params={"deleted": "true"},
)
