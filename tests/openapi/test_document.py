"""The document: valid, whole, and the very models that handlers parse with."""

from typing import Any

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from typer.testing import CliRunner

from service.app import create_app
from service.cli import app as command_line
from service.core.settings import Settings
from service.kombo.asked import JobsAsked
from service.openapi.document import document
from service.openapi.reads import reads
from service.openapi.walk import operations
from service.ops.asked import Asked
from service.ops.wanted import Asked as Subscriber
from tests.ops.conftest import asking

Document = dict[str, Any]


@pytest.fixture(scope="module")
def made() -> Document:
    return document(create_app(Settings()))


def test_the_document_is_valid_openapi_31(made: Document) -> None:
    assert made["openapi"].startswith("3.1.")
    assert list(OpenAPIV31SpecValidator(made).iter_errors()) == []


def test_every_operation_has_an_id_of_its_own_and_says_what_it_does(made: Document) -> None:
    rows = [each for path in made["paths"].values() for each in path.values()]
    names = [row["operationId"] for row in rows]

    assert len(names) == len(set(names)) == len(list(operations(create_app(Settings()).routes))) + 1
    assert [row["operationId"] for row in rows if not row["summary"]] == []


def test_all_parts_are_described_with_who_may_ask(made: Document) -> None:
    paths = made["paths"]
    needs = {
        (path, method): each.get("description")
        for path, methods in paths.items()
        for method, each in methods.items()
    }

    assert needs["/ops/v1/replays", "post"] == "Needs the scope `ops`."
    assert needs["/self/v1/deliveries", "get"] == "Needs the scope `self`."
    assert needs["/v1/events", "get"] == "Needs the scope `feed`."
    assert needs["/v1/ats/candidates", "get"] == "Needs the scope `read`."
    assert needs["/v1/force-sync", "post"] == "Needs the scope `act`."
    assert paths["/v1/check-api-key"]["get"]["security"] == [{"key": []}]
    assert needs["/link-token", "post"] == "Needs the scope `act`."
    assert paths["/connect/{token}/credentials"]["post"]["security"] == []
    assert paths["/webhooks/recruitee/{hook}"]["post"]["security"] == []
    assert paths["/.well-known/hirewire/keys/{id}"]["get"]["security"] == []


def test_a_query_is_that_of_the_model_it_is_parsed_with(made: Document) -> None:
    jobs = made["paths"]["/v1/ats/jobs"]["get"]["parameters"]
    rows = {each["name"]: each for each in jobs if each["in"] == "query"}

    assert rows.keys() == JobsAsked.model_fields.keys()
    assert rows["page_size"]["schema"]["maximum"] == 250
    assert rows["statuses"]["explode"] is False
    assert rows["statuses"]["schema"]["items"]["enum"] == ["OPEN", "CLOSED", "DRAFT", "ARCHIVED"]
    assert rows["updated_after"]["schema"] == {"type": "string", "format": "date-time"}


def test_a_body_is_that_of_the_model_it_is_parsed_with(made: Document) -> None:
    schemas, paths = made["components"]["schemas"], made["paths"]
    asked = _body(made, "/ops/v1/replays", "post")
    whole, part = (
        _body(made, f"/ops/v1/subscribers{p}", m) for p, m in (("", "post"), ("/{id}", "patch"))
    )

    assert schemas[asked]["properties"].keys() == Asked.model_fields.keys()
    assert schemas[whole]["properties"].keys() == {*Subscriber.model_fields, "secret", "backfill"}
    assert schemas[whole]["required"] == ["url"]
    assert schemas[part]["properties"].keys() == Subscriber.model_fields.keys()
    assert "required" not in schemas[part]
    assert paths["/ops/v1/subscribers"]["post"]["requestBody"]["required"] is True


def test_no_handler_reads_a_body_without_its_model_being_known() -> None:
    found = {each: reads(each.handler) for each in operations(create_app(Settings()).routes)}

    assert sum(one.has_body for one in found.values()) > 20
    assert [each.path for each, one in found.items() if one.has_body and one.body is None] == []


def _body(made: Document, path: str, method: str) -> str:
    content = made["paths"][path][method]["requestBody"]["content"]
    return str(content["application/json"]["schema"]["$ref"]).rpartition("/")[2]


async def test_the_document_is_served_to_anybody_and_printed_alike(settings: Settings) -> None:
    async with asking(settings, None) as client:
        answer: httpx.Response = await client.get("/openapi.json")
    printed = CliRunner().invoke(command_line, ["openapi"])

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert printed.exit_code == 0
    assert printed.stdout.strip() == answer.text


async def test_a_path_with_a_line_break_is_answered_in_the_envelope_of_its_part(
    settings: Settings,
) -> None:
    async with asking(settings, "test-admin-token") as client:
        ours, theirs = await client.get("/ops/v1/a%0Ab"), await client.get("/v1/ats/a%0Ab")

    assert (ours.status_code, ours.headers["content-type"]) == (404, "application/problem+json")
    assert (theirs.status_code, theirs.json()["status"]) == (404, "error")
