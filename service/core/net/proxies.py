"""Egress proxies: which URL can be one, and how it is told."""

from dataclasses import dataclass
from typing import Final

from yarl import URL

MAX_URL: Final = 2048


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that requests leave through; its URL may hold a password.

    `trusted`: named by who runs the installation, so it may have any address. One that a
    subscriber brings is dialled only where a subscriber could be.
    """

    url: URL
    trusted: bool

    def __repr__(self) -> str:
        """Tell it without its password."""
        return f"Proxy({shown(str(self.url))!r}, trusted={self.trusted})"


def proxy_problem(url: str) -> str | None:
    """Say why this text can be no proxy's URL, or None: `http[s]://[user:password@]host[:port]`.

    The text is never repeated, since it may hold a password.
    """
    if len(url) > MAX_URL or any(not sign.isprintable() or sign in " \\" for sign in url):
        return "is not a valid URL"
    try:
        parsed = URL(url)
        whole = bool(parsed.raw_host and parsed.port)
    except ValueError:
        return "is not a valid URL"
    if parsed.scheme not in ("http", "https") or not whole:
        return "must be as http://host:port or https://host:port"
    if parsed.path not in ("", "/") or parsed.query_string or parsed.fragment:
        return "must end with its host and port"
    return None


def shown(url: str) -> str:
    """Return a proxy's URL without user and password."""
    return str(URL(url).with_user(None)).rstrip("/")
