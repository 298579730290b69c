"""Which headers may go out with a delivery, and which of them a subscriber may set."""

import re
from functools import lru_cache
from typing import Final

MAX_VALUE: Final = 4096

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")
# Said by the connection itself: a second opinion here would split one request into two.
_FRAMING: Final = frozenset(
    {"connection", "content-length", "expect", "host", "keep-alive"}
    | {"te", "trailer", "transfer-encoding", "upgrade"}
)
_OURS: Final = frozenset(
    {"accept-encoding", "user-agent", "x-kombo-signature", "x-truto-signature"}
)
_OUR_PREFIXES: Final = ("content-", "hirewire-", "proxy-", "sec-", "webhook-")


def unsendable(name: str, value: str) -> str | None:
    """Say why this header cannot be sent with any delivery, or None."""
    problem = _name_problem(name)
    if problem is None and (len(value) > MAX_VALUE or not _VALUE.fullmatch(value)):
        return f"must be at most {MAX_VALUE} printable ASCII characters"
    return problem


def header_problem(name: str, value: str) -> str | None:
    """Say why a subscriber may not have this header sent, or None: it is ours, or unsendable."""
    lower = name.lower()
    if lower in _OURS or lower.startswith(_OUR_PREFIXES):
        return "is set by every delivery itself"
    return unsendable(name, value)


@lru_cache(maxsize=1024)
def _name_problem(name: str) -> str | None:
    if not _TOKEN.fullmatch(name):
        return "is not a header name"
    return "is set by the connection itself" if name.lower() in _FRAMING else None
