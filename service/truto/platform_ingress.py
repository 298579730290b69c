"""Truto's `/integrated-account-webhook/{id}`: another address of our ingress.

A webhook that Recruitee signed needs nothing else. What Truto's SDK processes has no signature but its token:
it is signed here, on behalf of a caller who may act, and then taken like any other.
"""

from typing import Final

import orjson
from starlette.responses import Response
from starlette.types import Message

from service.core import signing
from service.core.store.connections import Connection
from service.kombo.bodies import raw
from service.openapi.route import Described
from service.problems import Json
from service.state import Request
from service.truto.entry import at, named
from service.truto.envelope import Refused, answer_to
from service.webhooks import MAX_BODY, PREFIX, Receiver

PATH: Final = "/integrated-account-webhook/{id}"


def route() -> Described:
    """Return the route: open to what is signed, else to keys with the scope `act`."""
    receiver = Receiver()

    async def on_behalf(request: Request) -> Response:
        """Take a webhook of a caller who may act."""
        connection = await named(request, request.path_params["id"])
        body = await raw(request, MAX_BODY)
        if not connection.secrets:
            detail = "no webhook secret is set on this integrated account: set it first"
            raise Refused(409, detail)
        secret = connection.secrets[0].get_secret_value()
        signature = signing.recruitee_signature(secret, body)
        return await _taken(receiver, request, connection, body, [signature.encode()])

    guarded = at(PATH, needs="act", POST=on_behalf)

    async def endpoint(request: Request) -> Response:
        signatures = [v for k, v in request.scope["headers"] if k == signing.RECRUITEE_HEADER]
        if not signatures or request.method != "POST":
            answer: Response = await guarded.endpoint(request)
            return answer
        try:
            connection = await named(request, request.path_params["id"])
            body = await raw(request, MAX_BODY)
            return await _taken(receiver, request, connection, body, signatures)
        except Exception as error:  # noqa: BLE001 - answered in this surface's envelope
            return answer_to(error)

    return Described(PATH, endpoint, {"POST": on_behalf}, "act")


async def _taken(
    receiver: Receiver,
    request: Request,
    connection: Connection,
    body: bytes,
    signatures: list[bytes],
) -> Response:
    """Hand a webhook to the receiver; raises Refused for what it refuses."""
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    headers = [(signing.RECRUITEE_HEADER, each) for each in signatures]
    path = PREFIX + connection.hook
    await receiver({**request.scope, "path": path, "headers": headers}, receive, send)
    start, answer = said[0], orjson.loads(said[1]["body"])
    if start["status"] == 200:
        return Json(answer)
    told = {k.decode(): v.decode() for k, v in start["headers"] if k == b"retry-after"}
    raise Refused(start["status"], answer["detail"], headers=told)
