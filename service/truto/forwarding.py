"""What of a query is Truto's and what is for Recruitee, of the proxy and of custom paths."""

import re
from dataclasses import dataclass
from typing import Final

from service.core.store.connections import Connection
from service.state import Request
from service.truto.brackets import MOST_CHARS, MOST_PARAMS
from service.truto.entry import ACCOUNT
from service.truto.envelope import Refused, invalid

MOST_BODY: Final = 17 * 1024 * 1024
"""Files of 12 MiB in base64, and what is said of them."""
PREFIX: Final = "truto_"
PAGING: Final = ("limit", "next_cursor", "prev_cursor")
COMPANY: Final = "company_id"
_REMOTE: Final = re.compile(r"remote_query\[([^\[\]]+)\](.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Asked:
    """A query that was read: our own options, and the parameters that go to Recruitee."""

    params: tuple[tuple[str, str], ...]
    limit: str | None = None
    cursor: str | None = None


def asked(request: Request, connection: Connection) -> Asked:
    """Read a query of the proxy; raises Refused, also for another company than the account's own."""
    pairs = remote(request)
    for name, value in pairs:
        if name == COMPANY and value and value != connection.company_id:
            raise invalid(COMPANY, "is not the company of this integrated account")
    ours = {name: value for name, value in pairs if name in PAGING}
    theirs = tuple(pair for pair in pairs if pair[0] not in (*PAGING, COMPANY))
    return Asked(theirs, ours.get("limit"), ours.get("next_cursor"))


def remote(request: Request) -> list[tuple[str, str]]:
    """Return the parameters that are not Truto's own, in order; raises Refused."""
    pairs = request.query_params.multi_items()
    if len(pairs) > MOST_PARAMS:
        raise Refused(422, f"a query may have {MOST_PARAMS} parameters at most")
    for name, value in pairs:
        if len(name) + len(value) > MOST_CHARS:
            raise invalid(name[:80], f"is longer than {MOST_CHARS} characters")
    theirs = [pair for pair in pairs if pair[0] != ACCOUNT and not pair[0].startswith(PREFIX)]
    return [(_unwrapped(name), value) for name, value in theirs]


def _unwrapped(name: str) -> str:
    """Return `foo[]` for `remote_query[foo][]`."""
    found = _REMOTE.fullmatch(name)
    return name if found is None else found[1] + found[2]
