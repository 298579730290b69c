"""Redaction by class: what is marked as sensitive is nowhere in the bytes, own fields included."""

from typing import Any

import orjson
import pytest

from service.core.delivery.fields import NAMING
from service.core.delivery.redaction import nothing_left, redacted, rule_problem
from service.core.delivery.rendering import render, render_id
from service.core.store.subscribers import Format
from service.core.unified.options import Options
from service.core.unified.pii import CLASSES, PERSONAL, SENSITIVE, fields_in
from service.core.unified.registry import MODELS
from tests.delivery.made import body, event, row, rules, wanted

KEY = b"a key of this subscriber's"
MAILS = [{"email_address": "zoe@mail.example", "type": None}]
PLAIN = Options()
OWN: list[dict[str, Any]] = [
    {"key": "profile.gender", "type": "DEFAULT", "value": "Nonbinary"},
    {"key": "profile.Gehaltswunsch", "type": "CUSTOM", "value": "90000"},
    {"key": "profile.Shoe v. size", "type": "CUSTOM", "value": "shoe-43"},
]


def told(of: dict[str, Any], name: str, options: Options | None = PLAIN, how: Any = "drop") -> Any:
    return redacted(of, rules(f"class:{name}", how=how), KEY, options)["data"]


def own_of(data: Any) -> set[str]:
    return {each["key"].partition(".")[2] for each in data["record"]["integration_fields"]}


def test_the_tables_name_fields_that_there_are_and_none_that_events_are_named_by() -> None:
    for table in (SENSITIVE, PERSONAL):
        for model, fields in table.items():
            assert fields <= set(MODELS[model].fields) and not fields & NAMING
    assert all(
        not SENSITIVE[model] & fields for model, fields in PERSONAL.items() if model in SENSITIVE
    )


def test_every_class_can_be_asked_for_and_no_other() -> None:
    assert [rule_problem(rules(f"class:{name}")[0]) for name in CLASSES] == [None, None]
    assert "did you mean sensitive?" in str(rule_problem(rules("class:sensitiv")[0]))


@pytest.mark.parametrize("model", sorted(SENSITIVE))
@pytest.mark.parametrize("form", ["hirewire", "thin", "cloudevents"])
def test_of_every_model_nothing_sensitive_is_in_the_bytes(model: str, form: Format) -> None:
    fields = {name: f"secret of {name}" for name in fields_in("sensitive", model)}
    whole = event(f"{model}.updated", {**fields, "remote_url": "kept", "remote_data": {"a": fields}},
                  [row(name, "secret before", value) for name, value in fields.items()])  # fmt: skip

    sent = render(body(whole), wanted(redact=rules("class:sensitive"), format=form), KEY, "", PLAIN)

    assert b"secret" not in sent
    assert all(f'"{name}"'.encode() not in sent for name in fields_in("sensitive", model))
    assert form == "thin" or b"kept" in sent


def test_sensitive_leaves_the_name_and_personal_takes_both() -> None:
    changed = event(record={"name": "Zoë", "email_addresses": MAILS, "source": "Web"})

    assert set(told(changed, "sensitive")["record"]) == {"id", "remote_id", "name", "source"}
    assert set(told(changed, "personal")["record"]) == {"id", "remote_id", "source"}


def test_a_mask_and_a_hash_go_by_class_too() -> None:
    changed = event(record={"email_addresses": MAILS})

    masked = told(changed, "sensitive", how="mask")["record"]["email_addresses"]
    hashed = told(changed, "sensitive", how="hash")["record"]["email_addresses"]

    assert masked == [{"email_address": "***", "type": None}]
    assert hashed[0]["email_address"].startswith("hmac-sha256:")


def test_an_update_of_nothing_but_what_is_sensitive_is_not_sent() -> None:
    only = event(changes=[row("email_addresses", [], MAILS)])
    more = event(changes=[row("email_addresses", [], MAILS), row("source", None, "Web")])
    own = event(changes=[row("integration_fields", OWN[2:], OWN)])

    assert nothing_left(only, rules("class:sensitive"), PLAIN)
    assert not nothing_left(more, rules("class:sensitive"), PLAIN)
    assert nothing_left(own, rules("class:sensitive"), PLAIN)


@pytest.mark.parametrize(
    ("options", "left"),
    [
        (PLAIN, {"Shoe v. size"}),
        (Options(pii={"profile.Shoe v. size": "sensitive"}), set()),
        (Options(pii={"profile.Gehaltswunsch": "none"}), {"Gehaltswunsch", "Shoe v. size"}),
        (None, set()),
    ],
    ids=["guessed", "marked", "unmarked", "connection gone"],
)
def test_own_fields_go_by_the_operators_class_else_by_their_name(
    options: Options | None, left: set[str]
) -> None:
    changed = event(
        record={"integration_fields": OWN}, changes=[row("integration_fields", [], OWN)]
    )

    data = told(changed, "sensitive", options)

    assert own_of(data) == left
    assert {each["key"].partition(".")[2] for each in data["changes"][0]["after"]} == left \
        if left else data["changes"] == []  # fmt: skip


def test_a_mapped_own_field_goes_by_its_own_keys_class_and_an_unknown_one_counts() -> None:
    options = Options(custom_keys={"profile.gender": "g", "profile.Shoe v. size": "shoe"})
    record = {"custom_fields": {"g": "Nonbinary", "shoe": 43, "mapped once": "90000"}}

    data = told(event(record=record), "sensitive", options)

    assert data["record"]["custom_fields"] == {"shoe": 43}


def test_of_whoever_has_a_candidate_in_it_the_raw_record_goes() -> None:
    raw = {"remote_data": {"candidate": {"email": "zoe@mail.example"}}}
    placed, job = event("application.updated", raw), event("job.updated", raw)

    assert "remote_data" not in told(placed, "sensitive")["record"]
    assert told(job, "sensitive")["record"]["remote_data"] == raw["remote_data"]


def test_a_class_beside_a_rule_of_its_own_leaves_the_stricter_one() -> None:
    changed = event(record={"email_addresses": MAILS, "name": "Zoë"})
    both = (*rules("candidate.name", how="mask"), *rules("class:sensitive", how="hash"),
            *rules("candidate.email_addresses"))  # fmt: skip

    data = redacted(changed, both, KEY, PLAIN)["data"]

    assert data["record"].keys() == {"id", "remote_id", "name"} and data["record"]["name"] == "***"
    assert b"zoe@" not in orjson.dumps(data)


def test_another_mark_is_another_rendering_so_that_no_replay_sends_the_old_bytes() -> None:
    classed, by_name = wanted(redact=rules("class:sensitive")), wanted(redact=rules("*.name"))
    marked = Options(pii={"profile.Shoe v. size": "sensitive"})

    assert render_id(classed, "sub_1", PLAIN) != render_id(classed, "sub_1", marked)
    assert render_id(classed, "sub_1", marked) != render_id(classed, "sub_1", None)
    assert render_id(by_name, "sub_1", PLAIN) == render_id(by_name, "sub_1", marked)
