"""What a form sends: read with a bound, from our own pages only, and put into the shape it must have."""

import asyncio
import re
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from pydantic import ValidationError

from service.ops.connections import Change, Link
from service.problems import Problem
from service.state import Request

MAX_FORM: Final = 16 * 1024
MOST_FIELDS: Final = 10
READ_WITHIN_S: Final = 10.0
FORM: Final = "application/x-www-form-urlencoded"
_ADDRESS = re.compile(r"(?:https?://)?([A-Za-z0-9-]+)\.recruitee\.com(?:[/:?#].*)?", re.I)
COMPANY_WRONG = "The company is a number, or the first part of your Recruitee address."
TOKEN_WRONG = "This is no API token: copy it from Recruitee once more, whole."  # noqa: S105
SECRET_WRONG = "This is no webhook secret: copy it from Recruitee once more."  # noqa: S105


async def form(request: Request) -> dict[str, str]:
    """Return a form's fields; raises Problem 403 for another site's, 408, 413, 415."""
    if not _own(request):
        raise Problem(403, "This form was not sent from our page. Open the link and try again.")
    if request.headers.get("content-type", FORM).partition(";")[0].strip().lower() != FORM:
        raise Problem(415, "Only the form of the page can be sent here.")
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            body = await _read(request)
    except TimeoutError:
        raise Problem(408, "The form did not arrive in time. Try again.") from None
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Problem(400, "The form could not be read. Open the link and try again.") from None
    return dict(pairs)


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM:
            raise Problem(413, "That is more than a form of ours sends.", {"connection": "close"})
    return bytes(body)


def access(fields: dict[str, str], company_id: str = "") -> tuple[str, str] | str:
    """Return (company, token), or what is wrong with them; a company that is known stays."""
    company = company_id or _company(fields.get("company_id", ""))
    try:
        given = Link.model_validate(
            {"company_id": company, "api_token": fields.get("api_token", "")}
        )
    except ValidationError as error:
        return COMPANY_WRONG if error.errors()[0]["loc"][:1] == ("company_id",) else TOKEN_WRONG
    return given.company_id, given.api_token.get_secret_value()


def secret(fields: dict[str, str]) -> str | None:
    """Return the webhook secret, or None when it is none."""
    try:
        given = Change.model_validate({"webhook_secret": fields.get("webhook_secret", "").strip()})
    except ValidationError:
        return None
    return given.secrets[0] if given.secrets else None


def _company(text: str) -> str:
    """Return what names a company in what people paste: its id, its subdomain, or its address."""
    found = _ADDRESS.fullmatch(text.strip())
    return found.group(1) if found else text.strip()


def _own(request: Request) -> bool:
    """Say whether a request comes from a page of ours, as far as its browser tells.

    Our pages send no referrer, so that a browser calls their origin `null`. Who is not a browser
    says nothing and knows the link, which is the secret here.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site not in (None, "same-origin", "none"):
        return False
    if origin in (None, "null"):
        return True
    public = request.state["settings"].public_url
    hosts = {request.headers.get("host", ""), urlsplit(str(public)).netloc if public else ""}
    return urlsplit(str(origin)).netloc in hosts - {""}
