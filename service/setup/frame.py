"""The page around every step: one document with its own style and script, and headers that allow no more."""

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from starlette.responses import Response

from service.setup.markup import Html, Part, tag

NAME: Final = "Hirewire"
NOBODY, ANYBODY = "'none'", "*"


class Own(NamedTuple):
    """What is written into a page as it is, and how its policy names it."""

    text: str
    source: str


def answer(
    title: str,
    *parts: Part,
    status: int = 200,
    language: str = "en",
    embedded: bool = False,
    redirect_uri: str = "",
) -> Response:
    """Return a page; a form on it may lead to `redirect_uri` besides us."""
    style, script = _own("page.css"), _own("page.js")
    document = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="robots", content="noindex"),
            tag("title", f"{title} · {NAME}"),
            tag("style", Html(style.text)),
        ),
        tag("body", tag("main", *parts), tag("script", Html(script.text))),
        lang=language,
    )
    return Response(
        "<!doctype html>" + document,
        status,
        headers(embedded=embedded, redirect_uri=redirect_uri),
        media_type="text/html",
    )


def headers(*, embedded: bool = False, redirect_uri: str = "") -> dict[str, str]:
    """Return what goes with every answer."""
    policy = {
        "default-src": "'none'",
        "style-src": _own("page.css").source,
        "script-src": _own("page.js").source,
        "connect-src": "'self'",
        # A browser holds a form's redirect to the same rule as the form.
        "form-action": " ".join(["'self'", *_origin(redirect_uri)]),
        "base-uri": "'none'",
        # Who frames a link holds it, and can do with it what its reader could.
        "frame-ancestors": ANYBODY if embedded else NOBODY,
    }
    said = {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-robots-tag": "noindex, nofollow",
    }
    return said if embedded else {**said, "x-frame-options": "DENY"}


def _origin(uri: str) -> list[str]:
    parts = urlsplit(uri)
    if not parts.scheme:
        return []
    web = parts.scheme in ("http", "https")
    return [f"{parts.scheme}://{parts.netloc}" if web else f"{parts.scheme}:"]


@cache
def _own(name: str) -> Own:
    text = (resources.files("service.setup") / name).read_text()
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Own(text, f"'sha256-{digest}'")
