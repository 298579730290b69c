"""Redaction: what is hidden is nowhere in the bytes, in whatever format they go."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.delivery.redaction import nothing_left, redacted, rule_problem
from service.core.delivery.rendering import render
from service.core.store.subscribers import Redaction
from tests.delivery.made import body, event, operational, row, rules, wanted

KEY = b"a key of this subscriber's"
MAILS = [{"email_address": "zoe@mail.example", "type": None}]
MAIL = "candidate.email_addresses.email_address"


def told(of: dict[str, Any], redact: tuple[Redaction, ...], key: bytes = KEY) -> dict[str, Any]:
    data: dict[str, Any] = redacted(of, redact, key)["data"]
    return data


def test_drop_takes_a_value_and_its_change_out_and_leaves_the_rest() -> None:
    changed = event(
        record={"name": "Zoë", "title": "Dr"},
        changes=[row("name", "Zo", "Zoë"), row("title", "", "Dr")],
    )

    data = told(changed, rules("candidate.name"))

    assert "name" not in data["record"] and data["record"]["title"] == "Dr"
    assert [one["path"] for one in data["changes"]] == ["title"]
    assert changed["data"]["record"]["name"] == "Zoë"


def test_mask_and_hash_keep_the_shape_and_null() -> None:
    changed = event(record={"email_addresses": MAILS, "name": None})

    masked = told(changed, rules("*.email_addresses", "*.name", how="mask"))["record"]
    hashed = told(changed, rules("*.email_addresses", "*.name", how="hash"))["record"]

    assert masked["email_addresses"] == [{"email_address": "***", "type": None}]
    assert masked["name"] is None and hashed["name"] is None
    assert hashed["email_addresses"][0]["email_address"].startswith("hmac-sha256:")


def test_a_hash_is_the_same_wherever_the_value_is_and_another_under_another_key() -> None:
    changed = event(record={"name": "Zoë"}, changes=[row("name", "Zo", "Zoë")])
    other = event("user.updated", {"name": "Zoë"})
    redact = rules("*.name", how="hash")

    mine = told(changed, redact)

    assert mine["record"]["name"] == mine["changes"][0]["after"] != mine["changes"][0]["before"]
    assert told(other, redact)["record"]["name"] == mine["record"]["name"]
    assert told(changed, redact, b"other")["record"]["name"] != mine["record"]["name"]
    assert told(changed, redact, b"")["record"]["name"] == "***"


def test_what_lies_inside_is_redacted_in_the_record_and_on_both_sides_of_a_change() -> None:
    changed = event(record={"email_addresses": MAILS}, changes=[row("email_addresses", [], MAILS)])

    data = told(changed, rules(MAIL, how="mask"))

    assert data["record"]["email_addresses"] == [{"email_address": "***", "type": None}]
    assert data["changes"][0]["after"] == [{"email_address": "***", "type": None}]


def test_a_change_of_nothing_but_what_is_dropped_inside_is_dropped() -> None:
    other = [{"email_address": "new@mail.example", "type": None}]
    only = event(changes=[row("email_addresses", MAILS, other)])
    more = event(changes=[row("email_addresses", MAILS, [*other, *other])])

    assert nothing_left(only, rules(MAIL)) and not nothing_left(more, rules(MAIL))
    assert told(only, rules(MAIL))["changes"] == []


@pytest.mark.parametrize(
    ("how", "path"), [("mask", "tags.***"), ("hash", "tags.hmac-sha256:")], ids=["mask", "hash"]
)
def test_a_member_that_is_in_the_path_is_redacted_there_too(how: Any, path: str) -> None:
    tagged = event("candidate.tag_added", {"tags": ["V.I.P"]}, [row("tags.V.I.P", None, "V.I.P")])

    data = told(tagged, rules("candidate.tags", how=how))

    assert data["changes"][0]["path"].startswith(path)
    assert b"V.I.P" not in orjson.dumps(data)
    assert nothing_left(tagged, rules("candidate.tags"))


def test_an_own_field_goes_by_its_key_in_a_list() -> None:
    rows: list[dict[str, Any]] = [
        {
            "id": "1",
            "key": "profile.salary wish",
            "type": "CUSTOM",
            "value": "90k",
            "label": "Salary",
        },
        {"id": "2", "key": "profile.shoe", "type": "CUSTOM", "value": 43, "label": "Shoe"},
    ]
    changed = event(record={"integration_fields": rows, "custom_fields": {"a.b": 1, "c": 2}})

    masked = told(changed, rules("candidate.integration_fields.profile.salary wish", how="mask"))
    dropped = told(
        changed, rules("candidate.integration_fields.profile.shoe", "candidate.custom_fields.a.b")
    )

    assert masked["record"]["integration_fields"] == [{**rows[0], "value": "***"}, rows[1]]
    assert dropped["record"]["integration_fields"] == [rows[0]]
    assert dropped["record"]["custom_fields"] == {"c": 2}


def test_what_own_fields_repeat_of_a_redacted_value_is_masked_there() -> None:
    own: list[dict[str, Any]] = [{"key": "profile.cv", "value": ["Known as Zoë Lind", "plain"]}]
    changed = event(
        record={"name": "Zoë Lind", "integration_fields": own},
        changes=[row("name", None, "Zoë Lind"), row("integration_fields", [], own)],
    )

    data = told(changed, rules("candidate.name"))

    assert "Zoë" not in str(data)
    assert data["record"]["integration_fields"][0]["value"] == ["***", "plain"]


def test_the_raw_record_goes_as_a_whole_unless_only_places_in_it_are_named() -> None:
    raw = {"emails": ["zoe@mail.example"], "rating": 4}
    changed = event(record={"name": "Zoë", "remote_data": raw})
    changed["data"]["remote_data"] = raw

    gone = told(changed, rules("candidate.name", how="mask"))
    inside = told(changed, rules("candidate.remote_data.emails", how="mask"))

    assert "remote_data" not in gone and "remote_data" not in gone["record"]
    assert (
        inside["remote_data"] == {"emails": ["***"], "rating": 4} == inside["record"]["remote_data"]
    )


def test_the_strictest_rule_wins_in_whatever_order() -> None:
    changed = event(record={"name": "Zoë"})
    both = (*rules("candidate.name"), *rules("*.name", how="hash"))

    assert "name" not in told(changed, both)["record"]
    assert "name" not in told(changed, both[::-1])["record"]


def test_other_models_and_operational_events_are_left_as_they_are() -> None:
    job, gone = event("job.updated", {"name": "Cook"}), operational(count=1)

    assert redacted(job, rules("candidate.name"), KEY) is job
    assert redacted(gone, rules("*.name"), KEY) == gone


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("email_addresses", "must say whose field it is, as candidate.email_addresses"),
        ("candidat.name", "there is no model 'candidat'; did you mean candidate?"),
        ("candidate.nme", "candidate has no field 'nme'; did you mean name?"),
        ("*.nothing", "no model has a field 'nothing'"),
        ("candidate.", "is no path"),
        ("candidate..name", "is no path"),
        ("candidate." + "a" * 300, "is no path"),
        ("candidate.id", "cannot be hidden"),
        ("*.remote_id", "cannot be hidden"),
        ("application.candidate_id", "cannot be hidden"),
    ],
)
def test_what_cannot_be_redacted_is_named(path: str, said: str) -> None:
    assert said in (rule_problem(Redaction(path=path)) or "")
    assert rule_problem(Redaction(path="*.remote_data.a.b")) is None


# A value that nothing else in an envelope has: the envelope is ASCII.
SECRET = st.text(st.characters(min_codepoint=0xC0, max_codepoint=0x24F), min_size=3, max_size=12)
PLAIN: st.SearchStrategy[Any] = st.sampled_from([None, True, 7, "plain", [], {}])


def _around(secret: str) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.just(secret) | PLAIN,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["key", "value", "text"]), inner, max_size=3)
        ),
        max_leaves=8,
    )


@settings(max_examples=25, deadline=None)
@given(data=st.data(), secret=SECRET)
@pytest.mark.parametrize("form", ["hirewire", "thin", "cloudevents", "truto", "kombo"])
@pytest.mark.parametrize("how", ["drop", "mask", "hash"])
def test_a_redacted_value_is_nowhere_in_the_bytes(
    form: Any, how: Any, data: st.DataObject, secret: str
) -> None:
    field = data.draw(
        st.sampled_from(["name", "title", "email_addresses", "tags", "custom_fields"])
    )
    values = _around(secret)
    record = {field: data.draw(values), "remote_data": data.draw(values)}
    own = [{"key": "profile.x", "value": data.draw(values)}] if field != "custom_fields" else []
    path = data.draw(st.sampled_from([field, f"{field}.{secret}"]))
    changes = [
        row(path, data.draw(values), data.draw(values)),
        row("integration_fields", own, []),
    ]
    # So that what own fields repeat is known to be hidden: the value is in the redacted field.
    record |= {"integration_fields": own, field: [record[field], secret]}

    asked = wanted(format=form, redact=rules(f"candidate.{field}", how=how))
    sent = render(body(event("candidate.updated", record, changes)), asked, KEY, "sub_x")

    assert secret not in sent.decode()
    assert secret.encode("unicode_escape") not in sent


@given(data=st.data())
def test_without_rules_nothing_is_changed(data: st.DataObject) -> None:
    whole = event(record={"name": data.draw(_around("Zoë"))})

    assert redacted(whole, (), KEY) is whole
    assert render(body(whole), wanted()) == body(whole)
