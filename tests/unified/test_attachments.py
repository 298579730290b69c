"""Files of candidates and jobs, and the CV and cover letter of a candidate's own page."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.unified.model import Draft, Ref
from service.core.unified.models import attachment
from service.core.unified.registry import COLLECTIONS, MODELS, SOURCES
from tests.unified.owning import (
    GUEST,
    PUBLIC,
    SECRET,
    fed,
    private,
    removed,
    rows,
    spoiled,
    storable,
)
from tests.unified.shapes import (
    Json,
    adopted,
    at,
    candidate,
    compare,
    context,
    events,
    lean_candidate,
    paths,
    webhook,
)
from tests.unified.test_properties import JSON

CV = "https://files.example.com/c/40/cv_k2m.PDF?expires=9&sig=abc"
LETTER = "https://files.example.com/c/40/Dear%20all.docx"


def file(**over: Any) -> Json:
    """A file in a candidate's list."""
    return {
        "id": 81, "status": "ok", "filename": "certificate.pdf", "extension": "pdf",
        "source": "default", "kind": "document", "admin_id": 11, "guest_id": None, "candidate_id": None,
        "file_size": 98553, "file_url": "https://files.example.com/81/a.pdf?sig=1",
        "pdf_url": "https://files.example.com/81/b.pdf?sig=1", "pdf_thumbnail_url": None,
        "offer_id": None, "talent_pool_id": None, "requisition_id": None, "uploader": "Admin",
        "visibility": PUBLIC, "created_at": "2026-01-07T10:00:00.000001Z",
    } | over  # fmt: skip


def one(**over: Any) -> Draft:
    """The draft of a candidate's file."""
    return rows("candidate_attachments", file(**over))[0]


def own(**over: Any) -> dict[str, Draft]:
    """CV and letter of a candidate's page."""
    found = attachment.of_candidate(candidate(**page(**over)), "40", context())
    return {draft.remote_id: draft for draft in found}


def page(**over: Any) -> Json:
    """The keys of a candidate's page that tell of CV and letter."""
    return {
        "cv_url": None, "cv_original_url": None, "cv_processing_status": "ok", "cover_letter": None,
        "has_cover_letter": False, "cover_letter_file_url": None,
        "cover_letter_file_original_url": None, "cover_letter_file_processing_status": "ok",
    } | over  # fmt: skip


def test_a_file_is_read_but_for_its_addresses() -> None:
    draft = one()

    assert draft.subject == Ref("candidate", "40")
    assert draft.fields == {
        "id": "attachment-81", "remote_id": "81", "type": "OTHER", "file_name": "certificate.pdf",
        "extension": "pdf", "kind": "document", "size_bytes": 98553, "content": None,
        "source": "default", "status": "ok", "visibility": "PUBLIC", "visible_to": None,
        "uploader_id": "user-11", "uploader_type": "ADMIN", "guest_id": None, "guest_name": None,
        "candidate_id": "candidate-40", "job_id": None,
        "remote_created_at": "2026-01-07T10:00:00.000Z", "remote_updated_at": None,
        "remote_deleted_at": None,
    }  # fmt: skip
    assert set(draft.fields) == set(MODELS["attachment"].fields) - {"application_id"}


def test_a_job_s_file_belongs_to_the_job() -> None:
    (draft,) = rows("job_attachments", file(source="offer", uploader="Guest", guest_id=21), GUEST)

    assert draft.subject == Ref("job", "60")
    assert (draft.fields["job_id"], draft.fields["candidate_id"]) == ("job-60", None)
    assert (draft.fields["uploader_type"], draft.fields["guest_name"]) == ("GUEST", "Noor Vale")


def test_a_file_of_a_note_that_is_kept_out_is_kept_out() -> None:
    hidden = file(source="note", visibility=SECRET)

    assert rows("candidate_attachments", hidden) == []
    assert len(rows("candidate_attachments", hidden, known=private())) == 1
    assert len(rows("candidate_attachments", file(source="note"))) == 1
    assert one(visibility=SECRET).fields["visible_to"] == {
        "user_ids": ["user-11", "user-12"],
        "role_ids": ["role-5"],
    }


def test_the_cv_and_the_letter_of_a_page_are_attachments_without_addresses() -> None:
    found = own(
        cv_original_url=CV, cv_url="https://files.example.com/pdf_cv_k2m.pdf",
        cover_letter_file_original_url=LETTER,
    )  # fmt: skip

    assert list(found) == ["cv-40", "letter-40"]
    told = {
        i: (d.fields["type"], d.fields["file_name"], d.fields["extension"], d.fields["kind"])
        for i, d in found.items()
    }
    assert told == {
        "cv-40": ("CV", "cv_k2m.PDF", "pdf", "document"),
        "letter-40": ("COVER_LETTER", "Dear all.docx", "docx", "document"),
    }
    for draft in found.values():
        storable(draft)
        assert draft.subject == Ref("candidate", "40")
        assert draft.fields["candidate_id"] == "candidate-40"
        assert set(draft.fields) == set(MODELS["attachment"].fields) - {"application_id"}
        assert b"http" not in orjson.dumps(draft.fields)


