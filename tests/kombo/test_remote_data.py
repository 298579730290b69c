"""`remote_data`: what Recruitee serves of a record, under the endpoint that served it, where that is on."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from service.core.unified.options import Options, Scope
from service.kombo.raw import SAID
from tests.kombo.conftest import House


@pytest.fixture
async def raw(house: House) -> AsyncIterator[House]:
    """The company, with the integration's raw data on."""
    before = house.connection.options
    await _set(house, remote_data=True)
    yield house
    await house.store.connections.update(house.connection.id, options=before)
    await house.knobs.patch("/sandbox/knobs", json={"forbidden": [], "error_rate": 0})


async def _set(house: House, **options: Any) -> None:
    url = f"{house.url}/ops/v1/connections/{house.connection.id}"
    headers = {"authorization": "Bearer test-admin-token"}
    answer = await house.http.patch(url, json=options, headers=headers)
    assert answer.status_code == 200, answer.text
    for name, value in options.items():
        assert answer.json()[name] == value


async def _served(house: House, path: str) -> dict[str, Any]:
    answer = await house.recruitee.get(path)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("path", "endpoint", "key"),
    [("candidates", "/candidates", "candidate"), ("jobs", "/offers", "offer")],
)
async def test_a_record_shows_the_very_object_that_recruitee_serves(
    raw: House, path: str, endpoint: str, key: str
) -> None:
    answer = await raw.get(f"/ats/{path}", page_size=3)
    rows = answer.json()["data"]["results"]
    for row in rows:
        name = f"{endpoint}/{row['remote_id']}"
        (found,) = row["remote_data"].items()
        served = (await _served(raw, name))[key]
        assert found[0] == name and found[1].keys() == served.keys()
        assert found[1]["id"] == served["id"]
    assert answer.headers[SAID] == f"{len(rows)}/{len(rows)}"


@pytest.mark.parametrize(
    ("path", "ends"),
    [
        ("notes", "/notes"), ("interviews", "/interview/events"),
        ("scorecards", "/interview/results"), ("users", "/memberships"),
        ("rejection-reasons", "/disqualify_reasons"), ("tags", "/tags"), ("roles", "/roles"),
    ],
)  # fmt: skip
async def test_a_member_of_a_list_shows_its_own_row(raw: House, path: str, ends: str) -> None:
    answer = await raw.get(f"/ats/{path}", page_size=3)
    rows = answer.json()["data"]["results"]
    assert rows and answer.headers[SAID] == f"{len(rows)}/{len(rows)}"
    for row in rows:
        ((name, served),) = row["remote_data"].items()
        own = served["admin_id"] if path == "users" else served["id"]
        assert name.endswith(ends) and str(own) in row["remote_id"]


async def test_an_application_comes_with_its_candidate(raw: House) -> None:
    (row,) = (await raw.get("/ats/applications", page_size=1)).json()["data"]["results"]
    ((name, served),) = row["remote_data"].items()
    assert name == f"/candidates/{row['candidate']['remote_id']}"
    assert row["remote_id"] in {str(each["id"]) for each in served["placements"]}


async def test_the_sdk_reads_rows_that_have_it(raw: House) -> None:
    page = await raw.sdk().ats.get_candidates_async(page_size=2)
    assert len(page.result.data.results) == 2


async def test_what_recruitee_does_not_serve_is_null_and_the_answer_says_why(raw: House) -> None:
    await raw.knobs.patch("/sandbox/knobs", json={"forbidden": ["/candidates"]})
    refused = await raw.get("/ats/candidates", page_size=2)
    stages = await raw.get("/ats/application-stages", page_size=2)

    assert [row["remote_data"] for row in refused.json()["data"]["results"]] == [None, None]
    assert refused.headers[SAID] == "0/2; refused"
    assert stages.headers[SAID] == "0/2; not-served"


async def test_where_the_operator_keeps_less_nothing_raw_is_shown(raw: House) -> None:
    options = Options(remote_data=True, scope=Scope(drop=("candidate.email_addresses",)))
    await raw.store.connections.update(raw.connection.id, options=options)
    answer = await raw.get("/ats/candidates", page_size=2)
    assert [row["remote_data"] for row in answer.json()["data"]["results"]] == [None, None]
    assert answer.headers[SAID] == "0/2; scope"


async def test_it_is_off_unless_it_is_set_and_nothing_is_asked_then(house: House) -> None:
    answer = await house.get("/ats/candidates", page_size=1)
    assert SAID not in answer.headers
    assert answer.json()["data"]["results"][0]["remote_data"] is None


async def test_the_coverage_says_of_which_models_it_is_shown_and_whether_it_is_on(
    raw: House,
) -> None:
    named = raw.connection.integration_id
    shown = (await raw.send("GET", f"/integrations/{named}")).json()["data"]["read_models"]
    own = {
        model["id"]: next(field for field in model["fields"] if field["id"] == "remote_data")
        for model in shown
    }
    assert own["ats_candidates"]["coverage_status"] == "SUPPORTED"
    assert own["ats_candidates"]["is_available"] is True
    assert own["ats_application_stages"]["coverage_status"] == "UNSUPPORTED"
    await raw.store.connections.update(raw.connection.id, options=Options(remote_data=False))
    shown = (await raw.send("GET", f"/integrations/{named}")).json()["data"]["read_models"]
    (field,) = [f for f in shown[4]["fields"] if f["id"] == "remote_data"]
    assert (shown[4]["id"], field["is_available"]) == ("ats_candidates", False)
