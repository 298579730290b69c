"""Files: by our own lasting address, or downloaded from an address of Recruitee's, capped."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from starlette.responses import Response
from yarl import URL

from service.core.net.fetching import Fetched, fetch
from service.core.net.guard import guarded_session
from service.core.net.proxies import Proxy
from service.core.recruitee.client import (
    MAX_IN_FLIGHT,
    Answer,
    Company,
    Hidden,
    Later,
    Missing,
    Ok,
    Unauthorized,
)
from service.core.settings import Settings
from service.core.store.connections import Connection
from service.core.unified.model import Ref
from service.core.unified.models.attachment import PROFILE
from service.core.unified.reading import mappings
from service.kombo.kept import Desk, Kept
from service.kombo.raw import BURST, HOLD_S
from service.ops.bodies import given
from service.state import Request
from service.truto.catalogue import RESOURCES
from service.truto.envelope import Refused, invalid, lacking
from service.truto.reading import Reading, base, told

MOST_BYTES: Final = 25_000_000
WITHIN_S: Final = 30.0
AT_ONCE: Final = 4
"""Files that one process holds at once: a file is answered whole or not at all."""
LONGEST_WAIT_S: Final = 10.0
STORES: Final = re.compile(r"recruitee[a-z0-9.-]*\.s3([.-][a-z0-9-]+)?\.amazonaws\.com")
"""Where Recruitee's files lie, as open clients have seen it."""
OWN: Final = re.compile(r"/unified/ats/attachments/([A-Za-z0-9_-]{1,64})/file")
ADDRESSES: Final[Mapping[str, tuple[str, ...]]] = {
    "cv": ("cv_original_url", "cv_url"),
    "letter": ("cover_letter_file_original_url", "cover_letter_file_url"),
}
LISTED: Final = ("file_url", "url", "image_url", "pdf_url")


@dataclass(frozen=True, slots=True)
class Files:
    """Both ways to a file."""

    reading: Reading
    lane: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def file(self, request: Request, connection: Connection) -> Response:
        """Return an attachment's bytes, under an address that does not expire."""
        told(connection, RESOURCES["attachments"])
        return await self._of(request, connection, request.path_params["id"])

    async def download(self, request: Request, connection: Connection) -> Response:
        """Return the bytes of a file by its `file_url`: ours, or one of Recruitee's."""
        told(connection, RESOURCES["attachments"])
        url = request.query_params.get("file_url") or (await given(request)).get("file_url")
        if not url:
            raise lacking("query", "file_url")
        if not isinstance(url, str) or len(url) > 4000:
            raise invalid("file_url", "is one address")
        if mine := _own(url, base(request)):
            return await self._of(request, connection, mine)
        if not _of_recruitee(url, request.state["recruitee"].base):
            raise invalid("file_url", "is no address of Recruitee's, and none of ours")
        return await self._fetched(request, url, "")

    async def _of(self, request: Request, connection: Connection, attachment: str) -> Response:
        desk = Desk(request.state["store"], connection, self.reading.tables)
        ref = Ref("attachment", attachment)
        row = (await desk.kept([ref])).get(ref) if OWN_ID.fullmatch(attachment) else None
        if row is None or row.deleted:
            raise Refused(404, f"there is no attachment {attachment[:64]}")
        url = await _address(request, desk, row)
        return await self._fetched(request, url, str(row.fields.get("file_name") or "file"))

    async def _fetched(self, request: Request, url: str, name: str) -> Response:
        settings: Settings = request.state["settings"]
        proxy = settings.egress_proxy
        through = Proxy(URL(proxy.get_secret_value()), trusted=True) if proxy else None
        async with (
            self.lane,
            guarded_session(settings.networks, limit=1, proxy=through, bounded=False) as session,
        ):
            found = await fetch(
                session, url, allowed=settings.networks, most=MOST_BYTES, timeout_s=WITHIN_S
            )
        if not isinstance(found, Fetched):
            raise _remote(502, f"the file was not fetched: {found}")
        return Response(found.data, headers=_headers(found, name))


