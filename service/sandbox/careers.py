"""The careers site: its own list of open jobs, and the door through which people apply."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.sandbox.answers import answer, blank, not_found, refusal
from service.sandbox.calls import Call
from service.sandbox.forms import Upload, body_of, rows
from service.sandbox.parsing import member, whole
from service.sandbox.persons import Candidate
from service.sandbox.questions import answered
from service.sandbox.records import Json, Offer, Question
from service.sandbox.shapes.careers import careers_offer
from service.sandbox.state import Sandbox
from service.sandbox.world import Company
from service.sandbox.writes_candidates import arrive, newcomer

Handler = Callable[[Request], Awaitable[Response]]
ANSWERS = "open_question_answers_attributes"
OPEN = {"published", "internal"}


def routes(sandbox: Sandbox) -> list[Route]:
    """Return the routes under `/api`; each asks for the token that the sandbox may have."""
    table: tuple[tuple[str, str, Callable[[Request, Sandbox], Awaitable[Response]]], ...] = (
        ("GET", "/api/offers", listed),
        ("GET", "/api/offers/{slug}", shown),
        ("POST", "/api/offers/{slug}/candidates", applied),
    )
    return [Route(path, _guarded(act, sandbox), methods=[method]) for method, path, act in table]


def _guarded(act: Callable[[Request, Sandbox], Awaitable[Response]], sandbox: Sandbox) -> Handler:
    async def respond(request: Request) -> Response:
        wanted = sandbox.config.careers_token
        given = request.headers.get("x-careers-sites-token", "")
        if wanted and not hmac.compare_digest(given.encode(), wanted.encode()):
            return refusal(401, "Unauthorized")
        sandbox.company.files.base = str(request.base_url).rstrip("/")
        return await act(request, sandbox)

    return respond


async def listed(_: Request, sandbox: Sandbox) -> Response:
    """List published jobs with their questions."""
    company = sandbox.company
    found = [one for one in company.offers.values() if one.status == "published"]
    return answer({"offers": [careers_offer(one, company) for one in found]})


async def shown(request: Request, sandbox: Sandbox) -> Response:
    """Show one job that is open."""
    offer = _open(request, sandbox)
    return (
        not_found() if offer is None else answer({"offer": careers_offer(offer, sandbox.company)})
    )


def _open(request: Request, sandbox: Sandbox) -> Offer | None:
    offer = sandbox.company.offer(request.path_params["slug"])
    return offer if offer is not None and offer.status in OPEN else None


async def applied(request: Request, sandbox: Sandbox) -> Response:
    """Take an application, as a form or as JSON; required answers may be missing, as seen live."""
    body = body_of(await request.body(), request.headers.get("content-type", ""))
    if body is None:
        return refusal(400, "Bad request")
    offer = _open(request, sandbox)
    if offer is None:
        return not_found()
    given = member(body, "candidate")
    if not str(given.get("name") or "").strip():
        return blank("name", "Name")
    call = Call(sandbox.company, sandbox.knobs, sandbox.sender, {}, request.query_params, body)
    who = newcomer(sandbox.company, _lists(given), source="career_site")
    who = replace(who, answers=_answers(given, offer, who, sandbox.company))
    if isinstance(given.get("cv"), Upload):
        sandbox.company.files.put("cvs", who.id, given["cv"].content)
    made = arrive(call, replace(who, referrer=given.get("referrer")), [offer])
    return answer({"candidate": {"id": made.id, "name": made.name}}, 201)


def _lists(given: Json) -> Json:
    """Return the form's single e-mail and phone as the lists that a candidate has."""
    return {**given, "emails": [given.get("email")], "phones": [given.get("phone")]}


def _answers(given: Json, offer: Offer, who: Candidate, company: Company) -> tuple[Json, ...]:
    template = company.question_templates.get(offer.question_template_id or 0)
    asked = {one.id: one for one in template.questions} if template else {}
    made = [
        _answer(asked[number], one, company)
        for one in rows(given.get(ANSWERS))
        if (number := whole(one.get("open_question_id"))) in asked
    ]
    group = {"created_at": who.created_at, "offer_id": offer.id, "answers": made}
    return (group,) if made else ()


def _answer(question: Question, given: Json, company: Company) -> Json:
    number = company.next_id("field")
    if isinstance(held := given.get("file"), Upload):
        company.files.put("answers", number, held.content)
        return answered(number, question, held.filename)
    if question.kind in {"boolean", "legal"}:
        return answered(number, question, str(given.get("flag")).lower() in {"true", "1"})
    return answered(number, question, given.get("multi_content", given.get("content")))
