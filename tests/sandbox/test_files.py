"""Files are uploaded, served for a while under addresses of their own, and change places."""

from typing import Any

import pytest

from tests.sandbox.conftest import Api, Clock

PDF = ("cv.pdf", b"%PDF-1.4 mine", "application/pdf")


@pytest.fixture
async def who(api: Api) -> int:
    made = await api.call("POST", "/candidates", {"candidate": {"name": "Ada Files"}})
    return int(made.json()["candidate"]["id"])


async def upload(api: Api, files: dict[str, Any], **fields: Any) -> Any:
    return await api.client.post("/c/5600/attachments", files=files, data=fields)


async def test_an_upload_is_listed_and_served_until_its_address_is_over(
    api: Api, who: int, clock: Clock
) -> None:
    made = await upload(api, {"attachment[file]": PDF}, **{"attachment[candidate_id]": str(who)})
    listed = (await api.read(f"/candidates/{who}/attachments"))["attachments"]
    address = listed[0]["file_url"]
    served = await api.client.get(address, headers={"authorization": ""})
    clock.advance(901)
    over = await api.client.get(address)
    again = (await api.read(f"/candidates/{who}/attachments"))["attachments"][0]["file_url"]

    assert made.status_code == 201 and made.json()["attachment"]["file_size"] == len(PDF[1])
    assert served.content == PDF[1] and served.headers["content-type"] == "application/pdf"
    assert over.status_code == 403 and again != address
    assert (await api.client.get(again)).status_code == 200
    assert (await api.client.get(address.replace("attachments", "cvs"))).status_code == 403


async def test_the_forms_of_an_upload_that_recruitee_does_not_take(api: Api, who: int) -> None:
    bare = await upload(api, {"file": PDF}, **{"attachment[candidate_id]": str(who)})
    orphan = await api.client.post(
        f"/c/5600/attachments?candidate_id={who}", files={"attachment[file]": PDF}
    )
    nothing = await api.call("POST", "/attachments", {"attachment": {"candidate_id": who}})
    nobody = await api.call("POST", "/attachments", {"attachment": {
        "candidate_id": 1, "remote_file_url": "https://example.com/a.pdf"}})  # fmt: skip

    assert bare.status_code == 500
    assert orphan.json()["attachment"]["candidate_id"] is None
    assert nothing.status_code == 422 and nobody.status_code == 404


async def test_an_attachment_becomes_the_cv_and_the_old_cv_an_attachment(
    api: Api, who: int
) -> None:
    first = {"candidate[cv]": PDF}
    await api.client.patch(f"/c/5600/candidates/{who}/update_cv", files=first)
    made = await upload(
        api, {"attachment[file]": ("new.pdf", b"newer", "application/pdf")},
        **{"attachment[candidate_id]": str(who)},
    )  # fmt: skip
    number = made.json()["attachment"]["id"]
    shown = await api.call("PATCH", f"/candidates/{who}/set_as_cv/{number}")
    listed = (await api.read(f"/candidates/{who}/attachments"))["attachments"]
    candidate = shown.json()["candidate"]

    assert (await api.client.get(candidate["cv_original_url"])).content == b"newer"
    assert candidate["cv_parse_status"] == "pending"
    assert [one["filename"] for one in listed] == ["cv.pdf"] and listed[0]["id"] != number
    assert (await api.client.get(listed[0]["file_url"])).content == PDF[1]
    again = await api.call("PATCH", f"/candidates/{who}/set_as_cv/{number}")
    assert again.json() == {"error": ["Unprocessable entity"]}


async def test_a_cv_is_imported_as_a_candidate_and_deleted(api: Api) -> None:
    files = {"file": ("ada_lovelace.pdf", b"x", "application/pdf")}
    made = await api.client.post("/c/5600/candidates/import", files=files)
    who = made.json()["candidate"]
    gone = await api.call("DELETE", f"/candidates/{who['id']}/delete_cv")

    assert (who["name"], who["source"]) == ("Ada Lovelace", "import")
    assert who["cv_url"] and gone.json()["candidate"]["cv_url"] is None
