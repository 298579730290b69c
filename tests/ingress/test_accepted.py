"""Signed webhooks: each is accepted once, whatever differs that does not count."""

from typing import Any

import pytest

from tests.ingress.bodies import CANDIDATE, OFFER, POOL, STAGES, envelope, raw, sign
from tests.ingress.conftest import Ingress


async def test_a_signed_webhook_waits_in_the_inbox_when_200_is_said(ingress: Ingress) -> None:
    answer = await ingress.post(envelope())

    assert (answer.status_code, answer.json()) == (200, {"status": "accepted"})
    (root, cause), *more = await ingress.inbox()
    assert (root, more) == ("candidate:3331", [])
    assert (cause.origin, cause.event_id, cause.at) == ("webhook", 1001, "2026-04-21T07:40:00.123Z")
    assert (cause.event_type, cause.event_subtype) == ("candidate_moved", "stage_changed")
    assert (cause.candidate_id, cause.job_ids) == ("3331", ("207",))
    assert cause.details["to_stage"] == {"id": "52", "category": "phone_screen"}
    assert await ingress.marks() == 1


@pytest.mark.parametrize(
    "again",
    [
        envelope(),
        envelope(attempt_count=7),
        envelope(level="warning", payload={"offer": {"id": 207}, "candidate": {"id": 3331}}),
        envelope(attempt_count=..., level=...),
    ],
    ids=["the same bytes", "a later attempt", "other values of the same records", "fewer keys"],
)
async def test_the_same_event_again_is_a_duplicate(ingress: Ingress, again: dict[str, Any]) -> None:
    first, second = await ingress.said(envelope()), await ingress.said(again)

    assert (first, second) == ("accepted", "duplicate")
    assert len(await ingress.inbox()) == 1


@pytest.mark.parametrize(
    "other",
    [
        envelope(id=1002),
        envelope(id="1001"),
        envelope("candidate_assigned"),
        envelope(event_subtype="requalified"),
        envelope(event_subtype=None),
        envelope(created_at="2026-04-21T07:40:00.123457Z"),
        envelope(payload={"candidate": {"id": 3332}, "offer": OFFER}),
        envelope(payload={"candidate": CANDIDATE, "offer": {"id": 208}}),
        envelope(payload={"candidate": CANDIDATE}),
        envelope(payload={"candidate": CANDIDATE, "placement": {"id": 207}}),
        envelope(payload={"candidate": CANDIDATE, "talent_pool": {"id": 207}}),
    ],
    ids=[
        "id", "id as text", "type", "subtype", "no subtype", "created_at", "candidate", "offer",
        "no offer", "a placement of that number", "a pool of that number",
    ],
)  # fmt: skip
async def test_an_event_that_differs_where_it_counts_is_no_duplicate(
    ingress: Ingress, other: dict[str, Any]
) -> None:
    first, second = await ingress.said(envelope()), await ingress.said(other)

    assert (first, second) == ("accepted", "accepted")
    assert len(await ingress.inbox()) == 2


@pytest.mark.parametrize("no_id", [..., None, True, 1.5, {}, [], "", "x" * 201, 2**80])
async def test_without_an_id_only_the_attempt_count_may_differ(
    ingress: Ingress, no_id: object
) -> None:
    first = raw(envelope(id=no_id)) if no_id != 2**80 else _numbered(2**80)
    later = first.replace(b'"attempt_count":1', b'"attempt_count":2')
    other = first.replace(b'"level":"info"', b'"level":"warning"')

    said = [await ingress.said(body) for body in (first, later, other)]

    assert said == ["accepted", "duplicate", "accepted"]


async def test_without_an_id_a_body_too_deep_to_compare_is_accepted(ingress: Ingress) -> None:
    deep = raw(envelope(id=...)).replace(b'"info"', b"[" * 900 + b"]" * 900)
    later = deep.replace(b'"attempt_count":1', b'"attempt_count":2')

    said = [await ingress.said(body) for body in (deep, deep, later)]

    assert said == ["accepted", "duplicate", "accepted"]


async def test_a_webhook_is_remembered_for_72_hours(ingress: Ingress) -> None:
    await ingress.post(envelope())

    (mark,) = await ingress.store.pipe.call("KEYS", "seen:*")
    assert 72 * 3600 - 5 <= await ingress.store.pipe.call("TTL", mark) <= 72 * 3600


async def test_what_one_company_sent_is_no_duplicate_for_another(ingress: Ingress) -> None:
    other = await ingress.store.connections.create("5601", "a token", "other", "Other")
    body = raw(envelope())

    first = await ingress.said(body)
    second = await ingress.said(
        body, path=f"/webhooks/recruitee/{other.hook}", signature=sign(body, "other")
    )

    assert (first, second) == ("accepted", "accepted")


