"""Options of reads: pages, formats, fields, order, filters in brackets, raw data, freshness."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
import pytest

from service.core.unified.options import Options
from tests.serving import eventually
from tests.truto.conftest import ADMIN, House, Json

CANDIDATES = "/unified/ats/candidates"


async def page(house: House, path: str = CANDIDATES, **params: Any) -> Json:
    answer = await house.get(path, **params)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def test_a_page_says_of_itself_what_any_form_of_the_envelope_has(house: House) -> None:
    first = await page(house, limit=5)
    assert list(first) == [
        "result", "next_cursor", "prev_cursor", "limit", "result_count", "is_partial_response",
    ]  # fmt: skip
    assert (first["limit"], first["result_count"], len(first["result"])) == (5, 5, 5)
    assert first["next_cursor"] and first["prev_cursor"] is None
    assert first["is_partial_response"] is False


async def test_the_last_page_has_null_and_not_an_empty_page_after_it(house: House) -> None:
    whole = await page(house)
    count = len(whole["result"])
    assert whole["next_cursor"] is None and "next_cursor" in whole
    exactly = await page(house, limit=count)
    assert exactly["next_cursor"] is None and exactly["result_count"] == count
    almost = await page(house, limit=count - 1)
    last = await page(house, limit=count - 1, next_cursor=almost["next_cursor"])
    assert last["result_count"] == 1 and last["next_cursor"] is None


async def test_an_empty_query_string_is_a_query(house: House) -> None:
    key = await house.key("read", connection_ids=[house.connection.id])
    headers = {"authorization": f"Bearer {key}"}
    answer = await house.http.get(f"{house.url}{CANDIDATES}?", headers=headers)
    assert answer.status_code == 200 and answer.json()["result"]


async def test_a_filter_that_lets_little_through_never_gives_an_empty_page_with_a_cursor(
    house: House,
) -> None:
    everyone = (await page(house))["result"]
    wanted = [row["id"] for row in everyone[::7]]
    found = await house.rows("candidates", **{"id[in]": ",".join(wanted), "limit": 1})
    assert [row["id"] for row in found] == wanted


async def test_without_a_limit_all_come_at_once(house: House) -> None:
    found = await page(house, limit=2, truto_ignore_limit="true")
    assert found["next_cursor"] is None and found["result_count"] > 30


async def test_a_list_by_key_is_an_object(house: House) -> None:
    rows = (await page(house, limit=4))["result"]
    keyed = (await page(house, limit=4, truto_key_by="id"))["result"]
    assert keyed == {row["id"]: row for row in rows}


@pytest.mark.parametrize(
    "form",
    [
        [("truto_exclude_fields[]", "name"), ("truto_exclude_fields[]", "applications.job")],
        [("truto_exclude_fields", "name,applications.job")],
        [("truto_exclude_fields[0]", "name"), ("truto_exclude_fields[1]", "applications.job")],
    ],
    ids=["brackets", "commas", "numbers"],
)
async def test_fields_are_left_out_in_whichever_form(house: House, form: Any) -> None:
    query = [*form, *house.account.items(), ("limit", "3")]
    answer = await house.http.get(
        house.url + CANDIDATES, params=query, headers={"authorization": f"Bearer {ADMIN}"}
    )
    for row in answer.json()["result"]:
        assert "name" not in row and "first_name" in row
        assert all("job" not in each and "id" in each for each in row["applications"])


async def test_a_stream_is_a_line_for_each_record_of_the_whole_list(house: House) -> None:
    answer = await house.get(CANDIDATES, truto_response_format="stream", limit=10)
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    lines = [orjson.loads(line) for line in answer.content.splitlines()]
    expected = (await page(house, truto_ignore_remote_data="true"))["result"]
    assert lines == expected


@pytest.mark.parametrize("form", ["normalized", "unified"])
async def test_without_remote_data_it_is_not_even_null(house: House, form: str) -> None:
    asked = {"truto_ignore_remote_data": "true"} if form == "unified" else {}
    row = (await page(house, limit=1, truto_response_format=form, **asked))["result"][0]
    assert "remote_data" not in row and row["id"]


async def test_a_filter_without_a_value_is_not_given(house: House) -> None:
    assert await page(house, tags="", job_id="", limit=3) == await page(house, limit=3)


async def test_what_has_no_effect_is_named_in_the_answer(house: House) -> None:
    answer = await house.get(
        CANDIDATES, limit=1, organization_id="5", **{"remote_query[foo]": "bar"}
    )
    assert answer.headers["hirewire-passed-over"] == "organization_id, remote_query"


Rows = list[Json]
FILTERS: list[tuple[dict[str, str], Callable[[Json, str], bool]]] = [
    ({"first_name": "CATO"}, lambda r, mid: (r["first_name"] or "").casefold() == "cato"),
    ({"name[contains]": "ar"}, lambda r, mid: "ar" in (r["name"] or "").casefold()),
    ({"name[ne]": "Cato Pellerin"}, lambda r, mid: r["name"] != "Cato Pellerin"),
    ({"tags": "referral"}, lambda r, mid: any(t["name"] == "referral" for t in r["tags"])),
    ({"tags[name][in]": "referral,senior"},
     lambda r, mid: any(t["name"] in ("referral", "senior") for t in r["tags"])),
    ({"tags[nin]": "referral"}, lambda r, mid: all(t["name"] != "referral" for t in r["tags"])),
    ({"created_at[gt]": "MID"}, lambda r, mid: r["created_at"] > mid),
    ({"created_at[gte]": "2020-01-01T00:00:00+02:00", "created_at[lt]": "MID"},
     lambda r, mid: r["created_at"] < mid),
    ({"or[0][tags]": "referral", "or[1][tags]": "senior"},
     lambda r, mid: any(t["name"] in ("referral", "senior") for t in r["tags"])),
    ({"and[0][tags]": "referral", "and[1][created_at][lte]": "MID"},
     lambda r, mid: any(t["name"] == "referral" for t in r["tags"]) and r["created_at"] <= mid),
    ({"attachments[attachment_type]": "resume"},
     lambda r, mid: any(a["attachment_type"] == "resume" for a in r["attachments"])),
    ({"applications[current_stage][name]": "Applied", "tags[ne]": "senior"},
     lambda r, mid: any(a["current_stage"]["name"] == "Applied" for a in r["applications"])
     and all(t["name"] != "senior" for t in r["tags"])),
    ({"applications[reject_reason][contains]": ""},
     lambda r, mid: any(a["reject_reason"] is not None for a in r["applications"])),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "fits"), FILTERS, ids=[str(each[0]) for each in FILTERS])
async def test_a_filter_lets_through_what_it_says(
    house: House, asked: dict[str, str], fits: Callable[[Json, str], bool]
) -> None:
    everyone = await house.rows("candidates")
    mid = sorted(row["created_at"] for row in everyone)[len(everyone) // 2]
    asked = {name: value.replace("MID", mid) for name, value in asked.items()}
    expected = [row["id"] for row in everyone if fits(row, mid)]
    found = await house.rows("candidates", limit=3, **asked)
    assert [row["id"] for row in found] == expected
    assert 0 < len(expected) < len(everyone)


@pytest.mark.parametrize("name", ["job_id", "stage_id"])
async def test_candidates_of_a_job_or_a_stage_are_found_by_its_id(house: House, name: str) -> None:
    part = {"job_id": "job", "stage_id": "current_stage"}[name]
    everyone = await house.rows("candidates")
    some = next(a[part]["id"] for r in everyone for a in r["applications"])
    found = await house.rows("candidates", **{name: some})
    assert [r["id"] for r in found] == [
        r["id"] for r in everyone if any(a[part]["id"] == some for a in r["applications"])
    ]


async def test_files_and_notes_of_one_candidate_are_found_by_their_id(house: House) -> None:
    for resource in ("attachments", "activities"):
        everything = await house.rows(resource)
        some = next(r["candidate"]["id"] for r in everything if r["candidate"])
        found = await house.rows(resource, candidate_id=some)
        nested = await house.rows(resource, **{"candidate[id]": some})
        assert found == nested == [r for r in everything if r["candidate"] == {"id": some}]


@pytest.mark.parametrize("way", ["asc", "desc"])
@pytest.mark.parametrize("field", ["created_at", "name"])
async def test_a_list_is_ordered_through_all_its_pages(house: House, field: str, way: str) -> None:
    found = await house.rows("candidates", limit=7, **{f"sort_by[{field}]": way})
    values = [row[field].casefold() for row in found if row[field]]  # an anonymous one has no name
    assert values == sorted(values, reverse=way == "desc")
    assert len({row["id"] for row in found}) == len(await house.rows("candidates"))


@pytest.fixture
async def raw(house: House) -> AsyncIterator[House]:
    """The company, with its raw data on."""
    c, before = house.connection.id, house.connection.options
    await house.store.connections.update(c, options=Options(remote_data=True))
    yield house
    await house.store.connections.update(c, options=before)


async def test_raw_data_is_the_very_object_that_recruitee_serves(raw: House) -> None:
    row = (await page(raw, limit=1))["result"][0]
    served = (await raw.served(f"/candidates/{row['id']}"))["candidate"]
    assert row["remote_data"]["id"] == served["id"] and row["remote_data"].keys() == served.keys()
    listed = (await page(raw, limit=1, truto_response_format="raw"))["result"][0]
    alone = await page(raw, f"{CANDIDATES}/{row['id']}", truto_response_format="raw")
    assert listed["id"] == alone["id"] == served["id"] and "placements" in alone
    silent = await page(raw, limit=1, truto_ignore_remote_data="true")
    assert "remote_data" not in silent["result"][0]


async def test_raw_records_are_refused_where_the_operator_has_them_off(house: House) -> None:
    answer = await house.get(CANDIDATES, truto_response_format="raw")
    assert answer.status_code == 403 and "remote_data" in answer.json()["message"]


async def test_a_reader_who_sets_an_age_gets_what_has_just_changed(house: House) -> None:
    some = (await page(house, limit=1))["result"][0]["id"]
    answer = await house.recruitee.patch(
        f"/candidates/{some}", json={"candidate": {"phones": ["+15555559999"]}}
    )
    assert answer.status_code == 200

    async def seen() -> bool:
        headers = {"authorization": f"Bearer {ADMIN}", "cache-control": "no-cache"}
        said = await house.http.get(
            f"{house.url}{CANDIDATES}/{some}", params=house.account, headers=headers
        )
        return [p["number"] for p in said.json()["phones"]] == ["+15555559999"]

    assert await eventually(seen)
