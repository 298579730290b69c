"""Notes and their replies, of candidates and of jobs; what is not public is kept out."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.unified.model import Draft, Ref
from service.core.unified.registry import COLLECTIONS, MODELS, SOURCES
from tests.unified.owning import (
    ADMIN,
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
from tests.unified.shapes import Json, adopted, at, compare, events, paths, webhook
from tests.unified.test_properties import JSON

HTML = "<p>Good with <b>ropes</b> &amp; tides</p>\n<ul><li>A</li></ul>  "


def note(remote_id: int = 500, *replies: Json, **over: Any) -> Json:
    """A note in a candidate's list."""
    return {
        "id": remote_id, "text": "Good with ropes & tides", "body": "<p>old</p>", "body_html": HTML,
        "body_json": {"doc": {"type": "doc", "content": []}}, "replies": list(replies), "admin_id": 11,
        "guest_id": None, "candidate_id": 40, "offer_id": None, "talent_pool_id": None,
        "requisition_id": None, "visibility": PUBLIC, "attachments": [{"id": 82}, {"id": 81}],
        "reply_to_id": None, "triggered": False, "pinned_at": "2026-02-01T09:00:00.000001Z",
        "reactions": [
            {"base": "x", "count": 2, "position": 1, "reactions": [{"unicode": "y", "admin_ids": [12, 11]}]}
        ],
        "created_at": "2026-01-07T10:00:00.111111Z", "updated_at": "2026-01-07T10:00:00.111111Z",
    } | over  # fmt: skip


def one(**over: Any) -> Draft:
    """The draft of a candidate's note."""
    return rows("candidate_notes", note(**over), ADMIN)[0]


def test_a_note_is_read_whole() -> None:
    draft = one()

    assert draft.subject == Ref("candidate", "40")
    assert draft.fields == {
        "id": "note-500", "remote_id": "500", "title": None, "content_html": HTML,
        "content_text": "Good with ropes & tides", "visibility": "PUBLIC", "visible_to": None,
        "is_private": False, "author_id": "user-11", "guest_id": None, "guest_name": None,
        "candidate_id": "candidate-40", "job_id": None, "reply_to_id": None,
        "attachment_ids": ["attachment-81", "attachment-82"],
        "reactions": [{"emoji": "y", "user_ids": ["user-11", "user-12"]}], "is_automated": False,
        "pinned_at": "2026-02-01T09:00:00.000Z", "remote_created_at": "2026-01-07T10:00:00.111Z",
        "remote_updated_at": "2026-01-07T10:00:00.111Z", "remote_deleted_at": None,
    }  # fmt: skip
    assert set(draft.fields) == set(MODELS["note"].fields) - {"application_id"}


def test_replies_are_notes_of_their_own_that_know_what_they_reply_to() -> None:
    inner = note(502, reply_to_id=501)
    row = note(500, note(501, inner, reply_to_id=500), note(503, reply_to_id=500))

    found = rows("candidate_notes", row)

    replied = {draft.remote_id: draft.fields["reply_to_id"] for draft in found}
    assert replied == {"500": None, "501": "note-500", "502": "note-501", "503": "note-500"}
    assert {draft.subject for draft in found} == {Ref("candidate", "40")}


def test_a_reply_that_does_not_name_its_note_replies_to_the_one_around_it() -> None:
    reply = note(501)
    del reply["reply_to_id"]

    assert rows("candidate_notes", note(500, reply))[1].fields["reply_to_id"] == "note-500"


def test_a_thread_may_be_deeper_than_any_stack() -> None:
    row = note(1)
    for remote_id in range(2, 3000):
        row = note(remote_id, row)

    assert len(rows("candidate_notes", row)) == 2999


def test_a_job_s_note_belongs_to_the_job_and_may_name_a_candidate() -> None:
    (draft,) = rows("job_notes", note(candidate_id=44, offer_id=60))

    assert draft.subject == Ref("job", "60")
    assert (draft.fields["job_id"], draft.fields["candidate_id"]) == ("job-60", "candidate-44")


def test_a_candidate_s_note_in_the_context_of_a_job_stays_the_candidate_s() -> None:
    draft = one(offer_id=60, candidate_id=None)

    assert draft.subject == Ref("candidate", "40")
    assert (draft.fields["job_id"], draft.fields["candidate_id"]) == ("job-60", "candidate-40")


@pytest.mark.parametrize(
    "visibility", [SECRET, {**SECRET, "level": "private"}, {"level": "odd"}, {}, None, "public"]
)
def test_a_note_that_does_not_say_it_is_public_is_kept_out_with_its_replies(
    visibility: Any,
) -> None:
    hidden, missing = note(500, note(501), visibility=visibility), note(502)
    del missing["visibility"]

    assert rows("candidate_notes", hidden) == rows("candidate_notes", missing) == []
    assert [d.remote_id for d in rows("candidate_notes", note(503, hidden))] == ["503"]
    assert [d.remote_id for d in rows("candidate_notes", hidden, known=private())] == ["500", "501"]


