"""Files by their lasting address, and downloads: Recruitee's hosts and ours, and no others."""

import pytest

from tests.truto.conftest import ADMIN, House, Json

DOWNLOAD = "/unified/ats/attachments/download"


async def files(house: House) -> list[Json]:
    return [row for row in await house.rows("attachments") if row["file_url"]]


@pytest.mark.parametrize("kind", ["resume", "other"])
async def test_a_file_is_the_sandbox_s_own_by_either_way(house: House, kind: str) -> None:
    some = next(row for row in await files(house) if row["attachment_type"] == kind)
    headers = {"authorization": f"Bearer {ADMIN}"}
    direct = await house.http.get(some["file_url"], headers=headers)
    assert direct.status_code == 200 and direct.content.startswith(b"%PDF")
    assert direct.headers["content-disposition"].startswith("attachment")
    assert direct.headers["x-content-type-options"] == "nosniff"

    posted = await house.send("POST", DOWNLOAD, file_url=some["file_url"])
    named = await house.send("POST", DOWNLOAD, body={"file_url": some["file_url"]})
    assert posted.content == named.content == direct.content


async def test_an_address_of_recruitee_s_is_fetched_and_one_that_is_over_is_recruitee_s_no(
    house: House,
) -> None:
    some = next(row for row in await files(house) if row["attachment_type"] == "resume")
    raw = (await house.served(f"/candidates/{some['candidate']['id']}"))["candidate"]
    found = await house.send("POST", DOWNLOAD, file_url=raw["cv_original_url"])
    assert found.status_code == 200 and found.content.startswith(b"%PDF")

    over = await house.send("POST", DOWNLOAD, file_url=raw["cv_original_url"].replace("-", "-0", 1))
    assert over.status_code == 502 and over.json()["truto_is_remote_error"] is True


@pytest.mark.parametrize(
    "url",
    [
        "https://files.example.com/cv.pdf", "http://127.0.0.1:1/cv.pdf", "file:///etc/passwd",
        "https://recruitee.com.example.com/cv.pdf", "https://recruitee.com@example.com/cv.pdf",
        "http://169.254.169.254/latest/meta-data", "https://evilrecruitee.com/cv.pdf", "cv.pdf",
        "http://app.recruitee.com/cv.pdf", "https://[::1", "gopher://app.recruitee.com/x",
        "https://s3.amazonaws.com/recruitee-main/cv.pdf",
    ],
)  # fmt: skip
async def test_no_other_address_is_ever_asked(house: House, url: str) -> None:
    answer = await house.send("POST", DOWNLOAD, file_url=url)
    assert answer.status_code == 422, answer.text
    assert "no address of Recruitee" in answer.json()["message"]


async def test_without_an_address_the_answer_says_what_is_missing(house: House) -> None:
    answer = await house.send("POST", DOWNLOAD)
    insight = answer.json()["truto_error_insight"]["missing_required_query_parameters"]
    assert answer.status_code == 422 and insight["value"] == ["file_url"]


async def test_a_letter_that_was_typed_has_no_file(house: House) -> None:
    typed = [row for row in await house.rows("attachments") if row["file_url"] is None]
    assert typed and {row["attachment_type"] for row in typed} == {"cover_letter"}
    answer = await house.get(f"/unified/ats/attachments/{typed[0]['id']}/file")
    assert answer.status_code == 404 and answer.json()["truto_is_remote_error"] is True


async def test_a_file_needs_a_key_as_all_else(house: House) -> None:
    some = (await files(house))[0]
    assert (await house.http.get(some["file_url"])).status_code == 401
