"""Kombo's general endpoints through its own SDK."""

from typing import Any

import pytest
from kombo import errors

from service.core.store.runs import Run
from service.kombo.coverage_actions import write_actions
from tests.kombo.conftest import DEEP_WITHIN_S, House
from tests.kombo.test_sdk_lists import every
from tests.serving import eventually, until


async def test_a_key_is_checked_whatever_its_scope(house: House) -> None:
    found = {
        (await house.sdk(key).general.check_api_key_async()).data.environment_id
        for key in ("test-admin-token", await house.key("feed"), await house.key("read"))
    }
    assert len(found) == 1

    with pytest.raises(errors.KomboGeneralError) as caught:
        await house.sdk("wrong").general.check_api_key_async()
    assert caught.value.data.error.code == "PLATFORM.AUTHENTICATION_INVALID"


async def test_an_integration_says_its_state_and_what_is_covered(house: House) -> None:
    named = house.connection.integration_id
    shown = (await house.sdk().general.get_integration_details_async(integration_id=named)).data

    assert (shown.id, shown.tool.id, shown.category) == (named, "recruitee", "ATS")
    assert (shown.status, shown.setup_status) == ("ACTIVE", "COMPLETED")
    models = {model.id: model for model in shown.read_models}
    assert models["ats_candidates"].is_available and not models["ats_offers"].is_available
    jobs = {field.id: field.coverage_status for field in models["ats_jobs"].fields}
    assert (jobs["name"], jobs["confidential"]) == ("SUPPORTED", "UNSUPPORTED")
    actions = {action.id: action for action in shown.write_actions}
    assert actions["ats_reject_application"].is_available
    assert [field.id for field in actions["ats_reject_application"].fields] == [
        "application_id",
        "rejection_reason_id",
    ]
    encoded = await house.send("GET", f"/integrations/{named.replace(':', '%3A')}")
    assert encoded.json()["data"]["id"] == named


async def test_an_unknown_integration_is_not_found(house: House) -> None:
    with pytest.raises(errors.KomboGeneralError) as caught:
        await house.sdk().general.get_integration_details_async(integration_id="recruitee:x")
    assert caught.value.data.error.code == "PLATFORM.INTEGRATION_NOT_FOUND"


async def test_every_listed_key_is_covered_as_the_coverage_says(house: House) -> None:
    """A field that is said to be covered is in every row of its list."""
    lists = {
        "ats_users": "users", "ats_jobs": "jobs", "ats_candidates": "candidates",
        "ats_application_stages": "application-stages", "ats_applications": "applications",
        "ats_tags": "tags", "ats_interviews": "interviews", "ats_notes": "notes",
        "ats_rejection_reasons": "rejection-reasons", "ats_roles": "roles",
        "ats_scorecards": "scorecards", "ats_attachments": "attachments",
    }  # fmt: skip
    named = house.connection.integration_id
    shown = (await house.send("GET", f"/integrations/{named}")).json()["data"]
    models = {model["id"]: {f["id"] for f in model["fields"]} for model in shown["read_models"]}
    for model, path in lists.items():
        for row in await house.rows(path):
            assert row.keys() >= models[model], path


async def test_the_one_ats_is_recruitee_and_other_categories_have_none(house: House) -> None:
    general = house.sdk().general
    (tool,) = (await general.get_tools_async(category="ats")).data.tools
    assert (tool.id, tool.label) == ("recruitee", "Recruitee")
    assert (await general.get_tools_async(category="hris")).data.tools == []
    assert (await house.send("GET", "/tools/crm")).status_code == 400


async def test_the_companys_own_fields_are_listed_in_pages(house: House) -> None:
    general, named = house.sdk().general, house.connection.integration_id
    found: list[Any] = []
    page = await general.get_integration_fields_async(integration_id=named, page_size=3)
    while page is not None:
        found += page.result.data.results
        page = await page.next()

    keys = [row.key for row in found]
    assert len(keys) == len(set(keys)) > 3
    shown = [f for row in await house.rows("candidates") for f in row["integration_fields"]]
    assert {f["id"] for f in shown} <= {row.id for row in found}
    assert {row.model for row in found} == {"ats_candidates", "ats_jobs"}


