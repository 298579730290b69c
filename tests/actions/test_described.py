"""The OpenAPI document describes what writes take and how they may end."""

from typing import Any

import pytest

from service.app import create_app
from service.core.settings import Settings
from service.kombo.coverage_actions import ACTIONS
from service.openapi.document import document

Paths = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return document(create_app(Settings()))


def test_every_action_of_kombos_has_its_body_its_key_and_what_recruitee_may_do(
    made: dict[str, Any],
) -> None:
    paths: Paths = made["paths"]
    for action in ACTIONS.values():
        each = paths[f"/v1{action.path}"][action.method.lower()]
        reads = action.method == "GET"
        headers = {row["name"] for row in each["parameters"] if row["in"] == "header"}

        assert ("requestBody" in each) is not reads, action.label
        assert ("idempotency-key" in headers) is not reads
        assert {"200", "400", "409", "429", "500", "502", "503", "504"} <= each["responses"].keys()
        good = each["responses"]["200"]["content"]["application/json"]["schema"]
        assert set(good["required"]) == {"status", "data", "warnings"}


def test_what_only_reads_the_store_has_no_key_and_no_warnings(made: dict[str, Any]) -> None:
    each = made["paths"]["/v1/ats/candidates"]["get"]

    assert "504" not in each["responses"]
    assert "idempotency-key" not in {row["name"] for row in each["parameters"]}
    good = each["responses"]["200"]["content"]["application/json"]["schema"]
    assert "warnings" not in good["properties"]


def test_bodies_name_what_is_required_of_them(made: dict[str, Any]) -> None:
    schemas = made["components"]["schemas"]

    def required(path: str, method: str = "post") -> set[str]:
        body = made["paths"][f"/v1{path}"][method]["requestBody"]["content"]["application/json"]
        return set(schemas[body["schema"]["$ref"].rpartition("/")[2]]["required"])

    assert required("/ats/candidates") == {"candidate", "application"}
    assert required("/ats/applications/{application_id}/stage", "put") == {"stage_id"}
    assert required("/ats/import-tracked-application") == {"tracked_at", "recruitee"}
    assert required("/ats/candidates/{candidate_id}/tags", "delete") == {"tag"}
