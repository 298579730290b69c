"""One call of Recruitee's API: who may make it, what it asks, what a route needs to answer."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from service.sandbox.answers import (
    bad_token,
    forbidden,
    not_found,
    refusal,
    unauthenticated,
)
from service.sandbox.forms import body_of
from service.sandbox.hooks import Sender
from service.sandbox.knobs import Knobs
from service.sandbox.parsing import whole
from service.sandbox.persons import Candidate, Placement
from service.sandbox.records import Json, Offer
from service.sandbox.state import Sandbox
from service.sandbox.world import Company

Grade = Literal["S", "D", "O", "C", "A"]
GRADES: dict[Grade, str] = {
    "S": "recorded by Recruitee's own API specification",
    "D": "vendor documentation",
    "O": "observed on a live tenant by a third party",
    "C": "used by a public client",
    "A": "our assumption",
}


@dataclass(frozen=True, slots=True)
class Call:
    """A request that passed the door: path, query and body with the state that it is about."""

    company: Company
    knobs: Knobs
    sender: Sender
    path: Mapping[str, str]
    query: QueryParams
    body: Json

    def flag(self, name: str) -> bool:
        """Read a boolean: `true` or `1`; anything else is false."""
        return self.query.get(name) in {"true", "1"}

    def number(self, name: str, default: int, most: int = 10_000) -> int:
        """Read a number from the query; nonsense is the default."""
        return min(whole(self.query.get(name), default), most)

    def begin(self, start: int) -> int:
        """Return where a page begins: further down while pages shrink, but for the first one."""
        return max(start + self.knobs.shrink_pages, 0) if start else start

    def many(self, name: str) -> frozenset[str]:
        """Read a list: repeated, with or without `[]`, or comma-joined."""
        texts = (*self.query.getlist(name), *self.query.getlist(f"{name}[]"))
        return frozenset(part for text in texts for part in text.split(",") if part)

    def ids(self, name: str) -> frozenset[int]:
        """Read a list of numbers; what is none matches nothing."""
        return frozenset(whole(part) for part in self.many(name))

    def given(self, name: str) -> Any:
        """Read an action's parameter from the body or else the query: clients send either."""
        return self.body[name] if name in self.body else self.query.get(name)

    def given_id(self, name: str) -> int | None:
        """Read an id that an action names, or None."""
        return whole(self.given(name)) or None

    def candidate(self, key: str = "id") -> Candidate | Response:
        """Return the candidate in the path as reads show it, or the refusal to answer with."""
        number = whole(self.path[key])
        if number in self.knobs.hidden_candidates:
            return forbidden()
        found = self.company.people.seen(number)
        return not_found() if found is None or found.deleted_at else found

    def present_candidate(self, key: str = "id") -> Candidate | Response:
        """Return the candidate in the path as it is now, for a write, or the refusal."""
        number = whole(self.path[key])
        if number in self.knobs.hidden_candidates:
            return forbidden()
        found = self.company.people.get(number)
        return not_found() if found is None or found.deleted_at else found

    def offer(self, key: str = "id") -> Offer | Response:
        """Return the job that the path names by id or slug, or the refusal."""
        found = self.company.offer(self.path[key])
        if found is None:
            return not_found()
        return forbidden() if found.id in self.knobs.hidden_offers else found

    def placement(self) -> tuple[Candidate, Placement] | Response:
        """Return the placement in the path with its candidate, or the refusal."""
        found = self.company.people.placed(whole(self.path["id"]))
        if found is None:
            return not_found()
        return forbidden() if found[0].id in self.knobs.hidden_candidates else found


Handler = Callable[[Call], Response]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A route under `/c/{company}` with the grade of its evidence."""

    method: str
    path: str
    grade: Grade
    respond: Handler
    note: str = ""


def served(endpoint: Endpoint, sandbox: Sandbox) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint behind the checks that all of them share."""

    async def respond(request: Request) -> Response:
        refused = _refused(request, sandbox)
        if refused is not None:
            return refused
        kind = request.headers.get("content-type", "")
        body = {} if request.method == "GET" else body_of(await request.body(), kind)
        if body is None:
            return refusal(400, "Bad request")
        sandbox.company.files.base = str(request.base_url).rstrip("/").partition("/c/")[0]
        return endpoint.respond(
            Call(
                company=sandbox.company,
                knobs=sandbox.knobs,
                sender=sandbox.sender,
                path={name: str(part) for name, part in request.path_params.items()},
                query=request.query_params,
                body=body,
            )
        )

    return respond


def _refused(request: Request, sandbox: Sandbox) -> Response | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return unauthenticated()
    expected = sandbox.config.token.encode()
    if sandbox.knobs.revoked or not hmac.compare_digest(token.strip().encode(), expected):
        return bad_token()
    if request.path_params["company"] not in {sandbox.config.company_id, sandbox.config.subdomain}:
        return refusal(422, "Company id is invalid")
    return None
