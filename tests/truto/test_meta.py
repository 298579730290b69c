"""What describes the unified views: every method of every model, in three forms."""

import pytest
from jsonschema import Draft202012Validator

from service.truto.catalogue import METHODS
from tests.truto.conftest import House

ALL = [(name, method) for name, methods in METHODS.items() for method in methods]


@pytest.mark.parametrize(("resource", "method"), ALL)
async def test_a_method_is_described_with_its_schemas(
    house: House, resource: str, method: str
) -> None:
    found = (await house.get(f"/unified/ats/{resource}/meta/{method}")).json()
    assert (found["resource"], found["method"]) == (resource, method)
    for schema in ("query_schema", "body_schema", "response_schema"):
        if found[schema] is not None:
            Draft202012Validator.check_schema(found[schema])
    assert (found["body_schema"] is not None) == (method in ("create", "update"))


@pytest.mark.parametrize("resource", sorted(METHODS))
async def test_what_is_answered_fits_what_is_described(house: House, resource: str) -> None:
    found = (await house.get(f"/unified/ats/{resource}/meta/list")).json()
    page = (await house.get(f"/unified/ats/{resource}")).json()
    assert page["result"]
    Draft202012Validator(found["response_schema"]).validate(page)


async def test_all_of_it_is_one_document_in_three_forms(house: House) -> None:
    path = "/unified/meta/ats/recruitee"
    whole = (await house.get(path)).json()
    assert {n: tuple(m) for n, m in whole["resources"].items()} == dict(METHODS)
    markdown = await house.get(path, format="md")
    assert markdown.headers["content-type"].startswith("text/markdown")
    assert "## candidates" in markdown.text and "resume, cover_letter, other" in markdown.text
    page = await house.get(path, format="html")
    assert page.text.startswith("<!doctype html>") and "## candidates" in page.text
    assert (await house.get(path, format="pdf")).status_code == 422


@pytest.mark.parametrize(
    "path", ["jobs/meta/create", "users/meta/delete", "nothing/meta/list", "jobs/meta/fly"]
)
async def test_what_is_not_there_is_not_described(house: House, path: str) -> None:
    assert (await house.get(f"/unified/ats/{path}")).status_code == 404
