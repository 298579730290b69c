"""Applications made elsewhere, imported through Kombo's own client: kept from then on, and read at once."""

from datetime import UTC, datetime
from typing import Any

import pytest
from kombo import errors

from service.core.ids import record_id
from service.core.unified.model import Ref
from tests.actions.conftest import Acting, Json
from tests.actions.test_only_created import ONLY, kept, look, ops, read_in_full

AT = datetime(2026, 4, 12, 14, 33, 47, tzinfo=UTC)


async def _placement(acting: Acting) -> tuple[str, Json]:
    """Have somebody with a note and an application apply again; returns their id, and that one."""
    jobs = {int(each) for each in await acting.ids("jobs", statuses="OPEN")}
    for row in await acting.rows("candidates"):
        who = row["remote_id"]
        shown = (await acting.recruitee.get(f"/candidates/{who}")).json()["candidate"]
        left = sorted(jobs - {one["offer_id"] for one in shown["placements"]})
        if shown["placements"] and shown["notes_count"] and left:
            body = {"candidate_id": int(who), "offer_id": left[0]}
            made: Json = (await acting.recruitee.post("/placements", json=body)).json()
            await look(acting, f"candidate:{who}")
            return who, made["placement"]
    raise AssertionError("nobody has a note and an application")


async def _imported(acting: Acting, placement: object, at: datetime | None = AT) -> Any:
    named = {"id_type": "placement_id", "placement_id": str(placement)}
    return await acting.sdk.ats.import_tracked_application_async(tracked_at=at, recruitee=named)


@pytest.fixture
async def bare(acting: Acting) -> Acting:
    """A connection that keeps only what is made through it: nobody yet."""
    await ops(acting, "PATCH", "", ONLY)
    await read_in_full(acting)
    assert await kept(acting, "candidate") == set()
    return acting


@pytest.mark.parametrize("told", [True, False], ids=["by its hire's details", "by the list"])
async def test_an_application_is_imported_with_its_candidate_and_their_papers(
    acting: Acting, told: bool
) -> None:
    who, placement = await _placement(acting)
    await ops(acting, "PATCH", "", ONLY)
    await read_in_full(acting)
    await acting.knob(forbidden=[] if told else ["/placements"])

    answer = await _imported(acting, placement["id"])

    assert answer.warnings == [] and answer.data.tracked_at == AT
    assert answer.data.imported_id.recruitee.placement_id == str(placement["id"])
    assert answer.data.id == record_id(acting.connection.id, "application", str(placement["id"]))
    assert await kept(acting, "candidate") == {who}
    assert await kept(acting, "application") == {str(placement["id"])}
    assert await kept(acting, "note") != set()
    # They were there before: what is imported is adopted in silence.
    assert [e["type"] for e in await acting.told() if e["origin"] == "action"] == []
    page: Any = await acting.sdk.ats.get_applications_async()
    assert [row.id for row in page.result.data.results] == [answer.data.id]
    await read_in_full(acting)
    assert await kept(acting, "application") == {str(placement["id"])}


async def test_what_is_kept_already_is_imported_too_without_a_search_and_twice_is_once(
    acting: Acting,
) -> None:
    who, placement = await _placement(acting)
    before = len(await acting.asked("GET"))

    first, again = [await _imported(acting, placement["id"], None) for _ in range(2)]

    assert first.data == again.data and first.data.tracked_at is None
    asked = (await acting.asked("GET"))[before:]
    assert not any("hiring_details" in path or path.endswith("/candidates") for path in asked)
    refs = {Ref("candidate", who), Ref("application", str(placement["id"]))}
    assert await acting.store.made.among(acting.connection.id, refs) == refs


async def test_a_placement_that_is_not_there_is_refused_and_nothing_is_kept(bare: Acting) -> None:
    with pytest.raises(errors.KomboAtsError) as caught:
        await _imported(bare, 987654321)

    assert caught.value.data.error.code == "REMOTE.INPUT_INVALID"
    assert "no placement 987654321" in caught.value.data.error.message
    assert await kept(bare, "candidate") == set()
    assert not await bare.store.pipe.call("EXISTS", f"made:{bare.connection.id}")


PLACEMENT = {"id_type": "placement_id", "placement_id": "1"}
SENSELESS: list[Json] = [
    {},
    {"tracked_at": None},
    {"recruitee": PLACEMENT},
    {"tracked_at": "soon", "recruitee": PLACEMENT},
    {"tracked_at": None, "recruitee": PLACEMENT | {"placement_id": "x/1"}},
    {"tracked_at": None, "recruitee": PLACEMENT | {"placement_id": "0"}},
    {"tracked_at": None, "recruitee": PLACEMENT | {"id_type": "application_id"}},
    {"tracked_at": None, "greenhouse": {"id_type": "application_id", "application_id": "1"}},
]


async def test_what_makes_no_sense_is_refused(acting: Acting) -> None:
    for body in SENSELESS:
        answer = await acting.send("POST", "/ats/import-tracked-application", body)

        assert answer.status_code == 400, (body, answer.text)
        assert answer.json()["error"]["code"] == "PLATFORM.INPUT_INVALID"


async def test_a_place_in_a_talent_pool_is_no_application(bare: Acting) -> None:
    person = {"candidate": {"name": "Pool Probe", "emails": ["pool@example.org"]}}
    who = (await bare.recruitee.post("/candidates", json=person)).json()["candidate"]["id"]
    pools = (await bare.recruitee.get("/talent_pools")).json()["talent_pools"]
    body = {"candidate_id": who, "talent_pool_id": pools[0]["id"]}
    made = (await bare.recruitee.post("/placements", json=body)).json()["placement"]

    with pytest.raises(errors.KomboAtsError) as caught:
        await _imported(bare, made["id"])
    assert "talent pool" in caught.value.data.error.message
    assert await kept(bare, "candidate") == set()


async def test_recruitee_away_is_said_and_the_import_goes_on_by_itself(acting: Acting) -> None:
    who, placement = await _placement(acting)
    await ops(acting, "PATCH", "", ONLY)
    await read_in_full(acting)
    fault = {"status": 503, "count": 1, "path_prefix": "/placements"}
    await acting.knob(fail_next=[fault])

    answer = await _imported(acting, placement["id"])

    assert answer.data.id == record_id(acting.connection.id, "application", str(placement["id"]))
    await acting.idle()
    assert await kept(acting, "candidate") == {who}
