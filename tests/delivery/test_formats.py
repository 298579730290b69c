"""Formats: each form's bytes, their names, and the vendors' signatures."""

import base64
import hashlib
import hmac
from typing import Any

import orjson
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.formats.json import JSONFormat

from service.core.delivery import kombo
from service.core.delivery.gathering import GATHERED_MS, envelope, gather
from service.core.delivery.rendering import content_type, render, render_id, signature_headers
from service.core.events import NAMED_ONLY, TYPES
from service.core.store.deliveries import LogEntry
from tests.delivery.made import C, body, event, operational, row, rules, wanted

HIRED = event(
    "application.hired",
    {"outcome": "HIRED"},
    [row("outcome", "PENDING", "HIRED")],
    remote_id="1445",
)
S = "sub_4"


def sent(of: dict[str, Any], form: Any, **asked: Any) -> dict[str, Any]:
    rendered = render(body(of), wanted(format=form, **asked), b"key", S)
    assert rendered == render(body(of), wanted(format=form, **asked), b"key", S)
    parsed: dict[str, Any] = orjson.loads(rendered)
    return parsed


def test_thin_says_what_changed_and_not_to_what() -> None:
    told = sent(HIRED, "thin")

    assert told["data"]["changes"] == [{"path": "outcome"}]
    assert "record" not in told["data"] and told["data"]["id"] == HIRED["data"]["id"]
    assert b"HIRED" not in orjson.dumps(told)


@pytest.mark.parametrize("of", [HIRED, operational(subscriber_id="sub_1")], ids=["change", "told"])
def test_the_cloudevents_sdk_reads_what_the_envelope_says(of: dict[str, Any]) -> None:
    rendered = render(body(of), wanted(format="cloudevents"))
    kind = content_type("cloudevents")

    read = from_http_event(HTTPMessage(headers={"content-type": kind}, body=rendered), JSONFormat())

    assert (read.get_id(), read.get_specversion()) == (of["id"], "1.0")
    assert read.get_type() == f"io.hirewire.{of['type']}"
    assert read.get_source() == f"/connections/{C}"
    about = of["data"]
    assert read.get_subject() == (f"application/{about['id']}" if "id" in about else None)
    assert read.get_time() is not None and read.get_datacontenttype() == "application/json"
    assert read.get_data() == about
    assert read.get_extension("origin") == of["origin"]
    assert read.get_extension("sequence") == ("3" if "sequence" in of else None)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("candidate.created", "record:created"),
        ("candidate.restored", "record:created"),
        ("interview.scheduled", "record:created"),
        ("application.hired", "record:updated"),
        ("candidate.tag_added", "record:updated"),
        ("job.deleted", "record:deleted"),
        ("interview.canceled", "record:deleted"),
        ("candidate.erased", "record:deleted"),
    ],
)
def test_truto_has_three_words_for_what_happens_to_a_record(kind: str, name: str) -> None:
    told = sent(event(kind, {"status": "OPEN"}, remote_id="9"), "truto")

    assert list(told) == ["id", "event", "payload", "environment_id", "webhook_id", "created_at"]
    assert (told["event"], told["webhook_id"]) == (name, S)
    assert told["created_at"] == "2026-05-04T09:30:00.000Z"
    assert told["payload"]["id"] == "9" and told["payload"]["snapshot"]["status"] == "OPEN"


def test_truto_names_the_resource_and_has_an_event_for_tests() -> None:
    assert sent(HIRED, "truto")["payload"]["resource"] == "ats/applications"
    assert sent(event("activity.created"), "truto")["payload"]["resource"] == "ats/activities"
    tested = sent(operational("subscriber.test", subscriber_id=S), "truto")
    assert (tested["event"], tested["payload"]) == ("test", {"foo": "bar"})


def test_kombo_gets_models_and_nothing_else() -> None:
    told = sent(event("candidate.tag_added"), "kombo")

    assert told == {
        "id": event("candidate.tag_added")["id"],
        "type": "data-changed",
        "data": {
            "integration_id": f"recruitee:{C}",
            "integration_tool": "recruitee",
            "integration_category": "ATS",
            "changed_models": [{"name": "ats_candidates"}, {"name": "ats_join_candidates_tags"}],
        },
    }


# Kombo's closed list for ATS, as its older client checks it.
CLOSED = frozenset(
    {
        "ats_users", "ats_jobs", "ats_job_postings", "ats_candidates", "ats_application_stages",
        "ats_applications", "ats_screening_questions", "ats_tags", "ats_interviews", "ats_offers",
        "ats_rejection_reasons", "ats_roles", "ats_join_candidates_tags",
        "ats_join_jobs_application_stages", "ats_join_jobs_screening_questions",
        "ats_join_user_job_role_assignments", "ats_join_jobs_users", "ats_join_users_roles",
        "ats_join_interviews_users",
    }
)  # fmt: skip


@pytest.mark.parametrize("kind", TYPES)
def test_kombo_is_told_only_models_of_its_closed_list_unless_others_are_named(kind: str) -> None:
    by_default = set(kombo.changed_models(kind, ("*",)))
    by_name = set(kombo.changed_models(kind, (kind,)))

    assert by_default <= CLOSED
    assert by_name - by_default <= {"ats_notes", "ats_scorecards", "ats_attachments"}
    assert wanted(format="kombo").wants(C, kind) == bool(by_default and kind not in NAMED_ONLY)
    assert wanted(format="kombo", event_types=(kind,)).wants(C, kind) == bool(by_name)


