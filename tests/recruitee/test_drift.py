"""Answers that are not as we expect are told by endpoint, path, kind and type, and never by value."""

from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.recruitee.drift import (
    MOST,
    Difference,
    Sampler,
    grade_of,
    look,
    type_of,
)
from service.core.recruitee.expected import ENDPOINTS, Endpoint, template
from service.core.recruitee.masking import masked
from service.core.unified.evidence import Grade
from service.core.unified.registry import COLLECTIONS, ROOTS
from service.sandbox.app import SandboxConfig, create_sandbox
from tests.serving import serving

PERSON = {
    "id": 7, "name": "Ada Invented", "title": None, "emails": ["ada@example.com"], "phones": [],
    "links": [], "social_links": [], "cover_letter": None, "cv_url": None, "cv_original_url": None,
    "cover_letter_file_original_url": None, "source": "manual", "sources": [], "referrer": None,
    "gdpr_status": "no_consent", "gdpr_expires_at": None, "gdpr_scheduled_to_delete_at": None,
    "adminapp_url": "https://example.com/7", "example": False, "is_anonymous": False, "tags": [],
    "created_at": "2026-04-21T07:34:16.922854Z", "updated_at": "2026-04-21T07:34:16.922854Z",
    "last_activity_at": "2026-04-21T07:34:16.922854Z", "fields": [], "placements": [],
    "grouped_open_question_answers": [],
}  # fmt: skip
PLACED = {
    "id": 9, "candidate_id": 7, "offer_id": 3, "stage_id": 4, "hired_at": None, "job_starts_at": None,
    "created_at": "2026-04-21T07:34:16.922854Z", "updated_at": "2026-04-21T07:34:16.922854Z",
}  # fmt: skip


def _told(**changed: Any) -> list[tuple[str, str, str]]:
    person = {key: value for key, value in (PERSON | changed).items() if value is not ...}
    found = look("/candidates/7", {"candidate": person, "references": []})
    return [(each.kind, each.path, each.seen) for each in found]


def test_an_answer_as_we_expect_it_differs_in_nothing() -> None:
    assert _told() == []
    assert _told(placements=[PLACED]) == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"emails": ...}, ("missing", "candidate.emails", "")),
        ({"vibe": "a secret"}, ("new", "candidate.vibe", "text")),
        ({"name": 12}, ("retyped", "candidate.name", "int")),
        ({"id": None}, ("retyped", "candidate.id", "null")),
        ({"id": "7"}, ("retyped", "candidate.id", "text")),
        ({"emails": None}, ("retyped", "candidate.emails", "null")),
        ({"emails": [{"value": "ada@example.com"}]}, ("retyped", "candidate.emails[]", "object")),
        ({"created_at": "yesterday"}, ("retyped", "candidate.created_at", "text")),
        ({"example": 0}, ("retyped", "candidate.example", "int")),
        ({"placements": ["x"]}, ("retyped", "candidate.placements[]", "text")),
        ({"placements": [PLACED | {"mood": 1}]}, ("new", "candidate.placements[].mood", "int")),
        (
            {"placements": [{k: v for k, v in PLACED.items() if k != "stage_id"}]},
            ("missing", "candidate.placements[].stage_id", ""),
        ),
    ],
)  # fmt: skip
def test_a_key_that_is_missing_new_or_retyped_is_told(
    changed: dict[str, Any], told: tuple[str, str, str]
) -> None:
    assert _told(**changed) == [told]


def test_null_and_keys_that_come_and_go_are_no_difference() -> None:
    assert _told(title="Dr", cv_parse_status="pending", ratings=None, gdpr_status=None) == []


def test_a_reference_is_held_against_the_shape_of_its_type() -> None:
    rows = [{"type": "Stage", "id": 1, "name": "Applied"}, {"type": "Robot", "id": 2}, {"id": 3}]
    found = look("/candidates/7", {"candidate": PERSON, "references": rows})

    assert [(each.kind, each.path) for each in found] == [
        ("missing", "references[Stage].category"), ("new", "references[Robot]"), ("new", "references[*]"),
    ]  # fmt: skip


def test_no_value_is_told_even_where_an_object_is_keyed_by_data() -> None:
    secret = {"Ada Invented": 1, "ada@example.com": 2, "7": 3}

    assert _told(**secret) == [("new", "candidate.*", "int")]
    assert masked(secret) == {"*": "int"}


def test_an_endpoint_that_we_do_not_know_is_not_judged() -> None:
    assert look("/new/thing/7", {"x": 1}) == ()


def test_the_differences_of_one_answer_are_bounded() -> None:
    assert len(_told(**{f"key_{i}": i for i in range(1000)})) == MOST


