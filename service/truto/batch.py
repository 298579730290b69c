"""Batches: several calls in one, in the order of their needs, each as if it had been sent by itself."""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

import orjson
from pydantic import BeforeValidator, Field
from starlette.responses import Response

from service.actions import KEY_HEADER
from service.ops.bodies import given
from service.problems import Json
from service.state import Request
from service.truto import bodies
from service.truto.entry import ACCOUNT, named
from service.truto.envelope import Refused, invalid, lacking
from service.truto.inside import Said, ask
from service.truto.placeholders import Filling, Unfilled
from service.truto.writes import BODY_MOST

MOST_CALLS: Final = 50
MOST_IN_ALL: Final = 200
"""With those that a loop comes to."""
MOST_BYTES: Final = 32 * 1024 * 1024
"""Of all answers; what comes after them is not asked for."""
DEEPEST: Final = 30
WITHIN_S: Final = 60.0
METHODS: Final[Mapping[str, str]] = {
    "list": "GET", "get": "GET", "create": "POST", "update": "PATCH", "delete": "DELETE",
}  # fmt: skip
BY_ID: Final = ("get", "update", "delete")
Name = Annotated[str, Field(pattern=r"^[a-z_-]{1,60}(/[a-z_-]{1,60})?$")]


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Call(bodies.Wire):
    """One call: a unified resource as `ats/candidates`, or one of the proxy's by its plain name."""

    resource: Name
    method: Annotated[str, Field(pattern=r"^[a-z_-]{1,60}$")] = "list"
    id: Annotated[str | None, Field(max_length=200)] = None
    query: Mapping[str, Any] = {}
    body: dict[str, Any] | None = None
    depends_on: Annotated[tuple[Name, ...], BeforeValidator(_several)] = ()
    loop_on: Annotated[str | None, Field(max_length=200)] = None
    persist: bool = True


class BatchAsked(bodies.Wire):
    """The body of a batch."""

    integrated_account_id: str | None = None
    resources: Annotated[tuple[Call, ...], Field(min_length=1, max_length=MOST_CALLS)]
    args: Mapping[str, Any] = {}


async def batch(request: Request) -> Response:
    """Make several calls, one after the other; what one answers others may name."""
    asked = bodies.read(BatchAsked, await given(request, BODY_MOST))
    account = asked.integrated_account_id or request.query_params.get(ACCOUNT) or ""
    if not account:
        raise lacking("body", ACCOUNT)
    await named(request, account)
    for number, each in enumerate(asked.resources):
        _shallow((each.query, each.body), f"resources.{number}", DEEPEST)
    _shallow(asked.args, "args", DEEPEST)
    calls = list(_in_order(asked.resources))  # whole, before the first is made
    run = _Run(request, account, asked.args)
    for number, call in calls:
        await run.make(number, call)
    kept = {call.resource for call in asked.resources if call.persist}
    shown = {name: rows for name, rows in run.results.items() if name in kept}
    return Json({"result": shown, "errors": run.errors})


def _shallow(value: Any, at: str, left: int) -> None:
    if not left:
        raise invalid(at, f"is nested deeper than {DEEPEST}")
    below = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict | list | tuple):
        for each in below:
            _shallow(each, at, left - 1)


def _in_order(calls: Sequence[Call]) -> Iterator[tuple[int, Call]]:
    """Yield calls after those that they depend on, else as they were given; raises Refused."""
    left = dict(enumerate(calls))
    names = {call.resource for call in calls}
    for number, call in left.items():
        if missing := [name for name in _needs(call) if name not in names]:
            raise invalid(f"resources.{number}.depends_on", f"{missing[0]} is not in the batch")
    while left:
        waiting = {call.resource for call in left.values()}
        ready = [n for n, call in left.items() if not waiting & _needs(call)]
        if not ready:
            raise invalid("resources", "depend on each other in a circle")
        yield ready[0], left.pop(ready[0])


def _needs(call: Call) -> set[str]:
    return {*call.depends_on, *([_looped(call.loop_on)] if call.loop_on else [])}


