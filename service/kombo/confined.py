"""Where a request that is passed through may go: below its own company, and nowhere else.

A path is taken as a proxy on the way might take it: decoded as often as it is encoded, with the
characters folded that some servers fold. If any reading of it leads out, it is refused.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote, unquote, urlencode

from yarl import URL

from service.kombo.envelope import invalid

MOST_CHARS: Final = 8192
MOST_PARAMS: Final = 200
DECODED_MOST: Final = 5
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LEADS_OUT: Final = re.compile(r"[/\\\x00-\x1f\x7f]")
_IN_SEGMENT: Final = "!$&'()*+,;=:@~"
_IN_QUERY: Final = _IN_SEGMENT + "/?%[]"
Params = Mapping[str, str] | Sequence[tuple[str, str]]


def address(base: str, company_id: str, path: str, asked: Params) -> URL:
    """Return the address below `{base}/c/{company_id}` that a path and its query name; raises Refused."""
    params = list(asked.items()) if isinstance(asked, Mapping) else list(asked)
    if len(path) > MOST_CHARS or sum(len(n) + len(v) for n, v in params) > MOST_CHARS:
        raise invalid("path", f"with its parameters may have {MOST_CHARS} characters at most")
    if len(params) > MOST_PARAMS:
        raise invalid("params", f"may be {MOST_PARAMS} at most")
    if _CONTROL.search(path) or "#" in path:
        raise invalid("path", "holds a control character or a fragment")
    if any(_CONTROL.search(name) or "\x00" in value for name, value in params):
        raise invalid("params", "hold a control character")
    way, _, query = path.partition("?")
    below = "/".join(_segments(way))
    both = "&".join(part for part in (quote(query, safe=_IN_QUERY), _encoded(params)) if part)
    whole = f"{base}/c/{quote(company_id, safe='')}/{below}{'?' if both else ''}{both}"
    # Encoded already: nothing on our side may read it once more.
    return URL(whole, encoded=True)


def template(url: URL, base: str) -> str:
    """Return a request's path for the audit: its words, and `{id}` for whatever may name somebody."""
    parts = url.raw_path.removeprefix(URL(base, encoded=True).raw_path.rstrip("/")).split("/")[3:]
    return "/" + "/".join(part if _is_word(part) else "{id}" for part in parts)


def _is_word(part: str) -> bool:
    return bool(re.fullmatch(r"[a-z][a-z_]{0,39}|v[0-9]|", part))


def _segments(way: str) -> list[str]:
    first, *rest = way.removeprefix("/").split("/")
    if "" in [first, *rest][:-1] or (way.startswith("//")):
        raise invalid("path", "is below the company, as /candidates: no address, no empty part")
    return [_segment(each) for each in (first, *rest)]


def _segment(text: str) -> str:
    plain = text
    for _ in range(DECODED_MOST):
        plain, before = unicodedata.normalize("NFKC", unquote(plain)), plain
        if _LEADS_OUT.search(plain) or plain.partition(";")[0].strip() in (".", ".."):
            raise invalid("path", "leads out of the company")
        if plain == before:
            return quote(unquote(text), safe=_IN_SEGMENT)
    raise invalid("path", "is encoded too often")


def _encoded(params: Sequence[tuple[str, str]]) -> str:
    try:
        return urlencode(params, errors="strict")
    except UnicodeEncodeError:
        raise invalid("params", "are no text") from None
