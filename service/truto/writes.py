"""Creating and changing: candidates, tags on them, files and notes; answered as reads show the record."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from service.core.actions import inputs
from service.core.actions.files import MOST_BYTES
from service.core.actions.result import Result
from service.core.store.connections import Connection
from service.core.unified.model import Ref
from service.ops.bodies import given
from service.problems import Json
from service.state import Request
from service.truto import bodies, terms
from service.truto.acting import act, warned
from service.truto.asked import Asked, asked
from service.truto.catalogue import RESOURCES
from service.truto.envelope import Refused
from service.truto.reading import Reading, told
from service.truto.resource import Resource

BODY_MOST: Final = MOST_BYTES * 2
"""Base64 is a third more than its bytes, and there is room for the rest."""
UNREAD: Final = 504


@dataclass(frozen=True, slots=True)
class Writing:
    """The handlers of what writes; what they answer is read as reads do."""

    reading: Reading

    async def create_candidate(self, request: Request, connection: Connection) -> Response:
        """Make a candidate, with an application where a job is named; one who is there is found."""
        body = await self._given(request, connection, "candidates", bodies.CandidateAsked)
        wanted, said = terms.person(body, request.query_params.get("job_id"))
        result = await act(request, connection, "create_application", wanted)
        who = result.ids.get("candidate", "")
        return await self._answer(request, connection, "candidates", who, result, said)

    async def update_candidate(self, request: Request, connection: Connection) -> Response:
        """Change a candidate; a list that is given stands for the whole list, tags included."""
        body = await self._given(request, connection, "candidates", bodies.CandidateUpdated)
        who = await self._known(request, connection, request.path_params["id"])
        wanted, said = terms.changes(body, who)
        result = Result()
        if wanted.model_fields_set - {"candidate_id"}:
            result = await act(request, connection, "update_candidate", wanted, who)
        if body.tags is not None:
            await self._tags(request, connection, who, terms.tag_names(body.tags))
        return await self._answer(request, connection, "candidates", who, result, said)

    async def delete_candidate(self, request: Request, connection: Connection) -> Response:
        """Delete a candidate at Recruitee, from where they can be restored."""
        who = await self._known(request, connection, request.path_params["id"])
        await act(request, connection, "delete_candidate", inputs.Delete(candidate_id=who), who)
        return Json({"id": who})

    async def add_tag(self, request: Request, connection: Connection) -> Response:
        """Put a tag on a candidate; it is made when it is new."""
        body = await self._given(request, connection, "tags", bodies.TagAsked)
        who = await self._known(request, connection, terms.candidate_of(body))
        wanted = inputs.Tag(candidate_id=who, name=body.name)
        result = await act(request, connection, "add_tag", wanted, who)
        return await self._tag(request, connection, body.name, result)

    async def remove_tag(self, request: Request, connection: Connection) -> Response:
        """Take a tag, by its id, off a candidate; fine when it is not on them."""
        given_id = request.query_params.get("candidate_id")
        if not given_id:
            raise Refused(
                422, "candidate_id: name the candidate whom the tag is taken off",
                insight={"missing_required_query_parameters": ["candidate_id"]},
            )  # fmt: skip
        who = await self._known(request, connection, given_id)
        tag, name = request.path_params["id"], None
        found = await request.state["store"].records.load(connection.id, [Ref("tag", tag[:64])])
        for snapshot in found.values():
            name = snapshot.fields.get("name")
        if not isinstance(name, str):
            raise Refused(404, f"there is no tag {tag[:64]}")
        wanted = inputs.Tag(candidate_id=who, name=name)
        await act(request, connection, "remove_tag", wanted, who)
        return Json({"id": tag})

    async def add_attachment(self, request: Request, connection: Connection) -> Response:
        """Put a document to a candidate, sent along or at an address."""
        body = await self._given(request, connection, "attachments", bodies.AttachmentAsked)
        who = await self._known(request, connection, terms.candidate_of(body))
        wanted = inputs.Attach(candidate_id=who, file=terms.file(body), job_id=terms.job_of(body))
        result = await act(request, connection, "add_attachment", wanted, who)
        beside = {"resume": "cv", "cover_letter": "letter"}.get(body.attachment_type, "")
        made = result.ids.get("attachment") or f"{beside}-{who}"
        return await self._answer(request, connection, "attachments", made, result)

    async def add_activity(self, request: Request, connection: Connection) -> Response:
        """Put a note on a candidate."""
        body = await self._given(request, connection, "activities", bodies.ActivityAsked)
        who = await self._known(request, connection, terms.candidate_of(body))
        wanted = terms.noted(body, who)
        result = await act(request, connection, "add_note", wanted, who)
        made = result.ids.get("note", "")
        try:
            return await self._answer(request, connection, "activities", made, result)
        except Refused as error:
            if error.status != UNREAD or body.visibility in (None, "public"):
                raise
            # The operator keeps no private notes, so that no read will ever show it.
            return Json(terms.unseen(body, made, who))

    async def _given(
        self, request: Request, connection: Connection, resource: str, model: type[bodies.B]
    ) -> bodies.B:
        told(connection, RESOURCES[resource])
        fields = await given(request, BODY_MOST)
        return bodies.read(model, fields)

    async def _known(self, request: Request, connection: Connection, remote_id: str) -> str:
        """Return a candidate's id; raises Refused where no such candidate is kept."""
        ref = Ref("candidate", remote_id)
        plain = remote_id.isascii() and remote_id.isdecimal() and len(remote_id) <= 20
        found = await request.state["store"].records.load(connection.id, [ref] if plain else [])
        if ref not in found or found[ref].ended:
            raise Refused(404, f"there is no candidate {remote_id[:64]}")
        return remote_id

    async def _tags(
        self, request: Request, connection: Connection, who: str, names: tuple[str, ...]
    ) -> None:
        ref = Ref("candidate", who)
        known = await request.state["store"].records.load(connection.id, [ref])
        found = known[ref].fields.get("tags") if ref in known else None
        before = set(found) if isinstance(found, list) else set()
        steps = [("remove_tag", name) for name in sorted(before - set(names))]
        steps += [("add_tag", name) for name in names if name not in before]
        for kind, name in steps:
            wanted = inputs.Tag(candidate_id=who, name=name)
            await act(request, connection, kind, wanted, who, f"{kind}:{name}")

    async def _tag(
        self, request: Request, connection: Connection, name: str, result: Result
    ) -> Response:
        """Return a tag by its name; the list that has its id may be read later than the candidate."""
        table = await self.reading.tables.get(request.state["store"], connection.id, "tag")
        for row in table.values():
            if row.get("name") == name and not row.get("remote_deleted_at"):
                made = str(row["remote_id"])
                return await self._answer(request, connection, "tags", made, result)
        shape = dict.fromkeys(RESOURCES["tags"].schema) | {"name": name}
        return Json(shape, headers=warned(result, ["the tag is new: its id can be read later"]))

    async def _answer(
        self,
        request: Request,
        connection: Connection,
        resource: str,
        remote_id: str,
        result: Result,
        said: tuple[str, ...] = (),
    ) -> Response:
        of: Resource = RESOURCES[resource]
        try:
            answer = await self.reading.one(request, connection, of, remote_id, _plain(request, of))
        except Refused as error:
            if error.status != 404:
                raise
            detail = f"it was written ({of.model} {remote_id} in Recruitee) and cannot be read yet"
            raise Refused(UNREAD, detail) from None
        answer.headers.update(warned(result, said))
        return answer


def _plain(request: Request, resource: Resource) -> Asked:
    """Return how a written record is shown: as the query says of fields and raw data."""
    wanted: Any = asked(request.query_params, resource, whole=False)
    return Asked(raw=wanted.raw, exclude=wanted.exclude)