def _looped(text: str) -> str:
    """Return the resource of `ats/candidates` or `{{resources.ats/candidates}}`."""
    bare = text.strip().removeprefix("{{").removesuffix("}}").strip()
    return bare.removeprefix("resources.")


@dataclass(slots=True)
class _Run:
    """A batch under way."""

    request: Request
    account: str
    args: Mapping[str, Any]
    results: dict[str, list[Any]] = field(default_factory=dict)
    errors: dict[str, list[Any]] = field(default_factory=dict)
    made: int = 0
    size: int = 0
    until: float = field(default_factory=lambda: monotonic() + WITHIN_S)

    async def make(self, number: int, call: Call) -> None:
        """Make a call, or one for each record that it loops on."""
        self.results.setdefault(call.resource, [])
        if failed := sorted(name for name in _needs(call) if self.errors.get(name)):
            self._fail(call, Refused(424, f"depends on {failed[0]}, which failed"))
            return
        if call.loop_on is None:
            await self._once(call, f"{number}", self.results)
            return
        name = _looped(call.loop_on)
        items = list(self.results.get(name, []))
        left = max(0, MOST_IN_ALL - self.made)
        for turn, item in enumerate(items[:left]):
            await self._once(call, f"{number}.{turn}", {**self.results, name: [item]})
        if len(items) > left:
            detail = (
                f"a batch may come to {MOST_IN_ALL} calls at most: {len(items) - left} not made"
            )
            self._fail(call, Refused(422, detail))

    async def _once(self, call: Call, place: str, known: Mapping[str, list[Any]]) -> None:
        self.made += 1
        if self.size > MOST_BYTES:
            self._fail(
                call, Refused(413, "the batch's answers are too large: ask for less at once")
            )
            return
        try:
            async with asyncio.timeout(max(0.0, self.until - monotonic())):
                said = await self._ask(call, place, {"args": self.args, "resources": known})
        except Unfilled as error:
            self._fail(call, Refused(422, str(error)))
        except TimeoutError:
            self._fail(call, Refused(504, f"the batch took longer than {WITHIN_S:.0f} s"))
        else:
            self._take(call, said)

    async def _ask(self, call: Call, place: str, known: Mapping[str, Any]) -> Said:
        fill = Filling(known).filled
        way = f"/unified/{call.resource}" if "/" in call.resource else f"/proxy/{call.resource}"
        if call.method in BY_ID:
            way += f"/{quote(str(fill(call.id or '')), safe='')}"
        elif call.method not in METHODS:
            way += f"/{call.method}"
        query = {**fill(call.query), ACCOUNT: self.account}
        body = None if call.body is None else orjson.dumps(fill(call.body))
        method = METHODS.get(call.method, "POST")
        headers = {KEY_HEADER: key} if (key := self._key(place)) else {}
        return await ask(self.request, method, way, urlencode(pairs(query)), body, headers)

    def _key(self, place: str) -> str:
        sent = self.request.headers.get(KEY_HEADER)
        return hashlib.sha256(f"{sent}\n{place}".encode()).hexdigest() if sent else ""

    def _take(self, call: Call, said: Said) -> None:
        self.size += said.size
        if not said.good:
            self.errors.setdefault(call.resource, []).append(said.data)
            return
        rows = said.data.get("result") if isinstance(said.data, dict) else None
        several = call.method == "list" and isinstance(rows, list)
        self.results[call.resource] += rows if several and isinstance(rows, list) else [said.data]

    def _fail(self, call: Call, error: Refused) -> None:
        self.errors.setdefault(call.resource, []).append(error.body())


def pairs(value: Any, at: str = "") -> list[tuple[str, str]]:
    """Return an object as a query in brackets."""
    if isinstance(value, dict):
        return [
            pair
            for name, below in value.items()
            for pair in pairs(below, f"{at}[{name}]" if at else str(name))
        ]
    if isinstance(value, list):
        return [pair for below in value for pair in pairs(below, f"{at}[]")]
    if value is None:
        return []
    return [(at, str(value).lower() if isinstance(value, bool) else str(value))]
