"""Writes of files: attachments, CVs and cover letters; no webhook tells of any."""

from dataclasses import replace
from urllib.parse import unquote, urlsplit

from starlette.responses import Response

from service.sandbox.answers import answer, blank, not_found, refusal, unprocessable
from service.sandbox.calls import Call, Endpoint
from service.sandbox.dossier import Attachment
from service.sandbox.files import LONGEST_FILE
from service.sandbox.forms import Upload
from service.sandbox.parsing import member, whole
from service.sandbox.persons import Candidate
from service.sandbox.profiles import PUBLIC
from service.sandbox.records import Json
from service.sandbox.shapes import papers as shapes
from service.sandbox.shapes import references
from service.sandbox.writes_candidates import shown


def upload(call: Call) -> Response:
    """Add a file: `attachment[file]` of a form, or `remote_file_url`, whose contents are invented.

    As seen live, a form whose file has no `attachment[...]` name breaks Recruitee, and a candidate
    who is named in the query only does not get the file.
    """
    given = member(call.body, "attachment")
    if isinstance(call.body.get("file"), Upload):
        return refusal(500, "Internal server error")
    held = _held(given.get("file"), given.get("remote_file_url"))
    if held is None:
        return blank("file", "File")
    if len(held.content) > LONGEST_FILE:
        return refusal(422, "File is too big")
    owner = _owner(given, call)
    if isinstance(owner, Response):
        return owner
    made = _made(call, held, owner)
    beside = references.of_admins([call.company.owner_id], call.company)
    shape = shapes.attachment(made, call.company)
    return answer({"attachment": shape, "references": beside}, 201)


def _held(uploaded: object, address: object) -> Upload | None:
    """Return the file; of one that is named by its address only the name is true."""
    if isinstance(uploaded, Upload):
        return uploaded
    if not isinstance(address, str) or not address.startswith(("http://", "https://")):
        return None
    name = unquote(urlsplit(address).path.rpartition("/")[2]) or "file"
    return Upload(name, f"%PDF-1.4\n% Fetched from an address, as {name}.\n%%EOF\n".encode())


def _owner(given: Json, call: Call) -> Json | Response:
    candidate_id, offer_id = whole(given.get("candidate_id")), whole(given.get("offer_id"))
    who = call.company.people.get(candidate_id)
    if (candidate_id and (who is None or who.deleted_at)) or (
        offer_id and offer_id not in call.company.offers
    ):
        return not_found()
    return {"candidate_id": candidate_id or None, "offer_id": offer_id or None}


def _made(call: Call, held: Upload, owner: Json) -> Attachment:
    company, at = call.company, call.company.now()
    made = company.papers.attachments.put(Attachment(
        id=company.next_id("attachment"), filename=held.filename, size=len(held.content),
        visibility=PUBLIC, created_at=at, admin_id=company.owner_id, **owner,
    ))  # fmt: skip
    company.files.put("attachments", made.id, held.content)
    company.touch(made.candidate_id, at)
    if made.candidate_id:
        company.note_activity("candidate_attachment_upload", at, made.candidate_id)
    elif made.offer_id:
        company.note_activity("job_attachment_upload", at, offer_id=made.offer_id)
    return made


def delete(call: Call) -> Response:
    """Delete a file."""
    found = call.company.papers.attachments.get(whole(call.path["id"]))
    if found is None or not shapes.visible(found, call.company):
        return not_found()
    shape, at = shapes.attachment(found, call.company), call.company.now()
    call.company.papers.attachments.drop(found.id)
    call.company.touch(found.candidate_id, at)
    if found.candidate_id:
        call.company.note_activity("candidate_attachment_remove", at, found.candidate_id)
    elif found.offer_id:
        call.company.note_activity("job_attachment_remove", at, offer_id=found.offer_id)
    return answer({"attachment": shape, "references": []})


def set_as_cv(call: Call) -> Response:
    """Make an attachment the CV: the old CV becomes an attachment, as seen live."""
    return _promoted(call, "cv")


def set_as_cover_letter(call: Call) -> Response:
    """Make an attachment the cover letter's file."""
    return _promoted(call, "cover_letter")


def _promoted(call: Call, what: str) -> Response:
    who = call.present_candidate()
    if isinstance(who, Response):
        return who
    company = call.company
    found = company.papers.attachments.get(whole(call.path["attachment"]))
    if found is None or found.candidate_id != who.id or found.kind != "document":
        return unprocessable()
    old = who.cv_name if what == "cv" else who.cover_letter_file
    if old:
        held = Upload(old, company.files.content(f"{what}s", who.id))
        _made(call, held, {"candidate_id": who.id})
    company.files.copy("attachments", found.id, f"{what}s", who.id)
    company.papers.attachments.drop(found.id)
    name = f"{what}_{found.id}.{found.extension}"
    return _changed(call, company.people[who.id], what, name)


def update_cv(call: Call) -> Response:
    """Replace the CV."""
    return _replaced(call, "cv")


def update_cover_letter(call: Call) -> Response:
    """Replace the cover letter's file."""
    return _replaced(call, "cover_letter")


def _replaced(call: Call, what: str) -> Response:
    who = call.present_candidate()
    if isinstance(who, Response):
        return who
    given = member(call.body, "candidate")
    held = _held(given.get(what), given.get(f"remote_{what}_url"))
    if held is None:
        return blank(what, what.replace("_", " ").capitalize())
    call.company.files.put(f"{what}s", who.id, held.content)
    return _changed(call, who, what, held.filename)


def delete_cv(call: Call) -> Response:
    """Take the CV away."""
    who = call.present_candidate()
    return who if isinstance(who, Response) else _changed(call, who, "cv", None)


def _changed(call: Call, who: Candidate, what: str, name: str | None) -> Response:
    at = call.company.now()
    if what == "cv":
        edited = replace(who, cv_name=name, cv_parse_status="pending" if name else None)
    else:
        edited = replace(who, cover_letter_file=name)
    call.company.put(replace(edited, updated_at=at, last_activity_at=at))
    event = "candidate_attachment_upload" if name else "candidate_attachment_remove"
    call.company.note_activity(event, at, who.id)
    return shown(call.company.people[who.id], call)


ROUTES = (
    Endpoint("POST", "/attachments", "S", upload, "the form's names as seen live"),
    Endpoint("DELETE", "/attachments/{id:int}", "S", delete),
    Endpoint("PATCH", "/candidates/{id:int}/set_as_cv/{attachment:int}", "S", set_as_cv),
    Endpoint("PATCH", "/candidates/{id:int}/set_as_cover_letter/{attachment:int}", "S",
             set_as_cover_letter),
    Endpoint("PATCH", "/candidates/{id:int}/update_cv", "S", update_cv),
    Endpoint("PATCH", "/candidates/{id:int}/update_cover_letter", "S", update_cover_letter),
    Endpoint("DELETE", "/candidates/{id:int}/delete_cv", "S", delete_cv,
             "that the timeline tells of CVs as of attachments is assumed"),
)  # fmt: skip