async def test_a_custom_field_is_mapped_to_another_field_and_back(house: House) -> None:
    c, general, named = house.connection.id, house.sdk().general, house.connection.integration_id
    before = house.connection.options
    page = await general.get_integration_fields_async(integration_id=named)
    one, two = [row for row in page.result.data.results if row.model == "ats_candidates"][:2]
    mapped = before.model_copy(update={"custom_keys": {one.key: "level"}})
    await house.store.connections.update(c, options=mapped)
    try:
        (row,) = (await general.get_custom_fields_async(integration_id=named)).result.data.results
        assert (row.key, row.integration_field.id, row.model) == (
            "level",
            one.id,
            "ats_candidates",
        )
        moved = await general.update_custom_field_mapping_async(
            integration_id=named, custom_field_id=row.id, integration_field_id=two.id
        )
        assert (moved.data.id, moved.data.integration_field.key) == (row.id, two.key)
        taken = await general.update_custom_field_mapping_async(
            integration_id=named, custom_field_id=row.id, integration_field_id=None
        )
        assert taken.data.integration_field is None
        with pytest.raises(errors.KomboGeneralError) as caught:
            await general.update_custom_field_mapping_async(
                integration_id=named, custom_field_id=row.id, integration_field_id=two.id
            )
        assert caught.value.status_code == 404
    finally:
        await house.store.connections.update(c, options=before)


async def test_passing_a_field_along_is_on_and_cannot_be_switched_off(house: House) -> None:
    general, named = house.sdk().general, house.connection.integration_id
    page = await general.get_integration_fields_async(integration_id=named)
    one = page.result.data.results[0]

    kept = await general.update_integration_field_async(
        integration_id=named, integration_field_id=one.id, enable_passthrough=True
    )
    assert kept.data.is_passthrough_enabled
    with pytest.raises(errors.KomboGeneralError) as caught:
        await general.update_integration_field_async(
            integration_id=named, integration_field_id=one.id, enable_passthrough=False
        )
    assert caught.value.data.error.code == "PLATFORM.INPUT_INVALID"


async def test_a_full_sync_is_begun_once_and_finds_what_no_webhook_told(house: House) -> None:
    await house.knobs.patch("/sandbox/knobs", json={"webhook_loss": 1.0})
    rows = await every(house, "candidates")
    who = next(row for row in rows if row.first_name)
    try:
        body = {"candidate": {"name": "Zora Unheard"}}
        await house.recruitee.patch(f"/candidates/{who.remote_id}", json=body)
        await eventually(lambda: _over(house), DEEP_WITHIN_S)
        began = await house.sdk().general.trigger_sync_async()
        again = await house.sdk().general.trigger_sync_async(type_="FULL")
        assert (began.data.already_queued, began.data.type) == (False, "FULL")
        if again.data.already_queued:
            assert again.data.sync_id == began.data.sync_id

        async def renamed() -> bool:
            found = await every(house, "candidates", ids=[who.id])
            return bool(found[0].first_name == "Zora")

        await eventually(renamed, DEEP_WITHIN_S)
        await eventually(lambda: _over(house), DEEP_WITHIN_S)
    finally:
        await house.knobs.patch("/sandbox/knobs", json={"webhook_loss": 0.0})


async def _over(house: House) -> bool:
    connection = await house.store.connections.get(house.connection.id)
    return connection is not None and bool(Run.of(connection).done)


async def test_a_delta_sync_looks_now_at_what_is_looked_at_by_the_clock(house: House) -> None:
    await house.knobs.patch("/sandbox/knobs", json={"webhook_loss": 1.0})
    try:
        made = await house.recruitee.post("/tags", json={"tag": {"name": "swept"}})
        assert made.status_code < 300, made.text
        begun = await house.sdk().general.trigger_sync_async(type_="DELTA")
        assert begun.data.type == "DELTA"

        async def there() -> bool:
            return any(row.name == "swept" for row in await every(house, "tags"))

        await eventually(there)
    finally:
        await house.knobs.patch("/sandbox/knobs", json={"webhook_loss": 0.0})


async def test_what_changes_something_is_in_the_audit(house: House) -> None:
    await house.sdk().general.trigger_sync_async(type_="DELTA")
    (entry,) = await house.store.audit.newest("+", 1)
    assert (entry.action, entry.status) == ("POST /v1/force-sync", 200)
    assert entry.targets["integration_id"] == house.connection.integration_id


async def test_the_tool_and_the_integration_are_covered_alike(house: House) -> None:
    named = house.connection.integration_id
    own = (await house.send("GET", f"/integrations/{named}")).json()["data"]
    (tool,) = (await house.send("GET", "/tools/ats")).json()["data"]["tools"]
    for kind in ("read_models", "write_actions"):
        mine = {row["id"]: row["coverage_status"] for row in own[kind]}
        assert mine == {row["id"]: row["coverage_status"] for row in tool["coverage"][kind]}
    features = {row["id"]: row["coverage_status"] for row in tool["coverage"]["features"]}
    assert features["api_passthrough"] == "SUPPORTED"


