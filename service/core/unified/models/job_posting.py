"""Job posting: the page on which a job can be applied for; told of by the job's own events.

| field | comes from |
| --- | --- |
| remote_id, job_id | the offer's id: a job has one page |
| title, description_html, url | `title`, the job's description, `careers_url` |
| status, visibility | the offer's `status`, by `offer.POSTINGS` |

A job without a careers page has none. Changes are kept in silence: what they are is a fact of the job.
"""

from service.core.unified import offer
from service.core.unified.evidence import EVERY, Sources, of
from service.core.unified.model import Context, Draft, Fields, Model, Ref
from service.core.unified.reading import Raw, Rule, identifier, record, text

NAME = "job_posting"

_RULES = (
    Rule("title", ("title",), text),
    Rule("url", ("careers_url",), text),
)


def drafts(raw: Raw, job: Fields, context: Context) -> list[Draft]:
    """Return the posting of an offer whose own fields are `job`; none without a careers page."""
    remote_id = identifier(raw.get("id"))
    if remote_id is None or not isinstance(text(raw.get("careers_url")), str):
        return []
    fields = record(NAME, remote_id, raw, context, _RULES)
    del fields["custom_fields"]
    fields["job_id"] = job["id"]
    if "description" in job:
        fields["description_html"] = job["description"]
    told = text(raw["status"]) if "status" in raw else None
    fields |= _shown(told) if isinstance(told, str) else {}
    return [Draft(NAME, remote_id, fields, Ref("job", remote_id), unmapped=_unmapped(told))]


def _shown(status: str) -> Fields:
    shown, visibility = offer.POSTINGS.get(status, (None, None))
    return {"status": shown, "visibility": visibility}


def _unmapped(status: object) -> tuple[tuple[str, str], ...]:
    known = not isinstance(status, str) or status in offer.POSTINGS
    return () if known else (("status", str(status)),)


MODEL = Model(
    name=NAME,
    fields=(
        "id", "remote_id", "job_id", "title", "description_html", "status", "visibility", "url",
        "remote_created_at", "remote_updated_at", "remote_deleted_at",
    ),
    volatile=frozenset({"remote_updated_at"}),
    silent=True,
)  # fmt: skip

_ROWS = {
    **EVERY,
    "remote_id": of("id", how="the job's"),
    "job_id": of("id", how="the job's unified id"),
    "title": of("title"),
    "description_html": of(
        ("description_html", "description", "requirements_html", "requirements"),
        how="as the job's `description`",
    ),
    "status": of(
        "status", how="ACTIVE, DRAFT, INACTIVE; null, and counted, for one we do not know"
    ),
    "visibility": of("status", how="PUBLIC, INTERNAL; null for what nobody is shown"),
    "url": of("careers_url"),
}
SOURCES: Sources = {name: _ROWS[name] for name in MODEL.fields}
