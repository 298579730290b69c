"""The sandbox answers with exactly the keys that Recruitee's recorded answers have."""

import re

from tests.sandbox import keys
from tests.sandbox.conftest import Api


async def test_a_listed_candidate_is_lean_and_a_full_one_has_what_the_list_leaves_out(
    api: Api,
) -> None:
    listed = (await api.read("/candidates"))["candidates"][0]
    full = (await api.read(f"/candidates/{listed['id']}"))["candidate"]

    assert listed.keys() == keys.CANDIDATE_LISTED
    assert full.keys() == keys.CANDIDATE_LISTED | keys.CANDIDATE_ONLY_IN_FULL


async def test_disqualify_keys_are_there_only_while_a_placement_is_disqualified(api: Api) -> None:
    people = (await api.read("/candidates"))["candidates"]
    placements = [one for who in people for one in who["placements"]]

    kept = [one for one in placements if "disqualify_kind" not in one]
    out = [one for one in placements if "disqualify_kind" in one]

    assert kept and all(one.keys() == keys.PLACEMENT_LISTED for one in kept)
    assert out and all(one.keys() == keys.PLACEMENT_LISTED | keys.DISQUALIFIED for one in out)


async def test_a_hire_has_hired_at_but_says_not_hired_in_this_placement(api: Api) -> None:
    people = (await api.read("/candidates"))["candidates"]
    hires = [one for who in people for one in who["placements"] if one["hired_at"]]

    assert hires and not any(one["hired_in_this_placement"] for one in hires)


async def test_references_hold_each_job_stage_and_team_member_once(api: Api) -> None:
    page = await api.read("/candidates")
    full = await api.read(f"/candidates/{page['candidates'][0]['id']}")
    beside = page["references"]
    by_type = {one["type"]: one for one in beside}

    assert by_type["Offer"].keys() == keys.OFFER_REFERENCE
    assert by_type["Stage"].keys() == keys.STAGE_REFERENCE
    assert by_type["Admin"]["email"].endswith("@example.com")
    assert len({(one["type"], one["id"]) for one in beside}) == len(beside)
    assert {one["type"] for one in full["references"]} >= {"Offer", "Stage"}


async def test_a_listed_job_has_what_was_asked_for_and_its_stages_in_any_case(api: Api) -> None:
    lean = (await api.read("/offers"))["offers"][0]
    asked = (await api.read("/offers", **{"include[]": "description,salary"}))["offers"][0]
    repeated = (await api.read("/offers", **{"include[]": ["tags", "issues"]}))["offers"][0]
    old = (await api.read("/offers", scope="active"))["offers"][0]
    brief = (await api.read("/offers", view_mode="brief"))["offers"][0]

    assert lean.keys() == keys.OFFER_LEAN
    assert asked.keys() == keys.OFFER_LEAN | {"description", "salary"}
    assert repeated.keys() == keys.OFFER_LEAN | {"tags", "offer_tags", "issues"}
    assert old.keys() == keys.OFFER_LISTED_OF_OLD
    assert brief.keys() == {"id", "title", "status", "kind"}
    assert lean["pipeline_template"]["stages"][0].keys() == keys.STAGE_INLINE


async def test_a_job_in_full_is_found_by_id_and_by_slug(api: Api) -> None:
    listed = (await api.read("/offers"))["offers"][0]
    by_id = await api.read(f"/offers/{listed['id']}")
    by_slug = await api.read(f"/offers/{listed['slug']}")

    assert by_id == by_slug
    assert by_id["offer"].keys() == keys.OFFER_IN_FULL


async def test_placements_are_grouped_by_stage_with_a_compact_candidate(api: Api) -> None:
    offer_id = (await api.read("/offers"))["offers"][0]["id"]
    groups = (await api.read(f"/offers/{offer_id}/placements"))["stages"]
    placed = next(one for group in groups for one in group["placements"])
    path = f"/offers/{offer_id}/candidates/{placed['candidate_id']}/placement"
    single = (await api.read(path))["placement"]

    assert placed.keys() - keys.DISQUALIFIED == keys.PLACEMENT_WITH_CANDIDATE
    assert single["candidate"].keys() - placed["candidate"].keys() == {"social_links", "tag_names"}
    assert [group["position"] for group in groups][:3] == [-3, -2, -1]


async def test_instants_have_microseconds_everywhere_but_in_search_hits(api: Api) -> None:
    hit = (await api.read("/search/new/candidates"))["hits"][0]
    full = (await api.read(f"/candidates/{hit['id']}"))["candidate"]

    assert hit.keys() == keys.SEARCH_HIT
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", full["created_at"])
    assert hit["created_at"] == full["created_at"][:19] + "Z"


async def test_a_pipeline_has_its_stages_on_its_own_page_only(api: Api) -> None:
    listed = (await api.read("/pipeline_templates"))["pipeline_templates"]
    own = (await api.read(f"/pipeline_templates/{listed[0]['id']}"))["pipeline_template"]

    assert [one["custom"] for one in listed] == [False, False, True]
    assert "stages" not in listed[0]
    assert [stage["category"] for stage in own["stages"]][:3] == ["referred", "sourced", "apply"]


async def test_tables_of_the_company_come_with_meta_where_they_are_paged(api: Api) -> None:
    for name in ("memberships", "roles", "locations", "tags", "sources", "offer_tags", "offers"):
        page = await api.read(f"/{name}", limit=1, page=1)
        assert len(page[name]) == 1
        assert page["meta"]["limit"] == 1 and page["meta"]["total_count"] >= 1
    for name in ("departments", "disqualify_reasons", "pipeline_templates", "admins"):
        assert (await api.read(f"/{name}")).keys() == {name}


async def test_whoami_names_the_company_by_number_and_subdomain(api: Api) -> None:
    admin = (await api.read("/admin"))["admin"]

    assert admin["company_id"] == 5600
    assert admin["companies"][0]["subdomain"] == "examplecompany"
    assert "manage_webhooks" in admin["role_abilities"]


async def test_what_the_company_does_not_use_is_empty_not_missing(api: Api) -> None:
    pool = (await api.read("/talent_pools"))["talent_pools"][0]["id"]

    assert (await api.read("/requisitions"))["groups"] == []
    assert (await api.read("/positions"))["positions"] == []
    assert (await api.read(f"/talent_pools/{pool}/notes"))["notes"] == []
