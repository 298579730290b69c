"""What holds for any JSON and any history."""

from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.unified.announce import announce
from service.core.unified.claims import SILENT, claim
from service.core.unified.model import (
    Cause,
    Change,
    Draft,
    EachClaim,
    Fields,
    Model,
    Ref,
    Snapshot,
    Verdict,
)
from service.core.unified.registry import MODELS, ROOTS
from tests.unified.shapes import (
    APPLIED,
    BASELINE,
    CATEGORIES,
    adopted,
    application,
    at,
    candidate,
    compare,
    context,
    disqualified,
    job,
    moved,
    offer,
    person,
    placement,
    requalified,
    stage_reference,
    webhook,
)

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(["2026-01-01", "2026-13-01T99:00:00Z", "12", "1e400", "\ud800", "0001-01-01T00:00:00Z"])
)  # fmt: skip
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "type", "kind", "category", "stages"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
ANSWERS = {
    "candidate": candidate(placement(disqualify_kind="admin", disqualify_reason="No fit")),
    "job": offer(),
}


@st.composite
def spoiled(draw: st.DrawFn, raw: Mapping[str, Any]) -> dict[str, Any]:
    """An answer some of whose values, at any depth, are anything, or missing."""
    keys = draw(st.sets(st.sampled_from(sorted(raw)), max_size=6))
    kept = {k: v for k, v in raw.items() if k not in keys or draw(st.booleans())}
    kept |= {k: draw(JSON) for k in sorted(keys & set(kept))}
    for key in ("placements", "pipeline_template"):
        inner = kept.get(key)
        if isinstance(inner, list) and inner and isinstance(inner[0], dict) and inner[0]:
            kept[key] = [draw(spoiled(inner[0]))]
        elif isinstance(inner, dict) and inner:
            kept[key] = draw(spoiled(inner))
    return kept


@pytest.mark.parametrize("root", sorted(ANSWERS))
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_no_json_makes_a_normalizer_raise_or_give_what_cannot_be_stored(
    root: str, data: st.DataObject
) -> None:
    raw = data.draw(spoiled(ANSWERS[root]))
    references: Any = data.draw(JSON | st.just([stage_reference(APPLIED, "apply")]))

    found = ROOTS[root].expand(raw, references, context())
    ROOTS[root].needs(raw, references)

    for draft in found:
        assert set(draft.fields) <= set(MODELS[draft.model].fields)
        assert orjson.loads(orjson.dumps(draft.fields)) == draft.fields


@settings(max_examples=100, deadline=None)
@given(raw=st.dictionaries(st.sampled_from(sorted(ANSWERS["job"])), JSON))
def test_an_answer_that_is_not_as_described_at_all_raises_nothing(raw: dict[str, Any]) -> None:
    for root in ROOTS.values():
        root.expand(raw, raw, context())  # type: ignore[arg-type]  # any JSON in place of the references


VALUES = (
    st.none() | st.sampled_from(["a", "b"]) | st.lists(st.sampled_from(["x", "y", "z"]), max_size=3)
)
OUTCOMES = st.sampled_from([None, "PENDING", "HIRED", "DECLINED"])
STATUSES = st.sampled_from([None, "OPEN", "CLOSED", "ARCHIVED", "DRAFT"])
VISIBILITIES = st.sampled_from([None, "PUBLIC", "INTERNAL", "CONFIDENTIAL"])
TAGS = st.lists(st.sampled_from(["x", "y", "z"]), max_size=3, unique=True).map(sorted)


def states(model: Model) -> st.SearchStrategy[Fields]:
    """Any state of a record, some fields of it unknown."""
    special: dict[str, st.SearchStrategy[Any]] = {
        "outcome": OUTCOMES, "status": STATUSES, "visibility": VISIBILITIES, "tags": TAGS,
    }  # fmt: skip
    stamps = st.none() | st.integers(0, 50).map(at)
    optional = {
        name: special.get(name, stamps if name.endswith("_at") else VALUES)
        for name in model.fields
        if name not in ("id", "remote_id", "remote_deleted_at", "job_id", "candidate_id")
    }
    fixed = {"id": "x", "remote_id": "40", "job_id": "job-60", "candidate_id": "candidate-40"}
    known = {name: st.just(fixed[name]) for name in fixed if name in model.fields}
    return st.fixed_dictionaries(known | {"remote_deleted_at": st.none()}, optional=optional)


