"""Candidate: a person; fetched by itself, with its applications and its CV and letter inside.

| field | comes from | a change of it |
| --- | --- | --- |
| first_name, last_name | `name`, split; null while the candidate is anonymous | candidate.updated |
| source | the first of `sources`, else `referrer`, else `source` | candidate.updated |
| origin | `source`: how the candidate came in | candidate.updated |
| social_media | `social_links` (type from the host), then `links` (type null) | candidate.updated |
| tags | names, sorted | one tag_added or tag_removed per name, path `tags.<name>` |
| integration_fields | `fields`: those with a value | candidate.updated |
| custom_fields | those of them that the operator mapped | candidate.updated |
| location, company | the profile's address; the experience without an end | candidate.updated |
| confidential | nothing: Recruitee has none | never |
| notes_count, attachments_count | served; at 0 nobody asks for the list | in silence |
| last_activity_at, remote_updated_at | served | in silence: they move with everything |
| remote_url | `adminapp_url` | in silence: the app's own address, not a fact of the person |
| CV, cover letter | attachments, told of by their own events | |
| URLs of photo, CV, letter | not kept: they expire | never |
| ratings, other counters, my_*, viewed, followed, duplicates | not kept: others' work, or who asks | never |

A lean list serves no tags, sources, links, fields or consent, so those stay unknown there. What the
page of an anonymous candidate does not show is null and never what it was before.
"""

from typing import Any
from urllib.parse import urlsplit

from service.core.unified import profile
from service.core.unified.evidence import EVERY, Grade, Sources, never, of
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
from service.core.unified.models import application, attachment
from service.core.unified.person import split_name
from service.core.unified.reading import (
    UNKNOWN,
    Link,
    Missing,
    Raw,
    Rule,
    flag,
    identifier,
    identifiers,
    instant,
    integer,
    mapping,
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


def _sources(value: object) -> list[str] | Missing:
    # Search hits have objects here.
    named = (
        [mapping(each).get("name", each) for each in value] if isinstance(value, list) else value
    )
    return texts(named)


def _source(sources: object, referrer: object, source: object) -> str | Missing | None:
    tagged = _sources(sources)
    if tagged is UNKNOWN:
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
    Rule("title", ("title",), text),
    Rule("salutation", ("salutation",), text),
    Rule("source", ("sources", "referrer", "source"), _source),
    Rule("sources", ("sources",), _sources),
    Rule("referrer", ("referrer",), text),
    Rule("origin", ("source",), text),
    Rule("phone_numbers", ("phones",), _phones),
    Rule("email_addresses", ("emails",), _emails),
    Rule("social_media", ("social_links", "links"), _social_media),
    Rule("tags", ("tags",), names),
    Rule("is_anonymous", ("is_anonymous",), flag),
    Rule("gdpr_status", ("gdpr_status",), text),
    Rule("gdpr_expires_at", ("gdpr_expires_at",), instant),
    Rule("gdpr_scheduled_to_delete_at", ("gdpr_scheduled_to_delete_at",), instant),
    Rule("gdpr_consent_ever_given", ("gdpr_consent_ever_given",), flag),
    Rule("gdpr_consent_request_sent_at", ("gdpr_consent_request_sent_at",), instant),
    Rule("gdpr_consent_request_completed_at", ("gdpr_consent_request_completed_at",), instant),
    Rule("notes_count", ("notes_count",), integer),
    Rule("attachments_count", ("attachments_count",), integer),
    Rule("last_activity_at", ("last_activity_at",), instant),
    Rule("remote_url", ("adminapp_url",), text),
)
_LINKS = (Link("created_by_id", "admin_id", "user"),)
_MASKED: Fields = {
    "name": None, "salutation": None, "phone_numbers": [], "email_addresses": [], "social_media": [],
    "location": None, "company": None, "integration_fields": [],
    "custom_fields": None,
}  # fmt: skip
"""What must not outlast a candidate's name, where the page of an anonymous one leaves it out."""


