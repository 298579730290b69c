"""The screening questions that a job asks: known by its template, or fetched with it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from service.core.recruitee.client import Unauthorized
from service.core.unified.model import Ref
from service.core.unified.reading import identifier
from workers.asking import Asking, Failed, Outcome, Unanswered

TEMPLATE = "question_template"
Found = dict[str, Sequence[Mapping[str, Any]]]


async def needed(
    asking: Asking, raw: Mapping[str, Any], fetch: Callable[[Ref], Awaitable[Outcome]]
) -> Found:
    """Return the questions of the template that a job names; `fetch` commits a template."""
    template = identifier(raw.get("open_question_template_id"))
    if template is None:
        return {}
    name = (asking.connection.id, f"{TEMPLATE}:{template}")
    if (stored := await _stored(asking, template)) or asking.ctx.missing_jobs.get(name):
        return stored
    outcome = await fetch(Ref(TEMPLATE, template))
    if isinstance(outcome, Failed | Unauthorized):
        raise Unanswered(outcome)
    asking.ctx.missing_jobs.put(name, True)
    return await _stored(asking, template)


async def _stored(asking: Asking, template: str) -> Found:
    ref = Ref(TEMPLATE, template)
    known = await asking.ctx.store.records.load(asking.connection.id, [ref])
    found = known[ref].fields.get("questions") if ref in known else None
    return {template: found} if isinstance(found, list) else {}