CAUSES = st.lists(
    st.one_of(
        st.builds(
            moved,
            st.sampled_from([None, 710, 711, 719]),
            st.sampled_from([710, 711, 719]),
            st.integers(1, 40),
        ),
        st.builds(disqualified, st.integers(1, 40), st.sampled_from([None, "a", "b"])),
        st.builds(requalified, st.integers(1, 40)),
        st.builds(
            webhook,
            st.sampled_from(["new_candidate", "candidate_assigned"]),
            minute=st.integers(1, 40),
        ),
    ),
    max_size=6,
)


def fold(model: Model, fields: Fields, changes: tuple[Change, ...]) -> Fields:
    """Apply events' changes to a record, checking that each starts where the last one ended."""
    lists = {row.lead for row in model.claims if isinstance(row, EachClaim)}
    result = dict(fields)
    for said in (said for change in changes for said in change.changes):
        lead, _, name = said["path"].partition(".")
        if lead in lists:
            members = set(result[lead] or ())
            assert (name in members) is (said["before"] is not None)
            result[lead] = sorted(members ^ {name})
        else:
            assert result[lead] == said["before"] != said["after"]
            result[lead] = said["after"]
    return result


@pytest.mark.parametrize("name", sorted(MODELS))
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_events_fold_to_the_new_record_and_the_same_draft_again_is_nothing(
    name: str, data: st.DataObject
) -> None:
    model = MODELS[name]
    old, new = data.draw(states(model)), data.draw(states(model))
    deleted = "remote_deleted_at" in model.fields and data.draw(st.booleans())
    if deleted:
        old["remote_deleted_at"] = at(0)
    before = Snapshot(3, 5, old, {}, deleted, data.draw(st.none() | st.integers(0, 40).map(at)))
    draft = Draft(
        name,
        "40",
        new,
        Ref("candidate", "40"),
        {"rejected_at": 1} if data.draw(st.booleans()) else {},
    )
    causes = data.draw(CAUSES)

    verdict = announce(model, draft, before, causes, context(), BASELINE)

    after = verdict.snapshot or before
    quiet = set(model.fields) if model.silent else SILENT | set(model.volatile)
    folded = fold(model, old, verdict.changes)
    for path in set(old) & set(after.fields) - quiet - set(model.derived):
        assert folded[path] == after.fields[path]
    assert after.sequence == 5 + len(verdict.changes)
    assert after.fields.keys() - set(model.derived) == (old.keys() | new.keys()) - set(
        model.derived
    )
    assert announce(model, draft, after, causes, context(), BASELINE) == Verdict(None)


@pytest.mark.parametrize("name", sorted(MODELS))
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_each_changed_path_belongs_to_exactly_one_event(name: str, data: st.DataObject) -> None:
    model = MODELS[name]
    old, new = data.draw(states(model)), data.draw(states(model))

    told = claim(model, old, new, SILENT | frozenset(model.volatile))

    paths = [said["path"] for one in told for said in one.changes]
    lists = {row.lead for row in model.claims if isinstance(row, EachClaim)}
    changed = {
        path
        for path in set(old) & set(new) - SILENT - set(model.volatile) - lists
        if old[path] != new[path]
    }
    assert len(paths) == len(set(paths))
    assert {path for path in paths if path.partition(".")[0] not in lists} == changed


@settings(max_examples=150, deadline=None)
@given(
    stage_id=st.sampled_from([*map(int, CATEGORIES), None]),
    declined=st.booleans(),
    causes=CAUSES,
    known=st.booleans(),
)
def test_whatever_webhooks_say_the_last_event_shows_the_fetched_record(
    stage_id: int | None, declined: bool, causes: list[Cause], known: bool
) -> None:
    gone: dict[str, Any] = {"disqualify_kind": "admin"} if declined else {}
    draft = application(stage_id=stage_id, **gone)
    before = adopted(application()) if known else None

    verdict = compare(before, draft, *causes)

    assert not verdict.changes or verdict.snapshot is not None
    for change in verdict.changes[-1:]:
        assert verdict.snapshot is not None and change.record == verdict.snapshot.fields
    assert compare(verdict.snapshot or before, draft, *causes) == Verdict(None)


@pytest.mark.parametrize("draft", [person(), job()], ids=lambda draft: draft.model)
def test_a_first_sight_told_twice_is_told_once(draft: Draft) -> None:
    verdict = compare(None, draft, webhook("new_candidate"))

    assert compare(verdict.snapshot, draft, webhook("new_candidate")) == Verdict(None)