def test_every_row_of_a_long_list_has_its_chance() -> None:
    rows = [{"id": i, "name": "x"} for i in range(1, 1001)]
    rows[-1 - 999 % 40] |= {"odd": 1}

    assert [each.path for each in look("/tags", {"tags": rows})] == ["tags[].odd"]


def test_how_an_expectation_was_known_is_found_by_its_path() -> None:
    def grade(path: str, endpoint: str = "/candidates/{id}") -> Grade | None:
        return grade_of(Difference(endpoint, path, "missing", ""))

    assert grade("candidate.placements[].stage_id") is Grade.RECORDED
    assert grade("candidate.placements[].disqualified_at") is Grade.CLIENT
    assert grade("references[Stage].category") is Grade.RECORDED
    assert grade("candidate.vibe") is None
    assert grade("candidate.vibe.deeper") is None


def test_the_first_answers_are_looked_at_and_then_one_of_many() -> None:
    sampler = Sampler(first=3, every=10)
    taken = [sampler.takes("c", "/tags") for _ in range(25)]

    assert [i for i, takes in enumerate(taken) if takes] == [0, 1, 2, 10, 20]
    assert sampler.takes("another", "/tags")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["id", "type", "candidate", "placements", "references"]) | st.text(max_size=5),
        inner,
        max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip


@given(st.sampled_from(sorted(ENDPOINTS)), st.dictionaries(st.text(max_size=9), _json, max_size=4))
def test_no_answer_makes_a_look_or_a_mask_raise(endpoint: str, data: dict[str, Any]) -> None:
    known = next(iter(ENDPOINTS[endpoint].answer))
    for each in look(endpoint, data | {known: data}):
        assert grade_of(each) is None or each.kind != "new"
    masked(data)


@pytest.mark.parametrize("path", ["/a/12/b", "/a/x-1/b", "/a"])
def test_a_path_is_named_by_its_template(path: str) -> None:
    assert template(path) == path.replace("12", "{id}")


def test_every_list_and_page_that_we_read_is_expected() -> None:
    read = {root.path for root in ROOTS.values()} | {r.listing.path for r in ROOTS.values()}
    for one in COLLECTIONS.values():
        read |= {each.path for each in (one.listing, one.bulk, one.fallback) if each is not None}

    assert sorted(read - ENDPOINTS.keys()) == []


async def test_the_sandbox_answers_as_we_expect() -> None:
    found: list[Difference] = []
    config = SandboxConfig(token="t", candidates=60)
    async with (
        serving(create_sandbox(config)) as url,
        httpx.AsyncClient(base_url=f"{url}/c/5600", headers={"authorization": "Bearer t"}) as http,
    ):
        for endpoint in ENDPOINTS.values():
            if "{id}" not in endpoint.path:
                data = (await http.get(_url(endpoint))).json()
                found += look(endpoint.path, data)
            if endpoint.path in ("/candidates", "/offers"):
                key = endpoint.path.strip("/")
                for row in data[key][:10]:
                    one = await http.get(f"{endpoint.path}/{row['id']}")
                    found += look(f"{endpoint.path}/{row['id']}", one.json())

    assert found == []


def _url(endpoint: Endpoint) -> str:
    return f"{endpoint.path}?{urlencode(endpoint.params, doseq=True)}"


@pytest.mark.parametrize(
    ("value", "name", "told"),
    [
        ("published", "status", "word(published)"),
        ("Ada", "status", "text(3)"),
        ("required", "options_cv", "word(required)"),
        ("candidate_stage_change", "event", "word(candidate_stage_change)"),
        ("ada@example.com", "email", "email"),
        ("https://example.com/x", "url", "url(21)"),
        ("2026-04-21T07:34:16.922854Z", "at", "instant(0000-00-00T00:00:00.000000Z)"),
        ("<p>Hi</p>", "body", "html(9)"),
        ("12.5", "min", "digits(4)"),
        (12, "candidate_id", "id"),
        (12, "count", "int"),
        (1.5, "count", "number"),
        (True, "example", "flag"),
        (None, "title", "null"),
        (["a", "bb", "cc"], "tags", ["text(1)", "text(2)"]),
        ({"name": "Ada", "Ada": 1}, "", {"name": "text(3)", "*": "int"}),
    ],
)
def test_a_mask_keeps_type_and_format_and_no_value(value: Any, name: str, told: Any) -> None:
    assert masked(value, name) == told


def test_a_nesting_without_end_is_cut_off() -> None:
    deep: list[Any] = []
    for _ in range(200):
        deep = [deep]

    assert "list" in repr(masked(deep)) and type_of(deep) == "list"
