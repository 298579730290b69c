"""Reading a webhook: nothing makes it raise, and what it keeps can be read back."""

import json
import re
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from service.core.recruitee import webhook
from service.core.recruitee.webhook import CANDIDATE_TYPES, OFFER_TYPES
from service.core.times import canonical
from service.core.unified.model import Cause

IDS = st.one_of(
    st.integers(1, 5),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.booleans(),
    st.text(max_size=5),
    st.sampled_from(["7", "007", "0", "9" * 19, "\u0663", "1e3"]),
)
ANYTHING = st.recursive(
    st.none() | IDS | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
THING = st.one_of(st.fixed_dictionaries({"id": IDS}), ANYTHING)
STAGE = st.one_of(st.fixed_dictionaries({"id": IDS, "category": ANYTHING}), ANYTHING)
DETAILS = st.fixed_dictionaries(
    {},
    optional={
        "from_stage": STAGE,
        "to_stage": STAGE,
        "disqualify_reason": st.one_of(ANYTHING, st.fixed_dictionaries({"name": ANYTHING})),
    },
)
PAYLOAD = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("candidate", "offer", "placement", "talent_pool"), THING),
        **{noun: st.lists(THING, max_size=3) for noun in ("candidates", "offers", "talent_pools")},
        "candidate_id": IDS,
        "details": st.one_of(DETAILS, ANYTHING),
    },
)
TYPES = st.one_of(
    st.sampled_from(sorted(CANDIDATE_TYPES | OFFER_TYPES)), st.sampled_from(["else", ""]), ANYTHING
)
ENVELOPE = st.fixed_dictionaries(
    {"event_type": TYPES, "payload": st.one_of(PAYLOAD, ANYTHING)},
    optional={
        "id": IDS,
        "event_subtype": ANYTHING,
        "created_at": st.one_of(st.datetimes().map(str), ANYTHING),
        "attempt_count": ANYTHING,
        "test": st.one_of(st.just(True), ANYTHING),
    },
)
ROOT = re.compile(r"(candidate|job|application):[1-9][0-9]{0,18}")


def read(value: object) -> webhook.Webhook:
    """Write JSON as loosely as Python does (NaN, numbers of any size), then read it."""
    return webhook.read(json.dumps(value).encode())


def check(found: webhook.Webhook, body: bytes) -> None:
    assert (found.reading == "test") == webhook.is_test(body)
    assert (found.reading == "unusable") == bool(found.reason)
    assert (found.reading == "accepted") == bool(found.fingerprint)
    for raw in found.entries:
        root, cause = webhook.parse_entry(raw)
        assert ROOT.fullmatch(root)
        assert webhook.entry(root, cause) == raw
        check_cause(cause, found.event_type)


def check_cause(cause: Cause, event_type: str) -> None:
    assert cause.origin == "webhook" and cause.event_type == event_type
    assert cause.event_subtype is None or isinstance(cause.event_subtype, str)
    assert cause.at is None or canonical(cause.at) == cause.at
    for ident in (cause.candidate_id, *cause.job_ids):
        assert ident is None or ROOT.fullmatch(f"job:{ident}")
    for name in ("from_stage", "to_stage"):
        stage = cause.details.get(name, {"id": "1", "category": None})
        assert ROOT.fullmatch(f"job:{stage['id']}")
        assert stage["category"] is None or isinstance(stage["category"], str)
    for name in ("disqualify_reason", "status"):
        assert isinstance(cause.details.get(name, ""), str)


@given(st.one_of(st.binary(max_size=300), st.text(max_size=100).map(str.encode)))
@example(b"[" * 1024 + b"]" * 1024)
@example(b'{"event_type":"x","payload":' + b'{"a":' * 1000 + b"1" + b"}" * 1001)
def test_no_bytes_make_reading_raise(body: bytes) -> None:
    check(webhook.read(body), body)


@given(ENVELOPE)
@example({"event_type": "offer_updated", "payload": {"offer": {"id": 5, "status": []}}})
@example(
    {"event_type": "new_candidate", "payload": {"candidate": {"id": 5}}, "created_at": "0001-01-01"}
)
@example({"event_type": "new_candidate", "payload": {"candidate": {"id": 5}}, "created_at": "9999-12-31T23:59:59.9999-01:00"})  # fmt: skip # noqa: E501
def test_no_envelope_makes_reading_raise(envelope: dict[str, Any]) -> None:
    body = json.dumps(envelope).encode()
    check(webhook.read(body), body)


@given(ANYTHING)
def test_no_json_makes_reading_raise(value: object) -> None:
    body = json.dumps(value).encode()
    check(webhook.read(body), body)


SMALL = st.integers(1, 2)
NAMES = st.fixed_dictionaries(
    {"candidate": SMALL, "offers": st.lists(SMALL, max_size=2)},
    optional={"placement": SMALL, "talent_pool": SMALL},
)
PARTS = st.tuples(
    SMALL,
    st.sampled_from(["new_candidate", "candidate_moved"]),
    st.sampled_from([None, "stage_changed", "disqualified"]),
    st.sampled_from(["2026-04-21T07:40:00.000001Z", "2026-04-21T07:40:00.000002Z", None]),
    NAMES,
)
REST = st.fixed_dictionaries({"attempt_count": st.integers(1, 9), "level": st.text(max_size=3)})
Parts = tuple[int, str, str | None, str | None, dict[str, Any]]


def _webhook(parts: Parts, rest: dict[str, Any]) -> dict[str, Any]:
    number, event_type, subtype, at, names = parts
    payload: dict[str, Any] = {
        noun: [{"id": i} for i in named] if isinstance(named, list) else {"id": named}
        for noun, named in names.items()
    }
    return {
        "id": number, "event_type": event_type, "event_subtype": subtype, "created_at": at,
        "payload": payload, **rest,
    }  # fmt: skip


def _named(parts: Parts) -> object:
    return (*parts[:4], {**parts[4], "offers": set(parts[4]["offers"])})


@given(PARTS, PARTS, REST, REST)
def test_two_webhooks_are_the_same_event_exactly_when_the_named_parts_are(
    one: Parts, other: Parts, rest: dict[str, Any], other_rest: dict[str, Any]
) -> None:
    first, second = read(_webhook(one, rest)), read(_webhook(other, other_rest))

    assert (first.fingerprint == second.fingerprint) == (_named(one) == _named(other))


@given(PARTS, REST, st.integers(1, 9), st.booleans())
def test_without_an_id_they_are_the_same_exactly_when_all_but_the_attempt_is(
    parts: Parts, rest: dict[str, Any], attempt: int, reordered: bool
) -> None:
    whole = {**_webhook(parts, rest), "id": None}
    again = {**whole, "attempt_count": attempt}
    other = {**again, "level": whole["level"] + "!"}
    if reordered:
        again = dict(reversed(again.items()))

    assert read(whole).fingerprint == read(again).fingerprint != read(other).fingerprint


def test_more_jobs_than_any_candidate_has_do_not_swell_the_entries() -> None:
    payload = {
        "candidates": [{"id": i} for i in range(1, 201)],
        "offers": [{"id": i} for i in range(1, 20_001)],
    }
    found = read({"id": 1, "event_type": "new_candidate", "payload": payload})

    assert (found.reading, len(found.entries)) == ("accepted", 200)
    assert sum(map(len, found.entries)) < 1024 * 1024
