"""Who gets in, and how everything else is refused."""

import pytest

from service.core.settings import Settings
from tests.ops.conftest import Ops, asking


@pytest.mark.parametrize("path", ["/connections", "/events/evt_x", "/no-such-thing"])
async def test_without_a_token_every_path_is_401_and_says_how_to_get_in(
    settings: Settings, path: str
) -> None:
    async with asking(settings, None) as client:
        answer = await client.get("/ops/v1" + path)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "header", ["Bearer wrong", "Bearer ", "Basic dGVzdA==", "test-admin-token", "Bearer tést"]
)
async def test_a_wrong_token_is_401(settings: Settings, header: str) -> None:
    async with asking(settings, None) as client:
        answer = await client.get(
            "/ops/v1/connections", headers={b"authorization": header.encode()}
        )

    assert answer.status_code == 401


async def test_two_authorization_headers_are_401(settings: Settings) -> None:
    good = ("authorization", "Bearer test-admin-token")
    async with asking(settings, None) as client:
        answer = await client.get("/ops/v1/connections", headers=[good, good])

    assert answer.status_code == 401


async def test_an_instance_without_an_admin_token_lets_nobody_in_and_says_why(
    settings: Settings,
) -> None:
    without = settings.model_copy(update={"admin_token": None})
    async with asking(without, "None") as client:
        answer = await client.get("/ops/v1/connections")

    assert answer.status_code == 401
    assert "HIREWIRE_ADMIN_TOKEN" in answer.json()["detail"]


async def test_the_scheme_is_taken_in_any_case(settings: Settings) -> None:
    async with asking(settings, None) as client:
        answer = await client.get(
            "/ops/v1/connections", headers={"authorization": "bearer test-admin-token"}
        )

    assert answer.status_code == 200


async def test_an_unknown_path_is_a_404_problem(ops: Ops) -> None:
    await ops.refused("GET", "/no-such-thing", status=404)


async def test_a_wrong_method_is_405_and_names_every_right_one(ops: Ops) -> None:
    answer = await ops.send("PUT", "/connections/x", {})

    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"
    allowed = set(answer.headers["allow"].split(", "))
    assert allowed == {"GET", "HEAD", "PATCH", "DELETE"}


@pytest.mark.parametrize(
    "noun", ["connections", "subscribers", "events", "deliveries", "dead-letters", "replays"]
)
async def test_an_unknown_id_is_a_404_problem(ops: Ops, noun: str) -> None:
    assert "nobody" in await ops.refused("GET", f"/{noun}/nobody", status=404)


async def test_a_body_over_one_mebibyte_is_413(ops: Ops) -> None:
    async def chunks() -> object:
        for _ in range(5):
            yield b" " * 300_000

    declared = await ops.http.post("/ops/v1/subscribers", content=b" " * (1024 * 1024 + 1))
    streamed = await ops.http.post("/ops/v1/subscribers", content=chunks())  # type: ignore[arg-type]

    assert (declared.status_code, streamed.status_code) == (413, 413)


async def test_a_body_that_is_no_json_is_400_and_one_that_is_no_object_is_422(ops: Ops) -> None:
    broken = await ops.http.post("/ops/v1/subscribers", content=b'{"url": ')
    listed = await ops.http.post("/ops/v1/subscribers", content=b"[]")

    assert (broken.status_code, listed.status_code) == (400, 422)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=251", "limit=x", "after=%21", "after=W10", "wat=1"]
)
async def test_a_query_that_makes_no_sense_is_422(ops: Ops, query: str) -> None:
    await ops.refused("GET", f"/deliveries?{query}", status=422)