def expand(raw: Raw, references: object, context: Context) -> list[Draft]:
    """Return a candidate, its applications, its CV and letter; nothing for Recruitee's samples."""
    remote_id = identifier(raw.get("id"))
    if remote_id is None or raw.get("example") is True:
        return []
    fields = record(NAME, remote_id, raw, context, _RULES, _LINKS) | {"confidential": None}
    fields = profile.laid_over(fields, _profile(raw, context)) | _followers(raw, context)
    if fields.get("is_anonymous") is True and "tags" in raw:
        fields = _MASKED | fields
    own = Draft(NAME, remote_id, fields | _split(fields), Ref(NAME, remote_id))
    placed = application.drafts(raw, remote_id, references, context)
    return [own, *placed, *attachment.of_candidate(raw, remote_id, context)]


def _split(fields: Fields) -> Fields:
    """Return first and last name; what stands for an anonymous candidate's name is no name."""
    if "name" not in fields:
        return {}
    name = None if fields.get("is_anonymous") is True else fields["name"]
    first, last = split_name(name) if name else (None, None)
    return {"first_name": first, "last_name": last}


def _profile(raw: Raw, context: Context) -> Fields:
    filled = profile.profile(raw.get("fields", UNKNOWN))
    if filled is UNKNOWN:
        return {}
    places = {"location": profile.location(filled), "company": profile.company(filled)}
    return places | profile.fields(filled, profile.PROFILE, context)


def _followers(raw: Raw, context: Context) -> Fields:
    found = identifiers(raw.get("admin_ids", UNKNOWN))
    return {} if found is UNKNOWN else {"follower_ids": [context.uid("user", i) for i in found]}


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
        "id", "remote_id", "first_name", "last_name", "name", "salutation", "company", "title",
        "confidential", "source", "sources", "referrer", "origin", "phone_numbers", "email_addresses",
        "social_media", "location", "tags", "created_by_id", "follower_ids",
        "is_anonymous", "gdpr_status", "gdpr_expires_at", "gdpr_scheduled_to_delete_at",
        "gdpr_consent_ever_given", "gdpr_consent_request_sent_at", "gdpr_consent_request_completed_at",
        "notes_count", "attachments_count", "last_activity_at", "remote_url", "custom_fields",
        "integration_fields", "remote_created_at", "remote_updated_at", "remote_deleted_at",
    ),
    claims=(EachClaim("tags", added="tag_added", removed="tag_removed"),),
    volatile=frozenset(
        {"notes_count", "attachments_count", "last_activity_at", "remote_url", "remote_updated_at"}
    ),
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
    gone=attachment.gone_from,
)

_ROWS = {
    **EVERY,
    **{
        name: of(name)
        for name in (
            "name", "title", "salutation", "referrer", "is_anonymous", "gdpr_status",
            "gdpr_consent_ever_given", "notes_count", "attachments_count",
        )
    },
    **{
        name: of(name, how="RFC 3339, UTC")
        for name in (
            "gdpr_expires_at", "gdpr_scheduled_to_delete_at", "gdpr_consent_request_sent_at",
            "gdpr_consent_request_completed_at", "last_activity_at",
        )
    },
    "first_name": of("name", how="split by nameparser; null while the candidate is anonymous"),
    "last_name": of("name", how="split by nameparser; null while the candidate is anonymous"),
    "company": of("fields[]", Grade.CLIENT, "of kind `experience`: the first that has no end date"),
    "confidential": never("Recruitee has no confidential candidates"),
    "source": of(("sources[]", "referrer", "source"), how="the first that there is"),
    "sources": of("sources[]", how="names, in Recruitee's order"),
    "origin": of("source", how="how the candidate came in, in Recruitee's words"),
    "phone_numbers": of("phones[]", how="type null: Recruitee has none"),
    "email_addresses": of("emails[]", how="type null: Recruitee has none"),
    "social_media": of(("social_links[]", "links[]"), how="type from a social link's host, else null"),
    "location": of("fields[]", Grade.ASSUMED, "of kind `address`: the first"),
    "tags": of("tags[]", how="names, sorted"),
    "created_by_id": of("admin_id", how="the user's unified id"),
    "follower_ids": of("admin_ids[]", how="the users' unified ids"),
    "remote_url": of("adminapp_url"),
    "integration_fields": of(
        "fields[]", Grade.CLIENT, "those with a value, by key; `profile.<name, else kind>`"
    ),
}  # fmt: skip
SOURCES: Sources = {name: _ROWS[name] for name in MODEL.fields}
