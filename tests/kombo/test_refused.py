"""What is refused, in Kombo's envelope with the code that its SDK knows; and odd forms that are not."""

from typing import Any

import pytest
from kombo import errors

from service.core import times
from service.core.store.api_keys import digest
from tests.kombo.conftest import House


async def refused(house: House, key: str = "x", integration_id: str | None = None) -> Any:
    """Ask for candidates; return the error that the SDK raises, with its status."""
    with pytest.raises(errors.KomboAtsError) as caught:
        await house.sdk(key, integration_id).ats.get_candidates_async()
    error = caught.value
    assert error.data.error.message
    return error.status_code, error.data.error.code


async def test_a_wrong_missing_or_expired_key_is_refused(house: House) -> None:
    assert await refused(house) == (401, "PLATFORM.AUTHENTICATION_INVALID")
    answer = await house.send("GET", "/ats/jobs", key=None)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "PLATFORM.AUTHENTICATION_INVALID"
    key = await house.key("read", expires_at=times.iso(times.now_ms() + 3_600_000))
    await _expired(house, key)
    assert await refused(house, key) == (401, "PLATFORM.AUTHENTICATION_INVALID")


async def _expired(house: House, secret: str) -> None:
    pipe = house.store.pipe
    name = (await pipe.call("GET", f"keyof:{digest(secret)}")).decode()
    key = await house.store.api_keys.get(name)
    assert key is not None
    over = key.model_copy(update={"expires": 1}).model_dump_json(exclude={"used"})
    await pipe.call("HSET", f"key:{name}", "facts", over)


async def test_a_key_without_the_scope_is_refused_and_one_with_it_is_told_its_rate(
    house: House,
) -> None:
    feed, read = await house.key("feed"), await house.key("read", rate_per_minute=100)
    assert await refused(house, feed) == (403, "PLATFORM.AUTHENTICATION_INVALID")

    answer = await house.send("GET", "/ats/tags", key=read)
    assert answer.status_code == 200
    assert answer.headers["ratelimit-limit"] == "100"
    assert int(answer.headers["ratelimit-remaining"]) < 100
    with pytest.raises(errors.KomboGeneralError) as caught:
        await house.sdk(read).general.trigger_sync_async()
    assert caught.value.status_code == 403


async def test_a_key_over_its_rate_is_told_when_to_come_again(house: House) -> None:
    key = await house.key("read", rate_per_minute=1)
    await house.send("GET", "/ats/tags", key=key)
    answer = await house.send("GET", "/ats/tags", key=key)

    assert (answer.status_code, answer.json()["error"]["code"]) == (
        429,
        "PLATFORM.RATE_LIMIT_EXCEEDED",
    )
    assert int(answer.headers["retry-after"]) > 0


async def test_an_integration_that_is_not_there_or_not_the_keys_is_not_found(house: House) -> None:
    gone = (404, "PLATFORM.INTEGRATION_NOT_FOUND")
    assert await refused(house, "test-admin-token", "recruitee:nobody") == gone
    wrong = f"greenhouse:{house.connection.id}"
    assert await refused(house, "test-admin-token", wrong) == gone
    other = await house.store.connections.create("1", "t", None, "Other")
    try:
        key = await house.key("read", connection_ids=[house.connection.id])
        assert await refused(house, key, other.integration_id) == gone
        assert (await house.send("GET", "/ats/tags", key=key)).status_code == 200
    finally:
        await house.store.connections.remove(other)


async def test_before_the_first_sync_is_done_a_client_is_told_to_wait(house: House) -> None:
    c = house.connection.id
    await house.store.connections.note(c, baseline_done=0)
    try:
        found = await refused(house, "test-admin-token")
    finally:
        await house.store.connections.note(c, baseline_done=house.connection.baseline_done)
    assert found == (409, "INTEGRATION.SETUP_SYNC_PENDING")


