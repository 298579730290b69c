"""Writes of notes on candidates and jobs; no webhook tells of any."""

import html
import re
from dataclasses import replace

from starlette.responses import Response

from service.sandbox.answers import answer, blank, not_found
from service.sandbox.calls import Call, Endpoint
from service.sandbox.dossier import Note
from service.sandbox.parsing import member, whole
from service.sandbox.profiles import PUBLIC
from service.sandbox.records import Json
from service.sandbox.shapes import papers as shapes
from service.sandbox.shapes import references

TAGS = re.compile(r"<[^>]+>")


def add_to_candidate(call: Call) -> Response:
    """Add a note to a candidate."""
    who = call.present_candidate()
    return who if isinstance(who, Response) else _add(call, candidate_id=who.id)


def add_to_offer(call: Call) -> Response:
    """Add a note to a job."""
    offer = call.offer()
    return offer if isinstance(offer, Response) else _add(call, offer_id=offer.id)


def _add(call: Call, candidate_id: int | None = None, offer_id: int | None = None) -> Response:
    given = member(call.body, "note")
    body, body_json = _content(given)
    if not body:
        return blank("body_json", "Body json")
    company, at = call.company, call.company.now()
    note = company.papers.notes.put(Note(
        id=company.next_id("note"), admin_id=company.owner_id, body=body, body_json=body_json,
        text=_plain(body), visibility=_visibility(given), created_at=at, updated_at=at,
        candidate_id=candidate_id, offer_id=offer_id,
        reply_to_id=whole(given.get("reply_to_id")) or None, attachment_ids=_files(call),
    ))  # fmt: skip
    company.touch(candidate_id, at)
    _tell(call, note, "add")
    return _shown(note, call, 201)


def _content(given: Json) -> tuple[str, Json | None]:
    """Return the HTML and the document; of both that are sent the document wins."""
    document = given.get("body_json")
    if isinstance(document, dict) and (words := _words(document)):
        return "".join(f"<p>{html.escape(line)}</p>" for line in words), document
    body = str(given.get("body") or "")
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": _plain(body)}]}
    return body, {"doc": {"type": "doc", "content": [paragraph]}} if body else None


def _words(node: object) -> list[str]:
    """Return the texts of a document, however deep."""
    if isinstance(node, list):
        return [text for one in node for text in _words(one)]
    if not isinstance(node, dict):
        return []
    own = [node["text"]] if isinstance(node.get("text"), str) else []
    return [*own, *_words(node.get("content")), *_words(node.get("doc"))]


def _plain(body: str) -> str:
    return html.unescape(TAGS.sub("", body)).strip()


def _visibility(given: Json) -> Json:
    found = given.get("visibility")
    return {**PUBLIC, **found} if isinstance(found, dict) else PUBLIC


def _files(call: Call) -> tuple[int, ...]:
    given = call.body.get("attachments")
    return tuple(whole(one) for one in given) if isinstance(given, list) else ()


def edit(call: Call) -> Response:
    """Edit a note's text or who may see it. No event of the timeline is known for it."""
    note = _own(call)
    if isinstance(note, Response):
        return note
    given = member(call.body, "note")
    body, body_json = _content(given)
    if not body and "visibility" not in given:
        return blank("body_json", "Body json")
    at = call.company.now()
    edited = replace(
        note, body=body or note.body, body_json=body_json if body else note.body_json,
        text=_plain(body or note.body), updated_at=at,
        visibility=_visibility(given) if "visibility" in given else note.visibility,
    )  # fmt: skip
    call.company.papers.notes.put(edited)
    call.company.touch(note.candidate_id, at)
    return _shown(edited, call)


def delete(call: Call) -> Response:
    """Delete a note with its replies."""
    note = _own(call)
    if isinstance(note, Response):
        return note
    call.company.papers.notes.drop(note.id)
    call.company.touch(note.candidate_id, call.company.now())
    _tell(call, note, "remove")
    return _shown(note, call)


def pin(call: Call) -> Response:
    """Pin a note to the top."""
    note = _own(call)
    if isinstance(note, Response):
        return note
    pinned = replace(note, pinned_at=call.company.now())
    return _shown(call.company.papers.notes.put(pinned), call)


def unpin(call: Call) -> Response:
    """Take a note from the top."""
    note = _own(call)
    if isinstance(note, Response):
        return note
    return _shown(call.company.papers.notes.put(replace(note, pinned_at=None)), call)


def _own(call: Call) -> Note | Response:
    note = call.company.papers.notes.get(whole(call.path["id"]))
    if note is None or not shapes.visible(note, call.company):
        return not_found()
    who = call.company.people.get(note.candidate_id or 0)
    return not_found() if who is not None and who.deleted_at else note


def _tell(call: Call, note: Note, what: str) -> None:
    kind = "candidate_note" if note.candidate_id else "job_note"
    event = "note_reply" if what == "add" and note.reply_to_id else f"{kind}_{what}"
    at = call.company.now()
    call.company.note_activity(event, at, note.candidate_id, note.offer_id, note_id=note.id)


def _shown(note: Note, call: Call, status: int = 200) -> Response:
    shape = shapes.note(note, call.company)
    beside = references.of_admins([note.admin_id], call.company)
    return answer({"note": shape, "references": beside}, status)


ROUTES = (
    Endpoint("POST", "/candidates/{id:int}/notes", "S", add_to_candidate),
    Endpoint("POST", "/offers/{id}/notes", "S", add_to_offer),
    Endpoint("PATCH", "/notes/{id:int}", "S", edit, "answer's body is assumed"),
    Endpoint("DELETE", "/notes/{id:int}", "S", delete, "answer's body is assumed"),
    Endpoint("PATCH", "/notes/{id:int}/pin", "S", pin, "answer's body is assumed"),
    Endpoint("PATCH", "/notes/{id:int}/unpin", "S", unpin, "answer's body is assumed"),
)