def test_kombos_signature_is_that_of_its_documentation() -> None:
    # Computed with OpenSSL: HMAC-SHA256, then base64url without padding.
    text = b'{"id":"5gjAtURLPbnTiwgkaBfiA3WJ","type":"data-changed"}'
    asked = wanted(format="kombo", vendor_secret="test-secret")

    headers = signature_headers(asked, text)

    assert headers == {"X-Kombo-Signature": "VWtbRM-ijHVXgfu2ztQY44gvppbQKNh5U1zRRc4cS5A"}
    digest = hmac.new(b"test-secret", text, hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(headers["X-Kombo-Signature"] + "=") == digest


def test_trutos_signature_is_hex_behind_its_format() -> None:
    asked = wanted(format="truto", vendor_secret="grüße")

    digest = hmac.new("grüße".encode(), b"{}", hashlib.sha256).hexdigest()
    assert signature_headers(asked, b"{}") == {"X-Truto-Signature": f"format=sha256,v={digest}"}


def test_other_formats_and_those_without_a_secret_have_no_vendors_signature() -> None:
    assert signature_headers(wanted(vendor_secret="x"), b"{}") == {}
    assert signature_headers(wanted(format="kombo"), b"{}") == {}


def test_a_renderings_name_says_all_that_decides_its_bytes() -> None:
    drop, masked = rules("*.name"), rules("*.name", how="mask")
    asked_by: list[tuple[dict[str, Any], str]] = [
        ({}, "a"),
        ({"format": "thin"}, "a"),
        ({"format": "kombo"}, "a"),
        ({"format": "truto"}, "a"),
        ({"format": "truto"}, "b"),
        ({"redact": drop}, "a"),
        ({"redact": masked}, "a"),
        ({"redact": rules("*.name", how="hash")}, "a"),
        ({"redact": rules("*.name", how="hash")}, "b"),
        ({"redact": drop, "format": "thin"}, "a"),
    ]
    names = [render_id(wanted(**asked), s) for asked, s in asked_by]

    assert names[:3] == ["hirewire", "thin", "kombo"]
    assert len(set(names)) == len(names)
    assert render_id(wanted(redact=drop), "a") == render_id(wanted(redact=drop), "b")
    assert content_type(render_id(wanted(format="cloudevents", redact=drop), "a")) == (
        "application/cloudevents+json"
    )


def _entry(ms: int, kind: str = "candidate.updated", n: int = 0) -> LogEntry:
    return LogEntry(f"{ms}-{n}", f"evt_{ms}-{n}", kind, "lane", kind.partition(".")[0], "1")


T = 1_800_000_000_000


def test_what_is_committed_within_ten_seconds_is_one_group_once_they_have_passed() -> None:
    entries = [_entry(T), _entry(T + 9_999, "job.created"), _entry(T + 10_000), _entry(T + 11_000)]

    early = gather(entries[:1], [True], ["*"], T + 4_000)
    done = gather(entries, [True] * 4, ["*"], T + 25_000)

    assert early == ((), None, 6_000)
    assert [[m.event_id for m in group.members] for group in done.groups] == [
        [entries[0].event_id, entries[1].event_id], [entries[2].event_id, entries[3].event_id]
    ]  # fmt: skip
    assert done.groups[0].models == ("ats_candidates", "ats_jobs")
    assert (done.end, done.wait_ms) == (entries[3].position, None)


def test_what_is_not_complete_is_left_for_later_and_comes_out_the_same() -> None:
    entries = [_entry(T), _entry(T + 500), _entry(T + 12_000)]

    first = gather(entries, [True] * 3, ["*"], T + 13_000)
    again = gather(entries, [True] * 3, ["*"], T + 14_000)
    later = gather([*entries[2:], _entry(T + 13_500)], [True] * 2, ["*"], T + 30_000)

    assert (first.end, first.wait_ms) == (entries[1].position, 9_000)
    assert again.groups == first.groups and again.end == first.end
    assert len(later.groups) == 1 and later.groups[0].event_id != first.groups[0].event_id


def test_what_is_not_wanted_is_passed_and_begins_no_group() -> None:
    entries = [_entry(T), _entry(T + 5_000), _entry(T + 9_000)]

    held = gather(entries, [False, True, False], ["*"], T + 9_500)

    assert (held.groups, held.end) == ((), entries[0].position)
    assert held.wait_ms == GATHERED_MS - 4_500
    assert gather(entries, [False] * 3, ["*"], T) == ((), entries[2].position, None)


def test_a_gathered_event_is_the_same_bytes_for_whoever_gathers_it() -> None:
    entries = [_entry(T), _entry(T + 1, "stage.updated")]
    (one,) = gather(entries, [True] * 2, ["*"], T + 20_000).groups
    (other,) = gather(entries, [True] * 2, ["*"], T + 99_000).groups
    (named,) = gather(
        [*entries, _entry(T + 2, "note.created")], [True] * 3, ["*", "note.*"], T + 20_000
    ).groups

    assert envelope(C, one) == envelope(C, other)
    told = orjson.loads(render(envelope(C, one), wanted(format="kombo"), b"", S))
    assert told["id"] == one.event_id and told["type"] == "data-changed"
    assert told["data"]["changed_models"] == [
        {"name": "ats_application_stages"}, {"name": "ats_candidates"}
    ]  # fmt: skip
    assert "ats_notes" in named.models