@pytest.mark.parametrize(
    ("body", "roots"),
    [
        (envelope("new_candidate", event_subtype="career_site"), ["candidate:3331"]),
        (envelope("new_candidate", payload={"candidate": CANDIDATE, "offers": [OFFER, {"id": 9}]}),
         ["candidate:3331"]),
        (envelope("candidate_created", event_subtype="manual"), ["candidate:3331"]),
        (envelope("candidate_created", payload={"candidate": CANDIDATE, "talent_pools": [POOL]}),
         ["candidate:3331"]),
        (envelope("candidate_assigned", event_subtype=None), ["candidate:3331"]),
        (envelope("candidate_assigned", payload={"candidate": CANDIDATE, "talent_pool": POOL}),
         ["candidate:3331"]),
        (envelope("candidate_moved"), ["candidate:3331"]),
        (envelope("candidate_moved", event_subtype="disqualified"), ["candidate:3331"]),
        (envelope("candidate_moved", event_subtype="requalified"), ["candidate:3331"]),
        (envelope("candidate_deleted", payload={"candidate": CANDIDATE}), ["candidate:3331"]),
        (envelope("candidate_deleted", payload={"candidates": [CANDIDATE, {"id": 4}]}),
         ["candidate:3331", "candidate:4"]),
        (envelope("offer_published", payload={"offer": OFFER}), ["job:207"]),
        (envelope("offer_unpublished", payload={"offer": OFFER}), ["job:207"]),
        *((envelope("offer_updated", event_subtype=subtype, payload={"offer": OFFER}), ["job:207"])
          for subtype in ("offer_changed", "status_changed", "tags_changed")),
        (envelope("offer_updated", payload={"offers": [OFFER, {"id": 9}]}), ["job:207", "job:9"]),
        (envelope("offer_updated", payload={"talent_pool": POOL}), []),
        (envelope("offer_updated", payload={"talent_pools": [POOL]}), []),
        (envelope("new_candidate", payload={"candidate_id": "3331"}), ["candidate:3331"]),
    ],
    ids=lambda part: f"{part['event_type']}/{part['event_subtype']}/{'+'.join(part['payload'])}"
    if isinstance(part, dict) else "",
)  # fmt: skip
async def test_each_type_of_webhook_leads_to_the_records_it_names(
    ingress: Ingress, body: dict[str, Any], roots: list[str]
) -> None:
    assert await ingress.said(body) == "accepted"
    assert await ingress.roots() == roots
    assert await ingress.count("webhooks_unknown") == 0


@pytest.mark.parametrize(
    ("payload", "roots"),
    [
        ({"candidate": CANDIDATE, "offer": OFFER}, ["candidate:3331", "job:207"]),
        ({"candidates": [CANDIDATE], "details": STAGES}, ["candidate:3331"]),
        ({"offers": [OFFER, OFFER]}, ["job:207"]),
        ({"placement": {"id": 1445}}, ["application:1445"]),
        ({"talent_pool": POOL}, []),
    ],
)
async def test_an_unknown_type_that_names_records_is_a_hint_and_counted_once(
    ingress: Ingress, payload: dict[str, Any], roots: list[str]
) -> None:
    body = envelope("requisition_approved", payload=payload)

    assert [await ingress.said(body), await ingress.said(body)] == ["accepted", "duplicate"]
    assert await ingress.roots() == roots
    assert await ingress.count("webhooks_unknown") == 1


@pytest.mark.parametrize(
    "payload", [..., {}, None, "text", {"requisition": {"id": 5}}, {"candidate": {"id": "x"}}]
)
async def test_an_unknown_type_that_names_no_record_is_ignored_and_counted(
    ingress: Ingress, payload: object
) -> None:
    assert await ingress.said(envelope("requisition_approved", payload=payload)) == "ignored"
    assert (await ingress.roots(), await ingress.marks()) == ([], 0)
    assert await ingress.count("webhooks_ignored") == 1


async def test_a_webhook_is_taken_while_the_baseline_is_not_done(ingress: Ingress) -> None:
    assert ingress.connection.status == "baselining"
    assert await ingress.said(envelope()) == "accepted"


async def test_the_largest_body_is_accepted(ingress: Ingress) -> None:
    body = raw(envelope(padding=""))
    body = body.replace(b'"padding":""', b'"padding":"' + b"x" * (1024 * 1024 - len(body)) + b'"')

    assert len(body) == 1024 * 1024
    assert await ingress.said(body) == "accepted"


def _numbered(number: int) -> bytes:
    return raw(envelope()).replace(b'"id":1001', b'"id":%d' % number)
