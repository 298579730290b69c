"""Every model and every field has its place: in the table path -> event, and in the table of fields."""

from dataclasses import replace

import pytest

from service.core.events import TYPES
from service.core.unified.claims import SILENT
from service.core.unified.evidence import Grade
from service.core.unified.model import Claim, Listing
from service.core.unified.registry import COLLECTIONS, MODELS, ROOTS, SOURCES, claims_table
from tests.unified.shapes import candidate, context, drafts, offer, placement


def test_models_and_roots_are_found_in_their_files() -> None:
    assert {"candidate", "application", "job", "stage"} <= set(MODELS)
    assert set(ROOTS) == {"candidate", "job", "question_template"}
    assert all(name == root.name and name in MODELS for name, root in ROOTS.items())


def test_collections_are_found_in_their_files() -> None:
    companys = {name for name, each in COLLECTIONS.items() if each.owner is None}

    assert companys >= {
        "users", "roles", "departments", "locations", "tags", "sources", "rejection_reasons", "job_tags",
    }  # fmt: skip
    # In the inbox a list is a root like any other.
    assert not set(COLLECTIONS) & set(ROOTS)


def _names_its_owner(listing: Listing) -> bool:
    values = (
        v
        for value in listing.params.values()
        for v in ([value] if isinstance(value, str) else value)
    )
    return any("{id}" in part for part in (listing.path, *values))


@pytest.mark.parametrize("name", sorted(COLLECTIONS))
def test_collections_say_whose_members_they_list_and_how(name: str) -> None:
    found = COLLECTIONS[name]
    listings = [each for each in (found.listing, found.fallback, found.bulk) if each is not None]

    assert found.name == name and found.member in MODELS
    assert found.owner is None or found.owner in ROOTS
    assert _names_its_owner(found.listing) is (found.owner is not None)
    assert all(each.path.startswith("/") and each.key for each in listings)
    assert all((each.limit > 0) is (each.style != "none") for each in listings)
    assert found.every_s >= 60


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_field_of_a_model_has_exactly_one_source(name: str) -> None:
    sources = SOURCES[name]

    assert set(sources) == set(MODELS[name].fields) and len(sources) == len(MODELS[name].fields)
    for field, source in sources.items():
        assert all(source.keys), field
        if source.missing:
            assert not source.keys and not source.how, field
        else:
            assert source.keys or source.how, field
        # What names none of Recruitee's keys is our own making, or is not there.
        assert bool(source.keys) is (source.grade is not Grade.OURS), field


def test_roots_say_how_they_are_fetched_and_listed() -> None:
    people, jobs = ROOTS["candidate"], ROOTS["job"]

    assert (people.path, people.key, people.child) == (
        "/candidates/{id}",
        "candidate",
        "application",
    )
    assert (people.listing.path, people.listing.style, people.listing.limit) == (
        "/candidates",
        "offset",
        1000,
    )
    assert people.deleted_params == {"deleted": "true"}
    assert (jobs.path, jobs.key, jobs.deleted_params) == ("/offers/{id}", "offer", None)
    assert (jobs.listing.path, jobs.listing.key, jobs.listing.style) == (
        "/offers",
        "offers",
        "page",
    )


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_field_of_a_model_has_its_events_or_is_silent(name: str) -> None:
    model, table = MODELS[name], claims_table()[name]

    assert set(table) == set(model.fields) and len(set(model.fields)) == len(model.fields)
    for path, events in table.items():
        assert set(events) <= set(TYPES)
        told = not model.silent and path not in SILENT and path not in model.volatile
        assert bool(events) is told


@pytest.mark.parametrize("name", sorted(MODELS))
def test_claims_and_exceptions_name_fields_that_exist(name: str) -> None:
    model = MODELS[name]
    named = {row.lead for row in model.claims} | set(model.volatile) | set(model.hop_fields)
    named |= {path for row in model.claims if isinstance(row, Claim) for path in row.takes}
    named |= set(model.derived) | set(model.derived.values())

    assert named <= set(model.fields)


def test_the_contracts_claims_are_in_the_table() -> None:
    table = claims_table()

    assert table["application"]["current_stage_id"] == ("application.stage_changed",)
    assert set(table["application"]["outcome"]) == {
        "application.unhired", "application.requalified", "application.hired", "application.rejected",
        "application.updated",
    }  # fmt: skip
    assert table["candidate"]["tags"] == ("candidate.tag_added", "candidate.tag_removed")
    assert table["candidate"]["remote_deleted_at"] == ("candidate.deleted", "candidate.restored")
    assert table["job"]["visibility"] == ("job.unpublished", "job.published", "job.updated")
    assert table["job"]["tags"] == ("job.tags_changed",)
    assert table["job"]["department"] == ()


def test_a_normalizer_gives_no_field_that_its_model_does_not_name() -> None:
    known = replace(context(), questions={"300": []})
    found = [
        *drafts("candidate", candidate(placement())),
        *drafts("job", offer(), known=known),
    ]

    for draft in found:
        assert set(draft.fields) <= set(MODELS[draft.model].fields)
    full = {draft.model: set(draft.fields) for draft in found}
    assert full["candidate"] == set(MODELS["candidate"].fields)
    assert full["application"] == set(MODELS["application"].fields)
    assert full["job"] == set(MODELS["job"].fields)
