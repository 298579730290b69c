"""How a link is made, whoever asks: its lifetime, its address, and where it may lead back to."""

import re
from typing import Annotated, Final
from urllib.parse import urlsplit

import orjson
from pydantic import AfterValidator

from service.core import times
from service.core.store.connections import Connection
from service.core.store.links import EndUser, Link
from service.core.store.store import Store
from service.ops.endpoint import base_of
from service.state import Request

EMBEDDED_S: Final = 3600
MAGIC_S: Final = 365 * 86_400
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?")
_APP = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
"""A desktop app's own scheme; RFC 8252 has it carry a dot, as com.example.app."""


def leads_back(uri: str) -> str:
    """Check where a finished link leads: https, http, an app's own scheme, or nowhere; raises ValueError."""
    if not uri:
        return ""
    if (
        len(uri) > 2000
        or not uri.isascii()
        or not uri.isprintable()
        or set(uri) & set(" \"'<>\\;,")
    ):
        raise ValueError("must be a URI of at most 2000 ASCII characters, others encoded")
    parts = urlsplit(uri)
    if parts.fragment:
        raise ValueError("may have no fragment: the result is added to its query")
    web = parts.scheme in ("http", "https")
    if web and not _HOST.fullmatch(parts.netloc):
        raise ValueError("must name a host, without a user")
    if not web and not _APP.fullmatch(parts.scheme):
        raise ValueError("must be https, http, or an app's own scheme such as com.example.app")
    return uri


RedirectUri = Annotated[str, AfterValidator(leads_back)]


async def made(request: Request, link: Link, lasts_s: int) -> tuple[Link, str, str]:
    """Keep a link; returns it, its token, and its address, both of which nothing shows again."""
    store: Store = request.state["store"]
    now = times.now_ms()
    timed = link.model_copy(update={"created": now, "expires": now + lasts_s * 1000})
    kept, token = await store.links.create(timed)
    return kept, token, f"{base_of(request)}/connect/{token}"


def end_user(connection: Connection) -> EndUser:
    """Return whom a connection was made for; without a link, it is called by its own name."""
    kept = EndUser.model_validate(orjson.loads(connection.end_user or b"{}"))
    name = kept.organization_name or connection.name or connection.company_id
    return kept.model_copy(update={"organization_name": name})
