"""A sample webhook of Recruitee's, signed as Recruitee signs: for whoever wants to see the line run.

It names records by id and says nothing of anybody, in the shape that receivers of others show; that shape is
reconstructed, not captured. Who gets it posts it to the `url` that is given beside it.
"""

import secrets
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints
from starlette.responses import Response

from service.core import signing
from service.core.recruitee.webhook import OFFER_TYPES
from service.core.store import keys
from service.core.store.connections import Connection
from service.core.store.store import Store
from service.core.unified.model import Fields, Ref
from service.ops.bodies import given, refused
from service.ops.connections import found
from service.ops.endpoint import base_of
from service.problems import Json, Problem
from service.state import Request
from service.webhooks import PREFIX

TEST: Final = "test"
SUBTYPES: Final[dict[str, tuple[str, ...]]] = {
    "new_candidate": ("manual", "career_site", "import"),
    "candidate_assigned": (),
    "candidate_moved": ("stage_changed", "disqualified", "requalified"),
    "candidate_deleted": (),
    "offer_published": (),
    "offer_unpublished": (),
    "offer_updated": ("offer_changed", "status_changed", "tags_changed"),
}
"""What Recruitee's webhooks are known to tell, each with its subtypes; the first is the default."""
LOOKED_AT = 50
SMALLEST_ID, IDS = 10**9, 9 * 10**9


def _text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


RemoteId = Annotated[str, BeforeValidator(_text), StringConstraints(pattern=r"^[1-9][0-9]{0,18}$")]


class Asked(BaseModel):
    """Which webhook, and about which records; without ids, about the latest that are known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event: str
    """`test`, a type, or a type and a subtype: `candidate_moved/disqualified`."""
    candidate_id: RemoteId | None = None
    job_id: RemoteId | None = None


async def create(request: Request) -> Response:
    """Sign a sample for a connection."""
    connection = await found(request)
    asked = Asked.model_validate(await given(request))
    if not connection.secrets:
        raise Problem(409, "no webhook secret is set on this connection: set it first")
    event_type, subtype = _known(asked.event)
    body = orjson.dumps(await _body(request.state["store"], connection, asked, event_type, subtype))
    signature = signing.recruitee_signature(connection.secrets[0].get_secret_value(), body)
    header = signing.RECRUITEE_HEADER.decode()
    return Json(
        {
            "url": base_of(request) + PREFIX + connection.hook,
            "event_type": event_type,
            "event_subtype": subtype,
            "headers": {"content-type": "application/json", header: signature},
            "body": body.decode(),
        }
    )


def _known(event: str) -> tuple[str, str | None]:
    event_type, _, subtype = event.replace(".", "/").partition("/")
    subtypes = (TEST,) if event == TEST else SUBTYPES.get(event_type)
    if subtypes is None:
        raise refused("event", f"must be {TEST} or one of {', '.join(SUBTYPES)}")
    if event == TEST:
        return TEST, None
    if subtype and subtype not in subtypes:
        said = f"{event_type} has the subtypes {', '.join(subtypes)}" if subtypes else "has none"
        raise refused("event", said)
    return event_type, subtype or next(iter(subtypes), None)


async def _body(
    store: Store, connection: Connection, asked: Asked, event_type: str, subtype: str | None
) -> dict[str, Any]:
    if event_type == TEST:
        return {"test": True}
    about = await _about(store, connection.id, asked, event_type)
    company = connection.company_id
    return {
        "id": SMALLEST_ID + secrets.randbelow(IDS),
        "attempt_count": 1,
        "created_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "event_type": event_type,
        "event_subtype": subtype,
        "level": "info",
        "payload": {"company": {"id": int(company) if company.isdigit() else company}, **about},
    }


async def _about(store: Store, c: str, asked: Asked, event_type: str) -> dict[str, Any]:
    """Return the records that a webhook of this type names, by Recruitee's ids."""
    if event_type in OFFER_TYPES:
        return {"offer": _named(asked.job_id or await _latest(store, c, "job")), "details": {}}
    if asked.candidate_id or event_type in ("new_candidate", "candidate_deleted"):
        candidate = asked.candidate_id or await _latest(store, c, "candidate")
        job = {"offer": _named(asked.job_id)} if asked.job_id else {}
        return {"candidate": _named(candidate), **job, "details": {}}
    ref = Ref("application", await _latest(store, c, "application"))
    fields = (await store.records.load(c, [ref]))[ref].fields
    candidate = await _remote(store, c, "candidate", fields, "candidate_id")
    offer = asked.job_id or await _remote(store, c, "job", fields, "job_id")
    return {"candidate": _named(candidate), "offer": _named(offer), "details": {}}


async def _latest(store: Store, c: str, model: str) -> str:
    """Return the record that changed last and is there; raises Problem 409."""
    names = await store.pipe.call("ZREVRANGE", keys.index(c, model), 0, LOOKED_AT - 1)
    refs = [Ref(model, name.decode()) for name in names]
    known = await store.records.load(c, refs)
    for ref in refs:
        if ref in known and not known[ref].deleted:
            return ref.remote_id
    raise Problem(409, f"no {model} of this company is known yet: name one by Recruitee's id")


async def _remote(store: Store, c: str, model: str, fields: Fields, name: str) -> str:
    found_ = await store.records.remote_id(c, model, str(fields.get(name)))
    if found_ is None:
        raise Problem(409, f"the latest application names no {model} that is known: name one by id")
    return found_


def _named(remote_id: str) -> dict[str, int]:
    return {"id": int(remote_id)}