@pytest.mark.parametrize("header", [None, "x y", "recruitee:"])
async def test_the_integration_must_be_named(house: House, header: str | None) -> None:
    answer = await house.send("GET", "/ats/jobs", integration=header)

    assert answer.status_code in (400, 404)
    assert answer.json()["status"] == "error"
    assert answer.json()["error"]["code"].startswith("PLATFORM.")


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("jobs", {"page_size": "0"}),
        ("jobs", {"page_size": "251"}),
        ("jobs", {"page_size": "many"}),
        ("jobs", {"page_size": "1.5"}),
        ("jobs", {"cursor": "nonsense"}),
        ("jobs", {"cursor": ""}),
        ("jobs", {"updated_after": "yesterday"}),
        ("jobs", {"updated_after": ""}),
        ("jobs", {"updated_after": "2026-02-31"}),
        ("jobs", {"remote_created_after": "1"}),
        ("jobs", {"statuses": "OPEN,SHUT"}),
        ("jobs", {"status": "open"}),
        ("jobs", {"visibilities": "SECRET"}),
        ("jobs", {"employment_types": "FREELANCE"}),
        ("jobs", {"include_deleted": "maybe"}),
        ("jobs", {"ignore_unsupported_filters": "2"}),
        ("applications", {"outcomes": "LOST"}),
        ("roles", {"scopes": "TEAM"}),
    ],
)
async def test_what_does_not_fit_is_invalid_input(
    house: House, path: str, asked: dict[str, str]
) -> None:
    answer = await house.get(f"/ats/{path}", **asked)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json"
    error = answer.json()["error"]
    assert error.keys() == {"code", "title", "message", "log_url"}
    assert error["code"] == "PLATFORM.INPUT_INVALID"
    assert next(iter(asked)) in error["message"]


async def test_a_cursor_is_good_for_its_own_list_and_filters_only(house: House) -> None:
    cursor = (await house.get("/ats/candidates", page_size=1)).json()["data"]["next"]

    for path, more in (("jobs", {}), ("candidates", {"updated_after": "2020-01-01"})):
        answer = await house.get(f"/ats/{path}", cursor=cursor, **more)
        assert (answer.status_code, answer.json()["error"]["code"]) == (
            400,
            "PLATFORM.INPUT_INVALID",
        )


@pytest.mark.parametrize(
    "query",
    [
        "page_size=3.0&include_deleted=True",
        "ids=a%2Cb,%20c&ids=d",
        "updated_after=2020-01-01",
        "updated_after=2020-01-01Z",
        "updated_after=2020-01-01T10:00:00",
        "updated_after=2020-01-01T10:00:00.123456",
        "updated_after=2020-01-01T10:00:00.123456789Z",
        "updated_after=2020-01-01T10:00:00+02:00",
        "updated_after=2020-01-01T10:00:00%2B02:00",
        "updated_after=2020-01-01%2010:00:00%20UTC",
        "something_new=1&name_contains=%F0%9F%92%A9%00",
        "ids=",
        "remote_created_after=2020-01-01T10:00:00.000Z",
    ],
)
async def test_odd_forms_are_taken(house: House, query: str) -> None:
    answer = await house.send("GET", f"/ats/jobs?{query}")
    assert answer.status_code == 200, answer.text


async def test_an_empty_list_of_ids_names_nothing(house: House) -> None:
    assert await house.rows("jobs", ids="") == []
    assert await house.rows("jobs", statuses="") == []


async def test_the_integration_may_be_named_with_or_without_the_tool(house: House) -> None:
    answer = await house.send("GET", "/ats/tags", integration=house.connection.id)
    assert answer.status_code == 200


async def test_an_unknown_path_and_a_wrong_method_are_refused_in_the_envelope(house: House) -> None:
    for method, path, status in (
        ("GET", "/ats/employees", 404),
        ("GET", "/nothing", 404),
        ("POST", "/ats/tags", 405),
        ("GET", "/ats/tags/", 404),
    ):
        answer = await house.send(method, path)
        assert answer.status_code == status
        assert answer.json()["error"].keys() == {"code", "title", "message", "log_url"}


async def test_a_model_that_is_out_of_scope_is_switched_off_and_a_dropped_field_answers_nothing(
    house: House,
) -> None:
    c, before = house.connection.id, house.connection.options
    kept = ("candidate", "application", "job", "stage")
    scope = before.scope.model_copy(update={"models": kept, "drop": ("candidate.first_name",)})
    await house.store.connections.update(c, options=before.model_copy(update={"scope": scope}))
    try:
        switched_off = await house.get("/ats/interviews")
        asked = {"first_name": "nobody", "page_size": 250}
        nothing = await house.rows("candidates", **asked)
        everything = await house.rows("candidates", **asked, ignore_unsupported_filters="true")
    finally:
        await house.store.connections.update(c, options=before)

    assert (switched_off.status_code, switched_off.json()["error"]["code"]) == (
        403,
        "INTEGRATION.MODEL_DISABLED",
    )
    assert nothing == [] and len(everything) == len(await house.rows("candidates"))


async def test_every_answer_says_how_old_it_is(house: House) -> None:
    answer = await house.get("/ats/candidates", page_size=1)
    assert int(answer.headers["age"]) >= 0
    assert times.parse(answer.headers["hirewire-as-of"]) is not None
