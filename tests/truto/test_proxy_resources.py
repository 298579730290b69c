"""The table of the proxy: each of its endpoints is one of Recruitee's, and each can be asked for."""

import re

import pytest

from service.sandbox.app import ENDPOINTS
from service.truto.proxy_paging import Paging
from service.truto.proxy_resources import RESOURCES, Resource

FIVE = ("interview_results", "notes", "locations", "offer_notes", "admins")
KNOWN = {(one.method, re.sub(r"{[^}]*}", "{}", one.path)) for one in ENDPOINTS}
EVERY = list(RESOURCES.values())


@pytest.mark.parametrize("resource", EVERY, ids=list(RESOURCES))
def test_every_endpoint_is_one_of_recruitees(resource: Resource) -> None:
    asked = {(e.verb, re.sub(r"{[^}]*}", "{}", e.path)) for e in resource.every.values()}
    assert asked - KNOWN == set()


@pytest.mark.parametrize("resource", EVERY, ids=list(RESOURCES))
def test_every_part_of_a_path_is_asked_for(resource: Resource) -> None:
    for method, endpoint in resource.every.items():
        assert ("{parent}" in endpoint.path) == (endpoint.takes is not None)
        assert ("{id}" in endpoint.path) == (method in ("get", "update", "delete"))
    assert "list" in resource.methods and not set(resource.methods) & set(resource.custom)
    assert resource.about and resource.rows


def test_the_five_of_trutos_tools_are_there_with_what_they_require() -> None:
    assert tuple(RESOURCES)[:5] == FIVE
    required = {name: RESOURCES[name].methods["list"].takes for name in FIVE}
    assert (required["notes"] or ("",))[0] == "id"
    assert (required["offer_notes"] or ("",))[0] == "offer_id"
    assert required["locations"] is required["admins"] is required["interview_results"] is None


def test_a_list_is_cut_in_the_way_that_is_documented() -> None:
    ways = {way: {n for n, one in RESOURCES.items() if one.paging is way} for way in Paging}
    assert ways[Paging.OFFSET] == {"candidates", "talent_pools"}
    assert {"offers", "tags", "locations", "memberships"} <= ways[Paging.PAGE]
    assert {"notes", "departments", "attachments", "admins"} <= ways[Paging.NONE]
    assert ways[Paging.POSITION] == {"activities"}
