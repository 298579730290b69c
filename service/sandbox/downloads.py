"""Downloads of files by their short-lived addresses, as from a store of objects: no API token."""

from collections.abc import Awaitable, Callable
from mimetypes import guess_type

from starlette.requests import Request
from starlette.responses import Response

from service.sandbox.state import Sandbox

PATH = "/files/{ticket}/{kind}/{id:int}/{name}"
OVER = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"


def download(sandbox: Sandbox) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that serves files; an address that is over or made up answers 403."""

    async def downloaded(request: Request) -> Response:
        path, files = request.path_params, sandbox.company.files
        if not files.opens(path["ticket"], path["kind"], path["id"]):
            return Response(OVER, 403, media_type="application/xml")
        kind = guess_type(path["name"])[0] or "application/octet-stream"
        return Response(files.content(path["kind"], path["id"]), media_type=kind)

    return downloaded