OWN_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _headers(found: Fetched, name: str) -> dict[str, str]:
    # What strangers uploaded is never shown by a browser as a page of ours.
    said = f"attachment; filename*=UTF-8''{quote(name, safe='')}" if name else "attachment"
    return {
        "content-type": found.content_type or "application/octet-stream",
        "content-disposition": said,
        "content-security-policy": "sandbox",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }


def _own(url: str, mine: str) -> str | None:
    """Return the attachment of an address of ours."""
    if not url.startswith(mine + "/"):
        return None
    found = OWN.fullmatch(url.removeprefix(mine).partition("?")[0])
    return found[1] if found else None


def _of_recruitee(url: str, recruitee: str) -> bool:
    try:
        there, known = URL(url), URL(recruitee)
    except ValueError:
        return False
    if there.scheme not in ("http", "https") or there.user or there.password:
        return False
    if (there.host, there.port, there.scheme) == (known.host, known.port, known.scheme):
        return True
    host = (there.host or "").lower()
    ours = host == "recruitee.com" or host.endswith(".recruitee.com")
    return there.scheme == "https" and (ours or STORES.fullmatch(host) is not None)


async def _address(request: Request, desk: Desk, row: Kept) -> str:
    """Ask Recruitee where a file is now; raises Refused."""
    prefix, _, owner = row.ref.remote_id.partition("-")
    if row.fields.get("source") == PROFILE and prefix in ADDRESSES:
        answer = await _ask(request, desk, f"/candidates/{owner}")
        found: Any = answer.data.get("candidate") if isinstance(answer, Ok) else None
        names = ADDRESSES[prefix]
    else:
        answer = await _ask(request, desk, await _list_of(desk, row))
        rows = mappings(answer.data.get("attachments")) if isinstance(answer, Ok) else []
        found = next((each for each in rows if str(each.get("id")) == row.ref.remote_id), None)
        names = LISTED
    if not isinstance(answer, Ok):
        raise _no(answer)
    there = found if isinstance(found, Mapping) else {}
    url = next((url for name in names if isinstance(url := there.get(name), str) and url), None)
    if url is None:
        raise _remote(404, "Recruitee has no file for this attachment")
    return url


async def _list_of(desk: Desk, row: Kept) -> str:
    owners = await desk.candidates_of([row])
    if row.ref in owners:
        return f"/candidates/{owners[row.ref]}/attachments"
    job = str(row.fields.get("job_id"))
    known = await desk.remote_ids("job", [job])
    if job not in known:
        raise Refused(404, f"there is no owner of attachment {row.ref.remote_id}")
    return f"/offers/{known[job]}/attachments"


async def _ask(request: Request, desk: Desk, path: str) -> Answer:
    """Ask in the connection's turn, as all who read; raises Refused where that would take too long."""
    records, rate = desk.store.records, request.state["settings"].recruitee_rate
    ahead = await records.ahead(desk.c)
    if ahead > LONGEST_WAIT_S:
        raise _limited(ahead)
    await asyncio.sleep(await records.turn(desk.c, rate, BURST))
    of = desk.connection
    company = Company(of.company_id, of.api_token.get_secret_value())
    answer: Answer = await request.state["recruitee"].get(company, path)
    if isinstance(answer, Later) and answer.limited:
        await records.hold(desk.c, answer.after_s or HOLD_S, rate, MAX_IN_FLIGHT)
    return answer


def _no(answer: Answer) -> Refused:
    match answer:
        case Missing():
            return _remote(404, "Recruitee has no such record")
        case Hidden():
            return _remote(403, "the API token may not read it in Recruitee")
        case Unauthorized():
            return _remote(401, "Recruitee refuses the API token")
        case Later(limited=True, after_s=after_s):
            return _limited(after_s or HOLD_S)
        case Later(reason=reason):
            return _remote(503, reason)
    return _remote(502, "Recruitee's answer cannot be read")


def _remote(status: int, message: str) -> Refused:
    return Refused(status, message, remote=True, insight={"remote_error": None})


def _limited(after_s: float) -> Refused:
    return Refused(
        429, "Recruitee's request limit is used up for now", remote=True,
        insight={"rate_limit_error": None}, headers={"retry-after": str(max(1, round(after_s)))},
    )  # fmt: skip