def test_a_letter_that_was_typed_is_kept_as_it_was_written() -> None:
    letter = own(cover_letter="<p>Dear all,</p>\n")["letter-40"].fields

    assert (letter["content"], letter["kind"]) == ("<p>Dear all,</p>\n", "text")
    assert (letter["file_name"], letter["extension"]) == (None, None)


def test_a_page_without_files_and_a_lean_list_have_none() -> None:
    assert own() == {}
    assert own(cv_url=" ", cover_letter="") == {}
    assert attachment.of_candidate(lean_candidate(), "40", context()) == []


def test_a_page_says_which_of_its_files_are_gone_and_a_lean_list_says_nothing() -> None:
    full = candidate(**page(cv_url=CV))

    assert attachment.gone_from(full, "40") == [Ref("attachment", "letter-40")]
    assert attachment.gone_from(candidate(**page()), "40") == [
        Ref("attachment", "cv-40"),
        Ref("attachment", "letter-40"),
    ]
    assert attachment.gone_from(lean_candidate(), "40") == []
    assert attachment.gone_from({"cv_url": None, "cv_original_url": 7}, "40") == []


def test_a_list_never_names_a_cv_so_its_completeness_says_nothing_of_one() -> None:
    for remote_id in ("cv-40", "letter-40", None, 0, -1, True):
        assert rows("candidate_attachments", file(id=remote_id)) == []


def test_another_cv_is_an_update_and_another_signature_of_its_address_is_not() -> None:
    before = adopted(own(cv_original_url=CV)["cv-40"])
    signed = own(cv_original_url=CV.replace("abc", "xyz"))["cv-40"]
    other = own(cv_original_url=CV.replace("k2m", "k3n"))["cv-40"]

    assert events(compare(before, signed)) == []
    verdict = compare(before, other)
    assert events(verdict) == ["attachment.updated"]
    assert paths(verdict.changes[0]) == {"file_name": ("cv_k2m.PDF", "cv_k3n.PDF")}


def test_the_cv_of_a_new_candidate_is_created() -> None:
    cv = own(cv_original_url=CV)["cv-40"]

    assert events(compare(None, cv, webhook("new_candidate", minute=3))) == ["attachment.created"]
    assert events(compare(None, cv, webhook("candidate_moved", "stage_changed", 3))) == []
    assert events(compare(None, one(), webhook("new_candidate", minute=3))) == []


def test_an_upload_is_created_and_what_settles_afterwards_is_silent() -> None:
    new = one(created_at=at(3), file_size=None, status="processing")

    verdict = compare(None, new, fed("candidate_attachment_upload", 3))

    assert events(verdict) == ["attachment.created"] and verdict.snapshot is not None
    assert events(compare(verdict.snapshot, one(created_at=at(3)))) == []


def test_a_file_that_is_renamed_or_removed_is_told() -> None:
    before = adopted(one())

    assert events(compare(before, one(filename="b.pdf"))) == ["attachment.updated"]
    ended = removed(before, one(), fed("candidate_attachment_remove", 29))
    assert events(ended) == ["attachment.deleted"]
    assert events(compare(ended.snapshot, one())) == ["attachment.created"]


def test_the_lists_are_where_recruitee_has_them() -> None:
    candidates, jobs = COLLECTIONS["candidate_attachments"], COLLECTIONS["job_attachments"]

    assert candidates.listing.path == "/candidates/{id}/attachments"
    assert jobs.listing.path == "/offers/{id}/attachments"
    assert {candidates.counted, jobs.counted} == {"attachments_count"}


def test_every_field_has_its_source() -> None:
    assert list(SOURCES["attachment"]) == list(MODELS["attachment"].fields)


@pytest.mark.parametrize("collection", ["candidate_attachments", "job_attachments"])
@settings(max_examples=100, deadline=None)
@given(row=spoiled(file(guest_id=21, visibility=SECRET)) | JSON, references=JSON)
def test_no_json_makes_a_file_raise(collection: str, row: Any, references: Any) -> None:
    for draft in COLLECTIONS[collection].expand(row, references, context(), "40"):
        storable(draft)


@settings(max_examples=100, deadline=None)
@given(
    row=spoiled(page(cv_url=CV, cover_letter_file_url=LETTER)) | JSON,
    address=st.text(max_size=30) | st.sampled_from(["https://[x/a.pdf", "a/%ff%00", ".pdf", "//"]),
)
def test_no_json_makes_a_page_s_files_raise(row: Any, address: str) -> None:
    for raw in (row, page(cv_url=address, cover_letter=address)):
        for draft in attachment.of_candidate(raw, "40", context()):
            storable(draft)
        attachment.gone_from(raw, "40")
