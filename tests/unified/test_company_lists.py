"""The company's own lists: what each row comes to, and what no row may do."""

from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.unified.model import Cause
from service.core.unified.registry import COLLECTIONS, MODELS
from tests.unified.company_shapes import (
    ROWS,
    Json,
    admin,
    drafts,
    read,
)
from tests.unified.shapes import adopted, at, compare, context, events, paths
from tests.unified.test_properties import JSON

TOLD = ("users", "departments", "locations", "tags", "rejection_reasons")
LISTINGS = {
    "users": ("/memberships", "memberships", "page", {}),
    "roles": ("/roles", "roles", "page", {}),
    "departments": ("/departments", "departments", "none", {}),
    "locations": ("/locations", "locations", "page", {"scope": "all", "view_mode": "full"}),
    "tags": ("/tags", "tags", "page", {}),
    "sources": ("/sources", "sources", "page", {}),
    "rejection_reasons": ("/disqualify_reasons", "disqualify_reasons", "none", {}),
    "job_tags": ("/offer_tags", "offer_tags", "page", {}),
}


@pytest.mark.parametrize("name", sorted(ROWS))
def test_lists_are_the_companys_and_read_where_recruitee_has_them(name: str) -> None:
    listing = COLLECTIONS[name].listing

    assert COLLECTIONS[name].owner is None
    assert (listing.path, listing.key, listing.style, listing.params) == LISTINGS[name]
    assert listing.limit == (1000 if listing.style == "page" else 0)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_full_row_fills_every_field_of_its_model(name: str) -> None:
    draft = read(name, references=[admin()])

    assert tuple(draft.fields) and set(draft.fields) == set(MODELS[draft.model].fields)
    assert draft.model == COLLECTIONS[name].member
    assert draft.fields["id"] == f"{draft.model}-{draft.remote_id}"
    assert (draft.subject.model, draft.subject.remote_id) == (draft.model, draft.remote_id)
    assert draft.fields["remote_deleted_at"] is None


@pytest.mark.parametrize("name", sorted(ROWS))
@pytest.mark.parametrize("odd", [None, 0, -3, "x", True, [], {}], ids=repr)
def test_a_row_without_an_id_is_nobody(name: str, odd: object) -> None:
    key = "admin_id" if name == "users" else "id"

    assert drafts(name, ROWS[name] | {key: odd}) == []


@pytest.mark.parametrize("name", sorted(set(ROWS) - {"users"}))
def test_keys_that_are_not_served_are_unknown_and_not_null(name: str) -> None:
    bare = read(name, {"id": 7}).fields

    constants = {"id", "remote_id", "remote_deleted_at", "scope", "street_2"}
    assert set(bare) <= constants and bare["remote_id"] == "7"


COUNTERS: dict[str, Json] = {
    "users": {"show_academy_button": True, "talent_pool_ids": [6], "accessible_placement_ids": []},
    "roles": {"admins_count": 9},
    "departments": {"offers_count": 9, "talent_pools_count": 9, "status": "created"},
    "locations": {"active_offers_count": 9, "active_requisitions_count": 9, "is_deletable": True},
    "tags": {"taggings_count": 9, "status": "created"},
    "sources": {"taggings_count": 9, "status": "created"},
    "rejection_reasons": {"open_questions_count": 9},
    "job_tags": {"taggings_count": 9, "offer_taggings_count": 9},
}


@pytest.mark.parametrize("name", sorted(ROWS))
def test_counters_change_nothing(name: str) -> None:
    assert read(name, ROWS[name] | COUNTERS[name]) == read(name)


RENAMED: dict[str, tuple[Json, str]] = {
    "users": ({"is_active": False}, "status"),
    "departments": ({"name": "Shore"}, "name"),
    "locations": ({"archived_at": at(1)}, "archived_at"),
    "tags": ({"name": "Lark"}, "name"),
    "rejection_reasons": ({"name": "Afraid of the dark"}, "name"),
}


@pytest.mark.parametrize("name", TOLD)
def test_a_change_is_told_once(name: str) -> None:
    change, path = RENAMED[name]
    before = adopted(read(name))

    verdict = compare(before, read(name, ROWS[name] | change))

    assert events(verdict) == [f"{COLLECTIONS[name].member}.updated"]
    assert list(paths(verdict.changes[0])) == [path]
    assert not events(compare(verdict.snapshot, read(name, ROWS[name] | change)))


@pytest.mark.parametrize("name", sorted(set(ROWS) - set(TOLD)))
def test_a_silent_list_is_kept_current_and_told_of_by_nothing(name: str) -> None:
    verdict = compare(adopted(read(name)), read(name, ROWS[name] | {"name": "Other"}))

    assert not verdict.changes
    assert verdict.snapshot is not None and "Other" in verdict.snapshot.fields.values()


NEWS = {
    "users": "member_add",
    "locations": "location_created",
    "tags": "tag_add",
    "rejection_reasons": "disqualify_reason_add",
}


@pytest.mark.parametrize("name", sorted(NEWS))
def test_a_feed_entry_that_tells_of_a_new_record_makes_it_created(name: str) -> None:
    # The entry is of today, the record's own time (where it has one) before the baseline.
    cause = Cause("activity", event_id=5, event_type=NEWS[name], at=at(3))

    verdict = compare(None, read(name), cause)

    assert events(verdict) == [f"{COLLECTIONS[name].member}.created"]
    assert verdict.changes[0].at == at(3)


@pytest.mark.parametrize("name", TOLD)
def test_a_webhook_of_something_else_is_no_cause(name: str) -> None:
    change, _ = RENAMED[name]
    cause = Cause("webhook", event_id=5, event_type="candidate_moved", at=at(3), candidate_id="40")

    verdict = compare(adopted(read(name)), read(name, ROWS[name] | change), cause)

    assert verdict.changes[0].causes == ()


@st.composite
def spoiled(draw: st.DrawFn, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row some of whose values, one level down too, are anything, or missing."""
    keys = draw(st.sets(st.sampled_from(sorted(row)), max_size=5))
    kept = {k: v for k, v in row.items() if k not in keys or draw(st.booleans())}
    kept |= {k: draw(JSON) for k in sorted(keys & set(kept))}
    for key, value in kept.items():
        if isinstance(value, list) and value and isinstance(value[0], dict) and value[0]:
            kept[key] = [draw(spoiled(value[0])), *value[1:]]
        elif isinstance(value, dict) and value:
            kept[key] = draw(spoiled(value))
    return kept


@pytest.mark.parametrize("name", sorted(ROWS))
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_no_row_makes_a_normalizer_raise_or_give_what_cannot_be_stored(
    name: str, data: st.DataObject
) -> None:
    row: Any = data.draw(spoiled(ROWS[name]) | JSON)
    references: Any = data.draw(JSON | spoiled(admin()).map(lambda person: [3, person]))

    found = COLLECTIONS[name].expand(row, references, context(), "0")

    for draft in found:
        assert set(draft.fields) <= set(MODELS[draft.model].fields)
        assert orjson.loads(orjson.dumps(draft.fields)) == draft.fields
