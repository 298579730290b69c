"""A candidate's documents as Recruitee has them now, with the addresses to fetch them from.

The addresses are Recruitee's own and live for minutes, which is why they are asked for each time and kept
nowhere. In Recruitee documents are a candidate's: an application's are those that name its job, and those
that name none.
"""

import asyncio
import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from starlette.responses import Response

from service.core import ids
from service.core.actions import seen
from service.core.recruitee.client import Ok
from service.core.store.connections import Connection
from service.core.unified.model import Context, Draft, Ref
from service.core.unified.models import attachment
from service.core.unified.reading import identifier
from service.kombo.envelope import MODEL_DISABLED, Refused, passed_on
from service.kombo.outbound import Lanes
from service.kombo.writes.acting import application, candidate
from service.kombo.writes.asking import ask, said
from service.state import Request

UNSAID: Final = "application/octet-stream"
NOT_LISTED: Final = (
    "the API token may not list this candidate's files: only CV and letter are shown"
)
PROFILE: Final = {file.prefix: file for file in attachment.PROFILE_FILES}
Shape = dict[str, Any]


class Document(NamedTuple):
    """One document: its record, where it can be fetched, and the job that it names (Recruitee's id)."""

    draft: Draft
    url: str | None
    job_id: str | None


@dataclass(slots=True)
class Shown:
    """A candidate's documents, and what is to be said of them."""

    page: Mapping[str, Any]
    documents: list[Document] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Documents:
    """Both calls; `lanes` are those of all that this process asks Recruitee."""

    lanes: Lanes

    async def of_application(self, request: Request, connection: Connection) -> Response:
        """Show an application's documents, as they are in Recruitee now."""
        _switched_on(connection)
        one = await application(request, connection, request.path_params["application_id"])
        found = await self._read(request, connection, one.candidate_id)
        rows = [each for each in found.documents if each.job_id in (None, one.job_id)]
        return _answer(found, connection, [(each, {}) for each in rows])

    async def of_candidate(self, request: Request, connection: Connection) -> Response:
        """Show a candidate's documents, as they are in Recruitee now."""
        _switched_on(connection)
        given: str = request.path_params["candidate_id"]
        who = await candidate(request, connection, given, "candidate_id")
        found = await self._read(request, connection, who)
        named = await _applications(request, connection, found)
        owner = ids.record_id(connection.id, "candidate", who)
        rows = [
            (each, {"candidate_id": owner, "application_id": named.get(each.job_id or "")})
            for each in found.documents
        ]
        return _answer(found, connection, rows)

    async def _read(self, request: Request, connection: Connection, who: str) -> Shown:
        """Ask for the candidate's page and files at once; raises Refused."""
        path = f"/candidates/{who}"
        page, files = await asyncio.gather(
            ask(request, self.lanes, connection, path),
            ask(request, self.lanes, connection, f"{path}/attachments"),
        )
        if not isinstance(page, Ok):
            raise said("missing", "Recruitee shows this API token no such candidate")
        found = Shown(seen.member(page.data, "candidate"))
        facts = _facts(connection)
        found.documents += _of_profile(found.page, who, facts)
        if isinstance(files, Ok):
            found.documents += _of_list(files.data, who, facts)
        else:
            found.warnings.append(NOT_LISTED)
        return found


def _facts(connection: Connection) -> Context:
    def uid(model: str, remote_id: str) -> str:
        return ids.record_id(connection.id, model, remote_id)

    options = connection.options
    return Context(connection.id, uid, {}, options.custom_keys, options.private_notes, {})


def _of_profile(page: Mapping[str, Any], who: str, facts: Context) -> Iterator[Document]:
    for draft in attachment.of_candidate(page, who, facts):
        keys = PROFILE[draft.remote_id.partition("-")[0]].addresses
        addresses = (_address(page.get(key)) for key in keys)
        yield Document(draft, next((each for each in addresses if each), None), None)


def _of_list(data: Mapping[str, Any], who: str, facts: Context) -> Iterator[Document]:
    beside = seen.rows(data, "references")
    for row in seen.rows(data, "attachments"):
        for draft in attachment.expand("candidate", row, beside, facts, who):
            yield Document(draft, _address(row.get("file_url")), identifier(row.get("offer_id")))


def _address(value: object) -> str | None:
    """Return an address that can be fetched; whatever else Recruitee may say there is none."""
    try:
        fits = isinstance(value, str) and urlsplit(value).scheme in ("https", "http")
    except ValueError:
        return None
    return str(value) if fits else None


async def _applications(request: Request, connection: Connection, found: Shown) -> dict[str, str]:
    """Return job (Recruitee's id) -> the candidate's application for it, of those that are kept."""
    placements = seen.rows(found.page, "placements")
    named = {str(row.get("offer_id")): str(row.get("id")) for row in placements}
    refs = {job: Ref("application", placement) for job, placement in named.items()}
    known = await request.state["store"].records.load(connection.id, refs.values())
    return {
        job: str(known[ref].fields["id"])
        for job, ref in refs.items()
        if ref in known and not known[ref].ended
    }


def _switched_on(connection: Connection) -> None:
    if not connection.options.tells(attachment.NAME):
        raise Refused(403, MODEL_DISABLED, "the scope of this integration has no attachments")


def _answer(found: Shown, connection: Connection, rows: list[tuple[Document, Shape]]) -> Response:
    hidden = connection.options.hidden(attachment.NAME)
    shown = [_row(each, more, hidden) for each, more in rows if each.url]
    without = [_unaddressed(each) for each, _ in rows if not each.url]
    return passed_on({"results": shown}, [*found.warnings, *without])


def _unaddressed(one: Document) -> str:
    if one.draft.fields.get("kind") == "text":
        return "the cover letter was typed: it is no file, and has no address"
    return f"attachment {one.draft.remote_id} has no address (yet): Recruitee may be processing it"


def _row(one: Document, more: Shape, hidden: frozenset[str]) -> Shape:
    fields = one.draft.fields
    named = None if "file_name" in hidden else fields.get("file_name")
    name = named if isinstance(named, str) and named else "document"
    return {
        "id": fields["id"],
        "remote_id": one.draft.remote_id,
        "type": fields["type"],
        "data_url": one.url,
        "file_name": name,
        "content_type": mimetypes.guess_type(name)[0] or UNSAID,
        "remote_created_at": fields.get("remote_created_at"),
        "remote_updated_at": fields.get("remote_updated_at"),
        **more,
    }
