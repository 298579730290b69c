"""The careers site's door, through which people apply themselves: no token is needed."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from service.sandbox.answers import answer, blank, not_found, refusal
from service.sandbox.calls import Call
from service.sandbox.parsing import member, parsed
from service.sandbox.records import Json
from service.sandbox.state import Sandbox
from service.sandbox.writes_candidates import arrive, newcomer

PATH = "/api/offers/{slug}/candidates"


def apply(sandbox: Sandbox) -> Callable[[Request], Awaitable[Response]]:
    """Return the application form's endpoint; it takes JSON, where the vendor's takes a form."""

    async def applied(request: Request) -> Response:
        body = parsed(await request.body())
        if body is None:
            return refusal(400, "Bad request")
        offer = sandbox.company.offer(request.path_params["slug"])
        if offer is None or offer.status not in {"published", "internal"}:
            return not_found()
        given = member(body, "candidate")
        if not str(given.get("name") or "").strip():
            return blank("name", "Name")
        call = Call(sandbox.company, sandbox.knobs, sandbox.sender, {}, request.query_params, body)
        who = newcomer(sandbox.company, _lists(given), source="career_site")
        shape = arrive(call, who, [offer])
        return answer({"candidate": {"id": shape.id, "name": shape.name}}, 201)

    return applied


def _lists(given: Json) -> Json:
    """Return the form's single e-mail and phone as the lists that a candidate has."""
    return {**given, "emails": [given.get("email")], "phones": [given.get("phone")]}