def test_a_private_note_that_is_kept_says_who_may_see_it() -> None:
    draft = rows("candidate_notes", note(visibility=SECRET), known=private())[0]

    told = {name: draft.fields[name] for name in ("visibility", "is_private", "visible_to")}
    assert told == {
        "visibility": "PROTECTED",
        "is_private": True,
        "visible_to": {"user_ids": ["user-11", "user-12"], "role_ids": ["role-5"]},
    }


@pytest.mark.parametrize(
    ("keys", "html"),
    [
        ({"body_html": None}, "<p>old</p>"),
        ({"body_html": " "}, "<p>old</p>"),
        ({"body_html": None, "body": ""}, None),
        ({"body": 7}, HTML),
    ],
)
def test_the_newer_html_wins_and_blank_is_none(keys: Json, html: str | None) -> None:
    assert one(**keys).fields["content_html"] == html


def test_a_guest_is_named_as_the_answer_names_it() -> None:
    (told,) = rows("candidate_notes", note(admin_id=None, guest_id=21), ADMIN, GUEST)
    (untold,) = rows("candidate_notes", note(admin_id=None, guest_id=21), ADMIN)

    assert (told.fields["guest_id"], told.fields["guest_name"]) == ("21", "Noor Vale")
    assert told.fields["author_id"] is None
    assert untold.fields["guest_id"] == "21" and "guest_name" not in untold.fields


def test_what_is_written_and_rewritten_is_told_and_reactions_are_not() -> None:
    before = adopted(one())
    again = one(body_html="<p>Better</p>", updated_at=at(4))

    verdict = compare(before, again)

    assert events(verdict) == ["note.updated"]
    assert paths(verdict.changes[0]) == {"content_html": (HTML, "<p>Better</p>")}
    assert verdict.changes[0].at == at(4)
    assert events(compare(before, one(reactions=[]))) == []
    assert events(compare(before, one(body=None))) == []


def test_a_note_made_since_the_baseline_is_created() -> None:
    new = one(created_at=at(3), updated_at=at(3))

    verdict = compare(None, new, fed("candidate_note_add", 3))

    assert events(verdict) == ["note.created"]
    assert verdict.changes[0].subject == Ref("candidate", "40")
    assert events(compare(None, one(), fed("candidate_note_add", 3))) == []


def test_the_entry_of_one_note_does_not_make_news_of_the_older_ones() -> None:
    old, new = one(), one(remote_id=501, created_at=at(3))
    entry = fed("candidate_note_add", 3)

    assert events(compare(adopted(old), old, entry, baseline_at=at(1))) == []
    assert events(compare(adopted(new), new, entry, baseline_at=at(1))) == ["note.created"]


def test_a_note_that_is_removed_is_deleted_and_one_that_is_back_is_created() -> None:
    entry = fed("candidate_note_remove", 29)
    ended = removed(adopted(one()), one(), entry)

    assert events(ended) == ["note.deleted"]
    assert ended.changes[0].causes == (entry,)
    assert events(compare(ended.snapshot, one())) == ["note.created"]


def test_an_entry_on_another_owner_has_nothing_to_do_with_a_note() -> None:
    before, again = adopted(one()), one(body_html="<p>x</p>", updated_at=at(4))
    other = fed("candidate_note_add", 9, candidate_id="41")
    job = fed("job_note_add", 9, candidate_id=None, job_ids=("60",))
    pass_ = fed(None, 9, candidate_id=None)

    assert compare(before, again, other, job).changes[0].causes == ()
    assert compare(before, again, pass_).changes[0].causes == (pass_,)


def test_a_webhook_that_led_here_is_a_cause_but_not_the_time() -> None:
    hook = webhook("candidate_moved", "stage_changed", 9)

    change = compare(adopted(one()), one(body_html="<p>x</p>", updated_at=at(4)), hook).changes[0]

    assert (change.causes, change.at) == ((hook,), at(4))


def test_the_lists_are_where_recruitee_has_them() -> None:
    candidates, jobs = COLLECTIONS["candidate_notes"], COLLECTIONS["job_notes"]

    assert (candidates.owner, candidates.listing.path) == ("candidate", "/candidates/{id}/notes")
    assert (jobs.owner, jobs.listing.path) == ("job", "/offers/{id}/notes")
    assert {candidates.counted, jobs.counted} == {"notes_count"}


def test_every_field_has_its_source() -> None:
    assert list(SOURCES["note"]) == list(MODELS["note"].fields)


@pytest.mark.parametrize("collection", ["candidate_notes", "job_notes"])
@settings(max_examples=60, deadline=None)
@given(row=spoiled(note(500, note(501), guest_id=21)) | JSON, references=JSON, keep=st.booleans())
def test_no_json_makes_a_note_raise(collection: str, row: Any, references: Any, keep: bool) -> None:
    known = private() if keep else None

    for draft in COLLECTIONS[collection].expand(row, references, known or private(), "40"):
        storable(draft)
    for draft in rows(collection, row, GUEST, known=known):
        storable(draft)
        assert keep or draft.fields["is_private"] is False