async def test_an_action_is_covered_when_a_route_serves_it_and_only_then() -> None:
    none = {row["id"]: row["coverage_status"] for row in write_actions(frozenset())}
    one = write_actions(frozenset({("PUT", "/ats/applications/{application_id}/stage")}))
    assert set(none.values()) == {"NOT_IMPLEMENTED"}
    assert [row["id"] for row in one if row["is_available"]] == ["ats_move_application_to_stage"]


@pytest.mark.parametrize(
    ("listed", "covered"),
    [
        ("users", "ats_users"),
        ("roles", "ats_roles"),
        ("jobs", "ats_jobs"),
        ("candidates", "ats_candidates"),
        ("applications", "ats_applications"),
        ("application-stages", "ats_application_stages"),
        ("tags", "ats_tags"),
        ("interviews", "ats_interviews"),
        ("rejection-reasons", "ats_rejection_reasons"),
        ("notes", "ats_notes"),
        ("scorecards", "ats_scorecards"),
        ("attachments", "ats_attachments"),
    ],
)
async def test_the_coverage_leaves_out_no_field_that_is_listed(
    house: House, listed: str, covered: str
) -> None:
    embedded = {
        "remote_data", "stages", "screening_questions", "job_postings", "hiring_team", "tags",
        "applications", "candidate", "current_stage", "job", "interviews", "offers", "users",
        "application", "author", "content_ref",
    }  # fmt: skip
    ours = {"title", "rating_note", "overall_recommendation"} if listed == "scorecards" else set()
    named = house.connection.integration_id
    shown = (await house.send("GET", f"/integrations/{named}")).json()["data"]
    models = {row["id"]: {field["id"] for field in row["fields"]} for row in shown["read_models"]}
    for row in await house.rows(listed):
        assert row.keys() - embedded - ours <= models[covered]


async def test_an_integration_that_is_off_is_inactive_until_it_is_on_again(house: House) -> None:
    general, named = house.sdk().general, house.connection.integration_id
    await general.set_integration_enabled_async(integration_id=named, value=False)
    try:
        shown = await general.get_integration_details_async(integration_id=named)
        with pytest.raises(errors.KomboAtsError) as reading:
            await house.sdk().ats.get_jobs_async()
        with pytest.raises(errors.KomboGeneralError) as syncing:
            await general.trigger_sync_async()

        async def waits() -> str | None:
            # A worker that had the integration in hand yet ends what it has: then somebody else waits.
            body = {"candidate": {"name": "Wade Inwaiting"}}
            made = await house.recruitee.post("/candidates", json=body)
            await until(lambda: not house.sandbox.sender.waiting)
            waiting, _ = await house.store.inbox.depth(house.connection.id)
            return str(made.json()["candidate"]["id"]) if waiting else None

        remote_id = await eventually(waits)
    finally:
        await general.set_integration_enabled_async(integration_id=named, value=True)
    assert shown.data.status == "INACTIVE"
    assert (reading.value.status_code, reading.value.data.error.code) == (
        403,
        "INTEGRATION.INACTIVE",
    )
    assert (syncing.value.status_code, syncing.value.data.error.code) == (409, None)

    async def there() -> bool:
        return bool(await house.rows("candidates", remote_ids=remote_id))

    await eventually(there)
    after = await general.get_integration_details_async(integration_id=named)
    assert after.data.status == "ACTIVE"


async def test_an_integration_is_deleted_with_all_that_is_kept_of_it(house: House) -> None:
    made = await house.store.connections.create("77", "a-token", None, "To go")
    act = house.sdk(await house.key("read", "act")).general
    with pytest.raises(errors.KomboGeneralError) as caught:
        await act.delete_integration_async(integration_id=made.integration_id, body={})
    assert caught.value.status_code == 403

    await house.sdk().general.delete_integration_async(integration_id=made.integration_id, body={})
    assert await house.store.connections.get(made.id) is None
    with pytest.raises(errors.KomboGeneralError) as caught:
        await house.sdk().general.delete_integration_async(
            integration_id=made.integration_id, body={}
        )
    assert caught.value.data.error.code == "PLATFORM.INTEGRATION_NOT_FOUND"


async def test_the_pages_of_one_list_of_fields_ask_recruitee_once(house: House) -> None:
    path = f"/integrations/{house.connection.integration_id}/integration-fields"
    await house.send("GET", path)
    before = house.sandbox.ledger.by_path["GET /c/5600/custom_fields/fieldsets"]
    for _ in range(3):
        assert (await house.send("GET", path)).status_code == 200
    assert house.sandbox.ledger.by_path["GET /c/5600/custom_fields/fieldsets"] == before > 0
